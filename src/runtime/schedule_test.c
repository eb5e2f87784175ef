/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/schedule.h"

#include "base/random.h"
#include "base/test.h"

#include <stdio.h>

enum { MAIL, FILES, EDGES };

static struct pending *given(struct schedule *s, size_t edge, const char *key, int64_t number) {
    char id[32];
    (void)snprintf(id, sizeof(id), "id-%lld", (long long)number);
    struct effect_row row = {
        .number = number,
        .id = bytes_text(id),
        .key = bytes_text(key),
        .type = bytes_text("send"),
        .json = bytes_text("{}"),
    };
    return schedule_add(s, edge, &row);
}

TEST(effects_of_one_key_are_tried_one_behind_the_other) {
    struct schedule *s = schedule_create(EDGES);
    struct pending *first = given(s, MAIL, "a", 1), *second = given(s, MAIL, "a", 2);
    CHECK(schedule_next(s, MAIL, 0) == first);
    schedule_out(s, first);
    CHECK(!schedule_next(s, MAIL, 0));
    schedule_remove(s, first);
    CHECK(schedule_next(s, MAIL, 0) == second);
    schedule_remove(s, second);
    CHECK(!schedule_next(s, MAIL, 0));
    CHECK_INT((long long)schedule_count(s), 0);
    schedule_destroy(s);
}

TEST(other_keys_and_other_edges_do_not_wait_for_a_key) {
    struct schedule *s = schedule_create(EDGES);
    struct pending *a = given(s, MAIL, "a", 1), *b = given(s, MAIL, "b", 2);
    struct pending *file = given(s, FILES, "a", 3);
    schedule_out(s, a);
    CHECK(schedule_next(s, MAIL, 0) == b);
    CHECK(schedule_next(s, FILES, 0) == file);
    schedule_destroy(s);
}

TEST(a_head_that_failed_waits_for_its_time_and_holds_up_its_key) {
    struct schedule *s = schedule_create(EDGES);
    struct pending *a = given(s, MAIL, "a", 1);
    (void)given(s, MAIL, "a", 2);
    struct pending *b = given(s, MAIL, "b", 3);
    schedule_out(s, a);
    schedule_out(s, b);
    schedule_again(s, a, 900);
    schedule_again(s, b, 500);
    CHECK_INT(schedule_next_ms(s, MAIL), 500);
    CHECK(!schedule_next(s, MAIL, 499));
    CHECK(schedule_next(s, MAIL, 1000) == b);
    schedule_out(s, b);
    CHECK(schedule_next(s, MAIL, 1000) == a);
    CHECK(schedule_next_ms(s, FILES) == INT64_MAX);
    schedule_destroy(s);
}

TEST(a_parked_head_waits_for_an_operator_and_so_do_those_behind_it) {
    struct schedule *s = schedule_create(EDGES);
    struct pending *a = given(s, MAIL, "a", 1);
    (void)given(s, MAIL, "a", 2);
    schedule_out(s, a);
    schedule_park(s, a);
    CHECK(!schedule_next(s, MAIL, INT64_MAX));
    CHECK_INT((long long)schedule_counts(s, MAIL).parked, 1);
    a->state = EFFECT_WAITING;
    schedule_again(s, a, 0);
    CHECK(schedule_next(s, MAIL, 0) == a);
    CHECK_INT((long long)schedule_counts(s, MAIL).parked, 0);
    schedule_destroy(s);
}

TEST(one_id_may_be_asked_for_twice) {
    struct schedule *s = schedule_create(EDGES);
    struct effect_row row = { .number = 1, .id = bytes_text("x"), .key = bytes_text("a") };
    struct pending *first = schedule_add(s, MAIL, &row);
    row.number = 2;
    struct pending *second = schedule_add(s, MAIL, &row);
    CHECK(schedule_head(s, MAIL, bytes_text("a")) == first);
    schedule_remove(s, first);
    CHECK(schedule_search(s, bytes_text("x")) == second);
    CHECK(schedule_find(s, 2) == second);
    CHECK(!schedule_find(s, 1));
    schedule_destroy(s);
}

