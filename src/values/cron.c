/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Due moments are looked for day by day of the local calendar. On a day whose offset does not
 * change a due time is its local time less the offset. Around a change every time of the day is
 * put on the line of real time: in a gap to the moment of the change, in an overlap once or twice;
 * what comes out is the least that is later than asked. Times are moved by less than a day, so that
 * the day before and the day behind the found one decide, too. */
#include "values/cron.h"

#include "values/zone.h"

#include <stdlib.h>
#include <string.h>

enum { DAYS_LOOKED_AT = 366 * 9, WORD_MAX = 24, DAY_S = 24 * 3600 };
static const int64_t day_ms = (int64_t)DAY_S * 1000;
static const int64_t margin_ms = (int64_t)3 * 3600 * 1000;
static const int64_t time_least_ms = 0,
                     time_most_ms = 253402300800000 - (int64_t)800 * DAY_S * 1000;

/* ---- reading */

struct range {
    int least, most;
    const char *const *names; /* of least, least + 1 ...; or NULL */
};

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                           "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const day_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };
static const struct range second_range = { 0, 59, NULL }, hour_range = { 0, 23, NULL },
                          day_range = { 1, 31, NULL }, month_range = { 1, 12, month_names },
                          weekday_range = { 0, 7, day_names };

static char lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c;
}

static bool name_read(struct bytes *in, const struct range *r, int *out) {
    for (int i = 0; r->names && in->len >= 3 && r->names[i]; i++)
        if (lower(in->data[0]) == r->names[i][0] && lower(in->data[1]) == r->names[i][1]
            && lower(in->data[2]) == r->names[i][2]) {
            *out = r->least + i;
            *in = bytes_part(*in, 3, in->len - 3);
            return true;
        }
    return false;
}

static bool number_read(struct bytes *in, int most, int *out) {
    size_t len = 0;
    int value = 0;
    for (; len < in->len && len < 4 && in->data[len] >= '0' && in->data[len] <= '9'; len++)
        value = value * 10 + in->data[len] - '0';
    if (len == 0 || value > most)
        return false;
    *out = value;
    *in = bytes_part(*in, len, in->len - len);
    return true;
}

static bool sign_read(struct bytes *in, char sign) {
    if (in->len == 0 || in->data[0] != (uint8_t)sign)
        return false;
    *in = bytes_part(*in, 1, in->len - 1);
    return true;
}

static bool value_read(struct bytes *in, const struct range *r, int *out) {
    return (name_read(in, r, out) || number_read(in, r->most, out)) && *out >= r->least;
}

/* One part of a list: STAR, A, A-B, each with /N behind it. */
static bool part_read(struct bytes *in, const struct range *r, uint64_t *bits) {
    int from = r->least, to = r->most, step = 1;
    bool star = sign_read(in, '*');
    if (!star) {
        if (!value_read(in, r, &from))
            return false;
        to = from;
        if (sign_read(in, '-') && (!value_read(in, r, &to) || to < from))
            return false;
    }
    if (sign_read(in, '/')) {
        if (!number_read(in, 9999, &step) || step == 0)
            return false;
        if (!star && to == from)
            to = r->most;
    }
    for (int v = from; v <= to; v += step)
        *bits |= (uint64_t)1 << v;
    return true;
}

static bool field_read(struct bytes field, const struct range *r, uint64_t *bits) {
    *bits = 0;
    do
        if (!part_read(&field, r, bits))
            return false;
    while (sign_read(&field, ','));
    return field.len == 0;
}

static bool days_read(struct cron *c, struct bytes field) {
    c->last_day = bytes_is_text(field, "L");
    c->days_restricted = field.len > 0 && field.data[0] != '*';
    c->days = 0;
    return c->last_day || field_read(field, &day_range, &c->days);
}

static bool weekdays_read(struct cron *c, struct bytes field) {
    c->weekdays_restricted = field.len > 0 && field.data[0] != '*';
    if (!field_read(field, &weekday_range, &c->weekdays))
        return false;
    if (c->weekdays & (uint64_t)1 << 7)
        c->weekdays |= 1;
    return true;
}

static struct bytes word_take(struct bytes *in) {
    size_t from = 0, len = 0;
    while (from < in->len && (in->data[from] == ' ' || in->data[from] == '\t'))
        from++;
    while (from + len < in->len && in->data[from + len] != ' ' && in->data[from + len] != '\t')
        len++;
    struct bytes word = bytes_part(*in, from, len);
    *in = bytes_part(*in, from + len, in->len - from - len);
    return word;
}

