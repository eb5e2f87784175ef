/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Who seals has an index from persons to slots, of what has been read of the file so far; the rest
 * is read under the lock, before a key is made. Who opens knows the slot and needs none. */
#include "runtime/person_keys.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "base/random.h"
#include "base/table.h"
#include "runtime/secret.h"
#include "values/digest.h"

#include <stdlib.h>
#include <string.h>

enum {
    AT_STATE = 0,
    AT_PERSON = 8,
    AT_NONCE = 40,
    AT_READERS = 56,
    READER_BYTES = 56,
    NAME_BYTES = 8,
    AT_SUM = 504,
    SUM_BYTES = 8,
    THERE = 1,
    DESTROYED = 2,
    SLOTS_A_READ = 256,
    LOCK_WAIT_MS = 5000,
};

static const char header[] = "octavo: keys of persons, 1\n";

struct person_keys {
    struct person_keys_options options;
    struct file *file;
    char *path, *lock_path;
    uint8_t (*unseal)[SEAL_KEY_BYTES]; /* of each reader that seals are made for */
    struct table slots;                /* SHA-256 of a person -> the newest slot, as a number */
    int64_t read;                      /* slots that the table knows of */
    bool unsynced;
};

/* ---- slots */

static void sum_make(const uint8_t *slot, uint8_t out[SUM_BYTES]) {
    uint8_t digest[SHA256_BYTES];
    sha256(bytes_of(slot, AT_SUM), digest);
    memcpy(out, digest, SUM_BYTES);
}

static bool slot_is_whole(const uint8_t *slot) {
    uint8_t sum[SUM_BYTES];
    sum_make(slot, sum);
    return memcmp(sum, slot + AT_SUM, SUM_BYTES) == 0;
}

static void name_make(const char *reader, uint8_t out[NAME_BYTES]) {
    uint8_t digest[SHA256_BYTES];
    sha256(bytes_text(reader), digest);
    memcpy(out, digest, NAME_BYTES);
}

static enum error slot_write(struct person_keys *k, int64_t number, uint8_t *slot) {
    sum_make(slot, slot + AT_SUM);
    k->unsynced = true;
    return disk_write_at(k->file, number * PERSON_SLOT_BYTES, bytes_of(slot, PERSON_SLOT_BYTES));
}

/* ---- opening */

static enum error unseal_load(struct person_keys *k) {
    const struct person_keys_options *o = &k->options;
    k->unseal = memory_get(o->reader_count * sizeof(*k->unseal));
    for (size_t i = 0; i < o->reader_count; i++) {
        struct buf secret = { 0 };
        char *name = text_format("%s.unseal", o->readers[i]);
        enum error e = secret_load(o->disk, o->dir, name, &secret);
        if (!e && secret.len != SEAL_KEY_BYTES)
            e = fail(E_config, "%s/%s is no key of %d bytes", o->dir, name, SEAL_KEY_BYTES);
        if (!e)
            memcpy(k->unseal[i], secret.data, SEAL_KEY_BYTES);
        secret_forget(secret.data, secret.len);
        buf_finish(&secret);
        free(name);
        TRY(e);
    }
    return E_ok;
}

static enum error header_check(struct person_keys *k) {
    struct buf first = { 0 };
    enum error e = disk_read_at(k->file, 0, &first, sizeof(header) - 1);
    if (!e && !bytes_is_text(buf_bytes(&first), header))
        e = fail(E_corrupt, "%s is no file of persons' keys", k->path);
    buf_finish(&first);
    return e;
}

static enum error lock_take(struct person_keys *k, struct file **out) {
    int64_t until_ms = clock_steady_ms(clock_real()) + LOCK_WAIT_MS;
    TRY(disk_open(k->options.disk, k->lock_path, DISK_CREATE, out));
    enum error e;
    do
        e = disk_lock(*out); /* whoever holds it does so for one write */
    while (e == E_locked && clock_steady_ms(clock_real()) < until_ms);
    if (e) {
        disk_close(*out);
        *out = NULL;
    }
    return e;
}

static enum error file_begin(struct person_keys *k) {
    uint8_t slot[PERSON_SLOT_BYTES] = { 0 };
    int64_t size;
    TRY(disk_size(k->file, &size));
    if (size)
        return E_ok;
    memcpy(slot, header, sizeof(header) - 1);
    TRY(disk_write_at(k->file, 0, bytes_of(slot, sizeof(slot))));
    TRY(disk_sync(k->file));
    return disk_sync_dir(k->options.disk, k->options.dir);
}

