/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "agency.h"
#include "carrier.h"
#include "check.h"
#include "judged_fixture.h"

#include "base/random.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EMPLOYEES = 60, ROUNDS = 12 };

static void put(struct history *h, enum history_kind kind, enum history_operation operation,
                struct history_record r) {
    r.kind = (uint8_t)kind;
    r.operation = (uint8_t)operation;
    r.time_ns = (int64_t)h->count + 1;
    history_put(h, r);
}

struct given {
    struct history *h;
    uint64_t key;
    char name[16];
    int64_t version, orders;
    bool begun;
};

static void given_request(struct given *g, const char *code) {
    char *id = text_format("%s-%s", g->name, code);
    struct history_record r = { .id = history_text(g->h, id), .key = g->key, .value = g->begun };
    memcpy(r.code, code, 2);
    put(g->h, HISTORY_invoke, HISTORY_asked, r);
    put(g->h, HISTORY_ok, HISTORY_asked, r);
    put(g->h, HISTORY_ok, HISTORY_asked, r); /* asked again */
    struct history_record told = { .id = tally_mix(r.id, 5), .key = g->key, .value = ++g->version };
    put(g->h, HISTORY_seen, HISTORY_version, told);
    put(g->h, HISTORY_seen, HISTORY_version, told); /* relayed again */
    free(id);
}

static void given_order(struct given *g, const char *code) {
    char *reference = text_format("%s-%lld", g->name, (long long)g->orders);
    struct history_record r = { .id = history_text(g->h, reference), .key = g->key };
    memcpy(r.code, code, 2);
    put(g->h, HISTORY_seen, HISTORY_order, r);
    free(reference);
}

static void given_coverage(struct given *g, const char *code) {
    struct history_record r = { .id = history_text(g->h, "834-1.edi"), .key = g->key };
    memcpy(r.code, code, 2);
    put(g->h, HISTORY_seen, HISTORY_coverage, r);
}

static void given_rest(struct given *g, const char *state) {
    char *login = text_format("login-%s", g->name);
    char *reference = text_format("%s-%lld", g->name, (long long)g->orders);
    struct history_record hire = { .key = g->key,
                                   .other = history_text(g->h, state),
                                   .value = g->version,
                                   .lane = history_text(g->h, login),
                                   .id = history_text(g->h, reference) };
    struct history_record account = { .key = g->key,
                                      .id = hire.lane,
                                      .lane = tally_mix(g->key, 3) };
    bool works = strcmp(state, "onboarded") == 0 || strcmp(state, "review") == 0;
    memcpy(account.code, works && g->begun ? "on" : "no", 2);
    put(g->h, HISTORY_seen, HISTORY_hire, hire);
    put(g->h, HISTORY_seen, HISTORY_account, account);
    free(login);
    free(reference);
}

/* Hired; of three one is amended, one taken back, and of those one comes again. */
static void given_employee(struct history *h, unsigned number) {
    struct given g = { .h = h, .begun = number % 4 == 0 };
    (void)snprintf(g.name, sizeof(g.name), "%u", 20000 + number);
    g.key = history_text(h, g.name);
    bool insured = number % 10 != 9, found = number % 10 == 7;
    given_request(&g, "hi");
    g.orders = 1;
    given_order(&g, "mk");
    if (insured)
        given_coverage(&g, "21");
    if (number % 3 == 1) {
        given_request(&g, "am");
        if (insured)
            given_coverage(&g, "01");
    }
    if (number % 3 != 2) {
        given_rest(&g, found ? "review" : "onboarded");
        return;
    }
    given_request(&g, g.begun ? "te" : "rs");
    if (insured)
        given_coverage(&g, "24");
    if (number % 2)
        given_order(&g, "cx");
    if (number % 6 != 5) {
        given_rest(&g, g.begun ? "terminated" : "rescinded");
        return;
    }
    g.begun = false;
    given_request(&g, "rh");
    g.orders = 2;
    given_order(&g, "mk");
    if (insured)
        given_coverage(&g, "21");
    given_rest(&g, found ? "review" : "onboarded");
}

static void given_clean(struct history *h) {
    for (unsigned i = 0; i < EMPLOYEES; i++)
        given_employee(h, i);
}

static const char *judged(const struct history *h) {
    return judged_by(checks_onboarding, h);
}

TEST(clean_hires_raise_no_alarm) {
    struct history h = { 0 };
    given_clean(&h);
    CHECK_TEXT(judged(&h), "");
    history_finish(&h);
}

/* One of that operation and code (any, when it is empty), from a place of the seed's. */
static struct history_record *one(struct history *h, enum history_operation operation,
                                  const char *code, uint64_t seed) {
    struct random random = random_seeded(seed);
    size_t from = (size_t)random_below(&random, h->count);
    for (;; from++) {
        struct history_record *r = &h->records[from % h->count];
        if (r->operation == operation && r->kind != HISTORY_invoke
            && (!code[0] || memcmp(r->code, code, 2) == 0))
            return r;
    }
}

static void gone(struct history_record *r) {
    *r = (struct history_record){ .operation = HISTORY_position };
}

static void again(struct history *h, struct history_record r) {
    history_put(h, r);
}

