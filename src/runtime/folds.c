/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Snapshots in time, and catching up.
 *
 * A snapshot may say that something was sent only when it was acknowledged. Under load that is
 * never so by itself: when a snapshot is due, nothing more is taken until the outbox is empty,
 * which takes about as long as one round trip to the broker. If the broker does not answer in
 * DRAIN_MS the fold goes on and tries again a second later: a crash then costs more reading, and
 * loses nothing. */
#include "runtime/folds.h"

#include "base/check.h"
#include "base/event.h"
#include "runtime/service_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DRAIN_MS = 1000, TRY_AGAIN_MS = 1000, TELL_MS = 5000 };

static bool is_fold(const struct service *s, const struct slot *slot) {
    return s->options.declared->state == STATE_FOLD && slot->task;
}

void folds_begin(struct service *s, struct slot *slot) {
    int64_t now_ms = clock_steady_ms(s->clock);
    slot->fold = (struct slot_fold){ .since_ms = now_ms, .told_ms = now_ms };
    slot->fold.next_save_ms = now_ms; /* a new one at once: where it began must be known */
    for (size_t i = 0; i < slot->part_count; i++) {
        if (slot->parts[i].last.next_offset >= 0)
            slot->fold.next_save_ms = now_ms + s->options.declared->snapshot_every_ms;
        slot->parts[i].end_at_start = -1;
        slot->parts[i].at_end = false;
    }
}

/* ---- snapshots */

static void save_put_off(struct service *s, struct slot *slot, int64_t now_ms) {
    slot->fold.waits_ms = 0;
    slot->fold.next_save_ms = now_ms + TRY_AGAIN_MS;
    event_log(EV_fold_undrained, "service=%s task=%d", s->options.declared->name, slot->number);
}

static enum error save_begin(struct service *s, struct slot *slot, int64_t now_ms) {
    slot->fold.waits_ms = 0;
    slot->fold.next_save_ms = now_ms + s->options.declared->snapshot_every_ms;
    TRY(task_save(slot->task, clock_wall_ms(s->clock)));
    slot->fold.saving = true;
    service_arm_turn(s); /* what was not taken meanwhile */
    return E_ok;
}

static enum error save_look(struct service *s, struct slot *slot) {
    bool done;
    TRY(task_saved(slot->task, false, &done));
    if (done)
        event_log(EV_fold_saved, "service=%s task=%d", s->options.declared->name, slot->number);
    else if (task_saving_goes_on(slot->task))
        service_arm_turn(s);
    slot->fold.saving = !done;
    return E_ok;
}

static enum error slot_save(struct service *s, struct slot *slot, int64_t now_ms) {
    struct slot_fold *fold = &slot->fold;
    if (fold->saving)
        TRY(save_look(s, slot));
    if (fold->saving || now_ms < fold->next_save_ms || !task_has_unsaved(slot->task))
        return E_ok;
    TRY(turn_commit_slot(s, slot)); /* with `group_wait` a group may be open */
    if (task_all_acked(slot->task))
        return save_begin(s, slot, now_ms);
    if (!fold->waits_ms)
        fold->waits_ms = now_ms;
    if (now_ms - fold->waits_ms > DRAIN_MS)
        save_put_off(s, slot, now_ms);
    return E_ok;
}

bool folds_drain(const struct service *s) {
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        if (slot->fold.waits_ms && slot->task)
            return true;
    return false;
}

enum error folds_keep(struct service *s, struct slot *slot) {
    bool done;
    if (!is_fold(s, slot))
        return E_ok;
    slot->fold.waits_ms = 0;
    TRY(task_saved(slot->task, true, &done));
    if (!task_has_unsaved(slot->task))
        return task_rest(slot->task, slot->fold.caught_up);
    if (!task_all_acked(slot->task)) {
        event_log(EV_fold_undrained, "service=%s task=%d", s->options.declared->name, slot->number);
        return E_ok;
    }
    TRY(task_save(slot->task, clock_wall_ms(s->clock)));
    TRY(task_saved(slot->task, true, &done));
    return task_rest(slot->task, slot->fold.caught_up);
}

