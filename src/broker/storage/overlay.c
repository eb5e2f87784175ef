/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The overlay. A name that was written, renamed or removed has a node: where its bytes below are,
 * how many of them still count, and the pieces written over them, the later one on top. A piece
 * that goes on where the last one ended is added to it, so a log that is replayed makes one piece.
 */
#include "overlay.h"

#include "base/check.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

struct piece {
    int64_t at;
    struct buf bytes;
};

struct node {
    char *below; /* path of its bytes below; NULL: it has none there */
    int64_t below_bytes;
    int64_t size;
    struct piece *pieces;
    size_t piece_count;
    bool is_gone, is_dir;
};

struct overlay {
    struct disk disk;
    struct disk *below;
    struct table nodes; /* path -> struct node */
    struct node **all;
    size_t count;
};

struct overlay_file {
    struct file file;
    struct node *node;
    struct file *below; /* to read it; NULL: nothing is there */
    struct file *lock;
};

static struct overlay *overlay_of(struct disk *d) {
    return (struct overlay *)d;
}

static struct overlay_file *mine(struct file *f) {
    return (struct overlay_file *)f;
}

static struct node *node_add(struct overlay *o, const char *path) {
    struct node *n = memory_get(sizeof(*n));
    o->all = memory_resize(o->all, (o->count + 1) * sizeof(struct node *));
    o->all[o->count++] = n;
    (void)table_put(&o->nodes, bytes_text(path), n);
    return n;
}

/* The node of a name that is there, above or below; NULL: it is not. */
static enum error node_get(struct overlay *o, const char *path, struct node **out) {
    struct file *f;
    *out = table_find(&o->nodes, bytes_text(path));
    if (*out) {
        *out = (*out)->is_gone ? NULL : *out;
        return E_ok;
    }
    enum error e = disk_open(o->below, path, DISK_READ, &f);
    if (e)
        return e == E_not_found ? E_ok : e;
    struct node *n = node_add(o, path);
    n->below = text_copy(path);
    e = disk_size(f, &n->below_bytes);
    n->size = n->below_bytes;
    disk_close(f);
    *out = n;
    return e;
}

static void node_empty(struct node *n) {
    for (size_t i = 0; i < n->piece_count; i++)
        buf_finish(&n->pieces[i].bytes);
    n->piece_count = 0;
    n->below_bytes = n->size = 0;
}

static enum error overlay_open(struct disk *d, const char *path, enum disk_open_how how,
                               struct file **out) {
    struct overlay *o = overlay_of(d);
    struct node *n;
    TRY(node_get(o, path, &n));
    if (!n && (how == DISK_READ || how == DISK_WRITE))
        return fail(E_not_found, "%s", path);
    if (!n)
        n = node_add(o, path);
    if (how == DISK_CREATE_EMPTY)
        node_empty(n);
    struct overlay_file *f = memory_get(sizeof(*f));
    *f = (struct overlay_file){ .file = { d, text_copy(path) }, .node = n };
    enum error e = n->below ? disk_open(o->below, n->below, DISK_READ, &f->below) : E_ok;
    *out = &f->file;
    if (e) {
        free(f->file.path);
        free(f);
    }
    return e;
}

static void overlay_close(struct file *f) {
    disk_close(mine(f)->below);
    disk_close(mine(f)->lock);
    free(f->path);
    free(f);
}

static void lay_over(const struct piece *piece, int64_t position, uint8_t *to, int64_t len) {
    int64_t begin = piece->at > position ? piece->at : position;
    int64_t end = piece->at + (int64_t)piece->bytes.len;
    end = end < position + len ? end : position + len;
    if (begin < end)
        memcpy(to + (begin - position), piece->bytes.data + (begin - piece->at),
               (size_t)(end - begin));
}

static enum error overlay_read_at(struct file *f, int64_t position, struct buf *to, size_t len) {
    const struct node *n = mine(f)->node;
    int64_t left = n->size - position, wanted = left < (int64_t)len ? left : (int64_t)len;
    size_t begin = to->len;
    if (wanted <= 0)
        return E_ok;
    int64_t below = n->below_bytes - position;
    below = below < 0 ? 0 : below < wanted ? below : wanted;
    if (below && mine(f)->below)
        TRY(disk_read_at(mine(f)->below, position, to, (size_t)below));
    size_t missing = begin + (size_t)wanted - to->len;
    if (missing)
        memset(buf_extend(to, missing), 0, missing);
    for (size_t i = 0; i < n->piece_count; i++)
        lay_over(&n->pieces[i], position, to->data + begin, wanted);
    return E_ok;
}

static enum error overlay_write_at(struct file *f, int64_t position, struct bytes bytes) {
    struct node *n = mine(f)->node;
    struct piece *last = n->piece_count ? &n->pieces[n->piece_count - 1] : NULL;
    if (!last || last->at + (int64_t)last->bytes.len != position) {
        n->pieces = memory_resize(n->pieces, (n->piece_count + 1) * sizeof(*n->pieces));
        last = &n->pieces[n->piece_count++];
        *last = (struct piece){ .at = position };
    }
    buf_put_bytes(&last->bytes, bytes);
    int64_t end = position + (int64_t)bytes.len;
    n->size = end > n->size ? end : n->size;
    return E_ok;
}

