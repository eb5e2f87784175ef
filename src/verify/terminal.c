/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The state machine of a cash machine. */
#include "terminal.h"

#include "base/check.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    REVERSAL_PATIENCE_MS = 3000,
    REVERSAL_PAUSE_MS = 100,
    ODDITIES_MAX = 20,
    OVERTAKES_PERCENT = 2, /* the reversal comes first */
    HASTY_PERCENT = 20,    /* waits only a third as long */
    NO_NOTES_PERCENT = 4,  /* approved, and reversed */
    ASKS_AGAIN_PERCENT = 8,
    DEPOSIT_PERCENT = 40
};

static bool dice(struct terminal *t, unsigned percent) {
    return random_below(&t->random, 100) < percent;
}

__attribute__((format(printf, 2, 3))) static void odd(struct terminal *t, const char *format, ...) {
    if (t->all->oddity_count++ >= ODDITIES_MAX)
        return;
    va_list list;
    char text[200];
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    buf_print(&t->all->oddities, "%s: %s\n", t->name, text);
}

void terminal_begin(struct terminal *t, struct terminals *all, uint32_t number, uint64_t seed) {
    *t = (struct terminal){ .all = all, .number = number, .fd = -1 };
    t->random = random_seeded(seed * 1000003 + number);
    (void)random_next(&t->random);
    (void)snprintf(t->name, sizeof(t->name), "VERIF%03u", number % 1000);
}

static void line_close(struct terminal *t) {
    if (t->fd >= 0)
        (void)close(t->fd);
    t->fd = -1;
    buf_clear(&t->in);
    buf_clear(&t->out);
}

void terminal_finish(struct terminal *t) {
    line_close(t);
    buf_finish(&t->in);
    buf_finish(&t->out);
}

bool terminal_is_idle(const struct terminal *t) {
    return !t->in_transaction;
}

/* ---- messages */

static void put_format(struct atm_message *m, int field, const char *format, long value) {
    char text[32];
    (void)snprintf(text, sizeof(text), format,
                   value); /* NOLINT(clang-diagnostic-format-nonliteral) */
    atm_message_put(m, field, text);
}

static void put_time(struct atm_message *m, int field, const char *format, const struct tm *now) {
    char text[32];
    (void)strftime(text, sizeof(text), format, now);
    atm_message_put(m, field, text);
}

static uint64_t identity(struct terminal *t, const struct tm *now, struct bytes stan,
                         struct bytes rrn) {
    char date[16];
    (void)strftime(date, sizeof(date), "%Y%m%d", now);
    char *id = text_format("%s-%s-%.*s-%.*s", t->name, date, (int)stan.len, (const char *)stan.data,
                           (int)rrn.len, (const char *)rrn.data);
    uint64_t hash = history_text(t->all->history, id);
    free(id);
    return hash;
}

static struct tm time_now(void) {
    time_t seconds = (time_t)(clock_wall_ms(clock_real()) / 1000);
    struct tm now;
    (void)gmtime_r(&seconds, &now);
    return now;
}

static void request_make(struct terminal *t) {
    struct tm now = time_now();
    const struct terminal_card *card = &t->all->cards[random_below(&t->random, t->all->card_count)];
    bool deposit = dice(t, DEPOSIT_PERCENT);
    long amount = (long)(1 + random_below(&t->random, deposit ? 200 : 300)) * 100;
    struct atm_message *m = &t->request;
    char rrn[16];
    t->stan++;
    (void)snprintf(rrn, sizeof(rrn), "%04u%08d", t->number % 10000, t->stan);
    atm_message_begin(m, "0200");
    atm_message_put(m, 2, card->number);
    atm_message_put(m, 3, deposit ? "210000" : "010000");
    put_format(m, 4, "%012ld", amount);
    put_time(m, 7, "%m%d%H%M%S", &now);
    put_format(m, 11, "%06ld", t->stan);
    put_time(m, 12, "%H%M%S", &now);
    put_time(m, 13, "%m%d", &now);
    atm_message_put(m, 37, rrn);
    atm_message_put(m, 41, t->name);
    atm_message_put(m, 49, card->currency);
    t->asked = (struct history_record){
        .id = identity(t, &now, atm_message_get(m, 11), atm_message_get(m, 37)),
        .key = history_text(t->all->history, card->account),
        .value = deposit ? amount : -amount,
        .process = t->number,
        .operation = deposit ? HISTORY_deposit : HISTORY_withdrawal,
    };
}

static void copy_field(struct atm_message *to, const struct atm_message *from, int field) {
    char text[64];
    struct bytes value = atm_message_get(from, field);
    (void)snprintf(text, sizeof(text), "%.*s", (int)value.len, (const char *)value.data);
    atm_message_put(to, field, text);
}

