/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A command's session: one lazy producer, short read-only looks into the stores. */
#include "runtime/session.h"

#include "base/clock.h"
#include "base/random.h"
#include "runtime/kafka.h"
#include "runtime/secret.h"
#include "runtime/session_sealed.h"
#include "values/digest.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLUSH_MS = 15000, BUSY_STEP_MS = 10 };

struct octavo_session {
    struct session_options options;
    struct kafka_producer *producer; /* NULL until the first publish */
    struct session_sealed *sealed;   /* NULL until something is */
    struct buf secret;
    struct buf json;
    char *data_dir;
    char *bootstrap;
    char *store_dir;
    char *topic; /* of the event begun; owned */
    char *type;
    char *key;
    char *id;
    uint64_t undelivered;
    bool failed; /* a delivery failed */
};

enum error session_create(struct octavo_session **out, const struct session_options *options) {
    struct octavo_session *s = memory_get(sizeof(*s));
    const char *store = options->declaration->store;
    s->options = *options;
    s->data_dir = text_copy(options->data_dir);
    s->bootstrap = options->bootstrap ? text_copy(options->bootstrap) : NULL;
    s->options.data_dir = s->data_dir;
    s->options.bootstrap = s->bootstrap;
    s->store_dir = text_copy(strchr(store, ':') ? strchr(store, ':') + 1 : options->data_dir);
    *out = s;
    return E_ok;
}

const struct session_options *session_options_of(const struct octavo_session *s) {
    return &s->options;
}

static void event_forget(struct octavo_session *s) {
    free(s->topic);
    free(s->type);
    free(s->key);
    free(s->id);
    s->topic = s->type = s->key = s->id = NULL;
}

void session_destroy(struct octavo_session *s) {
    if (!s)
        return;
    kafka_producer_destroy(s->producer);
    session_sealed_close(s->sealed);
    event_forget(s);
    buf_finish(&s->secret);
    buf_finish(&s->json);
    free(s->store_dir);
    free(s->data_dir);
    free(s->bootstrap);
    free(s);
}

/* ---- publishing */

static void on_delivered(void *context, void *tag, bool delivered) {
    struct octavo_session *s = context;
    (void)tag;
    s->undelivered--;
    s->failed = s->failed || !delivered;
}

static enum error producer_open(struct octavo_session *s) {
    struct kafka_producer_options options = {
        .bootstrap = s->options.bootstrap,
        .client_id = "octavo-command",
        .on_delivered = on_delivered,
        .context = s,
    };
    if (s->producer)
        return E_ok;
    if (!s->options.bootstrap) {
        enum error e = fail(E_usage, "no broker is known to publish to");
        fail_try("give --broker HOST:PORT, or start the system with `octavo up`");
        return e;
    }
    return kafka_producer_create(&s->producer, &options);
}

static char *text_of(struct octavo_text t) {
    return text_copy_bytes(bytes_of(t.data, t.len));
}

/* For what has no natural id: two of the same kind are two, and what follows from them differs. */
static char *id_draw(void) {
    uint64_t drawn[2];
    random_system(drawn, sizeof(drawn));
    return text_format("drawn-%016" PRIx64 "%016" PRIx64, drawn[0], drawn[1]);
}

void octavo_publish_begin(struct octavo_session *s, const char *topic, const char *type,
                          struct octavo_text key, struct octavo_text id) {
    event_forget(s);
    s->topic = text_copy(topic);
    s->type = text_copy(type);
    s->key = text_of(key);
    s->id = id.len ? text_of(id) : id_draw();
    buf_clear(&s->json);
    json_begin(&s->json);
}

struct octavo_text octavo_publish_id(struct octavo_session *s) {
    return octavo_text(s->id);
}

void octavo_publish_int(struct octavo_session *s, const char *field, int64_t v) {
    json_put_int(&s->json, field, v);
}

void octavo_publish_text(struct octavo_session *s, const char *field, struct octavo_text v) {
    json_put_text(&s->json, field, bytes_of(v.data, v.len));
}