static enum error file_open(struct person_keys *k) {
    struct file *lock;
    TRY(disk_make_dir(k->options.disk, k->options.dir));
    TRY(lock_take(k, &lock));
    enum error e = disk_open(k->options.disk, k->path, DISK_CREATE, &k->file);
    if (!e)
        e = file_begin(k);
    disk_close(lock);
    return e ? e : header_check(k);
}

enum error person_keys_open(struct person_keys **out, const struct person_keys_options *options) {
    struct person_keys *k = memory_get(sizeof(*k));
    assert(options->self < options->reader_count);
    assert(options->reader_count <= PERSON_READERS_MAX);
    k->options = *options;
    k->path = text_format("%s/personal.keys", options->dir);
    k->lock_path = text_format("%s/personal.keys.lock", options->dir);
    k->read = 1;
    enum error e = file_open(k);
    if (!e)
        e = unseal_load(k);
    if (e) {
        fail_while("opening the keys of persons");
        person_keys_close(k);
        k = NULL;
    }
    *out = k;
    return e;
}

void person_keys_close(struct person_keys *k) {
    if (!k)
        return;
    disk_close(k->file);
    if (k->unseal)
        secret_forget(k->unseal, k->options.reader_count * sizeof(*k->unseal));
    table_finish(&k->slots);
    free(k->unseal);
    free(k->path);
    free(k->lock_path);
    free(k);
}

/* ---- the index */

static void slot_note(struct person_keys *k, int64_t number, const uint8_t *slot) {
    if (slot_is_whole(slot)) /* else nobody has been told of it */
        (void)table_put(&k->slots, bytes_of(slot + AT_PERSON, SHA256_BYTES),
                        (void *)(uintptr_t)number);
}

/* What others have added since; the file's end is where the next slot goes. */
static enum error index_read(struct person_keys *k) {
    struct buf slots = { 0 };
    int64_t size;
    TRY(disk_size(k->file, &size));
    int64_t end = (size + PERSON_SLOT_BYTES - 1) / PERSON_SLOT_BYTES;
    enum error e = E_ok;
    while (!e && k->read < end) {
        buf_clear(&slots);
        e = disk_read_at(k->file, k->read * PERSON_SLOT_BYTES, &slots,
                         (size_t)SLOTS_A_READ * PERSON_SLOT_BYTES);
        size_t count = slots.len / PERSON_SLOT_BYTES;
        k->unsynced |= count > 0; /* who wrote them may have died before the sync */
        for (size_t i = 0; i < count; i++)
            slot_note(k, k->read + (int64_t)i, slots.data + i * PERSON_SLOT_BYTES);
        k->read += count ? (int64_t)count : end - k->read; /* a torn one at the end is passed by */
    }
    buf_finish(&slots);
    return e;
}

static int64_t index_find(const struct person_keys *k, const uint8_t *person) {
    return (int64_t)(uintptr_t)table_find(&k->slots, bytes_of(person, SHA256_BYTES));
}

/* ---- keys */

static enum error slot_open(struct person_keys *k, const uint8_t *slot, struct person_key *out) {
    uint8_t self[NAME_BYTES];
    name_make(k->options.readers[k->options.self], self);
    for (size_t i = 0; i < PERSON_READERS_MAX; i++) {
        const uint8_t *reader = slot + AT_READERS + i * READER_BYTES;
        if (memcmp(reader, self, NAME_BYTES) == 0
            && key_unwrap(k->unseal[k->options.self], slot + AT_NONCE, reader + NAME_BYTES,
                          out->key))
            return E_ok;
    }
    return fail(E_refused, "a person's data is not sealed for %s",
                k->options.readers[k->options.self]);
}

static enum error key_read(struct person_keys *k, int64_t slot, struct person_key *out) {
    struct buf read = { 0 };
    out->slot = slot;
    enum error e = slot < 1 || slot > INT64_MAX / PERSON_SLOT_BYTES
                       ? fail(E_corrupt, "there is no such key of a person")
                       : disk_read_at(k->file, slot * PERSON_SLOT_BYTES, &read, PERSON_SLOT_BYTES);
    if (!e && read.len < PERSON_SLOT_BYTES)
        e = fail(E_corrupt, "there is no such key of a person");
    if (!e && !slot_is_whole(read.data))
        e = fail(E_corrupt, "a person's key is damaged");
    if (!e && read.data[AT_STATE] != THERE)
        e = fail(E_not_found, "the person was erased");
    if (!e)
        e = slot_open(k, read.data, out);
    buf_finish(&read);
    return e;
}

