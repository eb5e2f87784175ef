/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A reason goes into events, stores and logs, where nothing is sealed: what a directory says of an
 * account must not bring the person's name, login or DN there. */
#ifndef OCTAVO_CONNECTORS_LDAP_NAMELESS_H
#define OCTAVO_CONNECTORS_LDAP_NAMELESS_H

#include "directory.h"

/* In place: values behind = up to the next comma, bracket or quote, and words that are a word of
 * the person's texts or login, become "...". The number of the employee stays: it says who. */
void reason_make_nameless(char *reason, const struct entry *e);

#endif
