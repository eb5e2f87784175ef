/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The way of a file, and what each error on it means. */
#include "deliver/discipline.h"

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/random.h"
#include "values/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 256 << 10, DRAWN_BYTES = 6, DONE_BYTES_MAX = 400 };

/* ---- what lies there */

static enum error there_hash(struct delivery *d, const char *name, int64_t bytes,
                             char hex[DELIVERY_SHA_CHARS + 1]) {
    uint8_t digest[SHA256_BYTES];
    struct sha256_running *running = sha256_begin();
    struct buf piece = { 0 };
    enum error e = E_ok;
    for (int64_t at = 0; at < bytes && !e; at += (int64_t)piece.len) {
        buf_clear(&piece);
        e = d->kind->read(d->partner, name, at, &piece, PIECE_BYTES);
        if (!e && piece.len == 0)
            e = fail(E_io, "%s became shorter while it was read", name);
        if (!e)
            sha256_add(running, buf_bytes(&piece));
    }
    buf_finish(&piece);
    sha256_end(running, digest);
    sha256_hex(digest, hex);
    return e;
}

enum lies { LIES_NOTHING, LIES_OURS, LIES_ANOTHER };

static enum error name_look(struct delivery *d, const char *name, enum lies *out) {
    char hex[DELIVERY_SHA_CHARS + 1];
    int64_t bytes;
    *out = LIES_NOTHING;
    TRY(d->kind->size(d->partner, name, &bytes));
    if (bytes < 0)
        return E_ok;
    *out = LIES_ANOTHER;
    if (d->bytes >= 0 && bytes != d->bytes)
        return E_ok;
    TRY(d->kind->hash ? d->kind->hash(d->partner, name, hex) : there_hash(d, name, bytes, hex));
    if (strcmp(hex, d->sha256) == 0)
        *out = LIES_OURS;
    return E_ok;
}

static enum error another_lies(const char *name) {
    enum error e = fail(E_exists, "%s is there with other content", name);
    fail_try("ask the partner what it is; have it moved away, or send under another name");
    return e;
}

/* ---- temporary names */

