/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Times are UTC, so that none comes twice. */
#include "arguments.h"

#include "currency.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- times */

bool time_read(const char *text, int64_t *ms) {
    struct tm tm = { 0 };
    int end = 0;
    size_t digits = strspn(text, "0123456789");
    if (!text[digits] && ((digits >= 10 && digits <= 15) || strcmp(text, "0") == 0)) {
        *ms = strtoll(text, NULL, 10);
        return true;
    }
    if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &end) != 3)
        return false;
    if (text[end] == 'T') {
        int more = 0;
        if (sscanf(text + end, "T%2d:%2d:%2d%n", &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &more) != 3)
            return false;
        end += more;
        end += text[end] == 'Z';
    }
    struct tm wanted = tm;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    time_t at = timegm(&tm);
    *ms = (int64_t)at * 1000;
    return text[end] == 0 && wanted.tm_mday == tm.tm_mday && wanted.tm_mon == tm.tm_mon + 1
           && wanted.tm_hour == tm.tm_hour && wanted.tm_min == tm.tm_min
           && wanted.tm_sec == tm.tm_sec;
}

/* ---- amounts */

bool amount_read(const char *text, struct octavo_text currency, int64_t *out) {
    bool negative = *text == '-';
    int decimals = currency_decimals(currency), after = -1;
    int64_t amount = 0;
    if (!text[negative])
        return false;
    for (text += negative; *text; text++) {
        if (*text == '.' && after < 0 && decimals > 0) {
            after = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || after == decimals || amount > INT64_MAX / 100000)
            return false;
        amount = amount * 10 + (*text - '0');
        after += after >= 0;
    }
    if (text[-1] < '0' || text[-1] > '9')
        return false;
    for (int i = after < 0 ? 0 : after; i < decimals; i++)
        amount *= 10;
    *out = negative ? -amount : amount;
    return true;
}

/* ---- CSV */

size_t csv_cut(char *line, char *fields[CSV_FIELDS]) {
    size_t count = 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *at = line; count < CSV_FIELDS;) {
        char *to = at;
        fields[count++] = at;
        if (*at == '"') {
            for (at++; *at && !(*at == '"' && at[1] != '"'); at++) {
                at += *at == '"';
                *to++ = *at;
            }
            at += *at == '"';
        } else {
            while (*at && *at != ',')
                *to++ = *at++;
        }
        bool more = *at == ',';
        *to = 0;
        if (!more)
            return count;
        at++;
    }
    return count;
}

/* ---- text */

void csv_text_print(struct octavo_session *s, struct octavo_text t) {
    octavo_print(s, "\"");
    for (size_t i = 0; i < t.len; i++)
        octavo_print(s, t.data[i] == '"' ? "\"\"" : "%c", t.data[i]);
    octavo_print(s, "\"");
}

char *text_keep(struct octavo_text t) {
    char *copy = strndup(t.len ? t.data : "", t.len);
    if (!copy)
        abort();
    return copy;
}

void *room_for(void *array, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 1024;
    array = realloc(array, *room * size);
    if (!array)
        abort();
    return array;
}
