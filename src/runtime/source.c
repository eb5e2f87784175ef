/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading sources and taking what they have. A batch goes back and forth between the two threads
 * and belongs to who has it: the service fills in where to begin, the thread what is there. */
#include "runtime/source.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/event.h"
#include "base/mailbox.h"
#include "runtime/secret.h"
#include "runtime/service_state.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_ITEMS = 256,
    BATCH_BYTES = 4 << 20, /* an item that goes beyond is read again with the next batch */
    BATCH_MUCH = 1 << 20,  /* a source may end a read here, though it has more */
    EDGE_NAME_MAX = 64,
    AGAIN_MS = 1000, /* after a read that failed */
};

struct batch {
    struct buf after;
    struct arena arena; /* of the items */
    struct source_item items[BATCH_ITEMS];
    size_t count;
    size_t taken;
    bool more;  /* there may be more behind the last item */
    bool wrong; /* an item is no flat JSON object */
    enum error error;
    char *story;
};

struct source {
    struct source *next;
    struct service *service;
    const struct declared_edge *edge;
    const struct connector_source *kind;
    struct connector *connector; /* the thread's while it runs */
    struct buf secret;
    char topic[EDGE_NAME_MAX + 8]; /* edge:NAME */
    struct mailbox *asked;         /* batches to be filled; the source itself: stop */
    struct mailbox *filled;
    struct thread *thread;
    struct loop_watch *watch;
    struct loop_timer *timer;
    struct batch *batch;
    bool is_here; /* the batch is the service's */
    bool failing;
    bool full; /* its next item waits for room among the parked */
};

/* ---- the thread */

static bool is_flat(struct bytes text) {
    struct json json;
    bool flat = json_read(&json, text) == E_ok;
    if (flat)
        json_finish(&json);
    return flat;
}

static void on_item(void *context, const struct source_item *item) {
    struct batch *b = context;
    size_t size = item->id.len + item->key.len + item->json.len + item->position.len;
    if (b->more || b->wrong)
        return; /* one of these was left out, so that all behind it are too */
    if (b->count == BATCH_ITEMS || (b->count && b->arena.used_bytes + size > BATCH_BYTES)) {
        b->more = true;
        return;
    }
    b->wrong = !is_flat(item->json); /* it goes into the journal as it is */
    if (b->wrong)
        return;
    struct source_item *copy = &b->items[b->count++];
    copy->type = arena_text(&b->arena, bytes_text(item->type));
    copy->id = arena_copy(&b->arena, item->id);
    copy->key = arena_copy(&b->arena, item->key);
    copy->json = arena_copy(&b->arena, item->json);
    copy->position = arena_copy(&b->arena, item->position);
    copy->time_ms = item->time_ms;
}

/* Items that came before an error are good, and the error comes again with the next read. */
static void batch_fill(struct source *source, struct batch *b) {
    arena_reset(&b->arena);
    b->count = b->taken = 0;
    b->more = b->wrong = false;
    free(b->story);
    b->story = NULL;
    b->error = source->kind->read(source->connector, buf_bytes(&b->after), BATCH_ITEMS, on_item, b);
    if (b->wrong && !b->error)
        b->error = fail(E_config, "an item is no flat JSON object");
    b->more = b->more || b->count >= BATCH_ITEMS - 1 || b->arena.used_bytes >= BATCH_MUCH
              || (b->count && b->error);
    if (b->error)
        b->story = text_copy(error_story());
}

static void source_run(void *context) {
    struct source *source = context;
    for (void *letter; (letter = mailbox_wait(source->asked, -1)) != source;) {
        batch_fill(source, letter);
        mailbox_post_wait(source->filled, letter);
    }
}

/* ---- asking */

/* The source may let go of what is before the position that it is asked for (a log of changes is
 * cut there): so what stands before it is committed first. There is one task, so one slot. */
static void ask(struct source *source) {
    struct service *s = source->service;
    if (!source->is_here || s->stopping)
        return;
    if (turn_commit_slot(s, s->slots)) {
        service_fail(s);
        return;
    }
    source->is_here = false;
    mailbox_post_wait(source->asked, source->batch);
}

static void on_time(void *context) {
    ask(context);
}

/* ---- taking */

static void batch_failed(struct source *source, const struct batch *b) {
    const char *told = strstr(b->story, ": ");
    enum error e = fail(b->error, "%s", told ? told + 2 : b->story);
    fail_while("reading the source %s", source->edge->name);
    if (error_action(e) == STOP) {
        service_fail(source->service);
        return;
    }
    if (!source->failing)
        event_log(EV_source_failed, "service=%s edge=%s error=%s",
                  source->service->options.declared->name, source->edge->name,
                  error_name(b->error));
    source->failing = true;
    loop_timer_start(source->timer,
                     source->edge->every_ms > AGAIN_MS ? source->edge->every_ms : AGAIN_MS);
}

static enum error item_take(struct source *source, struct slot *slot,
                            const struct source_item *item, enum taken *taken) {
    struct service *s = source->service;
    struct input in = {
        .kind = INPUT_REQUEST,
        .type = bytes_text(item->type),
        .id = item->id,
        .key = item->key,
        .json = item->json,
        .time_ms = item->time_ms ? item->time_ms : clock_wall_ms(s->clock),
        .topic = bytes_text(source->topic),
        .position = item->position,
    };
    turn_begin_slot(s, slot);
    slot->has_items = true;
    TRY_WHILE(task_take(slot->task, &in, taken), "taking item %.*s of %s", (int)item->id.len,
              (const char *)item->id.data, source->edge->name);
    if (*taken == TAKEN_PARKED)
        turn_note_parked(s, slot, &in);
    return E_ok;
}