static enum error overlay_truncate(struct file *f, int64_t size) {
    struct node *n = mine(f)->node;
    size_t kept = 0;
    for (size_t i = 0; i < n->piece_count; i++) {
        struct piece *p = &n->pieces[i];
        if (p->at >= size) {
            buf_finish(&p->bytes);
            continue;
        }
        if (p->at + (int64_t)p->bytes.len > size)
            p->bytes.len = (size_t)(size - p->at);
        n->pieces[kept++] = *p;
    }
    n->piece_count = kept;
    n->below_bytes = n->below_bytes < size ? n->below_bytes : size;
    n->size = size;
    return E_ok;
}

static enum error overlay_sync(struct file *f) {
    (void)f;
    return E_ok;
}

static enum error overlay_size(struct file *f, int64_t *out) {
    *out = mine(f)->node->size;
    return E_ok;
}

static enum error overlay_lock(struct file *f) {
    struct overlay *o = overlay_of(f->disk);
    if (!mine(f)->node->below)
        return E_ok;
    TRY(disk_open(o->below, mine(f)->node->below, DISK_WRITE, &mine(f)->lock));
    return disk_lock(mine(f)->lock);
}

static enum error overlay_is_at(struct file *f, const char *path, bool *out) {
    struct node *n;
    TRY(node_get(overlay_of(f->disk), path, &n));
    *out = n == mine(f)->node;
    return E_ok;
}

static void forget_name(struct overlay *o, const char *path) {
    node_add(o, path)->is_gone = true;
}

static enum error overlay_rename(struct disk *d, const char *from, const char *to) {
    struct overlay *o = overlay_of(d);
    struct node *n;
    TRY(node_get(o, from, &n));
    if (!n)
        return fail(E_io, "rename %s to %s: it is missing", from, to);
    (void)table_put(&o->nodes, bytes_text(to), n);
    forget_name(o, from);
    return E_ok;
}

static enum error overlay_unlink(struct disk *d, const char *path) {
    struct node *n;
    TRY(node_get(overlay_of(d), path, &n));
    if (!n)
        return fail(E_not_found, "%s", path);
    forget_name(overlay_of(d), path);
    return E_ok;
}

static enum error overlay_exists(struct disk *d, const char *path, bool *out) {
    const struct node *n = table_find(&overlay_of(d)->nodes, bytes_text(path));
    *out = n && !n->is_gone;
    return n ? E_ok : disk_exists(overlay_of(d)->below, path, out);
}

static enum error overlay_rename_new(struct disk *d, const char *from, const char *to) {
    bool exists;
    TRY(overlay_exists(d, to, &exists));
    return exists ? fail(E_exists, "rename %s to %s: it is there", from, to)
                  : overlay_rename(d, from, to);
}

/* What is not ours in it stays below: here it is gone. */
static enum error overlay_remove_dir(struct disk *d, const char *path) {
    forget_name(overlay_of(d), path);
    return E_ok;
}

static enum error overlay_make_dir(struct disk *d, const char *path) {
    bool exists;
    TRY(overlay_exists(d, path, &exists));
    if (!exists)
        node_add(overlay_of(d), path)->is_dir = true;
    return E_ok;
}

static enum error overlay_sync_dir(struct disk *d, const char *path) {
    (void)d;
    (void)path;
    return E_ok;
}

struct listing {
    struct overlay *overlay;
    const char *dir;
    disk_on_name *on_name;
    void *context;
};

static void list_below(void *context, const char *name) {
    struct listing *l = context;
    char *path = text_format("%s/%s", l->dir, name);
    if (!table_find(&l->overlay->nodes, bytes_text(path)))
        l->on_name(l->context, name);
    free(path);
}

static void list_above(struct listing *l) {
    size_t at = 0, len = strlen(l->dir);
    struct bytes key;
    void *node;
    while (table_next(&l->overlay->nodes, &at, &key, &node)) {
        char *path = text_copy_bytes(key);
        bool is_in =
            strncmp(path, l->dir, len) == 0 && path[len] == '/' && !strchr(path + len + 1, '/');
        if (is_in && !((struct node *)node)->is_gone)
            l->on_name(l->context, path + len + 1);
        free(path);
    }
}

static enum error overlay_list(struct disk *d, const char *path, disk_on_name *on_name,
                               void *context) {
    struct listing l = { overlay_of(d), path, on_name, context };
    bool exists;
    TRY(disk_exists(l.overlay->below, path, &exists));
    if (exists)
        TRY(disk_list(l.overlay->below, path, list_below, &l));
    list_above(&l);
    return E_ok;
}

struct disk *overlay_create(struct disk *below) {
    struct overlay *o = memory_get(sizeof(*o));
    o->below = below;
    o->disk = (struct disk){
        .open = overlay_open,
        .close = overlay_close,
        .read_at = overlay_read_at,
        .write_at = overlay_write_at,
        .sync = overlay_sync,
        .truncate = overlay_truncate,
        .size = overlay_size,
        .lock = overlay_lock,
        .is_at = overlay_is_at,
        .rename = overlay_rename,
        .rename_new = overlay_rename_new,
        .unlink = overlay_unlink,
        .remove_dir = overlay_remove_dir,
        .make_dir = overlay_make_dir,
        .sync_dir = overlay_sync_dir,
        .list = overlay_list,
        .exists = overlay_exists,
    };
    return &o->disk;
}

void overlay_destroy(struct disk *d) {
    struct overlay *o = overlay_of(d);
    if (!d)
        return;
    for (size_t i = 0; i < o->count; i++) {
        node_empty(o->all[i]);
        free(o->all[i]->pieces);
        free(o->all[i]->below);
        free(o->all[i]);
    }
    free(o->all);
    table_finish(&o->nodes);
    free(o);
}
