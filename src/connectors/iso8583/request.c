/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Checks in the order in which they decide: can it be read (30), is it a transaction we know (12),
 * is everything there (30), is the amount one (13), is the card one (14). A message that fails two
 * gets the code of the first.
 *
 * The fields that must never be kept - track 2 (35), PIN block (52), chip data (55) - are looked at
 * here at most for the card number and copied nowhere. */
#include "request.h"

#include "date.h"

#include "values/digest.h"
#include "values/json.h"

#include <stdio.h>
#include <string.h>

static const int64_t amount_max = 999999999999; /* twelve digits, whatever the dialect carries */

enum {
    CARD_DIGITS_MIN = 12,
    CARD_DIGITS_MAX = 19,
    PART_CHARS = 32,
    STAN_DIGITS = 6,
    ACTUAL_DIGITS = 12, /* of field 95: the actual amount comes first */
};

enum { NEEDS_AMOUNT = 1, NEEDS_TARGET = 2, NEEDS_ORIGINAL = 4, NAMES_ORIGINAL = 8 };

static const struct transaction {
    const char *type; /* of the message, without its last digit */
    const char *processing;
    const char *becomes;
    unsigned needs;
} transactions[] = {
#define TRANSACTION(type, processing, becomes, needs) { type, processing, becomes, needs },
#include "transactions.def"
#undef TRANSACTION
};

/* What is cut out of the message on the way; everything is borrowed. */
struct parts {
    const struct transaction *transaction;
    struct bytes card;
    struct bytes terminal;
    struct bytes stan;
    struct bytes rrn;
    struct bytes target;
    char date[9];       /* YYYYMMDD */
    char local[15];     /* YYYYMMDDhhmmss, or "" */
    char settlement[9]; /* YYYYMMDD, or "" */
    int64_t amount;
    int64_t actual; /* 0: nothing said */
    bool names_original;
};

static bool is_digits(struct bytes text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return text.len > 0;
}

static struct bytes without_blanks_behind(struct bytes text) {
    while (text.len && text.data[text.len - 1] == ' ')
        text.len--;
    return text;
}

static bool starts_with(struct bytes text, const char *start) {
    size_t len = strlen(start);
    return text.len >= len && memcmp(text.data, start, len) == 0;
}

/* ---- is it one of ours */

bool request_is_advice(const struct iso_message *m) {
    return m->mti[0] == '0' && (m->mti[1] == '1' || m->mti[1] == '2' || m->mti[1] == '4')
           && m->mti[2] == '2' && (m->mti[3] == '0' || m->mti[3] == '1');
}

static const char *type_check(const struct iso_message *m, const struct transaction **out) {
    struct bytes processing = m->fields[3];
    bool type_known = false;
    *out = NULL;
    for (size_t i = 0; i < sizeof transactions / sizeof *transactions && !*out; i++) {
        const struct transaction *t = &transactions[i];
        bool fits = strncmp(m->mti, t->type, 3) == 0 && (m->mti[3] == '0' || m->mti[3] == '1');
        type_known = type_known || fits;
        if (fits && processing.data && starts_with(processing, t->processing))
            *out = t;
    }
    if (*out)
        return NULL;
    return type_known && !processing.data ? ISO_CODE_FORMAT : ISO_CODE_INVALID_TRANSACTION;
}

/* ---- is everything there */

static bool fields_present(const struct iso_message *m, unsigned needs) {
    static const int required[] = { 3, 11, 13, 37, 41, 49 };
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        if (!m->fields[required[i]].data)
            return false;
    }
    return (m->fields[2].data || m->fields[35].data)
           && (!(needs & NEEDS_AMOUNT) || m->fields[4].data)
           && (!(needs & NEEDS_TARGET) || m->fields[103].data)
           && (!(needs & NEEDS_ORIGINAL) || m->fields[90].data);
}

/* The card number of field 2, or of track 2 up to its separator; both, when both are there. */
static bool card_cut(const struct iso_message *m, struct bytes *out) {
    struct bytes track = m->fields[35];
    size_t end = 0;
    *out = m->fields[2];
    if (!track.data)
        return true;
    while (end < track.len && track.data[end] != '=' && track.data[end] != 'D')
        end++;
    if (end == track.len)
        return false;
    track.len = end;
    if (out->data && !bytes_equal(*out, track))
        return false;
    *out = track;
    return true;
}

static bool date_cut(struct bytes mmdd, int64_t now_ms, char out[9]) {
    struct date date;
    if (!date_infer(mmdd, now_ms, &date))
        return false;
    (void)snprintf(out, 9, "%04u%02u%02u", (unsigned)date.year % 10000, (unsigned)date.month % 100,
                   (unsigned)date.day % 100);
    return true;
}

