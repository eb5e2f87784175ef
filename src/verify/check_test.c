/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "check.h"

#include "base/test.h"
#include "planted_fixture.h"
#include "verify.h"

#include <stdlib.h>

enum { CLEAN_HISTORIES = 10000, CLEAN_TRANSACTIONS = 40, PLANTED_TRANSACTIONS = 3000 };

/* Those of every system, then those of the bank; NULL: no more. */
static const struct check *check_next(const struct check *check) {
    check = check ? check + 1 : checks;
    if (check->name)
        return check;
    size_t common = 0;
    while (checks[common].name)
        common++;
    return check == &checks[common] ? checks_accounts : NULL;
}

/* The names of the checks that find something, blank between. */
static void judged(const struct history *h, struct buf *found) {
    struct evidence e = { .history = h };
    buf_clear(found);
    outcomes_gather(&e.outcomes, h);
    for (const struct check *check = check_next(NULL); check; check = check_next(check)) {
        struct verdict v = { 0 };
        check->judge(&e, &v);
        if (v.wrong)
            buf_print(found, " %s", check->name);
        CHECK(v.wrong == 0 || v.first[0]);
    }
    outcomes_finish(&e.outcomes);
}

TEST(ten_thousand_clean_histories_raise_no_alarm) {
    struct buf found = { 0 };
    for (uint64_t seed = 0; seed < CLEAN_HISTORIES; seed++) {
        struct history h = { 0 };
        planted_clean(&h, seed, CLEAN_TRANSACTIONS);
        judged(&h, &found);
        CHECK_TEXT(buf_text(&found), "");
        history_finish(&h);
    }
    buf_finish(&found);
}

TEST(in_a_clean_history_each_check_has_something_to_look_at) {
    struct history h = { 0 };
    planted_clean(&h, test_seed(), PLANTED_TRANSACTIONS);
    struct evidence e = { .history = &h };
    outcomes_gather(&e.outcomes, &h);
    for (const struct check *check = check_next(NULL); check; check = check_next(check)) {
        struct verdict v = { 0 };
        check->judge(&e, &v);
        CHECK(v.looked_at > 0);
        CHECK_INT((long long)v.wrong, 0);
        CHECK(check->answers != 0 && check->answers < 256);
    }
    outcomes_finish(&e.outcomes);
    history_finish(&h);
}

/* ---- one anomaly each */

struct planting {
    struct history *history;
    struct random random;
};

typedef bool planted_is(const struct history_record *r);

static bool is_leg(const struct history_record *r) {
    return r->operation == HISTORY_leg && r->code[0] == LEG_CUSTOMER && r->id == r->other;
}
static bool is_withdrawal_leg(const struct history_record *r) {
    return is_leg(r) && r->value < 0;
}
static bool is_back(const struct history_record *r) {
    return r->operation == HISTORY_leg && r->code[0] == LEG_CUSTOMER && r->id != r->other;
}
static bool is_91(const struct history_record *r) {
    return r->kind == HISTORY_fail && memcmp(r->code, "91", 2) == 0;
}
static bool is_decline(const struct history_record *r) {
    return r->kind == HISTORY_fail && memcmp(r->code, "51", 2) == 0;
}
static bool is_ok(const struct history_record *r) {
    return r->kind == HISTORY_ok && r->operation != HISTORY_reversal;
}
static bool is_event(const struct history_record *r) {
    return r->operation == HISTORY_record;
}
static bool is_told(const struct history_record *r) {
    return r->operation == HISTORY_announced;
}
static bool is_balance(const struct history_record *r) {
    return r->operation == HISTORY_balance && r->key != PLANTED_CASH && r->value;
}
static bool is_position(const struct history_record *r) {
    return r->operation == HISTORY_position;
}

/* One of that kind, chosen by the seed. */
static size_t find(struct planting *p, planted_is *is) {
    size_t count = p->history->count, from = (size_t)random_below(&p->random, count);
    for (size_t i = 0; i < count; i++)
        if (is(&p->history->records[(from + i) % count]))
            return (from + i) % count;
    test_failed(__FILE__, __LINE__, "no record to plant anything on");
}

static struct history_record *one(struct planting *p, planted_is *is) {
    return &p->history->records[find(p, is)];
}

/* A posting that was not taken back. */
static size_t find_kept(struct planting *p) {
    for (;;) {
        size_t at = find(p, is_leg), i = 0;
        uint64_t id = p->history->records[at].id;
        while (i < p->history->count
               && !(p->history->records[i].operation == HISTORY_reversal
                    && p->history->records[i].other == id))
            i++;
        if (i == p->history->count)
            return at;
    }
}

static void remove_at(struct planting *p, size_t at) {
    struct history *h = p->history;
    memmove(&h->records[at], &h->records[at + 1], (h->count - at - 1) * sizeof(h->records[0]));
    h->count--;
}

