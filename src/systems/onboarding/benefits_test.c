/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "onboarding_fixture.h"

static struct office o;
/* What the connector tells of the file that it wrote. */
static const char written[] =
    "{\"sha256\":\"0eb6e0354782afba2e9c5708c3dacd1b4b2a36125547a363f6eaf85de2ed449b\"}";

static void open_benefits(void) {
    office_open(&o, "benefits-enrollment", benefits_handlers);
}

/* The file that leaves has this in it. */
static void file_leaves(const char *part, const char *outcome) {
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 100), 1);
    effect_ends(&o, (struct ending){ "batch", part, outcome, written });
}

static void open_added(void) {
    open_benefits();
    happened(&o, "employee-hired", 1, "2026-12-01");
    file_leaves("INS*Y*18*021*28*A***FT~", "done");
}

TEST(a_hire_is_an_addition_and_its_file_is_told_to_who_delivers_it) {
    open_added();
    check_says(&o,
               "benefits-step-finished E1 {\"employee\":\"E1\",\"version\":1,\"step\":\"benefits\","
               "\"outcome\":\"done\",\"plan\":\"STANDARD\",\"coverage_start\":\"2027-01-01\"}\n");
    check_says(
        &o,
        "file-ready 834-000001000.edi {\"path\":\"onboarding/834-000001000.edi\",\"sha256\":\"");
    check_says(&o, "\"partner\":\"CARRIER\",\"key\":\"834-000001000.edi\"}");
    happened(&o, "employee-hired", 1, "2026-12-01");
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 1000), 0);
    office_close(&o);
}

TEST(taken_back_before_its_file_has_left_it_leaves_no_trace) {
    open_benefits();
    happened(&o, "employee-hired", 1, "2026-12-01");
    happened(&o, "hire-rescinded", 2, "2026-12-01");
    check_says(&o, "\"version\":2,\"step\":\"benefits\",\"outcome\":\"undone\"");
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 100), 1);
    CHECK_INT((long long)effects_waiting(&o), 0);
    office_close(&o);
}

TEST(taken_back_while_its_file_is_on_its_way_it_is_ended_by_the_next_one) {
    open_benefits();
    happened(&o, "employee-hired", 1, "2026-12-01");
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 100), 1);
    happened(&o, "hire-rescinded", 2, "2026-12-01");
    effect_ends(&o, (struct ending){ "batch", "*021*", "done", written });
    CHECK(!strstr(buf_text(&o.said), "step-finished"));
    file_leaves("INS*Y*18*024*08*", "done");
    check_says(&o, "\"version\":2,\"step\":\"benefits\",\"outcome\":\"undone\"");
    office_close(&o);
}

TEST(a_moved_start_is_a_change_with_the_new_day) {
    open_added();
    happened(&o, "start-date-moved", 2, "2027-02-01");
    file_leaves("DTP*348*D8*20270401~", "done");
    check_says(&o, "\"coverage_start\":\"2027-04-01\"");
    office_close(&o);
}

TEST(a_change_before_the_addition_has_left_is_the_addition) {
    open_benefits();
    happened(&o, "employee-hired", 1, "2026-12-01");
    happened(&o, "start-date-moved", 2, "2027-02-01");
    file_leaves("INS*Y*18*021*28*", "done");
    check_says(&o, "\"version\":2");
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 1000), 0);
    office_close(&o);
}

TEST(rescinded_and_rehired_before_the_end_has_left_is_a_change) {
    open_added();
    happened(&o, "hire-rescinded", 2, "2026-12-01");
    happened(&o, "employee-rehired", 3, "2027-02-01");
    file_leaves("INS*Y*18*001*AI*", "done");
    check_says(&o, "\"version\":3,\"step\":\"benefits\",\"outcome\":\"done\"");
    office_close(&o);
}

TEST(rehired_after_the_end_is_an_addition_with_a_new_start) {
    open_added();
    happened(&o, "employee-terminated", 2, "2026-12-01");
    file_leaves("*024*", "done");
    happened(&o, "employee-rehired", 3, "2028-12-01");
    file_leaves("*021*", "done");
    check_says(&o, "\"coverage_start\":\"2029-01-01\"");
    happened(&o, "hire-rescinded", 4, "2028-12-01");
    file_leaves("*024*", "done");
    check_says(&o, "\"outcome\":\"undone\"");
    office_close(&o);
}

