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

enum { CARD_DIGITS_MIN = 12, CARD_DIGITS_MAX = 19, PART_CHARS = 32, STAN_DIGITS = 6 };

/* What is cut out of the message on the way; everything is borrowed. */
struct parts {
    struct bytes card;
    struct bytes terminal;
    struct bytes stan;
    struct bytes rrn;
    char date[9]; /* YYYYMMDD */
    int64_t amount;
    bool reversal;
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

static bool is_reversal(const char *mti) {
    return strcmp(mti, "0400") == 0 || strcmp(mti, "0401") == 0 || strcmp(mti, "0420") == 0
           || strcmp(mti, "0421") == 0;
}

static const char *type_check(const struct iso_message *m, struct request *out) {
    struct bytes processing = m->fields[3];
    bool reversal = is_reversal(m->mti);
    if (!reversal && strcmp(m->mti, "0200") != 0 && strcmp(m->mti, "0201") != 0)
        return ISO_CODE_INVALID_TRANSACTION;
    if (!processing.data)
        return ISO_CODE_FORMAT;
    if (starts_with(processing, "01"))
        out->type = "withdrawal-asked";
    else if (starts_with(processing, "21"))
        out->type = "deposit-asked";
    else
        return ISO_CODE_INVALID_TRANSACTION;
    if (reversal)
        out->type = "reversal-asked";
    return NULL;
}

/* ---- is everything there */

static bool fields_present(const struct iso_message *m) {
    static const int required[] = { 3, 4, 11, 13, 37, 41, 49 };
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        if (!m->fields[required[i]].data)
            return false;
    }
    return (m->fields[2].data || m->fields[35].data)
           && (!is_reversal(m->mti) || m->fields[90].data);
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

static bool parts_cut(const struct iso_message *m, int64_t now_ms, struct parts *out) {
    struct date date;
    *out = (struct parts){ .reversal = is_reversal(m->mti) };
    if (!card_cut(m, &out->card) || !date_infer(m->fields[13], now_ms, &date))
        return false;
    (void)snprintf(out->date, sizeof out->date, "%04u%02u%02u", (unsigned)date.year % 10000,
                   (unsigned)date.month % 100, (unsigned)date.day % 100);
    out->terminal = without_blanks_behind(m->fields[41]);
    out->rrn = without_blanks_behind(m->fields[37]);
    out->stan = m->fields[11];
    return out->terminal.len && out->terminal.len <= PART_CHARS && out->rrn.len
           && out->rrn.len <= PART_CHARS && out->stan.len == STAN_DIGITS && is_digits(out->stan)
           && is_digits(m->fields[49]) && m->fields[49].len == 3;
}

/* ---- are amount, card and original what they must be */

static bool amount_read(struct bytes digits, int64_t *out) {
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        *out = *out * 10 + (digits.data[i] - '0');
        if (*out > amount_max)
            return false;
    }
    return *out > 0;
}

/* Field 95 says that only a part is taken back. Treating it as a whole reversal would move money
 * that was dispensed, so it is refused until partial reversals exist. */
static bool is_partial(const struct iso_message *m) {
    struct bytes replacement = m->fields[95];
    for (size_t i = 0; i < replacement.len; i++) {
        if (replacement.data[i] != '0')
            return true;
    }
    return false;
}

/* The original of a reversal must be a 0200 or its repeat: MTI n4, STAN n6, and more. */
static bool original_is_known(const struct iso_message *m) {
    struct bytes original = m->fields[90];
    return original.len >= 10 && is_digits(original)
           && (starts_with(original, "0200") || starts_with(original, "0201"));
}

static const char *content_check(const struct iso_message *m, struct parts *p) {
    if (p->reversal && (is_partial(m) || !original_is_known(m)))
        return ISO_CODE_INVALID_TRANSACTION;
    if (!amount_read(m->fields[4], &p->amount))
        return ISO_CODE_INVALID_AMOUNT;
    if (p->card.len < CARD_DIGITS_MIN || p->card.len > CARD_DIGITS_MAX || !is_digits(p->card))
        return ISO_CODE_INVALID_CARD;
    return NULL;
}

/* ---- what is handed over */

static void id_write(const struct parts *p, struct bytes stan, char out[REQUEST_ID_CHARS + 1]) {
    (void)snprintf(out, REQUEST_ID_CHARS + 1, "%.*s-%s-%.*s-%.*s", (int)p->terminal.len,
                   (const char *)p->terminal.data, p->date, (int)stan.len, (const char *)stan.data,
                   (int)p->rrn.len, (const char *)p->rrn.data);
}

static void json_write(const struct iso_message *m, const struct parts *p, struct bytes secret,
                       struct buf *out) {
    char token[CARD_TOKEN_CHARS + 1];
    char mask[20];
    card_token(secret, p->card, token);
    card_mask(p->card, mask);
    json_put_text(out, "card", bytes_text(token));
    json_put_text(out, "card_masked", bytes_text(mask));
    json_put_int(out, "amount", p->amount);
    json_put_text(out, "currency", m->fields[49]);
    json_put_text(out, "terminal", p->terminal);
    json_put_text(out, "stan", p->stan);
    json_put_text(out, "rrn", p->rrn);
    json_put_text(out, "date", bytes_text(p->date));
}

static void request_write(const struct iso_message *m, const struct parts *p, struct request *out) {
    id_write(p, p->stan, out->id);
    out->original[0] = 0;
    if (!p->reversal)
        return;
    id_write(p, bytes_part(m->fields[90], 4, STAN_DIGITS), out->original);
    /* Some terminals give the reversal the number of its original: still another request. */
    if (strcmp(out->id, out->original) == 0)
        (void)strncat(out->id, "-R", REQUEST_ID_CHARS - strlen(out->id));
}

const char *request_read(const struct iso_message *m, const struct request_options *options,
                         struct request *out, struct buf *json) {
    struct parts parts;
    const char *code;
    *out = (struct request){ 0 };
    if (m->broken || m->bad_field)
        return !m->broken && m->bad_field == 4 ? ISO_CODE_INVALID_AMOUNT : ISO_CODE_FORMAT;
    if ((code = type_check(m, out)))
        return code;
    if (!fields_present(m) || !parts_cut(m, options->now_ms, &parts))
        return ISO_CODE_FORMAT;
    if ((code = content_check(m, &parts)))
        return code;
    request_write(m, &parts, out);
    json_begin(json);
    json_put_text(json, "request", bytes_text(out->id));
    json_write(m, &parts, options->secret, json);
    if (parts.reversal)
        json_put_text(json, "original", bytes_text(out->original));
    json_end(json);
    return NULL;
}
