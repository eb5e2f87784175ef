/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo.h as a handler calls it. Events and requests are read as JSON only when a handler asks for
 * a field: what is passed by costs no parse. */
#include "runtime/step.h"

#include "base/check.h"
#include "runtime/fired.h"
#include "runtime/schemas.h"
#include "runtime/spans.h"
#include "runtime/task_inside.h"

#include <stdio.h>
#include <string.h>

/* ---- values */

static struct bytes bytes_from(struct octavo_text t) {
    return bytes_of(t.data ? t.data : "", t.len);
}

static struct octavo_text text_from(struct bytes b) {
    return (struct octavo_text){ b.data ? (const char *)b.data : "", b.len };
}

struct octavo_text octavo_text(const char *closed_by_zero) {
    return text_from(bytes_text(closed_by_zero));
}

struct octavo_value octavo_int_value(int64_t v) {
    return (struct octavo_value){ .kind = OCTAVO_INT, .integer = v };
}

struct octavo_value octavo_text_value(struct octavo_text v) {
    return (struct octavo_value){ .kind = OCTAVO_TEXT, .text = v };
}

bool octavo_text_equal(struct octavo_text a, struct octavo_text b) {
    return bytes_equal(bytes_from(a), bytes_from(b));
}

bool octavo_text_is(struct octavo_text a, const char *b) {
    return bytes_is_text(bytes_from(a), b);
}

/* ---- faults */

/* Only the first: what follows is its consequence. */
static void fault(struct octavo_step *s, const char *format, ...) PRINTF_LIKE(2, 3);
static void fault(struct octavo_step *s, const char *format, ...) {
    char text[512];
    va_list list;
    if (s->faulty || s->error)
        return;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    buf_clear(s->reason);
    buf_put_text(s->reason, text);
    s->faulty = true;
}

/* What an event holds can be too large for what the handler makes of it: that parks its key. */
static void fault_too_large(struct octavo_step *s, const char *what, int most_bytes) {
    bool first = !s->faulty && !s->error;
    fault(s, "%s is over %d bytes", what, most_bytes);
    s->unfit = s->unfit || first;
}

static bool is_over(const struct octavo_step *s) {
    return s->faulty || s->error;
}

static bool store_is_well(struct octavo_step *s, enum error e) {
    if (e)
        s->error = e;
    return !e;
}

enum octavo_outcome octavo_refuse(struct octavo_step *s, enum octavo_outcome outcome,
                                  const char *format, ...) {
    char text[512];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    if (is_over(s))
        return outcome;
    buf_clear(s->reason);
    buf_put_text(s->reason, text);
    return outcome;
}

/* ---- the event */

struct octavo_text octavo_event_type(struct octavo_step *s) {
    return text_from(s->in->type);
}

struct octavo_text octavo_event_id(struct octavo_step *s) {
    return text_from(s->in->id);
}

struct octavo_text octavo_event_key(struct octavo_step *s) {
    return text_from(s->in->key);
}

int64_t octavo_event_time_ms(struct octavo_step *s) {
    return s->in->time_ms;
}

struct octavo_text octavo_event_json(struct octavo_step *s) {
    return text_from(s->in->json);
}

int32_t octavo_task(struct octavo_step *s) {
    return s->task->options.task;
}

/* A value that is no flat JSON object has no fields. */
static bool event_is_readable(struct octavo_step *s) {
    if (s->json_state == JSON_UNREAD)
        s->json_state = json_read(&s->json, s->in->json) ? JSON_BAD : JSON_READ;
    return s->json_state == JSON_READ;
}

bool octavo_event_int(struct octavo_step *s, const char *field, int64_t *out) {
    return !is_over(s) && event_is_readable(s) && json_get_int(&s->json, field, out);
}

bool octavo_event_text(struct octavo_step *s, const char *field, struct octavo_text *out) {
    struct bytes text;
    if (is_over(s) || !event_is_readable(s) || !json_get_text(&s->json, field, &text))
        return false;
    *out = text_from(text);
    return true;
}

/* ---- rows */

struct access {
    const char *table;
    bool log;
    size_t count;
};

/* A system names its tables by the same few literals. What stands there is looked at all the same.
 */
