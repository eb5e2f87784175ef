/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The disk in memory. Every node holds two contents, `now` (what a read sees) and `kept` (what
 * surely survives), and the changes between them in order; the names likewise. A sync folds the
 * changes into `kept`; a crash folds a random subset of them and forgets the rest. */
#include "base/memory_disk_state.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct memory_file {
    struct file file;
    struct node *node;
    bool holds_lock;
};

static struct memory_disk *disk_of(struct disk *d) {
    return (struct memory_disk *)d;
}

static struct node *node_of(struct file *f) {
    return ((struct memory_file *)f)->node;
}

static struct node *find_node(const struct table *names, const char *path) {
    return table_find(names, bytes_text(path));
}

/* What an operation may do before it returns its error. */
enum outcome { DO_ALL, DO_HALF, DO_NOTHING };

static bool fault_hits(struct memory_disk *m, enum memory_disk_op op, const char *path) {
    struct memory_disk_fault *f = &m->fault;
    if (!f->nth || f->op != op || (f->path_part && !strstr(path, f->path_part)))
        return false;
    if (f->nth > 1) {
        f->nth--;
        return false;
    }
    f->nth = f->lasting;
    return true;
}

/* Counts the operation; on an error `outcome` says how much of it happens all the same. */
static enum error gate(struct memory_disk *m, enum memory_disk_op op, const char *path,
                       enum outcome *outcome) {
    *outcome = DO_NOTHING;
    if (m->is_off)
        return fail(E_io, "%s: the power is off", path);
    if (op >= MEMORY_DISK_CREATE && m->operations++ == m->off_after) {
        m->is_off = true;
        *outcome = op == MEMORY_DISK_SYNC || op == MEMORY_DISK_SYNC_DIR ? DO_NOTHING : DO_ALL;
        return fail(E_io, "%s: the power goes off", path);
    }
    if (fault_hits(m, op, path)) {
        *outcome = DO_HALF;
        return fail(m->fault.error, "%s: an injected fault", path);
    }
    *outcome = DO_ALL;
    return E_ok;
}

/* Contents. */

void node_content_write(struct buf *content, int64_t position, struct bytes data) {
    size_t end = (size_t)position + data.len;
    if (content->len < end) {
        size_t more = end - content->len;
        memset(buf_extend(content, more), 0, more);
    }
    if (data.len)
        memcpy(content->data + position, data.data, data.len);
}

void node_content_truncate(struct buf *content, int64_t size) {
    size_t wanted = (size_t)size;
    if (wanted <= content->len)
        content->len = wanted;
    else
        memset(buf_extend(content, wanted - content->len), 0, wanted - content->len);
}

struct change *node_change_add(struct node *n, int64_t position) {
    n->changes = memory_resize(n->changes, (n->change_count + 1) * sizeof(*n->changes));
    struct change *c = &n->changes[n->change_count++];
    *c = (struct change){ .position = position };
    return c;
}

void node_changes_forget(struct node *n) {
    for (size_t i = 0; i < n->change_count; i++)
        buf_finish(&n->changes[i].data);
    free(n->changes);
    n->changes = NULL;
    n->change_count = 0;
}

static void changes_keep(struct node *n) {
    for (size_t i = 0; i < n->change_count; i++) {
        struct change *c = &n->changes[i];
        if (c->truncates)
            node_content_truncate(&n->kept, c->position);
        else
            node_content_write(&n->kept, c->position, buf_bytes(&c->data));
    }
    node_changes_forget(n);
}

/* Names. */

static char *parent_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? text_copy_bytes(bytes_of(path, (size_t)(slash - path))) : text_copy(".");
}

static bool parent_is(const char *path, const char *dir) {
    char *parent = parent_of(path);
    bool same = strcmp(parent, dir) == 0;
    free(parent);
    return same;
}

void name_change_apply(struct table *names, const struct name_change *c) {
    if (c->from)
        (void)table_remove(names, bytes_text(c->from));
    if (c->node)
        (void)table_put(names, bytes_text(c->path), c->node);
    else
        (void)table_remove(names, bytes_text(c->path));
}

static void name_change_finish(struct name_change *c) {
    free(c->from);
    free(c->path);
}

void memory_disk_name_add(struct memory_disk *m, const char *from, const char *path,
                          struct node *node) {
    size_t count = ++m->name_change_count;
    m->name_changes = memory_resize(m->name_changes, count * sizeof(*m->name_changes));
    m->name_changes[count - 1] =
        (struct name_change){ from ? text_copy(from) : NULL, text_copy(path), node };
    name_change_apply(&m->now, &m->name_changes[count - 1]);
}

