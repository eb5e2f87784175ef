/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The turn of a service whose handlers are a program: records are taken off the consumer first, and
 * the program is sent what it will be asked, many in one write; then each has its turn as ever. */
#include "runtime/service_state.h"

#include "runtime/programs.h"

#include <stdlib.h>

enum { AHEAD_BYTES_MAX = 16 << 20 }; /* of records that are held */

struct ahead {
    struct kafka_record *records;
    size_t count, bytes;
};

static enum error records_poll(struct service *s, struct ahead *a, size_t most) {
    s->undrained = true;
    while (a->count < most && a->bytes < AHEAD_BYTES_MAX) {
        struct kafka_record *r = &a->records[a->count];
        bool found;
        TRY(kafka_consumer_poll(s->consumer, r, &found));
        if (!found) {
            s->undrained = false;
            break;
        }
        a->bytes += r->key.len + r->value.len;
        a->count++;
    }
    return E_ok;
}

static enum error record_foresee(struct service *s, const struct kafka_record *r, bool *full) {
    for (struct slot *slot = s->slots; slot; slot = slot->next) {
        const struct slot_part *part = slot_part_find(slot, r->topic, r->partition);
        if (!part || !slot->task || !part->started || part->full || r->offset < part->taken_offset)
            continue;
        struct input in = slot_input(r);
        turn_begin_slot(s, slot);
        return programs_foresee(s->options.code, slot->task, &in, full);
    }
    return E_ok;
}

static enum error records_foresee(struct service *s, const struct ahead *a) {
    bool full = false;
    programs_foresee_begin(s->options.code);
    for (size_t i = 0; i < a->count && !full; i++)
        TRY(record_foresee(s, &a->records[i], &full));
    programs_foresee_send(s->options.code);
    return E_ok;
}

static enum error records_take(struct service *s, const struct ahead *a) {
    int64_t start_ns = clock_steady_ns(s->clock);
    for (size_t i = 0; i < a->count; i++)
        TRY(turn_route_record(s, &a->records[i]));
    s->take_ns += clock_steady_ns(s->clock) - start_ns;
    return E_ok;
}

enum error turn_take_ahead(struct service *s) {
    size_t most = (size_t)s->options.declared->group_max;
    struct ahead a = { .records = memory_resize(NULL, most * sizeof(*a.records)) };
    enum error e = records_poll(s, &a, most);
    if (!e && a.count > 1)
        e = records_foresee(s, &a);
    if (!e)
        e = records_take(s, &a);
    for (size_t i = 0; i < a.count; i++)
        kafka_record_done(&a.records[i]);
    free(a.records);
    return e;
}
