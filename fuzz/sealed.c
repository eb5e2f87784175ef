// rooms: values
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any text is searched for tokens: each lies in it, one behind the other, and opens or does not;
 * and any text that is sealed, put among others, is found there and opens as it was. */
#include "values/sealed.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[SEAL_KEY_BYTES] = { 1, 2, 3 };

static void tokens_open(struct bytes text) {
    struct sealed token;
    struct buf out = { 0 };
    for (size_t at = 0; sealed_find(text, at, &token); at = token.from + token.len) {
        if (token.from < at || token.len < 1 || token.from + token.len > text.len
            || !sealed_is_in(text))
            abort();
        (void)sealed_open(&token, key, &out);
    }
    buf_finish(&out);
}

static void text_comes_back(struct bytes text) {
    struct buf among = { 0 }, out = { 0 };
    struct sealed token;
    buf_put_text(&among, "NM1*{sealed:*");
    sealed_put(&among, &(struct sealed_by){ key, 17, bytes_text("given") }, text);
    buf_put_text(&among, "}*~");
    if (!sealed_find(buf_bytes(&among), 0, &token) || !sealed_open(&token, key, &out)
        || !bytes_equal(buf_bytes(&out), text))
        abort();
    buf_finish(&among);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tokens_open(bytes_of(data, size));
    text_comes_back(bytes_of(data, size));
    return 0;
}
