/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The transactor: rows go to its thread as letters and come back when they are committed. At most
 * LETTERS_MAX are on their way, so that no post can find a mailbox full; the rest waits here. */
#include "runtime/transactor.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "base/event.h"
#include "base/mailbox.h"
#include "runtime/kafka_transactions.h"

#include <stdlib.h>

enum {
    LETTERS_MAX = 1024,
    TRANSACTION_BYTES_MAX = 4 << 20,
    INIT_TRY_MS = 1000,
    REPLACE_PAUSE_MS = 200,
};

struct row {
    struct row *next;
    int64_t outbox_id;
    int64_t added_ns;
    struct buf packed;
};

/* Out and back. A letter without a row: out, stop; back, another owner has the id. */
struct letter {
    struct row *row;
    char *story;
};

struct transactor {
    struct transactor_options options;
    char *transactional_id;
    struct mailbox *out;
    struct mailbox *back;
    struct thread *thread;
    /* the owner's: */
    struct row *first, *last; /* not yet acknowledged, in order */
    struct row *unposted;     /* the first that the thread does not have; NULL: it has all */
    size_t posted;
    uint64_t waiting;
    char *fenced; /* the story of how; NULL: it is not */
    /* the thread's: */
    struct kafka_transactions *producer;
    struct row *batch[LETTERS_MAX];
    size_t batch_count;
    bool stopping;
};

static struct letter *letter_create(struct row *row) {
    struct letter *l = memory_get(sizeof(*l));
    l->row = row;
    return l;
}

static void letter_destroy(struct letter *l) {
    if (l)
        free(l->story);
    free(l);
}

/* ---- the thread */

static void letter_take(struct transactor *t, struct letter *l) {
    if (!l)
        return;
    if (l->row)
        t->batch[t->batch_count++] = l->row;
    else
        t->stopping = true;
    letter_destroy(l);
}

/* What waits, in order, up to one transaction's worth. */
static void batch_collect(struct transactor *t) {
    size_t bytes = 0;
    letter_take(t, mailbox_wait(t->out, -1));
    for (size_t i = 0; i < t->batch_count; i++)
        bytes += t->batch[i]->packed.len;
    while (!t->stopping && t->batch_count < LETTERS_MAX && bytes < TRANSACTION_BYTES_MAX) {
        struct letter *l = mailbox_take(t->out);
        if (!l)
            return;
        bytes += l->row ? l->row->packed.len : 0;
        letter_take(t, l);
    }
}

static enum error producer_open(struct transactor *t) {
    struct kafka_transactions_options options = {
        .bootstrap = t->options.bootstrap,
        .client_id = t->options.client_id,
        .transactional_id = t->transactional_id,
    };
    if (!t->producer)
        TRY(kafka_transactions_create(&t->producer, &options));
    enum error e = kafka_transactions_init(t->producer, INIT_TRY_MS);
    if (e && e != E_timed_out) {
        kafka_transactions_destroy(t->producer);
        t->producer = NULL;
    }
    return e;
}

static enum error row_send(struct transactor *t, const struct row *row) {
    struct cursor in = cursor_on(buf_bytes(&row->packed));
    while (cursor_left(&in)) {
        struct out_event event;
        enum error e = outbox_unpack(&in, &event);
        assert(e == E_ok); /* transactor_add has read it once */
        TRY(kafka_transaction_send(t->producer, &event));
    }
    return E_ok;
}

static enum error batch_send(struct transactor *t) {
    TRY(kafka_transaction_begin(t->producer));
    for (size_t i = 0; i < t->batch_count; i++)
        TRY(row_send(t, t->batch[i]));
    CRASH_POINT(relay_after_produce);
    return kafka_transaction_commit(t->producer);
}

/* Waits a little, not deaf to the order to stop: that one comes last, so its place in line says so.
 */
static void pause_a_little(struct transactor *t) {
    struct letter *l = t->batch_count < LETTERS_MAX ? mailbox_wait(t->out, REPLACE_PAUSE_MS) : NULL;
    letter_take(t, l);
}

/* Until it is committed, we are told to stop, or another owner has the id. */
static enum error batch_deliver(struct transactor *t) {
    bool open = t->producer != NULL;
    enum error e = E_ok;
    while (!t->stopping) {
        e = open ? E_ok : producer_open(t);
        open = !e;
        if (!e && t->batch_count)
            e = batch_send(t);
        if (!e || e == E_fenced)
            return e;
        if (open) {
            char reason[512];
            event_log(EV_producer_replaced, "client=%s transactional_id=%s rows=%zu reason=%s",
                      t->options.client_id, t->transactional_id, t->batch_count,
                      event_quote(reason, sizeof(reason), bytes_text(error_story())));
            kafka_transactions_destroy(t->producer);
            t->producer = NULL;
            open = false;
        }
        pause_a_little(t);
    }
    return e;
}

