/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The relay: a list of rows, a place in it up to which events were handed over, and one producer.
 *
 * The second event of a lane waits until the first is acknowledged. A broker takes any first
 * sequence of a producer it does not know, so of two requests in flight the first may be refused
 * for a moment and the second taken. Within a lane its reader sees the gap, and all comes again; at
 * the beginning it would set its watermark by the second and call the first a repeat
 * (tests/model/relay.pml). */
#include "runtime/relay.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "base/event.h"
#include "runtime/kafka.h"
#include "runtime/outbox.h"

#include <stdlib.h>

enum { REPLACE_PAUSE_MS = 200, LANE_SECOND = 2 };

struct row {
    struct row *next;
    void *owner; /* NULL: forgotten */
    int64_t outbox_id;
    int64_t added_ns;
    struct buf packed;
    size_t sent_bytes; /* of packed: handed to the producer */
    uint64_t events;
    uint64_t acked;
};

struct relay {
    struct relay_options options;
    struct kafka_producer *producer;
    struct row *first;
    struct row *last;
    struct row *sending; /* first row not wholly handed over; NULL: all are */
    uint64_t waiting;
    uint64_t in_flight; /* handed over to this producer and not reported */
    bool failed;        /* the producer must be replaced */
    int64_t replaced_ms;
    uint64_t rows_acked;
    int64_t waited_ns;
};

static void row_destroy(struct row *row) {
    buf_finish(&row->packed);
    free(row);
}

/* Rows leave from the front only, so an owner's ids are acknowledged in order. */
static void pop_acked(struct relay *r) {
    while (r->first && r->first->acked == r->first->events) {
        struct row *row = r->first;
        r->first = row->next;
        if (!r->first)
            r->last = NULL;
        CRASH_POINT(relay_after_ack);
        r->rows_acked++;
        r->waited_ns += clock_steady_ns(r->options.clock) - row->added_ns;
        if (row->owner)
            r->options.on_acked(r->options.context, row->owner, row->outbox_id);
        row_destroy(row);
    }
}

static void on_delivered(void *context, void *tag, bool delivered) {
    struct relay *r = context;
    struct row *row = tag;
    r->in_flight--;
    if (!row) /* passed */
        return;
    if (!delivered) {
        r->failed = true;
        return;
    }
    assert(row->acked < row->events);
    row->acked++;
    r->waiting--;
}

static enum error producer_open(struct relay *r) {
    struct kafka_producer_options options = {
        .bootstrap = r->options.bootstrap,
        .client_id = r->options.client_id,
        .on_delivered = on_delivered,
        .context = r,
    };
    return kafka_producer_create(&r->producer, &options);
}

enum error relay_create(struct relay **out, const struct relay_options *options) {
    struct relay *r = memory_get(sizeof(*r));
    r->options = *options;
    enum error e = producer_open(r);
    if (e) {
        free(r);
        r = NULL;
    }
    *out = r;
    return e;
}

void relay_destroy(struct relay *r) {
    if (!r)
        return;
    kafka_producer_destroy(r->producer);
    while (r->first) {
        struct row *row = r->first;
        r->first = row->next;
        row_destroy(row);
    }
    free(r);
}

int relay_fd(struct relay *r) {
    return kafka_producer_fd(r->producer);
}

static enum error count_events(struct bytes packed, uint64_t *count) {
    struct cursor in = cursor_on(packed);
    struct out_event event;
    *count = 0;
    while (cursor_left(&in)) {
        TRY(outbox_unpack(&in, &event));
        (*count)++;
    }
    return E_ok;
}

/* Hands over the rest of one row; false when the producer takes no more for now. */
static bool row_send(struct relay *r, struct row *row) {
    struct cursor in = cursor_on(buf_bytes(&row->packed));
    (void)read_bytes(&in, row->sent_bytes);
    while (cursor_left(&in)) {
        struct out_event event;
        enum error e = outbox_unpack(&in, &event);
        assert(e == E_ok); /* relay_add has read it once */
        if (event.sequence == LANE_SECOND && r->in_flight > 0)
            return false;
        e = kafka_produce(r->producer, &event, row);
        if (e == E_closed)
            r->failed = true;
        if (e)
            return false;
        r->in_flight++;
        row->sent_bytes = (size_t)(in.at - row->packed.data);
    }
    CRASH_POINT(relay_after_produce);
    return true;
}

