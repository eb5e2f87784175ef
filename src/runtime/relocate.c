/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A store may not be called while it shows its rows: so all are read first, then written. */
#include "runtime/relocate.h"

#include "base/crash_point.h"
#include "runtime/parked.h"
#include "runtime/snapshots.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct stood {
    char *topic;
    int32_t partition;
    struct position position;
    bool found; /* at the old cluster */
};

struct waiting {
    struct parked_row row; /* its bytes are owned */
    bool found;
};

/* All of a store that names offsets. */
struct named {
    struct stood *places;
    size_t place_count, place_capacity;
    struct waiting *parked;
    size_t parked_count, parked_capacity;
};

static void named_finish(struct named *n) {
    for (size_t i = 0; i < n->place_count; i++)
        free(n->places[i].topic);
    for (size_t i = 0; i < n->parked_count; i++) {
        free((void *)(uintptr_t)n->parked[i].row.key.data);
        free((void *)(uintptr_t)n->parked[i].row.reason.data);
        free((void *)(uintptr_t)n->parked[i].row.packed.data);
    }
    free(n->places);
    free(n->parked);
}

static void on_position(void *context, struct bytes topic, int32_t partition,
                        const struct position *p) {
    struct named *n = context;
    n->places = memory_grow(n->places, n->place_count, &n->place_capacity, sizeof(*n->places));
    n->places[n->place_count++] =
        (struct stood){ .topic = text_copy_bytes(topic), .partition = partition, .position = *p };
}

static struct bytes owned(struct bytes b) {
    return bytes_of(b.data ? text_copy_bytes(b) : NULL, b.len);
}

static void on_parked(void *context, const struct parked_row *row) {
    struct named *n = context;
    n->parked = memory_grow(n->parked, n->parked_count, &n->parked_capacity, sizeof(*n->parked));
    struct waiting *w = &n->parked[n->parked_count++];
    *w = (struct waiting){ .row = *row };
    w->row.key = owned(row->key);
    w->row.reason = owned(row->reason);
    w->row.packed = owned(row->packed);
}

static enum error named_read(struct store *store, struct named *n) {
    *n = (struct named){ 0 };
    TRY(store->ops->position_each(store, on_position, n));
    return store->ops->park_each(store, (struct bytes){ 0 }, 0, SIZE_MAX, on_parked, n);
}

/* ---- looking */

static enum error place_want(const struct relocation *r, struct stood *at, bool *here) {
    const struct position *p = &at->position;
    *here = strcmp(p->cluster_id, r->to) == 0;
    if (*here)
        return E_ok;
    if (p->cluster_id[0] && strcmp(p->cluster_id, r->from) != 0) {
        enum error e = fail(E_diverged, "%s-%d was read from cluster %s; this is about %s and %s",
                            at->topic, at->partition, p->cluster_id, r->from, r->to);
        fail_try("--from names the broker that the system has used until now");
        return e;
    }
    struct bytes topic = bytes_text(at->topic);
    TRY(r->want(r->context, topic, at->partition, p->next_offset, &at->found));
    return p->last_offset < 0
               ? E_ok
               : r->want(r->context, topic, at->partition, p->last_offset, &at->found);
}

static enum error parked_want(const struct relocation *r, struct waiting *w) {
    struct input in;
    TRY(parked_unpack(w->row.packed, &in));
    if (in.kind != INPUT_RECORD)
        return E_ok;
    return r->want(r->context, in.topic, in.partition, in.offset, &w->found);
}

static enum error named_want(const struct relocation *r, struct named *n,
                             enum relocation_state *state) {
    size_t here = 0;
    for (size_t i = 0; i < n->place_count; i++) {
        bool is_here;
        TRY(place_want(r, &n->places[i], &is_here));
        here += is_here;
    }
    *state = n->place_count + n->parked_count ? RELOCATION_WANTED : RELOCATION_NOTHING;
    if (here) {
        *state = RELOCATION_DONE; /* all of them go in one transaction */
        return E_ok;
    }
    for (size_t i = 0; i < n->parked_count; i++)
        TRY(parked_want(r, &n->parked[i]));
    return E_ok;
}