struct session_sealed **session_sealed_of(struct octavo_session *s) {
    return &s->sealed;
}

enum error session_produce(struct octavo_session *s, const struct out_event *event) {
    enum error e;
    while ((e = kafka_produce(s->producer, event, NULL)) == E_busy)
        (void)kafka_producer_flush(s->producer, BUSY_STEP_MS);
    if (!e)
        s->undelivered++;
    return e;
}

enum error session_event_place(const struct octavo_session *s, struct session_place *out) {
    const struct declared_topic *topic = declaration_topic(s->options.declaration, s->topic);
    if (!topic)
        return fail(E_config, "topic %s is not declared", s->topic);
    out->topic = s->topic;
    out->partition = partition_of_key(bytes_text(s->key), topic->partitions);
    return E_ok;
}

static enum error publish(struct octavo_session *s) {
    struct session_place place;
    TRY(session_event_place(s, &place));
    TRY(producer_open(s));
    struct out_event event = {
        .topic = bytes_text(s->topic),
        .partition = place.partition,
        .id = bytes_text(s->id),
        .type = bytes_text(s->type),
        .key = bytes_text(s->key),
        .value = buf_bytes(&s->json),
        .time_ms = clock_wall_ms(clock_real()),
    };
    const struct declared_topic *topic = declaration_topic(s->options.declaration, s->topic);
    return topic->sealed ? session_sealed_send(s, &s->sealed, topic, &event)
                         : session_produce(s, &event);
}

struct bytes session_event_json(struct octavo_session *s) {
    json_end(&s->json);
    return buf_bytes(&s->json);
}

bool octavo_publish_send(struct octavo_session *s) {
    json_end(&s->json);
    enum error e = publish(s);
    if (e)
        error_print();
    return !e;
}

bool octavo_publish_flush(struct octavo_session *s) {
    if (!s->producer)
        return true;
    if (session_sealed_flush(s, s->sealed)) {
        error_print();
        return false;
    }
    bool done = kafka_producer_flush(s->producer, FLUSH_MS) && s->undelivered == 0 && !s->failed;
    if (!done) {
        enum error e = fail(E_timed_out, "%llu events were not acknowledged by %s",
                            (unsigned long long)s->undelivered, s->options.bootstrap);
        fail_try("look whether the broker runs, then give the command again: repeats are harmless");
        error_print();
        (void)e;
    }
    return done;
}

/* ---- reading rows */

struct reading {
    octavo_on_row *on_row;
    void *context;
    struct octavo_value values[64];
};

static struct octavo_text octavo_of(struct bytes b) {
    return (struct octavo_text){ (const char *)b.data, b.len };
}

static void on_store_row(void *context, struct bytes key, struct bytes sub,
                         const struct value *values, size_t count) {
    struct reading *r = context;
    for (size_t i = 0; i < count && i < sizeof(r->values) / sizeof(r->values[0]); i++) {
        r->values[i].kind = values[i].kind == VALUE_INT    ? OCTAVO_INT
                            : values[i].kind == VALUE_TEXT ? OCTAVO_TEXT
                                                           : OCTAVO_NULL;
        r->values[i].integer = values[i].integer;
        r->values[i].text = octavo_of(values[i].text);
    }
    r->on_row(r->context, octavo_of(key), octavo_of(sub), r->values, count);
}

static enum error rows_read(const struct store_kind *kind, const struct store_options *options,
                            const char *table, const char *key, struct reading *reading) {
    for (size_t i = 0; i < options->table_count; i++)
        if (strcmp(options->tables[i].name, table) == 0)
            return kind->read(options, i, key, on_store_row, reading);
    return fail(E_usage, "service %s has no table %s", options->service, table);
}

