/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Who customers are: addresses, phones and e-mails of AdventureWorks (OCTAVO_DATA/adventureworks),
 * six files without headers, some with tabs between fields, some with "+|" and "&|" at the end of a
 * line. */
#ifndef OCTAVO_APP_DEMO_PEOPLE_H
#define OCTAVO_APP_DEMO_PEOPLE_H

#include <stddef.h>

struct people;

struct person { /* each may be NULL; valid until people_close */
    const char *email, *phone, *street, *city, *zip, *state, *country;
};

struct people *people_open(void);            /* NULL: the files are not there */
size_t people_count(const struct people *p); /* of those with an e-mail */
const struct person *people_find(const struct people *p, size_t nth); /* NULL: not so many */
void people_close(struct people *p);                                  /* NULL is fine */

#endif
