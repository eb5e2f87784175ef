/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Work for New Employee Onboarding: desks of HR that hire, change their mind, and ask again under
 * the same key until they are answered; and the vendor. At rest the directory, the carrier's files
 * and the hires are read into the history. */
#include "run.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"
#include "carrier.h"
#include "http_client.h"
#include "stores.h"
#include "topics.h"
#include "values/json.h"
#include "agency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DESKS = 4,
    FIRST_EMPLOYEE = 10001,
    ANSWER_MS = 6000,
    PAUSE_MS = 60,
    AGAIN_MS = 100,
    OPEN_ASKED_EVERY_MS = 100,
    PLAN_MAX = 4,
    ENTRY_MAX = 16 << 10
};

static const char hr[] = "hr-onboarding", checks_service[] = "background-check";

/* What HR asks of an employee, in this order. */
enum verb { HIRE, AMEND, MOVE, RESCIND, TERMINATE, REHIRE, VERBS };
static const struct {
    const char *name, *body; /* of all but a hire */
    char code[3];
} verbs[VERBS] = {
    { "hire", NULL, "hi" },
    { "amend", "{\"title\":\"Engineer\"}", "am" },
    { "move", "{\"start\":\"2098-01-15\"}", "mo" },
    { "rescind", "{\"reason\":\"went elsewhere\"}", "rs" },
    { "terminate", "{\"reason\":\"went elsewhere\"}", "te" },
    { "rehire", "{\"start\":\"2099-09-01\"}", "rh" },
};

struct desk {
    struct http_client http;
    struct random random;
    unsigned number, employees; /* hired so far */
    enum verb plan[PLAN_MAX];   /* of its employee */
    size_t planned, done;
    char employee[16], path[64], headers[128], body[256];
    struct history_record asked;
    bool open, repeats;
    int64_t wake_ms;
};

struct onboarding {
    struct desk desks[DESKS];
    struct agency *agency;
    char *secret;
    bool resting;
    int64_t asked_ms;
    int64_t left; /* hires that are not at an end */
    uint64_t answers, lost;
};

/* ---- HR */

/* Who has begun is terminated, who has not is rescinded. */
static void plan_draw(struct desk *d) {
    uint64_t dice = random_below(&d->random, 100);
    bool begun = d->employees % 4 == 0;
    d->planned = d->done = 0;
    d->plan[d->planned++] = HIRE;
    if (dice < 30)
        d->plan[d->planned++] = dice % 2 && !begun ? MOVE : AMEND;
    if (dice >= 15 && dice < 50)
        d->plan[d->planned++] = begun ? TERMINATE : RESCIND;
    if (dice >= 35 && dice < 50)
        d->plan[d->planned++] = REHIRE;
}

static void employee_begin(struct desk *d) {
    unsigned number = FIRST_EMPLOYEE + d->employees * DESKS + d->number;
    (void)snprintf(d->employee, sizeof(d->employee), "%u", number);
    plan_draw(d);
    d->employees++;
    (void)snprintf(
        d->body, sizeof(d->body),
        "{\"given\":\"Anna\",\"family\":\"Novak%u\",\"birth\":\"1990-02-28\",\"department\":"
        "\"d%03u\",\"start\":\"%s\",\"hours\":%d}",
        number % 5, number % 9, (d->employees - 1) % 4 == 0 ? "2001-05-01" : "2099-05-01",
        number % 10 == 9 ? 10 : 40);
}

static void request_draw(struct run *r, struct desk *d) {
    char key[64];
    if (d->done == d->planned)
        employee_begin(d);
    enum verb verb = d->plan[d->done];
    if (verb != HIRE)
        (void)snprintf(d->body, sizeof(d->body), "%s", verbs[verb].body);
    (void)snprintf(key, sizeof(key), "verify-%s-%s", d->employee, verbs[verb].name);
    (void)snprintf(d->path, sizeof(d->path), "/employees/%s/%s", d->employee, verbs[verb].name);
    (void)snprintf(d->headers, sizeof(d->headers),
                   "Idempotency-Key: %s\r\nContent-Type: application/json\r\n", key);
    d->asked = (struct history_record){ .operation = HISTORY_asked,
                                        .id = history_text(&r->history, key),
                                        .key = history_text(&r->history, d->employee),
                                        .value = (d->employees - 1) % 4 == 0,
                                        .process = d->number };
    memcpy(d->asked.code, verbs[verb].code, 2);
    d->open = true;
}

