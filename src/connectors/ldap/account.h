/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The sink of a directory between its two halves: sink.c opens it, account.c makes accounts so. */
#ifndef OCTAVO_CONNECTORS_LDAP_ACCOUNT_H
#define OCTAVO_CONNECTORS_LDAP_ACCOUNT_H

#include "directory.h"
#include "login.h"

#include "base/clock.h"

struct connector {
    struct directory *directory;
    struct latin *latin;
    char *pattern;
    bool groups; /* of departments */
    struct clock *clock;
    int timeout_ms; /* of one account or of many at once */
};

void account_perform(struct connector *c, const struct effect_request *r, struct effect_answer *a);
void account_perform_many(struct connector *c, const struct effect_request *const *r,
                          struct effect_answer *const *a, size_t count);
void account_ask(struct connector *c, const struct effect_request *r, struct effect_answer *a);

#endif
