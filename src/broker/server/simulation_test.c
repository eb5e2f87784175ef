/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The whole broker - wire, coordinators, storage, the file layer - in one thread from one seed:
 * make sim SEED=n. Clients produce (plain, idempotent, in transactions), read, and commit offsets
 * of a group, all at once, one request of each on its way. Connections break with answers in them,
 * EndTxn is held back and comes late on an old connection, time jumps over time-outs, a sync fails,
 * the process is killed, the power goes and takes any part of what was not synced. At the end the
 * judge (judge_test.h) holds what clients were told against what is there.
 *
 * Sockets are pairs of unix sockets, on which what is written can be read at once; the clock moves
 * when it is told; so a seed is a run, which a test shows. OCTAVO_SIM: how many seeds from
 * OCTAVO_SEED on. */
#include "actors_test.h"

#include "base/event.h"
#include "net/connection.h"
#include "server_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEEDS_DEFAULT = 150, STEPS = 260 };

/* ---- what happens */

static void actor_cut(struct actor *a) {
    happened.cuts++;
    peer_drop(&a->peer);
    actor_lost(a);
    if (chance(2))
        turn();
    actor_connect(a);
}

/* They are no listener's. */
static void connections_end(void) {
    while (broker->clients)
        connection_destroy(broker->clients->connection);
}

static void crash(bool power) {
    memory_disk_power_off_after(broker_disk, memory_disk_operations(broker_disk));
    for (int i = 0; i < ACTORS; i++) {
        peer_drop(&sim.actors[i].peer);
        actor_lost(&sim.actors[i]);
    }
    if (sim.held.len) {
        peer_drop(&sim.held_peer);
        buf_finish(&sim.held);
    }
    connections_end();
    broker_stop();
    if (power) {
        memory_disk_crash(broker_disk, random_next(&sim.random));
    } else {
        struct disk *copy = memory_disk_copy(broker_disk); /* with its power on again */
        memory_disk_destroy(broker_disk);
        broker_disk = copy;
    }
    memory_disk_fail(broker_disk, NULL);
    broker_failures = 0;
    happened.crashes++;
    broker_start();
    for (int i = 0; i < ACTORS; i++)
        actor_connect(&sim.actors[i]);
}

static void disaster(void) {
    struct memory_disk_fault fault = { .op = MEMORY_DISK_SYNC, .nth = 1, .error = E_io };
    switch (random_below(&sim.random, 4)) {
    case 0:
        crash(false);
        return;
    case 1:
        crash(true);
        return;
    case 2: /* in the middle of what comes */
        memory_disk_power_off_after(broker_disk, memory_disk_operations(broker_disk)
                                                     + (int64_t)random_below(&sim.random, 12));
        return;
    default:
        memory_disk_fail(broker_disk, &fault);
        happened.syncs_failed++;
    }
}

static void step(void) {
    struct actor *a = &sim.actors[random_below(&sim.random, ACTORS)];
    struct bytes frame;
    if (broker_failures)
        crash(true);
    if (a->waits == -1)
        actor_next(a);
    else if (answer_came(&a->peer, &frame))
        actor_answered(a, frame);
    for (uint64_t i = random_below(&sim.random, 4); i > 0; i--)
        turn();
    if (chance(6))
        fake_clock_advance(&broker_clock, (int64_t)random_below(&sim.random, 400));
    if (chance(90))
        fake_clock_advance(&broker_clock, TXN_TIMEOUT_MS + 2000);
    if (chance(40))
        actor_cut(a);
    if (chance(70))
        disaster();
    if (sim.held.len && chance(60))
        held_release();
}

/* ---- from the beginning to the end */

static void actor_ask(struct actor *a, int16_t key, const void *request, void *response) {
    struct bytes frame;
    actor_send(a, key, request);
    for (int i = 0; i < PATIENCE_TURNS; i++) {
        turn();
        if (!answer_came(&a->peer, &frame))
            continue;
        a->waits = -1;
        frame_decode(key, frame, response);
        return;
    }
    test_failed(__FILE__, __LINE__, "no answer to API %d", key);
}

static void begin(uint64_t seed) {
    struct create_topics_request_topic topic = { .name = bytes_text("t"),
                                                 .partition_count = JUDGE_PARTITIONS,
                                                 .replication_factor = 1 };
    struct create_topics_request request = { .topics = &topic, .topics_count = 1 };
    struct create_topics_response response;
    memset(&sim, 0, sizeof(sim));
    sim.random = random_seeded(seed);
    broker_disk = NULL;
    broker_failures = 0;
    broker_options.wal_first_bytes = 4096;
    broker_options.wal_file_bytes = 8192;
    broker_options.segment_bytes = 3000;
    broker_options.checkpoint_bytes = 6000;
    broker_start();
    for (int i = 0; i < ACTORS; i++) {
        sim.actors[i] = (struct actor){ .kind = i, .id = -1, .value = -1, .txn = NO_TXN };
        sim.actors[i].generation = -1;
        actor_connect(&sim.actors[i]);
    }
    actor_ask(&sim.actors[0], API_create_topics, &request, &response);
    CHECK_INT(response.topics[0].error_code, KAFKA_NONE);
}