static char *part_name(const struct delivery *d) {
    uint8_t drawn[DRAWN_BYTES];
    char hex[2 * DRAWN_BYTES + 1];
    random_system(drawn, sizeof(drawn));
    for (size_t i = 0; i < DRAWN_BYTES; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", drawn[i]);
    return text_format(".%s.%s.part", d->name, hex);
}

/* The names are kept first: a list may not like to lose what it is about to tell. */
struct left {
    const struct delivery *delivery;
    char *names[64];
    size_t count;
};

static bool is_part_of(const char *name, const char *wanted) {
    static const char ending[] = ".part";
    size_t len = strlen(wanted), tail = 1 + (size_t)2 * DRAWN_BYTES + sizeof(ending) - 1;
    return name[0] == '.' && strncmp(name + 1, wanted, len) == 0 && name[1 + len] == '.'
           && strlen(name) == 1 + len + tail
           && strcmp(name + strlen(name) - (sizeof(ending) - 1), ending) == 0;
}

static void on_name(void *context, const char *name) {
    struct left *left = context;
    if (left->count < sizeof(left->names) / sizeof(*left->names)
        && is_part_of(name, left->delivery->name))
        left->names[left->count++] = text_copy(name);
}

static enum error parts_remove(struct delivery *d) {
    struct left left = { .delivery = d };
    if (d->kind->put)
        return E_ok;
    enum error e = d->kind->list(d->partner, on_name, &left);
    for (size_t i = 0; i < left.count; i++) {
        enum error removed = e ? E_ok : d->kind->remove(d->partner, left.names[i]);
        if (removed && removed != E_not_found)
            e = removed;
        free(left.names[i]);
    }
    return e;
}

/* ---- sending */

/* Piece by piece from our own file, whose digest is checked on the way: what is not what was
 * announced is never seen under its name. */
static enum error pieces_send(struct delivery *d, struct file *from, struct sha256_running *running,
                              int64_t *sent) {
    struct buf piece = { 0 };
    enum error e = E_ok;
    *sent = 0;
    do {
        buf_clear(&piece);
        e = disk_read_at(from, *sent, &piece, PIECE_BYTES);
        if (!e && piece.len) {
            sha256_add(running, buf_bytes(&piece));
            e = d->kind->append(d->partner, buf_bytes(&piece));
            *sent += (int64_t)piece.len;
        }
    } while (!e && piece.len);
    buf_finish(&piece);
    return e;
}

static enum error content_send(struct delivery *d, const char *part) {
    char hex[DELIVERY_SHA_CHARS + 1];
    uint8_t digest[SHA256_BYTES];
    struct file *from;
    int64_t sent, lies;
    TRY_WHILE(disk_open(d->from, d->path, DISK_READ, &from), "opening the file to deliver");
    struct sha256_running *running = sha256_begin();
    enum error e = d->kind->create(d->partner, part);
    if (!e)
        e = pieces_send(d, from, running, &sent);
    disk_close(from);
    sha256_end(running, digest);
    TRY(e);
    sha256_hex(digest, hex);
    if (strcmp(hex, d->sha256) != 0 || (d->bytes >= 0 && sent != d->bytes))
        return fail(E_corrupt, "%s is not what was announced: its SHA-256 is %s", d->path, hex);
    TRY(d->kind->seal(d->partner));
    TRY(d->kind->size(d->partner, part, &lies));
    return lies == sent
               ? E_ok
               : fail(E_io, "%s has %" PRId64 " bytes, %" PRId64 " were sent", part, lies, sent);
}

static enum error time_check(const struct delivery *d) {
    if (clock_steady_ns(clock_real()) <= d->deadline_ns)
        return E_ok;
    return fail(E_timed_out, "%s was not delivered within the edge's timeout", d->name);
}

/* An error of a rename may be the loss of its answer. */
static enum error part_rename(struct delivery *d, const char *part) {
    enum lies lies;
    TRY(time_check(d));
    CRASH_POINT(deliver_before_rename);
    enum error e = d->kind->rename_new(d->partner, part, d->name);
    if (!e)
        return E_ok;
    if (e == E_network || e == E_timed_out)
        return e; /* nobody to ask just now: the next attempt looks */
    TRY(name_look(d, d->name, &lies));
    if (lies == LIES_OURS)
        return E_ok;
    return lies == LIES_ANOTHER ? another_lies(d->name)
                                : fail(E_busy, "%s could not be renamed to %s", part, d->name);
}

/* ---- where there is no rename: all of it in one request */

struct whole {
    struct delivery *delivery;
    struct file *from;
    struct bytes text; /* instead of a file: a done-file's content */
    struct sha256_running *running;
    int64_t at, bytes;
};

static enum error whole_check(struct whole *w) {
    uint8_t digest[SHA256_BYTES];
    char hex[DELIVERY_SHA_CHARS + 1];
    sha256_end(w->running, digest);
    w->running = NULL;
    sha256_hex(digest, hex);
    if (strcmp(hex, w->delivery->sha256) != 0)
        return fail(E_corrupt, "%s is not what was announced: its SHA-256 is %s", w->delivery->path,
                    hex);
    CRASH_POINT(deliver_before_rename);
    return time_check(w->delivery);
}

static enum error whole_read(void *context, struct buf *append_to, size_t most) {
    struct whole *w = context;
    size_t before = append_to->len;
    if (w->from) {
        TRY(time_check(w->delivery));
        TRY(disk_read_at(w->from, w->at, append_to, most));
    } else {
        buf_put_bytes(append_to, bytes_part(w->text, (size_t)w->at, w->text.len - (size_t)w->at));
    }
    struct bytes piece = bytes_part(buf_bytes(append_to), before, append_to->len - before);
    if (w->running)
        sha256_add(w->running, piece);
    w->at += (int64_t)piece.len;
    if (w->at > w->bytes || (!piece.len && w->at < w->bytes))
        return fail(E_corrupt, "%s changed while it was read", w->delivery->path);
    return w->at == w->bytes && w->running ? whole_check(w) : E_ok;
}

/* A name that is taken may be ours, from a request whose answer was lost. */
static enum error whole_put(struct delivery *d) {
    struct whole w = { .delivery = d, .running = sha256_begin() };
    struct partner_content content = { .sha256 = d->sha256, .read = whole_read, .context = &w };
    enum lies lies;
    enum error e = disk_open(d->from, d->path, DISK_READ, &w.from);
    if (!e)
        e = disk_size(w.from, &w.bytes);
    if (!e && d->bytes >= 0 && w.bytes != d->bytes)
        e = fail(E_corrupt, "%s is not what was announced: it has %" PRId64 " bytes", d->path,
                 w.bytes);
    if (!e && w.bytes == 0)
        e = whole_check(&w);
    content.bytes = w.bytes;
    if (!e)
        e = d->kind->put(d->partner, d->name, &content);
    sha256_forget(w.running);
    disk_close(w.from);
    if (e != E_exists)
        return e;
    TRY(name_look(d, d->name, &lies));
    if (lies == LIES_OURS)
        return E_ok;
    return lies == LIES_ANOTHER ? another_lies(d->name)
                                : fail(E_busy, "%s was there, and is gone", d->name);
}

static enum error text_put(struct delivery *d, const char *name, struct bytes text) {
    uint8_t digest[SHA256_BYTES];
    char hex[DELIVERY_SHA_CHARS + 1];
    struct whole w = { .delivery = d, .text = text, .bytes = (int64_t)text.len };
    struct partner_content content = { w.bytes, hex, whole_read, &w };
    sha256(text, digest);
    sha256_hex(digest, hex);
    return d->kind->put(d->partner, name, &content);
}

static enum error file_put(struct delivery *d) {
    if (d->kind->put)
        return whole_put(d);
    char *part = part_name(d);
    enum error e = content_send(d, part);
    if (!e)
        e = part_rename(d, part);
    if (e && e != E_network && e != E_timed_out)
        (void)!d->kind->remove(d->partner, part); /* if it can: the next attempt does, too */
    free(part);
    return e;
}

/* ---- the done-file */

static enum error done_put(struct delivery *d, const char *name, struct bytes content) {
    struct delivery done = *d;
    char *part;
    if (d->kind->put)
        return text_put(d, name, content);
    done.name = name;
    part = part_name(&done);
    enum error e = parts_remove(&done);
    if (!e)
        e = d->kind->create(d->partner, part);
    if (!e)
        e = d->kind->append(d->partner, content);
    if (!e)
        e = d->kind->seal(d->partner);
    if (!e)
        e = d->kind->rename_new(d->partner, part, name);
    if (e && e != E_network && e != E_timed_out)
        (void)!d->kind->remove(d->partner, part);
    free(part);
    return e;
}

static void done_describe(const struct delivery *d, char *name, char *content) {
    (void)snprintf(name, DONE_BYTES_MAX, "%s.done", d->name);
    (void)snprintf(content, DONE_BYTES_MAX, "%s  %s\n", d->sha256, d->name);
}

static enum error done_look(struct delivery *d, enum lies *out) {
    char name[DONE_BYTES_MAX], content[DONE_BYTES_MAX];
    struct buf there = { 0 };
    int64_t bytes;
    *out = LIES_OURS;
    if (d->no_done)
        return E_ok;
    done_describe(d, name, content);
    TRY(d->kind->size(d->partner, name, &bytes));
    *out = bytes < 0 ? LIES_NOTHING : LIES_ANOTHER;
    if (bytes != (int64_t)strlen(content))
        return E_ok;
    enum error e = d->kind->read(d->partner, name, 0, &there, DONE_BYTES_MAX);
    if (!e && bytes_is_text(buf_bytes(&there), content))
        *out = LIES_OURS;
    buf_finish(&there);
    return e;
}

static enum error done_make(struct delivery *d) {
    char name[DONE_BYTES_MAX], content[DONE_BYTES_MAX];
    enum lies lies;
    TRY(done_look(d, &lies));
    if (lies == LIES_OURS)
        return E_ok;
    done_describe(d, name, content);
    if (lies == LIES_ANOTHER)
        return another_lies(name);
    enum error e = done_put(d, name, bytes_text(content));
    if (!e)
        return E_ok;
    enum error looked = done_look(d, &lies);
    if (!looked && lies == LIES_OURS)
        return E_ok;
    return e == E_exists && !looked && lies == LIES_NOTHING
               ? fail(E_busy, "%s was there, and is gone", name)
               : e;
}

static enum error done_remove(struct delivery *d) {
    char name[DONE_BYTES_MAX], content[DONE_BYTES_MAX];
    done_describe(d, name, content);
    enum error e = d->kind->remove(d->partner, name);
    return e == E_not_found ? E_ok : e;
}

/* ---- the whole way */

/* A done-file that is there, with the file gone: the partner has taken it. */
static enum error state_look(struct delivery *d, enum lies *file, enum lies *done) {
    TRY(name_look(d, d->name, file));
    return done_look(d, done);
}

enum error delivery_perform(struct delivery *d) {
    enum lies file, done;
    TRY(state_look(d, &file, &done));
    if (file == LIES_ANOTHER)
        return another_lies(d->name);
    if (done == LIES_OURS && !d->no_done && (file == LIES_OURS || !d->again))
        return E_ok;
    if (file == LIES_NOTHING) {
        if (done == LIES_OURS && !d->no_done)
            TRY(done_remove(d));
        TRY(parts_remove(d));
        TRY(file_put(d));
        TRY(d->kind->settle(d->partner));
    }
    CRASH_POINT(deliver_after_rename);
    TRY(done_make(d));
    TRY(d->kind->settle(d->partner));
    CRASH_POINT(deliver_after_done);
    return E_ok;
}

enum error delivery_look(struct delivery *d, bool *done) {
    enum lies file_lies, done_lies;
    TRY(state_look(d, &file_lies, &done_lies));
    *done = done_lies == LIES_OURS && file_lies != LIES_ANOTHER
            && (file_lies == LIES_OURS || (!d->no_done && !d->again));
    return E_ok;
}
