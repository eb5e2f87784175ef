/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "messages.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

static struct messages batch;

/* "DEVICE[/BOOT/SEQ] POINTS|...", or why it is none. */
static const char *told(const char *wrong) {
    static struct buf out;
    buf_clear(&out);
    if (wrong)
        return wrong;
    for (size_t i = 0; i < batch.count; i++) {
        const struct message *m = &batch.messages[i];
        buf_put_text(&out, i ? "|" : "");
        buf_put(&out, batch.text.data + m->device, m->device_len);
        if (m->has_boot)
            buf_print(&out, "/%lld", (long long)m->boot);
        if (m->has_identity)
            buf_print(&out, "/%lld", (long long)m->sequence);
        buf_put_byte(&out, ' ');
        buf_put(&out, batch.text.data + m->points, m->points_len);
    }
    return buf_text(&out);
}

static const char *lines(const char *text) {
    return told(messages_read_lines(&batch, bytes_text(text), 1, 5000));
}

static const char *json(const char *text) {
    static struct arena arena;
    arena_reset(&arena);
    return told(
        messages_read_json(&batch, &arena, bytes_text(text), &(struct topic_place){ 0 }, 5000));
}

TEST(a_line_is_a_message_of_its_device) {
    CHECK_TEXT(
        lines(
            "weather,device=pump-7,city=Brno temperature=21.5,humidity=40i 1700000000123456789\n"),
        "pump-7 1700000000123 21.5 temperature;1700000000123 40 humidity");
    CHECK_TEXT(lines("cpu,host=a value=1"), "a 5000 1 cpu");
    CHECK_TEXT(lines("pump-7 value=-1e3 -2000000"), "pump-7 -2 -1e3 pump-7");
    CHECK_TEXT(lines("p on=true,off=F,n=7u"), "p 5000 1 on;5000 0 off;5000 7 n");
}

TEST(lines_of_a_device_that_follow_each_other_are_one_message) {
    CHECK_TEXT(lines("# a comment\n\na t=1 1000000\r\na t=2 2000000\nb t=3 3000000\na t=4"),
               "a 1 1 t;2 2 t|b 3 3 t|a 5000 4 t");
}

TEST(a_line_with_a_sequence_is_a_message_of_its_own) {
    CHECK_TEXT(lines("a,boot=3,seq=17 t=1\na t=2\na,seq=18 t=3\na,seq=x t=4"),
               "a/3/17 5000 1 t|a 5000 2 t|a/18 5000 3 t|a 5000 4 t");
}

TEST(names_may_hold_what_separates_them_behind_a_backslash) {
    CHECK_TEXT(lines("m\\ 1,device=a\\,b oil\\ press\\=ure=2"), "a,b 5000 2 oil press=ure");
    CHECK_TEXT(lines("a note=\"x, y=1 \\\" 5\",t=2,other=\"\""), "a 5000 2 t");
}

TEST(what_is_no_line_is_told_with_its_number) {
    CHECK_TEXT(lines("a t=1\na\n"), "line 2: it has no fields");
    CHECK_TEXT(lines("a t=x"), "line 1: a field's value is none");
    CHECK_TEXT(lines("a t=nan"), "line 1: a field's value is none");
    CHECK_TEXT(lines("a t=0x10"), "line 1: a field's value is none");
    CHECK_TEXT(lines("a t="), "line 1: a field's value is none");
    CHECK_TEXT(lines("a t"), "line 1: a field is not NAME=VALUE");
    CHECK_TEXT(lines("a,tag t=1"), "line 1: a tag is not NAME=VALUE");
    CHECK_TEXT(lines("a note=\"x"), "line 1: a text does not end");
    CHECK_TEXT(lines("a t=1 soon"), "line 1: something stands behind its fields that is no time");
    CHECK_TEXT(lines("a t=1e13"), "line 1: a value is beyond 10^12");
    CHECK_TEXT(lines("a t=1 9999999999999999999"), "line 1: its time is too large");
    CHECK_TEXT(lines("a;b t=1"), "line 1: its device is no name");
    CHECK_TEXT(lines(",device=a t=1"), "line 1: it has no measurement");
    CHECK_TEXT(lines("a note=\"only\""), "there is no number in it");
    CHECK_TEXT(lines(""), "there is no number in it");
}

TEST(a_time_that_is_none_in_the_unit_that_was_said_is_told_with_its_line) {
    static const struct {
        const char *text;
        int64_t unit_ns;
        const char *wanted;
    } cases[] = {
        { "a t=1 5\na t=1 1700000000123456789", 1000000, "line 2: its time is too large" },
        { "a t=1 1700000000123456", 1000000000, "line 1: its time is too large" },
        { "a t=1 -1700000000123456789", 1000000, "line 1: its time is too large" },
        { "a t=1 9007199254740992", 1000000, "line 1: its time is too large" },
        { "a t=1 9007199254740991", 1000000, "a 9007199254740991 1 t" },
        { "a t=1 1700000000", 1000000000, "a 1700000000000 1 t" },
        { "a t=1 1700000000123456", 1000, "a 1700000000123 1 t" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        CHECK_TEXT(
            told(messages_read_lines(&batch, bytes_text(cases[i].text), cases[i].unit_ns, 5000)),
            cases[i].wanted);
}

TEST(objects_name_their_devices) {
    CHECK_TEXT(json("[{\"device\":\"a\",\"t\":1,\"time\":1700000000},{\"device\":\"a\",\"t\":2},"
                    "{\"device\":\"b\",\"t\":3,\"boot\":1,\"seq\":2},{\"device\":\"b\",\"t\":4}]"),
               "a 1700000000000 1 t;5000 2 t|b/1/2 5000 3 t|b 5000 4 t");
    CHECK_TEXT(json("{\"device\":\"a\",\"values\":{\"x\":1,\"y\":true}}"), "a 5000 1 x;5000 1 y");
    CHECK_TEXT(json("[{\"device\":\"a\",\"t\":1},{\"t\":2}]"),
               "item 2: it is no object that names its device");
    CHECK_TEXT(json("[{\"device\":\"a\"}]"), "item 1: there is no number in it");
    CHECK_TEXT(json("[]"), "there is no message in it");
    CHECK_TEXT(json("5"), "item 1: it is no object that names its device");
    CHECK_TEXT(json("{"), "it is no JSON");
}

TEST(more_messages_than_are_taken_at_once_are_told) {
    struct buf text = { 0 };
    for (int i = 0; i <= MESSAGES_MAX; i++)
        buf_print(&text, "d%d t=1\n", i);
    CHECK_TEXT(told(messages_read_lines(&batch, buf_bytes(&text), 1, 5000)),
               "more than 1000 messages");
    buf_clear(&text);
    for (int i = 0; i < 2500; i++)
        buf_print(&text, "a t=%d\n", i);
    CHECK_TEXT(told(messages_read_lines(&batch, buf_bytes(&text), 1, 5000)) ? "" : "x", "");
    CHECK_INT((long long)batch.count, 5);
    buf_finish(&text);
}
