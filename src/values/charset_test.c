/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "values/charset.h"

#include "base/test.h"

#include <string.h>
#include <unicode/ucnv.h>

static void check_put(const char *name, const char *text, const char *wanted, size_t len) {
    struct charset *c;
    struct buf out = { 0 };
    CHECK_OK(charset_open(&c, bytes_text(name)));
    CHECK_OK(charset_put(c, bytes_text(text), &out));
    CHECK_OK(charset_put(c, bytes_text(text), &out)); /* a second piece is like the first */
    CHECK_INT((long long)out.len, (long long)(2 * len));
    CHECK(memcmp(out.data, wanted, len) == 0 && memcmp(out.data + len, wanted, len) == 0);
    buf_finish(&out);
    charset_close(c);
}

TEST(texts_are_written_in_the_encodings_that_partners_ask_for) {
    check_put("ISO-8859-1", "Jos\xc3\xa9", "Jos\xe9", 4);
    check_put("windows-1252", "5 \xe2\x82\xac", "5 \x80", 3);
    check_put("UTF-16LE", "a\xf0\x9f\x98\x80", "a\0\x3d\xd8\x00\xde", 6);
    check_put("UTF-16BE", "a\xf0\x9f\x98\x80", "\0a\xd8\x3d\xde\x00", 6);
    check_put("UTF-32LE", "a", "a\0\0\0", 4);
    check_put("UTF-8", "\xc4\x8d", "\xc4\x8d", 2);
}

TEST(what_an_encoding_cannot_say_is_an_error_and_no_question_mark) {
    struct charset *c;
    struct buf out = { 0 };
    CHECK_OK(charset_open(&c, bytes_text("ISO-8859-1")));
    CHECK_ERROR(charset_put(c,
                            bytes_text("name,\xc4\x8d"
                                       "apek"),
                            &out),
                E_config);
    CHECK_STORY("ISO-8859-1 has no character for what stands at the end of \"name,");
    CHECK_ERROR(charset_put(c, bytes_text("half \xc3"), &out), E_config);
    charset_close(c);
    buf_finish(&out);
}

TEST(a_piece_longer_than_every_buffer_is_written_whole) {
    struct charset *c;
    struct buf in = { 0 }, out = { 0 };
    for (int i = 0; i < 100000; i++)
        buf_put_text(&in, "\xc3\xa9x");
    CHECK_OK(charset_open(&c, bytes_text("ISO-8859-1")));
    CHECK_OK(charset_put(c, buf_bytes(&in), &out));
    CHECK_INT((long long)out.len, 200000);
    CHECK(out.data[199998] == 0xe9 && out.data[199999] == 'x');
    charset_close(c);
    buf_finish(&in);
    buf_finish(&out);
}

TEST(encodings_that_nobody_knows_or_that_have_states_are_refused) {
    static const char *const wrong[] = { "latin-nine-and-a-half", "ISO-2022-JP", "UTF-7", "",
                                         "a name that is far longer than any name of an encoding" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct charset *c;
        CHECK_ERROR(charset_open(&c, bytes_text(wrong[i])), E_config);
        charset_close(c);
    }
}

/* Each piece would have the mark, so the second one in the middle of a file. */
TEST(encodings_that_begin_with_a_byte_order_mark_are_refused) {
    static const char *const marked[] = { "UTF-16",
                                          "utf16",
                                          "UTF-32",
                                          "UnicodeBig",
                                          "UnicodeLittle",
                                          "ISO-10646-UCS-2",
                                          "x-UTF-16LE-BOM",
                                          "UTF-16,version=2",
                                          "UTF-16BE,version=1" };
    for (size_t i = 0; i < sizeof(marked) / sizeof(*marked); i++) {
        struct charset *c;
        CHECK_ERROR(charset_open(&c, bytes_text(marked[i])), E_config);
        CHECK_STORY("begins with a byte order mark");
        charset_close(c);
    }
}

TEST(whatever_encoding_is_taken_writes_two_pieces_as_it_writes_the_whole) {
    struct buf pieces = { 0 }, whole = { 0 };
    int taken = 0;
    for (int32_t i = 0; i < ucnv_countAvailable(); i++) {
        struct charset *c;
        bool good = charset_open(&c, bytes_text(ucnv_getAvailableName(i))) == E_ok;
        buf_clear(&pieces);
        buf_clear(&whole);
        if (good && charset_put(c, bytes_text("one,two"), &whole) == E_ok) {
            CHECK_OK(charset_put(c, bytes_text("one,"), &pieces));
            CHECK_OK(charset_put(c, bytes_text("two"), &pieces));
            CHECK_BYTES(buf_bytes(&pieces), buf_bytes(&whole));
            taken++;
        }
        charset_close(c);
    }
    CHECK(taken > 50);
    buf_finish(&pieces);
    buf_finish(&whole);
}