static enum error task_read(struct octavo_session *s, const char *service, int32_t task,
                            const char *table, const char *key, struct reading *reading) {
    const struct declared_service *declared = declaration_service(s->options.declaration, service);
    if (!declared)
        return fail(E_usage, "no service %s is declared", service);
    struct store_table tables[64];
    if (declared->table_count > 64)
        return fail(E_too_large, "service %s has more than 64 tables", service);
    for (size_t i = 0; i < declared->table_count; i++)
        tables[i] = declared->tables[i].table;
    const struct store_kind *kind =
        declared->state == STATE_FOLD ? s->options.fold_kind : s->options.store_kind;
    if (!kind)
        return fail(E_config, "service %s is a fold, and no store for it is linked", service);
    char *url = text_format("%s:%s", kind->scheme, s->store_dir);
    struct store_options options = {
        .url = url,
        .system = s->options.declaration->system,
        .service = service,
        .generation = declared->generation,
        .task = task,
        .tables = tables,
        .table_count = declared->table_count,
        .sync = true,
    };
    enum error e = rows_read(kind, &options, table, key, reading);
    free(url);
    return e;
}

int32_t octavo_tasks(struct octavo_session *s, const char *service) {
    const struct declared_service *declared = declaration_service(s->options.declaration, service);
    if (!declared)
        return 0;
    if (declared->tasks)
        return declared->tasks;
    return declared->consumes_count
               ? declaration_topic(s->options.declaration, declared->consumes[0])->partitions
               : 0;
}

bool octavo_rows_of_task(struct octavo_session *s, const char *service, int32_t task,
                         const char *table, const char *key, octavo_on_row *on_row, void *context) {
    struct reading reading = { .on_row = on_row, .context = context };
    enum error e = task_read(s, service, task, table, key, &reading);
    if (e && e != E_not_found)
        error_print();
    return e == E_ok || e == E_not_found;
}

static void on_no_row(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *values, size_t count) {
    (void)context;
    (void)key;
    (void)sub;
    (void)values;
    (void)count;
}

/* An error other than that it is not there is the reader's to meet and to tell. */
bool octavo_task_has_store(struct octavo_session *s, const char *service, int32_t task) {
    const struct declared_service *declared = declaration_service(s->options.declaration, service);
    struct reading reading = { .on_row = on_no_row };
    if (!declared || !declared->table_count)
        return false;
    return task_read(s, service, task, declared->tables[0].table.name, "", &reading) != E_not_found;
}

bool octavo_rows(struct octavo_session *s, const char *service, const char *table, const char *key,
                 octavo_on_row *on_row, void *context) {
    int32_t tasks = octavo_tasks(s, service);
    if (!tasks) {
        (void)fprintf(stderr, "octavo: no service %s with tasks is declared\n", service);
        return false;
    }
    for (int32_t task = 0; task < tasks; task++)
        if (!octavo_rows_of_task(s, service, task, table, key, on_row, context))
            return false;
    return true;
}

/* ---- the rest */

static const char *secret_name(const struct octavo_session *s) {
    const struct declaration *d = s->options.declaration;
    for (size_t i = 0; i < d->service_count; i++)
        for (size_t j = 0; j < d->services[i].edge_count; j++)
            if (d->services[i].edges[j].secret_file)
                return d->services[i].edges[j].secret_file;
    return NULL;
}

bool octavo_tokenise(struct octavo_session *s, const char *number, char token[27]) {
    const char *name = secret_name(s);
    if (!name) {
        (void)fprintf(stderr, "octavo: no edge declares a secret_file\n");
        return false;
    }
    if (!s->secret.len && secret_load(disk_real(), s->options.data_dir, name, &s->secret)) {
        error_print();
        return false;
    }
    card_token(buf_bytes(&s->secret), bytes_text(number), token);
    return true;
}

bool octavo_json_wanted(struct octavo_session *s) {
    return s->options.json;
}

void octavo_print(struct octavo_session *s, const char *format, ...) {
    va_list list;
    (void)s;
    va_start(list, format);
    (void)vprintf(format, list);
    va_end(list);
}

int octavo_usage_error(struct octavo_session *s, const char *format, ...) {
    va_list list;
    (void)s;
    (void)fprintf(stderr, "octavo: wrong usage: ");
    va_start(list, format);
    (void)vfprintf(stderr, format, list);
    va_end(list);
    (void)fprintf(stderr, "\n");
    return 2;
}