struct node *memory_disk_node_add(struct memory_disk *m, bool is_dir) {
    struct node *n = memory_get(sizeof(*n));
    n->is_dir = is_dir;
    m->nodes = memory_resize(m->nodes, (m->node_count + 1) * sizeof(*m->nodes));
    m->nodes[m->node_count++] = n;
    return n;
}

bool name_has_parent(const struct table *names, const char *path) {
    char *parent = parent_of(path);
    struct node *dir = find_node(names, parent);
    bool has = strcmp(parent, ".") == 0 || !*parent || (dir && dir->is_dir);
    free(parent);
    return has;
}

/* The disk interface. */

static enum error open_new(struct memory_disk *m, const char *path, struct node **out) {
    enum outcome outcome;
    if (!name_has_parent(&m->now, path))
        return fail(E_io, "open %s: its directory is missing", path);
    enum error e = gate(m, MEMORY_DISK_CREATE, path, &outcome);
    if (outcome == DO_ALL) {
        *out = memory_disk_node_add(m, false);
        memory_disk_name_add(m, NULL, path, *out);
    }
    return e;
}

static enum error memory_truncate_node(struct memory_disk *m, struct node *n, const char *path,
                                       int64_t size) {
    enum outcome outcome;
    enum error e = gate(m, MEMORY_DISK_TRUNCATE, path, &outcome);
    if (outcome == DO_ALL) {
        node_content_truncate(&n->now, size);
        node_change_add(n, size)->truncates = true;
    }
    return e;
}

static enum error memory_open(struct disk *d, const char *path, enum disk_open_how how,
                              struct file **out) {
    struct memory_disk *m = disk_of(d);
    struct node *n = find_node(&m->now, path);
    enum outcome outcome;
    if (!n && (how == DISK_READ || how == DISK_WRITE))
        return m->is_off ? fail(E_io, "%s: the power is off", path) : fail(E_not_found, "%s", path);
    if (!n)
        TRY(open_new(m, path, &n));
    else
        TRY(gate(m, MEMORY_DISK_OPEN, path, &outcome));
    assert(n);
    if (n->is_dir)
        return fail(E_io, "open %s: it is a directory", path);
    if (how == DISK_CREATE_EMPTY && n->now.len)
        TRY(memory_truncate_node(m, n, path, 0));
    struct memory_file *f = memory_get(sizeof(*f));
    *f = (struct memory_file){ { d, text_copy(path) }, n, false };
    n->open_count++;
    *out = &f->file;
    return E_ok;
}

static void memory_close(struct file *f) {
    struct memory_file *mine = (struct memory_file *)f;
    mine->node->open_count--;
    if (mine->holds_lock)
        mine->node->locked = false;
    free(f->path);
    free(mine);
}

static enum error memory_read_at(struct file *f, int64_t position, struct buf *to, size_t len) {
    struct node *n = node_of(f);
    enum outcome outcome;
    TRY(gate(disk_of(f->disk), MEMORY_DISK_READ, f->path, &outcome));
    if ((size_t)position >= n->now.len)
        return E_ok;
    size_t left = n->now.len - (size_t)position;
    buf_put(to, n->now.data + position, len < left ? len : left);
    return E_ok;
}

static int64_t used_bytes(const struct memory_disk *m) {
    size_t at = 0;
    int64_t used = 0;
    struct bytes path;
    void *node;
    while (table_next(&m->now, &at, &path, &node))
        used += (int64_t)((struct node *)node)->now.len;
    return used;
}

static enum error check_room(struct memory_disk *m, const struct node *n, const char *path,
                             int64_t end) {
    int64_t growth = end - (int64_t)n->now.len;
    if (m->limit_bytes && growth > 0 && used_bytes(m) + growth > m->limit_bytes)
        return fail(E_disk_full, "write %s: the disk is full", path);
    return E_ok;
}

static enum error memory_write_at(struct file *f, int64_t position, struct bytes bytes) {
    struct memory_disk *m = disk_of(f->disk);
    struct node *n = node_of(f);
    enum outcome outcome;
    TRY(check_room(m, n, f->path, position + (int64_t)bytes.len));
    enum error e = gate(m, MEMORY_DISK_WRITE, f->path, &outcome);
    if (outcome == DO_NOTHING)
        return e;
    if (outcome == DO_HALF)
        bytes.len /= 2;
    node_content_write(&n->now, position, bytes);
    buf_put_bytes(&node_change_add(n, position)->data, bytes);
    return e;
}

