/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "onboarding_fixture.h"

#include "hire.h"

static struct office o;

#define ANNA "\"given\":\"Anna\",\"family\":\"Novak\",\"start\":\"2026-12-01\""

static void ask(const char *key, const char *verb, const char *fields) {
    char type[40], json[700];
    (void)snprintf(type, sizeof(type), "%s-asked", verb);
    (void)snprintf(json, sizeof(json), "{\"employee\":\"E1\"%s%s}", fields[0] ? "," : "", fields);
    office_take(&o, (struct told_event){ type, key, json });
}

static void finished(const char *step, const char *outcome, int version) {
    char type[64], json[300];
    (void)snprintf(type, sizeof(type), "%s-step-finished", step);
    (void)snprintf(json, sizeof(json),
                   "{\"employee\":\"E1\",\"version\":%d,\"step\":\"%s\",\"outcome\":\"%s\"}",
                   version, step, outcome);
    office_take(&o, (struct told_event){ type, "E1", json });
}

static void all_finished(const char *outcome, int version) {
    for (size_t i = 0; i < HIRE_STEPS; i++)
        finished(hire_steps[i], outcome, version);
}

static void check_state(const char *state) {
    char wanted[64];
    ask("look", "employee", "");
    (void)snprintf(wanted, sizeof(wanted), "\"state\":\"%s\"", state);
    check_says(&o, wanted);
}

static void open_hired(void) {
    office_open(&o, "hr-onboarding", hire_handlers);
    ask("k1", "hire", ANNA);
    check_says(
        &o, "employee-hired E1 {\"employee\":\"E1\",\"given\":\"Anna\",\"family\":\"Novak\","
            "\"birth\":\"\",\"start\":\"2026-12-01\",\"department\":\"\",\"title\":\"\","
            "\"class\":\"full-time\",\"zone\":\"UTC\",\"plan\":\"\",\"hours\":40,\"version\":1}\n");
    check_says(&o, "= k1 {\"status\":202,\"employee\":\"E1\",\"version\":1}\n");
}

TEST(a_hire_is_told_once_and_answered_the_same_however_often_it_is_asked_for) {
    open_hired();
    ask("k1", "hire", ANNA);
    CHECK_TEXT(buf_text(&o.said), "= k1 {\"status\":202,\"employee\":\"E1\",\"version\":1}\n");
    ask("k1", "hire", ANNA ",\"hours\":20");
    check_says(&o, "\"status\":422");
    ask("k2", "hire", ANNA);
    check_says(&o, "\"status\":409,\"title\":\"this employee is known: amend, or rehire\"");
    office_close(&o);
}

TEST(it_is_onboarded_when_all_three_have_answered_its_version) {
    open_hired();
    finished("account", "done", 1);
    finished("benefits", "done", 1);
    finished("check", "done", 0);
    check_state("in-progress");
    finished("check", "done", 1);
    check_state("onboarded");
    ask("k2", "amend", "\"title\":\"Engineer\"");
    check_says(&o, "employee-amended E1");
    check_says(&o, "\"title\":\"Engineer\"");
    all_finished("done", 1);
    check_state("in-progress");
    all_finished("done", 2);
    check_state("onboarded");
    office_close(&o);
}

TEST(a_rescission_ends_when_all_three_are_undone_and_not_before) {
    open_hired();
    ask("k2", "rescind", "\"reason\":\"went elsewhere\"");
    check_says(&o, "hire-rescinded E1");
    check_says(&o, "\"reason\":\"went elsewhere\"");
    all_finished("done", 1); /* on their way when it was taken back */
    check_state("rescinding");
    finished("account", "undone", 2);
    finished("check", "undone", 2);
    check_state("rescinding");
    finished("benefits", "undone", 2);
    check_state("rescinded");
    ask("k3", "amend", "\"hours\":20");
    check_says(&o, "\"status\":409,\"title\":\"this employee is not hired\"");
    office_close(&o);
}

