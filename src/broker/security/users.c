/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Users in memory, and what is asked of them while somebody authenticates. */
#include "users.h"

#include "base/random.h"
#include "users_inside.h"

#include <stdlib.h>
#include <string.h>

struct users *users_create(void) {
    struct users *u = memory_get(sizeof(*u));
    random_system(u->secret, sizeof(u->secret));
    random_system(u->plain_key, sizeof(u->plain_key));
    return u;
}

static void user_finish(struct user *one) {
    free(one->name);
    secret_forget(one, sizeof(*one));
}

void users_destroy(struct users *u) {
    if (!u)
        return;
    for (size_t i = 0; i < u->count; i++)
        user_finish(&u->items[i]);
    free(u->items);
    disk_close(u->file);
    free(u->path);
    secret_forget(u, sizeof(*u));
    free(u);
}

size_t users_count(const struct users *u) {
    return u->count;
}

const struct user *users_at(const struct users *u, size_t at) {
    return &u->items[at];
}

/* Where the name is or would be. */
static size_t place_of(const struct users *u, const char *name) {
    size_t from = 0, to = u->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(u->items[middle].name, name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

struct user *users_find(struct users *u, const char *name) {
    size_t at = place_of(u, name);
    return at < u->count && strcmp(u->items[at].name, name) == 0 ? &u->items[at] : NULL;
}

struct user *users_insert(struct users *u, const char *name) {
    size_t at = place_of(u, name);
    u->items = memory_resize(u->items, (u->count + 1) * sizeof(struct user));
    memmove(&u->items[at + 1], &u->items[at], (u->count - at) * sizeof(struct user));
    u->count++;
    u->items[at] = (struct user){ .name = text_copy(name) };
    return &u->items[at];
}

bool user_name_is_valid(const char *name) {
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-";
    size_t len = strspn(name, good);
    return len > 0 && len <= USER_NAME_MAX && !name[len];
}

static enum error check_password(struct bytes password) {
    if (password.len < PASSWORD_LEAST || password.len > PASSWORD_MAX)
        return fail(E_refused, "a password has %d to %d bytes, not %zu", PASSWORD_LEAST,
                    PASSWORD_MAX, password.len);
    for (size_t i = 0; i < password.len; i++)
        if (password.data[i] < 0x20 || password.data[i] > 0x7e)
            return fail(E_refused, "a password has only printable ASCII characters: for others not "
                                   "all clients send the same bytes");
    return E_ok;
}

enum error users_put(struct users *u, const char *name, struct bytes password) {
    if (!user_name_is_valid(name))
        return fail(E_refused, "%s: a name has 1 to %d letters, digits and . _ @ -", name,
                    USER_NAME_MAX);
    TRY(check_password(password));
    struct user *one = users_find(u, name);
    if (!one && u->count == USERS_MAX)
        return fail(E_too_large, "there are %d users already, as many as there can be", USERS_MAX);
    if (!one)
        one = users_insert(u, name);
    one->seen_plain = false;
    uint8_t salt[SCRAM_SALT_BYTES];
    random_system(salt, sizeof(salt));
    for (int kind = DIGEST_SHA256; kind <= DIGEST_SHA512; kind++) {
        memcpy(one->keys[kind].salt, salt, sizeof(salt));
        one->keys[kind].iterations = SCRAM_ITERATIONS;
        scram_keys_make((enum digest)kind, password, &one->keys[kind]);
    }
    return E_ok;
}

enum error users_remove(struct users *u, const char *name) {
    struct user *one = users_find(u, name);
    if (!one)
        return fail(E_not_found, "no user %s", name);
    size_t at = (size_t)(one - u->items);
    user_finish(one);
    u->count--;
    memmove(&u->items[at], &u->items[at + 1], (u->count - at) * sizeof(struct user));
    return E_ok;
}

/* ---- while somebody authenticates */

/* Salts of real users are the same for both kinds, so invented ones are too. */
void users_keys(struct users *u, enum digest kind, const char *name, struct scram_keys *out) {
    const struct user *one = users_find(u, name);
    uint8_t invented[SHA256_BYTES];
    hmac_sha256(bytes_of(u->secret, sizeof(u->secret)), bytes_text(name), invented);
    if (one) {
        *out = one->keys[kind];
        return;
    }
    *out = (struct scram_keys){ .iterations = SCRAM_ITERATIONS };
    memcpy(out->salt, invented, SCRAM_SALT_BYTES);
    random_system(out->stored, sizeof(out->stored));
    random_system(out->server, sizeof(out->server));
}

static void plain_digest(const struct users *u, struct bytes password, uint8_t out[SHA256_BYTES]) {
    hmac_sha256(bytes_of(u->plain_key, sizeof(u->plain_key)), password, out);
}

bool users_plain_costs(struct users *u, const char *name, struct bytes password) {
    uint8_t digest[SHA256_BYTES];
    const struct user *one = users_find(u, name);
    plain_digest(u, password, digest);
    return !one || !one->seen_plain
           || !secrets_equal(bytes_of(digest, SHA256_BYTES), bytes_of(one->plain, SHA256_BYTES));
}

bool users_check_plain(struct users *u, const char *name, struct bytes password) {
    struct scram_keys keys;
    if (!users_plain_costs(u, name, password))
        return true;
    users_keys(u, DIGEST_SHA256, name, &keys);
    bool fits = scram_keys_fit(DIGEST_SHA256, password, &keys);
    struct user *one = users_find(u, name);
    if (!one || !fits)
        return false;
    plain_digest(u, password, one->plain);
    one->seen_plain = true;
    return true;
}
