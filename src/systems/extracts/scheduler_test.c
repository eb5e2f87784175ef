/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The scheduler over the real store, fed by hand: what is due is scheduled once, whatever the clock
 * on the wall does, whoever was away, and however often somebody asks. */
#include "extracts.h"

#include "base/test.h"
#include "declaration/declaration.h"
#include "runtime/promised_fixture.h"
#include "runtime/task.h"
#include "runtime/task_effects.h"
#include "sqlite/sqlite_store.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct task *task;
static struct declaration *declaration;
static struct schemas *schemas; /* every event that is said is held against its own */
static struct task_options options;
static struct buf said; /* of the last group: runs as "NOMINAL FROM REVISION\n", others by type */
static int64_t now_ms, offset;

static int32_t one_partition(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 1;
}

static void scheduler_open(const char *now) {
    CHECK(moment_read(now, &now_ms));
    CHECK_OK(
        declaration_read(&declaration, "octavo.yaml", bytes_text(extracts_system.declaration)));
    schemas = promised_open(declaration, "src/systems/extracts");
    options = (struct task_options){
        .system = "extracts",
        .service = declaration_service(declaration, "extract-scheduler"),
        .handlers = extract_scheduler_handlers,
        .store_kind = &sqlite_store_kind,
        .store_url = text_format("sqlite:%s", test_dir()),
        .journal_inputs = true,
        .partitions_of = one_partition,
    };
    CHECK_OK(task_open(&task, &options));
}

static void scheduler_close(void) {
    task_close(task);
    schemas_close(schemas);
    declaration_destroy(declaration);
    free((void *)(uintptr_t)options.store_url);
}

static const char *member(struct bytes json, const char *name) {
    static char out[3][40];
    static int nth;
    char *text = text_copy_bytes(json), *quoted = text_format("\"%s\":", name);
    const char *found = strstr(text, quoted);
    nth = (nth + 1) % 3;
    out[nth][0] = 0;
    if (found)
        (void)snprintf(out[nth], sizeof(out[nth]), "%.*s",
                       (int)strspn(found + strlen(quoted), "0123456789-"), found + strlen(quoted));
    free(text);
    free(quoted);
    return out[nth];
}

static void run_note(const struct out_event *e) {
    char nominal[MOMENT_CHARS], from[MOMENT_CHARS];
    moment_write(strtoll(member(e->value, "nominal"), NULL, 10), nominal);
    moment_write(strtoll(member(e->value, "from"), NULL, 10), from);
    buf_print(&said, "%s %s %s\n", nominal, from, member(e->value, "revision"));
}

static void commit(void) {
    struct committed done;
    CHECK_OK(task_commit(task, now_ms, &done));
    struct cursor in = cursor_on(done.outbox);
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        promised_check(schemas, &e);
        if (bytes_is_text(e.type, "extract-scheduled"))
            run_note(&e);
        else
            buf_print(&said, "%.*s %s\n", (int)e.type.len, (const char *)e.type.data,
                      member(e.value, "count"));
    }
    if (done.outbox_id)
        task_outbox_acked(task, done.outbox_id);
}

static void given(const char *type, const char *json) {
    char id[32];
    enum taken taken;
    (void)snprintf(id, sizeof(id), "in-%lld", (long long)offset);
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text(type),
        .id = bytes_text(id),
        .key = bytes_text("x"),
        .json = bytes_text(json),
        .time_ms = now_ms,
        .topic = bytes_text("extract-command"),
        .offset = offset,
    };
    offset++;
    buf_clear(&said);
    task_begin(task);
    CHECK_OK(task_take(task, &in, &taken));
    CHECK_INT(taken, TAKEN_HANDLED);
    commit();
}

static void define(const char *members) {
    char *json = text_format("{\"extract\":\"x\",\"source\":\"s\",\"query\":\"q\",%s}", members);
    given("extract-define-requested", json);
    free(json);
}

static size_t fire(void) {
    size_t taken;
    task_begin(task);
    CHECK_OK(task_take_timers(task, now_ms, 100, &taken));
    commit();
    return taken;
}

