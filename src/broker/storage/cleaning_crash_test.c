/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Power cuts around compaction, retention and deletion: a seeded workload is stopped at its first,
 * second, third ... change of the disk, and what is left must recover to a table with the newest
 * value of each key, to no record that was never written, and to a log that begins where it was
 * told or earlier, never later. OCTAVO_CRASH_STATES as in crash_states_test.c. */
#include "base/event.h"
#include "base/random.h"
#include "base/test.h"
#include "given.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KEYS = 5,
    RECORDS_MAX = 400,
    STEPS = 150,
    STATES_DEFAULT = 1500,
    STATES_DEEP = 15000,
    STATES_PER_SECOND = 100,
    PARTITIONS = 2,
};

struct written {
    lsn_t lsn;
    int key;
    int value; /* -1: a tombstone */
};

struct run {
    struct given given;
    struct random random;
    struct written records[PARTITIONS][RECORDS_MAX]; /* by offset */
    int64_t end[PARTITIONS];
    lsn_t reported;
    int values;
    int64_t start_asked, start_reported; /* of topic "plain", partition 0 */
    lsn_t start_lsn;
    int64_t plain_end;
    lsn_t plain_lsn[RECORDS_MAX];
};

static struct run *told_run;
static int64_t compactions; /* seen in all, so that a test that does nothing is noticed */

static void on_run_synced(void *context, lsn_t synced) {
    struct run *r = told_run;
    (void)context;
    r->reported = synced;
    if (r->start_lsn <= synced)
        r->start_reported = r->start_asked;
}

static bool create(struct run *r, const char *name, const char *const (*pairs)[2], size_t count) {
    struct topic_settings settings;
    lsn_t lsn;
    topic_settings_init(&settings);
    for (size_t i = 0; i < count; i++)
        CHECK_OK(topic_settings_set(&settings, setting_find(bytes_text(pairs[i][0])),
                                    bytes_text(pairs[i][1])));
    enum error e = topic_create_with(r->given.storage, name, PARTITIONS, &settings, &lsn);
    topic_settings_finish(&settings);
    if (!e)
        given_sync(&r->given);
    return !e && storage_synced_lsn(r->given.storage) >= lsn;
}

static bool run_begin(struct run *r, uint64_t seed) {
    static const char *const table[][2] = { { "cleanup.policy", "compact" },
                                            { "segment.bytes", "250" },
                                            { "min.cleanable.dirty.ratio", "0.2" },
                                            { "delete.retention.ms", "3000" } };
    static const char *const plain[][2] = { { "segment.bytes", "200" } };
    memset(r, 0, sizeof(*r));
    given_disk(&r->given);
    r->given.options.on_synced = on_run_synced;
    r->given.options.on_failed = NULL;
    r->given.options.checkpoint_bytes = 4000;
    r->random = random_seeded(seed);
    told_run = r;
    return !given_open(&r->given) && create(r, "table", table, 4) && create(r, "plain", plain, 1);
}

static bool append(struct run *r, const char *topic, int32_t partition, const struct written *what,
                   struct appended *out) {
    struct batch_writer w;
    char key[16], value[16];
    struct partition *p = topic_find(r->given.storage, bytes_text(topic))->partitions[partition];
    (void)snprintf(key, sizeof(key), "k%d", what->key);
    (void)snprintf(value, sizeof(value), "%d", what->value);
    batch_begin(&w, r->given.clock.wall_ms);
    batch_add(&w, r->given.clock.wall_ms, bytes_text(key),
              what->value < 0 ? (struct bytes){ 0 } : bytes_text(value));
    (void)batch_end(&w);
    enum error e = partition_append(p, &w.batch, out);
    buf_finish(&w.out);
    return !e;
}

static bool do_put(struct run *r) {
    int32_t partition = (int32_t)random_below(&r->random, PARTITIONS);
    struct written what = { .key = (int)random_below(&r->random, KEYS), .value = r->values++ };
    struct appended done;
    if (r->end[partition] == RECORDS_MAX)
        return true;
    if (random_below(&r->random, 4) == 0)
        what.value = -1;
    if (!append(r, "table", partition, &what, &done))
        return false;
    CHECK_INT(done.base_offset, r->end[partition]);
    what.lsn = done.lsn;
    r->records[partition][r->end[partition]++] = what;
    return true;
}

