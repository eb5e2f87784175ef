/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Answers. Their own contents (codes, approval, balance) stand in the message's `text`. */
#include "answer.h"

#include "request.h"

#include "base/check.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const int echoed[] = { 3, 4, 7, 11, 12, 13, 37, 41, 49, 70 };

enum { ECHOED = sizeof echoed / sizeof *echoed, APPROVAL_CHARS = 6, AMOUNTS_CHARS = 2 * 20 };

/* Of field 54. */
struct amounts {
    char currency[4];
    char text[2 * 48]; /* more than AMOUNTS_CHARS: the compiler cannot see the range */
};

struct kept {
    char mti[5]; /* of the answer */
    char approval[APPROVAL_CHARS + 1];
    bool present[ECHOED];
    size_t lengths[ECHOED];
    uint8_t text[]; /* the echoed fields, one behind the other */
};

bool answer_is_due(const struct iso_message *request) {
    return request->mti[2] == '0' || request->mti[2] == '2';
}

/* 0200 and its repeat 0201 -> 0210, 0421 -> 0430. */
static void mti_answer(const struct iso_message *request, char out[5]) {
    memcpy(out, request->mti, 5);
    out[2]++;
    out[3] = (char)(out[3] - (out[3] - '0') % 2);
}

static void text_put(struct iso_message *m, int number, const char *text) {
    size_t len = strlen(text);
    assert(m->text_len + len <= sizeof m->text);
    memcpy(m->text + m->text_len, text, len);
    m->fields[number] = bytes_of(m->text + m->text_len, len);
    m->text_len += len;
}

void answer_at_once(const struct iso_message *request, const char *code, struct iso_message *out) {
    iso_message_init(out);
    mti_answer(request, out->mti);
    for (size_t i = 0; i < ECHOED; i++)
        out->fields[echoed[i]] = request->fields[echoed[i]];
    text_put(out, 39, code);
}

/* An approval code that a repeat gets again: six characters of the request id's hash. */
static void approval_derive(const char *request_id, char out[APPROVAL_CHARS + 1]) {
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t hash = bytes_hash(bytes_text(request_id));
    for (size_t i = 0; i < APPROVAL_CHARS; i++, hash >>= 5)
        out[i] = alphabet[hash & 31];
    out[APPROVAL_CHARS] = 0;
}

struct kept *answer_keep(const struct iso_message *request, const char *request_id) {
    size_t len = 0;
    for (size_t i = 0; i < ECHOED; i++)
        len += request->fields[echoed[i]].len;
    struct kept *kept = memory_get(sizeof *kept + len);
    uint8_t *at = kept->text;
    mti_answer(request, kept->mti);
    approval_derive(request_id, kept->approval);
    for (size_t i = 0; i < ECHOED; i++) {
        struct bytes field = request->fields[echoed[i]];
        kept->present[i] = field.data != NULL;
        kept->lengths[i] = field.len;
        if (field.len)
            memcpy(at, field.data, field.len);
        at += field.len;
    }
    return kept;
}

static bool is_code(struct bytes text, size_t len) {
    if (text.len != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = text.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')))
            return false;
    }
    return true;
}

/* One amount of field 54: account type 00, amount type, currency, C or D, twelve digits. One that
 * needs more digits is left out: a wrong one would be worse than none. */
static void amount_append(const struct json *reply, const char *name, const char *kind,
                          struct amounts *out) {
    int64_t amount = 0;
    if (!json_get_int(reply, name, &amount) || amount > 999999999999 || amount < -999999999999)
        return;
    size_t len = strlen(out->text);
    (void)snprintf(out->text + len, sizeof out->text - len, "00%s%s%c%012" PRId64, kind,
                   out->currency, amount < 0 ? 'D' : 'C', amount < 0 ? -amount : amount);
}

/* The ledger's balance (01) and what of it is available (02); where nothing is held both are the
 * same, and only the second is told. */
static void balance_put(const struct json *reply, struct iso_message *out) {
    struct amounts amounts = { 0 };
    struct bytes named = out->fields[49];
    (void)json_get_text(reply, "currency", &named);
    if (!is_code(named, 3))
        return;
    memcpy(amounts.currency, named.data, 3);
    bool both = json_has(reply, "available");
    amount_append(reply, "balance", both ? "01" : "02", &amounts);
    if (both)
        amount_append(reply, "available", "02", &amounts);
    if (amounts.text[0])
        text_put(out, 54, amounts.text);
}

static void decision_put(const struct kept *kept, const struct json *reply,
                         struct iso_message *out) {
    struct bytes code = { NULL, 0 };
    struct bytes approval = bytes_text(kept->approval);
    char text[APPROVAL_CHARS + 1] = "";
    if (!json_get_text(reply, "code", &code) || !is_code(code, 2)) {
        text_put(out, 39, ISO_CODE_MALFUNCTION);
        return;
    }
    memcpy(text, code.data, 2);
    text_put(out, 39, text);
    balance_put(reply, out);
    if (strcmp(text, ISO_CODE_APPROVED) != 0)
        return;
    if (!json_get_text(reply, "approval", &approval) || !is_code(approval, APPROVAL_CHARS))
        approval = bytes_text(kept->approval);
    memcpy(text, approval.data, APPROVAL_CHARS);
    text_put(out, 38, text);
}

void answer_decided(const struct kept *kept, struct bytes json, struct iso_message *out) {
    const uint8_t *at = kept->text;
    struct json reply;
    iso_message_init(out);
    memcpy(out->mti, kept->mti, sizeof out->mti);
    for (size_t i = 0; i < ECHOED; i++) {
        if (kept->present[i])
            out->fields[echoed[i]] = bytes_of(at, kept->lengths[i]);
        at += kept->lengths[i];
    }
    if (json_read(&reply, json)) {
        text_put(out, 39, ISO_CODE_MALFUNCTION);
        return;
    }
    decision_put(kept, &reply, out);
    json_finish(&reply);
}

/* Fields the connector itself reads or writes, and how long what it writes is. */
static const struct need {
    int number;
    size_t length; /* 0: whatever the dialect says */
} needs[] = {
    { 3, 0 },  { 4, 0 },  { 11, 6 }, { 13, 4 }, { 37, 0 }, { 38, APPROVAL_CHARS },
    { 39, 2 }, { 41, 0 }, { 49, 3 }, { 54, 0 }, { 90, 0 },
};

enum error answer_dialect_check(const struct iso_dialect *d) {
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        const struct iso_field *f = &d->fields[needs[i].number];
        size_t least = needs[i].number == 54 ? AMOUNTS_CHARS : needs[i].length;
        bool exact = needs[i].length && !f->prefix_digits;
        if (f->known && f->length >= least && (!exact || f->length == least))
            continue;
        enum error e =
            fail(E_config, "dialect %s has no usable field %d", d->name, needs[i].number);
        fail_try("give it the length it has in dialects/iso87.dialect");
        return e;
    }
    if (!d->fields[2].known && !d->fields[35].known)
        return fail(E_config, "dialect %s has no field for the card: neither 2 nor 35", d->name);
    return E_ok;
}
