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
#include "values/digest.h"

#include <inttypes.h>
#include <string.h>

enum { POISON_TOLD = 10, TOMBSTONES_MS = 86400000 };

bool task_is_fold(const struct task *t) {
    return t->options.service->state == STATE_FOLD;
}

/* A fold that only reads topics that hold the newest of each key for ever: whatever becomes of its
 * snapshot, it is made again from them and nobody can tell. */
bool task_rebuilds(const struct task *t) {
    const struct declared_service *s = t->options.service;
    for (size_t i = 0; i < s->consumes_count; i++)
        if (!s->consumes_compacted[i])
            return false;
    return task_is_fold(t) && s->produces_count == 0 && s->consumes_count > 0;
}

/* How long its topics show what was deleted, the shortest of them; Kafka's day if not said. */
int64_t task_tombstones_ms(const struct task *t) {
    const struct declared_service *s = t->options.service;
    int64_t shortest_ms = INT64_MAX;
    for (size_t i = 0; t->options.declaration && i < s->consumes_count; i++) {
        const struct declared_topic *topic =
            declaration_topic(t->options.declaration, s->consumes[i]);
        int64_t ms = topic->tombstones_ms ? topic->tombstones_ms : TOMBSTONES_MS;
        shortest_ms = ms < shortest_ms ? ms : shortest_ms;
    }
    return shortest_ms == INT64_MAX ? TOMBSTONES_MS : shortest_ms;
}

/* Settings may be secrets, so a digest of them. */
char *task_runs_with(const struct task *t) {
    const struct declared_service *s = t->options.service;
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    struct buf all = { 0 };
    if (!task_is_fold(t) || s->produces_count == 0)
        return NULL;
    for (size_t i = 0; i < s->setting_count; i++)
        buf_print(&all, "%s=%zu:%s\n", s->settings[i].name, strlen(s->settings[i].value),
                  s->settings[i].value);
    sha256(buf_bytes(&all), digest);
    sha256_hex(digest, hex);
    buf_finish(&all);
    return text_format("version %s\nsettings %s\n", t->options.version ? t->options.version : "",
                       hex);
}

void task_refuse_snapshot(struct task *t, const char *why) {
    assert(task_rebuilds(t));
    t->store->ops->refuse(t->store, why);
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

enum error task_rest(struct task *t, bool caught_up) {
    assert(!task_has_unsaved(t));
    return t->store->ops->rest(t->store, caught_up);
}

bool task_saving_goes_on(const struct task *t) {
    return t->store->ops->save_goes_on(t->store);
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
