/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "onboarding_fixture.h"

static struct office o;

#define TOLD "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}"
#define DONE_1                                                                                     \
    "account-step-finished E1 "                                                                    \
    "{\"employee\":\"E1\",\"version\":1,\"step\":\"account\",\"outcome\":"                         \
    "\"done\",\"login\":\"anovak\",\"uid_number\":10000}\n"

static void open_accounts(void) {
    office_open(&o, "network-user-creation", account_handlers);
}

TEST(a_hire_that_comes_five_times_and_a_week_later_is_one_account) {
    open_accounts();
    for (int i = 0; i < 5; i++)
        happened(&o, "employee-hired", 1, "2026-11-01");
    CHECK_INT((long long)effects_waiting(&o), 1);
    effect_ends(&o, (struct ending){ "E1", "\"state\":\"enabled\"", "done", TOLD });
    CHECK_TEXT(buf_text(&o.said), DONE_1);
    o.now_ms += 7 * 86400000;
    happened(&o, "employee-hired", 1, "2026-11-01");
    CHECK_INT((long long)effects_waiting(&o), 0);
    check_silent(&o);
    office_close(&o);
}

TEST(before_the_first_day_the_account_is_there_and_closed_and_that_morning_it_opens) {
    open_accounts();
    happened(&o, "employee-hired", 1, "2026-12-01");
    effect_ends(&o, (struct ending){ "E1", "\"state\":\"disabled\"", "done", TOLD });
    check_says(&o, "\"outcome\":\"done\"");
    CHECK_INT((long long)timers_fire(&o, 1796083199999), 0);
    CHECK_INT((long long)timers_fire(&o, 1796083200000), 1);
    effect_ends(&o, (struct ending){ "E1", "\"state\":\"enabled\"", "done", TOLD });
    office_close(&o);
}

TEST(a_first_day_that_is_moved_moves_the_opening) {
    open_accounts();
    happened(&o, "employee-hired", 1, "2026-12-01");
    effect_ends(&o, (struct ending){ "E1", "disabled", "done", TOLD });
    happened(&o, "start-date-moved", 2, "2026-12-02");
    effect_ends(&o, (struct ending){ "E1", "disabled", "done", TOLD });
    check_says(&o, "\"version\":2");
    CHECK_INT((long long)timers_fire(&o, 1796083200000), 0);
    CHECK_INT((long long)timers_fire(&o, 1796083200000 + 86400000), 1);
    office_close(&o);
}

TEST(a_hire_taken_back_while_its_account_is_being_made_ends_disabled) {
    open_accounts();
    happened(&o, "employee-hired", 1, "2026-11-01");
    happened(&o, "hire-rescinded", 2, "2026-11-01");
    CHECK_INT((long long)effects_waiting(&o), 2);
    effect_ends(&o, (struct ending){ "E1", "enabled", "done", TOLD });
    check_silent(&o); /* nobody waits for version 1 any more */
    effect_ends(&o, (struct ending){ "E1", "disabled", "done", TOLD });
    check_says(&o, "\"version\":2,\"step\":\"account\",\"outcome\":\"undone\"");
    office_close(&o);
}

TEST(a_rescission_that_is_seen_first_makes_no_account_and_the_hire_behind_it_counts_for_nothing) {
    open_accounts();
    happened(&o, "hire-rescinded", 2, "2026-12-01");
    check_says(&o, "\"outcome\":\"undone\"");
    happened(&o, "employee-hired", 1, "2026-12-01");
    check_silent(&o);
    CHECK_INT((long long)effects_waiting(&o), 0);
    office_close(&o);
}

TEST(a_directory_that_refuses_is_told_as_failed_and_the_next_version_tries_again) {
    open_accounts();
    happened(&o, "employee-hired", 1, "2026-11-01");
    effect_ends(&o, (struct ending){ "E1", "enabled", "refused", NULL });
    check_says(&o, "\"outcome\":\"failed\"");
    happened(&o, "employee-hired", 2, "2026-11-01");
    effect_ends(&o, (struct ending){ "E1", "enabled", "done", TOLD });
    check_says(&o, "\"version\":2,\"step\":\"account\",\"outcome\":\"done\"");
    office_close(&o);
}

TEST(an_event_with_a_field_missing_is_parked_with_the_reason) {
    open_accounts();
    office_take(&o, (struct told_event){ "employee-hired", "E1", "{\"employee\":\"E1\"}" });
    CHECK_INT(o.taken, TAKEN_PARKED);
    office_take(&o, (struct told_event){ "employee-vanished", "E2", "{\"employee\":\"E2\"}" });
    CHECK_INT(o.taken, TAKEN_PASSED);
    office_close(&o);
}
