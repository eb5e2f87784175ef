/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Limits as rows.
 *
 * A rule has slots "00", "01", ... of limit_rule, so that all of an account can be read; a change
 * of a limit is a rule of its own with the time from which it holds, and the one before goes when
 * the later one is in force. A change that is told later replaces what was told before it for the
 * same time or later times. */
#include "figures.h"
#include "limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCOUNT_ZONE, ACCOUNT_VERSION, ACCOUNT_RULES, ACCOUNT_COLUMNS };
enum {
    RULE_LIMIT,
    RULE_CARD,
    RULE_PERIOD,
    RULE_AMOUNT,
    RULE_COUNT,
    RULE_WINDOW,
    RULE_MODE,
    RULE_FROM,
    RULE_VERSION,
    RULE_COLUMNS
};
enum {
    USED_DAY,
    USED_DAY_AMOUNT,
    USED_DAY_COUNT,
    USED_MONTH,
    USED_MONTH_AMOUNT,
    USED_MONTH_COUNT,
    USED_COLUMNS = LIMITS_USED_COLUMNS
};

struct rules {
    size_t count;
    struct octavo_value row[LIMIT_RULES_MAX + 1][RULE_COLUMNS];
};

static const struct octavo_text nothing = { "", 0 };

/* ---- the account */

static void account_get(struct octavo_step *s, struct octavo_value account[ACCOUNT_COLUMNS]) {
    if (octavo_row_get(s, "limit_account", nothing, account, ACCOUNT_COLUMNS))
        return;
    account[ACCOUNT_ZONE] = octavo_text_value(octavo_text("UTC"));
    account[ACCOUNT_VERSION] = account[ACCOUNT_RULES] = octavo_int_value(0);
}

bool limits_opened(struct octavo_step *s, struct octavo_text zone) {
    struct octavo_value account[ACCOUNT_COLUMNS];
    int64_t day;
    if (zone.len == 0)
        zone = octavo_text("UTC");
    if (!octavo_local_day(s, zone, octavo_event_time_ms(s), &day))
        return false;
    account_get(s, account);
    account[ACCOUNT_ZONE] = octavo_text_value(zone);
    octavo_row_put(s, "limit_account", nothing, account, ACCOUNT_COLUMNS);
    return true;
}

/* ---- rules */

static struct octavo_text slot_name(char name[4], size_t slot) {
    (void)snprintf(name, 4, "%02u", (unsigned)(slot % 100));
    return octavo_text(name);
}

static void rules_get(struct octavo_step *s, const struct octavo_value *account,
                      struct rules *out) {
    char name[4];
    out->count = 0;
    for (int64_t i = 0; i < account[ACCOUNT_RULES].integer && i < LIMIT_RULES_MAX; i++)
        if (octavo_row_get(s, "limit_rule", slot_name(name, (size_t)i), out->row[out->count],
                           RULE_COLUMNS))
            out->count++;
}

static bool same_limit(const struct octavo_value *a, const struct octavo_value *b) {
    return octavo_text_equal(a[RULE_LIMIT].text, b[RULE_LIMIT].text);
}

/* In force at `ms` is the latest of a limit's rules that has begun. */
static bool rule_is_in_force(const struct rules *rules, const struct octavo_value *rule,
                             int64_t ms) {
    if (rule[RULE_FROM].integer > ms)
        return false;
    for (size_t i = 0; i < rules->count; i++)
        if (rules->row[i][RULE_FROM].integer <= ms && same_limit(rules->row[i], rule)
            && rules->row[i][RULE_FROM].integer > rule[RULE_FROM].integer)
            return false;
    return true;
}

static bool rule_is_empty(const struct octavo_value *rule) {
    return rule[RULE_AMOUNT].integer < 0 && rule[RULE_COUNT].integer < 0;
}

/* Over: another one of the limit holds by now, or it holds and says that there is no limit. */
static bool rule_is_over(const struct rules *rules, const struct octavo_value *rule, int64_t ms) {
    return rule[RULE_FROM].integer <= ms
           && (!rule_is_in_force(rules, rule, ms) || rule_is_empty(rule));
}

