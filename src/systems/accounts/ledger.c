/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The books of a partition.
 *
 * Double entry: a posting gives an account an amount and takes the same from an internal account of
 * this partition, so that the sum over a partition and currency is always zero. A withdrawal gives
 * to the cash the machine has handed out (cash:203), a deposit takes from it.
 *
 * The postings are a chain: each has the SHA-256, in hexadecimal, of these texts one after the
 * other, each as LENGTH:TEXT, - the digest of the posting before it (of the first: nothing), its
 * number, transaction, account, amount, contra, currency and time. So an entry that is changed, put
 * between or taken out behind the ledger's back does not fit what follows. */
#include "figures.h"
#include "ledger.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is asked */

static struct octavo_text text_of(struct octavo_step *s, const char *field) {
    struct octavo_text t = nothing;
    return octavo_event_text(s, field, &t) ? t : nothing;
}

enum octavo_outcome asked_refuse(struct octavo_step *s) {
    return octavo_refuse(s, OCTAVO_PARK, "no request, no account, or another than the key");
}

bool asked_read(struct octavo_step *s, struct request *r) {
    r->id = text_of(s, "request");
    r->account = text_of(s, "account");
    if (r->id.len == 0 || r->id.len > REQUEST_CHARS_MAX || memchr(r->id.data, 0, r->id.len)
        || r->account.len == 0 || !octavo_text_equal(r->account, octavo_event_key(s)))
        return false;
    r->card = text_of(s, "card");
    r->terminal = text_of(s, "terminal");
    r->rrn = text_of(s, "rrn");
    r->currency = r->original = r->to = r->limits = nothing;
    r->actual = -1;
    r->has_account = account_get(s, r->account, r->holder);
    return true;
}

/* ---- accounts */

bool account_get(struct octavo_step *s, struct octavo_text account, struct octavo_value *row) {
    return octavo_row_get(s, "account", account, row, ACCOUNT_COLUMNS);
}

void account_put(struct octavo_step *s, struct octavo_text account,
                 const struct octavo_value *row) {
    octavo_row_put(s, "account", account, row, ACCOUNT_COLUMNS);
}

int64_t account_available(const struct octavo_value *row) {
    return row[ACCOUNT_BALANCE].integer + row[ACCOUNT_OVERDRAFT].integer
           - row[ACCOUNT_HELD].integer;
}

bool account_is(const struct octavo_value *row, const char *state) {
    return octavo_text_is(row[ACCOUNT_STATE].text, state);
}

/* ---- internal accounts */

struct internal {
    char name[24];
    struct octavo_value row[INTERNAL_COLUMNS];
};

/* The partition's own account of this kind and currency; new ones begin with zero. */
static struct internal internal_get(struct octavo_step *s, const char *kind,
                                    struct octavo_text currency) {
    struct internal i = { 0 };
    size_t room = sizeof(i.name) - strlen(kind) - 2;
    char *end = text_write(text_write(i.name, kind), ":");
    end = bytes_write(end, currency.data, currency.len < room ? currency.len : room);
    *end = 0;
    if (!octavo_row_get(s, "internal", octavo_text(i.name), i.row, INTERNAL_COLUMNS)) {
        i.row[INTERNAL_CURRENCY] = octavo_text_value(currency);
        i.row[INTERNAL_BALANCE] = i.row[INTERNAL_ENTRY] = octavo_int_value(0);
    }
    return i;
}

static void internal_give(struct octavo_step *s, struct internal *i, int64_t amount,
                          int64_t entry) {
    i->row[INTERNAL_BALANCE].integer += amount;
    i->row[INTERNAL_ENTRY] = octavo_int_value(entry);
    octavo_row_put(s, "internal", octavo_text(i->name), i->row, INTERNAL_COLUMNS);
}

bool books_fit(struct octavo_step *s, struct octavo_text currency, const char *contra) {
    struct internal internal = internal_get(s, contra, currency);
    return llabs(internal.row[INTERNAL_BALANCE].integer) <= BALANCE_MAX;
}

/* ---- the chain */

struct link {
    char text[2048];
    size_t len;
};

/* What the books hold is far shorter: keys, requests and currencies are capped where they come in.
 */
static void link_bytes(struct link *l, const char *data, size_t len) {
    if (len > sizeof(l->text) - l->len)
        abort();
    if (len)
        memcpy(l->text + l->len, data, len);
    l->len += len;
}