/* Returns the offset behind what an answer gave, which ends with its segment. */
static int64_t part_find_from(struct actor *a, int partition, int64_t offset, int64_t *end) {
    struct fetch_request request = fetch_of("t", partition, offset);
    struct fetch_response response;
    request.isolation_level = 1;
    actor_ask(a, API_fetch, &request, &response);
    struct reading read = { .got = &response.topics[0].partitions[0],
                            .partition = partition,
                            .final = true };
    CHECK_INT(read.got->error_code, KAFKA_NONE);
    CHECK_INT(read.got->last_stable_offset, read.got->high_watermark);
    *end = read.got->high_watermark;
    return records_read(&read, offset);
}

static void part_find(struct actor *a, int partition) {
    int64_t from, next = 0, end;
    do {
        from = next;
        next = part_find_from(a, partition, from, &end);
    } while (next > from && next < end);
    CHECK_INT(next, end);
}

static void offsets_find(struct actor *a) {
    static const char *const groups[] = { "g0", "g1" };
    int32_t index = 0;
    for (int g = 0; g < JUDGE_GROUPS; g++) {
        struct offset_fetch_request_topic topic = { bytes_text("t"), &index, 1 };
        struct offset_fetch_request request = { .group_id = bytes_text(groups[g]),
                                                .topics = &topic,
                                                .topics_count = 1 };
        struct offset_fetch_response response;
        actor_ask(a, API_offset_fetch, &request, &response);
        sim.judge.found_offsets[g] = response.topics[0].partitions[0].committed_offset;
    }
}

/* All faults end, every transaction is ended, everything is read. */
static void rest(void) {
    crash(!chance(4));
    for (int i = TXN_A; i <= TXN_B; i++) {
        struct actor *a = &sim.actors[i];
        for (a->state = TXN_NEW; a->state == TXN_NEW;) {
            struct bytes frame;
            id_ask(a);
            for (int turns = 0; !answer_came(&a->peer, &frame); turns++) {
                CHECK(turns < PATIENCE_TURNS);
                turn();
            }
            actor_answered(a, frame);
            fake_clock_advance(&broker_clock, 10);
        }
    }
    for (int p = 0; p < JUDGE_PARTITIONS; p++)
        part_find(&sim.actors[READS_ALL], p);
    offsets_find(&sim.actors[READS_ALL]);
}

static void finish(void) {
    for (int i = 0; i < ACTORS; i++)
        peer_drop(&sim.actors[i].peer);
    if (sim.held.len)
        peer_drop(&sim.held_peer);
    buf_finish(&sim.held);
    connections_end();
    judge_finish(&sim.judge);
    broker_finish();
}

/* Returns the hash of what happened. */
static uint64_t seed_run(uint64_t seed) {
    char story[256];
    begin(seed);
    for (int i = 0; i < STEPS; i++)
        step();
    rest();
    const char *verdict = judge_verdict(&sim.judge, story);
    if (verdict)
        test_failed(__FILE__, __LINE__, "seed %llu: %s", (unsigned long long)seed, story);
    uint64_t hash = sim.hash;
    finish();
    return hash;
}

static int64_t seeds_wanted(void) {
    const char *text = getenv("OCTAVO_SIM");
    return text ? strtoll(text, NULL, 10) : SEEDS_DEFAULT;
}

static void happened_tell(int64_t seeds, int64_t heard, uint64_t first) {
    const struct {
        const char *name;
        int64_t times;
    } all[] = {
        { "crashes", happened.crashes },
        { "cuts", happened.cuts },
        { "syncs_failed", happened.syncs_failed },
        { "commits", happened.commits },
        { "aborts", happened.aborts },
        { "ends_unknown", happened.ends_unknown },
        { "held_ends", happened.held_ends },
        { "retries", happened.retries },
        { "offsets", happened.offsets },
    };
    printf("# figure: sim seeds=%lld from=%llu answers=%lld", (long long)seeds,
           (unsigned long long)first, (long long)heard);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        printf(" %s=%lld", all[i].name, (long long)all[i].times);
    printf("\n");
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && seeds >= SEEDS_DEFAULT; i++)
        if (!all[i].times)
            test_failed(__FILE__, __LINE__, "%s: not in any seed", all[i].name);
}

TEST(simulation_from_a_seed_nothing_is_lost_repeated_reordered_or_read_though_aborted) {
    uint64_t first = test_seed();
    int64_t wanted = seeds_wanted(), heard = 0;
    event_log_from(EVENT_error);
    (void)alarm((unsigned)(60 + wanted / 20));
    for (int64_t i = 0; i < wanted; i++) {
        test_seed_is(first + (uint64_t)i);
        (void)seed_run(first + (uint64_t)i);
        heard += sim.answers;
    }
    happened_tell(wanted, heard, first);
}

TEST(simulation_of_one_seed_is_one_run) {
    event_log_from(EVENT_error);
    uint64_t once = seed_run(7);
    CHECK(seed_run(7) == once);
    CHECK(seed_run(8) != once);
}