static void legs_move(struct planting *p, size_t at, int64_t by) {
    p->history->records[at].value += by;
    p->history->records[at + 1].value -= by;
}

static void lost_posting(struct planting *p) {
    size_t at = find_kept(p);
    remove_at(p, at);
    remove_at(p, at);
}
static void other_amount(struct planting *p) {
    legs_move(p, find_kept(p), 100);
}
static void posted_to_another(struct planting *p) {
    p->history->records[find_kept(p)].key ^= 77;
}
static void posted_twice(struct planting *p) {
    size_t at = find(p, is_leg);
    struct history_record leg = p->history->records[at], contra = p->history->records[at + 1];
    leg.place += 100000;
    contra.place += 100000;
    history_put(p->history, leg);
    history_put(p->history, contra);
}
static void one_sided(struct planting *p) {
    remove_at(p, find(p, is_leg) + 1);
}
static void penny_lost(struct planting *p) {
    p->history->records[find(p, is_leg) + 1].value++;
}
static void moved_for(struct planting *p, size_t at) {
    struct history_record leg = p->history->records[at];
    leg.kind = HISTORY_seen;
    leg.operation = HISTORY_leg;
    leg.other = leg.id;
    leg.lane = PLANTED_CURRENCY;
    leg.place = 900000;
    leg.code[0] = LEG_CUSTOMER;
    history_put(p->history, leg);
}
static void moved_at_91(struct planting *p) {
    moved_for(p, find(p, is_91));
}
static void moved_at_decline(struct planting *p) {
    moved_for(p, find(p, is_decline));
}
static void not_taken_back(struct planting *p) {
    size_t at = find(p, is_back);
    remove_at(p, at);
    remove_at(p, at);
}
static void taken_back_twice(struct planting *p) {
    struct history_record back = *one(p, is_back);
    back.place += 100000;
    history_put(p->history, back);
}
static void nobodys_posting(struct planting *p) {
    struct history_record leg = *one(p, is_leg);
    leg.id = leg.other = tally_mix(leg.id, 99);
    history_put(p->history, leg);
}
static void another_answer(struct planting *p) {
    struct history_record answer = *one(p, is_ok);
    answer.kind = HISTORY_fail;
    memcpy(answer.code, "51", 2);
    history_put(p->history, answer);
}
static void no_end(struct planting *p) {
    struct history_record asked = planted_base(12345678, 3);
    asked.operation = HISTORY_deposit;
    history_put(p->history, asked);
}
static void balance_off(struct planting *p) {
    one(p, is_balance)->value++;
}
static void balance_gone(struct planting *p) {
    remove_at(p, find(p, is_balance));
}
static void entry_left_out(struct planting *p) {
    size_t at = find(p, is_leg);
    p->history->records[at].place += 500000;
    p->history->records[at + 1].place += 500000;
}
static void overdrawn(struct planting *p) {
    size_t at = find(p, is_withdrawal_leg);
    legs_move(p, at, -100000000);
}
static void lane_gap(struct planting *p) {
    size_t at = find(p, is_event);
    struct history_record event = p->history->records[at];
    for (size_t i = p->history->count; i-- > 0;) /* and what repeats it */
        if (is_event(&p->history->records[i]) && p->history->records[i].id == event.id)
            remove_at(p, i);
    event.value += 1000000;
    history_put(p->history, event);
}
static void lane_back(struct planting *p) {
    size_t at = find(p, is_event);
    struct history_record event = p->history->records[at];
    event.id = tally_mix(event.id, 4);
    event.value = -1;
    history_put(p->history, event);
}
static void repeat_differs(struct planting *p) {
    struct history_record event = *one(p, is_event);
    event.other++;
    history_put(p->history, event);
}
static void told_out_of_order(struct planting *p) {
    struct history_record told = *one(p, is_told);
    told.id = tally_mix(told.id, 8);
    told.other = told.id;
    told.lane = 5;
    told.place = 0;
    history_put(p->history, told);
}
static void key_in_two_partitions(struct planting *p) {
    struct history_record event = *one(p, is_event);
    event.process = (event.process + 1) % PLANTED_TASKS;
    event.lane = 0;
    history_put(p->history, event);
}
static void id_at_two_places(struct planting *p) {
    struct history_record event = *one(p, is_event);
    event.value += 7777777;
    history_put(p->history, event);
}
static void not_announced(struct planting *p) {
    remove_at(p, find(p, is_told));
}
static void announced_from_nowhere(struct planting *p) {
    struct history_record told = *one(p, is_told);
    told.id = told.other = tally_mix(told.id, 21);
    told.place += 100000000;
    history_put(p->history, told);
}
static void announced_by_two(struct planting *p) {
    struct history_record told = *one(p, is_told);
    told.lane ^= 1;
    history_put(p->history, told);
}
static void committed_ahead(struct planting *p) {
    struct history_record *position = one(p, is_position);
    position->value = position->place + 1;
}