TEST(a_file_that_cannot_be_written_is_told_and_written_later_with_the_same_people) {
    open_benefits();
    happened(&o, "employee-hired", 1, "2026-12-01");
    file_leaves("834-000001000.edi", "refused");
    check_says(&o, "\"outcome\":\"failed\"");
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 60100), 1);
    effect_ends(&o, (struct ending){ "batch", "834-000002000.edi", "done", written });
    check_says(&o, "\"outcome\":\"done\"");
    office_close(&o);
}

/* Names as sealed texts of so many bytes. */
static void hired_as(const char *employee, const char *type, int bytes) {
    char name[5000], json[12000];
    (void)snprintf(name, sizeof(name), "{sealed:1:given:%0*d}", bytes - 17, 0);
    (void)snprintf(json, sizeof(json),
                   "{\"employee\":\"%s\",\"given\":\"%s\",\"family\":\"%s\","
                   "\"start\":\"2026-12-01\",\"class\":\"full-time\",\"zone\":\"UTC\","
                   "\"hours\":40,\"version\":%d}",
                   employee, name, name, strcmp(type, "hire-rescinded") == 0 ? 2 : 1);
    office_take(&o, (struct told_event){ type, employee, json });
}

TEST(names_as_long_as_they_may_be_are_filed_and_who_cannot_be_written_has_failed_alone) {
    open_benefits();
    hired_as("E1", "employee-hired", 1150);
    hired_as("E2", "employee-hired", 4000);
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 100), 1);
    check_says(&o, "benefits-step-finished E2 {\"employee\":\"E2\",\"version\":1,\"step\":"
                   "\"benefits\",\"outcome\":\"failed\",\"reason\":\"what it says");
    effect_ends(&o, (struct ending){ "batch", "REF*0F*E1~", "done", written });
    check_says(&o, "\"employee\":\"E1\",\"version\":1,\"step\":\"benefits\",\"outcome\":\"done\"");
    CHECK(!strstr(buf_text(&o.said), "\"employee\":\"E2\""));
    hired_as("E2", "hire-rescinded", 4000); /* the carrier has never heard of it */
    check_says(&o,
               "\"employee\":\"E2\",\"version\":2,\"step\":\"benefits\",\"outcome\":\"undone\"");
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 1000), 0);
    office_close(&o);
}

TEST(who_works_too_few_hours_is_not_insured_and_that_is_done) {
    open_benefits();
    office_take(
        &o, (struct told_event){
                "employee-hired", "E1",
                "{\"employee\":\"E1\",\"given\":\"A\",\"family\":\"B\",\"start\":\"2026-12-01\","
                "\"class\":\"full-time\",\"zone\":\"UTC\",\"hours\":19,\"version\":1}" });
    check_says(&o, "\"outcome\":\"done\",\"reason\":\"not eligible: too few hours a week\"");
    CHECK_INT((long long)effects_waiting(&o), 0);
    office_close(&o);
}

static void elected(int version, const char *plan) {
    char json[400];
    (void)snprintf(json, sizeof(json),
                   "{\"employee\":\"E1\",\"given\":\"Anna\",\"family\":\"Novak\",\"birth\":"
                   "\"1990-02-28\",\"start\":\"2026-12-01\",\"class\":\"full-time\",\"zone\":"
                   "\"UTC\",\"hours\":40,\"plan\":\"%s\",\"version\":%d}",
                   plan, version);
    office_take(&o, (struct told_event){ "benefits-elected", "E1", json });
}

TEST(an_election_is_a_change_and_a_plan_that_there_is_not_changes_nothing) {
    open_added();
    elected(2, "PLUS");
    file_leaves("HD*001**HLT*PLUS*EMP~DTP*348*D8*20270101~", "done");
    check_says(&o, "\"version\":2,\"step\":\"benefits\",\"outcome\":\"done\",\"plan\":\"PLUS\"");
    elected(3, "MINUS");
    check_says(&o, "\"version\":3,\"step\":\"benefits\",\"outcome\":\"failed\",\"reason\":"
                   "\"there is no such plan\"");
    elected(4, "PLUS");
    check_says(&o, "\"version\":4,\"step\":\"benefits\",\"outcome\":\"done\"");
    CHECK_INT((long long)timers_fire(&o, o.now_ms + 1000), 0);
    office_close(&o);
}
