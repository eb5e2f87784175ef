/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is asked over HTTP. A request is named by its caller's Idempotency-Key, "http:KEY" in rows
 * and events, so that it is nobody else's; it names accounts, not cards. Its answer is a row, and
 * so the same for every repeat, whatever died in between; the same key with another body is 422. */
#include "gateway.h"

#include "currency.h"

#include <stdio.h>
#include <string.h>

static const char prefix[] = "http:";
static const struct octavo_text nothing = { "", 0 };

enum { PREFIX_CHARS = sizeof(prefix) - 1, ACCOUNT_CHARS = 64 };

/* How HTTP says what field 39 says. */
static const struct told {
    const char *code;
    int status;
    const char *title;
} tolds[] = {
    { CODE_APPROVED, 200, NULL },
    { CODE_INVALID, 409, "the original is none that can be taken back" },
    { CODE_AMOUNT, 400, "the amount is none that can be" },
    { CODE_CARD, 404, "no such account" },
    { "25", 404, "no such original" },
    { CODE_FORMAT, 400, "a field is missing or cannot be" },
    { CODE_FUNDS, 402, "the balance is smaller" },
    { CODE_CURRENCY, 409, "not the account's currency" },
    { CODE_LIMIT, 403, "over a limit" },
    { "62", 403, "the account is frozen or closed" },
    { "65", 403, "too many for a limit" },
    { CODE_LATE, 409, "its reversal came before it" },
    { CODE_NO_ANSWER, 504, "no decision in time; money does not stay moved" },
    { CODE_DUPLICATE, 422, "the Idempotency-Key was another request's" },
};

bool is_of_teller(struct octavo_text request) {
    return request.len > PREFIX_CHARS && memcmp(request.data, prefix, PREFIX_CHARS) == 0;
}

static struct told told_of(struct octavo_text code) {
    for (size_t i = 0; i < sizeof(tolds) / sizeof(*tolds); i++)
        if (octavo_text_is(code, tolds[i].code))
            return tolds[i];
    return (struct told){ "", 409, "declined" };
}

void teller_reply(struct octavo_step *s, struct octavo_text request,
                  const struct octavo_value *row) {
    struct octavo_text key = { request.data + PREFIX_CHARS, request.len - PREFIX_CHARS };
    struct told told = told_of(row[REQUEST_CODE].text);
    octavo_reply_begin(s, key);
    octavo_put_int(s, "status", told.status);
    if (told.title)
        octavo_put_text(s, "title", octavo_text(told.title));
    octavo_put_text(s, "code", row[REQUEST_CODE].text);
    octavo_put_text(s, "request", request);
    octavo_put_text(s, "account", row[REQUEST_ACCOUNT].text);
    if (row[REQUEST_APPROVAL].text.len) {
        octavo_put_int(s, "balance", row[REQUEST_BALANCE].integer);
        octavo_put_int(s, "available", row[REQUEST_AVAILABLE].integer);
        octavo_put_text(s, "currency", row[REQUEST_CURRENCY].text);
    }
    octavo_end(s);
}

static void code_tell(struct octavo_step *s, struct octavo_text request, struct octavo_value *row,
                      const char *code) {
    row[REQUEST_CODE] = octavo_text_value(octavo_text(code));
    row[REQUEST_APPROVAL] = octavo_text_value(nothing);
    teller_reply(s, request, row);
}

/* ---- what is asked */

static bool is_account(struct octavo_text account) {
    return account.len > 0 && account.len <= ACCOUNT_CHARS
           && !memchr(account.data, ':', account.len);
}

/* Of a reversal the amount may be left to what the gateway remembers of its original. */
static bool amount_find(struct octavo_step *s, const struct octavo_value *row, int64_t *amount) {
    struct octavo_value original[REQUEST_COLUMNS];
    if (octavo_event_int(s, "amount", amount))
        return true;
    if (!octavo_text_is(row[REQUEST_TYPE].text, "teller-reversal-asked")
        || !octavo_row_get(s, "request", row[REQUEST_ORIGINAL].text, original, REQUEST_COLUMNS))
        return false;
    *amount = original[REQUEST_AMOUNT].integer;
    return true;
}

