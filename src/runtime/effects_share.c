/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Shares of an edge's workers: of one receiver at most so many effects are tried at a time, over
 * all tasks of the instance, so that one who is slow leaves workers for the others.
 *
 * Whose share it is says a field of the effect. One whose share is used up stands aside in its
 * schedule, and is looked at again whenever something has come back. */
#include "runtime/effects_inside.h"

#include "base/check.h"
#include "values/json.h"

#include <stdlib.h>

static struct sharing *sharing_find(const struct edge *edge, uint64_t share) {
    for (size_t i = 0; i < edge->sharing_count; i++)
        if (edge->sharing[i].share == share)
            return &edge->sharing[i];
    return NULL;
}

static size_t share_room(void *context, uint64_t share) {
    const struct edge *edge = context;
    const struct sharing *sharing = sharing_find(edge, share);
    int32_t out = sharing ? sharing->out : 0, most = edge->declared->effects.share_most;
    return out < most ? (size_t)(most - out) : 0;
}

void effects_share_take(struct edge *edge, uint64_t share) {
    struct sharing *sharing = sharing_find(edge, share);
    if (!share)
        return;
    if (sharing) {
        sharing->out++;
        return;
    }
    if (edge->sharing_count == edge->sharing_capacity) {
        edge->sharing_capacity = edge->sharing_capacity ? edge->sharing_capacity * 2 : 8;
        edge->sharing =
            memory_resize(edge->sharing, edge->sharing_capacity * sizeof(*edge->sharing));
    }
    edge->sharing[edge->sharing_count++] = (struct sharing){ share, 1 };
}

void effects_share_give(struct edge *edge, uint64_t share) {
    struct sharing *sharing = sharing_find(edge, share);
    if (!share)
        return;
    assert(sharing);
    if (--sharing->out == 0)
        *sharing = edge->sharing[--edge->sharing_count];
}

void effects_share_wake(struct effects *e, struct edge *edge) {
    for (struct holding *h = e->holdings; h && edge->declared->effects.share_by; h = h->next)
        schedule_admit(task_schedule(h->task), edge->index, share_room, edge);
}

/* An effect without the field is nobody's; a content that is no object is the sink's to refuse. */
static enum error share_read(struct holding *h, struct pending *p, const char *field) {
    struct buf memory = { 0 };
    struct effect_content content;
    struct json json;
    struct bytes value;
    enum error e = task_effect_content(h->task, p, &memory, &content);
    if (!e && json_read(&json, content.json) == E_ok) {
        if (json_get_text(&json, field, &value) && value.len)
            p->share = bytes_hash(value) | 1; /* never 0 */
        json_finish(&json);
    }
    buf_finish(&memory);
    return e;
}

enum error effects_share_admits(struct effects *e, struct holding *h, struct pending *p,
                                bool *admitted) {
    struct edge *edge = effects_edge(e, pending_edge(p));
    const char *field = edge->declared->effects.share_by;
    *admitted = true;
    if (!field)
        return E_ok;
    if (!p->share)
        TRY(share_read(h, p, field));
    *admitted = !p->share || share_room(edge, p->share) > 0;
    if (!*admitted)
        schedule_aside(task_schedule(h->task), p);
    return E_ok;
}
