/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Work for Caching: callers who make, change and delete customers at the CRM, each under a key of
 * its own that it keeps until it is answered, and a reader who asks the cache all the while. */
#include "run.h"

#include "base/check.h"
#include "base/clock.h"
#include "http_client.h"
#include "resp_client.h"
#include "stores.h"
#include "topics.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CALLERS = 6,
    IDS_EACH = 5, /* nobody else's: so what was asked last is known */
    ANSWER_MS = 4000,
    PAUSE_MS = 40,
    AGAIN_MS = 100
};

static const char crm[] = "crm", cache[] = "operational-data-cache";

struct caller {
    struct http_client http;
    struct random random;
    unsigned number;
    unsigned asked;       /* its newest request */
    bool lives[IDS_EACH]; /* as it was told */
    char path[64], headers[128], body[96];
    const char *method;
    struct history_record record; /* of what it asks; the kind is put in */
    bool open;                    /* not answered yet */
    bool repeats;                 /* it was, and it asks once more */
    int64_t wake_ms;
};

struct caching {
    struct caller callers[CALLERS];
    struct resp_client reader;
    struct random random;
    uint64_t asked_id; /* what the reader waits for */
    unsigned reader_number;
    bool resting;
    uint64_t answers, reads, lost;
};

static void id_of(char *out, size_t size, unsigned caller, unsigned number) {
    (void)snprintf(out, size, "v%u-%u", caller, number);
}

/* ---- writing */

static void caller_draw(struct run *r, struct caller *c) {
    char id[16], key[48];
    unsigned which = (unsigned)random_below(&c->random, IDS_EACH);
    bool ends = c->lives[which] && random_below(&c->random, 6) == 0;
    id_of(id, sizeof(id), c->number, which);
    (void)snprintf(key, sizeof(key), "verify-%u-%u", c->number, ++c->asked);
    (void)snprintf(c->headers, sizeof(c->headers),
                   "Idempotency-Key: %s\r\nContent-Type: application/json\r\n", key);
    c->method = !c->lives[which] ? "POST" : ends ? "DELETE" : "PATCH";
    (void)snprintf(c->path, sizeof(c->path), "/customers%s%s", c->lives[which] ? "/" : "",
                   c->lives[which] ? id : "");
    if (c->lives[which])
        (void)snprintf(c->body, sizeof(c->body), "{\"purchases\":%u}", c->asked);
    else
        (void)snprintf(c->body, sizeof(c->body), "{\"id\":\"%s\",\"purchases\":%u}", id, c->asked);
    c->record = (struct history_record){
        .operation = HISTORY_change,
        .kind = HISTORY_invoke,
        .id = history_text(&r->history, key),
        .key = history_text(&r->history, id),
        .place = ends ? -1 : (int64_t)c->asked,
        .process = c->number,
        .other = which,
    };
    c->open = true;
}

static void caller_ask(struct run *r, struct caller *c, int64_t now_ms) {
    struct http_request q = { c->method, c->path, c->headers, bytes_text(c->body) };
    if (c->record.place < 0)
        q.body = bytes_of(NULL, 0);
    struct history_record asked = c->record;
    asked.kind = HISTORY_invoke;
    asked.other = 0;
    history_put(&r->history, asked);
    http_client_ask(&c->http, &q, now_ms + ANSWER_MS);
}

static bool is_final(const struct http_answer *a) {
    bool handled = a->status == 409 && memmem(a->body.data, a->body.len, "being handled", 13);
    return a->status < 500 && !handled;
}

static void answer_take(struct run *r, struct caller *c, const struct http_answer *a) {
    struct caching *v = r->loaded;
    struct history_record told = c->record;
    struct json j;
    told.kind = a->status < 300 ? HISTORY_ok : HISTORY_fail;
    told.other = 0;
    if (!json_read(&j, a->body)) {
        (void)json_get_int(&j, "version", &told.value);
        json_finish(&j);
    }
    history_put(&r->history, told);
    v->answers++;
    if (told.kind == HISTORY_ok)
        c->lives[c->record.other] = c->record.place >= 0;
    c->repeats = !c->repeats && random_below(&c->random, 8) == 0;
    c->open = c->repeats;
}

