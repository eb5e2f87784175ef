/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The data directory: one owner (lock), one identity (octavo.meta), and the mark of a clean stop.
 *
 * octavo.meta is text, a line each: version=1, cluster.id= (22 characters, a random uuid in URL
 * base64), wal.seed= (8 hex digits, what the log's frame checksums begin with).
 * clean-stop says "lsn=N": the stop was clean and the checkpoint holds everything up to N, so a
 * start need not search the log. It is taken away before that; wal_recover syncs the directory
 * before it writes the first frame. */
#include "storage_state.h"

#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { META_VERSION = 1, META_BYTES_MAX = 4096 };

static char *path_in(const struct storage *s, const char *name) {
    return text_format("%s/%s", s->dir, name);
}

static char *parent_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return text_copy(".");
    return text_copy_bytes(bytes_of(path, slash == path ? 1 : (size_t)(slash - path)));
}

/* Makes the directories above, each durable in its parent. */
static enum error make_parents(struct disk *disk, const char *path) {
    char *parent = parent_of(path), *above = parent_of(parent);
    bool exists = true;
    enum error e = strchr(path, '/') > path ? disk_exists(disk, parent, &exists) : E_ok;
    if (!e && !exists)
        e = make_parents(disk, parent);
    if (!e && !exists)
        e = disk_make_dir(disk, parent);
    if (!e && !exists)
        e = disk_sync_dir(disk, above);
    free(parent);
    free(above);
    return e;
}

/* Before the identity is written the directory's own name is made durable, also when it is already
 * there: a first start that was killed may have left it. */
static enum error sync_parent(struct storage *s) {
    char *parent = parent_of(s->dir);
    enum error e = disk_sync_dir(s->disk, parent);
    free(parent);
    return e;
}

static enum error take_lock(struct storage *s) {
    char *path = path_in(s, "lock");
    enum error e = disk_open(s->disk, path, DISK_CREATE, &s->lock);
    if (!e)
        e = disk_lock(s->lock);
    free(path);
    if (e == E_locked)
        fail_try("stop the broker that has the directory, or give this one another");
    return e;
}

static void invent_identity(struct storage *s) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t uuid[16], seed[4];
    random_system(uuid, sizeof(uuid));
    random_system(seed, sizeof(seed));
    for (int i = 0; i < CLUSTER_ID_BYTES; i++) {
        int bit = i * 6, byte = bit / 8;
        int pair = uuid[byte] << 8 | (byte + 1 < 16 ? uuid[byte + 1] : 0);
        s->cluster_id[i] = digits[pair >> (10 - bit % 8) & 63];
    }
    memcpy(&s->seed, seed, sizeof(seed));
}

static enum error write_meta(struct storage *s, const char *path) {
    struct buf text = { 0 };
    invent_identity(s);
    buf_print(&text, "version=%d\ncluster.id=%s\nwal.seed=%08x\n", META_VERSION, s->cluster_id,
              s->seed);
    enum error e = disk_replace(s->disk, path, buf_bytes(&text));
    buf_finish(&text);
    return e;
}

static enum error parse_meta(struct storage *s, const char *path, const char *text) {
    int version = 0, end = 0;
    char id[CLUSTER_ID_BYTES + 1] = "";
    if (sscanf(text, "version=%d\n", &version) == 1 && version != META_VERSION)
        return fail(E_unsupported, "%s has format %d, this program reads %d", path, version,
                    META_VERSION);
    if (sscanf(text, "version=%d\ncluster.id=%22s\nwal.seed=%8x\n%n", &version, id, &s->seed, &end)
            != 3
        || strlen(id) != CLUSTER_ID_BYTES || !end || text[end])
        return fail(E_corrupt, "%s is not as it was written", path);
    memcpy(s->cluster_id, id, sizeof(id));
    return E_ok;
}

/* Is there anything that was written under an identity? */
static enum error find_use(struct storage *s, char **used) {
    static const char *const signs[] = { "checkpoint", "wal-00000000000000000001" };
    *used = NULL;
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]) && !*used; i++) {
        char *path = path_in(s, signs[i]);
        bool exists = false;
        enum error e = disk_exists(s->disk, path, &exists);
        if (exists)
            *used = path;
        else
            free(path);
        TRY(e);
    }
    return E_ok;
}

/* A directory that has lost its identity must not get a new one: its log could not be read. */
static enum error begin_identity(struct storage *s, const char *path) {
    char *used;
    TRY(find_use(s, &used));
    enum error e = used ? fail(E_corrupt, "%s is missing, but there is %s", path, used) : E_ok;
    if (e)
        fail_try("put it back, or the whole directory from a copy: it cannot be made again");
    free(used);
    TRY(e);
    TRY(sync_parent(s));
    return write_meta(s, path);
}

/* A first start that was killed may have left octavo.meta without a durable name. */
static enum error keep_identity(struct storage *s) {
    char *used;
    TRY(find_use(s, &used));
    bool is_new = !used;
    free(used);
    return is_new ? disk_sync_dir(s->disk, s->dir) : E_ok;
}

static enum error identify(struct storage *s) {
    struct buf text = { 0 };
    char *path = path_in(s, "octavo.meta");
    enum error e = disk_read_whole(s->disk, path, META_BYTES_MAX, &text);
    if (e == E_not_found) {
        e = begin_identity(s, path);
    } else if (!e) {
        e = parse_meta(s, path, buf_text(&text));
        if (!e)
            e = keep_identity(s);
    }
    buf_finish(&text);
    free(path);
    return e;
}

enum error directory_open(struct storage *s) {
    TRY(make_parents(s->disk, s->dir));
    TRY(disk_make_dir(s->disk, s->dir));
    TRY(take_lock(s));
    return identify(s);
}

enum error directory_take_clean(struct storage *s, lsn_t lsn, bool *is_clean) {
    struct buf text = { 0 };
    char *path = path_in(s, "clean-stop");
    unsigned long long said = 0;
    *is_clean = false;
    enum error e = disk_read_whole(s->disk, path, META_BYTES_MAX, &text);
    if (!e) {
        *is_clean = sscanf(buf_text(&text), "lsn=%llu\n", &said) == 1 && said == lsn;
        e = disk_unlink(s->disk, path);
    } else if (e == E_not_found) {
        e = E_ok;
    }
    buf_finish(&text);
    free(path);
    return e;
}

enum error directory_mark_clean(struct storage *s, lsn_t lsn) {
    struct buf text = { 0 };
    char *path = path_in(s, "clean-stop");
    buf_print(&text, "lsn=%llu\n", (unsigned long long)lsn);
    enum error e = disk_replace(s->disk, path, buf_bytes(&text));
    buf_finish(&text);
    free(path);
    return e;
}
