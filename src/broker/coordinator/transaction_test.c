/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Decisions about transactions, one by one, and then many random lives of producers whose requests
 * are held up, lost and repeated on the way. */
#include "transaction.h"

#include "base/random.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct transaction_facts session_of(enum transaction_phase phase) {
    return (struct transaction_facts){ .is_known = true,
                                       .phase = phase,
                                       .producer_id = 70,
                                       .epoch = 5,
                                       .last_producer_id = -1,
                                       .last_epoch = -1,
                                       .connection = 10,
                                       .deadline_ms = 1000 };
}

static struct transaction_verdict decide(const struct transaction_facts *f,
                                         struct transaction_event e) {
    e.connection = e.connection ? e.connection : 10;
    return transaction_decide(f, &e, 0);
}

static struct transaction_event init_of(int64_t producer_id, int16_t epoch) {
    return (struct transaction_event){
        .kind = TRANSACTION_INIT, .producer_id = producer_id, .epoch = epoch, .timeout_ms = 60000
    };
}

static struct transaction_event event_of(enum transaction_event_kind kind) {
    return (struct transaction_event){
        .kind = kind, .producer_id = 70, .epoch = 5, .is_added = true, .commits = true
    };
}

TEST(a_first_session_gets_a_new_producer_id_and_epoch_0) {
    struct transaction_facts f = { 0 };
    struct transaction_verdict v = decide(&f, init_of(-1, -1));
    CHECK(!v.code && v.renews && !v.ends);
    CHECK_INT(v.producer_id, -1);
    CHECK_INT(v.epoch, 0);
}

TEST(a_next_session_has_the_same_id_and_the_next_epoch_and_aborts_what_is_open) {
    for (int phase = PHASE_NEW; phase <= PHASE_ABORTED; phase++) {
        struct transaction_facts f = session_of((enum transaction_phase)phase);
        struct transaction_verdict v = decide(&f, init_of(-1, -1));
        CHECK(!v.code && v.renews && !v.commits);
        CHECK(v.ends == (phase == PHASE_OPEN));
        CHECK_INT(v.producer_id, 70);
        CHECK_INT(v.epoch, 6);
        CHECK_INT(v.marker_epoch, 6); /* so the log itself fences the old session */
    }
}

TEST(epochs_that_are_used_up_begin_again_with_another_id) {
    struct transaction_facts f = session_of(PHASE_OPEN);
    f.epoch = EPOCH_LAST;
    struct transaction_verdict v = decide(&f, init_of(-1, -1));
    CHECK(!v.code && v.ends);
    CHECK_INT(v.marker_epoch, INT16_MAX);
    CHECK_INT(v.producer_id, -1);
    CHECK_INT(v.epoch, 0);
    f.epoch = EPOCH_LAST - 1;
    CHECK_INT(decide(&f, init_of(-1, -1)).epoch, EPOCH_LAST);
}

TEST(a_session_that_goes_on_from_its_own_is_taken_from_another_is_fenced) {
    struct transaction_facts f = session_of(PHASE_ABORTED);
    struct transaction_verdict v = decide(&f, init_of(70, 5));
    CHECK_INT(v.epoch, 6);
    CHECK_INT(v.last_producer_id, 70);
    CHECK_INT(v.last_epoch, 5);
    CHECK_INT(decide(&f, init_of(70, 4)).code, TRANSACTION_FENCED);
    CHECK_INT(decide(&f, init_of(70, 6)).code, TRANSACTION_FENCED);
    CHECK_INT(decide(&f, init_of(71, 5)).code, TRANSACTION_FENCED);
    f = session_of(PHASE_NEW); /* and now it asks again, because no answer came */
    f.last_producer_id = 70;
    f.last_epoch = 4;
    v = decide(&f, init_of(70, 4));
    CHECK(!v.code && !v.renews && !v.ends);
    f.phase = PHASE_OPEN; /* but not once the session is used */
    CHECK_INT(decide(&f, init_of(70, 4)).code, TRANSACTION_FENCED);
}