static void reversal_make(struct terminal *t) {
    static const int same[] = { 2, 3, 4, 12, 13, 37, 41, 49 };
    struct tm now = time_now();
    struct atm_message *m = &t->reversal;
    struct bytes stan = atm_message_get(&t->request, 11), sent = atm_message_get(&t->request, 7);
    char original[43];
    (void)snprintf(original, sizeof(original), "0200%.6s%.10s%022d", (const char *)stan.data,
                   (const char *)sent.data, 0);
    t->stan++;
    atm_message_begin(m, "0400");
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        copy_field(m, &t->request, same[i]);
    put_time(m, 7, "%m%d%H%M%S", &now);
    put_format(m, 11, "%06ld", t->stan);
    atm_message_put(m, 90, original);
    t->reversal_id = identity(t, &now, atm_message_get(m, 11), atm_message_get(m, 37));
}

/* ---- the history */

static void tell(struct terminal *t, enum history_kind kind, struct bytes code) {
    struct history_record r = t->asked;
    r.kind = (uint8_t)kind;
    if (t->purpose == TERMINAL_reverses) {
        r.operation = HISTORY_reversal;
        r.other = t->asked.id;
        r.id = t->reversal_id;
    }
    if (code.len == 2)
        memcpy(r.code, code.data, 2);
    history_put(t->all->history, r);
}

/* ---- what happens */

static void exchange_begin(struct terminal *t, enum terminal_purpose purpose, int64_t patience_ms) {
    int64_t now = clock_steady_ms(clock_real());
    t->purpose = purpose;
    t->first = true;
    t->phase = TERMINAL_away;
    t->wake_ms = now;
    t->until_ms = now + patience_ms;
}

static void rest(struct terminal *t) {
    t->in_transaction = false;
    t->phase = TERMINAL_rests;
    t->wake_ms = clock_steady_ms(clock_real())
                 + (int64_t)random_below(&t->random, (uint64_t)t->all->pause_ms * 2 + 1);
}

static void reverse(struct terminal *t) {
    reversal_make(t);
    exchange_begin(t, TERMINAL_reverses, REVERSAL_PATIENCE_MS);
    tell(t, HISTORY_invoke, bytes_text(""));
}

static void ask(struct terminal *t) {
    int64_t patience = t->all->patience_ms / (dice(t, HASTY_PERCENT) ? 3 : 1);
    exchange_begin(t, TERMINAL_asks, patience);
}

static void transaction_begin(struct terminal *t) {
    t->overtaken = dice(t, OVERTAKES_PERCENT);
    request_make(t);
    t->in_transaction = true;
    t->all->transactions++;
    ask(t);
    tell(t, HISTORY_invoke, bytes_text(""));
    if (t->overtaken)
        reverse(t);
}

/* The patience of an exchange is over. */
static void on_nothing(struct terminal *t) {
    line_close(t);
    switch (t->purpose) {
    case TERMINAL_asks:
        tell(t, HISTORY_info, bytes_text(""));
        reverse(t);
        break;
    case TERMINAL_repeats:
        rest(t);
        break;
    case TERMINAL_reverses:
        exchange_begin(t, TERMINAL_reverses, REVERSAL_PATIENCE_MS);
        t->wake_ms += REVERSAL_PAUSE_MS;
        break;
    }
}

static void on_reversal_code(struct terminal *t, struct bytes code) {
    if (bytes_is_text(code, "91")) { /* not now */
        on_nothing(t);
        return;
    }
    tell(t, bytes_is_text(code, "00") ? HISTORY_ok : HISTORY_fail, code);
    if (!bytes_is_text(code, "00"))
        odd(t, "the reversal %s was answered %.*s", history_called(t->all->history, t->reversal_id),
            (int)code.len, (const char *)code.data);
    if (!t->overtaken) {
        rest(t);
        return;
    }
    t->overtaken = false;
    ask(t); /* it must not move money any more */
}

static void on_code(struct terminal *t, struct bytes code) {
    t->all->answers++;
    t->all->answered_ms = clock_steady_ms(clock_real());
    if (t->purpose == TERMINAL_reverses) {
        on_reversal_code(t, code);
        return;
    }
    bool approved = bytes_is_text(code, "00");
    bool repeats = t->purpose == TERMINAL_repeats;
    tell(t, approved ? HISTORY_ok : HISTORY_fail, code);
    if (approved && !repeats)
        t->all->approved++;
    if (repeats)
        rest(t);
    else if (approved && dice(t, NO_NOTES_PERCENT))
        reverse(t);
    else if (!bytes_is_text(code, "91") && dice(t, ASKS_AGAIN_PERCENT)) {
        if (dice(t, 50))
            line_close(t);
        exchange_begin(t, TERMINAL_repeats, t->all->patience_ms);
    } else
        rest(t);
}

/* ---- the line */

