/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Many accounts at once in a directory that is trouble: whose trouble is whose. */
#include "account.h"

#include "base/test.h"
#include "dialect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 8, TIMEOUT_MS = 4000 };

/* A directory without anybody, of which every call takes its time. */
struct trouble {
    struct directory directory;
    struct fake_clock clock;
    int64_t call_ms;
    enum error number_error, many_error, one_error; /* one: of the login `bad` */
    const char *bad;
    int numbers, adds, regroups;
    bool many_known; /* find_many knows that they are not there */
};

static struct trouble trouble;
static struct effect_answer answers[MANY];
static struct buf told[MANY];

static enum error said(enum error e) {
    fake_clock_advance(&trouble.clock, trouble.call_ms);
    return e ? fail(e, "trouble") : E_ok;
}

static enum error none_find(struct directory *d, struct bytes employee, struct arena *a,
                            struct entry *out) {
    (void)d, (void)employee, (void)a, (void)out;
    return said(E_not_found);
}

static enum error next_number(struct directory *d, int64_t *out) {
    (void)d;
    *out = 10000 + trouble.numbers++;
    return said(trouble.number_error);
}

static bool is_bad(struct bytes login) {
    return trouble.bad && bytes_is_text(login, trouble.bad);
}

static enum error one_add(struct directory *d, const struct entry *e) {
    (void)d;
    trouble.adds++;
    return said(is_bad(e->login) ? trouble.one_error : E_ok);
}

static enum error one_change(struct directory *d, const struct entry *e) {
    (void)d, (void)e;
    return said(E_ok);
}

static void none_find_many(struct directory *d, struct finding *f, size_t count, struct arena *a) {
    (void)d, (void)a;
    for (size_t i = 0; i < count && trouble.many_known; i++)
        f[i].found = FOUND_NONE;
}

static void none_add_many(struct directory *d, struct adding *a, size_t count) {
    (void)d, (void)a, (void)count;
}

static enum error some_regroup(struct directory *d, const struct membership *m, size_t count) {
    (void)d;
    trouble.regroups++;
    for (size_t i = 0; i < count; i++)
        if (is_bad(m[i].login))
            return said(trouble.many_error);
    return said(E_ok);
}

static const struct directory_kind kind = {
    .find = none_find,
    .read = none_find,
    .number = next_number,
    .add = one_add,
    .change = one_change,
    .find_many = none_find_many,
    .add_many = none_add_many,
    .regroup = some_regroup,
};

/* Eight of department d1: uaa, ubb, ucc ... */
static void crowd_act(void) {
    struct connector c = { .directory = &trouble.directory,
                           .pattern = (char *)(uintptr_t) "u{family}",
                           .groups = true,
                           .clock = &trouble.clock.clock,
                           .timeout_ms = TIMEOUT_MS };
    struct effect_request all[MANY];
    const struct effect_request *requests[MANY];
    struct effect_answer *places[MANY];
    char *json[MANY];
    trouble.directory.kind = &kind;
    trouble.directory.dialect = &dialect_posix;
    fake_clock_init(&trouble.clock, 1000);
    CHECK_OK(latin_open(&c.latin));
    for (int i = 0; i < MANY; i++) {
        json[i] = text_format("{\"employee\":\"E%d\",\"given\":\"Anna\",\"family\":\"%c%c\","
                              "\"department\":\"d1\",\"state\":\"enabled\"}",
                              i, 'a' + i, 'a' + i);
        all[i] =
            (struct effect_request){ .type = bytes_text("account"), .json = bytes_text(json[i]) };
        answers[i] = (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &told[i] };
        requests[i] = &all[i];
        places[i] = &answers[i];
    }
    account_perform_many(&c, requests, places, MANY);
    for (int i = 0; i < MANY; i++) {
        free(json[i]);
        buf_finish(&told[i]);
    }
    latin_close(c.latin);
}

/* But for the third, who is bad. */
static void check_others(enum effect_verdict wanted) {
    for (int i = 0; i < MANY; i++)
        if (i != 2)
            CHECK_INT(answers[i].verdict, wanted);
}

TEST(a_group_that_is_refused_to_one_is_nobody_elses_trouble) {
    trouble = (struct trouble){ .bad = "ucc", .many_error = E_refused };
    crowd_act();
    check_others(EFFECT_DONE);
    CHECK_INT(answers[2].verdict, EFFECT_REFUSED);
    CHECK(strstr(answers[2].reason, "trouble"));
    CHECK_INT(trouble.regroups, 1 + MANY);
}

TEST(a_line_that_breaks_at_the_groups_is_not_tried_for_each) {
    trouble = (struct trouble){ .bad = "ucc", .many_error = E_timed_out };
    crowd_act();
    check_others(EFFECT_UNKNOWN);
    CHECK_INT(answers[2].verdict, EFFECT_UNKNOWN);
    CHECK_INT(trouble.regroups, 1);
}

TEST(groups_one_by_one_end_at_half_of_the_time) {
    trouble = (struct trouble){ .bad = "ucc", .many_error = E_refused, .call_ms = 71 };
    crowd_act(); /* 24 calls are 1704 ms, and one for all groups; three more begin before 2000 */
    for (int i = 0; i < MANY; i++)
        CHECK_INT(answers[i].verdict, i == 2 ? EFFECT_REFUSED : i < 4 ? EFFECT_DONE : EFFECT_AGAIN);
    CHECK(strstr(answers[7].reason, "half of the time") && !answers[7].edge_down);
}

TEST(what_a_directory_will_not_do_for_one_it_is_asked_to_do_for_the_others) {
    trouble = (struct trouble){ .bad = "ucc", .one_error = E_busy };
    crowd_act();
    check_others(EFFECT_DONE);
    CHECK_INT(answers[2].verdict, EFFECT_AGAIN);
}

TEST(a_directory_that_cannot_be_reached_for_one_is_not_tried_for_the_others) {
    trouble = (struct trouble){ .bad = "ucc", .one_error = E_network };
    crowd_act();
    for (int i = 0; i < MANY; i++)
        CHECK_INT(answers[i].verdict, i < 2 ? EFFECT_DONE : EFFECT_AGAIN);
    CHECK(answers[7].edge_down);
    CHECK_INT(trouble.adds, 3);
}

TEST(a_number_that_is_not_given_to_one_is_asked_for_once_more_at_most) {
    trouble = (struct trouble){ .number_error = E_network, .many_known = true };
    crowd_act();
    for (int i = 0; i < MANY; i++)
        CHECK(answers[i].verdict != EFFECT_DONE && answers[i].edge_down);
    CHECK_INT(trouble.numbers, 2);
}

TEST(many_take_no_longer_than_half_of_the_time_and_the_rest_is_asked_for_again) {
    trouble = (struct trouble){ .call_ms = 300 };
    crowd_act(); /* three calls each: the third begins at 1800 ms */
    for (int i = 0; i < MANY; i++)
        CHECK_INT(answers[i].verdict, i < 3 ? EFFECT_DONE : EFFECT_AGAIN);
    CHECK_INT(trouble.adds, 3);
    CHECK(strstr(answers[3].reason, "half of the time") && !answers[3].edge_down);
}
