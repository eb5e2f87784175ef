/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "check.h"
#include "judged_fixture.h"

#include "base/random.h"
#include "base/test.h"

#include <string.h>

enum { RUNS = 60, FILE_ROWS = 40, ROUNDS = 30 };

static void put(struct history *h, enum history_operation operation, struct history_record r) {
    r.kind = HISTORY_seen;
    r.operation = (uint8_t)operation;
    r.time_ns = (int64_t)h->count + 1;
    history_put(h, r);
}

/* Three extracts, each run right behind the one before, each file seen twice. */
static void given_clean(struct history *h, uint64_t seed) {
    struct random random = random_seeded(seed);
    int64_t until[3] = { 1000, 2000, 3000 };
    for (uint64_t i = 1; i <= RUNS; i++) {
        size_t at = (size_t)random_below(&random, 3);
        int64_t from = until[at];
        until[at] += 1 + (int64_t)random_below(&random, 5000);
        uint64_t name = tally_mix(i, seed + 3);
        struct history_record run = {
            .id = name, .key = tally_mix(at, 9), .value = from, .place = until[at]
        };
        put(h, HISTORY_scheduled, run);
        if (random_below(&random, 5) == 0) /* a relay that was killed says it again */
            put(h, HISTORY_scheduled, run);
        struct history_record file = { .id = name,
                                       .other = tally_mix(name, 2),
                                       .value = FILE_ROWS,
                                       .place = (int64_t)i,
                                       .lane = (uint64_t)from,
                                       .key = (uint64_t)until[at],
                                       .process = 1 };
        put(h, HISTORY_glimpse, file);
        put(h, HISTORY_file, file);
    }
}

static const char *judged(const struct history *h) {
    return judged_by(checks_extracts, h);
}

static size_t find(struct history *h, enum history_operation operation, uint64_t seed) {
    struct random random = random_seeded(seed);
    size_t from = (size_t)random_below(&random, h->count);
    while (h->records[from % h->count].operation != operation)
        from++;
    return from % h->count;
}

TEST(clean_extracts_raise_no_alarm) {
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct history h = { 0 };
        given_clean(&h, seed);
        CHECK_TEXT(judged(&h), "");
        history_finish(&h);
    }
}

static void lost(struct history *h, uint64_t seed) {
    h->records[find(h, HISTORY_file, seed)].operation = HISTORY_position;
}
static void nobodys(struct history *h, uint64_t seed) {
    h->records[find(h, HISTORY_file, seed)].id ^= 1;
}
static void row_lost(struct history *h, uint64_t seed) {
    h->records[find(h, HISTORY_file, seed)].value--;
}
static void mixed(struct history *h, uint64_t seed) {
    h->records[find(h, HISTORY_file, seed)].place = -1;
}
static void other_interval(struct history *h, uint64_t seed) {
    h->records[find(h, HISTORY_file, seed)].lane++;
}
static void undone(struct history *h, uint64_t seed) {
    h->records[find(h, HISTORY_file, seed)].process = 0;
}
static void half_seen(struct history *h, uint64_t seed) {
    h->records[find(h, HISTORY_glimpse, seed)].other ^= 1;
}
static void done_first(struct history *h, uint64_t seed) {
    struct history_record r = h->records[find(h, HISTORY_glimpse, seed)];
    r.id = tally_mix(r.id, 8);
    r.value = -1;
    put(h, HISTORY_glimpse, r);
}
static void gap(struct history *h, uint64_t seed) {
    struct history_record run = h->records[find(h, HISTORY_scheduled, seed)];
    run.id = tally_mix(run.id, 8);
    run.value = 10000000;
    run.place = 10000001;
    put(h, HISTORY_scheduled, run);
    put(h, HISTORY_file,
        (struct history_record){ .id = run.id,
                                 .value = FILE_ROWS,
                                 .lane = (uint64_t)run.value,
                                 .key = (uint64_t)run.place,
                                 .process = 1 });
}

TEST(every_planted_anomaly_of_extracts_is_found_by_its_check) {
    static const struct {
        const char *check;
        void (*plant)(struct history *, uint64_t seed);
    } kinds[] = {
        { "files", lost },      { "files", nobodys },        { "files", row_lost },
        { "files", mixed },     { "files", other_interval }, { "files", undone },
        { "whole", half_seen }, { "whole", done_first },     { "intervals", gap },
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        for (uint64_t seed = 0; seed < ROUNDS; seed++) {
            struct history h = { 0 };
            given_clean(&h, seed);
            kinds[i].plant(&h, seed * 7 + i);
            CHECK_TEXT(judged(&h), kinds[i].check);
            history_finish(&h);
        }
}
