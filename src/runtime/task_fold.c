/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is different in a task that is a fold: snapshots, and poison, which is passed by.
 *
 * A fold has no place where an input could wait: its state is made again from its topics, and who
 * retries what and when stands in no topic. So what its handler refuses is counted, told and passed
 * by, which comes out the same each time. */
#include "base/check.h"
#include "base/event.h"
#include "runtime/task_inside.h"

#include <inttypes.h>

enum { POISON_TOLD = 10 };

bool task_is_fold(const struct task *t) {
    return t->options.service->state == STATE_FOLD;
}

bool task_all_acked(const struct task *t) {
    return t->outbox_acked >= t->outbox_last;
}

bool task_has_unsaved(const struct task *t) {
    return t->saved_commits != t->counts.commits || t->places.waiting;
}

enum error task_save(struct task *t, int64_t at_ms) {
    assert(task_is_fold(t));
    assert(task_all_acked(t));
    TRY(task_flush(t, at_ms));
    TRY(t->store->ops->save(t->store));
    t->saved_commits = t->counts.commits;
    return E_ok;
}

enum error task_saved(struct task *t, bool wait, bool *done) {
    return t->store->ops->saved(t->store, wait, done);
}

/* The first few, then ever fewer: a topic full of poison must not fill the log. */
void task_pass_by(struct task *t, const struct input *in) {
    uint64_t count = t->counts.poison + ++t->group_counts.poison;
    if (count > POISON_TOLD && (count & (count - 1)) != 0)
        return;
    event_log(EV_fold_passed_by,
              "service=%s task=%d topic=%.*s partition=%d offset=%" PRId64 " count=%" PRIu64
              " reason=\"%s\"",
              t->options.service->name, (int)t->options.task, (int)in->topic.len,
              in->topic.data ? (const char *)in->topic.data : "", (int)in->partition, in->offset,
              count, buf_text(&t->reason));
}
