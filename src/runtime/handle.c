/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An input meets its handler. What a handler cannot do now or at all waits in the store, and every
 * later input of its key waits behind it, in the order they came: one event fails, its key stands
 * still, the world goes on.
 *
 * Poison - a value that is no flat JSON object, or too large - is parked before its handler sees
 * it. A null value is no poison: a tombstone, an event without fields. An input without a key waits
 * under a key of its own, so that nobody waits behind it. A request is not parked: its asker is
 * there and is told. What the store holds already (a timer, an effect's outcome) is parked whatever
 * the budget: it takes no more room than before. */
#include "runtime/parked.h"
#include "runtime/schemas.h"
#include "runtime/step.h"
#include "runtime/task_inside.h"

#include "base/check.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

/* "*-created" is asked for customer-created and for product-created. */
static bool type_ends(struct bytes type, const char *pattern) {
    size_t len = strlen(pattern + 1);
    return pattern[0] == '*' && type.len > len
           && memcmp(type.data + type.len - len, pattern + 1, len) == 0;
}

static const struct octavo_handler *handler_find(const struct task *t, struct bytes type) {
    for (const struct octavo_handler *h = t->options.handlers; h->type; h++)
        if (bytes_is_text(type, h->type) || type_ends(type, h->type))
            return h;
    return NULL;
}

/* ---- one attempt */

static void reason_set(struct task *t, const char *why, const char *story) {
    buf_clear(&t->reason);
    buf_put_text(&t->reason, why);
    buf_put(&t->reason, story, strcspn(story, "\n"));
}

/* Of a service's own: its handler's events were promised already, a request was judged at its edge.
 */
static bool is_from_outside(const struct input *in) {
    if (in->kind == INPUT_RECORD)
        return !in->source.len || in->sequence < 1;
    return in->kind == INPUT_REQUEST && in->topic.len; /* an item of a source */
}

static bool is_poison(struct octavo_step *step) {
    struct task *t = step->task;
    const struct input *in = step->in;
    buf_clear(&t->reason);
    if (in->key.len > OUT_NAME_MAX)
        reason_set(t, "its key is too large", "");
    else if (in->json.len > OUT_BYTES_MAX)
        reason_set(t, "its value is too large", "");
    else if (in->json.data && json_read(&step->json, in->json))
        reason_set(t, "its value is no event: ", error_story());
    else if (is_from_outside(in)
             && !schemas_accept(t->options.schemas, in->topic, in->type, in->json, &t->scratch))
        reason_set(t, "its value is not what its schema says: ", buf_text(&t->scratch));
    step->json_state = in->json.data && !t->reason.len ? JSON_READ : JSON_BAD;
    return t->reason.len > 0;
}

static enum error step_try(struct octavo_step *step, const struct octavo_handler *handler,
                           enum tried *tried) {
    enum step_verdict verdict;
    *tried = TRIED_PARK;
    if (is_poison(step))
        return E_ok;
    TRY(step_run(step, handler, &verdict));
    switch (verdict) {
    case STEP_DONE:
        *tried = TRIED_DONE;
        break;
    case STEP_RETRY:
        *tried = TRIED_RETRY;
        break;
    case STEP_PARK:
        break;
    }
    return E_ok;
}

enum error task_try(struct task *t, const struct input *in, enum tried *tried) {
    struct octavo_step step;
    int64_t begun_ns = t->options.on_step ? clock_steady_ns(t->options.clock) : 0;
    step_init(&step, t, in);
    const struct octavo_handler *handler = handler_find(t, in->type);
    *tried = TRIED_PASSED;
    if (!handler)
        return E_ok;
    enum error e = step_try(&step, handler, tried);
    if (step.json_state == JSON_READ)
        json_finish(&step.json);
    if (!e && *tried == TRIED_DONE) {
        t->changed = t->changed || step.changed;
        t->group_counts.handled++;
        if (t->options.on_step)
            t->options.on_step(t->options.step_context, t, in, begun_ns);
    }
    return e;
}

/* ---- waiting */

struct bytes task_park_key(struct task *t, const struct input *in) {
    if (in->key.len && in->key.len <= OUT_NAME_MAX)
        return in->key;
    struct buf key = { 0 };
    buf_put_bytes(&key, in->topic.len ? in->topic : in->type);
    buf_put_byte(&key, '/');
    if (in->kind == INPUT_RECORD)
        buf_print(&key, "%d/%lld", in->partition, (long long)in->offset);
    else
        buf_put_bytes(&key, in->id);
    struct bytes copy = arena_copy(&t->arena, buf_bytes(&key));
    buf_finish(&key);
    return copy;
}

enum error task_park_fresh(struct task *t) {
    if (!t->park_stale)
        return E_ok;
    park_clear(&t->park);
    TRY(t->store->ops->park_sums(t->store, park_loaded, &t->park));
    t->park_stale = false;
    return E_ok;
}

static bool has_asker(const struct input *in) {
    return in->kind == INPUT_REQUEST && in->topic.len == 0;
}

/* What a replay takes was taken: the budget of then was enough. */
static bool needs_room(const struct task *t, const struct input *in) {
    return in->kind != INPUT_TIMER && in->kind != INPUT_OUTCOME && !t->options.replay;
}

/* `row` has what is known of it but the packed input. */
static enum error input_wait(struct task *t, const struct input *in, struct parked_row *row,
                             enum taken *taken) {
    buf_clear(&t->scratch);
    parked_pack(&t->scratch, in);
    row->packed = buf_bytes(&t->scratch);
    row->parked_ms = t->now_ms;
    struct park_input waiting = { row->key, row->packed.len, row->due_ms };
    *taken = TAKEN_FULL;
    if (needs_room(t, in) && !park_has_room(&t->park, &t->options.service->park, &waiting))
        return E_ok;
    *taken = TAKEN_PARKED;
    TRY(task_enter(t));
    TRY(t->store->ops->park_add(t->store, row, &row->number));
    park_add(&t->park, &waiting);
    t->changed = t->has_parked = true;
    t->group_counts.parked++;
    return E_ok;
}

static enum error input_failed(struct task *t, const struct input *in, bool retry,
                               enum taken *taken) {
    const struct declared_park *park = &t->options.service->park;
    struct parked_row row = { .key = task_park_key(t, in), .attempts = 1 };
    if (task_is_fold(t)) {
        task_pass_by(t, in);
        *taken = TAKEN_PASSED;
        return E_ok;
    }
    row.reason = buf_bytes(&t->reason);
    if (retry) /* the number of its row is not known yet: its id does as well */
        row.due_ms = park_due_ms(park, 1, t->now_ms, bytes_hash(in->id));
    return input_wait(t, in, &row, taken);
}

/* A window remembers the id in the same commit that takes the record: so it is asked first whether
 * the record could be parked, as one for which there is no room is not taken. */
static enum error record_filter(struct task *t, const struct input *in, enum taken *taken) {
    bool seen;
    buf_clear(&t->scratch);
    parked_pack(&t->scratch, in);
    struct park_input waiting = { task_park_key(t, in), t->scratch.len, 0 };
    *taken = TAKEN_FULL;
    if (needs_room(t, in) && !park_has_room(&t->park, &t->options.service->park, &waiting))
        return E_ok;
    TRY(task_seen(t, in, &seen));
    *taken = seen ? TAKEN_REPEAT : TAKEN_HANDLED;
    t->group_counts.repeats += seen;
    return E_ok;
}

enum error task_handle(struct task *t, const struct input *in, enum taken *taken) {
    enum tried tried;
    TRY(task_park_fresh(t));
    if (task_dedupes(t, in) && handler_find(t, in->type)) {
        TRY(record_filter(t, in, taken));
        if (*taken != TAKEN_HANDLED)
            return E_ok;
    }
    bool parked =
        t->park.count && park_find(&t->park, task_park_key(t, in)) && handler_find(t, in->type);
    *taken = TAKEN_REFUSED;
    if (parked && has_asker(in))
        return E_ok;
    buf_clear(&t->reason);
    if (parked) {
        struct parked_row row = { .key = task_park_key(t, in), .reason = bytes_text("") };
        return input_wait(t, in, &row, taken);
    }
    TRY(task_try(t, in, &tried));
    switch (tried) {
    case TRIED_DONE:
        *taken = TAKEN_HANDLED;
        return E_ok;
    case TRIED_PASSED:
        *taken = TAKEN_PASSED;
        t->group_counts.passed++;
        return E_ok;
    case TRIED_RETRY:
    case TRIED_PARK:
        break;
    }
    return has_asker(in) ? E_ok : input_failed(t, in, tried == TRIED_RETRY, taken);
}
