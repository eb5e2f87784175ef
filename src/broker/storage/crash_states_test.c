/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Power cuts: a seeded workload is stopped at its first, second, third ... change of the disk,
 * and from each stop several states of the disk are tried that could be left behind. Each must
 * recover to a state that the judge (history.h) accepts, also when power fails again during the
 * recovery, and again after more work. OCTAVO_CRASH_STATES says how many states; 5000 by default,
 * ten times as many with OCTAVO_DEEP. */
#include "base/event.h"
#include "base/random.h"
#include "base/test.h"
#include "history.h"
#include "transactions_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATES_DEFAULT = 5000, STATES_DEEP = 50000, STATES_PER_STOP = 4, STEPS = 60 };
enum { PRODUCERS = 3, PRODUCER = 7 }; /* 8 and 9 are the transactional ones */
enum { STATES_PER_SECOND = 300 };     /* slower than this is stuck */

struct run {
    struct given given;
    struct history history;
    struct random random;
    int32_t sequences[PRODUCERS][4]; /* of producer 7, 8, 9 per partition of "orders" */
    int64_t committed;
};

static struct run *told_run; /* whom on_run_synced tells */

static void on_run_synced(void *context, lsn_t synced) {
    (void)context;
    history_report(&told_run->history, synced);
}

static void run_begin(struct run *r, uint64_t seed) {
    memset(r, 0, sizeof(*r));
    given_disk(&r->given);
    r->given.options.on_synced = on_run_synced;
    r->given.options.on_failed = NULL;
    r->given.options.checkpoint_bytes = 3000;
    r->history.reported_id = -1;
    r->random = random_seeded(seed);
}

/* Each step answers false once the power is off. */

static bool do_topic(struct run *r, const char *name, int32_t partitions) {
    lsn_t lsn;
    if (topic_create(r->given.storage, name, partitions, &lsn))
        return false;
    history_add(&r->history, DEED_TOPIC, lsn, name);
    return true;
}

/* Producer -1: none. */
static void write_batch(struct run *r, struct batch_writer *w, int32_t partition, int producer) {
    char value[400];
    int records = 1 + (int)random_below(&r->random, 3);
    batch_begin(w, r->given.clock.wall_ms);
    if (producer >= 0) {
        w->batch.producer_id = PRODUCER + producer;
        w->batch.producer_epoch = 0;
        w->batch.base_sequence = r->sequences[producer][partition];
        r->sequences[producer][partition] += records;
        w->batch.attributes = producer ? BATCH_TRANSACTIONAL : 0;
    }
    for (int i = 0; i < records; i++) {
        size_t len = random_below(&r->random, 8) ? 20 : sizeof(value) - 1;
        memset(value, 'a' + (int)(r->history.values % 26), sizeof(value));
        value[len] = 0;
        (void)snprintf(value, len, "v%llu", (unsigned long long)r->history.values++);
        batch_add(w, r->given.clock.wall_ms, bytes_text("key"), bytes_of(value, len));
    }
    (void)batch_end(w);
}

static bool do_batch_of(struct run *r, const char *topic, int32_t partition, int producer) {
    struct batch_writer w;
    struct appended a;
    struct topic *t = topic_find(r->given.storage, bytes_text(topic));
    if (!t)
        return true;
    write_batch(r, &w, partition, producer);
    struct partition *p = t->partitions[partition];
    enum error e = partition_append(p, &w.batch, &a);
    if (!e) {
        struct deed *d = history_add(&r->history, DEED_BATCH, a.lsn, topic);
        batch_patch_offset(w.out.data, a.base_offset, partition_leader_epoch(p));
        d->partition = partition;
        d->offset = a.base_offset;
        d->whole = arena_copy(&r->history.memory, buf_bytes(&w.out));
        d->producer_id = w.batch.producer_id;
        d->in_txn = producer > 0;
    }
    buf_finish(&w.out);
    return !e;
}

static bool do_batch(struct run *r, const char *topic, int32_t partition) {
    return do_batch_of(r, topic, partition, random_below(&r->random, 2) ? 0 : -1);
}

/* Transactions: "t1" and "t2", of producers 8 and 9. */

