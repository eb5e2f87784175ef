/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The files are kept as they are read, and cut in place: a field is a pointer into its file. Tables
 * are arrays by number, as the numbers are small. */
#include "people.h"

#include "base/bytes.h"
#include "base/disk.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 16 << 20, NUMBERS_MAX = 100000, FIELDS_MAX = 8 };
enum { EMAILS, PHONES, OWNERS, ADDRESSES, STATES, FILES };

struct address {
    const char *street, *city, *zip;
    size_t state;
};

struct people {
    struct buf files[FILES];
    struct person *people;     /* by number */
    struct address *addresses; /* by number */
    const char **states;       /* code by number */
    const char **countries;
    size_t *with_email; /* numbers of people, in order */
    size_t count;
};

/* ---- lines */

/* The fields of the line at *at, cut; *at moves behind it. 0: there is no line. */
static size_t line_cut(char **at, const char *separator, char *fields[FIELDS_MAX]) {
    size_t count = 0, step = strlen(separator);
    char *line = *at;
    if (!*line)
        return 0;
    char *end = line + strcspn(line, "\n");
    *at = *end ? end + 1 : end;
    *end = 0;
    for (char *tail = end; tail > line && strchr("\r&|", tail[-1]); tail--)
        tail[-1] = 0;
    while (line && count < FIELDS_MAX) {
        char *next = strstr(line, separator);
        if (next)
            *next = 0;
        fields[count++] = line;
        line = next ? next + step : NULL;
    }
    return count;
}

static size_t number_of(const char *text) {
    unsigned long number = strtoul(text, NULL, 10);
    return number < NUMBERS_MAX ? number : 0;
}

struct table_file {
    const char *name, *separator;
    void (*take)(struct people *p, char *fields[FIELDS_MAX]);
    size_t fields; /* at least */
};

static void email_take(struct people *p, char *fields[FIELDS_MAX]) {
    size_t number = number_of(fields[0]);
    if (!p->people[number].email)
        p->with_email[p->count++] = number;
    p->people[number].email = fields[2];
}

static void phone_take(struct people *p, char *fields[FIELDS_MAX]) {
    p->people[number_of(fields[0])].phone = fields[1];
}

static void state_take(struct people *p, char *fields[FIELDS_MAX]) {
    size_t number = number_of(fields[0]);
    fields[1][strcspn(fields[1], " ")] = 0;
    p->states[number] = fields[1];
    p->countries[number] = fields[2];
}

static void address_take(struct people *p, char *fields[FIELDS_MAX]) {
    p->addresses[number_of(fields[0])] =
        (struct address){ fields[1], fields[3], fields[5], number_of(fields[4]) };
}

static void owner_take(struct people *p, char *fields[FIELDS_MAX]) {
    const struct address *a = &p->addresses[number_of(fields[1])];
    struct person *owner = &p->people[number_of(fields[0])];
    owner->street = a->street;
    owner->city = a->city;
    owner->zip = a->zip;
    owner->state = p->states[a->state];
    owner->country = p->countries[a->state];
}

static bool file_read(struct people *p, int which, const struct table_file *f) {
    const char *data = getenv("OCTAVO_DATA");
    char *path = text_format("%s/adventureworks/%s.csv", data ? data : "../shared/data", f->name);
    bool good = !disk_read_whole(disk_real(), path, FILE_MAX, &p->files[which]);
    free(path);
    if (!good)
        return false;
    buf_put_byte(&p->files[which], 0);
    char *at = (char *)p->files[which].data, *fields[FIELDS_MAX];
    at += strncmp(at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (size_t count; (count = line_cut(&at, f->separator, fields)) > 0;)
        if (count >= f->fields && number_of(fields[0]))
            f->take(p, fields);
    return true;
}

/* ---- the whole: what is pointed at is read before what points */

struct people *people_open(void) {
    static const struct table_file files[FILES] = { { "EmailAddress", "+|", email_take, 3 },
                                                    { "PersonPhone", "+|", phone_take, 2 },
                                                    { "StateProvince", "\t", state_take, 3 },
                                                    { "Address", "\t", address_take, 6 },
                                                    { "BusinessEntityAddress", "+|", owner_take,
                                                      2 } };
    struct people *p = memory_get(sizeof(*p));
    p->people = memory_get(NUMBERS_MAX * sizeof(*p->people));
    p->addresses = memory_get(NUMBERS_MAX * sizeof(*p->addresses));
    p->states = memory_get(NUMBERS_MAX * sizeof(*p->states));
    p->countries = memory_get(NUMBERS_MAX * sizeof(*p->countries));
    p->with_email = memory_get(NUMBERS_MAX * sizeof(*p->with_email));
    for (int i = 0; i < FILES; i++)
        if (!file_read(p, i, &files[i])) {
            people_close(p);
            return NULL;
        }
    return p;
}

size_t people_count(const struct people *p) {
    return p ? p->count : 0;
}

const struct person *people_find(const struct people *p, size_t nth) {
    return p && nth < p->count ? &p->people[p->with_email[nth]] : NULL;
}

void people_close(struct people *p) {
    if (!p)
        return;
    for (int i = 0; i < FILES; i++)
        buf_finish(&p->files[i]);
    free(p->people);
    free(p->addresses);
    free(p->states);
    free(p->countries);
    free(p->with_email);
    free(p);
}