static void send_waiting(struct relay *r) {
    while (r->sending && !r->failed && row_send(r, r->sending))
        r->sending = r->sending->next;
}

enum error relay_add(struct relay *r, void *owner, int64_t outbox_id, struct bytes packed) {
    uint64_t events;
    TRY_WHILE(count_events(packed, &events), "reading outbox row %lld", (long long)outbox_id);
    struct row *row = memory_get(sizeof(*row));
    row->owner = owner;
    row->outbox_id = outbox_id;
    row->events = events;
    row->added_ns = clock_steady_ns(r->options.clock);
    buf_put_bytes(&row->packed, packed);
    if (r->last)
        r->last->next = row;
    else
        r->first = row;
    r->last = row;
    if (!r->sending)
        r->sending = row;
    r->waiting += events;
    send_waiting(
        r); /* now, not at the end of the turn: the next task's sync need not be waited for */
    return E_ok;
}

/* What was forgotten is its next owner's to send; a late copy of it could only do harm. */
static void drop_forgotten(struct relay *r) {
    struct row **at = &r->first;
    r->last = NULL;
    while (*at) {
        struct row *row = *at;
        if (row->owner) {
            r->last = row;
            at = &row->next;
        } else {
            *at = row->next;
            row_destroy(row);
        }
    }
}

/* The old producer's reports are gone for good: every row not wholly acknowledged goes again. */
static void rewind_rows(struct relay *r) {
    drop_forgotten(r);
    r->waiting = 0;
    r->in_flight = 0;
    for (struct row *row = r->first; row; row = row->next) {
        row->acked = 0;
        row->sent_bytes = 0;
        r->waiting += row->events;
    }
    r->sending = r->first;
}

static bool replace_producer(struct relay *r) {
    int64_t now_ms = clock_steady_ms(r->options.clock);
    if (r->replaced_ms && now_ms - r->replaced_ms < REPLACE_PAUSE_MS)
        return false;
    event_log(EV_producer_replaced, "client=%s waiting=%llu", r->options.client_id,
              (unsigned long long)r->waiting);
    struct kafka_producer *old = r->producer;
    r->replaced_ms = now_ms;
    if (producer_open(r)) {
        error_print();
        r->producer = old;
        return false;
    }
    kafka_producer_destroy(old);
    r->failed = false;
    rewind_rows(r);
    return true;
}

bool relay_turn(struct relay *r) {
    bool changed = false;
    kafka_producer_poll(r->producer);
    pop_acked(r);
    if (r->failed || kafka_producer_is_fatal(r->producer)) {
        r->failed = true;
        changed = replace_producer(r);
    }
    send_waiting(r);
    return changed;
}

bool relay_flush(struct relay *r, int timeout_ms) {
    int64_t until_ms = clock_steady_ms(r->options.clock) + timeout_ms;
    while (r->first && clock_steady_ms(r->options.clock) < until_ms) {
        (void)relay_turn(r);
        (void)kafka_producer_flush(r->producer, 50);
        pop_acked(r);
    }
    return !r->first;
}

void relay_forget(struct relay *r, void *owner) {
    for (struct row *row = r->first; row; row = row->next)
        if (row->owner == owner)
            row->owner = NULL;
}

void relay_pass(struct relay *r, const struct out_event *event) {
    if (!r->failed && kafka_produce(r->producer, event, NULL) == E_ok)
        r->in_flight++;
}

uint64_t relay_waiting(const struct relay *r) {
    return r->waiting;
}

int64_t relay_oldest_ms(const struct relay *r) {
    return r->first ? (clock_steady_ns(r->options.clock) - r->first->added_ns) / 1000000 : 0;
}

uint64_t relay_rows_acked(const struct relay *r, int64_t *waited_ns) {
    *waited_ns = r->waited_ns;
    return r->rows_acked;
}
