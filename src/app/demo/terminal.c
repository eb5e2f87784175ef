/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One machine a terminal, one table of moves; its connection comes and goes beside it.
 *
 * The identity of a transaction is terminal, day, STAN and RRN. The RRN begins with the second in
 * which the terminals were started, so that two runs on one day never share an identity. */
#include "terminal.h"

#include "iso8583/date.h"
#include "iso8583/message.h"

#include "base/check.h"
#include "net/listener.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STAN_MAX = 999999, BACKOFF_FACTOR_MAX = 64, LATER_MS = 2 };

enum terminal_state {
    IDLE,      /* no order in hand */
    ASKING,    /* 0200 or 0201 is out */
    REVERSING, /* 0400 or 0401 is out */
    PAUSING,   /* waits before asking again as a new transaction */
    DONE,      /* no more orders */
};

static const struct move {
    enum terminal_state from;
    enum terminal_state to;
    const char *because;
} moves[] = {
    { IDLE, ASKING, "an order was taken" },
    { IDLE, DONE, "there are no more orders" },
    { ASKING, IDLE, "the answer came" },
    { ASKING, PAUSING, "the answer is 91: nothing was moved" },
    { ASKING, REVERSING, "no answer in time" },
    { REVERSING, PAUSING, "the reversal is acknowledged" },
    { PAUSING, ASKING, "the order is asked for again" },
};

/* What makes a transaction itself, as the messages carry it. */
struct identity {
    char stan[8];
    char rrn[16];
    char year[8]; /* of the local date: in the identity, not on the wire */
    char date[8]; /* MMDD */
    char time[8]; /* hhmmss */
    bool sent;    /* at least once: the next time it is a repeat */
};

struct terminal {
    struct terminals *all;
    int number;
    enum terminal_state state;
    char id[12];
    uint32_t stan_last;
    struct terminal_order order;
    struct identity asked;
    struct identity reversal;
    int64_t asked_ns;              /* first sending */
    struct connection *connection; /* NULL: not connected */
    struct loop_timer *timer;      /* answer, pause or reconnection: whatever is waited for */
    int64_t backoff_factor;
};

struct terminals {
    struct terminals_options options;
    struct terminal *list;
    struct terminals_counts counts;
    int busy;
    bool closing;
    char run[8]; /* the start of every RRN */
    struct iso_message message;
    struct buf wire;
};

static void terminal_connect(struct terminal *t);

static void terminal_move(struct terminal *t, enum terminal_state to) {
    bool allowed = false;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        allowed = allowed || (moves[i].from == t->state && moves[i].to == to);
    assert(allowed);
    t->state = to;
    if (to == DONE)
        t->all->busy--;
}

/* ---- identities */

static void run_name(int64_t wall_ms, char out[8]) {
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t seconds = (uint64_t)(wall_ms / 1000);
    for (int i = 5; i >= 0; i--, seconds >>= 5)
        out[i] = alphabet[seconds & 31];
    out[6] = 0;
}

static void stan_take(struct terminal *t, char out[8]) {
    t->stan_last = t->stan_last % STAN_MAX + 1;
    (void)snprintf(out, 8, "%06u", t->stan_last % 1000000);
}

static void identity_make(struct terminal *t, struct identity *out) {
    int64_t now_ms = clock_wall_ms(loop_clock(t->all->options.loop));
    struct date day = date_of_ms(now_ms);
    unsigned second = (unsigned)(now_ms / 1000 % 86400);
    *out = (struct identity){ 0 };
    stan_take(t, out->stan);
    (void)snprintf(out->rrn, sizeof out->rrn, "%s%s", t->all->run, out->stan);
    (void)snprintf(out->year, sizeof out->year, "%04u", (unsigned)day.year % 10000);
    (void)snprintf(out->date, sizeof out->date, "%02u%02u", (unsigned)day.month % 100,
                   (unsigned)day.day % 100);
    (void)snprintf(out->time, sizeof out->time, "%02u%02u%02u", second / 3600 % 100,
                   second / 60 % 60, second % 60);
}

/* ---- sending */

static void message_put(struct iso_message *m, int number, const char *text) {
    m->fields[number] = bytes_text(text);
}