static void clock_answer(void) {
    struct pending *p = schedule_head(task_schedule(task), 0, bytes_text("x"));
    CHECK(p);
    char *told = text_format("{\"now_ms\":%lld}", (long long)now_ms);
    struct outcome o = {
        .outcome = "done", .reason = "", .at_ms = now_ms, .told = bytes_text(told)
    };
    task_begin(task);
    CHECK_OK(task_effect_settle(task, p, &o));
    commit();
    free(told);
}

/* Until nothing is due at this moment; what was scheduled by then is in `said`. */
static const char *at(const char *now) {
    CHECK(moment_read(now, &now_ms));
    buf_clear(&said);
    while (fire())
        clock_answer();
    return buf_text(&said);
}

TEST(a_run_is_due_at_its_time_and_its_interval_begins_where_the_one_before_ended) {
    scheduler_open("2026-11-22T12:00:00Z");
    define("\"schedule\":\"0 6 * * *\"");
    CHECK_TEXT(at("2026-11-23T05:59:59Z"), "");
    CHECK_TEXT(at("2026-11-23T06:00:00Z"), "20261123T060000Z 20261122T060000Z 1\n");
    CHECK_TEXT(at("2026-11-23T06:00:01Z"), "");
    CHECK_TEXT(at("2026-11-24T06:00:30Z"), "20261124T060000Z 20261123T060000Z 1\n");
    scheduler_close();
}

/* X1. */
TEST(half_past_two_in_new_york_has_intervals_without_gap_over_both_changes) {
    scheduler_open("2026-03-07T12:00:00Z");
    define("\"schedule\":\"30 2 * * *\",\"zone\":\"America/New_York\"");
    CHECK_TEXT(at("2026-03-10T00:00:00Z"), "20260308T070000Z 20260307T073000Z 1\n"
                                           "20260309T063000Z 20260308T070000Z 1\n");
    scheduler_close();
}

static const char *three_days(const char *policy) {
    char *members = text_format("\"schedule\":\"0 6 * * *\",\"catch_up\":\"%s\"", policy);
    scheduler_open("2026-11-19T12:00:00Z");
    define(members);
    free(members);
    CHECK_TEXT(at("2026-11-20T06:00:00Z"), "20261120T060000Z 20261119T060000Z 1\n");
    const char *runs = at("2026-11-23T12:00:00Z");
    return runs;
}

/* X2. */
TEST(three_days_away_all_are_caught_up_with_in_their_order) {
    CHECK_TEXT(three_days("all"), "20261121T060000Z 20261120T060000Z 1\n"
                                  "20261122T060000Z 20261121T060000Z 1\n"
                                  "20261123T060000Z 20261122T060000Z 1\n");
    CHECK_TEXT(at("2026-11-24T06:00:00Z"), "20261124T060000Z 20261123T060000Z 1\n");
    scheduler_close();
}

TEST(three_days_away_latest_is_one_run_over_the_whole_interval) {
    CHECK_TEXT(three_days("latest"), "20261123T060000Z 20261120T060000Z 1\nextract-missed 2\n");
    scheduler_close();
}

TEST(three_days_away_none_leaves_them_out_and_says_so) {
    CHECK_TEXT(three_days("none"), "extract-missed 3\n");
    CHECK_TEXT(at("2026-11-24T06:01:00Z"), "20261124T060000Z 20261123T060000Z 1\n");
    scheduler_close();
}

TEST(three_days_away_a_number_is_so_many_of_the_newest) {
    CHECK_TEXT(three_days("2"), "20261122T060000Z 20261121T060000Z 1\n"
                                "20261123T060000Z 20261122T060000Z 1\nextract-missed 1\n");
    scheduler_close();
}

/* X2: the timer waits for a time that has been. */
TEST(a_clock_that_is_put_back_makes_no_run_twice) {
    scheduler_open("2026-11-23T05:30:00Z");
    define("\"schedule\":\"0 * * * *\"");
    CHECK_TEXT(at("2026-11-23T07:00:00Z"), "20261123T060000Z 20261123T050000Z 1\n"
                                           "20261123T070000Z 20261123T060000Z 1\n");
    CHECK_TEXT(at("2026-11-23T05:10:00Z"), "");
    CHECK_TEXT(at("2026-11-23T06:10:00Z"), "");
    CHECK_TEXT(at("2026-11-23T08:00:00Z"), "20261123T080000Z 20261123T070000Z 1\n");
    scheduler_close();
}

