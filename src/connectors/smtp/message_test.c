/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Mails byte by byte, and what is no mail. */
#include "smtp/message.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static struct mail mail;

static enum error build(const char *json, const char *from) {
    struct effect_request r = { .id = bytes_text("0198f2-1"),
                                .json = bytes_text(json),
                                .time_ms = 1790000000123 };
    mail_finish(&mail);
    return mail_build(&mail, &r, from);
}

TEST(a_plain_mail_is_written_like_this) {
    CHECK_OK(build("{\"to\":\"a@x.cz, b.c@y.example\",\"subject\":\"Hello\","
                   "\"body\":\"one\\ntwo\\r\\nthree\"}",
                   "bank@example.org"));
    CHECK_TEXT(buf_text(&mail.text), "Message-ID: <0198f2-1@example.org>\r\n"
                                     "Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n"
                                     "From: bank@example.org\r\n"
                                     "To: a@x.cz,\r\n b.c@y.example\r\n"
                                     "Auto-Submitted: auto-generated\r\n"
                                     "MIME-Version: 1.0\r\n"
                                     "Content-Type: text/plain; charset=utf-8\r\n"
                                     "Subject: Hello\r\n"
                                     "Content-Transfer-Encoding: 7bit\r\n"
                                     "\r\n"
                                     "one\r\ntwo\r\nthree\r\n");
    CHECK_INT((long long)mail.to_count, 2);
    CHECK_TEXT(mail.to[1], "b.c@y.example");
    mail_finish(&mail);
}

static void check_has(const char *part) {
    if (!strstr(buf_text(&mail.text), part))
        test_failed(__FILE__, __LINE__, "%s is not in %s", part, buf_text(&mail.text));
}

TEST(text_beyond_ascii_is_encoded_and_no_character_is_cut) {
    CHECK_OK(build(
        "{\"to\":\"a@x\",\"from\":\"me@here\",\"subject\":\"\xc4\x8d\",\"body\":\"\xc4\x8d\"}",
        "bank@example.org"));
    check_has("From: me@here\r\n");
    check_has("Message-ID: <0198f2-1@here>\r\n");
    check_has("Subject: =?UTF-8?B?xI0=?=\r\n");
    check_has("Content-Transfer-Encoding: base64\r\n\r\nxI0NCg==\r\n");
    CHECK_OK(
        build("{\"to\":\"a@x\",\"subject\":\""
              "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
              "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
              "1\xe2\x82\xac\",\"body\":\"\"}",
              "b@e"));
    check_has(
        "Subject: =?UTF-8?B?4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKsMQ==?=\r\n"
        " =?UTF-8?B?4oKs?=\r\n");
    check_has("7bit\r\n\r\n");
    mail_finish(&mail);
}

TEST(long_lines_and_subjects_and_what_looks_encoded_are_encoded) {
    struct buf json = { 0 };
    buf_put_text(&json, "{\"to\":\"a@x\",\"subject\":\"=?UTF-8?B?xI0=?=\",\"body\":\"");
    for (int i = 0; i < 2000; i++)
        buf_put_byte(&json, 'x');
    buf_put_text(&json, "\"}");
    CHECK_OK(build(buf_text(&json), "b@e"));
    check_has("Subject: =?UTF-8?B?PT9VVEYtOD9CP3hJMD0/PQ==?=\r\n");
    check_has("base64\r\n\r\neHh4");
    size_t line = 0;
    for (size_t i = 0; i < mail.text.len; i++) {
        line = mail.text.data[i] == '\n' ? 0 : line + 1;
        CHECK(line <= 78);
    }
    buf_finish(&json);
    mail_finish(&mail);
}

TEST(the_same_effect_is_the_same_mail_and_an_odd_id_is_hashed) {
    struct effect_request r = { .id = bytes_text("a b>\r\n"),
                                .json =
                                    bytes_text("{\"to\":\"a@x\",\"subject\":\"s\",\"body\":\"b\"}"),
                                .time_ms = -1 };
    struct mail again;
    CHECK_OK(mail_build(&mail, &r, "b@e"));
    CHECK_OK(mail_build(&again, &r, "b@e"));
    CHECK_BYTES(buf_bytes(&mail.text), buf_bytes(&again.text));
    CHECK_INT((long long)strlen(mail.id), 32);
    check_has("Date: Thu, 01 Jan 1970");
    mail_finish(&mail);
    mail_finish(&again);
}