TEST(a_timeout_is_bounded) {
    struct transaction_facts f = { 0 };
    struct transaction_event e = init_of(-1, -1);
    static const int32_t bad[] = { INT32_MIN, -1, 0, TRANSACTION_TIMEOUT_MAX_MS + 1, INT32_MAX };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        e.timeout_ms = bad[i];
        CHECK_INT(decide(&f, e).code, TRANSACTION_INVALID_TIMEOUT);
    }
    e.timeout_ms = TRANSACTION_TIMEOUT_MAX_MS;
    CHECK_INT(decide(&f, e).code, TRANSACTION_OK);
}

TEST(whoever_is_unknown_or_fenced_is_told_so_by_every_request) {
    for (int kind = TRANSACTION_ADD; kind <= TRANSACTION_END; kind++) {
        bool is_part = kind == TRANSACTION_PRODUCE || kind == TRANSACTION_OFFSETS;
        struct transaction_facts none = { 0 }, f = session_of(PHASE_OPEN);
        struct transaction_event e = event_of((enum transaction_event_kind)kind);
        CHECK_INT(decide(&none, e).code, TRANSACTION_INVALID_MAPPING);
        CHECK_INT(decide(&f, e).code, TRANSACTION_OK);
        e.producer_id = 71;
        CHECK_INT(decide(&f, e).code, TRANSACTION_INVALID_MAPPING);
        e.producer_id = 70;
        for (int16_t epoch = 4; epoch <= 6; epoch += 2) {
            e.epoch = epoch;
            CHECK_INT(decide(&f, e).code, is_part ? TRANSACTION_INVALID_EPOCH : TRANSACTION_FENCED);
        }
        e.epoch = 5;
        e.connection = 9; /* older than the one that speaks; records come over others */
        CHECK_INT(decide(&f, e).code, is_part ? TRANSACTION_OK : TRANSACTION_FENCED);
        e.connection = 11;
        CHECK_INT(decide(&f, e).code, TRANSACTION_OK);
    }
}

TEST(records_and_offsets_need_an_open_transaction_that_has_their_partition_or_group) {
    for (int phase = PHASE_NEW; phase <= PHASE_ABORTED; phase++)
        for (int kind = TRANSACTION_PRODUCE; kind <= TRANSACTION_OFFSETS; kind++)
            for (int added = 0; added < 2; added++) {
                struct transaction_facts f = session_of((enum transaction_phase)phase);
                struct transaction_event e = event_of((enum transaction_event_kind)kind);
                e.is_added = added;
                CHECK_INT(decide(&f, e).code, phase == PHASE_OPEN && added
                                                  ? TRANSACTION_OK
                                                  : TRANSACTION_INVALID_STATE);
            }
}