/* X6. */
TEST(a_run_that_is_asked_for_twice_is_one_and_again_makes_its_next_revision) {
    scheduler_open("2026-11-22T12:00:00Z");
    define("\"schedule\":\"0 6 * * *\"");
    given("extract-run-requested", "{\"nominal\":1795413600000}");
    CHECK_TEXT(buf_text(&said), "20261123T060000Z 20261122T060000Z 1\n");
    given("extract-run-requested", "{\"nominal\":1795413600000}");
    CHECK_TEXT(buf_text(&said), "extract-run-known \n");
    CHECK_TEXT(at("2026-11-23T06:00:00Z"), "");
    given("extract-run-requested", "{\"nominal\":1795413600000,\"again\":1}");
    CHECK_TEXT(buf_text(&said), "20261123T060000Z 20261122T060000Z 2\n");
    CHECK_TEXT(at("2026-11-24T06:00:00Z"), "20261124T060000Z 20261123T060000Z 1\n");
    scheduler_close();
}

TEST(a_backfill_makes_what_was_not_made_and_moves_nothing) {
    scheduler_open("2026-11-22T12:00:00Z");
    define("\"schedule\":\"0 6 * * *\"");
    given("extract-run-requested", "{\"nominal\":1795240800000}");
    CHECK_TEXT(buf_text(&said), "20261121T060000Z 20261120T060000Z 1\n");
    given("extract-backfill-requested", "{\"from\":1795132800000,\"to\":1795348800000}");
    CHECK_TEXT(buf_text(&said), "20261120T060000Z 20261119T060000Z 1\nextract-run-known \n"
                                "20261122T060000Z 20261121T060000Z 1\n");
    CHECK_TEXT(at("2026-11-23T06:00:00Z"), "20261123T060000Z 20261122T060000Z 1\n");
    scheduler_close();
}

TEST(a_paused_extract_waits_and_then_catches_up_and_a_dropped_one_begins_anew) {
    scheduler_open("2026-11-22T12:00:00Z");
    define("\"schedule\":\"0 6 * * *\",\"catch_up\":\"latest\"");
    given("extract-pause-requested", "{\"extract\":\"x\"}");
    CHECK_TEXT(at("2026-11-24T12:00:00Z"), "");
    given("extract-resume-requested", "{\"extract\":\"x\"}");
    CHECK_TEXT(at("2026-11-24T12:00:01Z"),
               "20261124T060000Z 20261122T060000Z 1\nextract-missed 1\n");
    given("extract-drop-requested", "{\"extract\":\"x\"}");
    CHECK_TEXT(at("2026-11-26T12:00:00Z"), "");
    define("\"schedule\":\"0 6 * * *\"");
    CHECK_TEXT(at("2026-11-27T06:00:00Z"), "20261127T060000Z 20261126T060000Z 1\n");
    scheduler_close();
}

TEST(another_schedule_begins_where_the_last_interval_ended_and_the_same_changes_nothing) {
    scheduler_open("2026-11-22T12:00:00Z");
    define("\"schedule\":\"0 6 * * *\"");
    CHECK_TEXT(at("2026-11-23T06:00:00Z"), "20261123T060000Z 20261122T060000Z 1\n");
    define("\"schedule\":\"0 6 * * *\",\"partner\":\"acme\"");
    define("\"schedule\":\"0 8 * * *\"");
    CHECK_TEXT(at("2026-11-23T08:00:00Z"), "20261123T080000Z 20261123T060000Z 1\n");
    scheduler_close();
}

static const char *another_while_overdue(const char *members) {
    scheduler_open("2026-11-19T12:00:00Z");
    define("\"schedule\":\"0 6 * * *\"");
    CHECK_TEXT(at("2026-11-20T06:00:00Z"), "20261120T060000Z 20261119T060000Z 1\n");
    CHECK(moment_read("2026-11-22T12:00:00Z", &now_ms));
    define(members);
    return at("2026-11-22T12:00:00Z");
}

TEST(another_schedule_while_runs_are_overdue_catches_up_with_them_first) {
    CHECK_TEXT(another_while_overdue("\"schedule\":\"0 8 * * *\""),
               "20261121T060000Z 20261120T060000Z 1\n"
               "20261121T080000Z 20261121T060000Z 1\n"
               "20261122T080000Z 20261121T080000Z 1\n");
    CHECK_TEXT(at("2026-11-23T08:00:00Z"), "20261123T080000Z 20261122T080000Z 1\n");
    scheduler_close();
}