static void put(struct run *r, const struct desk *d, enum history_kind kind) {
    struct history_record told = d->asked;
    told.kind = (uint8_t)kind;
    history_put(&r->history, told);
}

static void desk_ask(struct run *r, struct desk *d, int64_t now_ms) {
    struct http_request q = { "POST", d->path, d->headers, bytes_text(d->body) };
    put(r, d, HISTORY_invoke);
    http_client_ask(&d->http, &q, now_ms + ANSWER_MS);
}

static bool is_final(const struct http_answer *a) {
    bool handled = a->status == 409 && memmem(a->body.data, a->body.len, "being handled", 13);
    return a->status < 500 && !handled;
}

static void answer_take(struct run *r, struct desk *d, const struct http_answer *a) {
    struct onboarding *v = r->loaded;
    put(r, d, a->status == 202 ? HISTORY_ok : HISTORY_fail);
    v->answers++;
    d->repeats = !d->repeats && random_below(&d->random, 8) == 0;
    d->open = d->repeats;
    d->done += !d->open;
}

static void desk_turn(struct run *r, struct desk *d, int64_t now_ms, short revents) {
    struct onboarding *v = r->loaded;
    struct http_answer a;
    enum http_state state = http_client_turn(&d->http, now_ms, revents, &a);
    if (state == HTTP_waits)
        return;
    if (state == HTTP_answered && is_final(&a)) {
        answer_take(r, d, &a);
        d->wake_ms = now_ms + (int64_t)random_below(&d->random, 2 * PAUSE_MS);
    } else if (state != HTTP_rests) {
        v->lost++;
        d->wake_ms = now_ms + AGAIN_MS;
    }
    if (now_ms < d->wake_ms || (v->resting && !d->open))
        return;
    if (!d->open)
        request_draw(r, d);
    desk_ask(r, d, now_ms);
}

/* ---- the world */

static enum error onboarding_open(struct run *r) {
    struct onboarding *v = r->loaded = memory_get(sizeof(*v));
    v->secret = text_format("%s/%s/webhook.key", r->house.dir, r->options->system->name);
    r->has_servers = true;
    return agency_open(&v->agency,
                       &(struct agency_options){ &r->history, r->options->seed, v->secret });
}

static char *onboarding_edge_url(struct run *r, const struct verify_service *s,
                                 const struct verify_edge *e) {
    struct onboarding *v = r->loaded;
    if (strcmp(s->name, checks_service) == 0 && strcmp(e->name, "vendor") == 0)
        return text_format("http+rest:http://127.0.0.1:%d/orders?by=reference",
                           agency_port(v->agency));
    return e->class ? text_copy(e->url) : NULL; /* folders are where they are declared */
}

static enum error onboarding_begin(struct run *r) {
    struct onboarding *v = r->loaded;
    agency_calls(v->agency, house_port(&r->house, checks_service, "webhooks"));
    for (unsigned i = 0; i < DESKS; i++) {
        struct desk *d = &v->desks[i];
        d->number = i;
        d->random = random_seeded(r->options->seed * 100 + i);
        http_client_init(&d->http, house_port(&r->house, hr, "desk"));
    }
    return E_ok;
}

static size_t onboarding_polls(struct run *r, struct pollfd *out) {
    struct onboarding *v = r->loaded;
    for (size_t i = 0; i < DESKS; i++)
        out[i] = http_client_poll(&v->desks[i].http);
    out[DESKS] = agency_poll(v->agency);
    return DESKS + 1;
}