void folds_refuse(struct service *s) {
    char *why = text_copy(error_story()); /* refusing may have a story of its own */
    for (struct slot *slot = s->slots; slot; slot = slot->next)
        if (slot->task && task_rebuilds(slot->task))
            task_refuse_snapshot(slot->task, why);
    enum error e = fail(E_diverged, "%.*s", (int)strcspn(why, "\n"), why);
    assert(e);
    free(why);
}

/* ---- catching up */

void folds_at_end(void *context, const char *topic, int32_t partition) {
    struct service *s = context;
    for (struct slot *slot = s->slots; slot; slot = slot->next) {
        struct slot_part *part = slot_part_find(slot, bytes_text(topic), partition);
        if (part)
            part->at_end = true;
    }
}

static void ends_learn(struct service *s, struct slot *slot) {
    for (size_t i = 0; i < slot->part_count; i++) {
        struct slot_part *part = &slot->parts[i];
        int64_t end;
        if (part->end_at_start < 0
            && kafka_consumer_end(s->consumer, part->topic, part->partition, &end))
            part->end_at_start = end;
    }
}

static int64_t part_next(const struct slot_part *part) {
    int64_t next = part->taken_offset < 0 ? part->last.next_offset : part->taken_offset;
    return next < 0 ? 0 : next; /* from its beginning */
}

static bool part_is_level(const struct slot_part *part) {
    return part->at_end || (part->end_at_start >= 0 && part_next(part) >= part->end_at_start);
}

struct fold_progress fold_progress(const struct service *s, const struct slot *slot) {
    struct fold_progress p = { .eta_s = -1, .known = true };
    for (size_t i = 0; i < slot->part_count; i++) {
        const struct slot_part *part = &slot->parts[i];
        int64_t began = part->last.next_offset < 0 ? 0 : part->last.next_offset;
        p.read += part_next(part) - began;
        p.left += part_is_level(part) ? 0 : part->end_at_start - part_next(part);
        p.known = p.known && (part->end_at_start >= 0 || part->at_end);
    }
    int64_t for_ms = clock_steady_ms(s->clock) - slot->fold.since_ms;
    if (p.known && p.read > 0)
        p.eta_s = (p.left * for_ms / p.read + 999) / 1000;
    return p;
}

static void slot_look(struct service *s, struct slot *slot) {
    ends_learn(s, slot);
    for (size_t i = 0; i < slot->part_count; i++)
        if (!part_is_level(&slot->parts[i]))
            return;
    slot->fold.caught_up = true;
    event_log(EV_fold_caught_up, "service=%s task=%d events=%" PRId64 " ms=%" PRId64,
              s->options.declared->name, slot->number, fold_progress(s, slot).read,
              clock_steady_ms(s->clock) - slot->fold.since_ms);
}

bool folds_are_behind(const struct service *s) {
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        if (is_fold(s, slot) && !slot->fold.caught_up)
            return true;
    return false;
}

int64_t folds_left(const struct service *s) {
    int64_t left = 0;
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        if (is_fold(s, slot) && !slot->fold.caught_up && fold_progress(s, slot).known)
            left += fold_progress(s, slot).left;
    return left;
}

static void progress_tell(struct service *s, struct slot *slot) {
    int64_t now_ms = clock_steady_ms(s->clock);
    struct fold_progress p = fold_progress(s, slot);
    if (!p.known || now_ms - slot->fold.told_ms < TELL_MS)
        return;
    slot->fold.told_ms = now_ms;
    event_log(EV_fold_catching_up,
              "service=%s task=%d events=%" PRId64 " of=%" PRId64 " percent=%" PRId64
              " eta_s=%" PRId64,
              s->options.declared->name, slot->number, p.read, p.read + p.left,
              p.read + p.left > 0 ? p.read * 100 / (p.read + p.left) : 0, p.eta_s);
}

void folds_tick(struct service *s) {
    for (struct slot *slot = s->slots; slot; slot = slot->next)
        if (is_fold(s, slot) && !slot->fold.caught_up)
            progress_tell(s, slot);
}

enum error folds_turn(struct service *s) {
    int64_t now_ms = clock_steady_ms(s->clock);
    if (s->options.declared->state != STATE_FOLD)
        return E_ok;
    for (struct slot *slot = s->slots; slot; slot = slot->next) {
        if (!is_fold(s, slot))
            continue;
        TRY(slot_save(s, slot, now_ms));
        if (!slot->fold.caught_up)
            slot_look(s, slot);
    }
    return E_ok;
}
