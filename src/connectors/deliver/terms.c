/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Hours and holds. */
#include "deliver/terms.h"

#include "base/disk.h"
#include "connectors/name.h"
#include "values/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANGES_MAX = 8, RANGE_CHARS = 11, HOLD_BYTES_MAX = 4096 };
static const int64_t held_again_ms = 10000;
static const int64_t closed_again_ms = 600000; /* the hours may be changed meanwhile */

struct range {
    int from, until; /* minutes since 00:00 */
};

static enum error words_wrong(const char *word) {
    enum error e = fail(E_config, "a partner's line of places ends with \"%.60s\"", word);
    fail_try("hours=22:00-04:00,12:00-12:30@Europe/Prague, or nothing");
    return e;
}

/* ---- hours */

static bool minute_read(const char *at, int *out) {
    bool digits = strspn(at, "0123456789") == 2 && at[2] == ':';
    if (!digits || strspn(at + 3, "0123456789") < 2)
        return false;
    int hour = (at[0] - '0') * 10 + at[1] - '0', minute = (at[3] - '0') * 10 + at[4] - '0';
    *out = hour * 60 + minute;
    return hour < 24 && minute < 60;
}

/* HH:MM-HH:MM; what stands behind it is the caller's. */
static bool range_read(const char *at, struct range *out) {
    return strlen(at) >= RANGE_CHARS && minute_read(at, &out->from) && at[5] == '-'
           && minute_read(at + 6, &out->until) && out->from != out->until;
}

static bool is_within(const struct range *r, int minute) {
    if (r->from < r->until)
        return minute >= r->from && minute < r->until;
    return minute >= r->from || minute < r->until;
}

static bool hours_read(const char *text, struct range *ranges, size_t *count, const char **zone) {
    for (*count = 0; *count < RANGES_MAX; text++) {
        if (!range_read(text, &ranges[(*count)++]))
            return false;
        text += RANGE_CHARS;
        if (*text == '@') {
            *zone = text + 1;
            return zone_is_known(bytes_text(*zone));
        }
        if (*text != ',')
            return false;
    }
    return false;
}

static enum error hours_judge(const char *text, int64_t now_ms, struct terms *out) {
    struct range ranges[RANGES_MAX];
    const char *zone;
    size_t count;
    int minute;
    if (!hours_read(text, ranges, &count, &zone) || !zone_minute(bytes_text(zone), now_ms, &minute))
        return words_wrong(text);
    int64_t wait_ms = closed_again_ms, opens_ms;
    for (size_t i = 0; i < count; i++) {
        if (is_within(&ranges[i], minute))
            return E_ok;
        if (zone_next(bytes_text(zone), now_ms, ranges[i].from, &opens_ms)
            && opens_ms - now_ms < wait_ms)
            wait_ms = opens_ms - now_ms;
    }
    out->closed = true;
    out->again_ms = wait_ms > 0 ? wait_ms : 1;
    (void)snprintf(out->reason, sizeof(out->reason), "the partner takes files at %.100s", text);
    return E_ok;
}

enum error terms_of_words(const char *words, int64_t now_ms, struct terms *out) {
    char *copy = text_copy(words), *rest = copy;
    enum error e = E_ok;
    for (char *word; !e && (word = strsep(&rest, " \t\r")) != NULL;)
        if (strncmp(word, "hours=", 6) == 0)
            e = hours_judge(word + 6, now_ms, out);
        else if (*word == '#')
            break;
        else if (*word)
            e = words_wrong(word);
    free(copy);
    return e;
}

/* ---- holds */

enum error terms_of_holds(const char *data_dir, struct bytes partner, struct terms *out) {
    struct buf why = { 0 };
    char *name = text_copy_bytes(partner);
    char *path = text_format("%s/held/%s", data_dir, name);
    enum error e = E_not_found;
    if (!strchr(name, '/') && !file_name_wrong(name))
        e = disk_read_whole(disk_real(), path, HOLD_BYTES_MAX, &why);
    if (!e) {
        out->closed = true;
        out->again_ms = held_again_ms;
        (void)snprintf(out->reason, sizeof(out->reason), "%.60s is held%s%.100s", name,
                       why.len ? ": " : "", buf_text(&why));
        out->reason[strcspn(out->reason, "\r\n")] = 0;
    }
    buf_finish(&why);
    free(path);
    free(name);
    return e == E_not_found ? E_ok : e;
}
