/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Building a generation and switching to it. Every step can be done again. */
#include "runtime/generation.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "runtime/relay.h"
#include "runtime/snapshots.h"
#include "runtime/transactor.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RELAY_MS = 30000 };

/* ---- facts */

static enum error fact_read(struct store *store, const char *name, char *out, size_t size) {
    struct buf text = { 0 };
    bool found = false;
    enum error e = store->ops->fact_get(store, name, &text, &found);
    (void)snprintf(out, size, "%s", found ? buf_text(&text) : "");
    buf_finish(&text);
    return e;
}

static enum error fact_write(struct store *store, const char *name, const char *value) {
    TRY(store->ops->begin(store));
    enum error e = store->ops->fact_put(store, name, bytes_text(value));
    if (!e)
        return store->ops->commit(store);
    store->ops->rollback(store);
    return e;
}

enum error generation_check(struct store *store, const struct declared_service *service) {
    char closed[16], building[16];
    enum error e = E_ok;
    TRY(fact_read(store, "closed_by", closed, sizeof(closed)));
    TRY(fact_read(store, "building", building, sizeof(building)));
    if (closed[0]) {
        e = fail(E_config, "generation %d of %s has ended: generation %s went on from it",
                 service->generation, service->name, closed);
        fail_try("declare `generation: %s` for %s", closed, service->name);
    } else if (building[0]) {
        e = fail(E_config, "generation %d of %s is being built by a replay", service->generation,
                 service->name);
        fail_try("octavo replay SYSTEM --service %s --into %d --switch, with the service stopped",
                 service->name, service->generation);
    }
    return e;
}

/* ---- stores of the two generations */

static enum error store_open(const struct replayer_options *o,
                             const struct declared_service *service, struct store **out) {
    struct store_table *tables = memory_get((service->table_count + 1) * sizeof(*tables));
    for (size_t i = 0; i < service->table_count; i++)
        tables[i] = service->tables[i].table;
    struct store_options options = {
        .url = o->store_url,
        .system = o->declaration->system,
        .service = service->name,
        .generation = service->generation,
        .task = o->task,
        .tables = tables,
        .table_count = service->table_count,
        .sync = true,
    };
    enum error e = o->store_kind->open(out, &options);
    free(tables);
    return e;
}

enum error generation_lock(const struct replayer_options *o, struct store **out) {
    struct declared_service old = replayer_recorded(o);
    old.table_count = 0; /* its tables may be declared otherwise by now */
    enum error e = store_open(o, &old, out);
    if (e == E_locked)
        fail_try("stop service %s first: a switch needs it to be at rest", old.name);
    return e;
}

static enum error new_open(const struct replayer_options *o, struct store **out) {
    struct declared_service service = replayer_replayed(o);
    service.table_count = 0;
    return store_open(o, &service, out);
}

/* ---- building */

/* Before anything is fed: from now on no service opens it. */
static enum error building_begin(const struct replayer_options *o) {
    struct store *store;
    char building[16];
    TRY(new_open(o, &store));
    enum error e = fact_read(store, "building", building, sizeof(building));
    if (!e && !building[0])
        e = fact_write(store, "building", "equal");
    store->ops->close(store);
    return e;
}

static enum error building_note(const struct replayer_options *o, enum replay_verdict verdict) {
    struct store *store;
    if (verdict == REPLAY_EQUAL)
        return E_ok;
    TRY(new_open(o, &store));
    enum error e =
        fact_write(store, "building", verdict == REPLAY_DIFFERS ? "differs" : "not checked");
    store->ops->close(store);
    return e;
}

/* One that is open already must not be fed. */
static enum error building_check(const struct replayer_options *o) {
    struct declared_service service = replayer_replayed(o);
    struct store_options options = { .url = o->store_url,
                                     .system = o->declaration->system,
                                     .service = service.name,
                                     .generation = service.generation,
                                     .task = o->task };
    struct store *store;
    char building[16];
    enum error e = o->store_kind->look(&store, &options);
    if (e == E_not_found)
        return E_ok;
    TRY(e);
    e = fact_read(store, "building", building, sizeof(building));
    store->ops->close(store);
    if (!e && !building[0]) {
        e = fail(E_config, "generation %d of %s, task %d, is there already", service.generation,
                 service.name, o->task);
        fail_try("declare it, or build the next one with --into %d", service.generation + 1);
    }
    return e;
}

