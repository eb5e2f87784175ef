/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Copying a disk in memory, and its loss of power: of every change that was not synced the crash
 * keeps all, none, a prefix or any subset, by its seed, sector by sector and name by name. */
#include "base/memory_disk_state.h"

#include "base/check.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>

enum { SECTOR_BYTES = 512 };

static struct memory_disk *disk_of(struct disk *d) {
    return (struct memory_disk *)d;
}

/* Copies. A node is found again in the copy by its place in the list. */

static struct node *node_same(const struct memory_disk *from, const struct memory_disk *to,
                              const struct node *n) {
    for (size_t i = 0; n && i < from->node_count; i++)
        if (from->nodes[i] == n)
            return to->nodes[i];
    return NULL;
}

static void node_copy(struct memory_disk *to, const struct node *n) {
    struct node *copy = memory_disk_node_add(to, n->is_dir);
    assert(n->open_count == 0);
    buf_put_bytes(&copy->now, buf_bytes(&n->now));
    buf_put_bytes(&copy->kept, buf_bytes(&n->kept));
    for (size_t i = 0; i < n->change_count; i++) {
        struct change *c = node_change_add(copy, n->changes[i].position);
        c->truncates = n->changes[i].truncates;
        buf_put_bytes(&c->data, buf_bytes(&n->changes[i].data));
    }
}

static void names_copy(const struct memory_disk *from, struct memory_disk *to,
                       const struct table *names, struct table *out) {
    size_t at = 0;
    struct bytes path;
    void *node;
    while (table_next(names, &at, &path, &node))
        (void)table_put(out, path, node_same(from, to, node));
}

struct disk *memory_disk_copy(const struct disk *d) {
    const struct memory_disk *m = (const struct memory_disk *)d;
    struct memory_disk *copy = memory_disk_new();
    for (size_t i = 0; i < m->node_count; i++)
        node_copy(copy, m->nodes[i]);
    for (size_t i = 0; i < m->name_change_count; i++) {
        const struct name_change *c = &m->name_changes[i];
        memory_disk_name_add(copy, c->from, c->path, node_same(m, copy, c->node));
    }
    table_clear(&copy->now);
    names_copy(m, copy, &m->now, &copy->now);
    names_copy(m, copy, &m->kept, &copy->kept);
    copy->operations = m->operations;
    copy->limit_bytes = m->limit_bytes;
    return &copy->disk;
}

/* The crash. */

enum { LOSE_ALL, KEEP_ALL, KEEP_PREFIX, KEEP_SUBSET, CRASH_MODES };

struct crash {
    struct random random;
    uint64_t mode;
    uint64_t per_cent; /* how many of the pieces survive */
    bool cut;          /* KEEP_PREFIX: nothing after this one */
};

static bool piece_survives(struct crash *c) {
    bool lucky = random_below(&c->random, 100) < c->per_cent;
    if (c->mode == LOSE_ALL || c->mode == KEEP_ALL)
        return c->mode == KEEP_ALL;
    if (c->mode == KEEP_PREFIX) {
        c->cut = c->cut || !lucky;
        return !c->cut;
    }
    return lucky;
}

static struct crash crash_choose(struct random *r) {
    struct crash c = { .random = random_seeded(random_next(r)) };
    c.mode = random_below(r, CRASH_MODES);
    c.per_cent = random_below(r, 10) ? 1 + random_below(r, 98) : 99;
    return c;
}

static void write_survives(struct crash *c, struct node *n, int64_t position, struct bytes data) {
    while (data.len) {
        size_t room = SECTOR_BYTES - (size_t)(position % SECTOR_BYTES);
        size_t len = data.len < room ? data.len : room;
        if (piece_survives(c))
            node_content_write(&n->kept, position, bytes_part(data, 0, len));
        position += (int64_t)len;
        data = bytes_part(data, len, data.len - len);
    }
}

static void node_crash(struct random *r, struct node *n) {
    struct crash crash = crash_choose(r);
    assert(n->open_count == 0);
    for (size_t i = 0; i < n->change_count; i++) {
        struct change *c = &n->changes[i];
        if (!c->truncates)
            write_survives(&crash, n, c->position, buf_bytes(&c->data));
        else if (piece_survives(&crash))
            node_content_truncate(&n->kept, c->position);
    }
    node_changes_forget(n);
    buf_clear(&n->now);
    buf_put_bytes(&n->now, buf_bytes(&n->kept));
    n->locked = false;
}

/* A name lives only as long as every directory above it. */
static bool is_reachable(const struct table *names, const char *path) {
    char *part = text_copy(path);
    bool reachable = true;
    for (char *slash = strrchr(part, '/'); slash && slash > part && reachable;
         slash = strrchr(part, '/')) {
        reachable = name_has_parent(names, part);
        *slash = 0;
    }
    free(part);
    return reachable;
}

static void names_crash(struct random *r, struct memory_disk *m) {
    struct crash crash = crash_choose(r);
    size_t at = 0;
    struct bytes path;
    void *node;
    for (size_t i = 0; i < m->name_change_count; i++)
        if (piece_survives(&crash))
            name_change_apply(&m->kept, &m->name_changes[i]);
    memory_disk_names_forget(m);
    table_finish(&m->now);
    m->now = (struct table){ 0 };
    while (table_next(&m->kept, &at, &path, &node)) {
        char *text = text_copy_bytes(path);
        if (is_reachable(&m->kept, text))
            (void)table_put(&m->now, path, node);
        free(text);
    }
    table_finish(&m->kept);
    m->kept = (struct table){ 0 };
    names_copy(m, m, &m->now, &m->kept);
}

void memory_disk_crash(struct disk *d, uint64_t seed) {
    struct memory_disk *m = disk_of(d);
    struct random r = random_seeded(seed);
    for (size_t i = 0; i < m->node_count; i++)
        node_crash(&r, m->nodes[i]);
    names_crash(&r, m);
    m->fault = (struct memory_disk_fault){ 0 };
    m->is_off = false;
    m->off_after = -1;
}