static bool do_txn_begin(struct run *r, struct txn *t, const char *id, int which) {
    struct txn_session session = { PRODUCER + which, 0, -1, -1, 60000 };
    struct partition *p[2];
    lsn_t lsn;
    struct topic *topic = topic_find(r->given.storage, bytes_text("orders"));
    if (!topic)
        return true; /* a crash took it */
    if (!t) {
        if (txn_begin_session(r->given.storage, bytes_text(id), &session, &t, &lsn))
            return false;
        history_add(&r->history, DEED_TXN, lsn, id)->is_reported = false;
    }
    for (int i = 0; i < 2; i++)
        p[i] = topic->partitions[random_below(&r->random, 3)];
    return !txn_add_partitions(r->given.storage, t, p, 2, &lsn)
           && !txn_add_group(r->given.storage, t, bytes_text(id), &lsn);
}

static void note_markers(struct run *r, const struct txn *t, bool commits) {
    for (size_t i = 0; i < t->partition_count; i++) {
        if (!partition_has_open(t->partitions[i], t->session.producer_id))
            continue;
        struct deed *d = history_add(&r->history, DEED_MARKER,
                                     storage_appended_lsn(r->given.storage) + 1, "orders");
        d->partition = t->partitions[i]->index;
        d->offset = partition_end(t->partitions[i]);
        d->producer_id = t->session.producer_id;
        d->commits = commits;
    }
    if (!commits || !t->offset_count)
        return;
    struct deed *d =
        history_add(&r->history, DEED_OFFSET, storage_appended_lsn(r->given.storage) + 1, "orders");
    d->group = t->session.producer_id == PRODUCER + 1 ? "t1" : "t2";
    d->partition = 0;
    d->offset = t->offsets[t->offset_count - 1].value.offset;
}

/* Its deeds are noted before: the call may end it and lose power at once. */
static bool do_txn_end(struct run *r, struct txn *t) {
    bool commits = random_below(&r->random, 2);
    size_t count = r->history.count;
    lsn_t lsn;
    note_markers(r, t, commits);
    if (!txn_end(r->given.storage, t, &(struct txn_ending){ commits, 0, NULL }, &lsn))
        return true;
    r->history.count = count;
    return false;
}

static bool do_txn(struct run *r) {
    int which = 1 + (int)random_below(&r->random, 2);
    const char *id = which == 1 ? "t1" : "t2";
    struct txn *t = txn_find(r->given.storage, bytes_text(id));
    struct committed_offset c = { ++r->committed, 0, "", r->given.clock.wall_ms };
    struct offset_key key = { bytes_text(id), bytes_text("orders"), 0 };
    lsn_t lsn;
    if (!t || t->status != TXN_OPEN)
        return do_txn_begin(r, t, id, which);
    switch (random_below(&r->random, 5)) {
    case 0:
        return do_txn_end(r, t);
    case 1:
        return !txn_add_offset(r->given.storage, t, &key, &c, &lsn);
    default:
        return do_batch_of(
            r, "orders", t->partitions[random_below(&r->random, t->partition_count)]->index, which);
    }
}

static bool do_commit(struct run *r) {
    struct committed_offset c = { ++r->committed, 0, "", r->given.clock.wall_ms };
    int32_t partition = (int32_t)random_below(&r->random, 2);
    lsn_t lsn;
    if (offset_commit(r->given.storage, bytes_text("group"), bytes_text("orders"), partition, &c,
                      &lsn))
        return false;
    struct deed *d = history_add(&r->history, DEED_OFFSET, lsn, "orders");
    d->group = "group";
    d->partition = partition;
    d->offset = c.offset;
    return true;
}

static bool do_producer_id(struct run *r) {
    int64_t id;
    lsn_t lsn;
    if (producer_id_next(r->given.storage, &id, &lsn))
        return false;
    if (lsn <= storage_synced_lsn(r->given.storage))
        r->history.reported_id = id;
    return true;
}

/* After a restart a producer goes on where the log says. */
static void learn_sequences(struct run *r) {
    memset(r->sequences, 0, sizeof(r->sequences));
    for (size_t i = 0; i < r->history.count; i++) {
        const struct deed *d = &r->history.deeds[i];
        struct cursor in = cursor_on(d->whole);
        struct batch b;
        if (d->kind != DEED_BATCH || d->is_lost || d->producer_id < 0)
            continue;
        CHECK_OK(batch_read(&b, &in));
        r->sequences[d->producer_id - PRODUCER][d->partition] = b.base_sequence + b.record_count;
    }
}

static bool do_restart(struct run *r, bool cleanly) {
    told_run = r;
    if (cleanly)
        given_close(&r->given);
    else
        given_kill(&r->given);
    if (given_open(&r->given))
        return false;
    history_judge(&r->history, &r->given);
    learn_sequences(r);
    return true;
}

