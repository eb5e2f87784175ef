/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Positions by topic-partition, and a list of those that the store does not know yet. */
#include "runtime/places.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct place *place_create(struct bytes topic, int32_t partition) {
    struct place *place = memory_get(sizeof(*place) + topic.len);
    memcpy(place + 1, topic.data, topic.len);
    place->topic = bytes_of(place + 1, topic.len);
    place->partition = partition;
    place->now = (struct position){ .last_offset = -1 };
    return place;
}

enum error places_place(struct places *p, struct bytes topic, int32_t partition,
                        struct place **out) {
    *out = p->newest;
    if (*out && (*out)->partition == partition && bytes_equal((*out)->topic, topic))
        return E_ok;
    buf_clear(&p->name);
    buf_put_be32(&p->name, (uint32_t)partition);
    buf_put_bytes(&p->name, topic);
    *out = p->newest = table_find(&p->by_name, buf_bytes(&p->name));
    if (*out)
        return E_ok;
    struct place *place = place_create(topic, partition);
    enum error e =
        p->store->ops->position_get(p->store, topic, partition, &place->now, &place->known);
    if (e) {
        free(place);
        return e;
    }
    place->kept = place->now;
    place->kept_known = place->known;
    (void)table_put(&p->by_name, buf_bytes(&p->name), place);
    *out = p->newest = place;
    return E_ok;
}

void place_read(struct places *p, struct place *place, int64_t offset, uint64_t hash) {
    assert(!place->known || offset >= place->now.next_offset);
    if (!place->touched && !place->unstored) {
        place->next = p->waiting;
        p->waiting = place;
    }
    place->touched = true;
    place->known = true;
    place->now.next_offset = offset + 1;
    place->now.last_offset = offset;
    place->now.last_hash = hash;
}

enum error places_write(struct places *p, const char *cluster_id) {
    for (struct place *place = p->waiting; place; place = place->next) {
        (void)snprintf(place->now.cluster_id, sizeof(place->now.cluster_id), "%s", cluster_id);
        TRY(p->store->ops->position_put(p->store, place->topic, place->partition, &place->now));
    }
    return E_ok;
}

void places_keep(struct places *p) {
    for (struct place *place = p->waiting; place; place = place->next) {
        place->kept = place->now;
        place->kept_known = true;
        place->touched = false;
        place->unstored = true;
    }
}

void places_stored(struct places *p) {
    places_keep(p);
    for (struct place *place = p->waiting; place; place = place->next)
        place->unstored = false;
    p->waiting = NULL;
}

void places_drop(struct places *p) {
    struct place **at = &p->waiting;
    while (*at) {
        struct place *place = *at;
        place->now = place->kept;
        place->known = place->kept_known;
        place->touched = false;
        if (place->unstored)
            at = &place->next;
        else
            *at = place->next;
    }
}

void places_finish(struct places *p) {
    size_t at = 0;
    struct bytes name;
    void *place;
    while (table_next(&p->by_name, &at, &name, &place))
        free(place);
    table_finish(&p->by_name);
    buf_finish(&p->name);
    p->waiting = p->newest = NULL;
}