static size_t table_index(struct task *t, const char *name) {
    size_t *known = &t->table_known[((uintptr_t)name >> 3) % TABLES_KNOWN];
    if (*known < t->table_count && strcmp(t->tables[*known].name, name) == 0)
        return *known;
    size_t i = 0;
    while (i < t->table_count && strcmp(t->tables[i].name, name) != 0)
        i++;
    *known = i;
    return i;
}

static bool table_find_declared(struct octavo_step *s, const struct access *a, size_t *table) {
    struct task *t = s->task;
    if (is_over(s))
        return false;
    size_t i = table_index(t, a->table);
    if (i == t->table_count)
        fault(s, "table \"%s\" is not declared", a->table);
    else if (t->tables[i].log != a->log)
        fault(s, "table \"%s\" is %sa log", a->table, a->log ? "not " : "");
    else if (t->tables[i].column_count != a->count)
        fault(s, "table \"%s\" has %zu columns, not %zu", a->table, t->tables[i].column_count,
              a->count);
    *table = i;
    return !s->faulty;
}

static struct bytes row_key(struct octavo_step *s, size_t table) {
    if (s->task->options.service->tables[table].scope == SCOPE_PARTITION)
        return bytes_text(s->task->partition_key);
    return bytes_from(text_from(s->in->key));
}

/* Into the store's form; a value of another type than its column is the handler's mistake. */
static bool values_convert(struct octavo_step *s, size_t table, const struct octavo_value *values,
                           struct value *out) {
    const struct store_table *declared = &s->task->tables[table];
    for (size_t i = 0; i < declared->column_count; i++) {
        bool is_int = declared->columns[i].type == COLUMN_INT;
        if (values[i].kind != OCTAVO_NULL
            && values[i].kind != (is_int ? OCTAVO_INT : OCTAVO_TEXT)) {
            fault(s, "column \"%s\" of table \"%s\" is %s", declared->columns[i].name,
                  declared->name, is_int ? "an int" : "a text");
            return false;
        }
        out[i] = (struct value){ .kind = VALUE_NULL };
        if (values[i].kind == OCTAVO_INT)
            out[i] = (struct value){ .kind = VALUE_INT, .integer = values[i].integer };
        if (values[i].kind == OCTAVO_TEXT)
            out[i] = (struct value){ .kind = VALUE_TEXT, .text = bytes_from(values[i].text) };
    }
    return true;
}

bool octavo_row_get(struct octavo_step *s, const char *table, struct octavo_text sub,
                    struct octavo_value *values, size_t count) {
    struct row_name name = { .sub = bytes_from(sub) };
    const struct value *found = NULL;
    if (table_find_declared(s, &(struct access){ table, false, count }, &name.table)) {
        name.key = row_key(s, name.table);
        if (store_is_well(s, task_enter(s->task)))
            (void)store_is_well(s, row_cache_get(&s->task->rows, &name, &found));
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = (struct octavo_value){ .kind = OCTAVO_NULL };
        if (found && found[i].kind == VALUE_INT)
            values[i] = octavo_int_value(found[i].integer);
        if (found && found[i].kind == VALUE_TEXT)
            values[i] = octavo_text_value(text_from(found[i].text));
    }
    return found != NULL;
}

void octavo_row_put(struct octavo_step *s, const char *table, struct octavo_text sub,
                    const struct octavo_value *values, size_t count) {
    struct row_name name = { .sub = bytes_from(sub) };
    struct value converted[FIELDS_MAX];
    if (!table_find_declared(s, &(struct access){ table, false, count }, &name.table)
        || !values_convert(s, name.table, values, converted))
        return;
    name.key = row_key(s, name.table);
    if (!store_is_well(s, task_enter(s->task)))
        return;
    row_cache_put(&s->task->rows, &name, converted);
    s->changed = true;
}

void octavo_row_delete(struct octavo_step *s, const char *table, struct octavo_text sub) {
    struct row_name name = { .sub = bytes_from(sub) };
    size_t columns = 0;
    for (size_t i = 0; i < s->task->table_count; i++)
        if (strcmp(s->task->tables[i].name, table) == 0)
            columns = s->task->tables[i].column_count;
    if (!table_find_declared(s, &(struct access){ table, false, columns }, &name.table))
        return;
    name.key = row_key(s, name.table);
    if (!store_is_well(s, task_enter(s->task)))
        return;
    row_cache_delete(&s->task->rows, &name);
    s->changed = true;
}