/* A copy in a file without a name. */
static enum error memory_share(struct file *f, int *fd) {
    struct node *n = node_of(f);
    enum outcome outcome;
    TRY(gate(disk_of(f->disk), MEMORY_DISK_READ, f->path, &outcome));
    *fd = memfd_create(f->path, MFD_CLOEXEC);
    if (*fd < 0 || write(*fd, n->now.data, n->now.len) != (ssize_t)n->now.len)
        return fail(E_io, "share %s", f->path);
    return E_ok;
}

static enum error memory_sync(struct file *f) {
    enum outcome outcome;
    enum error e = gate(disk_of(f->disk), MEMORY_DISK_SYNC, f->path, &outcome);
    if (outcome == DO_ALL)
        changes_keep(node_of(f));
    if (outcome == DO_HALF)
        node_changes_forget(node_of(f));
    return e;
}

static enum error memory_truncate(struct file *f, int64_t size) {
    struct memory_disk *m = disk_of(f->disk);
    TRY(check_room(m, node_of(f), f->path, size));
    return memory_truncate_node(m, node_of(f), f->path, size);
}

static enum error memory_size(struct file *f, int64_t *out) {
    *out = (int64_t)node_of(f)->now.len;
    return E_ok;
}

static enum error memory_lock(struct file *f) {
    if (node_of(f)->locked)
        return fail(E_locked, "%s", f->path);
    node_of(f)->locked = true;
    ((struct memory_file *)f)->holds_lock = true;
    return E_ok;
}

static enum error memory_rename(struct disk *d, const char *from, const char *to) {
    struct memory_disk *m = disk_of(d);
    struct node *n = find_node(&m->now, from);
    enum outcome outcome;
    if (!n)
        return fail(E_io, "rename %s to %s: it is missing", from, to);
    enum error e = gate(m, MEMORY_DISK_RENAME, from, &outcome);
    if (outcome == DO_ALL)
        memory_disk_name_add(m, from, to, n);
    return e;
}

static enum error memory_rename_new(struct disk *d, const char *from, const char *to) {
    struct memory_disk *m = disk_of(d);
    if (!m->is_off && find_node(&m->now, to))
        return fail(E_exists, "rename %s to %s: it is there", from, to);
    return memory_rename(d, from, to);
}

static enum error memory_is_at(struct file *f, const char *path, bool *out) {
    *out = find_node(&disk_of(f->disk)->now, path) == node_of(f);
    return E_ok;
}

static enum error memory_unlink(struct disk *d, const char *path) {
    struct memory_disk *m = disk_of(d);
    enum outcome outcome;
    if (!find_node(&m->now, path))
        return fail(E_not_found, "%s", path);
    enum error e = gate(m, MEMORY_DISK_UNLINK, path, &outcome);
    if (outcome == DO_ALL)
        memory_disk_name_add(m, NULL, path, NULL);
    return e;
}

static bool dir_is_empty(const struct table *names, const char *path) {
    struct bytes name;
    void *node;
    size_t at = 0;
    bool is_empty = true;
    while (is_empty && table_next(names, &at, &name, &node)) {
        char *text = text_copy_bytes(name);
        is_empty = !parent_is(text, path);
        free(text);
    }
    return is_empty;
}

static enum error memory_remove_dir(struct disk *d, const char *path) {
    struct memory_disk *m = disk_of(d);
    struct node *n = find_node(&m->now, path);
    enum outcome outcome;
    if (!n || !n->is_dir)
        return fail(E_not_found, "%s", path);
    if (!dir_is_empty(&m->now, path))
        return fail(E_exists, "remove directory %s: something is in it", path);
    enum error e = gate(m, MEMORY_DISK_UNLINK, path, &outcome);
    if (outcome == DO_ALL)
        memory_disk_name_add(m, NULL, path, NULL);
    return e;
}

static enum error make_one_dir(struct memory_disk *m, const char *path) {
    enum outcome outcome;
    if (find_node(&m->now, path))
        return E_ok;
    enum error e = gate(m, MEMORY_DISK_MAKE_DIR, path, &outcome);
    if (outcome == DO_ALL)
        memory_disk_name_add(m, NULL, path, memory_disk_node_add(m, true));
    return e;
}

