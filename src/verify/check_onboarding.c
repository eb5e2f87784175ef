/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The promises of onboarding: each hire ends as HR's last word and the vendor's say, with one
 * account, one coverage, one order for each time it was hired, and none that stands when it was
 * taken back. */
#include "check.h"

#include "base/check.h"
#include "agency.h"

#include <stdlib.h>
#include <string.h>

/* An employee, as HR and the vendor know them. */
struct person {
    uint64_t key;
    int64_t accepted; /* requests, so the version */
    int64_t hires;    /* of them, hires and rehires */
    bool active, begun, insurable, unlucky, terminated;
    /* as is found */
    uint64_t login, reference;
    int64_t accounts, orders, told;
    bool has_row, covered, has_order;
};

struct people {
    struct person *all;
    size_t count, capacity;
    struct tally index, known; /* sum: place; ids that were counted */
};

static struct person *person_at(const struct people *p, size_t i) {
    assert(i < p->count);
    assert(p->all);
    return &p->all[i];
}

static struct person *person_find(const struct people *p, uint64_t key) {
    const struct tally_place *place = tally_find(&p->index, key);
    return place ? person_at(p, (size_t)place->sum) : NULL;
}

static struct person *person_make(struct people *p, const struct evidence *e, uint64_t key) {
    struct person *there = person_find(p, key);
    const char *name = evidence_called(e, key);
    size_t len = strlen(name);
    if (there)
        return there;
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 256;
        p->all = memory_resize(p->all, p->capacity * sizeof(*p->all));
    }
    tally_at(&p->index, key)->sum = (int64_t)p->count;
    p->all[p->count] = (struct person){ .key = key,
                                        .insurable = !len || name[len - 1] != '9',
                                        .unlucky = agency_finds(bytes_text(name)) };
    return &p->all[p->count++];
}

static bool code_is(const struct history_record *r, const char *code) {
    return memcmp(r->code, code, 2) == 0;
}

static void request_take(struct person *p, const struct history_record *r) {
    p->accepted++;
    if (code_is(r, "hi") || code_is(r, "rh")) {
        p->hires++;
        p->active = true;
        p->begun = code_is(r, "hi") && r->value;
    } else if (code_is(r, "rs") || code_is(r, "te")) {
        p->active = false;
        p->terminated = code_is(r, "te");
    }
}

static void people_gather(struct people *p, const struct evidence *e) {
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation == HISTORY_asked && r->kind == HISTORY_ok
            && !tally_at(&p->known, r->id)->note++)
            request_take(person_make(p, e, r->key), r);
    }
}

static void people_finish(struct people *p) {
    free(p->all);
    tally_finish(&p->index);
    tally_finish(&p->known);
}

/* ---- the desk */

void check_desk(const struct evidence *e, struct verdict *v) {
    struct tally requests = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_asked)
            continue;
        struct tally_place *request = tally_at(&requests, r->id);
        if (r->kind == HISTORY_invoke)
            continue;
        v->looked_at++;
        if (request->note && request->note != r->kind)
            verdict_wrong(v, r->id, "%s was accepted once and once refused",
                          evidence_called(e, r->id));
        else if (r->kind == HISTORY_fail)
            verdict_wrong(v, r->id, "%s was refused, and nothing stands against it",
                          evidence_called(e, r->id));
        request->note = r->kind;
    }
    for (size_t i = 0; i < requests.capacity; i++)
        if (requests.places[i].id && !requests.places[i].note)
            verdict_wrong(v, requests.places[i].id, "%s was never answered",
                          evidence_called(e, requests.places[i].id));
    tally_finish(&requests);
}

/* ---- ends */

static const char *end_of(const struct person *p) {
    if (!p->active)
        return p->terminated ? "terminated" : "rescinded";
    return p->unlucky ? "review" : "onboarded";
}