/* `i` is what goes into STAN; day, time and RRN are the original's, also in a reversal. */
static void terminal_send(struct terminal *t, const char *mti, const struct identity *i) {
    struct terminals *all = t->all;
    struct iso_message *m = &all->message;
    char amount[24], transmission[20], original[64];
    iso_message_init(m);
    memcpy(m->mti, mti, sizeof m->mti);
    (void)snprintf(amount, sizeof amount, "%012" PRId64, t->order.amount);
    (void)snprintf(transmission, sizeof transmission, "%s%s", t->asked.date, t->asked.time);
    (void)snprintf(original, sizeof original, "0200%s%s%022d", t->asked.stan, transmission, 0);
    message_put(m, 2, t->order.card);
    message_put(m, 3, t->order.deposit ? "210000" : "010000");
    message_put(m, 4, amount);
    message_put(m, 7, transmission);
    message_put(m, 11, i->stan);
    message_put(m, 12, t->asked.time);
    message_put(m, 13, t->asked.date);
    message_put(m, 37, t->asked.rrn);
    message_put(m, 41, t->id);
    message_put(m, 49, t->order.currency);
    if (mti[1] == '4')
        message_put(m, 90, original);
    buf_clear(&all->wire);
    enum error e = iso_pack(all->options.dialect, m, &all->wire);
    assert(!e); /* the order's amount and card were made to fit */
    connection_send(t->connection, buf_bytes(&all->wire));
}

/* Sends what is outstanding, for the first time or again, and waits for the answer. */
static void terminal_ask(struct terminal *t) {
    bool reversing = t->state == REVERSING;
    struct identity *i = reversing ? &t->reversal : &t->asked;
    if (i->sent)
        t->all->counts.repeats++;
    else if (!reversing)
        t->asked_ns = clock_steady_ns(loop_clock(t->all->options.loop));
    if (reversing)
        terminal_send(t, i->sent ? "0401" : "0400", i);
    else
        terminal_send(t, i->sent ? "0201" : "0200", i);
    i->sent = true;
    loop_timer_start(t->timer, t->all->options.answer_timeout_ms);
}

/* Goes on with the state's work: at once when connected, else when the connection is there. */
static void terminal_continue(struct terminal *t) {
    if (t->connection)
        terminal_ask(t);
    else
        terminal_connect(t);
}

static void transaction_begin(struct terminal *t) {
    terminal_move(t, ASKING);
    identity_make(t, &t->asked);
    t->all->counts.transactions++;
    terminal_continue(t);
}

static void terminal_take_order(struct terminal *t) {
    struct terminals_options *o = &t->all->options;
    switch (o->take(o->context, t->number, &t->order)) {
    case TAKE_ORDER:
        transaction_begin(t);
        return;
    case TAKE_LATER:
        loop_timer_start(t->timer, LATER_MS);
        return;
    case TAKE_NONE:
        terminal_move(t, DONE);
        loop_timer_cancel(t->timer);
        return;
    }
}

/* ---- waiting */

static void back_off(struct terminal *t) {
    loop_timer_start(t->timer, t->all->options.backoff_ms * t->backoff_factor);
    if (t->backoff_factor < BACKOFF_FACTOR_MAX)
        t->backoff_factor *= 2;
}

static void on_no_answer(struct terminal *t) {
    if (t->state == ASKING) {
        terminal_move(t, REVERSING);
        t->reversal = (struct identity){ 0 };
        stan_take(t, t->reversal.stan);
        t->all->counts.reversals++;
    }
    terminal_continue(t);
}

static void on_time(void *context) {
    struct terminal *t = context;
    switch (t->state) {
    case IDLE:
        terminal_take_order(t);
        return;
    case ASKING:
    case REVERSING:
        if (t->connection)
            on_no_answer(t);
        else
            terminal_continue(t); /* was waiting to connect again */
        return;
    case PAUSING:
        transaction_begin(t);
        return;
    case DONE:
        return;
    }
}

/* ---- answers */

/* Field 54: account type 2, amount type 2, currency 3, C or D, twelve digits. */
static bool balance_read(struct bytes field, int64_t *out) {
    if (field.len != 20 || (field.data[7] != 'C' && field.data[7] != 'D'))
        return false;
    *out = 0;
    for (size_t i = 8; i < 20; i++) {
        if (field.data[i] < '0' || field.data[i] > '9')
            return false;
        *out = *out * 10 + (field.data[i] - '0');
    }
    *out = field.data[7] == 'D' ? -*out : *out;
    return true;
}

static void order_finish(struct terminal *t, const char *code) {
    struct terminals *all = t->all;
    char request_id[64];
    struct terminal_finished f = { .terminal = t->number, .tag = t->order.tag, .code = code };
    f.latency_ns = clock_steady_ns(loop_clock(all->options.loop)) - t->asked_ns;
    f.has_balance = balance_read(all->message.fields[54], &f.balance);
    (void)snprintf(request_id, sizeof request_id, "%s-%s%s-%s-%s", t->id, t->asked.year,
                   t->asked.date, t->asked.stan, t->asked.rrn);
    f.request_id = request_id;
    terminal_move(t, IDLE);
    t->backoff_factor = 1;
    all->options.on_finished(all->options.context, &f);
    terminal_take_order(t);
}

