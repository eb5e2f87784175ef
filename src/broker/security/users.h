/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The users of a broker: a small text file of names and salted hashes, never of passwords.
 *
 *   # comment
 *   octavo-users 1 SECRET                          what salts are invented from for the unknown
 *   NAME ITERATIONS SALT STORED SERVER STORED SERVER   SCRAM-SHA-256's two keys, SCRAM-SHA-512's
 *
 * all but names and numbers in base64. The file is replaced whole, never written in place: whoever
 * holds it open sees by its name that there is a newer one. */
#ifndef OCTAVO_SECURITY_USERS_H
#define OCTAVO_SECURITY_USERS_H

#include "base/disk.h"
#include "scram.h"

enum { USERS_MAX = 10000, PASSWORD_MAX = 1024, PASSWORD_LEAST = 8 };

struct user {
    char *name;
    struct scram_keys keys[2];   /* by enum digest */
    bool seen_plain;             /* the digest of the password that was good, under a key of this */
    uint8_t plain[SHA256_BYTES]; /* process: PLAIN says it whole each time */
};

struct users;

struct users *users_create(void);    /* nobody, with a new secret */
void users_destroy(struct users *u); /* NULL is fine */
/* E_not_found: no such file. E_malformed names the line. */
enum error users_read(struct users **out, struct bytes text) MUST_CHECK;
enum error users_load(struct users **out, struct disk *d, const char *path) MUST_CHECK;
/* Whether another file has taken the path since this was loaded. */
bool users_are_old(struct users *u);
enum error users_save(const struct users *u, struct disk *d, const char *path) MUST_CHECK;

size_t users_count(const struct users *u);
const struct user *users_at(const struct users *u, size_t at); /* in order of names */
struct user *users_find(struct users *u, const char *name);    /* or NULL */
/* Also for a new password. E_refused: the name or the password is none. */
enum error users_put(struct users *u, const char *name, struct bytes password) MUST_CHECK;
enum error users_remove(struct users *u, const char *name) MUST_CHECK; /* E_not_found */

/* The user's keys, or for somebody unknown keys that are his for ever and fit no password. */
void users_keys(struct users *u, enum digest kind, const char *name, struct scram_keys *out);
/* PLAIN. `costs` tells beforehand whether it will take the time of a whole derivation, about 4 ms.
 */
bool users_plain_costs(struct users *u, const char *name, struct bytes password);
bool users_check_plain(struct users *u, const char *name, struct bytes password);

#endif