void check_ends(const struct evidence *e, struct verdict *v) {
    struct people people = { 0 };
    people_gather(&people, e);
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_hire)
            continue;
        struct person *p = person_find(&people, r->key);
        const char *name = evidence_called(e, r->key), *state = evidence_called(e, r->other);
        v->looked_at++;
        if (!p)
            verdict_wrong(v, 0, "there is a hire of %s, and nobody was told that it was accepted",
                          name);
        else if (p->has_row)
            verdict_wrong(v, 0, "there are two hires of %s", name);
        else if (strcmp(state, end_of(p)) != 0)
            verdict_wrong(v, 0, "%s is %s, and not %s", name, state, end_of(p));
        else if (r->value != p->accepted)
            verdict_wrong(v, 0, "%s is at version %lld after %lld requests", name,
                          (long long)r->value, (long long)p->accepted);
        if (p)
            p->has_row = true;
    }
    for (size_t i = 0; i < people.count; i++)
        if (!person_at(&people, i)->has_row)
            verdict_wrong(v, 0, "the hire of %s was accepted, and is not there",
                          evidence_called(e, person_at(&people, i)->key));
    people_finish(&people);
}

/* ---- accounts */

static void account_judge(const struct evidence *e, const struct history_record *r,
                          struct person *p, struct verdict *v) {
    const char *login = evidence_called(e, r->id), *name = evidence_called(e, r->key);
    bool on = code_is(r, "on");
    v->looked_at++;
    if (!p)
        verdict_wrong(v, 0, "the account %s is nobody's (%s)", login, name);
    else if (p->accounts++)
        verdict_wrong(v, 0, "%s has two accounts, the second is %s", name, login);
    else if (p->login && p->login != r->id)
        verdict_wrong(v, 0, "%s is known as %s, and the account is %s", name,
                      evidence_called(e, p->login), login);
    else if (on && !(p->active && p->begun))
        verdict_wrong(v, 0, "%s is %s, and the account %s is open", name,
                      p->active ? "not here yet" : end_of(p), login);
    else if (!on && p->active && p->begun)
        verdict_wrong(v, 0, "%s has begun, and the account %s is closed", name, login);
}

void check_directory(const struct evidence *e, struct verdict *v) {
    struct people people = { 0 };
    struct tally names = { 0 };
    people_gather(&people, e);
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        struct person *p = person_find(&people, r->key);
        if (r->operation == HISTORY_hire && p)
            p->login = r->lane;
    }
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_account)
            continue;
        account_judge(e, r, person_find(&people, r->key), v);
        if (!r->lane || tally_at(&names, r->lane)->note++)
            verdict_wrong(v, 0, "the number of the account %s is another's, too",
                          evidence_called(e, r->id));
    }
    for (size_t i = 0; i < people.count; i++)
        if (!person_at(&people, i)->accounts)
            verdict_wrong(v, 0, "%s has no account",
                          evidence_called(e, person_at(&people, i)->key));
    tally_finish(&names);
    people_finish(&people);
}

/* ---- coverage */

static void coverage_judge(const struct evidence *e, const struct history_record *r,
                           struct person *p, struct verdict *v) {
    const char *file = evidence_called(e, r->id), *name = evidence_called(e, r->key);
    bool adds = code_is(r, "21");
    v->looked_at++;
    if (code_is(r, "??"))
        verdict_wrong(v, 0, "%s is no whole 834 file of its number", file);
    else if (!p)
        verdict_wrong(v, 0, "%s: a coverage of nobody's, %s", file, name);
    else if (p->covered == adds)
        verdict_wrong(v, 0, "%s: 0%.2s of %s, who is %s", file, r->code, name,
                      p->covered ? "insured" : "not insured");
    if (p)
        p->covered = !code_is(r, "24");
}

void check_carrier(const struct evidence *e, struct verdict *v) {
    struct people people = { 0 };
    people_gather(&people, e);
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation == HISTORY_coverage)
            coverage_judge(e, r, person_find(&people, r->key), v);
    }
    for (size_t i = 0; i < people.count; i++) {
        const struct person *p = person_at(&people, i);
        v->looked_at++;
        if (p->covered != (p->active && p->insurable))
            verdict_wrong(v, 0, "%s is %s, and %s", evidence_called(e, p->key), end_of(p),
                          p->covered ? "insured" : "not insured");
    }
    people_finish(&people);
}