static void on_reversal_answer(struct terminal *t, const char *code) {
    if (strcmp(code, "91") == 0 || strcmp(code, "96") == 0) {
        back_off(t); /* not acknowledged: on_time sends it again */
        return;
    }
    if (strcmp(code, "00") != 0)
        t->all->counts.reversals_refused++;
    terminal_move(t, PAUSING);
    back_off(t);
}

static void on_answer(struct terminal *t, const char *code) {
    loop_timer_cancel(t->timer);
    if (t->state == REVERSING) {
        on_reversal_answer(t, code);
    } else if (strcmp(code, "91") == 0) {
        t->all->counts.refused_91++;
        terminal_move(t, PAUSING);
        back_off(t);
    } else {
        order_finish(t, code);
    }
}

/* Is the message in hand the answer that this terminal waits for? */
static bool is_awaited(const struct terminal *t, const struct iso_message *m) {
    const struct identity *i = t->state == REVERSING ? &t->reversal : &t->asked;
    if (t->state != ASKING && t->state != REVERSING)
        return false;
    return strcmp(m->mti, t->state == REVERSING ? "0410" : "0210") == 0
           && bytes_is_text(m->fields[11], i->stan) && bytes_is_text(m->fields[37], t->asked.rrn);
}

static bool answer_read(struct terminal *t, struct bytes body) {
    struct terminals *all = t->all;
    struct iso_message *m = &all->message;
    char code[3] = "";
    if (iso_unpack(all->options.dialect, body, m) || m->fields[39].len != 2) {
        all->counts.answers_unreadable++;
        return false;
    }
    memcpy(code, m->fields[39].data, 2);
    if (is_awaited(t, m))
        on_answer(t, code);
    else
        all->counts.late_answers++;
    return true;
}

/* ---- the connection */

static size_t on_data(void *context, struct bytes data) {
    struct terminal *t = context;
    struct bytes body;
    size_t used = 0;
    switch (iso_frame_find(t->all->options.dialect, data, &body, &used)) {
    case ISO_FRAME_PARTIAL:
        return 0;
    case ISO_FRAME_WHOLE:
        if (!answer_read(t, body))
            connection_close(t->connection);
        return used;
    case ISO_FRAME_BAD:
        break;
    }
    t->all->counts.answers_unreadable++;
    connection_close(t->connection);
    return data.len;
}

static void on_closed(void *context) {
    struct terminal *t = context;
    t->connection = NULL;
    if (t->all->closing)
        return;
    t->all->counts.connections_lost++;
    if (t->state == ASKING || t->state == REVERSING)
        back_off(t); /* IDLE and PAUSING connect when they have something to say */
}

static void terminal_connect(struct terminal *t) {
    static const struct connection_handlers handlers = { NULL, on_data, on_closed };
    struct terminals_options *o = &t->all->options;
    if (connection_connect(&t->connection, o->loop, o->host, o->port, &handlers, t)) {
        t->connection = NULL; /* out of descriptors, say: later */
        back_off(t);
        return;
    }
    terminal_ask(t);
}

/* ---- all of them */

static void terminal_init(struct terminal *t, struct terminals *all, int number) {
    *t = (struct terminal){ .all = all, .number = number, .backoff_factor = 1 };
    (void)snprintf(t->id, sizeof t->id, "ATM%05d", number % 100000);
    t->timer = loop_timer_create(all->options.loop, on_time, t);
    loop_timer_start(t->timer, 0);
}

void terminals_start(struct terminals **out, const struct terminals_options *options) {
    struct terminals *all = memory_get(sizeof *all);
    struct terminals_options *o = &all->options;
    *o = *options;
    o->host = o->host ? o->host : "127.0.0.1";
    o->answer_timeout_ms = o->answer_timeout_ms ? o->answer_timeout_ms : 10000;
    o->backoff_ms = o->backoff_ms ? o->backoff_ms : 20;
    assert(o->count > 0 && o->count < 100000);
    run_name(clock_wall_ms(loop_clock(o->loop)), all->run);
    all->busy = o->count;
    all->list = memory_get((size_t)o->count * sizeof *all->list);
    *out = all;
    for (int i = 0; i < o->count; i++)
        terminal_init(&all->list[i], all, i);
}

void terminals_set_port(struct terminals *t, int port) {
    t->options.port = port;
}

int terminals_busy(const struct terminals *t) {
    return t->busy;
}

const struct terminals_counts *terminals_counts(const struct terminals *t) {
    return &t->counts;
}

/* A connection is freed by its loop, so the loop is turned until the last has told its end. */
void terminals_destroy(struct terminals *t) {
    if (!t)
        return;
    t->closing = true;
    for (int i = 0; i < t->options.count; i++) {
        loop_timer_destroy(t->list[i].timer);
        if (t->list[i].connection)
            connection_close(t->list[i].connection);
        while (t->list[i].connection)
            loop_turn(t->options.loop, 0);
    }
    free(t->list);
    buf_finish(&t->wire);
    free(t);
}