static void caller_turn(struct run *r, struct caller *c, int64_t now_ms, short revents) {
    struct caching *v = r->loaded;
    struct http_answer a;
    enum http_state state = http_client_turn(&c->http, now_ms, revents, &a);
    if (state == HTTP_waits)
        return;
    if (state == HTTP_answered && is_final(&a)) {
        answer_take(r, c, &a);
        c->wake_ms = now_ms + (int64_t)random_below(&c->random, 2 * PAUSE_MS);
    } else if (state != HTTP_rests) {
        v->lost++;
        c->wake_ms = now_ms + AGAIN_MS;
    }
    if (now_ms < c->wake_ms || (v->resting && !c->open))
        return;
    if (!c->open)
        caller_draw(r, c);
    caller_ask(r, c, now_ms);
}

/* ---- reading */

static void read_put(struct run *r, const struct resp_row *row, enum history_operation operation) {
    struct caching *v = r->loaded;
    history_put(&r->history, (struct history_record){
                                 .kind = HISTORY_seen,
                                 .operation = (uint8_t)operation,
                                 .key = v->asked_id,
                                 .value = row->found ? row->version : 0,
                                 .place = row->found ? row->purchases : -1,
                                 .process = v->reader_number,
                             });
}

static void reader_ask(struct run *r, unsigned caller, unsigned number) {
    struct caching *v = r->loaded;
    char id[16], key[32];
    id_of(id, sizeof(id), caller, number);
    v->asked_id = history_text(&r->history, id);
    (void)snprintf(key, sizeof(key), "customer:%s", id);
    if (resp_client_ask(&v->reader, key))
        v->reader_number++; /* a new line, and another reader may go back */
}

static void reader_turn(struct run *r) {
    struct caching *v = r->loaded;
    struct resp_row row;
    enum resp_state state = resp_client_turn(&v->reader, &row);
    if (state == RESP_answered) {
        v->reads++;
        read_put(r, &row, HISTORY_read);
    }
    if (state != RESP_waits)
        reader_ask(r, (unsigned)random_below(&v->random, CALLERS),
                   (unsigned)random_below(&v->random, IDS_EACH));
}

/* ---- the load */

static enum error caching_begin(struct run *r) {
    struct caching *v = r->loaded = memory_get(sizeof(*v));
    v->random = random_seeded(r->options->seed ^ 99);
    resp_client_init(&v->reader, house_port(&r->house, cache, "resp"));
    for (unsigned i = 0; i < CALLERS; i++) {
        struct caller *c = &v->callers[i];
        c->number = i;
        c->random = random_seeded(r->options->seed * 100 + i);
        http_client_init(&c->http, house_port(&r->house, crm, "rest"));
    }
    return E_ok;
}

static size_t caching_polls(struct run *r, struct pollfd *out) {
    struct caching *v = r->loaded;
    for (size_t i = 0; i < CALLERS; i++)
        out[i] = http_client_poll(&v->callers[i].http);
    return CALLERS;
}

static void caching_turn(struct run *r, int64_t now_ms, const struct pollfd *polls) {
    struct caching *v = r->loaded;
    (void)now_ms;
    for (size_t i = 0; i < CALLERS; i++)
        caller_turn(r, &v->callers[i], clock_steady_ms(clock_real()),
                    polls[i].fd == v->callers[i].http.fd ? polls[i].revents : 0);
    reader_turn(r);
}

static void caching_rest(struct run *r) {
    ((struct caching *)r->loaded)->resting = true;
}

static bool caching_is_idle(struct run *r) {
    struct caching *v = r->loaded;
    for (size_t i = 0; i < CALLERS; i++)
        if (v->callers[i].open)
            return false;
    return true;
}

static uint64_t caching_progress(struct run *r) {
    struct caching *v = r->loaded;
    return v->answers + v->reads;
}

