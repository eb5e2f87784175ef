/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The keys by which persons' data is sealed (values/sealed.h), in DIR/personal.keys: outside every
 * log, topic and store, so that a key that is destroyed there is destroyed.
 *
 * The file is slots of 512 bytes; the first says what it is, the others are persons' in the order
 * they were first heard of. A token names its slot.
 *
 *   0    state: 1 there, 2 destroyed
 *   8    SHA-256 of the person (32 bytes)
 *   40   nonce (12)
 *   56   8 readers at most: the first 8 bytes of SHA-256 of the service's name, or zeros, and the
 *        person's key wrapped under the key of that service (48)
 *   504  the first 8 bytes of SHA-256 of all before
 *
 * A service's own key is DIR/SERVICE.unseal, made when absent: who may not read that file opens
 * nothing. A slot is written under DIR/personal.keys.lock, and is on the disk (person_keys_sync)
 * before anything that was sealed by it is committed or sent. Destroying overwrites the slot. A
 * person who is heard of again gets another slot: what was erased stays erased. */
#ifndef OCTAVO_RUNTIME_PERSON_KEYS_H
#define OCTAVO_RUNTIME_PERSON_KEYS_H

#include "base/disk.h"
#include "values/sealed.h"

enum { PERSON_READERS_MAX = 8, PERSON_SLOT_BYTES = 512 };

struct person_keys;

struct person_keys_options {
    struct disk *disk;
    const char *dir;
    const char *const *readers; /* services; the texts outlive this */
    size_t reader_count;
    size_t self; /* of these: as whom keys are opened */
};

struct person_key {
    int64_t slot;
    uint8_t key[SEAL_KEY_BYTES];
};

enum error person_keys_open(struct person_keys **out,
                            const struct person_keys_options *options) MUST_CHECK;
void person_keys_close(struct person_keys *k); /* NULL is fine */
/* The person's key, made when there is none. */
enum error person_keys_take(struct person_keys *k, struct bytes person,
                            struct person_key *out) MUST_CHECK;
/* Read anew each time: what was destroyed a moment ago is not found. E_not_found: it was destroyed.
 * E_corrupt: it is not there, or rotted: nobody has erased it. E_refused: it is not wrapped for
 * this service. */
enum error person_keys_get(struct person_keys *k, int64_t slot, struct person_key *out) MUST_CHECK;
enum error person_keys_sync(struct person_keys *k) MUST_CHECK; /* what was made since */
/* `count`: how many were there; on the disk when it returns. */
enum error person_keys_destroy(struct person_keys *k, struct bytes person,
                               size_t *count) MUST_CHECK;

#endif
