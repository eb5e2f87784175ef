/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Outboxes and positions by SQL, ends of topics by Kafka, the rest by octavo's own commands. */
#include "rest.h"

#include "base/clock.h"
#include "stores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRAIN_ASKED_EVERY_MS = 50, ENDS_LIMIT_MS = 1000, DROPS_MAX = 64 };

struct drain {
    struct run *run;
    int64_t left;
    int32_t partitions;
    int64_t ends[KAFKA_PARTITIONS_MAX];
};

static void on_count(void *context, const struct store_place *place,
                     const struct store_value *row) {
    (void)place;
    ((struct drain *)context)->left += row[0].integer;
}

static void on_position(void *context, const struct store_place *place,
                        const struct store_value *row) {
    struct drain *d = context;
    (void)place;
    if (row[0].integer >= 0 && row[0].integer < d->partitions
        && row[1].integer >= d->ends[row[0].integer])
        d->ends[row[0].integer] = 0;
}

/* A partition without a position was not read at all. */
static bool topic_is_read(struct run *r, const struct verify_service *s,
                          const struct verify_topic *t, const char *dir) {
    struct drain d = { .run = r, .partitions = t->partitions };
    char *sql =
        text_format("SELECT partition, next_offset FROM position WHERE topic = '%s'", t->name);
    struct kafka_reading of = { t->name, t->partitions, 0, ENDS_LIMIT_MS, NULL, NULL };
    struct store_question q = { dir, r->options->system->name, s->name, sql, on_position, &d };
    bool read = !kafka_ends(r->kafka, &of, d.ends) && !stores_ask(&q, NULL);
    for (int32_t i = 0; i < t->partitions && read; i++)
        read = d.ends[i] <= 0;
    free(sql);
    return read;
}

static bool all_is_read(struct run *r, const struct verify_service *s, const char *dir) {
    const struct verify_system *system = r->options->system;
    for (size_t i = 0; i < s->consumes_count && !s->is_fold; i++)
        for (size_t k = 0; k < system->topic_count; k++)
            if (strcmp(system->topics[k].name, s->consumes[i]) == 0
                && !topic_is_read(r, s, &system->topics[k], dir))
                return false;
    return true;
}

static bool nothing_is_left(struct run *r) {
    struct drain d = { .run = r };
    char *dir = run_store_dir(r);
    struct store_question q = { dir,
                                r->options->system->name,
                                NULL,
                                "SELECT (SELECT count(*) FROM outbox)"
                                " + (SELECT count(*) FROM effect WHERE state < 2)",
                                on_count,
                                &d };
    bool drained = !stores_ask(&q, NULL) && d.left == 0;
    for (size_t i = 0; i < r->options->system->service_count && drained; i++)
        drained = all_is_read(r, &r->options->system->services[i], dir);
    r->moves += d.left != r->left;
    r->left = d.left;
    free(dir);
    return drained;
}

/* Twice: what left an outbox behind the first look, and was not in its topic yet, is seen by the
 * second. */
bool rest_is_drained(struct run *r) {
    if (run_now_ms(r) < r->probed_ms + DRAIN_ASKED_EVERY_MS && !r->is_reference)
        return false;
    r->probed_ms = run_now_ms(r);
    r->drained = nothing_is_left(r) ? r->drained + 1 : 0;
    return r->drained > 1;
}

/* ---- parked keys */

struct parked {
    struct run *run;
    struct buf heads; /* SERVICE 0 KEY 0 ... */
    uint64_t count;
};

static void on_parked(void *context, const struct store_place *place,
                      const struct store_value *row) {
    struct parked *p = context;
    buf_put(&p->heads, place->service, strlen(place->service) + 1);
    buf_put_bytes(&p->heads, row[0].text);
    buf_put_byte(&p->heads, 0);
    p->count += (uint64_t)row[1].integer;
}

static void parked_find(struct run *r, struct parked *p) {
    char *dir = run_store_dir(r);
    struct store_question q = { dir,       r->options->system->name,
                                NULL,      "SELECT key, count(*) FROM parked GROUP BY key",
                                on_parked, p };
    buf_clear(&p->heads);
    p->count = 0;
    if (stores_ask(&q, NULL))
        run_problem(r, "what is parked cannot be read: %s", error_story());
    free(dir);
}

void rest_unpark(struct run *r) {
    struct parked p = { .run = r };
    int64_t until = run_now_ms(r) + r->limits.idle_ms;
    parked_find(r, &p);
    r->parked = p.count;
    r->drained = 0;
    while (p.count && run_now_ms(r) < until) {
        for (size_t at = 0; at < p.heads.len;) {
            const char *service = (const char *)p.heads.data + at;
            const char *key = service + strlen(service) + 1;
            const char *words[] = { "park", "drop", r->options->system->name, service, key, NULL };
            struct buf said = { 0 };
            int code;
            at += strlen(service) + strlen(key) + 2;
            if (house_command(&r->house, words, &said, &code))
                run_problem(r, "octavo park drop: %s", error_story());
            buf_finish(&said);
            run_turn(r);
        }
        uint64_t before = p.count;
        parked_find(r, &p);
        until = p.count == before ? until : run_now_ms(r) + r->limits.idle_ms;
    }
    r->parked_left = p.count;
    buf_finish(&p.heads);
    if (run_wait_rest(r, r->limits.idle_ms))
        run_problem(r, "%s", error_story());
}

/* ---- replay equivalence */

/* Counts "verdict":"X" in what replay said. */
static uint64_t verdicts(const char *said, const char *wanted) {
    uint64_t count = 0;
    for (const char *at = said; (at = strstr(at, "\"verdict\":\"")) != NULL;) {
        at += 11;
        count += strncmp(at, wanted, strlen(wanted)) == 0;
    }
    return count;
}

static bool has_store(const struct run *r) {
    for (size_t i = 0; i < r->options->system->service_count; i++)
        if (!r->options->system->services[i].is_fold)
            return true;
    return false;
}

void rest_replay(struct run *r) {
    const char *words[] = { "replay", r->options->system->name, "--json", NULL };
    struct buf said = { 0 };
    int code = -1;
    if (!has_store(r))
        return;
    enum error e = house_command(&r->house, words, &said, &code);
    const char *text = buf_text(&said);
    r->replayed = verdicts(text, "EQUAL");
    if (e || code == 1 || code < 0 || code == 3) {
        const char *differs = strstr(text, "\"verdict\":\"DIFFERS");
        r->replay_differs = verdicts(text, "DIFFERS") + (differs == NULL);
        r->replay_first =
            text_format("octavo replay ended with %d: %.300s", code, differs ? differs : text);
    }
    buf_finish(&said);
}