static void rule_drop(struct rules *rules, size_t at) {
    rules->count--;
    memmove(rules->row[at], rules->row[at + 1], (rules->count - at) * sizeof(rules->row[0]));
}

/* What the new one replaces goes; then what is over. */
static void rules_settle(struct rules *rules, const struct octavo_value *fresh, int64_t ms) {
    for (size_t i = rules->count; i-- > 0;)
        if (same_limit(rules->row[i], fresh)
            && rules->row[i][RULE_FROM].integer >= fresh[RULE_FROM].integer)
            rule_drop(rules, i);
    memcpy(rules->row[rules->count++], fresh, sizeof(rules->row[0]));
    bool over[LIMIT_RULES_MAX + 1] = { 0 };
    for (size_t i = 0; i < rules->count; i++)
        over[i] = rule_is_over(rules, rules->row[i], ms);
    for (size_t i = rules->count; i-- > 0;)
        if (over[i])
            rule_drop(rules, i);
}

/* ---- changes */

static bool name_is_good(struct octavo_text t) {
    for (size_t i = 0; i < t.len; i++) {
        char c = t.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return t.len > 0 && t.len <= LIMIT_NAME_CHARS;
}

static bool is_velocity(const struct octavo_value *rule) {
    return octavo_text_is(rule[RULE_PERIOD].text, "declines")
           || octavo_text_is(rule[RULE_PERIOD].text, "near");
}

static bool period_is_good(const struct octavo_value *rule) {
    return octavo_text_is(rule[RULE_PERIOD].text, "transaction")
           || octavo_text_is(rule[RULE_PERIOD].text, "day")
           || octavo_text_is(rule[RULE_PERIOD].text, "month") || is_velocity(rule);
}

static const char *numbers_fault(const struct octavo_value *rule) {
    bool counts = rule[RULE_COUNT].integer >= 0, sums = rule[RULE_AMOUNT].integer >= 0;
    if (rule[RULE_AMOUNT].integer < -1 || rule[RULE_COUNT].integer < -1)
        return "an amount or a count is below -1, which means none";
    if (octavo_text_is(rule[RULE_PERIOD].text, "transaction") && counts)
        return "a transaction has an amount, not a count";
    if (!is_velocity(rule))
        return rule[RULE_WINDOW].integer ? "only a velocity rule has a window" : NULL;
    if ((counts || sums) && (rule[RULE_COUNT].integer < 2 || rule[RULE_COUNT].integer > 20))
        return "a velocity rule has a count of 2 to 20";
    if ((counts || sums) && rule[RULE_WINDOW].integer < 1000)
        return "a velocity rule has a window of 1000 ms or more";
    if (octavo_text_is(rule[RULE_PERIOD].text, "near") && counts && rule[RULE_AMOUNT].integer < 10)
        return "the velocity rule near has the amount that is kept just below";
    return NULL;
}

/* The fields that a request and a change share; NULL: they are good. */
static const char *rule_read(struct octavo_step *s, struct octavo_value *rule) {
    struct octavo_text limit, card = nothing, period, mode = octavo_text("strict");
    int64_t amount = -1, count = -1, window = 0, from = 0;
    if (!octavo_event_text(s, "limit", &limit) || !name_is_good(limit))
        return "its limit is no name of 1 to 32 small letters, digits and -";
    if (!octavo_event_text(s, "period", &period))
        return "it has no period";
    (void)octavo_event_text(s, "card", &card);
    (void)octavo_event_text(s, "mode", &mode);
    (void)octavo_event_int(s, "amount", &amount);
    (void)octavo_event_int(s, "count", &count);
    (void)octavo_event_int(s, "window", &window);
    (void)octavo_event_int(s, "from", &from);
    rule[RULE_LIMIT] = octavo_text_value(limit);
    rule[RULE_CARD] = octavo_text_value(card);
    rule[RULE_PERIOD] = octavo_text_value(period);
    rule[RULE_AMOUNT] = octavo_int_value(amount);
    rule[RULE_COUNT] = octavo_int_value(count);
    rule[RULE_WINDOW] = octavo_int_value(window);
    rule[RULE_MODE] = octavo_text_value(mode);
    rule[RULE_FROM] = octavo_int_value(from);
    rule[RULE_VERSION] = octavo_int_value(0);
    if (!period_is_good(rule))
        return "its period is none of transaction, day, month, declines, near";
    if (!octavo_text_is(mode, "strict") && !octavo_text_is(mode, "observe"))
        return "its mode is neither strict nor observe";
    if (card.len > 64)
        return "its card is no token";
    return from < 0 ? "its from is below 0" : numbers_fault(rule);
}

const char *limits_fault(struct octavo_step *s) {
    struct octavo_value rule[RULE_COLUMNS];
    return rule_read(s, rule);
}

/* Full: the governor refuses a change before that, so what comes here was made by somebody else. */
bool limits_changed(struct octavo_step *s) {
    struct octavo_value account[ACCOUNT_COLUMNS], fresh[RULE_COLUMNS];
    struct rules rules;
    int64_t version;
    char name[4];
    if (rule_read(s, fresh) || !octavo_event_int(s, "version", &version) || version < 1)
        return false;
    account_get(s, account);
    if (version <= account[ACCOUNT_VERSION].integer)
        return true; /* told again */
    fresh[RULE_VERSION] = octavo_int_value(version);
    rules_get(s, account, &rules);
    rules_settle(&rules, fresh, octavo_event_time_ms(s));
    if (rules.count > LIMIT_RULES_MAX)
        return false;
    for (size_t i = 0; i < rules.count; i++)
        octavo_row_put(s, "limit_rule", slot_name(name, i), rules.row[i], RULE_COLUMNS);
    for (size_t i = rules.count; i < (size_t)account[ACCOUNT_RULES].integer; i++)
        octavo_row_delete(s, "limit_rule", slot_name(name, i));
    account[ACCOUNT_VERSION] = octavo_int_value(version);
    account[ACCOUNT_RULES] = octavo_int_value((int64_t)rules.count);
    octavo_row_put(s, "limit_account", nothing, account, ACCOUNT_COLUMNS);
    return true;
}

/* ---- what is used */

/* Of the account, and of the card when there is one. */
struct used {
    int64_t day;
    struct octavo_value of_account[USED_COLUMNS];
    struct octavo_value of_card[USED_COLUMNS];
};

static void used_roll(struct octavo_value *used, int64_t day) {
    if (used[USED_DAY].integer != day) {
        used[USED_DAY] = octavo_int_value(day);
        used[USED_DAY_AMOUNT] = used[USED_DAY_COUNT] = octavo_int_value(0);
    }
    if (used[USED_MONTH].integer != day / 100) {
        used[USED_MONTH] = octavo_int_value(day / 100);
        used[USED_MONTH_AMOUNT] = used[USED_MONTH_COUNT] = octavo_int_value(0);
    }
}

static void used_row_get(struct octavo_step *s, struct octavo_text card,
                         struct octavo_value *used) {
    if (octavo_row_get(s, "limit_used", card, used, USED_COLUMNS))
        return;
    for (size_t i = 0; i < USED_COLUMNS; i++)
        used[i] = octavo_int_value(0);
}

static struct used used_get(struct octavo_step *s, const struct octavo_value *account,
                            const struct limits_ask *ask) {
    struct used u = { 0 };
    if (ask->used)
        memcpy(u.of_account, ask->used, sizeof(u.of_account));
    else
        used_row_get(s, nothing, u.of_account);
    if (ask->card.len)
        used_row_get(s, ask->card, u.of_card);
    else
        memcpy(u.of_card, u.of_account, sizeof(u.of_card));
    if (!octavo_local_day(s, account[ACCOUNT_ZONE].text, octavo_event_time_ms(s), &u.day)
        || u.day < u.of_account[USED_DAY].integer)
        u.day = u.of_account[USED_DAY].integer;
    used_roll(u.of_account, u.day);
    used_roll(u.of_card, u.day);
    return u;
}

static void used_add(struct octavo_value *used, int64_t amount, int64_t count) {
    used[USED_DAY_AMOUNT].integer += amount;
    used[USED_DAY_COUNT].integer += count;
    used[USED_MONTH_AMOUNT].integer += amount;
    used[USED_MONTH_COUNT].integer += count;
}

static void used_put(struct octavo_step *s, const struct limits_ask *ask, const struct used *u) {
    if (ask->used)
        memcpy(ask->used, u->of_account, sizeof(u->of_account));
    else
        octavo_row_put(s, "limit_used", nothing, u->of_account, USED_COLUMNS);
    if (ask->card.len)
        octavo_row_put(s, "limit_used", ask->card, u->of_card, USED_COLUMNS);
}

/* ---- deciding */

struct measure {
    int64_t amount, count; /* with this transaction */
};

static struct measure rule_measure(const struct octavo_value *rule, const struct used *u,
                                   int64_t amount) {
    const struct octavo_value *used = rule[RULE_CARD].text.len ? u->of_card : u->of_account;
    struct measure m = { amount, 1 };
    if (octavo_text_is(rule[RULE_PERIOD].text, "day")) {
        m.amount += used[USED_DAY_AMOUNT].integer;
        m.count += used[USED_DAY_COUNT].integer;
    } else if (octavo_text_is(rule[RULE_PERIOD].text, "month")) {
        m.amount += used[USED_MONTH_AMOUNT].integer;
        m.count += used[USED_MONTH_COUNT].integer;
    }
    return m;
}

static const char *period_name(const struct octavo_value *rule) {
    return octavo_text_is(rule[RULE_PERIOD].text, "day")     ? "day"
           : octavo_text_is(rule[RULE_PERIOD].text, "month") ? "month"
                                                             : "transaction";
}

static void found_add(struct limits_ask *ask, const struct octavo_value *rule, struct measure m) {
    bool over_amount = rule[RULE_AMOUNT].integer >= 0 && m.amount > rule[RULE_AMOUNT].integer;
    bool over_count = rule[RULE_COUNT].integer >= 0 && m.count > rule[RULE_COUNT].integer;
    if ((!over_amount && !over_count) || ask->found_count == LIMITS_FOUND_MAX)
        return;
    struct limit_found *f = &ask->found[ask->found_count++];
    (void)snprintf(f->limit, sizeof(f->limit), "%.*s", (int)rule[RULE_LIMIT].text.len,
                   rule[RULE_LIMIT].text.data);
    f->period = period_name(rule);
    f->code = over_amount ? "61" : "65";
    f->strict = octavo_text_is(rule[RULE_MODE].text, "strict");
    f->allowed = rule[over_amount ? RULE_AMOUNT : RULE_COUNT].integer;
    f->would_be = over_amount ? m.amount : m.count;
}

static const struct limit_found *refusal(const struct limits_ask *ask) {
    for (int i = 0; i < ask->found_count && !ask->forced; i++)
        if (ask->found[i].strict)
            return &ask->found[i];
    return NULL;
}

/* A sum that cannot be counted is over every limit, also where there is none. */
static bool sums_fit(const struct used *u, int64_t amount) {
    int64_t sum;
    return !__builtin_add_overflow(u->of_account[USED_MONTH_AMOUNT].integer, amount, &sum)
           && !__builtin_add_overflow(u->of_card[USED_MONTH_AMOUNT].integer, amount, &sum);
}

/* What the account's rows say, and what they will when the transaction is granted. */
struct standing {
    struct octavo_value account[ACCOUNT_COLUMNS];
    struct used used;
};

static void standing_get(struct octavo_step *s, const struct limits_ask *ask,
                         struct standing *out) {
    account_get(s, out->account);
    out->used = used_get(s, out->account, ask);
}

static void rules_ask(struct octavo_step *s, const struct standing *is, struct limits_ask *ask) {
    struct rules rules;
    rules_get(s, is->account, &rules);
    for (size_t i = 0; i < rules.count; i++) {
        const struct octavo_value *rule = rules.row[i];
        bool concerns =
            !rule[RULE_CARD].text.len || octavo_text_equal(rule[RULE_CARD].text, ask->card);
        if (concerns && !is_velocity(rule)
            && rule_is_in_force(&rules, rule, octavo_event_time_ms(s)))
            found_add(ask, rule, rule_measure(rule, &is->used, ask->amount));
    }
}

static const char *standing_reserve(struct octavo_step *s, struct standing *is,
                                    struct limits_ask *ask) {
    ask->day = is->used.day;
    ask->found_count = 0;
    if (ask->amount < 0 || !sums_fit(&is->used, ask->amount))
        return "61";
    if (is->account[ACCOUNT_RULES].integer)
        rules_ask(s, is, ask);
    const struct limit_found *why = refusal(ask);
    if (why)
        return why->code;
    used_add(is->used.of_account, ask->amount, 1);
    used_add(is->used.of_card, ask->amount, 1);
    used_put(s, ask, &is->used);
    return NULL;
}

const char *limits_reserve(struct octavo_step *s, struct limits_ask *ask) {
    struct standing is;
    standing_get(s, ask, &is);
    return standing_reserve(s, &is, ask);
}

static int64_t less(int64_t from, int64_t what) {
    return from > what ? from - what : 0;
}

static void used_give_back(struct octavo_value *used, const struct limits_ask *ask) {
    int64_t count = ask->in_part ? 0 : 1;
    if (used[USED_DAY].integer == ask->day) {
        used[USED_DAY_AMOUNT].integer = less(used[USED_DAY_AMOUNT].integer, ask->amount);
        used[USED_DAY_COUNT].integer = less(used[USED_DAY_COUNT].integer, count);
    }
    if (used[USED_MONTH].integer == ask->day / 100) {
        used[USED_MONTH_AMOUNT].integer = less(used[USED_MONTH_AMOUNT].integer, ask->amount);
        used[USED_MONTH_COUNT].integer = less(used[USED_MONTH_COUNT].integer, count);
    }
}

void limits_release(struct octavo_step *s, const struct limits_ask *ask) {
    struct octavo_value account[ACCOUNT_COLUMNS];
    account_get(s, account);
    struct used u = used_get(s, account, ask);
    used_give_back(u.of_account, ask);
    used_give_back(u.of_card, ask);
    used_put(s, ask, &u);
}

/* ---- told */

/* One number of each period, behind the names that limits_adopt looks for. */
static char *used_write(char *at, const struct octavo_value *used, const char *of) {
    static const struct {
        const char *name;
        size_t column;
    } parts[] = { { "day.a=", USED_DAY_AMOUNT },
                  { "day.c=", USED_DAY_COUNT },
                  { "month.a=", USED_MONTH_AMOUNT },
                  { "month.c=", USED_MONTH_COUNT } };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        at = text_write(text_write(text_write(at, ";"), of), parts[i].name);
        at = int_write(at, used[parts[i].column].integer);
    }
    return at;
}