int64_t octavo_log_add(struct octavo_step *s, const char *table, const struct octavo_value *values,
                       size_t count) {
    struct task *t = s->task;
    struct value converted[FIELDS_MAX];
    size_t index;
    if (!table_find_declared(s, &(struct access){ table, true, count }, &index)
        || !values_convert(s, index, values, converted))
        return 0;
    s->changed = true;
    return attempt_log_add(t, index, row_key(s, index), converted);
}

/* ---- what leaves the step */

static bool building_begin(struct octavo_step *s, const char *what) {
    if (is_over(s))
        return false;
    if (s->building != BUILDING_NOTHING)
        fault(s, "%s is begun before octavo_end of the one before", what);
    s->field_count = 0;
    buf_clear(s->value);
    json_begin(s->value);
    return !s->faulty;
}

/* The declared name, which outlives the step; NULL when it is not among `produces`. */
static const char *produced_topic(const struct task *t, const char *topic) {
    for (size_t i = 0; i < t->options.service->produces_count; i++)
        if (strcmp(t->options.service->produces[i], topic) == 0)
            return t->options.service->produces[i];
    return NULL;
}

void octavo_event_begin(struct octavo_step *s, const char *topic, const char *type,
                        struct octavo_text key) {
    struct task *t = s->task;
    if (!building_begin(s, "an event"))
        return;
    if (s->in->sends_nothing) {
        s->error = fail(E_busy, "%s wants to send, and the broker is away", type);
        return;
    }
    const char *produced = produced_topic(t, topic);
    if (!produced)
        fault(s, "topic \"%s\" is not among the declared `produces`", topic);
    else if (strlen(type) > OUT_NAME_MAX)
        fault(s, "the type of an event \"%.40s\" is over %d bytes", type, OUT_NAME_MAX);
    else if (key.len > OUT_NAME_MAX)
        fault_too_large(s, "the key of an event", OUT_NAME_MAX);
    if (s->faulty)
        return;
    s->asker = s->answers = (struct bytes){ 0 };
    s->tombstone = false;
    s->topic = bytes_text(produced);
    s->type = arena_copy(&t->arena, bytes_text(type));
    s->key = arena_copy(&t->arena, bytes_from(key));
    s->building = BUILDING_EVENT;
}

void octavo_reply_begin(struct octavo_step *s, struct octavo_text request_key) {
    if (!building_begin(s, "a reply"))
        return;
    if (s->task->options.service->edge_count == 0) {
        fault(s, "a reply, in a service that has no edge");
        return;
    }
    s->key = arena_copy(&s->task->arena, bytes_from(request_key));
    s->building = BUILDING_REPLY;
}

/* A name that stands twice or a field too many would be refused by every reader. */
static bool field_begin(struct octavo_step *s, const char *field) {
    uint64_t hash = bytes_hash(bytes_text(field));
    if (is_over(s))
        return false;
    if (s->building == BUILDING_NOTHING)
        fault(s, "field \"%s\" is put outside an event or reply", field);
    else if (s->field_count == FIELDS_MAX)
        fault(s, "an event or reply has more than %d fields", FIELDS_MAX);
    for (size_t i = 0; i < s->field_count; i++)
        if (s->fields[i] == hash)
            fault(s, "field \"%s\" is put twice", field);
    if (s->faulty)
        return false;
    s->fields[s->field_count++] = hash;
    return true;
}

void octavo_put_int(struct octavo_step *s, const char *field, int64_t v) {
    if (field_begin(s, field))
        json_put_int(s->value, field, v);
}

void octavo_put_text(struct octavo_step *s, const char *field, struct octavo_text v) {
    if (v.len > OUT_BYTES_MAX)
        fault_too_large(s, "a field of an event or reply", OUT_BYTES_MAX);
    if (field_begin(s, field))
        json_put_text(s->value, field, bytes_from(v));
}

void step_put_other(struct octavo_step *s, const char *field, enum step_other value) {
    if (!field_begin(s, field))
        return;
    if (value == STEP_NULL)
        json_put_null(s->value, field);
    else
        json_put_bool(s->value, field, value == STEP_TRUE);
}

static struct lane *lane_out(struct task *t, struct bytes topic, int32_t partition) {
    buf_clear(&t->scratch);
    buf_put_text(&t->scratch, t->source);
    buf_put_byte(&t->scratch, ' ');
    buf_put_bytes(&t->scratch, topic);
    buf_put_byte(&t->scratch, '/');
    buf_put_decimal(&t->scratch, partition);
    return lanes_lane(&t->lanes_out, buf_bytes(&t->scratch));
}