enum error relocation_look(const struct relocation *r, struct store *store,
                           enum relocation_state *state) {
    struct named named;
    enum error e = named_read(store, &named);
    if (!e)
        e = named_want(r, &named, state);
    named_finish(&named);
    return e;
}

/* ---- moving */

static enum error place_move(const struct relocation *r, struct store *store,
                             const struct stood *at) {
    struct position p = at->position;
    struct bytes topic = bytes_text(at->topic);
    if (!at->found)
        return E_ok;
    p.next_offset = r->moved(r->context, topic, at->partition, p.next_offset).offset;
    if (p.last_offset >= 0) {
        struct relocated last = r->moved(r->context, topic, at->partition, p.last_offset);
        p.last_offset = last.exact ? last.offset : -1; /* nothing is left to compare with */
    }
    memset(p.cluster_id, 0, sizeof(p.cluster_id));
    memcpy(p.cluster_id, r->to, strnlen(r->to, sizeof(p.cluster_id) - 1));
    return store->ops->position_put(store, topic, at->partition, &p);
}

/* A record without a key is parked under its own place. */
static bool is_named_by_place(const struct parked_row *row, const struct input *in) {
    struct buf name = { 0 };
    buf_put_bytes(&name, in->topic);
    buf_print(&name, "/%d/%" PRId64, in->partition, in->offset);
    bool same = bytes_equal(row->key, buf_bytes(&name));
    buf_finish(&name);
    return same;
}

/* In the order of their numbers, so that it is kept by the new ones. */
static enum error parked_move(const struct relocation *r, struct store *store,
                              const struct waiting *w) {
    struct parked_row row = w->row;
    struct buf key = { 0 }, packed = { 0 };
    struct input in;
    TRY(parked_unpack(w->row.packed, &in));
    if (w->found) {
        bool by_place = is_named_by_place(&row, &in);
        in.offset = r->moved(r->context, in.topic, in.partition, in.offset).offset;
        parked_pack(&packed, &in);
        row.packed = buf_bytes(&packed);
        buf_put_bytes(&key, in.topic);
        buf_print(&key, "/%d/%" PRId64, in.partition, in.offset);
        row.key = by_place ? buf_bytes(&key) : row.key;
    }
    enum error e = store->ops->park_delete(store, w->row.number);
    if (!e)
        e = store->ops->park_add(store, &row, &row.number);
    buf_finish(&key);
    buf_finish(&packed);
    return e;
}

static enum error named_move(const struct relocation *r, struct store *store,
                             const struct named *n) {
    int64_t first, last;
    for (size_t i = 0; i < n->place_count; i++)
        TRY(place_move(r, store, &n->places[i]));
    for (size_t i = 0; i < n->parked_count; i++)
        TRY(parked_move(r, store, &n->parked[i]));
    TRY(store->ops->journal_range(store, &first, &last));
    return last ? store->ops->journal_cut(store, last) : E_ok;
}

static enum error named_commit(const struct relocation *r, struct store *store, struct named *n) {
    enum relocation_state state;
    TRY(named_want(r, n, &state)); /* which of them the old cluster has */
    if (state != RELOCATION_WANTED)
        return E_ok;
    TRY(store->ops->begin(store));
    enum error e = named_move(r, store, n);
    if (!e)
        return store->ops->commit(store);
    store->ops->rollback(store);
    return e;
}

/* What a fold has committed is durable when it is saved. */
static enum error moved_save(struct store *store) {
    bool done = false;
    if (!store->ops->save)
        return E_ok;
    TRY(store->ops->save(store));
    return store->ops->saved(store, true, &done);
}

enum error relocation_do(const struct relocation *r, struct store *store) {
    struct named named;
    enum error e = named_read(store, &named);
    if (!e)
        e = named_commit(r, store, &named);
    named_finish(&named);
    if (!e)
        e = moved_save(store);
    CRASH_POINT(migrate_store_moved);
    char *path = e ? NULL : snapshot_path(r->kind, r->options);
    if (path && r->kind->snapshot)
        e = r->kind->snapshot(r->options, path);
    free(path);
    return e;
}