static void link_text(struct link *l, struct octavo_text t) {
    char head[FIGURE_CHARS + 1];
    char *end = text_write(int_write(head, (int64_t)t.len), ":");
    link_bytes(l, head, (size_t)(end - head));
    link_bytes(l, t.data, t.len);
}

static void link_int(struct link *l, int64_t v) {
    char digits[FIGURE_CHARS];
    char *end = int_write(digits, v);
    link_text(l, (struct octavo_text){ digits, (size_t)(end - digits) });
}

void posting_digest(struct octavo_text before, int64_t entry, const struct octavo_value *posting,
                    char digest[DIGEST_CHARS + 1]) {
    struct link l;
    l.len = 0;
    link_text(&l, before);
    link_int(&l, entry);
    link_text(&l, posting[POSTING_TRANSACTION].text);
    link_text(&l, posting[POSTING_ACCOUNT].text);
    link_int(&l, posting[POSTING_AMOUNT].integer);
    link_text(&l, posting[POSTING_CONTRA].text);
    link_text(&l, posting[POSTING_CURRENCY].text);
    link_int(&l, posting[POSTING_TIME].integer);
    octavo_sha256(l.text, l.len, digest);
}

static int64_t chain_add(struct octavo_step *s, struct octavo_value *posting) {
    struct octavo_value chain[CHAIN_COLUMNS];
    char digest[DIGEST_CHARS + 1];
    if (!octavo_row_get(s, "chain", nothing, chain, CHAIN_COLUMNS)) {
        chain[CHAIN_ENTRY] = octavo_int_value(0);
        chain[CHAIN_DIGEST] = octavo_text_value(nothing);
    }
    chain[CHAIN_ENTRY].integer++;
    posting_digest(chain[CHAIN_DIGEST].text, chain[CHAIN_ENTRY].integer, posting, digest);
    chain[CHAIN_DIGEST] = posting[POSTING_DIGEST] = octavo_text_value(octavo_text(digest));
    octavo_row_put(s, "chain", nothing, chain, CHAIN_COLUMNS);
    return octavo_log_add(s, "posting", posting, POSTING_COLUMNS);
}

/* ---- postings */

int64_t ledger_post(struct octavo_step *s, const struct posting *p) {
    struct octavo_value posting[POSTING_COLUMNS];
    struct internal contra = internal_get(s, p->contra, p->currency);
    posting[POSTING_TRANSACTION] = octavo_text_value(p->transaction);
    posting[POSTING_ACCOUNT] = octavo_text_value(p->account);
    posting[POSTING_AMOUNT] = octavo_int_value(p->amount);
    posting[POSTING_CONTRA] = octavo_text_value(octavo_text(contra.name));
    posting[POSTING_CONTRA_AMOUNT] = octavo_int_value(-p->amount);
    posting[POSTING_CURRENCY] = octavo_text_value(p->currency);
    posting[POSTING_TIME] = octavo_int_value(octavo_event_time_ms(s));
    int64_t entry = chain_add(s, posting);
    internal_give(s, &contra, -p->amount, entry);
    return entry;
}

int64_t holder_post(struct octavo_step *s, struct request *r, int64_t amount, const char *contra) {
    struct posting p = { r->id, r->account, r->holder[ACCOUNT_CURRENCY].text, contra, amount };
    int64_t entry = ledger_post(s, &p);
    r->holder[ACCOUNT_BALANCE].integer += amount;
    r->holder[ACCOUNT_ENTRY] = octavo_int_value(entry);
    return entry;
}

/* In the request's currency, or if it has none in the account's. */
int64_t suspense_post(struct octavo_step *s, const struct request *r, int64_t amount,
                      const char *contra) {
    struct octavo_text currency = r->currency.len ? r->currency : r->holder[ACCOUNT_CURRENCY].text;
    struct internal suspense = internal_get(s, "suspense", currency);
    struct posting p = { r->id, octavo_text(suspense.name), currency, contra, amount };
    int64_t entry = ledger_post(s, &p);
    internal_give(s, &suspense, amount, entry);
    return entry;
}

void alarm_raise(struct octavo_step *s, const struct request *r, const char *reason,
                 int64_t amount) {
    octavo_event_begin(s, TOPIC, "alarm-raised", octavo_event_key(s));
    octavo_put_text(s, "request", r->id);
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "reason", octavo_text(reason));
    octavo_put_int(s, "amount", amount);
    octavo_end(s);
}
