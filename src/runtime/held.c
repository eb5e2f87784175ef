/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One list in the order of the commits. A commit that sent nothing waits for what was sent before
 * it, so that replies keep their order and a repeat is not told before its original. */
#include "runtime/held.h"

#include "runtime/requests.h"

#include <stdlib.h>

struct held {
    struct held *next;
    const void *task;
    int64_t outbox_id;
    struct buf key, json;
};

/* The last row of this task's outbox that somebody waits for; 0: none. */
static int64_t last_of(const struct service *s, const void *task) {
    int64_t last = 0;
    for (const struct held *h = s->held_first; h; h = h->next)
        if (h->task == task)
            last = h->outbox_id;
    return last;
}

static void hold(struct service *s, const struct held *like, struct bytes key, struct bytes json) {
    struct held *h = memory_get(sizeof(*h));
    *h = *like;
    buf_put_bytes(&h->key, key);
    buf_put_bytes(&h->json, json);
    if (s->held_last)
        s->held_last->next = h;
    else
        s->held_first = h;
    s->held_last = h;
}

void held_add(struct service *s, const void *task, const struct committed *done) {
    struct held like = { .task = task };
    if (done->reply_count && requests_wait_for_log(s))
        like.outbox_id = done->outbox_id ? done->outbox_id : last_of(s, task);
    for (size_t i = 0; i < done->reply_count; i++) {
        if (like.outbox_id)
            hold(s, &like, done->replies[i].request_key, done->replies[i].json);
        else
            requests_reply(s, done->replies[i].request_key, done->replies[i].json);
    }
}

static void held_end(struct held *h) {
    buf_finish(&h->key);
    buf_finish(&h->json);
    free(h);
}

/* Takes out what is of the task through this row; says it, or does not. */
static void take_out(struct service *s, const void *task, int64_t outbox_id, bool say) {
    struct held **at = &s->held_first;
    s->held_last = NULL;
    while (*at) {
        struct held *h = *at;
        if ((task && h->task != task) || h->outbox_id > outbox_id) {
            s->held_last = h;
            at = &h->next;
            continue;
        }
        *at = h->next;
        if (say)
            requests_reply(s, buf_bytes(&h->key), buf_bytes(&h->json));
        held_end(h);
    }
}

void held_release(struct service *s, const void *task, int64_t outbox_id) {
    if (s->held_first)
        take_out(s, task, outbox_id, true);
}

void held_forget(struct service *s, const void *task) {
    take_out(s, task, INT64_MAX, false);
}