TEST(rescinded_and_rehired_the_same_day_the_newest_wins) {
    open_hired();
    ask("k2", "rescind", "");
    ask("k3", "rehire", "\"start\":\"2027-01-04\"");
    check_says(&o, "employee-rehired E1");
    all_finished("undone", 2);
    check_state("in-progress");
    all_finished("done", 3);
    check_state("onboarded");
    office_close(&o);
}

TEST(a_check_that_is_not_clear_any_more_opens_a_hire_that_was_done) {
    open_hired();
    all_finished("done", 1);
    check_state("onboarded");
    finished("check", "adverse", 1);
    check_state("review");
    ask("k2", "skip", "\"step\":\"check\",\"reason\":\"cleared by the board\"");
    check_state("onboarded");
    finished("check", "adverse", 1); /* the vendor says it again; a person has decided */
    check_state("onboarded");
    office_close(&o);
}

static void check_wants_names(const char *key) {
    ask(key, "rehire", "\"start\":\"2027-01-04\"");
    check_says(&o, "\"status\":400,\"title\":\"given is a name");
    CHECK(!strstr(buf_text(&o.said), "employee-rehired"));
}

TEST(a_row_from_before_sealing_is_erased_of_its_texts_and_a_sealed_one_stays_tokens) {
    open_hired();
    ask("k2", "amend", "\"birth\":\"1990-02-28\",\"family\":\"{sealed:1:family:AAAA}\"");
    office_take(&o, (struct told_event){ "account-step-finished", "E1",
                                         "{\"employee\":\"E1\",\"version\":2,\"step\":\"account\","
                                         "\"outcome\":\"done\",\"login\":\"anovak\"}" });
    ask("k3", "rescind", "");
    all_finished("undone", 3);
    office_take(&o, (struct told_event){ "erase-requested", "E1", "{\"employee\":\"E1\"}" });
    check_says(&o, "personal-data-erased E1 {\"employee\":\"E1\",\"given\":\"erased\","
                   "\"family\":\"{sealed:1:family:AAAA}\",\"birth\":\"\"");
    ask("look", "employee", "");
    check_says(&o, "\"login\":\"\"");
    office_close(&o);
}

TEST(who_is_gone_is_erased_and_comes_back_with_a_name_or_not_at_all) {
    open_hired();
    office_take(&o, (struct told_event){ "erase-requested", "E1", "{\"employee\":\"E1\"}" });
    check_silent(&o); /* who is hired is not */
    ask("k2", "rescind", "");
    office_take(&o, (struct told_event){ "erase-requested", "E1", "{\"employee\":\"E1\"}" });
    check_silent(&o); /* not before it is undone */
    all_finished("undone", 2);
    check_state("rescinded");
    office_take(&o, (struct told_event){ "erase-requested", "E1", "{\"employee\":\"E1\"}" });
    check_says(&o, "personal-data-erased E1");
    check_says(&o, "\"version\":3");
    check_state("erasing");
    check_wants_names("k31");
    finished("account", "failed", 3);
    check_state("failed");
    check_wants_names("k32");
    finished("account", "undone", 3);
    all_finished("undone", 3);
    check_state("erased");
    ask("k3", "rehire", "\"start\":\"2027-01-04\"");
    check_says(&o, "\"status\":400,\"title\":\"given is a name");
    ask("k4", "rehire", "\"given\":\"Eva\",\"family\":\"Mala\",\"start\":\"2027-01-04\"");
    check_says(&o, "employee-rehired E1");
    check_says(&o, "\"birth\":\"\"");
    office_close(&o);
}

