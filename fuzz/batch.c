// rooms: broker/wire
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as a record batch. The checksum is not asked for, or nothing would ever come behind it;
 * what a check accepts, a reader can read, with as many records as the header says. */
#include "base/check.h"
#include "wire/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BYTES = 64 << 10 };

static bool record_see(void *context, const struct record *r) {
    static volatile uint8_t seen;
    struct bytes parts[] = { r->key, r->value, r->headers };
    for (size_t i = 0; i < 3; i++)
        for (size_t at = 0; at < parts[i].len; at += 97)
            seen = seen ^ parts[i].data[at];
    ++*(int32_t *)context;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct batch b;
    bool keyless;
    size_t unpacked = 0;
    struct cursor in = cursor_on(bytes_of(data, size));
    while (batch_read_header(&b, &in) == E_ok) {
        int32_t count = 0;
        assert(batch_last_offset(&b) >= b.base_offset);
        enum error checked = batch_check_records(&b, MAX_BYTES, &keyless, &unpacked);
        enum error read = batch_each(&b, MAX_BYTES, record_see, &count);
        assert(checked || (!read && count == b.record_count));
    }
    return 0;
}
