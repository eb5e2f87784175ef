/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The journal's reader: what the writer wrote comes back, and nothing else is taken. */
#include "runtime/journal_read.h"

#include "base/test.h"
#include "runtime/journal.h"

#include <stdlib.h>
#include <string.h>

/* The entries of a line as text: "KIND name=value ...;". */
static char *entries_of(const char *line) {
    struct buf out = { 0 };
    struct arena texts = { 0 };
    struct journal_reader r = { bytes_text(line), 0, &texts };
    struct journal_entry e;
    bool found = true;
    while (journal_next(&r, &e, &found) == E_ok && found) {
        buf_print(&out, "%d", (int)e.kind);
        for (size_t i = 0; i < e.count; i++) {
            buf_put_byte(&out, ' ');
            buf_put_bytes(&out, e.members[i].name);
            buf_put_byte(&out, '=');
            if (e.members[i].kind == JOURNAL_INT)
                buf_put_decimal(&out, e.members[i].integer);
            else
                buf_put_bytes(&out, e.members[i].text);
        }
        buf_put_byte(&out, ';');
    }
    arena_finish(&texts);
    (void)buf_text(&out);
    return (char *)out.data;
}

static void check_entries(const char *line, const char *wanted) {
    char *got = entries_of(line);
    CHECK_TEXT(got, wanted);
    free(got);
}

static void check_refused(const char *line, const char *why) {
    struct arena texts = { 0 };
    struct journal_reader r = { bytes_text(line), 0, &texts };
    struct journal_entry e;
    bool found = true;
    enum error error = E_ok;
    while (!error && found)
        error = journal_next(&r, &e, &found);
    CHECK_INT(error, E_corrupt);
    CHECK(strstr(error_story(), why) != NULL);
    CHECK(strstr(error_story(), "restore this store from a backup") != NULL);
    arena_finish(&texts);
}

TEST(every_kind_of_entry_is_read_in_the_order_taken) {
    check_entries(
        "[{\"topic\":\"moves\",\"partition\":3,\"from\":5,\"to\":17,\"records\":4},"
        "{\"request\":\"A1-7\",\"type\":\"asked\",\"at\":1790000000000,\"json\":{\"a\":\"}{\"}},"
        "{\"timer\":\"deadline\",\"key\":\"A1-6\",\"due\":-1},"
        "{\"unpark\":12,\"do\":\"retry\",\"by\":\"operator\",\"at\":7},"
        "{\"outcome\":\"done\",\"effect\":\"X\",\"edge\":\"mail\",\"key\":\"k\",\"at\":8,\"json\":{"
        "}},"
        "{\"command\":\"effect-drop\",\"effect\":\"X\",\"at\":9},"
        "{\"version\":\"0.1.0\"},{\"closed\":2,\"at\":10}]",
        "0 topic=moves partition=3 from=5 to=17 records=4;"
        "1 request=A1-7 type=asked at=1790000000000 json={\"a\":\"}{\"};"
        "2 timer=deadline key=A1-6 due=-1;3 unpark=12 do=retry by=operator at=7;"
        "4 outcome=done effect=X edge=mail key=k at=8 json={};"
        "5 command=effect-drop effect=X at=9;6 version=0.1.0;7 closed=2 at=10;");
}

TEST(a_run_may_leave_out_how_many_records_it_has) {
    check_entries("[{\"topic\":\"t\",\"partition\":0,\"from\":0,\"to\":0}]",
                  "0 topic=t partition=0 from=0 to=0;");
}

TEST(escapes_and_whole_range_numbers_come_back) {
    check_entries("[{\"timer\":\"a\\n\\u0001\\\"\\\\\\t\",\"key\":\"\xc4\x8d\","
                  "\"due\":-9223372036854775808}]",
                  "2 timer=a\n\x01\"\\\t key=\xc4\x8d due=-9223372036854775808;");
}

/* Keys come from anywhere: bytes that JSON cannot hold must come back as they were. */
TEST(a_key_that_is_no_text_survives_the_journal) {
    static const uint8_t key[] = { 0xff, 0, 'a', 0xc3, '"' };
    struct timer_row timer = { .due_ms = 5, .name = bytes_text("n"), .key = bytes_of(key, 5) };
    struct journal journal = { 0 };
    struct arena texts = { 0 };
    struct journal_entry e;
    bool found;
    journal_timer(&journal, &timer);
    struct bytes line = journal_line(&journal);
    struct journal_reader r = { line, 0, &texts };
    CHECK_BYTES(line, bytes_text("[{\"timer\":\"n\",\"key_hex\":\"ff0061c322\",\"due\":5}]"));
    CHECK_OK(journal_next(&r, &e, &found));
    CHECK(found);
    CHECK_BYTES(journal_text_of(&e, "key"), bytes_of(key, 5));
    CHECK_INT(journal_int_of(&e, "due", 0), 5);
    CHECK_INT(journal_int_of(&e, "absent", 77), 77);
    CHECK_OK(journal_next(&r, &e, &found));
    CHECK(!found);
    arena_finish(&texts);
    journal_finish(&journal);
}

TEST(a_wrong_line_is_refused_with_where_and_why) {
    check_refused("", "a line begins with a bracket");
    check_refused("[", "an entry is wanted");
    check_refused("[]", "an entry is wanted");
    check_refused("[{}]", "a text is wanted");
    check_refused("[{\"version\":\"1\"}", "the line ends early");
    check_refused("[{\"version\":\"1\"}],", "something stands behind the line");
    check_refused("[{\"version\":\"1\"}][", "something stands behind the line");
    check_refused("[{\"version\":\"1\"}{\"version\":\"1\"}]", "a comma is wanted");
    check_refused("[{\"version\" \"1\"}]", "a colon is wanted");
    check_refused("[{\"version\":", "the line ends early");
    check_refused("[{\"version\":\"1", "a text does not end");
    check_refused("[{\"version\":\"\\u0000\"}]", "as the writer writes it");
    check_refused("[{\"version\":\"\\x\"}]", "as the writer writes it");
    check_refused("[{\"version\":\"\xff\"}]", "as the writer writes it");
    check_refused("[{\"version\":\"1\"", "an entry does not end");
    check_refused("[{\"version\":1}]", "of another kind");
    check_refused("[{\"version\":\"1\",\"version\":\"1\"}]", "unknown or stands twice");
    check_refused("[{\"weather\":\"fine\"}]", "not known to this version");
    check_refused("[{\"timer\":\"a\",\"key\":\"b\"}]", "a member is missing");
    check_refused("[{\"timer\":\"a\",\"key\":\"b\",\"due\":99999999999999999999}]", "too large");
    check_refused("[{\"timer\":\"a\",\"key\":\"b\",\"due\":true}]", "a value is wanted");
    check_refused("[{\"timer\":\"a\",\"key_hex\":\"abc\",\"due\":1}]", "an odd number");
    check_refused("[{\"timer\":\"a\",\"key_hex\":\"zz\",\"due\":1}]", "not hexadecimal");
    check_refused("[{\"request\":\"a\",\"type\":\"b\",\"at\":1,\"json\":{\"c\":{}}}]", "not flat");
    check_refused("[{\"request\":\"a\",\"type\":\"b\",\"at\":1,\"json\":{\"c\":1", "does not end");
}