static bool do_plain(struct run *r) {
    struct written what = { .key = 0, .value = (int)r->plain_end };
    struct appended done;
    if (r->plain_end == RECORDS_MAX || !append(r, "plain", 0, &what, &done))
        return r->plain_end == RECORDS_MAX;
    r->plain_lsn[r->plain_end++] = done.lsn;
    return true;
}

static bool do_delete(struct run *r) {
    struct partition *p = topic_find(r->given.storage, bytes_text("plain"))->partitions[0];
    int64_t start = partition_log_start(p), end = partition_high_watermark(p);
    lsn_t lsn;
    if (start == end)
        return true;
    int64_t offset = start + 1 + (int64_t)random_below(&r->random, (uint64_t)(end - start));
    if (partition_delete_records(p, offset, &lsn))
        return false;
    r->start_asked = offset;
    r->start_lsn = lsn;
    return true;
}

static void keep_house(struct run *r) {
    fake_clock_advance(&r->given.clock, 1000);
    for (int i = 0; i < 6; i++) {
        storage_flush(r->given.storage);
        storage_poll(r->given.storage);
    }
}

/* ---- the judge */

struct seen {
    struct run *run;
    int32_t partition;
    int64_t last;         /* offset */
    int64_t newest[KEYS]; /* -1: none */
    int64_t plain_next;
};

static bool see_record(void *context, const struct record *r) {
    struct seen *s = context;
    char key[16], value[16];
    if (s->plain_next >= 0) {
        (void)snprintf(value, sizeof(value), "%lld", (long long)r->offset);
        CHECK(bytes_is_text(r->value, value));
        CHECK(r->offset == s->plain_next || r->offset < s->run->start_asked);
        s->plain_next = r->offset + 1;
        return true;
    }
    CHECK(r->offset > s->last && r->offset < s->run->end[s->partition]);
    const struct written *w = &s->run->records[s->partition][r->offset];
    (void)snprintf(key, sizeof(key), "k%d", w->key);
    (void)snprintf(value, sizeof(value), "%d", w->value);
    CHECK(bytes_is_text(r->key, key));
    CHECK(w->value < 0 ? !r->value.data : bytes_is_text(r->value, value));
    s->last = r->offset;
    s->newest[w->key] = r->offset;
    return true;
}

static void see_all(struct partition *p, struct seen *s) {
    int64_t offset = partition_log_start(p);
    while (offset < partition_high_watermark(p)) {
        struct buf out = { 0 };
        struct batch b;
        CHECK_OK(partition_read(p, offset, 500, &out));
        CHECK(out.len > 0);
        struct cursor in = cursor_on(buf_bytes(&out));
        while (cursor_left(&in)) {
            CHECK_OK(batch_read(&b, &in));
            CHECK_OK(batch_each(&b, 1 << 20, see_record, s));
            offset = batch_last_offset(&b) + 1;
        }
        buf_finish(&out);
    }
}

static void judge_table(struct run *r, int32_t partition) {
    struct partition *p = topic_find(r->given.storage, bytes_text("table"))->partitions[partition];
    struct seen seen = { r, partition, -1, { 0 }, -1 };
    int64_t end = partition_high_watermark(p), newest[KEYS];
    CHECK(end <= r->end[partition]);
    for (int64_t i = end; i < r->end[partition]; i++)
        CHECK(r->records[partition][i].lsn > r->reported); /* else it was promised */
    r->end[partition] = end;
    memset(seen.newest, -1, sizeof(seen.newest));
    memset(newest, -1, sizeof(newest));
    see_all(p, &seen);
    for (int64_t i = 0; i < end; i++)
        newest[r->records[partition][i].key] = i;
    for (int key = 0; key < KEYS; key++) {
        bool is_tombstone = newest[key] >= 0 && r->records[partition][newest[key]].value < 0;
        CHECK(seen.newest[key] == newest[key] || (is_tombstone && seen.newest[key] == -1));
        compactions += is_tombstone && seen.newest[key] == -1;
    }
}

static void judge_plain(struct run *r) {
    struct partition *p = topic_find(r->given.storage, bytes_text("plain"))->partitions[0];
    struct seen seen = { r, 0, -1, { 0 }, partition_log_start(p) };
    CHECK(partition_log_start(p) >= r->start_reported);
    CHECK(partition_log_start(p) <= r->start_asked);
    for (int64_t i = partition_high_watermark(p); i < r->plain_end; i++)
        CHECK(r->plain_lsn[i] > r->reported);
    r->plain_end = partition_high_watermark(p);
    r->start_asked = r->start_reported = partition_log_start(p);
    see_all(p, &seen);
}

