/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Identities are those of one topic: two topics may have the same keys and lanes. */
#include "topics.h"

#include <stdlib.h>
#include <string.h>

enum { READ_LIMIT_MS = 60000 };

struct reading {
    struct run *run;
    topics_on_event *on_event;
};

/* A time tick is written by every owner of a clock, and counts by its maximum. */
static bool is_tick(const struct kafka_event *event) {
    return bytes_is_text(kafka_header_of(event, "ce_type"), "octavo.tick");
}

/* Its oldest records go, so that its lanes do not count any more. */
static bool is_compacted(const struct run *r, const char *topic) {
    const struct verify_system *s = r->options->system;
    for (size_t i = 0; i < s->topic_count; i++)
        if (strcmp(s->topics[i].name, topic) == 0)
            return s->topics[i].compacted;
    return false;
}

/* Known to people by both: "TOPIC KEY". */
static uint64_t name_in(struct run *r, const char *topic, struct bytes name) {
    char *both = text_format("%s %.*s", topic, (int)name.len, (const char *)name.data);
    uint64_t hash = history_text(&r->history, both);
    free(both);
    return hash;
}

void topics_put(struct run *r, const struct kafka_event *event) {
    struct bytes sequence = kafka_header_of(event, "ce_sequence");
    char digits[24] = { 0 };
    if (!sequence.data || sequence.len >= sizeof(digits) || is_tick(event))
        return;
    memcpy(digits, sequence.data, sequence.len);
    struct history_record record = {
        .kind = HISTORY_seen,
        .operation = HISTORY_record,
        .id = history_name(&r->history, kafka_header_of(event, "ce_id")),
        .other = history_hash(event->value),
        .value = strtoll(digits, NULL, 10),
        .place = event->offset,
        .process = (uint32_t)event->partition,
    };
    if (!is_compacted(r, event->topic))
        record.lane = name_in(r, event->topic, kafka_header_of(event, "ce_source"));
    if (event->key.len)
        record.key = name_in(r, event->topic, event->key);
    history_put(&r->history, record);
}

static void on_record(void *context, const struct kafka_event *event) {
    struct reading *reading = context;
    topics_put(reading->run, event);
    if (reading->on_event)
        reading->on_event(reading->run, event);
}

enum error topics_collect(struct run *r, topics_on_event *on_event) {
    const struct verify_system *s = r->options->system;
    struct reading reading = { r, on_event };
    for (size_t i = 0; i < s->topic_count; i++) {
        struct kafka_reading of = {
            s->topics[i].name, s->topics[i].partitions, 0, READ_LIMIT_MS, on_record, &reading
        };
        TRY(kafka_read(r->kafka, &of));
    }
    return E_ok;
}
