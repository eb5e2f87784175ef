/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Users, for the two files that keep them. */
#ifndef OCTAVO_SECURITY_USERS_INSIDE_H
#define OCTAVO_SECURITY_USERS_INSIDE_H

#include "users.h"

enum { USERS_SECRET_BYTES = 32 };

struct users {
    struct user *items; /* in order of names */
    size_t count;
    uint8_t secret[USERS_SECRET_BYTES];
    uint8_t plain_key[USERS_SECRET_BYTES];
    struct file *file; /* as it was loaded; NULL: made here */
    char *path;
};

bool user_name_is_valid(const char *name);
struct user *users_insert(struct users *u, const char *name); /* the name is not there yet */

#endif