TEST(contents_are_kept_within_a_budget_and_ids_always) {
    static uint8_t large[1 << 20];
    struct schedule *s = schedule_create(EDGES);
    struct effect_row row = { .id = bytes_text("x"), .key = bytes_text("a") };
    row.json = bytes_of(large, sizeof(large));
    int kept = 0;
    for (row.number = 1; row.number <= 40; row.number++)
        kept += schedule_add(s, MAIL, &row)->json.data != NULL;
    CHECK_INT(kept, SCHEDULE_BYTES_MAX / (int)sizeof(large));
    schedule_remove(s, schedule_find(s, 1));
    CHECK(schedule_add(s, MAIL, &row)->json.data != NULL);
    CHECK_BYTES(schedule_find(s, 40)->id, bytes_text("x"));
    schedule_destroy(s);
}

/* ---- against a model that only knows arrays */

enum { MODEL_KEYS = 7, MODEL_MOST = 40 };

struct model {
    struct pending *lines[EDGES][MODEL_KEYS][MODEL_MOST];
    int count[EDGES][MODEL_KEYS];
    int64_t due[EDGES][MODEL_KEYS]; /* of the head; -1: out, -2: parked */
};

static void model_remove(struct model *m, size_t edge, size_t key, int at) {
    for (int i = at; i + 1 < m->count[edge][key]; i++)
        m->lines[edge][key][i] = m->lines[edge][key][i + 1];
    m->count[edge][key]--;
    if (at == 0)
        m->due[edge][key] = 0;
}

static bool model_has_ready(const struct model *m, size_t edge, int64_t now_ms) {
    for (size_t k = 0; k < MODEL_KEYS; k++)
        if (m->count[edge][k] && m->due[edge][k] >= 0 && m->due[edge][k] <= now_ms)
            return true;
    return false;
}

static void try_one(struct schedule *s, struct model *m, size_t edge, int64_t now_ms) {
    struct pending *p = schedule_next(s, edge, now_ms);
    CHECK((p != NULL) == model_has_ready(m, edge, now_ms));
    if (!p)
        return;
    size_t key = pending_key(p).data[0] - (size_t)'a';
    CHECK(m->lines[edge][key][0] == p);
    CHECK(m->due[edge][key] >= 0);
    CHECK(m->due[edge][key] <= now_ms);
    schedule_out(s, p);
    m->due[edge][key] = -1;
}

static void end_one(struct schedule *s, struct model *m, struct random *r, int64_t now_ms) {
    size_t edge = random_below(r, EDGES), key = random_below(r, MODEL_KEYS);
    struct pending *head = m->lines[edge][key][0];
    bool out = m->count[edge][key] && m->due[edge][key] == -1;
    if (!m->count[edge][key])
        return;
    if (out && random_below(r, 3) == 0) {
        m->due[edge][key] = now_ms + (int64_t)random_below(r, 50) + 1;
        schedule_again(s, head, m->due[edge][key]);
    } else if (out && random_below(r, 4) == 0) {
        schedule_park(s, head);
        m->due[edge][key] = -2;
    } else if (m->due[edge][key] == -2 && random_below(r, 2)) {
        head->state = EFFECT_WAITING;
        schedule_again(s, head, m->due[edge][key] = 0);
    } else if (out || random_below(r, 9) == 0) { /* an operator drops anything */
        int at = out ? 0 : (int)random_below(r, (uint64_t)m->count[edge][key]);
        struct pending *p = m->lines[edge][key][at];
        model_remove(m, edge, key, at);
        schedule_remove(s, p);
    }
}

TEST(any_order_of_events_gives_what_plain_arrays_give) {
    struct random r = random_seeded(test_seed());
    static struct model m;
    struct schedule *s = schedule_create(EDGES);
    int64_t number = 0, now_ms = 0;
    for (int i = 0; i < 30000; i++) {
        size_t edge = random_below(&r, EDGES), key = random_below(&r, MODEL_KEYS);
        char name[2] = { (char)('a' + key), 0 };
        now_ms += (int64_t)random_below(&r, 9);
        if (m.count[edge][key] < MODEL_MOST && random_below(&r, 2))
            m.lines[edge][key][m.count[edge][key]++] = given(s, edge, name, ++number);
        try_one(s, &m, edge, now_ms);
        end_one(s, &m, &r, now_ms);
    }
    size_t all = 0, parked = 0;
    for (size_t e = 0; e < EDGES; e++)
        for (size_t k = 0; k < MODEL_KEYS; k++) {
            all += (size_t)m.count[e][k];
            parked += m.count[e][k] && m.due[e][k] == -2;
        }
    CHECK_INT((long long)schedule_count(s), (long long)all);
    CHECK_INT((long long)(schedule_counts(s, MAIL).parked + schedule_counts(s, FILES).parked),
              (long long)parked);
    schedule_destroy(s);
}