static enum error memory_make_dir(struct disk *d, const char *path) {
    char *part = text_copy(path);
    enum error e = E_ok;
    for (char *slash = strchr(part + 1, '/'); slash && !e; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        e = make_one_dir(disk_of(d), part);
        *slash = '/';
    }
    if (!e)
        e = make_one_dir(disk_of(d), part);
    free(part);
    return e;
}

static enum error memory_sync_dir(struct disk *d, const char *path) {
    struct memory_disk *m = disk_of(d);
    enum outcome outcome;
    size_t left = 0;
    enum error e = gate(m, MEMORY_DISK_SYNC_DIR, path, &outcome);
    if (outcome != DO_ALL)
        return e;
    for (size_t i = 0; i < m->name_change_count; i++) {
        struct name_change c = m->name_changes[i];
        if (!parent_is(c.path, path) && !(c.from && parent_is(c.from, path))) {
            m->name_changes[left++] = c;
            continue;
        }
        name_change_apply(&m->kept, &c);
        name_change_finish(&c);
    }
    m->name_change_count = left;
    return e;
}

static enum error memory_list(struct disk *d, const char *path, disk_on_name *on_name,
                              void *context) {
    struct memory_disk *m = disk_of(d);
    struct bytes name;
    void *node;
    size_t at = 0;
    struct node *n = find_node(&m->now, path);
    if (m->is_off)
        return fail(E_io, "%s: the power is off", path);
    if (n && !n->is_dir)
        return fail(E_not_found, "%s is no directory", path);
    while (table_next(&m->now, &at, &name, &node)) {
        char *text = text_copy_bytes(name);
        if (parent_is(text, path) && strrchr(text, '/'))
            on_name(context, strrchr(text, '/') + 1);
        free(text);
    }
    return E_ok;
}

static enum error memory_exists(struct disk *d, const char *path, bool *out) {
    struct memory_disk *m = disk_of(d);
    if (m->is_off)
        return fail(E_io, "%s: the power is off", path);
    *out = find_node(&m->now, path) != NULL;
    return E_ok;
}

struct memory_disk *memory_disk_new(void) {
    struct memory_disk *m = memory_get(sizeof(*m));
    m->off_after = -1;
    m->disk = (struct disk){
        .open = memory_open,
        .close = memory_close,
        .read_at = memory_read_at,
        .write_at = memory_write_at,
        .share = memory_share,
        .sync = memory_sync,
        .truncate = memory_truncate,
        .size = memory_size,
        .lock = memory_lock,
        .is_at = memory_is_at,
        .rename = memory_rename,
        .rename_new = memory_rename_new,
        .unlink = memory_unlink,
        .remove_dir = memory_remove_dir,
        .make_dir = memory_make_dir,
        .sync_dir = memory_sync_dir,
        .list = memory_list,
        .exists = memory_exists,
    };
    return m;
}

struct disk *memory_disk_create(void) {
    return &memory_disk_new()->disk;
}

void memory_disk_names_forget(struct memory_disk *m) {
    for (size_t i = 0; i < m->name_change_count; i++)
        name_change_finish(&m->name_changes[i]);
    free(m->name_changes);
    m->name_changes = NULL;
    m->name_change_count = 0;
}

void memory_disk_destroy(struct disk *d) {
    if (!d)
        return;
    struct memory_disk *m = disk_of(d);
    for (size_t i = 0; i < m->node_count; i++) {
        assert(m->nodes[i]->open_count == 0);
        node_changes_forget(m->nodes[i]);
        buf_finish(&m->nodes[i]->now);
        buf_finish(&m->nodes[i]->kept);
        free(m->nodes[i]);
    }
    memory_disk_names_forget(m);
    table_finish(&m->now);
    table_finish(&m->kept);
    free(m->nodes);
    free(m);
}

void memory_disk_fail(struct disk *d, const struct memory_disk_fault *fault) {
    disk_of(d)->fault = fault ? *fault : (struct memory_disk_fault){ 0 };
}

void memory_disk_limit(struct disk *d, int64_t bytes) {
    disk_of(d)->limit_bytes = bytes;
}

int64_t memory_disk_operations(const struct disk *d) {
    return ((const struct memory_disk *)d)->operations;
}

void memory_disk_power_off_after(struct disk *d, int64_t operations) {
    disk_of(d)->off_after = operations;
}

void memory_disk_flip(struct disk *d, const char *path, int64_t position, uint8_t mask) {
    struct node *n = find_node(&disk_of(d)->now, path);
    assert(n);
    assert((size_t)position < n->now.len);
    n->now.data[position] ^= mask;
    if ((size_t)position < n->kept.len)
        n->kept.data[position] ^= mask;
}
