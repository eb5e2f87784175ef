/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which login a person gets: a pattern over the name in small ASCII letters, the n-th choice with n
 * behind it. A name that a system needs for itself is nobody's, and no login is over 20 characters
 * or begins with a digit.
 *
 *   {given} {family}   the whole name      {g} {f}   its first letter      other: . - a-z 0-9 */
#ifndef OCTAVO_CONNECTORS_LDAP_LOGIN_H
#define OCTAVO_CONNECTORS_LDAP_LOGIN_H

#include "base/error.h"
#include "values/latin.h"

#define LOGIN_PATTERN "{g}{family}"
enum { LOGIN_CHARS = 20, LOGIN_CHOICES = 10000 };

bool login_pattern_is_good(const char *pattern);

struct login_of {
    const char *pattern;
    struct bytes given, family;
};
/* False: this choice is reserved; try the next. n from 1. */
bool login_make(struct latin *latin, const struct login_of *of, int n, char out[LOGIN_CHARS + 1]);

#endif