enum error person_keys_get(struct person_keys *k, int64_t slot, struct person_key *out) {
    struct file *lock;
    enum error e = key_read(k, slot, out);
    if (e != E_corrupt)
        return e;
    TRY(lock_take(k, &lock)); /* it may be being written */
    e = key_read(k, slot, out);
    disk_close(lock);
    return e;
}

static void slot_make(const struct person_keys *k, const uint8_t *person, uint8_t *slot,
                      struct person_key *out) {
    slot[AT_STATE] = THERE;
    memcpy(slot + AT_PERSON, person, SHA256_BYTES);
    random_system(slot + AT_NONCE, SEAL_NONCE_BYTES);
    random_system(out->key, SEAL_KEY_BYTES);
    for (size_t i = 0; i < k->options.reader_count; i++) {
        uint8_t *reader = slot + AT_READERS + i * READER_BYTES;
        name_make(k->options.readers[i], reader);
        key_wrap(k->unseal[i], slot + AT_NONCE, out->key, reader + NAME_BYTES);
    }
}

/* Neither a key that was destroyed nor one that rotted is any more: there is another one then. */
static bool key_is_wanted(enum error e) {
    return e == E_not_found || e == E_corrupt;
}

/* Under the lock. */
static enum error key_make(struct person_keys *k, const uint8_t *person, struct person_key *out) {
    uint8_t slot[PERSON_SLOT_BYTES] = { 0 };
    TRY(index_read(k));
    int64_t number = index_find(k, person);
    enum error e = number ? key_read(k, number, out) : E_not_found;
    if (!key_is_wanted(e))
        return e;
    out->slot = k->read;
    slot_make(k, person, slot, out);
    TRY(slot_write(k, out->slot, slot));
    slot_note(k, k->read++, slot);
    CRASH_POINT(person_key_made);
    return E_ok;
}

enum error person_keys_take(struct person_keys *k, struct bytes person, struct person_key *out) {
    uint8_t digest[SHA256_BYTES];
    struct file *lock;
    sha256(person, digest);
    int64_t number = index_find(k, digest);
    enum error e = number ? key_read(k, number, out) : E_not_found;
    if (!key_is_wanted(e))
        return e;
    TRY(lock_take(k, &lock));
    e = key_make(k, digest, out);
    disk_close(lock);
    return e;
}

enum error person_keys_sync(struct person_keys *k) {
    if (!k->unsynced)
        return E_ok;
    TRY(disk_sync(k->file));
    k->unsynced = false;
    return E_ok;
}

/* ---- destroying */

/* Every slot the person ever had: the index knows the newest alone. What is destroyed already is
 * written again, so that the sync is of it too: who did it may have died, or failed, before that.
 */
static enum error destroy_all(struct person_keys *k, const uint8_t *person, size_t *count) {
    struct buf read = { 0 };
    int64_t size;
    TRY(disk_size(k->file, &size));
    enum error e = E_ok;
    for (int64_t n = 1; !e && (n + 1) * PERSON_SLOT_BYTES <= size; n++) {
        buf_clear(&read);
        e = disk_read_at(k->file, n * PERSON_SLOT_BYTES, &read, PERSON_SLOT_BYTES);
        if (e || memcmp(read.data + AT_PERSON, person, SHA256_BYTES) != 0)
            continue;
        *count += read.data[AT_STATE] != DESTROYED;
        memset(read.data + AT_NONCE, 0, AT_SUM - AT_NONCE);
        read.data[AT_STATE] = DESTROYED;
        e = slot_write(k, n, read.data);
    }
    buf_finish(&read);
    return e;
}

enum error person_keys_destroy(struct person_keys *k, struct bytes person, size_t *count) {
    uint8_t digest[SHA256_BYTES];
    struct file *lock;
    *count = 0;
    sha256(person, digest);
    TRY(lock_take(k, &lock));
    enum error e = destroy_all(k, digest, count);
    if (!e)
        e = person_keys_sync(k);
    disk_close(lock);
    return e;
}
