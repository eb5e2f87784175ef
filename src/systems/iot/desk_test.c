/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The alert desk: one row and one mail for an incident, however often it is told. */
#include "iot_fixture.h"

static const char alert[] = "pump/t/anomaly/5";

static void desk_open(struct plant *p, bool notify) {
    static const char off[] = "    # settings:\n    #   notify: someone@example.org";
    char *yaml = text_copy(iot_system.declaration), *at = strstr(yaml, off);
    CHECK(at != NULL);
    if (notify) { /* the comment's signs go */
        text_overwrite(at, "    settings:  ");
        text_overwrite(strstr(at, "#   notify"), " ");
        text_overwrite(strstr(at, "#   webhook"), " ");
    }
    plant_open_on(p, yaml, "alert-desk", iot_desk_handlers);
    free(yaml);
}

static void raised(struct plant *p) {
    told(
        p, "anomaly-raised", "pump",
        "{\"alert\":\"pump/t/anomaly/5\",\"device\":\"pump\",\"metric\":\"t\",\"rule\":\"anomaly\","
        "\"time\":5,\"value\":\"99\",\"feature\":\"level\",\"score\":\"7.10\"}");
}

static void cleared(struct plant *p) {
    told(
        p, "anomaly-cleared", "pump",
        "{\"alert\":\"pump/t/anomaly/5\",\"device\":\"pump\",\"metric\":\"t\",\"rule\":\"anomaly\","
        "\"time\":9}");
}

static size_t effects_waiting(const struct plant *p) {
    return schedule_count(task_schedule(p->task));
}

static void acknowledged(struct plant *p, const char *by) {
    char json[200];
    (void)snprintf(json, sizeof(json), "{\"alert\":\"%s\",\"by\":\"%s\"}", alert, by);
    told(p, "alert-acknowledged", "pump", json);
}

TEST(an_alert_that_is_raised_three_times_is_one_row) {
    struct plant p;
    desk_open(&p, false);
    for (int i = 0; i < 3; i++)
        raised(&p);
    CHECK_CONTAINS(look(&p, "pump", "alert", alert), "\"state\":\"open\"");
    CHECK_CONTAINS(look(&p, "pump", "alert", alert), "\"feature\":\"level\",\"score\":\"7.10\"");
    CHECK_CONTAINS(look(&p, "pump", "alert", alert), "\"mails\":\"0\"");
    plant_close(&p);
}

TEST(a_cleared_alert_that_is_raised_again_by_a_repeat_stays_cleared) {
    struct plant p;
    desk_open(&p, false);
    raised(&p);
    cleared(&p);
    raised(&p);
    CHECK_CONTAINS(look(&p, "pump", "alert", alert), "\"state\":\"cleared\"");
    CHECK_CONTAINS(look(&p, "pump", "alert", alert), "\"cleared\":\"9\"");
    plant_close(&p);
}

TEST(the_first_who_has_seen_it_counts) {
    struct plant p;
    desk_open(&p, false);
    raised(&p);
    acknowledged(&p, "jana");
    acknowledged(&p, "petr");
    CHECK_CONTAINS(look(&p, "pump", "alert", alert), "\"by\":\"jana\"");
    plant_close(&p);
}

TEST(what_is_cleared_and_was_never_raised_is_parked) {
    struct plant p;
    desk_open(&p, false);
    cleared(&p);
    CHECK_INT(p.taken, TAKEN_PARKED);
    plant_close(&p);
}

TEST(what_is_seen_and_was_never_raised_holds_up_nothing_of_its_device) {
    struct plant p;
    desk_open(&p, false);
    acknowledged(&p, "jana");
    CHECK_INT(p.taken, TAKEN_HANDLED);
    raised(&p);
    CHECK_CONTAINS(look(&p, "pump", "alert", alert), "\"acknowledged\":\"0\"");
    acknowledged(&p, "petr");
    CHECK_CONTAINS(look(&p, "pump", "alert", alert), "\"by\":\"petr\"");
    plant_close(&p);
}

TEST(a_mail_and_a_call_tell_when_it_is_raised_and_when_it_is_over) {
    struct plant p;
    desk_open(&p, true);
    raised(&p);
    raised(&p);
    CHECK_INT((long long)effects_waiting(&p), 2);
    cleared(&p);
    CHECK_INT((long long)effects_waiting(&p), 4);
    plant_close(&p);
}

TEST(of_a_device_that_is_snoozed_nobody_is_told_until_then) {
    struct plant p;
    desk_open(&p, true);
    told(&p, "device-snoozed", "pump", "{\"device\":\"pump\",\"minutes\":10}");
    p.now_ms += 599999;
    raised(&p);
    CHECK_INT((long long)effects_waiting(&p), 0);
    CHECK_CONTAINS(look(&p, "pump", "alert", alert), "\"state\":\"open\"");
    p.now_ms += 1;
    cleared(&p);
    CHECK_INT((long long)effects_waiting(&p), 2);
    told(&p, "device-snoozed", "pump", "{\"device\":\"pump\",\"minutes\":-1}");
    CHECK_INT(p.taken, TAKEN_PARKED);
    plant_close(&p);
}