/* At most 10 numbers of 20, 140 of names and a limit of 32: less than the room. */
static void standing_text(const struct standing *is, const struct limits_ask *ask,
                          char out[LIMITS_TEXT_CHARS]) {
    const struct limit_found *why = refusal(ask);
    char *at = int_write(text_write(out, "v="), is->account[ACCOUNT_VERSION].integer);
    at = text_write(text_write(at, ";tz="), octavo_zone_version());
    at = int_write(text_write(at, ";d="), is->used.day);
    at = used_write(at, is->used.of_account, "");
    if (ask->card.len)
        at = used_write(at, is->used.of_card, "card.");
    if (why)
        at = text_write(text_write(at, ";by="), why->limit);
    *at = 0;
}

void limits_text(struct octavo_step *s, const struct limits_ask *ask, char out[LIMITS_TEXT_CHARS]) {
    struct standing is;
    standing_get(s, ask, &is);
    standing_text(&is, ask, out);
}

const char *limits_reserve_text(struct octavo_step *s, struct limits_ask *ask,
                                char out[LIMITS_TEXT_CHARS]) {
    struct standing is;
    standing_get(s, ask, &is);
    const char *code = standing_reserve(s, &is, ask);
    standing_text(&is, ask, out);
    return code;
}

struct limits_state limits_state(struct octavo_step *s, struct octavo_text card) {
    struct octavo_value account[ACCOUNT_COLUMNS];
    account_get(s, account);
    struct used u = used_get(s, account, &(struct limits_ask){ .card = card });
    const struct octavo_value *used = card.len ? u.of_card : u.of_account;
    return (struct limits_state){
        .version = account[ACCOUNT_VERSION].integer,
        .rules = account[ACCOUNT_RULES].integer,
        .day = u.day,
        .day_amount = used[USED_DAY_AMOUNT].integer,
        .day_count = used[USED_DAY_COUNT].integer,
        .month = used[USED_MONTH].integer,
        .month_amount = used[USED_MONTH_AMOUNT].integer,
        .month_count = used[USED_MONTH_COUNT].integer,
    };
}