/* False: a field is missing or cannot be. */
static bool teller_read(struct octavo_step *s, const struct request_kind *kind,
                        struct octavo_value *row) {
    int64_t amount = 0, actual = 0, expires = 0;
    struct octavo_text currency = event_text(s, "currency");
    char name[8] = "";
    row_clear(row);
    row[REQUEST_STATE] = octavo_text_value(octavo_text("pending"));
    row[REQUEST_TYPE] = octavo_text_value(octavo_event_type(s));
    row[REQUEST_ACCOUNT] = octavo_text_value(event_text(s, "account"));
    row[REQUEST_ORIGINAL] = octavo_text_value(event_text(s, "original"));
    row[REQUEST_TO] = octavo_text_value(event_text(s, "to"));
    if (!is_account(row[REQUEST_ACCOUNT].text))
        return false;
    if (kind->life == LIFE_READ)
        return true;
    if (currency.len < sizeof(name))
        (void)snprintf(name, sizeof(name), "%.*s", (int)currency.len, currency.data);
    const char *code = currency_code(name);
    bool transfer = octavo_text_is(row[REQUEST_TYPE].text, "teller-transfer-asked");
    bool names_original = kind->life == LIFE_AGAIN;
    if (!code || (transfer && !is_account(row[REQUEST_TO].text))
        || (names_original && !row[REQUEST_ORIGINAL].text.len) || !amount_find(s, row, &amount))
        return false;
    (void)octavo_event_int(s, "actual", &actual);
    (void)octavo_event_int(s, "expires", &expires);
    row[REQUEST_CURRENCY] = octavo_text_value(code == name ? currency : octavo_text(code));
    row[REQUEST_AMOUNT] = octavo_int_value(amount);
    row[REQUEST_ACTUAL] = octavo_int_value(actual);
    row[REQUEST_EXPIRES] = octavo_int_value(expires);
    return amount > 0 && amount <= AMOUNT_MAX && actual >= 0 && actual <= AMOUNT_MAX
           && expires >= 0;
}

/* Two of one key at a time are told apart at the door (409), so who asks again while it is pending
 * has lost the first answer's line, and waits on this one. */
static void teller_again(struct octavo_step *s, struct octavo_text request,
                         struct octavo_value *row, struct octavo_value *again) {
    if (!same_request(row, again)
        || !octavo_text_equal(row[REQUEST_ACCOUNT].text, again[REQUEST_ACCOUNT].text))
        code_tell(s, request, again, CODE_DUPLICATE);
    else if (!row_is(row, "pending"))
        teller_reply(s, request, row);
    else if (row[REQUEST_DEADLINE].integer <= octavo_event_time_ms(s)) {
        deadline_set(s, request, row);
        row_put(s, request, row);
    }
}

enum octavo_outcome on_teller_asked(struct octavo_step *s) {
    struct octavo_value row[REQUEST_COLUMNS], fresh[REQUEST_COLUMNS];
    const struct request_kind *kind = kind_of(octavo_event_type(s));
    struct octavo_text key = octavo_event_key(s);
    char id[REQUEST_CHARS + 1];
    int len = snprintf(id, sizeof(id), "%s%.*s", prefix, (int)key.len, key.data);
    struct octavo_text request = { id, (size_t)len < sizeof(id) ? (size_t)len : sizeof(id) - 1 };
    bool good = teller_read(s, kind, fresh) && (size_t)len < sizeof(id);
    if (!good) {
        code_tell(s, request, fresh, CODE_FORMAT);
        return OCTAVO_DONE;
    }
    if (octavo_row_get(s, "request", request, row, REQUEST_COLUMNS)) {
        teller_again(s, request, row, fresh);
        return OCTAVO_DONE;
    }
    deadline_set(s, request, fresh);
    row_put(s, request, fresh);
    request_emit(s, kind, request, fresh);
    return OCTAVO_DONE;
}
