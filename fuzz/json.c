// rooms: values
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* json_read takes any bytes and says of them what jansson says; what it accepted, written again, is
 * accepted and equal. */
#include "base/check.h"
#include "values/json.h"
#include "values/json_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(struct bytes text) {
    struct buf out = { 0 };
    struct json again;
    struct bytes back;
    json_begin(&out);
    json_put_text(&out, "text", text);
    json_put_int(&out, "n", (int64_t)text.len);
    json_end(&out);
    enum error e = json_read(&again, buf_bytes(&out));
    assert(e == E_ok || e == E_too_large);
    assert(e || json_get_text(&again, "text", &back));
    json_finish(&again);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json j;
    struct bytes text = bytes_of(data, size);
    int64_t n;
    assert(json_difference(text) == NULL);
    if (json_read(&j, text) == E_ok) {
        if (json_get_text(&j, "a", &text))
            write_again(text);
        (void)json_get_int(&j, "n", &n);
        json_finish(&j);
    }
    write_again(bytes_of(data, size));
    return 0;
}