int limits_velocities(struct octavo_step *s, struct octavo_text card, struct limit_velocity *out) {
    struct octavo_value account[ACCOUNT_COLUMNS];
    struct rules rules;
    int count = 0;
    account_get(s, account);
    rules_get(s, account, &rules);
    for (size_t i = 0; i < rules.count; i++) {
        const struct octavo_value *rule = rules.row[i];
        if (!is_velocity(rule) || !rule_is_in_force(&rules, rule, octavo_event_time_ms(s))
            || (rule[RULE_CARD].text.len && !octavo_text_equal(rule[RULE_CARD].text, card)))
            continue;
        struct limit_velocity *v = &out[count++];
        (void)snprintf(v->limit, sizeof(v->limit), "%.*s", (int)rule[RULE_LIMIT].text.len,
                       rule[RULE_LIMIT].text.data);
        v->near = octavo_text_is(rule[RULE_PERIOD].text, "near");
        v->amount = rule[RULE_AMOUNT].integer;
        v->count = rule[RULE_COUNT].integer;
        v->window_ms = rule[RULE_WINDOW].integer;
    }
    return count;
}

/* The number behind NAME=, where NAME begins the text or stands behind a semicolon. */
static int64_t number_of(const char *text, const char *name) {
    size_t len = strlen(name);
    for (const char *at = text; at; at = strchr(at, ';')) {
        at += *at == ';';
        if (strncmp(at, name, len) == 0 && at[len] == '=')
            return strtoll(at + len + 1, NULL, 10);
    }
    return 0;
}

