/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Lanes by name, and a list of those that the store does not know yet. */
#include "runtime/lanes.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

struct lane *lanes_lane(struct lanes *l, struct bytes name) {
    struct lane *lane = table_find(&l->by_name, name);
    if (lane)
        return lane;
    lane = memory_get(sizeof(*lane) + name.len);
    memcpy(lane + 1, name.data, name.len);
    lane->name = bytes_of(lane + 1, name.len);
    lane->now = LANE_NEW;
    lane->kept = LANE_NEW;
    (void)table_put(&l->by_name, name, lane);
    return lane;
}

void lane_set(struct lanes *l, struct lane *lane, int64_t number) {
    assert(number > lane->now);
    if (!lane->touched && !lane->unstored) {
        lane->next = l->waiting;
        l->waiting = lane;
    }
    lane->touched = true;
    lane->now = number;
}

void lane_unset(struct lanes *l, struct lane *lane, int64_t now, bool touched) {
    assert(lane->touched);
    lane->now = now;
    lane->touched = touched;
    if (touched || lane->unstored)
        return;
    assert(l->waiting == lane);
    l->waiting = lane->next;
}

void lane_loaded(void *lanes, struct bytes name, int64_t number) {
    struct lane *lane = lanes_lane(lanes, name);
    lane->now = number;
    lane->kept = number;
}

enum lane_verdict lane_judge(const struct lane *lane, int64_t sequence) {
    if (lane->now == LANE_NEW)
        return LANE_NEXT;
    if (sequence <= lane->now)
        return LANE_REPEAT;
    return sequence - 1 == lane->now ? LANE_NEXT : LANE_GAP;
}

enum error lanes_write(struct lanes *l, struct store *store, lane_store *put) {
    for (struct lane *lane = l->waiting; lane; lane = lane->next)
        TRY(put(store, lane->name, lane->now));
    return E_ok;
}

bool lanes_wait(const struct lanes *l) {
    return l->waiting != NULL;
}

void lanes_keep(struct lanes *l) {
    for (struct lane *lane = l->waiting; lane; lane = lane->next) {
        lane->kept = lane->now;
        lane->touched = false;
        lane->unstored = true;
    }
}

void lanes_stored(struct lanes *l) {
    lanes_keep(l);
    for (struct lane *lane = l->waiting; lane; lane = lane->next)
        lane->unstored = false;
    l->waiting = NULL;
}

/* Back to what was kept. A lane first seen in the dropped group is new again. */
void lanes_drop(struct lanes *l) {
    struct lane **at = &l->waiting;
    while (*at) {
        struct lane *lane = *at;
        lane->now = lane->kept;
        lane->touched = false;
        if (lane->unstored)
            at = &lane->next;
        else
            *at = lane->next;
    }
}

void lanes_finish(struct lanes *l) {
    size_t at = 0;
    struct bytes name;
    void *lane;
    while (table_next(&l->by_name, &at, &name, &lane))
        free(lane);
    table_finish(&l->by_name);
    l->waiting = NULL;
}
