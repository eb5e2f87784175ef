/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Files of the archive: written in pieces of 256 KiB, hashed as they go. */
#include "extract/archive.h"

#include "base/crash_point.h"
#include "base/random.h"
#include "values/charset.h"
#include "values/digest.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 256 << 10, DRAWN_BYTES = 8 };

struct archive_file {
    struct disk *disk;
    char *run;
    char *part; /* its path while it is written */
    char *data; /* its path under its digest; NULL before */
    struct file *file;
    struct buf piece;
    struct charset *charset; /* NULL: UTF-8 */
    struct compress *compress;
    struct buf encoded, compressed;
    int64_t written;
    struct sha256_running *digest;
    bool published;
};

/* ---- looking */

static bool manifest_read(struct bytes text, struct archived *out) {
    struct json json;
    struct bytes sha256 = { 0 };
    if (json_read(&json, text))
        return false;
    bool good = json_get_int(&json, "rows", &out->rows) && json_get_int(&json, "bytes", &out->bytes)
                && json_get_text(&json, "sha256", &sha256) && sha256.len == ARCHIVE_SHA_CHARS;
    if (good)
        memcpy(out->sha256, sha256.data, ARCHIVE_SHA_CHARS);
    out->sha256[ARCHIVE_SHA_CHARS] = 0;
    json_finish(&json);
    return good;
}

enum error archive_look(struct disk *d, const char *run, bool *there, struct archived *out) {
    struct buf text = { 0 };
    char *path = text_format("%s/manifest.json", run);
    enum error e = disk_exists(d, path, there);
    if (!e && *there)
        e = disk_read_whole(d, path, ARCHIVE_MANIFEST_MAX, &text);
    if (!e && *there && !manifest_read(buf_bytes(&text), out))
        e = fail(E_corrupt, "archive: %s is no manifest", path);
    buf_finish(&text);
    free(path);
    return e;
}

/* ---- beginning */

struct sweeping {
    struct disk *disk;
    const char *run;
    enum error e;
};

static void on_name(void *context, const char *name) {
    struct sweeping *s = context;
    size_t len = strlen(name);
    if (len < 5 || strcmp(name + len - 5, ".part") != 0 || strncmp(name, "new-", 4) != 0)
        return;
    char *path = text_format("%s/%s", s->run, name);
    enum error e = disk_unlink(s->disk, path);
    if (e && e != E_not_found && !s->e)
        s->e = e;
    free(path);
}

static char *part_path(const char *run) {
    uint8_t drawn[DRAWN_BYTES];
    char hex[2 * DRAWN_BYTES + 1];
    random_system(drawn, sizeof(drawn));
    for (size_t i = 0; i < DRAWN_BYTES; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", drawn[i]);
    return text_format("%s/new-%s.part", run, hex);
}

static enum error stages_open(struct archive_file *f, const struct archive_options *options) {
    if (options && options->encoding.len)
        TRY(charset_open(&f->charset, options->encoding));
    return compress_open(&f->compress, options ? options->compress : COMPRESS_NONE);
}

enum error archive_begin(struct archive_file **out, struct disk *d, const char *run,
                         const struct archive_options *options) {
    struct sweeping sweeping = { d, run, E_ok };
    TRY(disk_make_dir(d, run));
    TRY(disk_sync_dir(d, "."));
    TRY(disk_list(d, run, on_name, &sweeping));
    TRY(sweeping.e);
    struct archive_file *f = memory_get(sizeof(*f));
    f->disk = d;
    f->run = text_copy(run);
    f->part = part_path(run);
    f->digest = sha256_begin();
    *out = f;
    TRY(stages_open(f, options));
    return disk_open(d, f->part, DISK_CREATE_EMPTY, &f->file);
}

/* ---- writing */

struct buf *archive_room(struct archive_file *f) {
    return &f->piece;
}

static enum error bytes_write(struct archive_file *f, struct bytes piece) {
    TRY(disk_write_at(f->file, f->written, piece));
    sha256_add(f->digest, piece);
    f->written += (int64_t)piece.len;
    return E_ok;
}

/* A piece ends between rows, and so between characters. */
static enum error piece_write(struct archive_file *f, bool last) {
    struct bytes piece = buf_bytes(&f->piece);
    buf_clear(&f->encoded);
    buf_clear(&f->compressed);
    if (f->charset) {
        TRY(charset_put(f->charset, piece, &f->encoded));
        piece = buf_bytes(&f->encoded);
    }
    TRY(compress_put(f->compress, piece, last, &f->compressed));
    TRY(bytes_write(f, buf_bytes(&f->compressed)));
    buf_clear(&f->piece);
    return E_ok;
}

enum error archive_flow(struct archive_file *f) {
    return f->piece.len >= PIECE_BYTES ? piece_write(f, false) : E_ok;
}

static enum error part_rename(struct archive_file *f, const char *data) {
    bool there = true;
    enum error e = disk_rename(f->disk, f->part, data);
    if (e && !disk_exists(f->disk, f->part, &there) && !there)
        return fail(E_busy, "archive: another owner of run %s has begun it anew", f->run);
    return e;
}

enum error archive_seal(struct archive_file *f, struct archived *out) {
    uint8_t digest[SHA256_BYTES];
    TRY(piece_write(f, true));
    sha256_end(f->digest, digest);
    f->digest = NULL;
    sha256_hex(digest, out->sha256);
    out->bytes = f->written;
    TRY(disk_sync(f->file));
    char *data = text_format("%s/%s.data", f->run, out->sha256);
    enum error e = part_rename(f, data);
    if (e) {
        free(data);
        return e;
    }
    f->data = data;
    TRY(disk_sync_dir(f->disk, f->run));
    CRASH_POINT(extract_after_file);
    return E_ok;
}

enum error archive_publish(struct archive_file *f, struct bytes manifest, struct archived *out) {
    struct archived theirs;
    bool there;
    char *path = text_format("%s/manifest.json", f->run);
    enum error e = disk_put_new(f->disk, path, manifest);
    free(path);
    if (e && e != E_exists)
        return e;
    if (!e) {
        f->published = true;
        CRASH_POINT(extract_after_manifest);
        return E_ok;
    }
    TRY(archive_look(f->disk, f->run, &there, &theirs));
    f->published = strcmp(theirs.sha256, out->sha256) == 0;
    *out = theirs;
    return E_ok;
}

/* Nothing is said of what cannot be taken away: the next who begins tries again. */
void archive_end(struct archive_file *f) {
    if (!f)
        return;
    disk_close(f->file);
    if (!f->published && f->file)
        (void)!disk_unlink(f->disk, f->data ? f->data : f->part);
    sha256_forget(f->digest);
    buf_finish(&f->piece);
    buf_finish(&f->encoded);
    buf_finish(&f->compressed);
    charset_close(f->charset);
    compress_close(f->compress);
    free(f->run);
    free(f->part);
    free(f->data);
    free(f);
}
