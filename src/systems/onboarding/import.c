/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Hires from a CSV file (RFC 4180): the first line names the columns, in any order. A row that
 * cannot be is told with its line and what is wrong with it, and the others go on.
 *
 * The id of a row's request is its employee and first day: the same file given twice, or again
 * after a crash in its middle, hires nobody twice. */
#include "onboarding.h"

#include "person.h"
#include "verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIELDS_MAX = 40,
    ROW_BYTES = 16384,
    HOURS_COLUMN = PERSON_TEXTS,
    COLUMNS = PERSON_TEXTS + 1
};

struct import {
    struct octavo_session *session;
    const char *name;
    FILE *in;
    size_t line;        /* the next one */
    int place[COLUMNS]; /* of a column in the file; -1: it has none */
    size_t hired, wrong;
};

/* ---- rows */

static bool is_quoted_open(const char *row) {
    bool open = false;
    for (; *row; row++)
        open ^= *row == '"';
    return open;
}

/* One row, over as many lines as its quotes hold together. NULL: the end. "" : too long. */
static char *row_next(struct import *i, char row[ROW_BYTES]) {
    size_t len = 0;
    do {
        if (!fgets(row + len, (int)(ROW_BYTES - len), i->in))
            return len ? row : NULL;
        i->line++;
        len += strlen(row + len);
        if (len + 1 >= ROW_BYTES) {
            for (int c = fgetc(i->in); c != EOF && c != '\n';)
                c = fgetc(i->in);
            row[0] = 0;
            return row;
        }
    } while (is_quoted_open(row));
    return row;
}

/* Cut at its commas, in place; doubled quotes become one. */
static size_t row_cut(char *row, char *fields[FIELDS_MAX]) {
    size_t count = 0;
    for (char *at = row; count < FIELDS_MAX;) {
        char *to = at;
        fields[count++] = at;
        bool quoted = *at == '"';
        at += quoted;
        for (; *at && (quoted || (*at != ',' && *at != '\n' && *at != '\r')); at++) {
            if (quoted && *at == '"' && *++at != '"')
                quoted = false;
            if (!quoted && (*at == ',' || *at == '\n' || *at == '\r' || !*at))
                break;
            *to++ = *at;
        }
        bool more = *at == ',';
        *to = 0;
        if (!more)
            return count;
        at++;
    }
    return count;
}

/* ---- columns */

static int column_find(const char *name) {
    if (strncmp(name, "\xef\xbb\xbf", 3) == 0)
        name += 3; /* a file from a spreadsheet */
    for (int c = 0; c < PERSON_TEXTS; c++)
        if (strcmp(name, person_names[c]) == 0)
            return c;
    return strcmp(name, "hours") == 0 ? HOURS_COLUMN : -1;
}

static int columns_read(struct import *i) {
    char row[ROW_BYTES], *fields[FIELDS_MAX];
    for (size_t c = 0; c < COLUMNS; c++)
        i->place[c] = -1;
    size_t count = row_next(i, row) ? row_cut(row, fields) : 0;
    for (size_t f = 0; f < count; f++) {
        int column = column_find(fields[f]);
        if (column < 0)
            return octavo_usage_error(i->session, "%s:1: there is no column \"%.40s\"", i->name,
                                      fields[f]);
        i->place[column] = (int)f;
    }
    for (size_t c = 0; c < 5; c++)
        if (i->place[c] < 0 && c != 3)
            return octavo_usage_error(i->session, "%s:1: it has no column %s", i->name,
                                      person_names[c]);
    return DONE;
}

/* ---- hiring */

static const char *person_take(const struct import *i, char **fields, size_t count,
                               struct person *p) {
    static const char *const otherwise[PERSON_TEXTS] = { "", "", "",          "",    "",
                                                         "", "", "full-time", "UTC", "" };
    const char *hours = "40";
    char *end;
    for (size_t c = 0; c < PERSON_TEXTS; c++) {
        int place = i->place[c];
        bool has = place >= 0 && (size_t)place < count && fields[place][0];
        *person_text(p, c) = octavo_text(has ? fields[place] : otherwise[c]);
    }
    int place = i->place[HOURS_COLUMN];
    if (place >= 0 && (size_t)place < count && fields[place][0])
        hours = fields[place];
    p->hours = strtoll(hours, &end, 10);
    return *end ? "hours is a whole number" : person_fault(p);
}

/* It would be opened somewhere as somebody's: nobody may send one. */
static bool looks_sealed(char **fields, size_t count) {
    for (size_t f = 0; f < count; f++)
        if (strstr(fields[f], "{sealed:"))
            return true;
    return false;
}

static const char *row_fault(const struct import *i, char **fields, size_t count,
                             struct person *p) {
    if (!count)
        return "the row is too long";
    if (looks_sealed(fields, count))
        return "a text must not look as sealed data does";
    return person_take(i, fields, count, p);
}

static bool person_publish(struct octavo_session *s, struct person *p, bool has_zone) {
    char id[80];
    (void)snprintf(id, sizeof(id), "hire/%.*s/%.*s", (int)p->employee.len, p->employee.data,
                   (int)p->start.len, p->start.data);
    octavo_publish_begin(s, "onboarding-request", "hire-requested", p->employee, octavo_text(id));
    for (size_t c = 0; c < PERSON_TEXTS; c++)
        if (has_zone || c != PERSON_ZONE)
            octavo_publish_text(s, person_names[c], *person_text(p, c));
    octavo_publish_int(s, "hours", p->hours);
    return octavo_publish_send(s);
}

static int rows_hire(struct import *i) {
    char row[ROW_BYTES], *fields[FIELDS_MAX];
    for (;;) {
        size_t line = i->line + 1;
        if (!row_next(i, row))
            break;
        if (row[0] == '\n' || row[0] == '\r')
            continue;
        struct person p;
        size_t count = row[0] ? row_cut(row, fields) : 0;
        const char *fault = row_fault(i, fields, count, &p);
        if (fault) {
            (void)fprintf(stderr, "octavo: %s:%zu: %s\n", i->name, line, fault);
            i->wrong++;
            continue;
        }
        if (!person_publish(i->session, &p, i->place[PERSON_ZONE] >= 0)) {
            (void)octavo_publish_flush(i->session); /* the rows before it are good */
            return FAILED;
        }
        i->hired++;
    }
    if (!octavo_publish_flush(i->session))
        return FAILED;
    octavo_print(i->session,
                 octavo_json_wanted(i->session) ? "{\"requested\":%zu,\"wrong\":%zu}\n"
                                                : "%zu hires requested, %zu rows left out\n",
                 i->hired, i->wrong);
    return i->wrong ? FOUND_WRONG : DONE;
}

int onboarding_import(struct octavo_session *s, int count, char **arguments) {
    struct import i = { .session = s };
    (void)count;
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ "FILE", &i.name }, NULL);
    if (code)
        return code;
    i.in = strcmp(i.name, "-") == 0 ? stdin : fopen(i.name, "re");
    if (!i.in)
        return octavo_usage_error(s, "%s cannot be read", i.name);
    code = columns_read(&i);
    if (!code)
        code = rows_hire(&i);
    if (i.in != stdin)
        (void)fclose(i.in);
    return code;
}