static bool times_cut(const struct iso_message *m, int64_t now_ms, struct parts *out) {
    struct bytes clock = m->fields[12];
    if (!date_cut(m->fields[13], now_ms, out->date)
        || (m->fields[15].data && !date_cut(m->fields[15], now_ms, out->settlement)))
        return false;
    if (!clock.data)
        return true;
    if (clock.len != 6 || !is_digits(clock) || memcmp(clock.data, "23", 2) > 0
        || clock.data[2] > '5' || clock.data[4] > '5')
        return false;
    (void)snprintf(out->local, sizeof out->local, "%s%.6s", out->date, (const char *)clock.data);
    return true;
}

/* "http:" begins the identities of the other edge of a gateway. */
static bool parts_cut(const struct iso_message *m, int64_t now_ms, struct parts *out) {
    out->terminal = without_blanks_behind(m->fields[41]);
    out->rrn = without_blanks_behind(m->fields[37]);
    out->stan = m->fields[11];
    return card_cut(m, &out->card) && times_cut(m, now_ms, out) && out->terminal.len
           && out->terminal.len <= PART_CHARS && !starts_with(out->terminal, "http:")
           && out->rrn.len && out->rrn.len <= PART_CHARS && out->stan.len == STAN_DIGITS
           && is_digits(out->stan);
}

/* ---- are amount, card, original and target what they must be */

static bool amount_read(struct bytes digits, int64_t *out) {
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        *out = *out * 10 + (digits.data[i] - '0');
        if (*out > amount_max)
            return false;
    }
    return true;
}

/* Field 95 says how much really came out: its first twelve digits. Nothing but zeros is a reversal
 * of all of it, as without the field. */
static bool actual_read(const struct iso_message *m, struct parts *p) {
    struct bytes replacement = m->fields[95];
    if (!replacement.data || !(p->transaction->needs & NEEDS_ORIGINAL))
        return true;
    return replacement.len >= ACTUAL_DIGITS
           && amount_read(bytes_part(replacement, 0, ACTUAL_DIGITS), &p->actual);
}

/* An original is a request or an advice, not a reversal: MTI n4, STAN n6, and more. */
static bool original_is_known(struct bytes original) {
    return original.len >= 10 && is_digits(original) && original.data[0] == '0'
           && (original.data[1] == '1' || original.data[1] == '2')
           && (original.data[2] == '0' || original.data[2] == '2') && original.data[3] <= '1';
}

/* Some networks fill the field with zeros when it says nothing. */
static bool original_is_named(const struct iso_message *m) {
    struct bytes original = m->fields[90];
    for (size_t i = 0; i < original.len; i++) {
        if (original.data[i] != '0')
            return true;
    }
    return false;
}

static bool holds(struct bytes text, struct bytes part) {
    return memmem(text.data, text.len, part.data, part.len) != NULL;
}

static const char *content_check(const struct iso_message *m, struct parts *p) {
    unsigned needs = p->transaction->needs;
    p->names_original = needs & NEEDS_ORIGINAL || (needs & NAMES_ORIGINAL && original_is_named(m));
    if (p->names_original && !original_is_known(m->fields[90]))
        return ISO_CODE_INVALID_TRANSACTION;
    if (needs & NEEDS_AMOUNT && (!amount_read(m->fields[4], &p->amount) || !p->amount))
        return ISO_CODE_INVALID_AMOUNT;
    if (!actual_read(m, p))
        return ISO_CODE_FORMAT;
    if (p->card.len < CARD_DIGITS_MIN || p->card.len > CARD_DIGITS_MAX || !is_digits(p->card))
        return ISO_CODE_INVALID_CARD;
    if (needs & NEEDS_TARGET)
        p->target = without_blanks_behind(m->fields[103]);
    if (needs & NEEDS_TARGET
        && (!p->target.len || p->target.len > PART_CHARS || holds(p->target, p->card)))
        return ISO_CODE_FORMAT;
    return NULL;
}

/* ---- what is handed over */

static void id_write(const struct parts *p, struct bytes stan, char out[REQUEST_ID_CHARS + 1]) {
    (void)snprintf(out, REQUEST_ID_CHARS + 1, "%.*s-%s-%.*s-%.*s", (int)p->terminal.len,
                   (const char *)p->terminal.data, p->date, (int)stan.len, (const char *)stan.data,
                   (int)p->rrn.len, (const char *)p->rrn.data);
}

static void id_extend(char id[REQUEST_ID_CHARS + 1], const char *by) {
    (void)strncat(id, by, REQUEST_ID_CHARS - strlen(id));
}

/* An advice may carry the numbers of the request that got no answer, and a reversal those of its
 * original; each is still a request of its own. */
static void request_write(const struct iso_message *m, const struct parts *p, struct request *out) {
    struct bytes original = m->fields[90];
    bool reversal = p->transaction->needs & NEEDS_ORIGINAL;
    id_write(p, p->stan, out->id);
    if (request_is_advice(m) && !reversal)
        id_extend(out->id, "-A");
    if (!p->names_original)
        return;
    id_write(p, bytes_part(original, 4, STAN_DIGITS), out->original);
    if (original.data[2] == '2')
        id_extend(out->original, "-A");
    if (strcmp(out->id, out->original) == 0)
        id_extend(out->id, "-R");
}

