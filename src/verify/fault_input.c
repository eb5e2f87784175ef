/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What other programs may do to a topic: records a second time, in another order, or with nothing
 * in them that anybody can read. */
#include "faults.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

enum { COPIES = 12, READ_LIMIT_MS = 3000, POISONS = 3 };

struct copies {
    bool any; /* not only records of lanes: the topic knows the others by their ids */
    struct kafka *kafka;
    struct kafka_event events[COPIES * 4];
    struct buf bytes[COPIES * 4];
    size_t count;
};

static struct bytes keep(struct buf *to, struct bytes from) {
    size_t at = to->len;
    buf_put_bytes(to, from);
    return bytes_of(from.data ? to->data + at : NULL, from.len);
}

static void copy_keep(void *context, const struct kafka_event *event) {
    struct copies *c = context;
    if (c->count == sizeof(c->events) / sizeof(c->events[0])
        || (!c->any && !kafka_header_of(event, "ce_sequence").data))
        return;
    struct buf *bytes = &c->bytes[c->count];
    struct kafka_event *copy = &c->events[c->count++];
    *copy = *event;
    size_t len = event->key.len + event->value.len;
    for (size_t i = 0; i < event->header_count; i++)
        len += event->headers[i].name.len + event->headers[i].value.len + 1;
    buf_reserve(bytes, len + 1); /* it must not move */
    copy->key = keep(bytes, event->key);
    copy->value = keep(bytes, event->value);
    for (size_t i = 0; i < event->header_count; i++) {
        copy->headers[i].name = keep(bytes, event->headers[i].name);
        buf_put_byte(bytes, 0); /* librdkafka wants it as a text */
        copy->headers[i].value = keep(bytes, event->headers[i].value);
    }
}

/* Not a compacted one: there an old record written again is the newest, and rightly wins. Who
 * writes to such a topic does it in transactions, so that no zombie of it can. */
static const struct verify_topic *topic_drawn(const struct run *r, uint64_t dice) {
    const struct verify_system *s = r->options->system;
    size_t count = 0, at = 0;
    for (size_t i = 0; i < s->topic_count; i++)
        count += !s->topics[i].compacted;
    for (size_t left = count ? dice % count + 1 : 0; left; at++)
        left -= !s->topics[at].compacted;
    return count ? &s->topics[at - 1] : NULL;
}

static const char *only_compacted(struct run *r) {
    return topic_drawn(r, 0) ? NULL : "every topic is compacted: what is written again would win";
}

/* The newest of each partition, written once more: as they stand, or the last one first. */
static void copies_write(struct run *r, struct planned *p, bool backwards) {
    struct copies *c = memory_get(sizeof(*c));
    const struct verify_topic *topic = topic_drawn(r, p->dice);
    c->any = topic->dedupes;
    struct kafka_reading reading = {
        topic->name,   topic->partitions, COPIES * 4 / topic->partitions + 1,
        READ_LIMIT_MS, copy_keep,         c
    };
    enum error e = kafka_read(r->kafka, &reading);
    for (size_t i = 0; i < c->count && !e; i++)
        e = kafka_write(r->kafka, &c->events[backwards ? c->count - 1 - i : i]);
    if (!e)
        e = kafka_flush(r->kafka, READ_LIMIT_MS);
    p->inflicted = !e && c->count > 0;
    for (size_t i = 0; i < c->count; i++)
        buf_finish(&c->bytes[i]);
    free(c);
}

static void input_plan(struct run *r, struct planned *p, struct random *random) {
    (void)random;
    p->target = HOUSE_BROKER; /* which must be there */
    (void)snprintf(p->what, sizeof(p->what), "topic %s", topic_drawn(r, p->dice)->name);
}

static void duplicate_begin(struct run *r, struct planned *p) {
    copies_write(r, p, false);
}

static void reorder_begin(struct run *r, struct planned *p) {
    copies_write(r, p, true);
}

static bool at_once(struct run *r, struct planned *p, int64_t now_ms) {
    (void)r;
    (void)p;
    (void)now_ms;
    return true;
}

const struct fault fault_duplicate = {
    .name = "duplicate",
    .sentence = "records of a topic are written a second time",
    .weight = 2,
    .lacks = only_compacted,
    .plan = input_plan,
    .begin = duplicate_begin,
    .turn = at_once,
};

const struct fault fault_reorder = {
    .name = "reorder",
    .sentence = "records of a topic are written a second time, the newest first",
    .weight = 2,
    .lacks = only_compacted,
    .plan = input_plan,
    .begin = reorder_begin,
    .turn = at_once,
};

/* What nobody can take for an event, whoever the handler is. */
static const char *const poisons[] = { "this is no event", "{\"request\":", "\xff\xfe\x01",
                                       "[1,2,3]" };

/* Under a key of its own: what is parked behind it is nobody's money. */
static void poison_begin(struct run *r, struct planned *p) {
    const struct verify_topic *topic = topic_drawn(r, p->dice);
    enum error e = E_ok;
    for (unsigned i = 0; i < POISONS && !e; i++) {
        char id[64];
        (void)snprintf(id, sizeof(id), "poison-%llx-%u", (unsigned long long)p->dice, i);
        struct kafka_event event = { .topic = topic->name, .partition = -1, .header_count = 2 };
        event.key = bytes_text("verify-poison");
        event.value = bytes_text(poisons[(p->dice / 7 + i) % (sizeof(poisons) / sizeof(*poisons))]);
        event.headers[0] = (struct kafka_header){ bytes_text("ce_id"), bytes_text(id) };
        event.headers[1] =
            (struct kafka_header){ bytes_text("ce_type"), bytes_text("withdrawal-requested") };
        e = kafka_write(r->kafka, &event);
    }
    if (!e)
        e = kafka_flush(r->kafka, READ_LIMIT_MS);
    p->inflicted = !e;
}

const struct fault fault_poison = {
    .name = "poison",
    .sentence = "events that nobody can read, under a key of their own",
    .weight = 1,
    .lacks = only_compacted,
    .plan = input_plan,
    .begin = poison_begin,
    .turn = at_once,
};