/* ---- orders */

enum { ORDERED = 1, CANCELLED = 2 };

static void order_take(const struct evidence *e, const struct history_record *r,
                       struct people *people, struct verdict *v) {
    struct person *p = person_find(people, r->key);
    struct tally_place *order = tally_at(&people->known, tally_mix(r->id, 77));
    const char *reference = evidence_called(e, r->id);
    v->looked_at++;
    if (code_is(r, "cx")) {
        order->note |= CANCELLED;
        return;
    }
    if (!p)
        verdict_wrong(v, 0, "the order %s is nobody's", reference);
    else if (order->note & ORDERED)
        verdict_wrong(v, 0, "the order %s was made twice", reference);
    else if (++p->orders > p->hires)
        verdict_wrong(v, 0, "%s has %lld orders, and was hired %lld times",
                      evidence_called(e, r->key), (long long)p->orders, (long long)p->hires);
    order->note |= ORDERED;
}

void check_vendor(const struct evidence *e, struct verdict *v) {
    struct people people = { 0 };
    people_gather(&people, e);
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        struct person *p = person_find(&people, r->key);
        if (r->operation == HISTORY_order)
            order_take(e, r, &people, v);
        else if (r->operation == HISTORY_hire && p)
            p->reference = r->id;
    }
    for (size_t i = 0; i < people.count; i++) {
        const struct person *p = person_at(&people, i);
        if (!p->active)
            continue;
        const struct tally_place *order = tally_find(&people.known, tally_mix(p->reference, 77));
        if (!order || order->note != ORDERED)
            verdict_wrong(v, 0, "%s is %s by the order %s, which %s", evidence_called(e, p->key),
                          end_of(p), evidence_called(e, p->reference),
                          order ? "was cancelled" : "is not there");
    }
    people_finish(&people);
}

/* ---- told */

/* What a relay says again has the same id. */
void check_told(const struct evidence *e, struct verdict *v) {
    struct people people = { 0 };
    people_gather(&people, e);
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_version
            || tally_at(&people.known, tally_mix(r->id, 78))->note++)
            continue;
        struct person *p = person_find(&people, r->key);
        v->looked_at++;
        if (!p)
            verdict_wrong(v, r->id,
                          "the topic tells of %s, and nobody was told that it is accepted",
                          evidence_called(e, r->key));
        else if (r->value != ++p->told)
            verdict_wrong(v, r->id, "version %lld of %s comes where %lld should",
                          (long long)r->value, evidence_called(e, r->key), (long long)p->told);
    }
    for (size_t i = 0; i < people.count; i++)
        if (person_at(&people, i)->told != person_at(&people, i)->accepted)
            verdict_wrong(v, 0, "%lld requests of %s were accepted, %lld are in the topic",
                          (long long)person_at(&people, i)->accepted,
                          evidence_called(e, person_at(&people, i)->key),
                          (long long)person_at(&people, i)->told);
    people_finish(&people);
}

const struct check checks_onboarding[] = {
    { "desk", "a request has one answer, however often it is asked", ANSWER(1) | ANSWER(3),
      check_desk },
    { "ends", "each hire ends as HR's last word and the vendor's say", ANSWER(1) | ANSWER(5),
      check_ends },
    { "directory", "each has one account, open while they work here", ANSWER(3) | ANSWER(5),
      check_directory },
    { "carrier", "files are whole, and insure who works here", ANSWER(3) | ANSWER(5) | ANSWER(6),
      check_carrier },
    { "vendor", "each time of being hired has one order, and it stands", ANSWER(3) | ANSWER(5),
      check_vendor },
    { "told", "versions of an employee are told one after the other",
      ANSWER(2) | ANSWER(6) | ANSWER(8), check_told },
    { NULL, NULL, 0, NULL },
};
