/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What needs no server: bytes of the stream, positions, who a snapshot sees, rows as items. With a
 * server: tests/scenarios/99_capture_postgresql.sh. */
#include "capture/capture.h"

#include "base/test.h"
#include "capture/chunk.h"
#include "capture/item.h"
#include "capture/pgoutput.h"
#include "capture/postgres.h"

#include <stdlib.h>
#include <string.h>

static struct pgoutput_message m;

static void cut_anywhere(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        char *part = memory_get(i + 1); /* behind it is nothing */
        memcpy(part, text, i);
        CHECK_ERROR(pgoutput_read(&m, bytes_of(part, i)), E_malformed);
        free(part);
    }
}

TEST(a_relation_and_its_rows_are_read) {
    static const char is[] = "R\0\0\0\7public\0client\0d\0\2\1code\0\0\0\0\31\0\0\0\0"
                             "\0spent\0\0\0\0\24\0\0\0\0";
    static const char put[] = "U\0\0\0\7K\0\1t\0\0\0\1aN\0\3t\0\0\0\2abnu";
    CHECK_OK(pgoutput_read(&m, bytes_of(is, sizeof(is) - 1)));
    CHECK_INT(m.kind, PGOUTPUT_RELATION);
    CHECK_TEXT(m.is.name, "client");
    CHECK(m.is.count == 2);
    CHECK_TEXT(m.is.columns[1].name, "spent");
    CHECK_INT(m.is.columns[1].type, 20);
    CHECK_OK(pgoutput_read(&m, bytes_of(put, sizeof(put) - 1)));
    CHECK_INT(m.kind, PGOUTPUT_UPDATE);
    CHECK(m.has_old && bytes_is_text(m.old.cells[0].text, "a"));
    CHECK(bytes_is_text(m.row.cells[0].text, "ab"));
    CHECK_INT(m.row.cells[1].kind, PGOUTPUT_NULL);
    CHECK_INT(m.row.cells[2].kind, PGOUTPUT_UNCHANGED);
}

TEST(a_transaction_has_its_place_and_time) {
    static const char begin[] = "B\0\0\0\1\0\0\0\2\0\0\0\0\0\17B@\0\0\0\11"; /* 1 s after 2000 */
    CHECK_OK(pgoutput_read(&m, bytes_of(begin, sizeof(begin) - 1)));
    CHECK_INT(m.kind, PGOUTPUT_BEGIN);
    CHECK(m.lsn == ((uint64_t)1 << 32 | 2));
    CHECK_INT(m.time_ms, 946684801000);
    CHECK_INT(m.xid, 9);
}

TEST(a_message_that_is_cut_anywhere_is_malformed) {
    static const char put[] = "U\0\0\0\7K\0\1t\0\0\0\1aN\0\3t\0\0\0\2abnu";
    static const char is[] = "R\0\0\0\7public\0client\0d\0\1\1code\0\0\0\0\31\0\0\0\0";
    static const char gone[] = "D\0\0\0\7K\0\1t\0\0\0\1a";
    static const char all[] = "T\0\0\0\1\0\0\0\0\7";
    cut_anywhere(put, sizeof(put) - 1);
    cut_anywhere(is, sizeof(is) - 1);
    cut_anywhere(gone, sizeof(gone) - 1);
    cut_anywhere(all, sizeof(all) - 1);
}

TEST(more_columns_than_we_hold_are_refused) {
    static const char put[] = "I\0\0\0\7N\0\x41nnnn";
    CHECK_ERROR(pgoutput_read(&m, bytes_of(put, sizeof(put) - 1)), E_malformed);
    CHECK_STORY("over 64 columns");
}

