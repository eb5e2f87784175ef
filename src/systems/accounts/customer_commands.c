/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo accounts limit, notices, preference: what customers may do, were told, and want. Changes
 * are requests in the topic, and whoever owns the rows decides; what is shown are committed rows.
 */
#include "accounts.h"
#include "limits.h"
#include "outcome.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DONE, FOUND, USAGE, FAILED };
enum { NAME_CHARS = 64, ID_CHARS = 300 };

static const char topic[] = "account-transaction";
/* An id of its own for each: what follows from one that is given again must not be taken for what
 * followed from the first. */
static const struct octavo_text drawn = { "", 0 };

/* ---- what people write */

static bool number_read(const char *text, int64_t *out) {
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return *text && !*end && !errno;
}

/* "90s", "10m", "24h" as milliseconds. */
static bool window_read(const char *text, int64_t *out_ms) {
    char *end;
    int64_t n = strtoll(text, &end, 10);
    int64_t unit = strcmp(end, "s") == 0   ? 1000
                   : strcmp(end, "m") == 0 ? 60000
                   : strcmp(end, "h") == 0 ? 3600000
                                           : 0;
    *out_ms = n * unit;
    return end != text && unit && n > 0 && n <= 1000000;
}

/* "2027-01-01T00:00:00Z" */
static bool moment_read(const char *text, int64_t *out_ms) {
    struct tm t = { 0 };
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &t);
    *out_ms = end ? (int64_t)timegm(&t) * 1000 : 0;
    return end && !*end && *out_ms > 0;
}

static int flushed(struct octavo_session *s, const char *what) {
    if (!octavo_publish_send(s) || !octavo_publish_flush(s))
        return FAILED;
    if (octavo_json_wanted(s))
        octavo_print(s, "{\"requested\":1}\n");
    else
        octavo_print(s, "%s requested\n", what);
    return DONE;
}

/* ---- rows that are there or not */

static void found_take(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    (void)key;
    (void)sub;
    (void)v;
    (void)count;
    *(bool *)context = true;
}

/* DONE; FOUND: there is none, and it is told; FAILED. */
struct row_want {
    const char *service, *table, *key, *story;
};

static int row_want(struct octavo_session *s, const struct row_want *w) {
    bool found = false;
    if (!octavo_rows(s, w->service, w->table, w->key, found_take, &found))
        return FAILED;
    if (!found)
        (void)fprintf(stderr, "octavo: %s of %s\n", w->story, w->key);
    return found ? DONE : FOUND;
}

/* ---- printing: no control character of a row reaches a terminal */

/* At least one blank is behind it. */
static void cell_print(struct octavo_session *s, struct octavo_text t, int width) {
    octavo_print_text(s, t, width - 1);
    octavo_print(s, " ");
}

struct column {
    const char *name;
    int width;
};

struct listing {
    struct octavo_session *session;
    const struct column *columns; /* of the table, in their order; ends with NULL */
    const char *key, *sub;        /* what these are called; no sub: there is one row of a key */
    size_t count;
};

static void row_print(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *v, size_t count) {
    struct listing *l = context;
    struct octavo_session *s = l->session;
    bool json = octavo_json_wanted(s);
    l->count++;
    if (json) {
        octavo_print(s, "{");
        octavo_print_member(s, l->key, key);
    } else {
        cell_print(s, key, 16);
    }
    if (l->sub && json) {
        octavo_print(s, ",");
        octavo_print_member(s, l->sub, sub);
    } else if (l->sub) {
        cell_print(s, sub, 4);
    }
    for (size_t i = 0; i < count && l->columns[i].name; i++) {
        if (json)
            octavo_print(s, ",");
        if (json && v[i].kind == OCTAVO_TEXT)
            octavo_print_member(s, l->columns[i].name, v[i].text);
        else if (json)
            octavo_print(s, "\"%s\":%" PRId64, l->columns[i].name, v[i].integer);
        else if (l->columns[i].width && v[i].kind == OCTAVO_TEXT)
            cell_print(s, v[i].text, l->columns[i].width);
        else if (l->columns[i].width)
            octavo_print(s, "%*" PRId64 " ", l->columns[i].width, v[i].integer);
    }
    octavo_print(s, json ? "}\n" : "\n");
}