enum error generation_build(const struct replayer_options *o, struct replay_result *out) {
    struct replayer_options options = *o;
    assert(o->into > 1);
    options.on_begin = building_begin;
    TRY(building_check(o));
    TRY(replayer_run(&options, out));
    return building_note(o, out->verdict);
}

/* ---- the switch: generation n */

struct emptying {
    struct relay *relay; /* one of the two; neither: counted only */
    struct transactor *transactor;
    int64_t last_id;
    uint64_t rows;
    enum error error;
};

static void on_acked(void *context, void *owner, int64_t outbox_id) {
    (void)context;
    (void)owner;
    (void)outbox_id;
}

static void on_outbox(void *context, int64_t id, struct bytes packed) {
    struct emptying *e = context;
    e->last_id = id;
    e->rows++;
    if (!e->error && e->relay)
        e->error = relay_add(e->relay, e, id, packed);
    if (!e->error && e->transactor)
        e->error = transactor_add(e->transactor, id, packed);
}

static enum error outbox_forget(struct store *store, int64_t last_id) {
    TRY(store->ops->begin(store));
    enum error e = store->ops->outbox_delete_through(store, last_id);
    if (!e)
        return store->ops->commit(store);
    store->ops->rollback(store);
    return e;
}

static enum error not_taken(const struct generation_switch *s) {
    return fail(E_timed_out, "the broker did not take what generation %d still had to send",
                s->options->into - 1);
}

static enum error outbox_send(const struct generation_switch *s, struct emptying *e) {
    TRY(s->old->ops->outbox_each(s->old, on_outbox, e));
    TRY(e->error);
    if (!relay_flush(e->relay, RELAY_MS))
        return not_taken(s);
    return outbox_forget(s->old, e->last_id);
}

/* Into compacted topics: under the task's transactional id, so that an owner that still sends is
 * fenced, as by the next owner. */
static enum error outbox_transact(const struct generation_switch *s) {
    const struct replayer_options *o = s->options;
    char *id = text_format("%s.%s.%d", o->declaration->system, o->declared->name, (int)o->task);
    struct emptying emptying = { 0 };
    struct transactor_options options = { .bootstrap = o->bootstrap,
                                          .client_id = "octavo-switch",
                                          .transactional_id = id,
                                          .clock = clock_real(),
                                          .on_acked = on_acked };
    emptying.transactor = transactor_create(&options);
    free(id);
    enum error e = s->old->ops->outbox_each(s->old, on_outbox, &emptying);
    e = e ? e : emptying.error;
    if (!e && !transactor_flush(emptying.transactor, RELAY_MS))
        e = not_taken(s);
    transactor_destroy(emptying.transactor);
    return e ? e : outbox_forget(s->old, emptying.last_id);
}

static enum error outbox_empty(const struct generation_switch *s) {
    struct emptying emptying = { 0 };
    struct relay_options options = { .bootstrap = s->options->bootstrap,
                                     .client_id = "octavo-switch",
                                     .clock = clock_real(),
                                     .on_acked = on_acked };
    TRY(s->old->ops->outbox_each(s->old, on_outbox, &emptying));
    if (!emptying.rows)
        return E_ok;
    if (s->options->declared->produces_compacted)
        return outbox_transact(s);
    TRY(relay_create(&emptying.relay, &options));
    enum error e = outbox_send(s, &emptying);
    relay_destroy(emptying.relay);
    return e;
}

static void on_effect(void *context, const struct effect_row *row) {
    (void)row;
    ++*(int64_t *)context;
}

static enum error effects_check(const struct generation_switch *s) {
    int64_t count = 0;
    TRY(s->old->ops->effect_each(s->old, 0, INT32_MAX, on_effect, &count));
    if (!count)
        return E_ok;
    enum error e =
        fail(E_busy, "%" PRId64 " effects of task %d are not done", count, s->options->task);
    fail_try("start the service and wait for them; octavo effects shows those that wait for you");
    return e;
}