static void card_put(struct buf *out, struct bytes card, struct bytes secret) {
    char token[CARD_TOKEN_CHARS + 1];
    char mask[20];
    card_token(secret, card, token);
    card_mask(card, mask);
    json_put_text(out, "card", bytes_text(token));
    json_put_text(out, "card_masked", bytes_text(mask));
}

static void json_write(const struct iso_message *m, const struct parts *p, struct buf *out) {
    json_put_int(out, "amount", p->amount);
    json_put_text(out, "currency", m->fields[49]);
    json_put_text(out, "terminal", p->terminal);
    json_put_text(out, "stan", p->stan);
    json_put_text(out, "rrn", p->rrn);
    json_put_text(out, "date", bytes_text(p->date));
    if (p->local[0])
        json_put_text(out, "local", bytes_text(p->local));
    if (p->settlement[0])
        json_put_text(out, "settlement", bytes_text(p->settlement));
    if (p->target.len)
        json_put_text(out, "to", p->target);
    if (p->actual)
        json_put_int(out, "actual", p->actual);
}

static const char *request_check(const struct iso_message *m, int64_t now_ms, struct parts *p) {
    const char *code;
    if (m->broken || m->bad_field)
        return !m->broken && m->bad_field == 4 ? ISO_CODE_INVALID_AMOUNT : ISO_CODE_FORMAT;
    if ((code = type_check(m, &p->transaction)))
        return code;
    if (!fields_present(m, p->transaction->needs) || !parts_cut(m, now_ms, p)
        || !is_digits(m->fields[49]) || m->fields[49].len != 3)
        return ISO_CODE_FORMAT;
    return content_check(m, p);
}

/* ---- advices that cannot be posted */

/* Without usable numbers an advice is known by all its fields but the time it was sent at (7), what
 * the hop has added (52, 64, 128), and how often it came, which its type says. */
static void id_derive(const struct iso_message *m, struct bytes secret,
                      char out[REQUEST_ID_CHARS + 1]) {
    struct buf all = { 0 };
    char token[CARD_TOKEN_CHARS + 1];
    buf_put(&all, m->mti, 3);
    for (int number = 2; number <= ISO_FIELD_MAX; number++) {
        if (!m->fields[number].data || number == 7 || number == 52 || number == 64 || number == 128)
            continue;
        buf_print(&all, "|%d:%zu:", number, m->fields[number].len);
        buf_put_bytes(&all, m->fields[number]);
    }
    card_token(secret, buf_bytes(&all), token);
    explicit_bzero(all.data, all.len);
    buf_finish(&all);
    (void)snprintf(out, REQUEST_ID_CHARS + 1, "unreadable-%s", token);
}

/* Only what was checked goes along: any other field may hold what must not be kept. */
static void set_aside(const struct iso_message *m, const struct request_options *options,
                      struct request *out, struct buf *json) {
    struct parts p = { 0 };
    bool numbers = parts_cut(m, options->now_ms, &p);
    bool card = p.card.len >= CARD_DIGITS_MIN && p.card.len <= CARD_DIGITS_MAX && is_digits(p.card);
    *out = (struct request){ .type = "set-aside-asked" };
    if (numbers)
        id_write(&p, p.stan, out->id);
    else
        id_derive(m, options->secret, out->id);
    id_extend(out->id, "-S");
    json_begin(json);
    json_put_text(json, "request", bytes_text(out->id));
    json_put_text(json, "message", bytes_of(m->mti, 3));
    if (numbers && card)
        card_put(json, p.card, options->secret);
    (void)amount_read(m->fields[4], &p.amount);
    json_put_int(json, "amount", p.amount <= amount_max ? p.amount : 0);
    if (is_digits(m->fields[49]) && m->fields[49].len == 3)
        json_put_text(json, "currency", m->fields[49]);
    if (numbers) {
        json_put_text(json, "terminal", p.terminal);
        json_put_text(json, "stan", p.stan);
        json_put_text(json, "rrn", p.rrn);
        json_put_text(json, "date", bytes_text(p.date));
    }
}

const char *request_read(const struct iso_message *m, const struct request_options *options,
                         struct request *out, struct buf *json) {
    struct parts parts = { 0 };
    *out = (struct request){ 0 };
    const char *code = request_check(m, options->now_ms, &parts);
    if (code && !request_is_advice(m))
        return code;
    if (code) {
        set_aside(m, options, out, json);
        json_put_text(json, "reason", bytes_text(code));
        json_end(json);
        return NULL;
    }
    bool completion = parts.names_original && !(parts.transaction->needs & NEEDS_ORIGINAL);
    out->type = completion ? "completion-asked" : parts.transaction->becomes;
    request_write(m, &parts, out);
    json_begin(json);
    json_put_text(json, "request", bytes_text(out->id));
    card_put(json, parts.card, options->secret);
    json_write(m, &parts, json);
    if (parts.names_original)
        json_put_text(json, "original", bytes_text(out->original));
    json_end(json);
    return NULL;
}