static void refused(struct history *h, uint64_t seed) {
    one(h, HISTORY_asked, "am", seed)->kind = HISTORY_fail;
}
static void never_answered(struct history *h, uint64_t seed) {
    struct history_record r = *one(h, HISTORY_asked, "hi", seed);
    r.kind = HISTORY_invoke;
    r.id ^= 1;
    again(h, r);
}
static void hire_lost(struct history *h, uint64_t seed) {
    gone(one(h, HISTORY_hire, "", seed));
}
static void hire_open(struct history *h, uint64_t seed) {
    one(h, HISTORY_hire, "", seed)->other = history_text(h, "in-progress");
}
static void account_lost(struct history *h, uint64_t seed) {
    gone(one(h, HISTORY_account, "", seed));
}
static void second_account(struct history *h, uint64_t seed) {
    struct history_record r = *one(h, HISTORY_account, "", seed);
    r.lane ^= 1;
    again(h, r);
}
static void orphan(struct history *h, uint64_t seed) {
    one(h, HISTORY_account, "", seed)->key = history_text(h, "31999");
}
static void open_for_nobody(struct history *h, uint64_t seed) {
    memcpy(one(h, HISTORY_account, "no", seed)->code, "on", 2);
}
static void closed_for_one(struct history *h, uint64_t seed) {
    memcpy(one(h, HISTORY_account, "on", seed)->code, "no", 2);
}
static void insured_twice(struct history *h, uint64_t seed) {
    again(h, *one(h, HISTORY_coverage, "21", seed));
}
static void never_insured(struct history *h, uint64_t seed) {
    gone(one(h, HISTORY_coverage, "21", seed));
}
static void torn_file(struct history *h, uint64_t seed) {
    memcpy(one(h, HISTORY_coverage, "01", seed)->code, "??", 2);
}
static void ordered_twice(struct history *h, uint64_t seed) {
    again(h, *one(h, HISTORY_order, "mk", seed));
}
static void ordered_anew(struct history *h, uint64_t seed) {
    struct history_record r = *one(h, HISTORY_order, "mk", seed);
    r.id ^= 1;
    again(h, r);
}
static void nobodys_order(struct history *h, uint64_t seed) {
    one(h, HISTORY_order, "mk", seed)->key = history_text(h, "31999");
}
static void version_lost(struct history *h, uint64_t seed) {
    uint64_t id = one(h, HISTORY_version, "", seed)->id;
    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].operation == HISTORY_version && h->records[i].id == id)
            gone(&h->records[i]);
}

TEST(each_planted_anomaly_of_a_hire_is_found) {
    static const struct {
        void (*plant)(struct history *, uint64_t seed);
        const char *check;
    } plants[] = {
        { refused, "desk" },
        { never_answered, "desk" },
        { hire_lost, "ends" },
        { hire_open, "ends" },
        { account_lost, "directory" },
        { second_account, "directory" },
        { orphan, "directory" },
        { open_for_nobody, "directory" },
        { closed_for_one, "directory" },
        { insured_twice, "carrier" },
        { never_insured, "carrier" },
        { torn_file, "carrier" },
        { ordered_twice, "vendor" },
        { ordered_anew, "vendor" },
        { nobodys_order, "vendor" },
        { version_lost, "told" },
    };
    for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++)
        for (uint64_t seed = 0; seed < ROUNDS; seed++) {
            struct history h = { 0 };
            given_clean(&h);
            plants[i].plant(&h, seed);
            CHECK_TEXT(judged(&h), plants[i].check);
            history_finish(&h);
        }
}

TEST(two_accounts_with_one_number_are_found) {
    struct history h = { 0 };
    given_clean(&h);
    struct history_record *last = one(&h, HISTORY_account, "", 1);
    uint64_t lane = last->lane;
    for (uint64_t seed = 2; last->lane == lane; seed++)
        last = one(&h, HISTORY_account, "", seed);
    last->lane = lane;
    CHECK_TEXT(judged(&h), "directory");
    history_finish(&h);
}

/* ---- the carrier */

#define ISA                                                                                        \
    "ISA*00*          *00*          *ZZ*OCTAVO         *ZZ*CARRIER        *261123*0541*^*00501*"   \
    "000001001*0*P*:~"
#define MEMBERS "GS*BE*A*B~ST*834*1~INS*Y*18*021*28~REF*0F*10001~INS*Y*18*024*28~REF*0F*10002~"

static size_t carried(const char *name, const char *text, const char *codes) {
    struct history h = { 0 };
    size_t count;
    carrier_file_read(name, bytes_text(text), &h);
    count = h.count;
    for (size_t i = 0; i < count; i++)
        CHECK(memcmp(h.records[i].code, codes + 2 * i, 2) == 0);
    history_finish(&h);
    return count;
}

TEST(a_file_counts_when_it_is_whole) {
    CHECK(carried("834-000001001.edi", ISA MEMBERS "SE*6*1~GE*1~IEA*1*000001001~", "2124") == 2);
    CHECK(carried("834-000001001.edi", ISA MEMBERS "SE*7*1~GE*1~IEA*1*000001001~", "??") == 1);
    CHECK(carried("834-000001001.edi", ISA MEMBERS "SE*6*1~GE*1~IEA*1*000001002~", "??") == 1);
    CHECK(carried("834-000002001.edi", ISA MEMBERS "SE*6*1~GE*1~IEA*1*000001001~", "??") == 1);
    CHECK(carried("834-000001001.edi", ISA MEMBERS "SE*6*1~", "??") == 1);
    CHECK(carried("834-000001001.edi", "", "??") == 1);
}