static bool is_effect(const struct history_record *r) {
    return r->operation == HISTORY_effect;
}
static void effect_lost(struct planting *p) {
    remove_at(p, find(p, is_effect));
}
static void effect_twice(struct planting *p) {
    history_put(p->history, *one(p, is_effect));
}
static void effect_differs(struct planting *p) {
    one(p, is_effect)->other++;
}
static void effect_of_nothing(struct planting *p) {
    struct history_record effect = *one(p, is_effect);
    effect.id = tally_mix(effect.id, 9);
    history_put(p->history, effect);
}

TEST(every_planted_anomaly_is_found_by_its_check) {
    static const struct {
        const char *name, *check;
        void (*plant)(struct planting *);
    } kinds[] = {
        { "lost posting", " acknowledged", lost_posting },
        { "another amount", " acknowledged", other_amount },
        { "posted to another account", " acknowledged", posted_to_another },
        { "posted twice", " once", posted_twice },
        { "one side of a posting", " sums", one_sided },
        { "a penny lost in a posting", " sums", penny_lost },
        { "money moved at 91", " unmoved", moved_at_91 },
        { "money moved at a decline", " unmoved", moved_at_decline },
        { "not taken back", " unmoved", not_taken_back },
        { "taken back twice", " once", taken_back_twice },
        { "a posting that nobody asked for", " once", nobodys_posting },
        { "another answer", " answers", another_answer },
        { "no end", " answers", no_end },
        { "a balance that is off", " balances", balance_off },
        { "a balance that is gone", " balances", balance_gone },
        { "an entry left out", " balances", entry_left_out },
        { "overdrawn", " overdraft", overdrawn },
        { "a gap in a lane", " lanes", lane_gap },
        { "a lane that goes back", " lanes", lane_back },
        { "a repeat that differs", " lanes", repeat_differs },
        { "told out of order", " order", told_out_of_order },
        { "a key in two partitions", " places", key_in_two_partitions },
        { "an id at two places", " places", id_at_two_places },
        { "an entry without event", " announced", not_announced },
        { "an event without entry", " announced", announced_from_nowhere },
        { "an entry with two events", " announced", announced_by_two },
        { "committed ahead of done", " committed", committed_ahead },
        { "a lost effect", " effects", effect_lost },
        { "an effect done twice", " effects", effect_twice },
        { "an effect with another content", " effects", effect_differs },
        { "an effect that nothing led to", " effects", effect_of_nothing },
    };
    struct buf found = { 0 };
    uint64_t seed = test_seed();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        for (uint64_t round = 0; round < 5; round++) {
            struct history h = { 0 };
            struct planting p = { &h, random_seeded(seed + i * 100 + round) };
            planted_clean(&h, seed + round, PLANTED_TRANSACTIONS);
            kinds[i].plant(&p);
            judged(&h, &found);
            if (!strstr(buf_text(&found), kinds[i].check))
                test_failed(__FILE__, __LINE__, "%s was not found by%s, but by%s", kinds[i].name,
                            kinds[i].check, buf_text(&found));
            history_finish(&h);
        }
    buf_finish(&found);
}

TEST(without_a_run_to_compare_with_an_effect_may_only_not_be_repeated) {
    struct history h = { 0 };
    struct evidence e = { .history = &h };
    struct verdict once = { 0 }, twice = { 0 }, extra = { 0 };
    struct history_record effect = {
        .kind = HISTORY_seen, .operation = HISTORY_effect, .id = 7, .key = 8, .value = 1
    };
    history_put(&h, effect);
    check_effects(&e, &once);
    history_put(&h, effect);
    check_effects(&e, &twice);
    h.count = 1;
    history_put(&h, (struct history_record){ .kind = HISTORY_info, .operation = HISTORY_expected });
    check_effects(&e, &extra);
    CHECK_INT((long long)once.wrong, 0);
    CHECK_INT((long long)once.looked_at, 1);
    CHECK_INT((long long)twice.wrong, 1);
    CHECK_INT((long long)extra.wrong, 1);
    history_finish(&h);
}

TEST(what_is_wrong_first_is_told_by_its_name) {
    struct history h = { 0 };
    history_put(&h, (struct history_record){ .operation = HISTORY_deposit,
                                             .id = history_text(&h, "ATM-1"),
                                             .key = history_text(&h, "4711"),
                                             .value = 500,
                                             .kind = HISTORY_ok,
                                             .code = { '0', '0' } });
    struct evidence e = { .history = &h };
    struct verdict v = { 0 };
    outcomes_gather(&e.outcomes, &h);
    check_acknowledged(&e, &v);
    CHECK_TEXT(v.first, "ATM-1 was approved for 500 at 4711; its ledger moved 0, 0 there");
    CHECK_TEXT(evidence_called(&e, v.id), "ATM-1");
    outcomes_finish(&e.outcomes);
    history_finish(&h);
}