static bool do_step(struct run *r, bool may_restart) {
    told_run = r;
    fake_clock_advance(&r->given.clock, 1);
    switch (random_below(&r->random, 24)) {
    case 0:
        storage_flush(r->given.storage);
        return true;
    case 1:
        return do_commit(r);
    case 2:
        return do_producer_id(r);
    case 3:
    case 4:
    case 5:
    case 6:
        given_sync(&r->given);
        return true;
    case 7:
        if (may_restart && random_below(&r->random, 3) == 0)
            return do_restart(r, true);
        storage_poll(r->given.storage);
        return true;
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 14:
        return do_txn(r);
    default:
        return do_batch(r, "orders", (int32_t)random_below(&r->random, 3));
    }
}

/* The whole workload, until the power goes. */
static bool run_workload(struct run *r) {
    told_run = r;
    if (given_open(&r->given) || !do_topic(r, "orders", 3))
        return false;
    for (int i = 0; i < STEPS; i++)
        if (!do_step(r, true))
            return false;
    given_sync(&r->given);
    return memory_disk_operations(r->given.disk) > 0;
}

/* Another run that goes on from the disk and the history of `r`. */
static struct run *run_fork(const struct run *r, uint64_t seed) {
    struct run *fork = memory_get(sizeof(*fork));
    *fork = *r;
    fork->given.disk = memory_disk_copy(r->given.disk);
    fork->given.storage = NULL;
    fork->given.options.clock = &fork->given.clock.clock;
    fork->given.options.context = &fork->given;
    fork->history = history_copy(&r->history);
    fork->random = random_seeded(seed);
    told_run = fork;
    return fork;
}

static void run_end(struct run *r) {
    given_finish(&r->given);
    history_finish(&r->history);
}

/* Lets the recovery itself lose power, several times. */
static void break_recovery(struct run *r) {
    for (uint64_t i = random_below(&r->random, 3); i > 0; i--) {
        int64_t nth = (int64_t)random_below(&r->random, 12);
        memory_disk_power_off_after(r->given.disk, memory_disk_operations(r->given.disk) + nth);
        (void)!given_open(&r->given);
        given_close(&r->given);
        memory_disk_crash(r->given.disk, random_next(&r->random));
    }
}

static void recover_and_judge(struct run *r) {
    CHECK_OK(given_open(&r->given));
    history_judge(&r->history, &r->given);
    learn_sequences(r);
}

static void try_state(const struct run *stopped, uint64_t seed) {
    struct run *r = run_fork(stopped, seed);
    r->given.options.segment_bytes = 600 + (int64_t)random_below(&r->random, 2000);
    bool is_kill = random_below(&r->random, 8) == 0; /* the page cache stays */
    if (!is_kill)
        memory_disk_crash(r->given.disk, random_next(&r->random));
    break_recovery(r);
    recover_and_judge(r);
    int steps = (int)random_below(&r->random, 12);
    for (int i = 0; i < steps; i++)
        CHECK(do_step(r, false));
    if (random_below(&r->random, 2))
        given_kill(&r->given);
    else
        given_close(&r->given);
    memory_disk_crash(r->given.disk, random_next(&r->random));
    recover_and_judge(r);
    run_end(r);
    free(r);
}

static int64_t states_wanted(void) {
    const char *text = getenv("OCTAVO_CRASH_STATES");
    if (text)
        return strtoll(text, NULL, 10);
    return getenv("OCTAVO_DEEP") ? STATES_DEEP : STATES_DEFAULT;
}

TEST(no_power_cut_loses_what_was_reported_or_shows_what_was_not) {
    uint64_t seed = test_seed();
    int64_t stop = 0, states = 0, wanted = states_wanted(), workloads = 0;
    event_log_from(EVENT_error);
    (void)alarm((unsigned)(120 + wanted / STATES_PER_SECOND));
    while (states < wanted) {
        struct run *r = memory_get(sizeof(*r));
        run_begin(r, seed);
        memory_disk_power_off_after(r->given.disk, stop);
        bool is_done = run_workload(r);
        given_close(&r->given);
        for (int i = 0; i < STATES_PER_STOP; i++, states++)
            try_state(r, seed * 1000003 + (uint64_t)stop * 101 + (uint64_t)i);
        stop = is_done ? 0 : stop + 1;
        seed += is_done;
        workloads += is_done;
        run_end(r);
        free(r);
    }
    printf("# %lld states of %lld workloads\n", (long long)states, (long long)workloads);
}