/* ---- limit */

struct opened {
    const char *account;
    bool found;
};

static bool on_opened(void *context, const struct octavo_record *r) {
    struct opened *o = context;
    o->found = octavo_text_is(r->type, "account-opened") && octavo_text_is(r->key, o->account);
    return !o->found;
}

/* The governor refuses what it does not know, and keeps to that. An opening that stands in the
 * topic it reads before what is asked for now. */
static int account_want(struct octavo_session *s, const char *account) {
    struct opened o = { account, false };
    if (!octavo_rows(s, "limit-governor", "limit_account", account, found_take, &o.found))
        return FAILED;
    if (!o.found && !octavo_records(s, topic, on_opened, &o))
        return FAILED;
    if (!o.found)
        (void)fprintf(stderr, "octavo: there is no account %s; see `octavo accounts ls`\n",
                      account);
    return o.found ? DONE : FOUND;
}

static int limit_list(struct octavo_session *s, int count, char **arguments) {
    static const struct column rules[] = { { "limit", 16 },  { "card", 28 }, { "period", 12 },
                                           { "amount", 14 }, { "count", 6 }, { "window", 10 },
                                           { "mode", 8 },    { "from", 14 }, { "version", 4 },
                                           { NULL, 0 } };
    static const struct column used[] = {
        { "day", 9 },           { "day_amount", 14 }, { "day_count", 6 }, { "month", 7 },
        { "month_amount", 14 }, { "month_count", 6 }, { NULL, 0 }
    };
    const char *account = count > 2 ? arguments[2] : NULL;
    if (count > 3 || (account && account[0] == '-'))
        return octavo_usage_error(s, "limit ls takes one ACCOUNT or none");
    int code = account ? row_want(s, &(struct row_want){ "limit-governor", "limit_account", account,
                                                         "limit-governor knows nothing" })
                       : DONE;
    if (code)
        return code;
    struct listing l = { .session = s, .columns = rules, .key = "account", .sub = "slot" };
    if (!octavo_rows(s, "limit-governor", "limit_rule", account, row_print, &l))
        return FAILED;
    if (!octavo_json_wanted(s))
        octavo_print(s, "%zu rules; used:\n", l.count);
    l = (struct listing){ .session = s, .columns = used, .key = "account", .sub = "card" };
    return octavo_rows(s, "limit-governor", "limit_used", account, row_print, &l) ? DONE : FAILED;
}

struct change {
    const char *account, *limit;
    const char *period, *amount, *count, *window, *card, *mode, *from, *request;
    int64_t numbers[4]; /* amount, count, window, from */
    char token[27];
};

static bool is_among(const char *word, const char *const *words) {
    while (*words && strcmp(*words, word) != 0)
        words++;
    return *words;
}

static const char *change_read(struct octavo_session *s, struct change *c) {
    static const char *const periods[] = {
        "transaction", "day", "month", "declines", "near", NULL
    };
    static const char *const modes[] = { "strict", "observe", NULL };
    c->numbers[0] = c->numbers[1] = -1;
    if (!c->period || !is_among(c->period, periods))
        return "--period is wanted: transaction, day, month, declines or near";
    if (c->mode && !is_among(c->mode, modes))
        return "--mode is strict or observe";
    if (c->amount && (!number_read(c->amount, &c->numbers[0]) || c->numbers[0] < -1))
        return "--amount is a number of minor units, -1 for none";
    if (c->count && (!number_read(c->count, &c->numbers[1]) || c->numbers[1] < -1))
        return "--count is a number, -1 for none";
    if (!c->amount && !c->count)
        return "--amount or --count is wanted; -1 takes the limit away";
    if (c->window && !window_read(c->window, &c->numbers[2]))
        return "--window is written like 90s, 10m or 24h";
    if (c->from && !moment_read(c->from, &c->numbers[3]))
        return "--from is written like 2027-01-01T00:00:00Z";
    if (c->card && (strspn(c->card, "0123456789") != strlen(c->card) || strlen(c->card) < 12))
        return "--card is a number of 12 to 19 digits";
    return !c->card || octavo_tokenise(s, c->card, c->token) ? NULL : "--card gives no token";
}

