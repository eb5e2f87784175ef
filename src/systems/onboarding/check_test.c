/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "onboarding_fixture.h"

static struct office o;

#define PENDING "{\"status\":\"pending\"}"
#define CLEAR "{\"status\":\"complete\",\"result\":\"clear\"}"
#define CONSIDER "{\"status\":\"complete\",\"result\":\"consider\"}"

static void webhook(const char *id, const char *reference) {
    char json[200];
    (void)snprintf(json, sizeof(json), "{\"reference\":\"%s\",\"type\":\"report\"}", reference);
    office_take(&o, (struct told_event){ "webhook-asked", id, json });
    check_says(&o, "{\"status\":200}");
}

static void ends(const char *part, const char *told) {
    effect_ends(&o, (struct ending){ "E1", part, "done", told });
}

static void open_ordered(void) {
    office_open(&o, "background-check", check_handlers);
    happened(&o, "employee-hired", 1, "2026-12-01");
    ends("create {\"reference\":\"E1-1\",\"employee\":\"E1\"", PENDING);
    check_silent(&o);
}

TEST(a_webhook_is_a_hint_and_what_is_read_counts) {
    open_ordered();
    webhook("m1", "E1-1");
    CHECK_INT((long long)effects_waiting(&o), 0);
    CHECK_INT((long long)timers_fire(&o, o.now_ms), 1);
    ends("read {\"reference\":\"E1-1\"}", CLEAR);
    CHECK_TEXT(buf_text(&o.said),
               "check-step-finished E1 {\"employee\":\"E1\",\"version\":1,\"step\":\"check\","
               "\"outcome\":\"done\",\"reference\":\"E1-1\"}\n");
    webhook("m1", "E1-1"); /* again: known by its id */
    CHECK_INT((long long)timers_fire(&o, o.now_ms), 0);
    office_close(&o);
}

TEST(a_hire_that_comes_again_is_one_order) {
    open_ordered();
    for (int i = 0; i < 5; i++)
        happened(&o, "employee-hired", 1, "2026-12-01");
    CHECK_INT((long long)effects_waiting(&o), 0);
    office_close(&o);
}

TEST(a_webhook_before_our_row_knows_of_the_order_is_looked_at_later) {
    office_open(&o, "background-check", check_handlers);
    webhook("m0", "E1-1");
    happened(&o, "employee-hired", 1, "2026-12-01");
    webhook("m1", "E1-1");
    ends("create", PENDING);
    CHECK_INT((long long)timers_fire(&o, o.now_ms), 1);
    ends("read", CLEAR);
    check_says(&o, "\"outcome\":\"done\"");
    office_close(&o);
}

TEST(a_webhook_that_never_comes_is_made_up_for_by_the_poll) {
    open_ordered();
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 3599999), 0);
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 1), 1);
    ends("read", PENDING);
    check_silent(&o);
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 3600000), 1);
    effect_ends(&o, (struct ending){ "E1", "read", "refused", NULL }); /* no news is no news */
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 3600000), 1);
    ends("read", CONSIDER);
    check_says(&o, "\"outcome\":\"adverse\"");
    office_close(&o);
}

TEST(a_result_that_changes_after_the_hire_is_told_again_once) {
    open_ordered();
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 3600000), 1);
    ends("read", CLEAR);
    webhook("m2", "E1-1");
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 1), 1);
    ends("read", CONSIDER);
    check_says(&o, "\"outcome\":\"adverse\"");
    webhook("m3", "E1-1");
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 1), 1);
    ends("read", CONSIDER);
    check_silent(&o);
    office_close(&o);
}

TEST(a_hire_taken_back_cancels_its_order_and_one_that_is_complete_is_no_harm) {
    open_ordered();
    happened(&o, "hire-rescinded", 2, "2026-12-01");
    effect_ends_for(&o, (struct ending){ "E1", "delete {\"reference\":\"E1-1\"}", "refused", NULL },
                    "the service answered 409");
    check_says(&o, "\"version\":2,\"step\":\"check\",\"outcome\":\"undone\"");
    webhook("m1", "E1-1");
    CHECK_INT((long long)timers_fire(&o, o.now_ms), 0);
    office_close(&o);
}

TEST(an_order_that_the_vendor_did_not_cancel_stands_and_is_cancelled_again_by_retry) {
    static const char *const ends_as[][2] = { { "refused", "the service answered 401" },
                                              { "unknown", "no answer came" },
                                              { "refused", "" } };
    int version = 2;
    open_ordered();
    for (size_t i = 0; i < 3; i++, version++) {
        char wanted[200];
        happened(&o, "hire-rescinded", version, "2026-12-01");
        effect_ends_for(&o, (struct ending){ "E1", "delete", ends_as[i][0], NULL }, ends_as[i][1]);
        (void)snprintf(wanted, sizeof(wanted),
                       "\"version\":%d,\"step\":\"check\",\"outcome\":\"failed\"", version);
        check_says(&o, wanted);
        check_says(&o, ends_as[i][1]);
    }
    happened(&o, "hire-rescinded", version, "2026-12-01");
    ends("delete {\"reference\":\"E1-1\"}", "{\"status\":\"canceled\"}");
    check_says(&o, "\"version\":5,\"step\":\"check\",\"outcome\":\"undone\"");
    CHECK(!strstr(buf_text(&o.said), "reason"));
    office_close(&o);
}

TEST(taken_back_while_the_order_is_being_made_it_is_cancelled_behind_it) {
    office_open(&o, "background-check", check_handlers);
    happened(&o, "employee-hired", 1, "2026-12-01");
    happened(&o, "hire-rescinded", 2, "2026-12-01");
    ends("create", PENDING);
    check_silent(&o);
    ends("delete", "{\"status\":\"canceled\"}");
    check_says(&o, "\"outcome\":\"undone\"");
    office_close(&o);
}

TEST(who_comes_back_is_checked_anew_under_another_reference) {
    open_ordered();
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 3600000), 1);
    ends("read", CLEAR);
    happened(&o, "employee-terminated", 2, "2026-12-01");
    check_says(&o, "\"outcome\":\"undone\"");
    happened(&o, "employee-rehired", 3, "2028-12-01");
    ends("create {\"reference\":\"E1-2\"", PENDING);
    webhook("m9", "E1-1"); /* of the old order */
    CHECK_INT((long long)timers_fire(&o, o.now_ms), 0);
    office_close(&o);
}

TEST(an_order_that_the_vendor_cancels_is_told_and_ordered_again_by_the_next_version) {
    open_ordered();
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 3600000), 1);
    ends("read", "{\"status\":\"canceled\"}");
    check_says(&o, "\"outcome\":\"failed\",\"reason\":\"the vendor cancelled the order\"");
    happened(&o, "employee-hired", 2, "2026-12-01");
    ends("create {\"reference\":\"E1-2\"", PENDING);
    office_close(&o);
}

TEST(a_webhook_of_an_order_that_is_not_ours_is_noted_and_forgotten) {
    office_open(&o, "background-check", check_handlers);
    webhook("m1", "X9-1");
    CHECK_INT((long long)effects_waiting(&o), 0);
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 30 * 86400000LL), 1);
    office_take(&o, (struct told_event){ "webhook-asked", "m2", "{\"type\":\"report\"}" });
    check_says(&o, "\"status\":400");
    office_close(&o);
}
