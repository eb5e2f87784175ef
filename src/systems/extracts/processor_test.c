/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The processor over its real store: what becomes of a run's row as its effects end one way or the
 * other. Every event that it makes is held against the schema that the declaration names. */
#include "extracts.h"

#include "base/test.h"
#include "declaration/declaration.h"
#include "runtime/promised_fixture.h"
#include "runtime/task.h"
#include "runtime/task_effects.h"
#include "sqlite/sqlite_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXTRACTION, DELIVERY };

#define RUN "x@20261123T060000Z.1"
#define SHA "0123456789012345678901234567890123456789012345678901234567890123"
#define SCHEDULED(partner)                                                                         \
    "{\"run\":\"" RUN "\",\"extract\":\"x\",\"from\":1,\"until\":2,\"partner\":\"" partner "\","   \
    "\"name\":\"x.csv\",\"done\":\"\",\"definition\":\"{}\"}"
#define SCHEDULED_LATE                                                                             \
    "{\"run\":\"" RUN                                                                              \
    "\",\"extract\":\"x\",\"from\":1,\"until\":2,\"nominal\":2,\"late\":\"30m\","                  \
    "\"cause\":\"schedule\",\"partner\":\"acme\",\"name\":\"x.csv\",\"done\":\"\","                \
    "\"definition\":\"{}\"}"
#define MADE "{\"rows\":3,\"bytes\":40,\"sha256\":\"" SHA "\",\"path\":\"x/x.csv\"}"

static struct task *task;
static struct declaration *declaration;
static struct schemas *schemas;
static struct task_options options;
static struct buf said; /* of the last group: "TYPE rows=N reason=WHY\n" */
static enum taken taken;
static int64_t offset;

static int32_t one_partition(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 1;
}

static void processor_open(void) {
    CHECK_OK(
        declaration_read(&declaration, "octavo.yaml", bytes_text(extracts_system.declaration)));
    schemas = promised_open(declaration, "src/systems/extracts");
    options = (struct task_options){
        .system = "extracts",
        .service = declaration_service(declaration, "extract-processor"),
        .declaration = declaration,
        .handlers = extract_processor_handlers,
        .store_kind = &sqlite_store_kind,
        .store_url = text_format("sqlite:%s", test_dir()),
        .journal_inputs = true,
        .partitions_of = one_partition,
    };
    CHECK_OK(task_open(&task, &options));
}

static void processor_close(void) {
    task_close(task);
    schemas_close(schemas);
    declaration_destroy(declaration);
    buf_finish(&said);
    free((void *)(uintptr_t)options.store_url);
}

static void commit(void) {
    struct committed done;
    CHECK_OK(task_commit(task, 1, &done));
    buf_clear(&said);
    struct cursor in = cursor_on(done.outbox);
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        promised_check(schemas, &e);
        buf_print(&said, "%.*s\n", (int)e.type.len, (const char *)e.type.data);
    }
    if (done.outbox_id)
        task_outbox_acked(task, done.outbox_id);
}

static void given(const char *topic, const char *type, const char *json) {
    char id[32];
    (void)snprintf(id, sizeof(id), "in-%" PRId64, offset);
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text(type),
        .id = bytes_text(id),
        .key = bytes_text(RUN),
        .json = bytes_text(json),
        .time_ms = 1795348800000,
        .topic = bytes_text(topic),
        .offset = offset,
    };
    offset++;
    task_begin(task);
    CHECK_OK(task_take(task, &in, &taken));
    commit();
}

static void scheduled(const char *json) {
    given("extract-scheduled", "extract-scheduled", json);
}

/* What the edge is asked next; NULL: nothing. */
static struct pending *asked(size_t edge) {
    return schedule_head(task_schedule(task), edge, bytes_text(RUN));
}

static void ends(size_t edge, const char *outcome, const char *told) {
    struct pending *p = asked(edge);
    CHECK(p != NULL);
    struct outcome o = { .outcome = outcome,
                         .reason = strcmp(outcome, "done") == 0 ? "" : "the disk is full",
                         .at_ms = 1795348801000,
                         .told = bytes_text(told) };
    task_begin(task);
    CHECK_OK(task_effect_settle(task, p, &o));
    commit();
}

TEST(a_run_is_produced_then_delivered_and_nothing_is_asked_twice) {
    processor_open();
    scheduled(SCHEDULED("acme"));
    CHECK_TEXT(buf_text(&said), "");
    CHECK(asked(EXTRACTION) && !asked(DELIVERY));
    scheduled(SCHEDULED("acme"));
    ends(EXTRACTION, "done", MADE);
    CHECK_TEXT(buf_text(&said), "extract-produced\n");
    CHECK(!asked(EXTRACTION) && asked(DELIVERY));
    ends(DELIVERY, "done", "{}");
    CHECK_TEXT(buf_text(&said), "extract-delivered\n");
    scheduled(SCHEDULED("acme"));
    CHECK(!asked(EXTRACTION) && !asked(DELIVERY));
    processor_close();
}