static const char *fields_read(struct cron *c, const struct bytes *f, size_t count) {
    if (count != 5 && count != 6)
        return "a schedule has 5 fields, or 6 with the seconds first, or is @every 15m";
    c->seconds = 1;
    if (count == 6 && !field_read(*f++, &second_range, &c->seconds))
        return "its seconds are no *, number 0-59, range, step or list";
    if (!field_read(f[0], &second_range, &c->minutes))
        return "its minutes are no *, number 0-59, range, step or list";
    if (!field_read(f[1], &hour_range, &c->hours))
        return "its hours are no *, number 0-23, range, step or list";
    if (!days_read(c, f[2]))
        return "its days of the month are no *, L, number 1-31, range, step or list";
    if (!field_read(f[3], &month_range, &c->months))
        return "its months are no *, number 1-12, name, range, step or list";
    if (!weekdays_read(c, f[4]))
        return "its days of the week are no *, number 0-7, name, range, step or list";
    c->hours_any = f[1].data[0] == '*';
    return NULL;
}

static const char *every_read(struct cron *c, struct bytes length) {
    static const char wrong[] = "@every wants a length from 1s to 366d, such as 30s, 15m, 4h or 1d";
    int64_t value = 0;
    size_t at = 0;
    for (; at < length.len && at < 9 && length.data[at] >= '0' && length.data[at] <= '9'; at++)
        value = value * 10 + length.data[at] - '0';
    if (at == 0 || at + 1 != length.len)
        return wrong;
    char unit = (char)length.data[at];
    int64_t unit_ms = unit == 's'   ? 1000
                      : unit == 'm' ? 60000
                      : unit == 'h' ? 3600000
                      : unit == 'd' ? day_ms
                                    : 0;
    c->every_ms = value * unit_ms;
    return c->every_ms >= 1000 && c->every_ms <= 366 * day_ms ? NULL : wrong;
}