TEST(rehired_after_two_years_login_and_number_are_kept_and_all_three_are_asked_anew) {
    open_hired();
    office_take(&o, (struct told_event){ "account-step-finished", "E1",
                                         "{\"employee\":\"E1\",\"version\":1,\"step\":\"account\","
                                         "\"outcome\":\"done\",\"login\":\"anovak\","
                                         "\"uid_number\":10007}" });
    finished("benefits", "done", 1);
    finished("check", "done", 1);
    o.now_ms += 10 * 86400000LL; /* the first day is over */
    ask("k2", "terminate", "");
    all_finished("undone", 2);
    check_state("terminated");
    o.now_ms += 731 * 86400000LL;
    ask("k3", "rehire", "\"start\":\"2029-01-08\"");
    check_says(&o, "employee-rehired E1");
    check_says(&o, "\"start\":\"2029-01-08\"");
    check_says(&o, "\"version\":3");
    check_state("in-progress");
    all_finished("done", 3);
    check_state("onboarded");
    ask("look", "employee", "");
    check_says(&o, "\"login\":\"anovak\"");
    check_says(&o, "\"start\":\"2029-01-08\"");
    office_close(&o);
}

TEST(a_record_that_is_sealed_is_taken_as_it_is) {
    office_open(&o, "hr-onboarding", hire_handlers);
    ask("k1", "hire",
        "\"given\":\"{sealed:1:given:AAAA}\",\"family\":\"{sealed:1:family:AAAA}\","
        "\"birth\":\"{sealed:1:birth:AAAA}\",\"start\":\"2026-12-01\"");
    check_says(&o, "\"birth\":\"{sealed:1:birth:AAAA}\"");
    ask("k2", "amend", "\"birth\":\"{sealed:1:birth:AAAA\"");
    check_says(&o, "\"status\":400,\"title\":\"birth is a day");
    office_close(&o);
}

TEST(who_failed_is_told_again_and_who_cannot_is_skipped_with_a_reason) {
    open_hired();
    finished("benefits", "done", 1);
    finished("check", "done", 1);
    finished("account", "failed", 1);
    check_state("failed");
    ask("k2", "retry", "");
    check_says(&o, "employee-hired E1");
    check_says(&o, "\"version\":2");
    check_state("in-progress");
    finished("benefits", "done", 2);
    finished("check", "done", 2);
    ask("k3", "skip", "\"step\":\"lunch\"");
    check_says(&o, "\"status\":400,\"title\":\"step is account, benefits or check\"");
    ask("k4", "skip", "\"step\":\"account\",\"reason\":\"has one\"");
    check_state("onboarded");
    office_close(&o);
}

TEST(a_retry_says_why_and_without_a_reason_the_one_of_the_rescission_stands) {
    open_hired();
    ask("k1b", "rescind", "\"reason\":\"went elsewhere\"");
    finished("account", "failed", 2);
    ask("k2", "retry", "");
    check_says(&o, "\"version\":3,\"reason\":\"went elsewhere\"");
    finished("account", "failed", 3);
    ask("k3", "retry", "\"reason\":\"the directory is mended\"");
    check_says(&o, "\"version\":4,\"reason\":\"the directory is mended\"");
    check_says(&o, "hire-rescinded E1");
    office_close(&o);
}

TEST(what_has_begun_is_terminated_and_not_rescinded) {
    office_open(&o, "hr-onboarding", hire_handlers);
    ask("k1", "hire", "\"given\":\"A\",\"family\":\"B\",\"start\":\"2026-11-23\"");
    ask("k2", "rescind", "");
    check_says(&o, "\"status\":409,\"title\":\"the first day has begun: terminate instead\"");
    ask("k3", "terminate", "");
    check_says(&o, "employee-terminated E1");
    all_finished("undone", 2);
    check_state("terminated");
    office_close(&o);
}

