/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The inside of the disk in memory, shared by its operations and its crash. */
#ifndef OCTAVO_BASE_MEMORY_DISK_STATE_H
#define OCTAVO_BASE_MEMORY_DISK_STATE_H

#include "base/memory_disk.h"
#include "base/table.h"

struct change {
    bool truncates; /* to `position` */
    int64_t position;
    struct buf data;
};

struct node {
    bool is_dir;
    bool locked;
    int open_count;
    struct buf now;
    struct buf kept;
    struct change *changes;
    size_t change_count;
};

struct name_change {
    char *from; /* a rename's old path, else NULL */
    char *path;
    struct node *node; /* NULL: unlinked */
};

struct memory_disk {
    struct disk disk;
    struct table now; /* path -> node */
    struct table kept;
    struct name_change *name_changes;
    size_t name_change_count;
    struct node **nodes; /* all there ever were: owned */
    size_t node_count;
    struct memory_disk_fault fault; /* nth 0: none */
    int64_t operations;
    int64_t off_after; /* -1: never */
    bool is_off;
    int64_t limit_bytes;
};

void node_content_write(struct buf *content, int64_t position, struct bytes data);
void node_content_truncate(struct buf *content, int64_t size);
struct change *node_change_add(struct node *n, int64_t position);
void node_changes_forget(struct node *n);
void name_change_apply(struct table *names, const struct name_change *c);
bool name_has_parent(const struct table *names, const char *path); /* a directory that is there */
struct memory_disk *memory_disk_new(void);
struct node *memory_disk_node_add(struct memory_disk *m, bool is_dir);
void memory_disk_name_add(struct memory_disk *m, const char *from, const char *path,
                          struct node *node);
void memory_disk_names_forget(struct memory_disk *m);

#endif