static struct atm_message *message_of(struct terminal *t) {
    return t->purpose == TERMINAL_reverses ? &t->reversal : &t->request;
}

static void line_broke(struct terminal *t, int64_t now_ms) {
    line_close(t);
    t->all->reconnects++;
    t->phase = TERMINAL_away;
    t->wake_ms = now_ms + 20 + (int64_t)random_below(&t->random, 100);
}

static void message_send(struct terminal *t) {
    struct atm_message *m = message_of(t);
    bool repeat = !t->first || t->purpose == TERMINAL_repeats;
    if (!t->first)
        t->all->retries++;
    m->mti[3] = repeat && dice(t, 50) ? '1' : '0';
    atm_message_pack(m, &t->out);
    t->first = false;
    t->phase = TERMINAL_waits;
}

static void line_connect(struct terminal *t, int64_t now_ms) {
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)t->all->port) };
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    t->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->fd < 0) {
        line_broke(t, now_ms);
        return;
    }
    (void)setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(t->fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)
        line_broke(t, now_ms);
    else
        t->phase = TERMINAL_connects;
}

static bool is_same(const struct atm_message *a, const struct atm_message *b, int field) {
    return bytes_equal(atm_message_get(a, field), atm_message_get(b, field));
}

/* False: it answers something else. */
static bool answer_take(struct terminal *t, const struct atm_message *answer) {
    static const int echoed[] = { 3, 4, 41, 49 };
    const struct atm_message *asked = message_of(t);
    if (!is_same(asked, answer, 11) || !is_same(asked, answer, 37))
        return false; /* late: of an earlier message on this line */
    for (size_t i = 0; i < sizeof(echoed) / sizeof(echoed[0]); i++)
        if (!is_same(asked, answer, echoed[i]))
            odd(t, "field %d came back changed", echoed[i]);
    if (atm_message_get(answer, 2).len)
        odd(t, "the card number came back");
    if (strncmp(answer->mti, t->purpose == TERMINAL_reverses ? "0410" : "0210", 4) != 0
        && strncmp(answer->mti, t->purpose == TERMINAL_reverses ? "0430" : "0210", 4) != 0) {
        odd(t, "%s was answered by %s", asked->mti, answer->mti);
        return false;
    }
    struct bytes code = atm_message_get(answer, 39);
    if (code.len != 2)
        odd(t, "%s was answered without a code", asked->mti);
    on_code(t, code);
    return true;
}

static void line_read(struct terminal *t, int64_t now_ms) {
    struct atm_message answer;
    const char *why;
    ssize_t got = recv(t->fd, buf_extend(&t->in, 4096), 4096, 0);
    t->in.len -= got > 0 ? (size_t)(4096 - got) : 4096;
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        line_broke(t, now_ms);
        return;
    }
    for (int len; (len = atm_message_unpack(&answer, buf_bytes(&t->in), &why)) != 0;) {
        if (len < 0) {
            odd(t, "an answer that cannot be read: %s", why);
            line_broke(t, now_ms);
            return;
        }
        buf_drop_front(&t->in, (size_t)len);
        if (answer_take(t, &answer))
            return;
    }
}

static void line_write(struct terminal *t, int64_t now_ms) {
    ssize_t sent = send(t->fd, t->out.data, t->out.len, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        line_broke(t, now_ms);
    else if (sent > 0)
        buf_drop_front(&t->out, (size_t)sent);
}

short terminal_wants(const struct terminal *t) {
    if (t->fd < 0)
        return 0;
    if (t->phase == TERMINAL_connects || t->out.len)
        return POLLOUT | POLLIN;
    return t->phase == TERMINAL_waits ? POLLIN : 0;
}

static void on_ready(struct terminal *t, int64_t now_ms, short ready) {
    if (t->phase == TERMINAL_connects && ready & (POLLERR | POLLHUP)) {
        line_broke(t, now_ms);
        return;
    }
    if (t->phase == TERMINAL_connects && ready & POLLOUT)
        message_send(t);
    if (t->fd >= 0 && t->out.len && ready & POLLOUT)
        line_write(t, now_ms);
    if (t->fd >= 0 && ready & (POLLIN | POLLERR | POLLHUP) && t->phase == TERMINAL_waits)
        line_read(t, now_ms);
}

void terminal_turn(struct terminal *t, int64_t now_ms, short ready) {
    if (t->phase == TERMINAL_rests) {
        if (now_ms >= t->wake_ms && !t->all->ending)
            transaction_begin(t);
        return;
    }
    if (now_ms >= t->until_ms) {
        on_nothing(t);
        return;
    }
    if (t->fd >= 0 && ready)
        on_ready(t, now_ms, ready);
    if (t->phase != TERMINAL_away || now_ms < t->wake_ms)
        return;
    if (t->fd < 0)
        line_connect(t, now_ms);
    else
        message_send(t);
}