TEST(a_position_is_read_as_it_was_written_and_nothing_else_is_one) {
    struct capture_position p, again;
    char text[CAPTURE_POSITION_BYTES];
    CHECK_OK(
        capture_position_read(&p, bytes_text("18446744073709551615 16/B374D848 3 2 rows a b")));
    CHECK_TEXT(p.key, "a b");
    CHECK(p.lsn == 0x16B374D848);
    CHECK_OK(capture_position_read(&again, capture_position_text(&p, text)));
    CHECK_TEXT(text, "18446744073709551615 16/B374D848 3 2 rows a b");
    CHECK_OK(capture_position_read(&p, bytes_text("7 0/0 0 1 whole")));
    CHECK(p.whole && !p.has_key);
    const char *const wrong[] = {
        "7", "7 0/0 0 1 some", "7 0 0 1 whole", "42", "", "a 0/0 0 1 rows"
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        CHECK_ERROR(capture_position_read(&p, bytes_text(wrong[i])), E_diverged);
}

TEST(a_snapshot_sees_what_ended_before_it_though_numbers_go_round) {
    struct snapshot s;
    CHECK_OK(snapshot_read(&s, "4294967290:4294967306:4294967294,4294967300"));
    CHECK(snapshot_sees(&s, 4294967280u) && snapshot_sees(&s, 4294967293u));
    CHECK(!snapshot_sees(&s, 4294967294u) && !snapshot_sees(&s, 4));
    CHECK(snapshot_sees(&s, 5) && !snapshot_sees(&s, 10) && !snapshot_sees(&s, 11));
    snapshot_finish(&s);
    CHECK_OK(snapshot_read(&s, "5:5:"));
    CHECK(snapshot_sees(&s, 4) && !snapshot_sees(&s, 5));
    snapshot_finish(&s);
    CHECK_ERROR(snapshot_read(&s, "5:4:"), E_malformed);
    CHECK_ERROR(snapshot_read(&s, "5:9:7x"), E_malformed);
    CHECK_ERROR(snapshot_read(&s, ""), E_malformed);
}

TEST(what_was_streamed_before_a_snapshot_sees_it_is_noticed) {
    struct snapshot s;
    static struct streamed streamed;
    CHECK_OK(snapshot_read(&s, "100:110:104"));
    streamed_add(&streamed, 103);
    CHECK(snapshot_sees_streamed(&s, &streamed));
    streamed_add(&streamed, 104);
    CHECK(!snapshot_sees_streamed(&s, &streamed));
    for (uint32_t i = 0; i < STREAMED_KEPT; i++)
        streamed_add(&streamed, 50);
    CHECK(snapshot_sees_streamed(&s, &streamed));
    snapshot_finish(&s);
}

TEST(a_row_is_a_flat_object_in_which_our_own_names_are_ours) {
    struct buf out = { 0 };
    struct bytes yes = bytes_text("t"), number = bytes_text("-7"), text = bytes_text("say \"hi\"");
    capture_item_begin(&out, bytes_text("k1"));
    capture_item_cell(&out, "id", 25, &text);
    capture_item_cell(&out, "capture_op", 25, &text);
    capture_item_cell(&out, "vip", 16, &yes);
    capture_item_cell(&out, "spent", 20, &number);
    capture_item_cell(&out, "price", 1700, &number);
    capture_item_cell(&out, "note", 25, &text);
    capture_item_cell(&out, "none", 23, NULL);
    capture_item_end(&out, "put", 2, 0x100000001);
    CHECK_TEXT(buf_text(&out), "{\"id\":\"k1\",\"vip\":\"true\",\"spent\":-7,\"price\":\"-7\","
                               "\"note\":\"say \\\"hi\\\"\",\"none\":null,\"capture_op\":\"put\","
                               "\"capture_snapshot\":2,\"capture_lsn\":\"1/1\"}");
    buf_finish(&out);
    CHECK_TEXT(capture_key_fault(bytes_text("")), "its key is empty");
}

TEST(cells_that_the_log_does_not_have_are_as_in_the_old_row_if_that_is_whole) {
    static const char whole[] = "U\0\0\0\7O\0\2t\0\0\0\1at\0\0\0\3docN\0\2t\0\0\0\1bu";
    static const char key[] = "U\0\0\0\7K\0\2t\0\0\0\1anN\0\2t\0\0\0\1bu";
    CHECK_OK(pgoutput_read(&m, bytes_of(whole, sizeof(whole) - 1)));
    CHECK(pgoutput_has_hole(&m.row));
    pgoutput_fill(&m.row, &m.old);
    CHECK(!pgoutput_has_hole(&m.row));
    CHECK(bytes_is_text(m.row.cells[1].text, "doc"));
    CHECK(bytes_is_text(m.row.cells[0].text, "b"));
    CHECK_OK(pgoutput_read(&m, bytes_of(key, sizeof(key) - 1)));
    pgoutput_fill(&m.row, &m.old);
    CHECK(pgoutput_has_hole(&m.row));
}

TEST(a_row_that_cannot_be_taken_says_why_and_has_the_beginning_of_its_key) {
    struct buf out = { 0 };
    char key[300];
    memset(key, 'k', sizeof(key));
    key[199] = (char)0xc3; /* two bytes at the limit */
    key[200] = (char)0xa9;
    struct bytes part = capture_key_part(bytes_of(key, sizeof(key)));
    CHECK_INT((long long)part.len, 199);
    CHECK_INT((long long)capture_key_part(bytes_of(key, 150)).len, 150);
    CHECK(!capture_key_fault(bytes_of(key, 200)));
    CHECK_TEXT(capture_key_fault(bytes_of(key, 201)), "its key has over 200 bytes");
    buf_put_text(&out, "what it had");
    capture_item_wrong(&out, bytes_text(""), capture_key_fault(bytes_text("")));
    capture_item_end(&out, "wrong", 1, 1);
    CHECK_TEXT(buf_text(&out), "{\"id\":\"\",\"capture_reason\":\"its key is empty\","
                               "\"capture_op\":\"wrong\",\"capture_snapshot\":1,"
                               "\"capture_lsn\":\"0/1\"}");
    buf_finish(&out);
}

TEST(a_slot_that_is_there_is_taken_only_by_who_was_about_to_make_it) {
    struct postgres_slot slot = { .exists = true };
    char *marker = text_format("%s/capture-octavo", test_dir());
    CHECK_ERROR(postgres_slot_claim("octavo", &slot, marker), E_config);
    CHECK_STORY("slot octavo is there already, and was not made here");
    CHECK_STORY("pg_drop_replication_slot('octavo')");
    slot.exists = false;
    CHECK_OK(postgres_slot_claim("octavo", &slot, marker));
    slot.exists = true; /* made, and killed before the first position was committed */
    CHECK_OK(postgres_slot_claim("octavo", &slot, marker));
    free(marker);
}

TEST(an_address_that_is_none_is_refused) {
    static const char *const wrong[] = { "pgoutput:slot?table=t&key=k",
                                         "pgoutput:slot?table=t;&key=k&publication=p",
                                         "pgoutput:a b?table=t&key=k&publication=p",
                                         "pgoutput:slot?table=t&key=k&publication=p&x=1" };
    struct connector *c;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct source_options o = { .url = wrong[i], .data_dir = test_dir() };
        CHECK_ERROR(capture_source.open(&c, &o), E_config);
    }
}

static void on_item(void *context, const struct source_item *item) {
    (void)context;
    (void)item;
    test_failed(__FILE__, __LINE__, "there is nobody");
}

TEST(without_the_file_that_says_how_to_connect_the_remedy_is_told) {
    struct connector *c;
    struct source_options o = { .url = "pgoutput:slot?table=s.t&key=k&publication=p",
                                .data_dir = test_dir() };
    CHECK_OK(capture_source.open(&c, &o));
    CHECK_ERROR(capture_source.read(c, bytes_text(""), 256, on_item, NULL), E_config);
    CHECK_STORY("host=HOST dbname=DATABASE");
    capture_source.close(c);
}