static struct bytes meaning_of(struct bytes word) {
    static const char *const words[][2] = {
        { "@hourly", "0 * * * *" },  { "@daily", "0 0 * * *" },  { "@weekly", "0 0 * * 0" },
        { "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (bytes_is_text(word, words[i][0]))
            return bytes_text(words[i][1]);
    return bytes_of(NULL, 0);
}

const char *cron_read(struct cron *out, struct bytes text, struct bytes zone) {
    struct bytes fields[7], word, meaning;
    size_t count = 0;
    *out = (struct cron){ 0 };
    if (text.len > CRON_TEXT_MAX)
        return "a schedule is at most 128 characters";
    if (!zone_is_known(zone))
        return "its zone is no name of the time zone database, such as Europe/Prague";
    memcpy(out->zone, zone.data, zone.len);
    struct bytes rest = text;
    word = word_take(&rest);
    meaning = meaning_of(word);
    if (bytes_is_text(word, "@every")) {
        struct bytes length = word_take(&rest);
        return word_take(&rest).len ? "@every wants one length behind it" : every_read(out, length);
    }
    rest = meaning.len && !word_take(&rest).len ? meaning : text;
    while (count < 7 && (fields[count] = word_take(&rest)).len)
        count++;
    return fields_read(out, fields, count);
}

const char *cron_policies_read(struct cron *c, struct bytes gap, struct bytes overlap) {
    static const char *const overlaps[] = { "", "first", "second", "both" };
    if (gap.len && !bytes_is_text(gap, "run_after") && !bytes_is_text(gap, "skip"))
        return "gap is run_after or skip";
    c->gap = bytes_is_text(gap, "skip") ? CRON_SKIP : CRON_RUN_AFTER;
    for (int i = 0; i < 4; i++)
        if (bytes_is_text(overlap, overlaps[i])) {
            c->overlap = (enum cron_overlap)i;
            return NULL;
        }
    return "overlap is first, second or both";
}

/* ---- days */

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static bool day_matches(const struct cron *c, int64_t day) {
    int64_t date = zone_date_of_days(day);
    int64_t weekday = (day + 4) % 7; /* 1970-01-01 was a Thursday */
    bool is_last = zone_date_of_days(day + 1) % 100 == 1;
    bool by_day = c->last_day ? is_last : c->days >> (date % 100) & 1;
    bool by_weekday = c->weekdays >> weekday & 1;
    if (!(c->months >> (date / 100 % 100) & 1))
        return false;
    return c->days_restricted && c->weekdays_restricted ? by_day || by_weekday
                                                        : by_day && by_weekday;
}

static int bit_next(uint64_t bits, int from) {
    return from < 64 && bits >> from ? from + __builtin_ctzll(bits >> from) : 64;
}

/* The first second of the day at or after `from` that the fields name; DAY_S: none. */
static int second_next(const struct cron *c, int from) {
    for (int h = bit_next(c->hours, from / 3600); h < 24; h = bit_next(c->hours, h + 1)) {
        int rest = from > h * 3600 ? from - h * 3600 : 0;
        for (int m = bit_next(c->minutes, rest / 60); m < 60; m = bit_next(c->minutes, m + 1)) {
            int s = bit_next(c->seconds, rest > m * 60 ? rest - m * 60 : 0);
            if (s < 60)
                return h * 3600 + m * 60 + s;
        }
    }
    return DAY_S;
}

/* ---- a clock that is put forward or back */

struct around { /* a day: the offsets before and behind it, and when they change */
    int64_t before_ms, behind_ms, change_ms;
};

static bool around_read(const struct cron *c, int64_t day, struct around *out) {
    struct bytes zone = bytes_text(c->zone);
    int64_t until_ms, ignored;
    int64_t from_ms = (day - 1) * day_ms, to_ms = (day + 2) * day_ms;
    if (!zone_offset(zone, from_ms, &out->before_ms, &out->change_ms)
        || !zone_offset(zone, to_ms, &out->behind_ms, &until_ms))
        return false;
    /* A change well before this day's midnight is not this day's: on to the one behind it. */
    while (out->change_ms < day * day_ms - out->before_ms - margin_ms && out->change_ms < to_ms) {
        int64_t at_ms = out->change_ms;
        if (!zone_offset(zone, at_ms, &out->before_ms, &out->change_ms))
            return false;
    }
    if (out->change_ms < to_ms)
        return zone_offset(zone, out->change_ms, &out->behind_ms, &ignored);
    out->behind_ms = out->before_ms;
    return true;
}

static void least_keep(int64_t ms, int64_t after_ms, int64_t *least_ms) {
    if (ms > after_ms && ms < *least_ms)
        *least_ms = ms;
}

/* A local time put on the line of real time: nowhere, once or twice. */
static void local_put(const struct cron *c, const struct around *a, int64_t local_ms,
                      int64_t after_ms, int64_t *least_ms) {
    int64_t early = local_ms - a->before_ms, late = local_ms - a->behind_ms;
    bool before = early < a->change_ms, behind = late >= a->change_ms;
    enum cron_overlap overlap = c->overlap ? c->overlap : c->hours_any ? CRON_BOTH : CRON_FIRST;
    if (!before && !behind && c->gap == CRON_RUN_AFTER)
        least_keep(a->change_ms, after_ms, least_ms);
    if (before && (!behind || overlap != CRON_SECOND))
        least_keep(early, after_ms, least_ms);
    if (behind && (!before || overlap != CRON_FIRST))
        least_keep(late, after_ms, least_ms);
}

/* The least due moment after after_ms among those of this local day; INT64_MAX: none. */
static int64_t day_least(const struct cron *c, const struct around *a, int64_t day,
                         int64_t after_ms) {
    int64_t least_ms = INT64_MAX, midnight = day * day_ms;
    bool plain = a->before_ms == a->behind_ms;
    int64_t from = plain ? floor_divide(after_ms + a->before_ms, 1000) + 1 - day * DAY_S : 0;
    int at = second_next(c, from < 0 ? 0 : from > DAY_S ? DAY_S : (int)from);
    for (; at < DAY_S; at = second_next(c, at + 1)) {
        local_put(c, a, midnight + (int64_t)at * 1000, after_ms, &least_ms);
        if (plain)
            break;
    }
    return least_ms;
}

bool cron_next(const struct cron *c, int64_t after_ms, int64_t *out_ms) {
    struct around around;
    int64_t offset_ms, until_ms, least_ms = INT64_MAX;
    if (after_ms < time_least_ms || after_ms > time_most_ms)
        return false;
    if (c->every_ms) {
        *out_ms = (after_ms / c->every_ms + 1) * c->every_ms;
        return true;
    }
    if (!zone_offset(bytes_text(c->zone), after_ms, &offset_ms, &until_ms))
        return false;
    int64_t first = floor_divide(after_ms + offset_ms, day_ms) - 1;
    for (int64_t day = first, last = first + DAYS_LOOKED_AT; day <= last; day++) {
        if (!day_matches(c, day))
            continue;
        if (!around_read(c, day, &around))
            break;
        int64_t ms = day_least(c, &around, day, after_ms);
        if (ms < least_ms) {
            last = least_ms == INT64_MAX ? day + 1 : last;
            least_ms = ms;
        }
    }
    *out_ms = least_ms;
    return least_ms != INT64_MAX;
}

/* Back by lengths that double until something is due there, then forward to the last one. */
bool cron_previous(const struct cron *c, int64_t before_ms, int64_t *out_ms) {
    int64_t found_ms, ms;
    for (int64_t back_ms = 2000;; back_ms *= 2) {
        int64_t from_ms = before_ms - back_ms;
        if (from_ms < time_least_ms || back_ms > 9 * 366 * day_ms)
            return false;
        if (cron_next(c, from_ms, &found_ms) && found_ms < before_ms)
            break;
    }
    while (cron_next(c, found_ms, &ms) && ms < before_ms)
        found_ms = ms;
    *out_ms = found_ms;
    return true;
}
