/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Customers of a shop buy, the CRM writes it down, and a cache knows it a moment later; the cache
 * and the CRM are killed on the way. In the end every customer is read from the cache and held
 * against what the CRM's callers were answered. */
#include "demo.h"

#include "app/commands.h"
#include "base/disk.h"
#include "customers.h"
#include "net/listener.h"
#include "stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLERS = 32, SETTLING_MS = 60000, PROGRESS_MS = 200, PORT_FILE_MAX = 64 };

struct shop {
    struct stage stage;
    struct customers *customers;
    int64_t shown_ms;
    int kills;
};

/* ---- reading it back */

struct reading {
    struct connection *connection;
    const struct customer *list;
    size_t count, at;
    int64_t lost, other;
    bool refused; /* LOADING: the cache has just been started again */
    bool over;
};

static void reading_ask(struct reading *r) {
    struct buf out = { 0 };
    for (size_t i = 0; i < r->count; i++)
        buf_print(&out, "HMGET customer:%s version purchases spent\r\n", r->list[i].id);
    connection_send_buf(r->connection, &out);
    buf_finish(&out);
}

/* "*3", then three times "$LEN" and the number; or an error. 0: there is more to come. */
static size_t answer_read(struct bytes data, int64_t numbers[3], bool *refused) {
    char line[256];
    size_t len = data.len < sizeof(line) - 1 ? data.len : sizeof(line) - 1;
    memcpy(line, data.data, len);
    line[len] = 0;
    char *at = line;
    *refused = *at == '-';
    for (int i = 0; i < 3; i++)
        numbers[i] = -1;
    for (int i = 0; i < 7; i++) {
        char *end = strstr(at, "\r\n");
        if (!end)
            return 0;
        if (i > 1 && i % 2 == 0)
            numbers[i / 2 - 1] = strtoll(at, NULL, 10);
        bool is_null = i % 2 == 1 && at[1] == '-';
        at = end + 2;
        i += is_null; /* a null has no second line */
        if (*refused)
            break;
    }
    return (size_t)(at - line);
}

static size_t on_data(void *context, struct bytes data) {
    struct reading *r = context;
    size_t used = 0;
    while (used < data.len && r->at < r->count) {
        int64_t numbers[3];
        bool refused;
        const struct customer *c = &r->list[r->at];
        size_t len = answer_read(bytes_part(data, used, data.len - used), numbers, &refused);
        if (!len)
            break;
        used += len;
        r->at++;
        r->refused = r->refused || refused;
        r->lost += numbers[0] < 0 || numbers[0] < c->version;
        r->other +=
            numbers[0] > c->version
            || (numbers[0] == c->version && (numbers[1] != c->purchases || numbers[2] != c->spent));
    }
    r->over = r->over || r->at == r->count;
    return used;
}

static void on_closed(void *context) {
    struct reading *r = context;
    r->connection = NULL;
    r->over = true;
}

/* One reading of all; false: the cache could not be asked. */
static bool read_all(struct shop *s, struct reading *r, int64_t until_ms) {
    static const struct connection_handlers handlers = { NULL, on_data, on_closed };
    *r = (struct reading){ 0 };
    r->list = customers_all(s->customers, &r->count);
    if (connection_connect(&r->connection, s->stage.loop, "127.0.0.1", s->stage.running.edge_port,
                           &handlers, r))
        return false;
    reading_ask(r);
    while (!r->over && stage_turn(&s->stage, until_ms))
        continue;
    if (r->connection)
        connection_close(r->connection);
    while (r->connection && stage_turn(&s->stage, until_ms + PROGRESS_MS))
        continue;
    return r->at == r->count && !r->refused;
}

/* Until nothing is behind any more, or it takes too long. */
static bool compare(struct shop *s, struct reading *r) {
    int64_t until_ms = stage_now_ms(&s->stage) + SETTLING_MS;
    bool read = false;
    do {
        read = read_all(s, r, until_ms);
        if (read && !r->lost)
            break;
    } while (stage_turn(&s->stage, until_ms));
    return read;
}

/* ---- the steps */

static enum error crm_port(const struct shop *s, int *port) {
    char *path = place_path(&s->stage.place, "run", "crm.port");
    struct buf text = { 0 };
    enum error e = disk_read_whole(disk_real(), path, PORT_FILE_MAX, &text);
    *port = e ? 0 : (int)strtol(buf_text(&text), NULL, 10);
    buf_finish(&text);
    free(path);
    return e;
}

