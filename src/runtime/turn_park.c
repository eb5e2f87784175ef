/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the turn does about parked inputs: tries again what is due, tells of what was parked, and
 * does not read on where there is no room to park. */
#include "runtime/service_state.h"
#include "runtime/step.h"

#include "base/event.h"

#include <inttypes.h>
#include <string.h>

/* A storm of broken events must not fill the log: a few a second are named, all are counted. */
void turn_note_parked(struct service *s, const struct slot *slot, const struct input *in) {
    char key[64], type[64], id[64], reason[256];
    struct bytes why = task_parked_reason(slot->task);
    if (s->parked++ >= PARKED_TOLD_A_TICK || !why.len)
        return;
    shown_copy(key, sizeof(key), in->key);
    shown_copy(type, sizeof(type), in->type);
    shown_copy(id, sizeof(id), in->id);
    event_log(EV_key_parked, "service=%s task=%d key=%s type=%s id=%s reason=%s",
              s->options.declared->name, slot->number, key, type, id,
              event_quote(reason, sizeof(reason), why));
}

enum error turn_part_full(struct service *s, struct slot *slot, struct slot_part *part,
                          int64_t offset) {
    struct task_parked parked = task_parked(slot->task);
    part->taken_offset = offset;
    part->full = true;
    part->full_bytes = parked.bytes;
    s->assignment_changed = true;
    event_log(EV_park_full,
              "service=%s topic=%s partition=%d offset=%" PRId64 " keys=%" PRId64
              " parked_bytes=%" PRId64,
              s->options.declared->name, part->topic, part->partition, offset, parked.keys,
              parked.bytes);
    return kafka_consumer_stop(s->consumer, part->topic, part->partition);
}

/* Less is parked than when it was stopped: read on, and be stopped again if that is too little. */
static enum error part_go_on(struct service *s, const struct slot *slot, struct slot_part *part) {
    struct kafka_part from = { part->topic, part->partition, part->taken_offset };
    if (!part->full || task_parked(slot->task).bytes >= part->full_bytes)
        return E_ok;
    part->full = false;
    s->assignment_changed = true;
    event_log(EV_park_room, "service=%s topic=%s partition=%d", s->options.declared->name,
              part->topic, part->partition);
    return kafka_consumer_start(s->consumer, &from, 1);
}

enum error turn_park_tick(struct service *s) {
    if (s->parked)
        event_log(EV_inputs_parked, "service=%s count=%" PRIu64, s->options.declared->name,
                  s->parked);
    s->parked = 0;
    for (struct slot *slot = s->slots; slot; slot = slot->next)
        for (size_t i = 0; slot->task && i < slot->part_count; i++)
            TRY(part_go_on(s, slot, &slot->parts[i]));
    return E_ok;
}

enum error turn_take_retries(struct service *s, struct slot *slot, int64_t now_ms) {
    size_t taken;
    int64_t due_ms;
    if (!task_park_next_due(slot->task, &due_ms) || due_ms > now_ms)
        return E_ok;
    turn_begin_slot(s, slot);
    return task_park_due(slot->task, now_ms, RETRIES_A_TURN, &taken);
}