static void judge(struct run *r) {
    for (int32_t i = 0; i < PARTITIONS; i++)
        judge_table(r, i);
    judge_plain(r);
    r->reported = storage_synced_lsn(r->given.storage);
    for (int32_t i = 0; i < PARTITIONS; i++) /* what is there is durable, under whatever number */
        for (int64_t k = 0; k < r->end[i]; k++)
            r->records[i][k].lsn = 0;
    for (int64_t k = 0; k < r->plain_end; k++)
        r->plain_lsn[k] = 0;
}

/* ---- the workload */

static bool do_restart(struct run *r) {
    if (random_below(&r->random, 2))
        given_close(&r->given);
    else
        given_kill(&r->given);
    if (given_open(&r->given))
        return false;
    judge(r);
    return true;
}

static bool do_step(struct run *r, bool may_restart) {
    told_run = r;
    switch (random_below(&r->random, 20)) {
    case 0:
    case 1:
        keep_house(r);
        return true;
    case 2:
        given_sync(&r->given);
        return true;
    case 3:
        return do_delete(r);
    case 4:
        return may_restart && random_below(&r->random, 4) == 0 ? do_restart(r) : true;
    case 5:
    case 6:
    case 7:
        return do_plain(r);
    default:
        return do_put(r);
    }
}

static bool run_workload(struct run *r) {
    for (int i = 0; i < STEPS; i++)
        if (!do_step(r, true))
            return false;
    given_sync(&r->given);
    return true;
}

static struct run *run_fork(const struct run *r, uint64_t seed) {
    struct run *fork = memory_get(sizeof(*fork));
    *fork = *r;
    fork->given.disk = memory_disk_copy(r->given.disk);
    fork->given.storage = NULL;
    fork->given.options.clock = &fork->given.clock.clock;
    fork->given.options.context = &fork->given;
    fork->random = random_seeded(seed);
    told_run = fork;
    return fork;
}

static void break_recovery(struct run *r) {
    for (uint64_t i = random_below(&r->random, 3); i > 0; i--) {
        int64_t nth = (int64_t)random_below(&r->random, 16);
        memory_disk_power_off_after(r->given.disk, memory_disk_operations(r->given.disk) + nth);
        if (!given_open(&r->given))
            keep_house(r); /* compacts at once, and dies of it */
        given_close(&r->given);
        memory_disk_crash(r->given.disk, random_next(&r->random));
    }
}

static void try_state(const struct run *stopped, uint64_t seed) {
    struct run *r = run_fork(stopped, seed);
    if (random_below(&r->random, 8))
        memory_disk_crash(r->given.disk, random_next(&r->random));
    break_recovery(r);
    CHECK_OK(given_open(&r->given));
    judge(r);
    int steps = (int)random_below(&r->random, 20);
    for (int i = 0; i < steps; i++)
        CHECK(do_step(r, false));
    keep_house(r);
    given_kill(&r->given);
    memory_disk_crash(r->given.disk, random_next(&r->random));
    CHECK_OK(given_open(&r->given));
    judge(r);
    given_finish(&r->given);
    free(r);
}

static int64_t states_wanted(void) {
    const char *text = getenv("OCTAVO_CRASH_STATES");
    if (text)
        return strtoll(text, NULL, 10) / 3;
    return getenv("OCTAVO_DEEP") ? STATES_DEEP : STATES_DEFAULT;
}

TEST(no_power_cut_in_a_compaction_loses_a_newest_value_or_brings_back_an_old_one) {
    uint64_t seed = test_seed();
    int64_t stop = 0, states = 0, wanted = states_wanted();
    event_log_from(EVENT_error);
    (void)alarm((unsigned)(120 + wanted / STATES_PER_SECOND));
    while (states < wanted) {
        struct run *r = memory_get(sizeof(*r));
        if (run_begin(r, seed)) {
            int64_t before = memory_disk_operations(r->given.disk);
            memory_disk_power_off_after(r->given.disk, before + stop);
        }
        bool is_done = run_workload(r);
        given_close(&r->given);
        for (int i = 0; i < 3; i++, states++)
            try_state(r, seed * 1000003 + (uint64_t)stop * 101 + (uint64_t)i);
        stop = is_done ? 0 : stop + 1 + (int64_t)(seed % 3);
        seed += is_done;
        given_finish(&r->given);
        free(r);
    }
    printf("# %lld states, %lld tombstones gone\n", (long long)states, (long long)compactions);
    CHECK(compactions > 0 || wanted < 1000);
}
