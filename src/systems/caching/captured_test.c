/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The CRM follows a source: what it says becomes rows with versions, and what a new reading of the
 * whole table does not find is gone. */
#include "caching_fixture.h"

static void captured(struct house *h, const char *json) {
    asked_for(h, "customer-captured", "item", json);
}

static void put(struct house *h, const char *id, int snapshot) {
    char json[200];
    (void)snprintf(json, sizeof(json),
                   "{\"id\":\"%s\",\"name\":\"N\",\"capture_op\":\"put\",\"capture_snapshot\":%d}",
                   id, snapshot);
    captured(h, json);
}

/* Every timer that is due, and those that they set; what was said of the last group stays. */
static size_t timers(struct house *h, struct buf *said) {
    size_t taken = 1, count = 0;
    while (taken) {
        taken = 0;
        h->now_ms++;
        task_begin(h->task);
        CHECK_OK(task_take_timers(h->task, h->now_ms, 1000, &taken));
        house_commit(h);
        buf_put_text(said, buf_text(&h->said));
        count += taken;
    }
    return count;
}

TEST(what_a_source_says_becomes_a_row_with_a_version) {
    struct house h = { 0 };
    house_open(&h, "crm", crm_handlers);
    captured(&h, "{\"id\":\"a\",\"name\":\"Jana\",\"spent\":\"12\",\"zip\":11000,\"vip\":\"true\","
                 "\"city\":null,\"capture_op\":\"put\",\"capture_snapshot\":1}");
    check_said(&h, "customer-created customer-created a {\"id\":\"a\",\"version\":1,\"time\":"
                   "1795348800000,\"name\":\"Jana\",\"zip\":\"11000\",\"spent\":12}\n");
    h.now_ms++;
    captured(&h, "{\"id\":\"a\",\"name\":\"Jana\",\"spent\":12,\"capture_op\":\"put\"}");
    check_said(&h, ""); /* as it was: a column that is not said is what it was */
    captured(&h, "{\"id\":\"a\",\"zip\":null,\"capture_op\":\"put\"}");
    check_said(&h, "customer-updated customer-updated a {\"id\":\"a\",\"version\":2,\"time\":"
                   "1795348800001,\"name\":\"Jana\",\"spent\":12}\n");
    captured(&h, "{\"id\":\"a\",\"capture_op\":\"gone\"}");
    CHECK(strstr(buf_text(&h.said), "customer-updated customer-deleted a null") != NULL);
    captured(&h, "{\"id\":\"a\",\"capture_op\":\"gone\"}");
    check_said(&h, "");
    captured(&h, "{\"id\":\"a\",\"name\":\"Again\",\"capture_op\":\"put\"}");
    CHECK(strstr(buf_text(&h.said), "customer-created a {\"id\":\"a\",\"version\":4,") != NULL);
    house_close(&h);
}

TEST(a_value_that_no_column_takes_waits_for_an_operator) {
    struct house h = { 0 };
    house_open(&h, "crm", crm_handlers);
    captured(&h, "{\"id\":\"a\",\"spent\":\"12.50\",\"capture_op\":\"put\"}");
    CHECK(h.taken != TAKEN_HANDLED);
    check_said(&h, "");
    captured(&h, "{\"capture_op\":\"wrong\",\"capture_reason\":\"a quote is not closed\"}");
    CHECK(h.taken != TAKEN_HANDLED);
    house_close(&h);
}

TEST(after_another_reading_of_all_who_was_not_seen_in_it_is_gone) {
    struct house h = { 0 };
    struct buf said = { 0 };
    char id[16];
    house_open(&h, "crm", crm_handlers);
    asked_for(&h, "customer-create-asked", "k", "{\"id\":\"own\",\"name\":\"by REST\"}");
    for (int i = 0; i < 200; i++) {
        (void)snprintf(id, sizeof(id), "c%d", i);
        put(&h, id, 1);
    }
    captured(&h, "{\"id\":\"-\",\"capture_op\":\"whole\",\"capture_snapshot\":1}");
    CHECK(timers(&h, &said) == 0); /* of the first there is nothing to compare with */
    for (int i = 0; i < 200; i++) {
        (void)snprintf(id, sizeof(id), "c%d", i);
        if (i % 50 != 7)
            put(&h, id, 2);
    }
    check_said(&h, "");
    put(&h, "new", 2);
    captured(&h, "{\"id\":\"-\",\"capture_op\":\"whole\",\"capture_snapshot\":2}");
    CHECK(timers(&h, &said) == 4 + 4); /* pages of 64, and who is gone */
    for (int i = 0; i < 200; i++) {
        char wanted[64];
        (void)snprintf(wanted, sizeof(wanted), "customer-created customer-deleted c%d {", i);
        CHECK((strstr(buf_text(&said), wanted) != NULL) == (i % 50 == 7));
    }
    CHECK(!strstr(buf_text(&said), "own") && !strstr(buf_text(&said), "new"));
    buf_finish(&said);
    house_close(&h);
}

