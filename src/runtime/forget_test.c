/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/task_fixture.h"

static const char yaml[] = "system: bank\n"
                           "topics: { moves: { partitions: 4 } }\n"
                           "services:\n"
                           "  ledger:\n"
                           "    handler: bank.ledger\n"
                           "    consumes: [moves]\n"
                           "    tables:\n"
                           "      kept: { columns: { count: int } }\n"
                           "      known: { columns: { count: int, until: int }, forget: until }\n";

enum { KEPT, KNOWN };
enum { DAY_MS = 86400000, WEEK_MS = 7 * DAY_MS };

static int64_t known; /* what the last step saw; 0: no row */

static enum octavo_outcome on_add(struct octavo_step *s) {
    struct octavo_value row[2];
    known = octavo_row_get(s, "known", octavo_text(""), row, 2) ? row[0].integer : 0;
    row[0] = octavo_int_value(known + 1);
    row[1] = octavo_int_value(octavo_event_time_ms(s) + WEEK_MS);
    octavo_row_put(s, "known", octavo_text(""), row, 2);
    octavo_row_put(s, "kept", octavo_text(""), row, 1);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_look(struct octavo_step *s) {
    struct octavo_value row[2];
    known = octavo_row_get(s, "known", octavo_text(""), row, 2) ? row[0].integer : 0;
    return OCTAVO_DONE;
}

static const struct octavo_handler ledger[] = { { "add", on_add },
                                                { "look", on_look },
                                                { NULL, NULL } };

static struct bank b;

static void given_bank(void) {
    CHECK_OK(declaration_read(&b.declaration, "bank.yaml", bytes_text(yaml)));
    bank_open(&b, "ledger", ledger);
}

/* What the step knew of its key. */
static int64_t at(const char *type, const char *key, int64_t time_ms) {
    struct input in = record(&b, type, key, "{}");
    in.time_ms = time_ms;
    known = -1;
    task_begin(b.task);
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    commit(&b);
    return known;
}

static size_t count_of(size_t table) {
    char *rows = rows_of(&b, table);
    size_t count = 0;
    for (const char *at = rows; *at; at++)
        count += *at == ';';
    free(rows);
    return count;
}

TEST(a_row_is_kept_until_its_time_by_the_clock_of_the_log_and_then_seen_by_nobody) {
    given_bank();
    CHECK_INT(at("add", "k", 1000), 0);
    CHECK_INT(at("look", "k", 1000 + WEEK_MS - 1), 1);
    CHECK_INT(at("look", "other", 1000 + WEEK_MS), 0); /* the record that moves the log's time */
    CHECK_INT(at("look", "k", 1001), 0);               /* which does not go back */
    CHECK_INT(at("add", "k", 1002 + WEEK_MS), 0);
    CHECK_INT(at("look", "k", 1002 + WEEK_MS), 1);
    bank_close(&b);
}

TEST(what_is_over_is_over_after_a_restart_too_whether_it_has_left_the_store_or_not) {
    given_bank();
    CHECK_INT(at("add", "k", 1000), 0);
    CHECK_INT(at("add", "l", 1000 + WEEK_MS), 0);
    bank_reopen(&b);
    CHECK_INT(at("look", "k", 1000), 0);
    CHECK_INT(at("look", "l", 1000), 1);
    bank_close(&b);
}

TEST(rows_leave_the_store_as_others_come_and_other_tables_keep_theirs) {
    char key[16];
    given_bank();
    for (int64_t i = 0; i < 2000; i++) { /* some forty a day */
        (void)snprintf(key, sizeof(key), "k%d", (int)i);
        CHECK_INT(at("add", key, 1000 + i * (DAY_MS / 40)), 0);
    }
    CHECK(count_of(KNOWN) >= 7 * 40);
    CHECK(count_of(KNOWN) <= 9 * 40);
    CHECK_INT((long long)count_of(KEPT), 2000);
    bank_close(&b);
}

TEST(a_step_that_failed_leaves_a_row_as_it_was_also_one_whose_time_is_over) {
    given_bank();
    CHECK_INT(at("add", "k", 1000), 0);
    CHECK_INT(at("look", "other", 2000 + WEEK_MS), 0);
    task_begin(b.task);
    struct input in = record(&b, "add", "k", "{}");
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    CHECK_INT(known, 0);
    task_drop(b.task);
    CHECK_INT(at("look", "k", 1000), 0);
    bank_close(&b);
}