static void version_take(void *context, struct octavo_text key, struct octavo_text sub,
                         const struct octavo_value *v, size_t count) {
    (void)key;
    (void)sub;
    if (count > 0)
        *(int64_t *)context = v[0].integer;
}

/* FNV-1a of what is asked for. */
static uint64_t change_digest(const struct change *c) {
    char body[ID_CHARS];
    uint64_t digest = 14695981039346656037u;
    (void)snprintf(body, sizeof(body), "%s/%s/%s/%" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64,
                   c->period, c->mode ? c->mode : "strict", c->token, c->numbers[0], c->numbers[1],
                   c->numbers[2], c->numbers[3]);
    for (const char *at = body; *at; at++)
        digest = (digest ^ (uint8_t)*at) * 1099511628211u;
    return digest;
}

/* Named by the version that it would get and by what it asks for: typed twice it is the same
 * request. A refusal is kept with its name, and gives no version; what is asked for instead must
 * not be taken for the same. */
static bool change_name(struct octavo_session *s, const struct change *c, char out[ID_CHARS]) {
    int64_t version = 0;
    if (c->request) {
        (void)snprintf(out, ID_CHARS, "%s", c->request);
        return true;
    }
    if (!octavo_rows(s, "limit-governor", "governed", c->account, version_take, &version))
        return false;
    (void)snprintf(out, ID_CHARS, "limit/%.*s/%.*s/%" PRId64 "/%016" PRIx64, NAME_CHARS, c->account,
                   NAME_CHARS, c->limit, version + 1, change_digest(c));
    return true;
}

static int change_publish(struct octavo_session *s, const struct change *c) {
    char request[ID_CHARS], what[128];
    if (!change_name(s, c, request))
        return FAILED;
    octavo_publish_begin(s, topic, "limit-change-requested", octavo_text(c->account),
                         octavo_text(request));
    octavo_publish_text(s, "request", octavo_text(request));
    octavo_publish_text(s, "account", octavo_text(c->account));
    octavo_publish_text(s, "limit", octavo_text(c->limit));
    octavo_publish_text(s, "card", octavo_text(c->token));
    octavo_publish_text(s, "period", octavo_text(c->period));
    octavo_publish_int(s, "amount", c->numbers[0]);
    octavo_publish_int(s, "count", c->numbers[1]);
    octavo_publish_int(s, "window", c->numbers[2]);
    octavo_publish_text(s, "mode", octavo_text(c->mode ? c->mode : "strict"));
    octavo_publish_int(s, "from", c->numbers[3]);
    (void)snprintf(what, sizeof(what), "limit %.32s of %.64s", c->limit, c->account);
    return outcome_await(s, &(struct outcome_ask){ what, "limit-changed", "limit-change-refused",
                                                   c->account, request });
}