static void onboarding_turn(struct run *r, int64_t now_ms, const struct pollfd *polls) {
    struct onboarding *v = r->loaded;
    (void)now_ms;
    for (size_t i = 0; i < DESKS; i++)
        desk_turn(r, &v->desks[i], clock_steady_ms(clock_real()),
                  polls[i].fd == v->desks[i].http.fd ? polls[i].revents : 0);
    agency_turn(v->agency, r->mood, r->clock_ahead_s);
}

static void onboarding_rest(struct run *r) {
    ((struct onboarding *)r->loaded)->resting = true;
}

static void on_left(void *context, const struct store_place *place, const struct store_value *row) {
    (void)place;
    *(int64_t *)context += row[0].integer;
}

/* A hire on its way may wait for a timer, which stands in no outbox. */
static bool hires_are_done(struct run *r) {
    struct onboarding *v = r->loaded;
    if (run_now_ms(r) < v->asked_ms + OPEN_ASKED_EVERY_MS)
        return v->left == 0;
    v->asked_ms = run_now_ms(r);
    v->left = 0;
    char *dir = run_store_dir(r);
    struct store_question q = { dir,
                                r->options->system->name,
                                hr,
                                "SELECT count(*) FROM hire WHERE state NOT IN"
                                " ('onboarded', 'review', 'rescinded', 'terminated')",
                                on_left,
                                &v->left };
    if (stores_ask(&q, NULL))
        v->left = 1;
    free(dir);
    return v->left == 0;
}

static bool onboarding_is_idle(struct run *r) {
    struct onboarding *v = r->loaded;
    for (size_t i = 0; i < DESKS; i++)
        if (v->desks[i].open)
            return false;
    return agency_is_idle(v->agency) && hires_are_done(r);
}

/* Of hires that come to their end, too. */
static uint64_t onboarding_progress(struct run *r) {
    struct onboarding *v = r->loaded;
    return v->answers + agency_orders(v->agency) + (uint64_t)v->left;
}

/* ---- what is found at rest */

/* A login is personal, so a store has it sealed: it is known to the directory alone. */
static bool is_sealed(struct bytes text) {
    static const char begins[] = "{sealed:";
    return text.len >= sizeof(begins) && memcmp(text.data, begins, sizeof(begins) - 1) == 0;
}

/* sub, state, version, login, reference */
static void on_hire(void *context, const struct store_place *place, const struct store_value *row) {
    struct run *r = context;
    (void)place;
    history_put(&r->history,
                (struct history_record){
                    .kind = HISTORY_seen,
                    .operation = HISTORY_hire,
                    .key = history_name(&r->history, row[0].text),
                    .other = history_name(&r->history, row[1].text),
                    .value = row[2].integer,
                    .lane = is_sealed(row[3].text) ? 0 : history_name(&r->history, row[3].text),
                    .id = history_name(&r->history, row[4].text),
                });
}

/* The value of "NAME: " of an entry; empty: it has none. */
static struct bytes ldif_value(struct bytes entry, const char *name) {
    char *line = text_format("\n%s: ", name);
    const uint8_t *at = entry.len ? memmem(entry.data, entry.len, line, strlen(line)) : NULL;
    struct bytes value = bytes_of("", 0);
    if (at) {
        at += strlen(line);
        const uint8_t *end = memchr(at, '\n', entry.len - (size_t)(at - entry.data));
        value = bytes_of(at, end ? (size_t)(end - at) : entry.len - (size_t)(at - entry.data));
    }
    free(line);
    return value;
}

struct people {
    struct run *run;
    char *folder;
};