TEST(an_end_is_taken_once_repeated_the_same_way_and_never_turned_round) {
    static const struct {
        enum transaction_phase phase;
        bool commits;
        enum transaction_code code;
        bool ends;
    } cases[] = {
        { PHASE_NEW, true, TRANSACTION_INVALID_STATE, false },
        { PHASE_NEW, false, TRANSACTION_INVALID_STATE, false },
        { PHASE_OPEN, true, TRANSACTION_OK, true },
        { PHASE_OPEN, false, TRANSACTION_OK, true },
        { PHASE_COMMITTED, true, TRANSACTION_OK, false },
        { PHASE_COMMITTED, false, TRANSACTION_INVALID_STATE, false },
        { PHASE_ABORTED, true, TRANSACTION_INVALID_STATE, false },
        { PHASE_ABORTED, false, TRANSACTION_OK, false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct transaction_facts f = session_of(cases[i].phase);
        struct transaction_event e = event_of(TRANSACTION_END);
        e.commits = cases[i].commits;
        struct transaction_verdict v = decide(&f, e);
        CHECK_INT(v.code, cases[i].code);
        CHECK(v.ends == cases[i].ends && v.commits == (cases[i].ends && cases[i].commits));
        CHECK(!v.renews);
        CHECK(!v.ends || v.marker_epoch == 5);
    }
}

TEST(time_aborts_an_open_transaction_at_its_deadline_and_fences_its_session) {
    struct transaction_facts f = session_of(PHASE_OPEN);
    struct transaction_event e = { .kind = TRANSACTION_TIME };
    CHECK(!transaction_decide(&f, &e, 999).ends);
    struct transaction_verdict v = transaction_decide(&f, &e, 1000);
    CHECK(v.ends && !v.commits && v.renews);
    CHECK_INT(v.epoch, 6);
    CHECK_INT(v.last_epoch, -1); /* nobody goes on from it */
    f.phase = PHASE_COMMITTED;
    CHECK(!transaction_decide(&f, &e, 2000).ends);
}

/* Random lives. Producers take over from each other; each begins a transaction, ends it and hears
 * what became of it; a request may be held up, and then its producer has opened a new connection,
 * sent it again and perhaps gone on. Held requests arrive at any later time. */

enum { HELD_MAX = 16, PRODUCERS = 3, STEPS = 400, LIVES = 300 };

struct client {
    int64_t producer_id;
    int16_t epoch;
    uint64_t connection;
    int64_t transaction; /* its number while one is open, else 0 */
    bool is_fenced;
};

struct life {
    struct random random;
    struct transaction_facts facts;
    struct client clients[PRODUCERS];
    struct transaction_event held[HELD_MAX];
    size_t held_count;
    uint64_t connections;
    int64_t producers, transactions;
    int64_t open; /* the number of the transaction that the server has open, else 0 */
    int64_t now_ms;
    int64_t committed, aborted, refused; /* so that a run that did nothing is seen */
};

/* What storage does with a verdict. `by` is whose transaction ends, as it believes; -1: nobody's */
static struct transaction_verdict apply(struct life *l, const struct transaction_event *e,
                                        int64_t number) {
    struct transaction_verdict v = transaction_decide(&l->facts, e, l->now_ms);
    struct transaction_facts *f = &l->facts;
    if (v.code) {
        CHECK(!v.ends && !v.renews && !v.opens);
        l->refused++;
        return v;
    }
    if (e->kind != TRANSACTION_TIME)
        f->connection = e->connection;
    if (v.ends) {
        CHECK_INT(f->phase, PHASE_OPEN);
        CHECK(!v.commits || l->open == number); /* nobody commits what is not his */
        f->phase = v.commits ? PHASE_COMMITTED : PHASE_ABORTED;
        *(v.commits ? &l->committed : &l->aborted) += 1;
        l->open = 0;
    }
    if (v.renews) {
        CHECK(!f->is_known || v.producer_id != f->producer_id || v.epoch > f->epoch);
        f->is_known = true;
        f->phase = PHASE_NEW;
        f->producer_id = v.producer_id < 0 ? ++l->producers : v.producer_id;
        f->epoch = v.epoch;
        f->last_producer_id = v.last_producer_id;
        f->last_epoch = v.last_epoch;
    }
    if (v.opens) {
        CHECK(f->phase != PHASE_OPEN);
        f->phase = PHASE_OPEN;
        f->deadline_ms = l->now_ms + 100;
        l->open = number;
    }
    return v;
}

static struct transaction_event request_of(const struct client *c,
                                           enum transaction_event_kind kind) {
    return (struct transaction_event){
        .kind = kind, .producer_id = c->producer_id, .epoch = c->epoch, .connection = c->connection
    };
}

/* Sends; now and then the first copy is held up and a second one goes over a new connection. */
static struct transaction_verdict send_event(struct life *l, struct client *c,
                                             struct transaction_event e) {
    if (random_below(&l->random, 4) == 0) {
        if (random_below(&l->random, 2))
            (void)apply(l, &e, c->transaction); /* done, the answer lost */
        else if (l->held_count < HELD_MAX)
            l->held[l->held_count++] = e;
        c->connection = e.connection = ++l->connections;
    }
    return apply(l, &e, c->transaction);
}

static void begin_session(struct life *l, struct client *c) {
    struct transaction_event e = init_of(-1, -1);
    e.connection = c->connection = ++l->connections;
    CHECK(!apply(l, &e, 0).code);
    *c = (struct client){ l->facts.producer_id, l->facts.epoch, c->connection, 0, false };
    for (int i = 0; i < PRODUCERS; i++)
        if (&l->clients[i] != c)
            l->clients[i].is_fenced = true;
}

static void finish_transaction(struct life *l, struct client *c) {
    struct transaction_event e = request_of(c, TRANSACTION_END);
    int64_t committed = l->committed;
    e.commits = random_below(&l->random, 2);
    struct transaction_verdict v = send_event(l, c, e);
    if (c->is_fenced)
        CHECK_INT(v.code, c->producer_id == l->facts.producer_id ? TRANSACTION_FENCED
                                                                 : TRANSACTION_INVALID_MAPPING);
    else if (!v.code) /* it is told what became of it, once */
        CHECK(l->committed == committed + e.commits && !l->open);
    c->is_fenced = c->is_fenced || v.code;
    c->transaction = 0;
}

static void act(struct life *l, struct client *c) {
    if (!c->producer_id || c->is_fenced) {
        if (random_below(&l->random, 8) == 0)
            begin_session(l, c);
        else if (c->producer_id)
            finish_transaction(l, c); /* a zombie does not know */
        return;
    }
    if (c->transaction) {
        finish_transaction(l, c);
        return;
    }
    c->transaction = ++l->transactions;
    struct transaction_verdict v = send_event(l, c, request_of(c, TRANSACTION_ADD));
    CHECK(v.code || l->facts.phase == PHASE_OPEN);
    c->is_fenced = v.code != TRANSACTION_OK;
}

static void deliver_held(struct life *l) {
    size_t at = (size_t)random_below(&l->random, l->held_count);
    struct transaction_event e = l->held[at];
    int64_t open = l->open, committed = l->committed, aborted = l->aborted;
    l->held[at] = l->held[--l->held_count];
    (void)apply(l, &e, -1);
    CHECK_INT(l->open, open); /* whatever it was, it came too late to change anything */
    CHECK_INT(l->committed, committed);
    CHECK_INT(l->aborted, aborted);
}

static void pass_time(struct life *l) {
    struct transaction_event e = { .kind = TRANSACTION_TIME };
    l->now_ms += (int64_t)random_below(&l->random, 120);
    int64_t aborted = l->aborted;
    (void)apply(l, &e, -1);
    for (int i = 0; i < PRODUCERS && l->aborted > aborted; i++)
        l->clients[i].is_fenced = true;
}

TEST(no_late_request_ends_or_opens_a_transaction_and_no_zombie_commits) {
    uint64_t seed = test_seed();
    int64_t committed = 0, aborted = 0, refused = 0;
    for (int i = 0; i < LIVES; i++) {
        struct life l = { .random = random_seeded(seed + (uint64_t)i) };
        for (int step = 0; step < STEPS; step++) {
            uint64_t what = random_below(&l.random, 10);
            if (what == 0)
                pass_time(&l);
            else if (what < 3 && l.held_count)
                deliver_held(&l);
            else
                act(&l, &l.clients[random_below(&l.random, PRODUCERS)]);
        }
        committed += l.committed;
        aborted += l.aborted;
        refused += l.refused;
    }
    CHECK(committed > LIVES && aborted > LIVES && refused > LIVES);
    printf("# %lld committed, %lld aborted, %lld refused\n", (long long)committed,
           (long long)aborted, (long long)refused);
}
