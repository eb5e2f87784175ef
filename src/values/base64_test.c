/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "values/base64.h"

#include "base/test.h"

TEST(base64_is_that_of_rfc_4648) {
    static const char *const pairs[][2] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
        { "\xff\xef\xbe", "/+++" },
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct buf out = { 0 };
        base64_put(&out, bytes_text(pairs[i][0]));
        CHECK_TEXT(buf_text(&out), pairs[i][1]);
        buf_clear(&out);
        CHECK(base64_read(bytes_text(pairs[i][1]), &out));
        CHECK_TEXT(buf_text(&out), pairs[i][0]);
        buf_finish(&out);
    }
}

TEST(every_length_of_bytes_comes_back) {
    uint8_t data[100];
    for (size_t len = 0; len <= sizeof(data); len++) {
        struct buf text = { 0 }, back = { 0 };
        for (size_t i = 0; i < len; i++)
            data[i] = (uint8_t)(i * 37 + len);
        base64_put(&text, bytes_of(data, len));
        CHECK(base64_read(buf_bytes(&text), &back));
        CHECK_BYTES(buf_bytes(&back), bytes_of(data, len));
        buf_finish(&text);
        buf_finish(&back);
    }
}

TEST(what_nobody_would_write_is_not_read) {
    static const char *const bad[] = { "Z",    "Zg",       "Zg=",       "Zh==", "Zm9=",
                                       "====", "Zg==Zg==", "Zm9v\n",    "Zm 9", "Z=9v",
                                       "=m9v", "Zm-v",     "Zm9vYg==\n" };
    struct buf out = { 0 };
    buf_put_text(&out, "kept");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(!base64_read(bytes_text(bad[i]), &out));
        CHECK_TEXT(buf_text(&out), "kept");
    }
    CHECK(!base64_read(bytes_of("Zm\0v", 4), &out));
    buf_finish(&out);
}