/* As a source's item: it is parked, and what comes behind it under its key waits. */
static void item(struct house *h, const char *id, const char *json) {
    struct input in = { .kind = INPUT_REQUEST,
                        .type = bytes_text("customer-captured"),
                        .id = bytes_text(json),
                        .key = bytes_text(id),
                        .json = bytes_text(json),
                        .topic = bytes_text("source:table"),
                        .time_ms = h->now_ms };
    task_begin(h->task);
    CHECK_OK(task_take(h->task, &in, &h->taken));
    house_commit(h);
}

static void parked_again(struct house *h, const char *key, struct buf *said) {
    size_t taken = 1;
    task_begin(h->task);
    CHECK_OK(task_park_drop(h->task, bytes_text(key), h->now_ms));
    house_commit(h);
    while (taken) {
        task_begin(h->task);
        CHECK_OK(task_park_due(h->task, h->now_ms, 100, &taken));
        house_commit(h);
        buf_put_text(said, buf_text(&h->said));
    }
}

TEST(who_waits_for_an_operator_is_not_gone_and_is_judged_behind_what_waits) {
    struct house h = { 0 };
    struct buf said = { 0 };
    static const char *const ids[] = { "head", "behind", "gone" };
    house_open(&h, "crm", crm_handlers);
    for (size_t i = 0; i < 3; i++)
        put(&h, ids[i], 1);
    captured(&h, "{\"id\":\"-\",\"capture_op\":\"whole\",\"capture_snapshot\":1}");
    /* Both are in the table; of one a good row stands behind a wrong one. */
    item(&h, "head",
         "{\"id\":\"head\",\"spent\":\"1.5\",\"capture_op\":\"put\",\"capture_snapshot\":2}");
    CHECK(h.taken == TAKEN_PARKED);
    item(&h, "behind", "{\"id\":\"behind\",\"spent\":\"1.5\",\"capture_op\":\"put\"}");
    item(&h, "behind",
         "{\"id\":\"behind\",\"spent\":2,\"capture_op\":\"put\",\"capture_snapshot\":2}");
    CHECK(h.taken == TAKEN_PARKED);
    captured(&h, "{\"id\":\"-\",\"capture_op\":\"whole\",\"capture_snapshot\":2}");
    (void)timers(&h, &said);
    CHECK(strstr(buf_text(&said), "customer-deleted gone ") != NULL);
    CHECK(!strstr(buf_text(&said), "head") && !strstr(buf_text(&said), "behind"));
    buf_clear(&said);
    parked_again(&h, "behind", &said);
    CHECK(strstr(buf_text(&said), "customer-updated behind ") != NULL);
    CHECK(!strstr(buf_text(&said), "customer-deleted"));
    parked_again(&h, "head", &said); /* its row was thrown away: it was never seen */
    CHECK(strstr(buf_text(&said), "customer-deleted head ") != NULL);
    buf_finish(&said);
    house_close(&h);
}

TEST(what_a_repair_asks_for_is_told_again_with_the_version_that_it_has) {
    struct house h = { 0 };
    struct buf said = { 0 };
    char key[16], json[64];
    house_open(&h, "crm", crm_handlers);
    for (int i = 0; i < 130; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        (void)snprintf(json, sizeof(json), "{\"id\":\"%d\",\"name\":\"N\"}", i);
        asked_for(&h, "customer-create-asked", key, json);
    }
    asked_for(&h, "customer-delete-asked", "d", "{\"id\":\"3\"}");
    asked_for(&h, "customer-repair", "r1", "{\"id\":\"5\",\"number\":\"1\"}");
    CHECK(strstr(buf_text(&h.said),
                 "customer-updated customer-updated 5 {\"id\":\"5\",\"version\":1,"));
    asked_for(&h, "customer-repair", "r2", "{\"id\":\"nobody\",\"number\":\"2\"}");
    check_said(&h, "");
    asked_for(&h, "customer-repair", "r3", "{\"id\":\"*\",\"number\":\"3\"}");
    CHECK(timers(&h, &said) == 3);
    for (int i = 0; i < 130; i++) {
        (void)snprintf(json, sizeof(json), "customer-updated %s %d {",
                       i == 3 ? "customer-deleted" : "customer-updated", i);
        CHECK(strstr(buf_text(&said), json) != NULL);
    }
    buf_finish(&said);
    house_close(&h);
}