TEST(a_record_that_cannot_be_is_refused_in_words_and_changes_nothing) {
    static const char *const wrong[][2] = {
        { "\"given\":\"A\",\"family\":\"B\",\"start\":\"2026-02-29\"", "start is a day" },
        { "\"given\":\"A\",\"family\":\"B\",\"start\":\"tomorrow\"", "start is a day" },
        { "\"given\":\"\",\"family\":\"B\",\"start\":\"2026-12-01\"", "given is a name" },
        { "\"given\":\"A\",\"start\":\"2026-12-01\"", "family is a name" },
        { ANNA ",\"class\":\"pirate\"", "class is full-time" },
        { ANNA ",\"hours\":101", "hours is 0 to 100" },
        { ANNA ",\"zone\":\"Europe/Brno\"", "zone is not known" },
        { ANNA ",\"birth\":\"1990-13-01\"", "birth is a day" },
        { ANNA ",\"department\":\"a/b\"", "department is" },
    };
    office_open(&o, "hr-onboarding", hire_handlers);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "k%zu", i);
        ask(key, "hire", wrong[i][0]);
        check_says(&o, "\"status\":400");
        check_says(&o, wrong[i][1]);
    }
    ask("look", "employee", "");
    check_says(&o, "\"status\":404");
    office_close(&o);
}

TEST(an_answer_that_is_none_is_parked_and_the_hire_stays) {
    open_hired();
    finished("lunch", "done", 1);
    CHECK_INT(o.taken, TAKEN_PASSED);
    office_take(&o, (struct told_event){ "check-step-finished", "E1",
                                         "{\"employee\":\"E1\",\"step\":\"check\",\"outcome\":"
                                         "\"perhaps\",\"version\":1}" });
    CHECK_INT(o.taken, TAKEN_PARKED);
    office_close(&o);
}

TEST(at_eight_on_the_first_day_a_hire_that_is_not_done_is_late) {
    open_hired();
    CHECK_INT((long long)timers_fire(&o, 1796083199999), 0);
    CHECK_INT((long long)timers_fire(&o, 1796083200000 + 8 * 3600000), 1);
    office_close(&o);
}

TEST(a_plan_is_elected_until_the_last_minute_of_the_window_where_the_person_works) {
    office_open(&o, "hr-onboarding", hire_handlers);
    ask("k1", "hire", ANNA ",\"zone\":\"Pacific/Auckland\"");
    o.now_ms = 1798714800000 - 1; /* the last of 2026-12-31 in Auckland, UTC+13 */
    ask("k2", "elect", "\"plan\":\"PLUS\"");
    check_says(&o, "benefits-elected E1");
    check_says(&o, "\"plan\":\"PLUS\"");
    o.now_ms = 1798714800000;
    ask("k3", "elect", "\"plan\":\"STANDARD\"");
    check_says(&o, "\"status\":409,\"title\":\"the window for elections has closed\"");
    ask("k4", "amend", "\"title\":\"Boss\",\"plan\":\"STANDARD\"");
    check_says(&o, "\"plan\":\"PLUS\"");
    office_close(&o);
}

TEST(an_election_of_nothing_is_refused) {
    open_hired();
    ask("k2", "elect", "\"title\":\"Boss\"");
    check_says(&o, "\"status\":400,\"title\":\"plan is wanted");
    office_close(&o);
}

TEST(a_hire_that_wants_an_approval_is_told_to_nobody_before_it) {
    static char text[40000];
    office_open(&o, "hr-onboarding", hire_handlers);
    office_close(&o);
    const char *shipped = onboarding_system.declaration, *at = strstr(shipped, "approval: none");
    (void)snprintf(text, sizeof(text), "%.*sapproval: needed%s", (int)(at - shipped), shipped,
                   at + strlen("approval: none"));
    office_open_as(&o, (struct office_kind){ text, "hr-onboarding", hire_handlers });
    ask("k1", "hire", ANNA);
    CHECK(!strstr(buf_text(&o.said), "employee-hired"));
    check_state("waiting-approval");
    ask("k2", "amend", "\"title\":\"x\"");
    check_says(&o, "\"status\":409");
    ask("k3", "approve", "");
    check_says(&o, "employee-hired E1");
    ask("k4", "hire", "\"given\":\"A\",\"family\":\"B\",\"start\":\"2026-12-01\"");
    check_says(&o, "\"status\":409");
    office_close(&o);
}
