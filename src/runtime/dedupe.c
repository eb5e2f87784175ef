/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Dedupe windows: a record that no lane of ours brings - a device's, kcat's - is known again by the
 * source and id it says, for as long as its topic declares.
 *
 * Time is the task's event time, so that a replay judges as the run did, whatever the wall says:
 * an id counts until event time has passed the window behind the record that brought it. Every
 * record forgets a few of the oldest first, more than the one it may add, so what is kept is
 * bounded by the window and no record pays for many. Forgetting decides nothing: a group that is
 * kept without a commit takes its forgetting back, so how far it has come is another matter in the
 * run than in a replay. */
#include "base/check.h"
#include "runtime/task_inside.h"

enum { FORGOTTEN_A_RECORD = 4 };

static int64_t window_of(const struct task *t, struct bytes topic) {
    const struct declared_service *s = t->options.service;
    for (size_t i = 0; s->consumes_dedupe_ms && i < s->consumes_count; i++)
        if (bytes_is_text(topic, s->consumes[i]))
            return s->consumes_dedupe_ms[i];
    return 0;
}

bool task_dedupes(const struct task *t, const struct input *in) {
    bool has_lane = in->source.len > 0 && in->sequence > 0;
    return in->kind == INPUT_RECORD && !has_lane && in->id.len > 0 && window_of(t, in->topic) > 0;
}

/* A time that a stranger has written can be any number. */
static int64_t known_until(const struct task *t, const struct input *in) {
    int64_t until, now = task_event_time(t);
    if (in->time_ms > now)
        now = in->time_ms;
    return __builtin_add_overflow(now, window_of(t, in->topic), &until) ? INT64_MAX : until;
}

enum error task_seen(struct task *t, const struct input *in, bool *seen) {
    const struct store_ops *ops = t->store->ops;
    assert(task_dedupes(t, in));
    TRY(task_enter(t));
    TRY(ops->seen_forget(t->store, task_event_time(t), FORGOTTEN_A_RECORD));
    buf_clear(&t->scratch);
    buf_put_bytes(&t->scratch, in->topic);
    buf_put_byte(&t->scratch, ' ');
    buf_put_bytes(&t->scratch, in->source);
    struct seen_row row = { buf_bytes(&t->scratch), in->id, known_until(t, in) };
    TRY(ops->seen_put(t->store, &row, task_event_time(t), seen));
    t->changed = t->changed || !*seen;
    return E_ok;
}
