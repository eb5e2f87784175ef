// rooms: connectors/resp
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as requests of RESP: arguments lie within what was sent or in the request's own line,
 * nothing beyond a bound is taken, and what is cut short anywhere is not taken for another. */
#include "resp/glob.h"
#include "resp/request.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct bytes part, const uint8_t *data, size_t size) {
    return part.len == 0 || (part.data >= data && part.data + part.len <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct resp_request r, cut;
    struct bytes all = bytes_of(data, size);
    enum resp_parsed parsed = resp_request_read(&r, all);
    assert(r.count <= RESP_ARGUMENTS_MAX);
    for (size_t i = 0; parsed == RESP_WHOLE && i < r.count; i++)
        assert(is_inside(r.arguments[i], data, size)
               || is_inside(r.arguments[i], r.line.data, r.line.len));
    if (parsed == RESP_WHOLE) {
        assert(r.used > 0 && r.used <= size);
        assert(resp_request_read(&cut, bytes_part(all, 0, r.used - 1)) == RESP_MORE);
    }
    if (parsed == RESP_WHOLE && r.count >= 2)
        (void)glob_matches(r.arguments[0], r.arguments[1]);
    return 0;
}