TEST(a_run_without_a_partner_ends_when_it_is_produced) {
    processor_open();
    scheduled(SCHEDULED(""));
    ends(EXTRACTION, "done", MADE);
    CHECK_TEXT(buf_text(&said), "extract-produced\n");
    CHECK(!asked(DELIVERY));
    processor_close();
}

TEST(a_run_that_failed_is_tried_again_where_it_failed) {
    processor_open();
    scheduled(SCHEDULED("acme"));
    ends(EXTRACTION, "refused", "{}");
    CHECK_TEXT(buf_text(&said), "extract-failed\n");
    given("extract-scheduled", "extract-retry-requested", "{\"run\":\"" RUN "\"}");
    ends(EXTRACTION, "done", MADE);
    ends(DELIVERY, "late", "{}");
    CHECK_TEXT(buf_text(&said), "extract-failed\n");
    given("extract-scheduled", "extract-retry-requested", "{\"run\":\"" RUN "\"}");
    CHECK(!asked(EXTRACTION));
    ends(DELIVERY, "done", "{}");
    CHECK_TEXT(buf_text(&said), "extract-delivered\n");
    given("extract-scheduled", "extract-retry-requested", "{\"run\":\"" RUN "\"}");
    CHECK(!asked(EXTRACTION) && !asked(DELIVERY));
    given("extract-scheduled", "extract-resend-requested", "{\"run\":\"" RUN "\"}");
    CHECK(asked(DELIVERY) != NULL);
    processor_close();
}

TEST(a_file_of_another_system_is_delivered_the_same_way) {
    processor_open();
    given("file-ready", "file-ready",
          "{\"path\":\"out/a/b.txt\",\"sha256\":\"" SHA "\",\"partner\":\"acme\",\"key\":\"" RUN
          "\"}");
    CHECK(!asked(EXTRACTION));
    ends(DELIVERY, "done", "{}");
    CHECK_TEXT(buf_text(&said), "extract-delivered\n");
    processor_close();
}

TEST(what_cannot_be_done_is_parked_and_tells_why) {
    static const char *const paths[] = { "b.txt", "/b.txt", "out/", "" };
    processor_open();
    given("extract-scheduled", "extract-retry-requested", "{\"run\":\"" RUN "\"}");
    CHECK_INT(taken, TAKEN_PARKED);
    CHECK_BYTES(task_parked_reason(task), bytes_text("there is no such run"));
    processor_close();
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        char json[200];
        (void)snprintf(json, sizeof(json), "{\"path\":\"%s\",\"partner\":\"acme\"}", paths[i]);
        processor_open();
        task_begin(task);
        CHECK_OK(task_park_drop(task, bytes_text(RUN), 1));
        commit();
        given("file-ready", "file-ready", json);
        CHECK_INT(taken, TAKEN_PARKED);
        CHECK_BYTES(task_parked_reason(task), bytes_text("its path is not PLACE/FILE"));
        processor_close();
    }
}

TEST(a_run_that_is_not_delivered_in_time_is_told_to_be_late_once_and_one_that_is_is_not) {
    size_t fired;
    processor_open();
    scheduled(SCHEDULED_LATE);
    task_begin(task);
    CHECK_OK(task_take_timers(task, 30 * 60000 + 1, 10, &fired));
    commit();
    CHECK_INT((long long)fired, 0);
    task_begin(task);
    CHECK_OK(task_take_timers(task, 30 * 60000 + 2, 10, &fired));
    commit();
    CHECK_INT((long long)fired, 1);
    CHECK_TEXT(buf_text(&said), "extract-delayed\n");
    processor_close();
}

TEST(a_run_that_was_delivered_in_time_and_is_sent_again_is_not_late) {
    size_t fired;
    processor_open();
    scheduled(SCHEDULED_LATE);
    ends(EXTRACTION, "done", MADE);
    ends(DELIVERY, "done", "{}");
    given("extract-scheduled", "extract-resend-requested", "{\"run\":\"" RUN "\"}");
    CHECK(asked(DELIVERY) != NULL);
    task_begin(task);
    CHECK_OK(task_take_timers(task, 30 * 60000 + 2, 10, &fired));
    commit();
    CHECK_INT((long long)fired, 1);
    CHECK_TEXT(buf_text(&said), "");
    processor_close();
}