static void batch_report(struct transactor *t) {
    for (size_t i = 0; i < t->batch_count; i++)
        mailbox_post_wait(t->back, letter_create(t->batch[i]));
    t->batch_count = 0;
}

static void fenced_report(struct transactor *t) {
    struct letter *l = letter_create(NULL);
    l->story = text_copy(error_story());
    mailbox_post_wait(t->back, l);
    while (!t->stopping) {
        t->batch_count = 0; /* rows are the owner's to free */
        letter_take(t, mailbox_wait(t->out, -1));
    }
}

/* The id is taken over at once, not with the first row: what the owner before left open ends now.
 */
static void transactor_run(void *context) {
    struct transactor *t = context;
    enum error e = batch_deliver(t);
    while (!e && !t->stopping) {
        batch_collect(t);
        if (!t->stopping && !(e = batch_deliver(t)))
            batch_report(t);
    }
    if (e == E_fenced && !t->stopping)
        fenced_report(t);
    kafka_transactions_destroy(t->producer);
}

/* ---- the owner */

struct transactor *transactor_create(const struct transactor_options *options) {
    struct transactor *t = memory_get(sizeof(*t));
    t->options = *options;
    t->transactional_id = text_copy(options->transactional_id);
    t->out = mailbox_create(LETTERS_MAX + 1);
    t->back = mailbox_create(LETTERS_MAX + 1);
    t->thread = thread_start("transactor", transactor_run, t);
    return t;
}

static void mailbox_empty(struct mailbox *m) {
    struct letter *l;
    while ((l = mailbox_take(m)))
        letter_destroy(l);
    mailbox_destroy(m);
}

void transactor_destroy(struct transactor *t) {
    if (!t)
        return;
    mailbox_post_wait(t->out, letter_create(NULL));
    thread_join(t->thread);
    mailbox_empty(t->out);
    mailbox_empty(t->back);
    while (t->first) {
        struct row *row = t->first;
        t->first = row->next;
        buf_finish(&row->packed);
        free(row);
    }
    free(t->transactional_id);
    free(t->fenced);
    free(t);
}

int transactor_fd(struct transactor *t) {
    return mailbox_fd(t->back);
}

static void post_unposted(struct transactor *t) {
    while (t->unposted && t->posted < LETTERS_MAX) {
        bool taken = mailbox_post(t->out, letter_create(t->unposted));
        assert(taken);
        t->posted++;
        t->unposted = t->unposted->next;
    }
}

enum error transactor_add(struct transactor *t, int64_t outbox_id, struct bytes packed) {
    struct cursor in = cursor_on(packed);
    struct out_event event;
    while (cursor_left(&in))
        TRY_WHILE(outbox_unpack(&in, &event), "reading outbox row %lld", (long long)outbox_id);
    struct row *row = memory_get(sizeof(*row));
    row->outbox_id = outbox_id;
    row->added_ns = clock_steady_ns(t->options.clock);
    buf_put_bytes(&row->packed, packed);
    if (t->last)
        t->last->next = row;
    else
        t->first = row;
    t->last = row;
    if (!t->unposted)
        t->unposted = row;
    t->waiting++;
    post_unposted(t);
    return E_ok;
}

static void row_acked(struct transactor *t, struct row *row) {
    assert(row == t->first); /* the thread keeps their order */
    CRASH_POINT(relay_after_ack);
    t->first = row->next;
    if (!t->first)
        t->last = NULL;
    t->posted--;
    t->waiting--;
    t->options.on_acked(t->options.context, t->options.owner, row->outbox_id);
    buf_finish(&row->packed);
    free(row);
}

static void letter_read(struct transactor *t, struct letter *l) {
    if (l->row) {
        row_acked(t, l->row);
    } else {
        t->fenced = l->story;
        l->story = NULL;
    }
    letter_destroy(l);
}

enum error transactor_turn(struct transactor *t) {
    struct letter *l;
    while ((l = mailbox_take(t->back)))
        letter_read(t, l);
    post_unposted(t);
    if (!t->fenced)
        return E_ok;
    enum error e = fail(E_fenced, "%s: %s", t->transactional_id, t->fenced);
    fail_try("none: the process that has taken over this task goes on with it");
    return e;
}

bool transactor_flush(struct transactor *t, int timeout_ms) {
    int64_t until_ms = clock_steady_ms(t->options.clock) + timeout_ms;
    while (t->first && !t->fenced) {
        post_unposted(t);
        int64_t left_ms = until_ms - clock_steady_ms(t->options.clock);
        struct letter *l = left_ms > 0 ? mailbox_wait(t->back, (int)left_ms) : NULL;
        if (!l)
            return false;
        letter_read(t, l);
    }
    return !t->first;
}

uint64_t transactor_waiting(const struct transactor *t) {
    return t->waiting;
}

int64_t transactor_oldest_ms(const struct transactor *t) {
    return t->first ? (clock_steady_ns(t->options.clock) - t->first->added_ns) / 1000000 : 0;
}