int64_t limits_day(struct octavo_text text) {
    char copy[LIMITS_TEXT_CHARS];
    (void)snprintf(copy, sizeof(copy), "%.*s", (int)text.len, text.data);
    return number_of(copy, "d");
}

static void used_adopt(struct octavo_value *used, const char *text, const char *const names[4]) {
    used[USED_DAY] = octavo_int_value(number_of(text, "d"));
    used[USED_DAY_AMOUNT] = octavo_int_value(number_of(text, names[0]));
    used[USED_DAY_COUNT] = octavo_int_value(number_of(text, names[1]));
    used[USED_MONTH] = octavo_int_value(number_of(text, "d") / 100);
    used[USED_MONTH_AMOUNT] = octavo_int_value(number_of(text, names[2]));
    used[USED_MONTH_COUNT] = octavo_int_value(number_of(text, names[3]));
}

void limits_adopt(struct octavo_step *s, struct octavo_text card, struct octavo_text text) {
    static const char *const of_account[] = { "day.a", "day.c", "month.a", "month.c" };
    static const char *const of_card[] = { "card.day.a", "card.day.c", "card.month.a",
                                           "card.month.c" };
    struct used u = { 0 };
    char copy[LIMITS_TEXT_CHARS];
    (void)snprintf(copy, sizeof(copy), "%.*s", (int)text.len, text.data);
    used_adopt(u.of_account, copy, of_account);
    used_adopt(u.of_card, copy, of_card);
    used_put(s, &(struct limits_ask){ .card = card }, &u);
}