static int limit_set(struct octavo_session *s, char **arguments) {
    struct change c = { 0 };
    const struct octavo_option options[] = {
        { "--period", &c.period, NULL },
        { "--amount", &c.amount, NULL },
        { "--count", &c.count, NULL },
        { "--window", &c.window, NULL },
        { "--card", &c.card, NULL },
        { "--mode", &c.mode, NULL },
        { "--from", &c.from, NULL },
        { "--request", &c.request, NULL },
        { NULL, NULL, NULL },
    };
    const char *words[2];
    int wrong = octavo_arguments_read(s, arguments + 1,
                                      &(struct octavo_words){ "ACCOUNT LIMIT", words }, options);
    c.account = words[0];
    c.limit = words[1];
    const char *fault = wrong ? NULL : change_read(s, &c);
    if (fault)
        return octavo_usage_error(s, "%s", fault);
    if (!wrong && !c.request)
        wrong = account_want(s, c.account);
    return wrong ? wrong : change_publish(s, &c);
}

static int limit_accept(struct octavo_session *s, const char *account) {
    int code = row_want(
        s, &(struct row_want){ "limit-governor", "divergence", account, "there is no divergence" });
    if (code)
        return code;
    octavo_publish_begin(s, topic, "divergence-accepted", octavo_text(account), drawn);
    octavo_publish_text(s, "account", octavo_text(account));
    return flushed(s, "that the divergence is settled is");
}

int accounts_limit(struct octavo_session *s, int count, char **arguments) {
    const char *verb = count > 1 ? arguments[1] : "";
    if (strcmp(verb, "ls") == 0)
        return limit_list(s, count, arguments);
    if (strcmp(verb, "set") == 0)
        return limit_set(s, arguments);
    if (strcmp(verb, "accept") == 0 && count == 3 && arguments[2][0] != '-')
        return limit_accept(s, arguments[2]);
    return octavo_usage_error(s, "limit is ls [ACCOUNT], set ACCOUNT LIMIT ... or accept ACCOUNT");
}

/* ---- notices */

struct notice_wanted {
    const char *notice;
    bool found;
};

static void notice_find(void *context, struct octavo_text key, struct octavo_text sub,
                        const struct octavo_value *v, size_t count) {
    struct notice_wanted *w = context;
    (void)key;
    (void)v;
    (void)count;
    w->found = w->found || octavo_text_is(sub, w->notice);
}

static int notice_resend(struct octavo_session *s, const char *account, const char *notice) {
    struct notice_wanted wanted = { notice, false };
    if (!octavo_rows(s, "customer-communications", "notice", account, notice_find, &wanted))
        return FAILED;
    if (!wanted.found) {
        (void)fprintf(stderr,
                      "octavo: account %s has no notice %s; see `octavo accounts notices ls`\n",
                      account, notice);
        return FOUND;
    }
    octavo_publish_begin(s, topic, "notice-resend-requested", octavo_text(account), drawn);
    octavo_publish_text(s, "account", octavo_text(account));
    octavo_publish_text(s, "notice", octavo_text(notice));
    return flushed(s, "that it is sent again is");
}

int accounts_notices(struct octavo_session *s, int count, char **arguments) {
    static const struct column columns[] = {
        { "state", 11 },  { "template", 12 }, { "request", 0 }, { "amount", 12 },
        { "balance", 0 }, { "currency", 4 },  { "time", 14 },   { "effect", 27 },
        { "sends", 2 },   { "reason", 1 },    { NULL, 0 }
    };
    const char *verb = count > 1 ? arguments[1] : "";
    struct listing l = { .session = s, .columns = columns, .key = "account", .sub = "notice" };
    if (strcmp(verb, "resend") == 0 && count == 4)
        return notice_resend(s, arguments[2], arguments[3]);
    if (strcmp(verb, "ls") != 0 || count > 3 || (count == 3 && arguments[2][0] == '-'))
        return octavo_usage_error(s, "notices is ls [ACCOUNT] or resend ACCOUNT NOTICE");
    return octavo_rows(s, "customer-communications", "notice", count == 3 ? arguments[2] : NULL,
                       row_print, &l)
               ? DONE
               : FAILED;
}

/* ---- preference */

struct wish {
    const char *account, *email, *webhook, *locale, *zone, *quiet;
    const char *low_balance, *large_debit, *opt_out;
};