static void look(struct shop *s) {
    static const char *const killed[] = { "operational-data-cache", "crm", "broker" };
    static const char *const called[] = { "cache", "CRM", "broker" };
    int64_t written = customers_written(s->customers), total = customers_total(s->customers);
    int64_t now_ms = stage_now_ms(&s->stage);
    const struct demo_call *call = s->stage.call;
    if (now_ms >= s->shown_ms) {
        s->shown_ms = now_ms + PROGRESS_MS;
        stage_progress(&s->stage, written, total, "purchases are written");
    }
    int64_t share = call->for_ms ? 0 : total / 4;
    if (s->kills < 3 && written > (share ? share * (s->kills + 1) : 200 * (s->kills + 1))) {
        stage_kill(&s->stage, killed[s->kills], called[s->kills]);
        s->kills++;
    }
}

static enum error purchases_write(struct shop *s) {
    const struct demo_call *call = s->stage.call;
    struct customers_options options = {
        .loop = s->stage.loop,
        .callers = call->clients ? (int)call->clients : CALLERS,
        .purchases_max = call->inputs_max,
    };
    int64_t until_ms = call->for_ms ? stage_now_ms(&s->stage) + call->for_ms : INT64_MAX;
    TRY(crm_port(s, &options.port));
    TRY(customers_start(&s->customers, &options));
    stage_say(&s->stage, "input: %s", customers_source(s->customers));
    stage_say(&s->stage, "%d callers write to the CRM; a first purchase makes a customer",
              options.callers);
    while (!customers_are_done(s->customers) && stage_turn(&s->stage, until_ms))
        look(s);
    customers_end(s->customers);
    while (!customers_are_done(s->customers)
           && stage_turn(&s->stage, stage_now_ms(&s->stage) + SETTLING_MS))
        continue;
    return E_ok;
}

static bool conclude(struct shop *s) {
    struct reading r;
    bool read = compare(s, &r);
    int64_t refused = customers_refused(s->customers);
    bool good = read && !r.lost && !r.other && !refused && customers_are_done(s->customers);
    stage_progress_end(&s->stage);
    if (s->stage.call->json)
        (void)printf("{\"purchases\":%" PRId64 ",\"customers\":%zu,\"lost\":%" PRId64
                     ",\"repeated\":%" PRId64 ",\"refused\":%" PRId64 ",\"asked_again\":%" PRId64
                     "}\n",
                     customers_written(s->customers), r.count, r.lost, r.other, refused,
                     customers_asked_again(s->customers));
    else
        (void)printf("\n%" PRId64 " purchases of %zu customers are in the cache: lost %" PRId64
                     ", repeated or other %" PRId64 "\n  %-20s  %" PRId64
                     "\n  %-20s  %ld MB in %d processes\n",
                     customers_written(s->customers), r.count, r.lost, r.other, "asked again",
                     customers_asked_again(s->customers), "memory at most",
                     s->stage.memory_kib / 1024, (int)s->stage.declaration->service_count + 2);
    if (!read)
        (void)printf("the cache could not be read to the end\n");
    return good;
}

static void try_next(const struct shop *s) {
    char *program = stage_shell_word(command_program());
    char *dir = stage_shell_word(s->stage.place.dir);
    (void)printf("\nTry next:\n  %s caching audit --dir %s\n", program, dir);
    if (s->stage.call->stay)
        (void)printf("  redis-cli -p %d HGETALL customer:00001\n", s->stage.running.edge_port);
    else
        (void)printf("  %s up caching --dir %s\n", program, dir);
    (void)fflush(stdout);
    free(program);
    free(dir);
}

static enum error shop_run(struct shop *s, bool *good) {
    TRY(stage_start(&s->stage));
    TRY(purchases_write(s));
    if (s->stage.call->interrupted)
        return E_ok;
    *good = conclude(s);
    if (!s->stage.call->json)
        try_next(s);
    stage_stay(&s->stage);
    return E_ok;
}

static enum error caching_run(struct demo_call *call, bool *good) {
    struct shop s = { 0 };
    enum error e = stage_open(&s.stage, call, "caching");
    if (!e)
        e = shop_run(&s, good);
    customers_destroy(s.customers);
    stage_close(&s.stage);
    return e;
}

const struct demo demo_caching = {
    "caching",
    "a shop's customers: a CRM writes, a cache knows it a moment later",
    caching_run,
};