static void check_refused(const char *json, const char *story) {
    enum error e = build(json, "b@e");
    CHECK(e == E_refused || e == E_malformed);
    CHECK_STORY(story);
}

TEST(nothing_of_a_field_becomes_a_header_or_a_recipient) {
    check_refused("{\"to\":\"a@x\\r\\nBcc: c@y\",\"subject\":\"s\",\"body\":\"b\"}",
                  "\"to\" is no address");
    check_refused("{\"to\":\"a@x>,<c@y\",\"subject\":\"s\",\"body\":\"b\"}",
                  "\"to\" is no address");
    check_refused("{\"to\":\"a@x c@y\",\"subject\":\"s\",\"body\":\"b\"}", "\"to\" is no address");
    check_refused("{\"to\":\"A <a@x>\",\"subject\":\"s\",\"body\":\"b\"}", "\"to\" is no address");
    check_refused("{\"to\":\"\",\"subject\":\"s\",\"body\":\"b\"}", "\"to\" is no address");
    check_refused("{\"to\":\"a@x,\",\"subject\":\"s\",\"body\":\"b\"}", "\"to\" is no address");
    check_refused("{\"to\":\"a\",\"subject\":\"s\",\"body\":\"b\"}", "\"to\" is no address");
    check_refused("{\"to\":\"a..b@x\",\"subject\":\"s\",\"body\":\"b\"}", "\"to\" is no address");
    check_refused("{\"to\":\".a@x\",\"subject\":\"s\",\"body\":\"b\"}", "\"to\" is no address");
    check_refused("{\"to\":\"a@[127.0.0.1]\",\"subject\":\"s\",\"body\":\"b\"}",
                  "\"to\" is no address");
    check_refused("{\"to\":\"\xc4\x8d@x\",\"subject\":\"s\",\"body\":\"b\"}",
                  "\"to\" is no address");
    check_refused("{\"to\":\"a@x\",\"from\":\"b@e\\nX: y\",\"subject\":\"s\",\"body\":\"b\"}",
                  "\"from\" is no address");
    check_refused("{\"to\":\"a@x\",\"from\":7,\"subject\":\"s\",\"body\":\"b\"}",
                  "no text \"from\"");
    check_refused("{\"to\":\"a@x\",\"subject\":\"s\\r\\nBcc: c@y\",\"body\":\"b\"}",
                  "a line break");
    check_refused("{\"to\":\"a@x\",\"subject\":\"s\\nX: y\",\"body\":\"b\"}", "a line break");
    check_refused("{\"to\":\"a@x\",\"subject\":\"\\u007f\",\"body\":\"b\"}", "a line break");
}

TEST(what_is_missing_or_too_much_is_refused) {
    struct buf json = { 0 };
    check_refused("{\"subject\":\"s\",\"body\":\"b\"}", "no text \"to\"");
    check_refused("{\"to\":\"a@x\",\"body\":\"b\"}", "no text \"subject\"");
    check_refused("{\"to\":\"a@x\",\"subject\":\"s\"}", "no text \"body\"");
    check_refused("{\"to\":\"a@x\",\"subject\":\"s\",\"body\":1}", "no text \"body\"");
    check_refused("[]", "malformed");
    CHECK_ERROR(build("{\"to\":\"a@x\",\"subject\":\"s\",\"body\":\"b\"}", NULL), E_refused);
    CHECK_STORY("nor has the edge's address one");
    buf_put_text(&json, "{\"subject\":\"s\",\"body\":\"b\",\"to\":\"a@x");
    for (int i = 0; i < 99; i++)
        buf_put_text(&json, ",a@x");
    size_t hundred = json.len;
    buf_put_text(&json, "\"}");
    CHECK_OK(build(buf_text(&json), "b@e"));
    json.len = hundred;
    buf_put_text(&json, ",a@x\"}");
    check_refused(buf_text(&json), "over 100 addresses");
    buf_clear(&json);
    buf_print(&json, "{\"to\":\"a@x\",\"body\":\"b\",\"subject\":\"%02049d\"}", 1);
    check_refused(buf_text(&json), "over 2048 bytes");
    buf_clear(&json);
    buf_print(&json, "{\"to\":\"%0300d@x\",\"body\":\"b\",\"subject\":\"s\"}", 1);
    check_refused(buf_text(&json), "\"to\" is no address");
    buf_finish(&json);
    mail_finish(&mail);
}