TEST(another_schedule_while_runs_are_overdue_tells_what_its_policy_leaves_out) {
    CHECK_TEXT(another_while_overdue("\"schedule\":\"0 8 * * *\",\"catch_up\":\"none\""),
               "extract-missed 3\n");
    scheduler_close();
}

TEST(more_than_a_step_can_hold_is_scheduled_in_several_and_none_is_left_out) {
    scheduler_open("2026-11-22T12:00:00Z");
    define("\"schedule\":\"@every 1m\"");
    const char *runs = at("2026-11-23T12:00:00Z");
    int count = 0;
    for (const char *c = runs; *c; c++)
        count += *c == '\n';
    CHECK_INT(count, 1440);
    scheduler_close();
}

/* ---- for ever is too long */

static int runs_of_store(void) {
    sqlite3 *db;
    sqlite3_stmt *count;
    const char *file = strchr(options.store_url, ':') + 1;
    char *path = text_format("%s/extracts.extract-scheduler.1.0.db", file);
    CHECK_INT(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_prepare_v2(db, "SELECT count(*) FROM run", -1, &count, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_step(count), SQLITE_ROW);
    int found = sqlite3_column_int(count, 0);
    (void)sqlite3_finalize(count);
    (void)sqlite3_close(db);
    free(path);
    return found;
}

TEST(what_was_scheduled_is_known_for_four_hundred_days_and_no_longer_with_or_without_commands) {
    scheduler_open("2026-11-22T12:00:00Z");
    define("\"schedule\":\"@every 2400h\""); /* a hundred days */
    const char *first = at("2027-03-02T12:00:00Z");
    char again[80];
    int64_t nominal_ms;
    (void)moment_read("2026-11-22T12:00:00Z", &nominal_ms);
    CHECK(strlen(first) > 16);
    for (int i = 0; i < 9; i++) {
        now_ms += (int64_t)100 * 86400000;
        buf_clear(&said);
        while (fire())
            clock_answer();
    }
    CHECK_INT(runs_of_store(), 4); /* ten were put */
    (void)snprintf(again, sizeof(again), "{\"nominal\":%" PRId64 "}",
                   now_ms - (int64_t)200 * 86400000);
    given("extract-run-requested", again);
    scheduler_close();
}

TEST(business_days_leave_out_weekends_and_holidays_and_intervals_hang_together) {
    scheduler_open("2026-12-21T12:00:00Z"); /* a Monday */
    define("\"schedule\":\"0 6 * * *\",\"zone\":\"Europe/Prague\",\"days\":\"business\","
           "\"holidays\":\"2026-12-24, 2026-12-25 2027-01-01\"");
    CHECK_TEXT(at("2027-01-05T12:00:00Z"), "20261222T050000Z 20261221T050000Z 1\n"
                                           "20261223T050000Z 20261222T050000Z 1\n"
                                           "20261228T050000Z 20261223T050000Z 1\n"
                                           "20261229T050000Z 20261228T050000Z 1\n"
                                           "20261230T050000Z 20261229T050000Z 1\n"
                                           "20261231T050000Z 20261230T050000Z 1\n"
                                           "20270104T050000Z 20261231T050000Z 1\n"
                                           "20270105T050000Z 20270104T050000Z 1\n");
    scheduler_close();
}

TEST(the_last_business_day_of_a_month_is_before_its_weekend_and_its_holidays) {
    scheduler_open("2026-10-01T12:00:00Z");
    define("\"schedule\":\"0 18 * * *\",\"days\":\"last_business\",\"holidays\":\"2026-12-31\"");
    CHECK_TEXT(at("2027-02-27T12:00:00Z"), "20261030T180000Z 20260930T180000Z 1\n"
                                           "20261130T180000Z 20261030T180000Z 1\n"
                                           "20261230T180000Z 20261130T180000Z 1\n"
                                           "20270129T180000Z 20261230T180000Z 1\n"
                                           "20270226T180000Z 20270129T180000Z 1\n");
    scheduler_close();
}