/* Found once for all events of the step. */
static struct bytes trace_of(struct octavo_step *s) {
    struct step_trace trace;
    if (!s->trace_known && task_trace_find(s->task, s->in, &trace))
        step_trace_write(&trace, s->traceparent);
    s->trace_known = true;
    return bytes_text(s->traceparent);
}

static bool event_is_promised(struct octavo_step *s) {
    struct buf *why = &s->task->scratch;
    if (s->tombstone
        || schemas_promise(s->task->options.schemas, s->topic, s->type, buf_bytes(s->value), why))
        return true;
    fault(s, "an event is not what its schema says: %s", buf_text(why));
    s->unfit = true;
    return false;
}

static void event_end(struct octavo_step *s) {
    struct task *t = s->task;
    char id[DERIVED_ID_CHARS + 1];
    if (!event_is_promised(s))
        return;
    int32_t partitions = t->options.partitions_of(t->options.context, (const char *)s->topic.data);
    if (partitions <= 0) {
        fault(s, "topic \"%s\" has no known number of partitions", (const char *)s->topic.data);
        return;
    }
    int32_t partition = partition_of_key(s->key, partitions);
    struct lane *lane = lane_out(t, s->topic, partition);
    int64_t sequence = attempt_next_sequence(t, lane);
    s->lane = lane;
    s->sequence = sequence;
    struct id_seed seed = { t->options.system, t->options.service->name, s->in->id };
    id_derive(&t->scratch, &seed, ++s->outputs, id);
    struct out_event event = {
        .topic = s->topic,
        .partition = partition,
        .source = bytes_text(t->source),
        .sequence = sequence,
        .id = bytes_of(id, DERIVED_ID_CHARS),
        .type = s->type,
        .key = s->key,
        .value = s->tombstone ? (struct bytes){ 0 } : buf_bytes(s->value),
        .time_ms = s->in->time_ms,
        .asker = s->asker,
        .answers = s->answers,
        .traceparent = trace_of(s),
    };
    outbox_pack(&t->outbox, &event);
    t->group_counts.events++;
    s->changed = true;
}

static void reply_end(struct octavo_step *s) {
    struct task *t = s->task;
    if (t->reply_count == t->reply_capacity) {
        t->reply_capacity = t->reply_capacity ? t->reply_capacity * 2 : 64;
        t->replies = memory_resize(t->replies, t->reply_capacity * sizeof(*t->replies));
    }
    struct bytes json = arena_copy(&t->arena, buf_bytes(s->value));
    t->replies[t->reply_count++] = (struct reply){ s->key, json };
    t->group_counts.replies++;
}

void octavo_end(struct octavo_step *s) {
    if (is_over(s))
        return;
    json_end(s->value);
    if (s->building == BUILDING_NOTHING)
        fault(s, "octavo_end without a begin");
    else if (s->value->len > OUT_BYTES_MAX)
        fault_too_large(s, "an event or reply", OUT_BYTES_MAX);
    else if (s->building == BUILDING_EVENT)
        event_end(s);
    else if (s->building == BUILDING_EFFECT)
        step_effect_end(s);
    else
        reply_end(s);
    s->building = BUILDING_NOTHING;
}

bool step_building_begin(struct octavo_step *s, const char *what) {
    return building_begin(s, what);
}

void step_fault(struct octavo_step *s, const char *what) {
    fault(s, "%s", what);
}

/* ---- timers */

static bool timer_is_good(struct octavo_step *s, const char *name, struct octavo_text key) {
    if (is_over(s))
        return false;
    if (!name[0] || strlen(name) > OUT_NAME_MAX)
        fault(s, "a timer's name is empty or over %d bytes", OUT_NAME_MAX);
    else if (key.len > OUT_NAME_MAX)
        fault_too_large(s, "the key of a timer", OUT_NAME_MAX);
    return !s->faulty;
}

static void timer_put(struct octavo_step *s, struct timer_row *row) {
    if (!store_is_well(s, fired_before(s->task, row->clock, &row->due_ms)))
        return;
    attempt_timer_put(s->task, row);
    s->changed = true;
}

