/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A recorded run for the tests of replay: a service that reads all partitions of a topic, with
 * requests, timers, repeats, gaps, groups that are dropped and groups that change nothing. */
#ifndef OCTAVO_RUNTIME_REPLAY_FIXTURE_H
#define OCTAVO_RUNTIME_REPLAY_FIXTURE_H

#include "base/random.h"
#include "runtime/event_time.h"
#include "runtime/replay.h"
#include "runtime/slot.h"
#include "runtime/task_fixture.h"

enum { STORY_RECORDS = 1000, STORY_PARTITIONS = 4 };

static const char story_yaml[] =
    "system: bank\n"
    "topics: { moves: { partitions: 4%s }, notes: { partitions: 4 } }\n"
    "services:\n"
    "  ledger:\n"
    "    handler: bank.ledger\n"
    "    tasks: 1\n"
    "    consumes: [moves]\n"
    "    produces: [moves, notes]\n"
    "    edges: { door: \"door://here\" }\n"
    "    tables:\n"
    "      account: { columns: { balance: int, name: text } }\n"
    "      total: { scope: partition, columns: { balance: int } }\n"
    "      posting: { log: true, scope: partition, columns: { amount: int, note: text } }\n";

struct story {
    struct declaration *declaration;
    struct task_options options;
    struct task_options again;
    char *dir, *url, *again_url;
    struct kafka_record records[STORY_RECORDS]; /* by position in time; texts on the heap */
    size_t record_count;
    int64_t log_start;     /* offsets below are gone from every partition */
    int64_t compacted;     /* this record is gone; 0: none */
    bool lies;             /* some records say a time far ahead of the clock */
    bool repeats_ids;      /* of records without a lane, within a dedupe window and beyond it */
    size_t snapshot_after; /* a snapshot after so many records; 0: none */
    char *snapshot;
    struct task *task;
    size_t unparked;
};

static int story_number; /* a directory for each */
static const char *story_mark =
    ""; /* the id of the record that changed_handlers decide otherwise */

/* ---- handlers */