/* id, version, purchases, deleted */
static void on_customer(void *context, const struct store_place *place,
                        const struct store_value *row) {
    struct run *r = context;
    (void)place;
    history_put(&r->history, (struct history_record){
                                 .kind = HISTORY_seen,
                                 .operation = HISTORY_source,
                                 .key = history_name(&r->history, row[0].text),
                                 .value = row[3].integer ? 0 : row[1].integer,
                                 .place = row[3].integer ? -1 : row[2].integer,
                             });
}

static const struct history_record *source_of(const struct run *r, uint64_t key) {
    for (size_t i = r->history.count; i-- > 0;)
        if (r->history.records[i].operation == HISTORY_source && r->history.records[i].key == key)
            return &r->history.records[i];
    return NULL;
}

/* What the cache has of a customer in the end: as soon as it is what the CRM has, or when the time
 * for all of them is over, what it answered last; it is asked at least once. False: no answer. */
static bool cached_read(struct run *r, unsigned i, int64_t until_ms, int64_t answer_ms) {
    struct caching *v = r->loaded;
    struct resp_row row = { 0 }, last = { .found = true, .version = -1 };
    int64_t answer_until_ms = run_now_ms(r) + answer_ms;
    bool answered = false;
    reader_ask(r, i / IDS_EACH, i % IDS_EACH);
    const struct history_record *source = source_of(r, v->asked_id);
    while (run_now_ms(r) < until_ms || (!answered && run_now_ms(r) < answer_until_ms)) {
        enum resp_state state = resp_client_turn(&v->reader, &row);
        (void)poll(NULL, 0, state == RESP_answered ? 0 : 1);
        if (state == RESP_answered) {
            answered = true;
            last = row;
            if ((row.found ? row.version : 0) == (source ? source->value : 0))
                break;
        }
        if (state != RESP_waits)
            reader_ask(r, i / IDS_EACH, i % IDS_EACH);
    }
    read_put(r, &last, HISTORY_cached);
    return answered;
}

/* One that is not asked to its end before the next one is asked would take the next one's answer.
 */
static void reader_settle(struct run *r, int64_t until_ms) {
    struct caching *v = r->loaded;
    while (resp_client_turn(&v->reader, &(struct resp_row){ 0 }) == RESP_waits
           && run_now_ms(r) < until_ms)
        (void)poll(NULL, 0, 1);
}

static enum error caching_collect(struct run *r) {
    struct caching *v = r->loaded;
    char *dir = run_store_dir(r);
    struct store_question q = {
        dir,         r->options->system->name,
        crm,         "SELECT sub, version, purchases, deleted FROM customer",
        on_customer, r
    };
    enum error e = stores_ask(&q, NULL);
    free(dir);
    TRY(e);
    int64_t until = run_now_ms(r) + r->limits.idle_ms;
    bool answers = true;
    for (unsigned i = 0; i < CALLERS * IDS_EACH; i++) {
        reader_settle(r, run_now_ms(r) + (answers ? ANSWER_MS : 0));
        answers = cached_read(r, i, until, answers ? ANSWER_MS : 0);
    }
    if (!r->options->json)
        (void)printf("callers: %llu answers, %llu asked again; %llu reads\n",
                     (unsigned long long)v->answers, (unsigned long long)v->lost,
                     (unsigned long long)v->reads);
    return topics_collect(r, NULL);
}

static void caching_finish(struct run *r) {
    struct caching *v = r->loaded;
    if (!v)
        return;
    for (size_t i = 0; i < CALLERS; i++)
        if (v->callers[i].http.port)
            http_client_finish(&v->callers[i].http);
    if (v->reader.port)
        resp_client_finish(&v->reader);
    free(v);
    r->loaded = NULL;
}

const struct load load_caching = {
    .name = "caching",
    .checks = checks_caching,
    .begin = caching_begin,
    .polls = caching_polls,
    .turn = caching_turn,
    .rest = caching_rest,
    .is_idle = caching_is_idle,
    .progress = caching_progress,
    .collect = caching_collect,
    .finish = caching_finish,
};