/* An item that would have to be parked, and there is no room: tried again at the next turn. */
static bool has_room(struct source *source, enum taken taken) {
    bool was_full = source->full;
    source->full = taken == TAKEN_FULL;
    if (source->full && !was_full)
        event_log(EV_park_full, "service=%s edge=%s", source->service->options.declared->name,
                  source->edge->name);
    return !source->full;
}

bool sources_are_full(const struct service *s) {
    for (const struct source *source = s->sources; source; source = source->next)
        if (source->full)
            return true;
    return false;
}

/* True when all of it is taken. */
static bool batch_take(struct source *source, struct batch *b) {
    struct service *s = source->service;
    struct slot *slot = s->slots;
    enum taken taken = TAKEN_HANDLED;
    while (b->taken < b->count && !s->failed && !turn_is_pressed(s)) {
        if (item_take(source, slot, &b->items[b->taken], &taken)) {
            service_fail(s);
            return false;
        }
        if (!has_room(source, taken))
            return false;
        buf_clear(&b->after);
        buf_put_bytes(&b->after, b->items[b->taken].position);
        b->taken++;
        service_arm_turn(s);
    }
    return b->taken == b->count && !s->failed;
}

static void batch_go_on(struct source *source) {
    struct batch *b = source->batch;
    if (!batch_take(source, b))
        return; /* sources_turn goes on */
    if (b->error && !b->count) {
        batch_failed(source, b);
        return;
    }
    if (source->failing && !b->error)
        event_log(EV_source_back, "service=%s edge=%s", source->service->options.declared->name,
                  source->edge->name);
    source->failing = source->failing && b->error;
    if (b->more)
        ask(source);
    else
        loop_timer_start(source->timer, source->edge->every_ms);
}

static void on_filled(void *context) {
    struct source *source = context;
    struct batch *b = mailbox_take(source->filled);
    if (!b)
        return;
    source->is_here = true;
    if (!source->service->failed && !source->service->stopping)
        batch_go_on(source);
}

void sources_turn(struct service *s) {
    for (struct source *source = s->sources; source; source = source->next)
        if (source->is_here && source->batch->taken < source->batch->count && !s->failed)
            batch_go_on(source);
}

bool sources_are_away(const struct service *s) {
    for (const struct source *source = s->sources; source; source = source->next)
        if (source->failing)
            return true;
    return false;
}

/* ---- open and close */

const struct connector_source *source_kind(const struct connectors *c,
                                           const struct declared_edge *edge) {
    size_t len = strcspn(edge->url, ":");
    for (size_t i = 0; c->sources && c->sources[i]; i++)
        if (strlen(c->sources[i]->scheme) == len
            && memcmp(c->sources[i]->scheme, edge->url, len) == 0)
            return c->sources[i];
    return NULL;
}

static void source_destroy(struct source *source) {
    if (source->thread)
        mailbox_post_wait(source->asked, source);
    thread_join(source->thread);
    loop_watch_destroy(source->watch);
    loop_timer_destroy(source->timer);
    mailbox_destroy(source->asked);
    mailbox_destroy(source->filled);
    if (source->connector)
        source->kind->close(source->connector);
    buf_finish(&source->batch->after);
    arena_finish(&source->batch->arena);
    free(source->batch->story);
    free(source->batch);
    buf_finish(&source->secret);
    free(source);
}

static enum error connector_open(struct source *source) {
    struct service *s = source->service;
    const struct declared_edge *edge = source->edge;
    if (edge->secret_file)
        TRY(secret_load(disk_real(), s->options.data_dir, edge->secret_file, &source->secret));
    struct source_options options = {
        .url = edge->url,
        .secret = (const char *)source->secret.data,
        .secret_len = source->secret.len,
        .data_dir = s->options.data_dir,
    };
    return source->kind->open(&source->connector, &options);
}

static enum error source_check(const struct service *s, const struct declared_edge *edge) {
    enum error e = E_ok;
    if (s->options.declared->tasks != 1) {
        e = fail(E_config, "service %s has %d tasks, and each would read the whole source %s",
                 s->options.declared->name, s->options.declared->tasks, edge->name);
        fail_try("tasks: 1, and let it hand on what it reads to a topic");
    } else if (edge->effects.class != CLASS_NONE) {
        e = fail(E_config, "edge %s is a source: it performs no effects", edge->name);
        fail_try("take `class` away, or let the url be that of a sink");
    }
    return e;
}

static enum error source_start(struct source *source) {
    struct service *s = source->service;
    struct bytes position;
    TRY(connector_open(source));
    TRY(task_source_position(s->slots->task, source->topic, &position));
    buf_put_bytes(&source->batch->after, position);
    source->watch =
        loop_watch_create(s->options.loop, mailbox_fd(source->filled), on_filled, source);
    source->timer = loop_timer_create(s->options.loop, on_time, source);
    source->thread = thread_start("source", source_run, source);
    source->is_here = true;
    ask(source);
    return E_ok;
}

enum error source_open(struct service *s, const struct declared_edge *edge,
                       const struct connector_source *kind) {
    TRY(source_check(s, edge));
    struct source *source = memory_get(sizeof(*source));
    source->service = s;
    source->edge = edge;
    source->kind = kind;
    source->batch = memory_get(sizeof(*source->batch));
    source->asked = mailbox_create(2);
    source->filled = mailbox_create(2);
    (void)snprintf(source->topic, sizeof(source->topic), "edge:%s", edge->name);
    source->next = s->sources;
    s->sources = source;
    return source_start(source);
}

void sources_close(struct service *s) {
    while (s->sources) {
        struct source *source = s->sources;
        s->sources = source->next;
        source_destroy(source);
    }
}