static enum octavo_outcome story_credit(struct octavo_step *s, int64_t more) {
    struct octavo_value account[2], total[1], posting[2];
    int64_t amount = 0;
    (void)octavo_event_int(s, "amount", &amount);
    amount += more;
    if (!octavo_row_get(s, "account", octavo_text(""), account, 2))
        account[0] = octavo_int_value(0);
    account[0].integer += amount;
    account[1] = octavo_text_value(octavo_event_id(s));
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    if (!octavo_row_get(s, "total", octavo_text(""), total, 1))
        total[0] = octavo_int_value(0);
    total[0].integer += amount;
    octavo_row_put(s, "total", octavo_text(""), total, 1);
    if (amount == 13) /* what it did is undone */
        return octavo_refuse(s, OCTAVO_PARK, "thirteen");
    if (amount % 17 == 0 && total[0].integer % 4)
        return octavo_refuse(s, OCTAVO_RETRY, "the total is %d", (int)(total[0].integer % 4));
    octavo_row_put(s, "total", octavo_text(""), total, 1);
    posting[0] = octavo_int_value(amount);
    posting[1] = octavo_text_value(octavo_event_id(s));
    (void)octavo_log_add(s, "posting", posting, 2);
    octavo_event_begin(s, "notes", "noted", octavo_event_key(s));
    octavo_put_int(s, "balance", account[0].integer);
    octavo_end(s);
    octavo_timer_set(s, "late", octavo_event_key(s), octavo_event_time_ms(s) + 20 + amount % 7);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_credited(struct octavo_step *s) {
    return story_credit(s, 0);
}

static enum octavo_outcome on_credited_more(struct octavo_step *s) {
    return story_credit(s, octavo_text_is(octavo_event_id(s), story_mark) ? 4 : 0);
}

static enum octavo_outcome on_credited_not(struct octavo_step *s) {
    return octavo_refuse(s, OCTAVO_STOP, "not today");
}

/* Asks for nothing when the account is there; else opens it. */
static enum octavo_outcome on_asked(struct octavo_step *s) {
    struct octavo_value account[2];
    if (!octavo_row_get(s, "account", octavo_text(""), account, 2)) {
        account[0] = octavo_int_value(0);
        account[1] = octavo_text_value(octavo_event_json(s));
        octavo_row_put(s, "account", octavo_text(""), account, 2);
    }
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_late(struct octavo_step *s) {
    struct octavo_value account[2];
    if (octavo_text_is(octavo_event_key(s), "key-7")
        || !octavo_row_get(s, "account", octavo_text(""), account, 2) || account[0].integer < 100)
        return OCTAVO_DONE;
    octavo_row_delete(s, "account", octavo_text(""));
    octavo_event_begin(s, "moves", "closed", octavo_event_key(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler story_handlers[] = {
    { "credited", on_credited }, { "asked", on_asked }, { "timer:late", on_late }, { NULL, NULL }
};
static const struct octavo_handler changed_handlers[] = { { "credited", on_credited_more },
                                                          { "asked", on_asked },
                                                          { "timer:late", on_late },
                                                          { NULL, NULL } };
static const struct octavo_handler refusing_handlers[] = { { "credited", on_credited_not },
                                                           { "asked", on_asked },
                                                           { "timer:late", on_late },
                                                           { NULL, NULL } };

/* ---- the run */

static inline void story_open(struct story *s) {
    CHECK_OK(task_open(&s->task, &s->options));
    task_set_cluster(s->task, "cluster-1");
}

static inline void story_options(struct story *s) {
    char *yaml = text_format(story_yaml, s->repeats_ids ? ", dedupe: 1s" : "");
    CHECK_OK(declaration_read(&s->declaration, "story.yaml", bytes_text(yaml)));
    free(yaml);
    s->dir = text_format("%s/%d", test_dir(), story_number++);
    s->url = text_format("sqlite:%s/recorded", s->dir);
    s->again_url = text_format("sqlite:%s/again", s->dir);
    s->options = (struct task_options){
        .system = "bank",
        .service = declaration_service(s->declaration, "ledger"),
        .handlers = story_handlers,
        .store_kind = &sqlite_store_kind,
        .store_url = s->url,
        .journal_inputs = true,
        .version = "0.1.0",
        .partitions_of = bank_partitions,
        .context = s->declaration,
    };
    s->again = s->options;
    s->again.store_url = s->again_url;
    s->again.version = NULL;
}

/* The Nth record of the log, its offsets with holes, some of them a repeat or a gap of a lane. */
static inline void story_record(struct story *s, struct random *random, int64_t *offsets,
                                int64_t *sequences) {
    size_t n = s->record_count++;
    int32_t p = (int32_t)random_below(random, STORY_PARTITIONS);
    size_t back = s->repeats_ids ? random_below(random, n < 60 ? (uint32_t)n + 1 : 60) : 0;
    char *id = text_format("rec-%zu", n - back);
    char *key = text_format("key-%d", (int)random_below(random, 12));
    int amount = (int)random_below(random, 50);
    if (strcmp(key, "key-7") == 0) /* is never parked, see story_credited */
        amount = amount % 10 + 1;
    char *value = text_format(amount == 49 ? "no event %d" : "{\"amount\":%d}", amount);
    offsets[p] += random_below(random, 10) == 0 ? 3 : 1;
    struct kafka_record *r = &s->records[n];
    *r = (struct kafka_record){
        .topic = bytes_text("moves"),
        .partition = p,
        .offset = offsets[p],
        .timestamp_ms = 1000 + (int64_t)n * (s->repeats_ids ? 50 : 1),
        .key = bytes_text(key),
        .value = bytes_text(value),
        .type = bytes_text(random_below(random, 10) < 7 ? "credited" : "seen"),
        .id = bytes_text(id),
    };
    if (s->lies && random_below(random, 5) == 0)
        r->timestamp_ms += 100LL * EVENT_AHEAD_MS;
    if (random_below(random, 2)) {
        r->source = bytes_text("/octavo/bank/other/1/0/1");
        r->sequence =
            sequences[p] + (random_below(random, 12) ? 1 : (int64_t)random_below(random, 3) * 2);
        if (r->sequence == sequences[p] + 1)
            sequences[p]++;
    }
}

static inline void story_ask(struct story *s, int number) {
    char key[32];
    enum taken taken;
    (void)snprintf(key, sizeof(key), "key-%d", number);
    struct input in = { .kind = INPUT_REQUEST,
                        .type = bytes_text("asked"),
                        .id = bytes_text(key),
                        .key = bytes_text(key),
                        .json = bytes_text("{\"a\": \"b}\" , \"c\":1}"),
                        .time_ms = 77 };
    CHECK_OK(task_take(s->task, &in, &taken));
}

static inline void story_take(struct story *s, size_t n) {
    enum taken taken;
    struct input in = slot_input(&s->records[n]);
    CHECK_OK(task_take(s->task, &in, &taken));
}

/* What may happen between two groups: a request alone in a group that is dropped, a flush, a crash
 * (what was not committed is read again: back tells from where). */
static inline size_t story_between(struct story *s, struct random *random, size_t at) {
    switch (random_below(random, 12)) {
    case 0:
        task_begin(s->task);
        story_ask(s, 50);
        task_drop(s->task);
        return at;
    case 1:
        CHECK_OK(task_flush(s->task, 6));
        return at;
    case 2:
        task_close(s->task);
        story_open(s);
        return at > 200 ? at - 200 : 0;
    }
    return at;
}

static inline void story_snapshot(struct story *s) {
    struct store_options options = {
        .url = s->url, .system = "bank", .service = "ledger", .generation = 1
    };
    s->snapshot = text_format("%s/snapshot", s->dir);
    CHECK_OK(sqlite_store_kind.snapshot(&options, s->snapshot));
}

/* Retries that are due, and now and then an operator's retry or drop. */
static inline void story_unpark(struct story *s, struct random *random, int64_t now_ms) {
    char key[32];
    enum taken taken;
    size_t count;
    (void)snprintf(key, sizeof(key), "key-%d", (int)random_below(random, 12));
    CHECK_OK(task_park_due(s->task, now_ms, random_below(random, 6), &count));
    s->unparked += count;
    if (!task_is_parked(s->task, bytes_text(key)) || random_below(random, 4))
        return;
    if (random_below(random, 2))
        CHECK_OK(task_park_retry(s->task, bytes_text(key), now_ms, &taken));
    else
        CHECK_OK(task_park_drop(s->task, bytes_text(key), now_ms));
    s->unparked++;
}

static inline size_t story_group(struct story *s, struct random *random, size_t at, size_t end) {
    struct committed done;
    size_t most = random_below(random, 20), timers;
    if (s->lies)
        task_set_now(s->task, 2000 + (int64_t)at * 3);
    task_begin(s->task);
    for (size_t i = 0; i < most && at < end; i++) {
        story_take(s, at++);
        if (random_below(random, 8) == 0)
            story_ask(s, (int)random_below(random, 14));
        if (random_below(random, 10) == 0)
            CHECK_OK(task_take_timers(s->task, 1000 + (int64_t)at, 3, &timers));
    }
    story_unpark(s, random, 1000 + (int64_t)at * 20);
    CHECK_OK(task_commit(s->task, 5000, &done));
    if (done.outbox_id && random_below(random, 2))
        task_outbox_acked(s->task, done.outbox_id);
    return story_between(s, random, at);
}

static inline void story_run(struct story *s, size_t records, uint64_t seed) {
    struct random random = random_seeded(seed);
    int64_t offsets[STORY_PARTITIONS] = { 0 }, sequences[STORY_PARTITIONS] = { 0 };
    CHECK(records <= STORY_RECORDS);
    story_options(s);
    story_open(s);
    while (s->record_count < records)
        story_record(s, &random, offsets, sequences);
    for (size_t at = 0; at < records;) {
        at = story_group(s, &random, at, records);
        if (s->snapshot_after && !s->snapshot && at > s->snapshot_after)
            story_snapshot(s);
    }
    CHECK_OK(task_flush(s->task, 7));
    task_close(s->task);
}

/* The first record from there on that the handler took for sure, of an account that stays. */
static inline size_t story_credited(const struct story *s, size_t from) {
    while (!bytes_is_text(s->records[from].type, "credited") || s->records[from].source.len
           || !bytes_is_text(s->records[from].key, "key-7"))
        from++;
    return from;
}

/* ---- the replay */

static inline enum error story_next(void *context, const struct kafka_part *from,
                                    struct kafka_record *out, bool *found) {
    struct story *s = context;
    *found = false;
    if (from->offset < s->log_start)
        return fail(E_diverged, "the log begins at %lld", (long long)s->log_start);
    for (size_t i = 0; i < s->record_count && !*found; i++) {
        *out = s->records[i];
        *found = out->partition == from->partition && out->offset >= from->offset
                 && !(s->compacted && i == (size_t)s->compacted);
    }
    return E_ok;
}

/* A file over another, for stores at rest. */
static inline void story_copy(const char *from, const char *to) {
    struct buf content = { 0 };
    CHECK_OK(disk_read_whole(disk_real(), from, 1 << 30, &content));
    CHECK_OK(disk_replace(disk_real(), to, buf_bytes(&content)));
    buf_finish(&content);
}

static inline void story_from_snapshot(struct story *s) {
    char *dir = text_format("%s/again", s->dir);
    char *to = text_format("%s/bank.ledger.1.0.db", dir);
    CHECK_OK(disk_make_dir(disk_real(), dir));
    story_copy(s->snapshot, to);
    free(dir);
    free(to);
}

static inline void story_sql(struct story *s, const char *sql) {
    /* The file is made anew: what another program writes has no checksums. */
    char *command = text_format("F=%s/recorded/bank.ledger.1.0.db && sqlite3 $F \"%s\" && "
                                "sqlite3 $F .dump | sqlite3 $F.new && mv $F.new $F",
                                s->dir, sql);
    FILE *out = popen(command, "re");
    CHECK(out);
    int code = pclose(out);
    free(command);
    if (code)
        SKIP("no sqlite3 command");
}

static inline struct replay_result story_replay(struct story *s,
                                                const struct octavo_handler *handlers) {
    struct replay_records records = { story_next, s };
    struct replay_options options = { .task = &s->again,
                                      .recorded = &s->options,
                                      .records = &records };
    struct replay_result result = { 0 };
    if (handlers)
        s->again.handlers = handlers;
    CHECK_OK(replay_run(&options, &result));
    return result;
}

static inline void check_verdict(struct replay_result *r, const char *wanted) {
    if (strcmp(replay_verdict_word(r->verdict), wanted) != 0) {
        (void)fprintf(stderr, "# %s: %s\n", replay_verdict_word(r->verdict), buf_text(&r->reason));
        (void)fprintf(stderr, "# commit %lld %s\n# %s\n# %s\n# %s %s\n# %s\n# %s\n",
                      (long long)r->first.commit, buf_text(&r->first.what),
                      buf_text(&r->first.recorded), buf_text(&r->first.replayed),
                      buf_text(&r->first.table), buf_text(&r->first.key),
                      buf_text(&r->first.row_recorded), buf_text(&r->first.row_replayed));
    }
    CHECK_TEXT(replay_verdict_word(r->verdict), wanted);
}

static inline void story_end(struct story *s) {
    for (size_t i = 0; i < STORY_RECORDS; i++) {
        free((void *)(uintptr_t)s->records[i].key.data);
        free((void *)(uintptr_t)s->records[i].value.data);
        free((void *)(uintptr_t)s->records[i].id.data);
    }
    declaration_destroy(s->declaration);
    free(s->dir);
    free(s->url);
    free(s->again_url);
    free(s->snapshot);
    memset(s, 0, sizeof(*s));
}

#endif