static void on_entry(void *context, const char *name) {
    struct people *p = context;
    struct run *r = p->run;
    size_t len = strlen(name);
    if (len < 5 || name[0] == '.' || strcmp(name + len - 5, ".ldif") != 0)
        return;
    char *path = text_format("%s/%s", p->folder, name);
    struct buf text = { 0 };
    if (disk_read_whole(disk_real(), path, ENTRY_MAX, &text))
        buf_clear(&text);
    struct history_record record = {
        .kind = HISTORY_seen,
        .operation = HISTORY_account,
        .id = history_name(&r->history, ldif_value(buf_bytes(&text), "uid")),
        .key = history_name(&r->history, ldif_value(buf_bytes(&text), "employeeNumber")),
        .lane = history_name(&r->history, ldif_value(buf_bytes(&text), "uidNumber")),
    };
    bool on = bytes_is_text(ldif_value(buf_bytes(&text), "shadowExpire"), "-1");
    memcpy(record.code, on ? "on" : "no", 2);
    history_put(&r->history, record);
    buf_finish(&text);
    free(path);
}

static void directory_read(struct run *r) {
    struct people p = { r, text_format("%s/%s/directory/people", r->house.dir,
                                       r->options->system->name) };
    bool there = false;
    if (!disk_exists(disk_real(), p.folder, &there) && there
        && disk_list(disk_real(), p.folder, on_entry, &p))
        run_problem(r, "the directory cannot be read: %s", error_story());
    free(p.folder);
}

/* employee-hired: versions in their order */
static void on_record(struct run *r, const struct kafka_event *event) {
    struct json j;
    struct history_record record = { .kind = HISTORY_seen, .operation = HISTORY_version };
    if (strcmp(event->topic, "employee-hired") != 0 || json_read(&j, event->value))
        return;
    record.id = history_name(&r->history, kafka_header_of(event, "ce_id"));
    record.key = history_name(&r->history, event->key);
    record.place = event->offset;
    record.process = (uint32_t)event->partition;
    if (json_get_int(&j, "version", &record.value))
        history_put(&r->history, record);
    json_finish(&j);
}

static enum error hires_read(struct run *r) {
    char *dir = run_store_dir(r);
    struct store_question q = { dir,     r->options->system->name,
                                hr,      "SELECT sub, state, version, login, reference FROM hire",
                                on_hire, r };
    enum error e = stores_ask(&q, NULL);
    free(dir);
    return e;
}

static enum error onboarding_collect(struct run *r) {
    struct onboarding *v = r->loaded;
    unsigned employees = 0;
    for (size_t i = 0; i < DESKS; i++)
        employees += v->desks[i].employees;
    if (agency_fooled(v->agency))
        run_problem(r, "%llu forged webhooks were taken",
                    (unsigned long long)agency_fooled(v->agency));
    if (!r->options->json)
        (void)printf("desks: %u hires, %llu answers, %llu asked again; %llu orders, %llu forged "
                     "webhooks refused\n",
                     employees, (unsigned long long)v->answers, (unsigned long long)v->lost,
                     (unsigned long long)agency_orders(v->agency),
                     (unsigned long long)agency_refused(v->agency));
    TRY(hires_read(r));
    directory_read(r);
    char *files = text_format("%s/%s/834", r->house.dir, r->options->system->name);
    enum error e = carrier_read(files, &r->history);
    free(files);
    TRY(e);
    return topics_collect(r, on_record);
}

static void onboarding_finish(struct run *r) {
    struct onboarding *v = r->loaded;
    if (!v)
        return;
    for (size_t i = 0; i < DESKS; i++)
        if (v->desks[i].http.port)
            http_client_finish(&v->desks[i].http);
    agency_close(v->agency);
    free(v->secret);
    free(v);
    r->loaded = NULL;
}

const struct load load_onboarding = {
    .name = "onboarding",
    .checks = checks_onboarding,
    .open = onboarding_open,
    .edge_url = onboarding_edge_url,
    .begin = onboarding_begin,
    .polls = onboarding_polls,
    .turn = onboarding_turn,
    .rest = onboarding_rest,
    .is_idle = onboarding_is_idle,
    .progress = onboarding_progress,
    .collect = onboarding_collect,
    .finish = onboarding_finish,
};