static bool wish_int(struct octavo_session *s, const char *field, const char *text) {
    int64_t number;
    if (!text)
        return true;
    if (!number_read(text, &number))
        return false;
    octavo_publish_int(s, field, number);
    return true;
}

static void wish_text(struct octavo_session *s, const char *field, const char *text) {
    if (text)
        octavo_publish_text(s, field, octavo_text(text));
}

static const char *wish_fault(const struct wish *w) {
    int64_t number;
    if ((w->low_balance && !number_read(w->low_balance, &number))
        || (w->large_debit && !number_read(w->large_debit, &number)))
        return "--low-balance and --large-debit are numbers of minor units, -1 for none";
    if (w->opt_out && strcmp(w->opt_out, "yes") != 0 && strcmp(w->opt_out, "no") != 0)
        return "--opt-out is yes or no";
    return NULL;
}

static int wish_publish(struct octavo_session *s, const struct wish *w) {
    char what[128];
    octavo_publish_begin(s, topic, "preference-set-requested", octavo_text(w->account), drawn);
    octavo_publish_text(s, "account", octavo_text(w->account));
    wish_text(s, "email", w->email);
    wish_text(s, "webhook", w->webhook);
    wish_text(s, "locale", w->locale);
    wish_text(s, "zone", w->zone);
    wish_text(s, "quiet", w->quiet);
    (void)wish_int(s, "low_balance", w->low_balance);
    (void)wish_int(s, "large_debit", w->large_debit);
    if (w->opt_out)
        octavo_publish_int(s, "opt_out", strcmp(w->opt_out, "yes") == 0);
    (void)snprintf(what, sizeof(what), "preference of %.64s", w->account);
    return outcome_await(
        s, &(struct outcome_ask){ what, "preference-set", "preference-refused", w->account, NULL });
}

static int preference_list(struct octavo_session *s, const char *account) {
    static const struct column columns[] = {
        { "currency", 4 },     { "zone", 16 },      { "locale", 6 },      { "email", 28 },
        { "webhook", 32 },     { "quiet_from", 5 }, { "quiet_until", 5 }, { "low_balance", 10 },
        { "large_debit", 10 }, { "opt_out", 2 },    { NULL, 0 },
    };
    struct listing l = { .session = s, .columns = columns, .key = "account" };
    if (!octavo_rows(s, "customer-communications", "customer", account, row_print, &l))
        return FAILED;
    if (account && !l.count)
        (void)fprintf(stderr, "octavo: customer-communications knows no account %s\n", account);
    return account && !l.count ? FOUND : DONE;
}

int accounts_preference(struct octavo_session *s, int count, char **arguments) {
    struct wish w = { 0 };
    const struct octavo_option options[] = {
        { "--email", &w.email, NULL },
        { "--webhook", &w.webhook, NULL },
        { "--locale", &w.locale, NULL },
        { "--zone", &w.zone, NULL },
        { "--quiet", &w.quiet, NULL },
        { "--low-balance", &w.low_balance, NULL },
        { "--large-debit", &w.large_debit, NULL },
        { "--opt-out", &w.opt_out, NULL },
        { NULL, NULL, NULL },
    };
    bool lists = count > 1 && strcmp(arguments[1], "ls") == 0;
    if (lists && (count == 2 || (count == 3 && arguments[2][0] != '-')))
        return preference_list(s, count == 3 ? arguments[2] : NULL);
    if (count < 2 || strcmp(arguments[1], "set") != 0)
        return octavo_usage_error(s, "preference is ls [ACCOUNT], or set ACCOUNT --email ADDRESS");
    int wrong = octavo_arguments_read(s, arguments + 1,
                                      &(struct octavo_words){ "ACCOUNT", &w.account }, options);
    const char *fault = wrong ? NULL : wish_fault(&w);
    if (fault)
        return octavo_usage_error(s, "%s", fault);
    return wrong ? wrong : wish_publish(s, &w);
}