static enum error closed_write(const struct generation_switch *s) {
    const struct store_ops *ops = s->old->ops;
    struct buf line = { 0 };
    char into[16];
    (void)snprintf(into, sizeof(into), "%d", s->options->into);
    buf_put_byte(&line, '[');
    json_begin(&line);
    json_put_int(&line, "closed", s->options->into);
    json_put_int(&line, "at", s->now_ms);
    json_end(&line);
    buf_put_byte(&line, ']');
    enum error e = ops->begin(s->old);
    if (!e)
        e = ops->journal_add(s->old, s->now_ms, buf_bytes(&line), bytes_text("0 0 0 0 - -"));
    if (!e)
        e = ops->fact_put(s->old, "closed_by", bytes_text(into));
    e = e ? e : ops->commit(s->old);
    if (e)
        ops->rollback(s->old);
    buf_finish(&line);
    return e;
}

/* ---- the switch: generation n+1 */

/* Names, each behind its length. */
static void on_lane(void *context, struct bytes lane, int64_t number) {
    struct buf *names = context;
    (void)number;
    buf_put_be32(names, (uint32_t)lane.len);
    buf_put_bytes(names, lane);
}

/* Nothing was sent in them: the first event is to be 1. */
static enum error lanes_renew(struct store *store, struct bytes names) {
    for (size_t at = 0; at < names.len;) {
        const uint8_t *len = names.data + at;
        size_t bytes = (size_t)len[0] << 24 | (size_t)len[1] << 16 | (size_t)len[2] << 8 | len[3];
        TRY(store->ops->lane_out_put(store, bytes_part(names, at + 4, bytes), 0));
        at += 4 + bytes;
    }
    return E_ok;
}

static enum error new_settle(struct store *store) {
    struct buf names = { 0 };
    int64_t first, last;
    enum error e = store->ops->lane_out_each(store, on_lane, &names);
    if (!e)
        e = store->ops->journal_range(store, &first, &last);
    if (!e)
        e = store->ops->begin(store);
    if (!e)
        e = lanes_renew(store, buf_bytes(&names));
    if (!e)
        e = store->ops->journal_cut(store, last);
    e = e ? e : store->ops->commit(store);
    if (e)
        store->ops->rollback(store);
    buf_finish(&names);
    return e;
}

static enum error built_check(const struct generation_switch *s, struct store *store) {
    char building[16];
    TRY(fact_read(store, "building", building, sizeof(building)));
    if (strcmp(building, "equal") == 0 || (s->accept && strcmp(building, "differs") == 0))
        return E_ok;
    enum error e = fail(E_config, "generation %d of task %d: %s", s->options->into,
                        s->options->task, building[0] ? building : "not built");
    fail_try("look at what octavo replay says, mend it and build it anew in place of the file that "
             "is there, or give --accept-differences");
    return e;
}

static enum error new_snapshot(const struct generation_switch *s) {
    const struct replayer_options *o = s->options;
    struct store_options options = { .url = o->store_url,
                                     .system = o->declaration->system,
                                     .service = o->declared->name,
                                     .generation = o->into,
                                     .task = o->task };
    char *path = snapshot_path(o->store_kind, &options);
    enum error e = o->store_kind->snapshot(&options, path);
    free(path);
    return e;
}

static enum error switch_steps(const struct generation_switch *s, struct store *new) {
    if (!generation_is_switched(s->options, s->old)) {
        TRY(built_check(s, new));
        TRY(effects_check(s));
        TRY(outbox_empty(s));
        TRY(new_settle(new));
        CRASH_POINT(switch_prepared);
        TRY(closed_write(s));
        CRASH_POINT(switch_closed);
    }
    TRY(fact_write(new, "building", ""));
    return new_snapshot(s); /* from which its own replays begin: with new lanes, and open */
}

bool generation_is_switched(const struct replayer_options *o, struct store *old) {
    char closed[16];
    if (fact_read(old, "closed_by", closed, sizeof(closed)))
        return false;
    return strtol(closed, NULL, 10) == o->into;
}

enum error generation_switch(const struct generation_switch *s) {
    struct store *new;
    TRY(new_open(s->options, &new));
    enum error e = switch_steps(s, new);
    new->ops->close(new);
    if (e)
        fail_while("switching task %d of %s to generation %d", s->options->task,
                   s->options->declared->name, s->options->into);
    return e;
}