void octavo_timer_set(struct octavo_step *s, const char *name, struct octavo_text key,
                      int64_t due_ms) {
    if (!timer_is_good(s, name, key))
        return;
    if (task_is_fold(s->task)) {
        fault(s, "a fold sets timer \"%.40s\" on the wall clock: use octavo_timer_set_event_time",
              name);
        return;
    }
    timer_put(s, &(struct timer_row){ due_ms, bytes_text(name), bytes_from(key), TIMER_WALL });
}

/* Set by one that fires, and due before it: it would fire again and again at the same time. */
void octavo_timer_set_event_time(struct octavo_step *s, const char *name, struct octavo_text key,
                                 int64_t due_ms) {
    if (!timer_is_good(s, name, key))
        return;
    if (s->in->kind == INPUT_TIMER && s->in->clock == TIMER_EVENT && due_ms <= s->in->time_ms) {
        fault(s, "timer \"%.40s\" of event time is set by one that is due no earlier", name);
        return;
    }
    timer_put(s, &(struct timer_row){ due_ms, bytes_text(name), bytes_from(key), TIMER_EVENT });
}

void octavo_timer_cancel(struct octavo_step *s, const char *name, struct octavo_text key) {
    if (!timer_is_good(s, name, key))
        return;
    struct timer_row row = { 0, bytes_text(name), bytes_from(key), TIMER_WALL };
    attempt_timer_delete(s->task, &row);
    s->changed = true;
}

/* ---- running */

void step_init(struct octavo_step *s, struct task *t, const struct input *in) {
    memset(s, 0, offsetof(struct octavo_step, json));
    s->json.count = 0;
    s->json.unescaped = (struct buf){ 0 };
    s->task = t;
    t->rows.forgets.now_ms = task_event_time(t);
    s->in = in;
    s->value = &t->value;
    s->reason = &t->reason;
}

/* Types and ids come from outside: only what can be shown goes into a story. */
void shown_copy(char *out, size_t size, struct bytes text) {
    size_t len = text.len < size - 1 ? text.len : size - 1;
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(text.data[i] > ' ' && text.data[i] < 0x7f ? text.data[i] : '?');
    out[len] = 0;
}

static enum error step_refused(struct octavo_step *s, const char *verdict) {
    char type[64], id[128], key[64];
    const struct declared_service *service = s->task->options.service;
    shown_copy(type, sizeof(type), s->in->type);
    shown_copy(id, sizeof(id), s->in->id);
    shown_copy(key, sizeof(key), s->in->topic.len ? s->in->topic : s->in->key);
    enum error e = fail(E_handler, "%s: %s %s: %s: %s", service->handler, type, id, verdict,
                        s->reason->len ? buf_text(s->reason) : "it gave no reason");
    if (s->in->kind == INPUT_RECORD)
        fail_while("handling offset %lld of %s/%d", (long long)s->in->offset, key,
                   s->in->partition);
    else
        fail_while("handling a %s for %s", s->in->kind == INPUT_TIMER ? "timer" : "request", key);
    return e;
}

static enum error step_outcome(struct octavo_step *s, enum octavo_outcome outcome,
                               enum step_verdict *verdict) {
    *verdict = STEP_PARK;
    if (!s->faulty && s->building != BUILDING_NOTHING && outcome == OCTAVO_DONE)
        fault(s, "an event or reply is begun and not ended");
    if (s->error)
        return s->error;
    if (s->unfit)
        return E_ok;
    if (s->faulty) {
        enum error e = step_refused(s, "a mistake in the handler");
        fail_try("mend the handler, or declare in octavo.yaml what it uses");
        return e;
    }
    switch (outcome) {
    case OCTAVO_DONE:
        *verdict = STEP_DONE;
        return E_ok;
    case OCTAVO_RETRY:
        *verdict = STEP_RETRY;
        return E_ok;
    case OCTAVO_PARK:
        return E_ok;
    case OCTAVO_STOP:
        return step_refused(s, "it must not go on");
    }
    fault(s, "%d is no outcome", (int)outcome);
    return step_refused(s, "a mistake in the handler");
}

enum error step_run(struct octavo_step *s, const struct octavo_handler *handler,
                    enum step_verdict *verdict) {
    buf_clear(s->reason);
    attempt_begin(s->task);
    enum error e = step_outcome(s, handler->call(s), verdict);
    if (!e && *verdict == STEP_DONE)
        return attempt_keep(s->task);
    attempt_undo(s->task);
    if (!s->reason->len)
        buf_put_text(s->reason, "its handler gave no reason");
    return e;
}
