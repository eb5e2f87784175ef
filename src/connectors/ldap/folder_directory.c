/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A directory in files, for whoever has no server yet: FOLDER/0-base.ldif, a file for each account,
 * people/LOGIN.ldif, and for each group, groups/dept-DEPARTMENT.ldif. `slapadd` takes all of them,
 * one behind the other. Who is in a group is what the accounts say: its file is written anew from
 * them.
 *
 * A file is put whole under a name that was free, or replaced whole: after a crash it is as it was
 * or as it shall be. All of them are read at the first use and kept in mind, so that finding is no
 * search; for that the folder has one writer, who holds FOLDER/lock. An account is never deleted,
 * so the next number is one more than the highest. */
#include "directory.h"
#include "ldif.h"

#include "base/check.h"
#include "base/disk.h"
#include "base/table.h"
#include "connectors/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 64 * 1024, GROUP_FILE_MAX = 64 << 20, LOGIN_MAX = 64 };

struct kept {
    struct entry entry;
    struct arena arena;
};

struct folder_directory {
    struct directory directory;
    struct folder folder;
    struct disk *disk; /* NULL: not opened yet */
    struct file *lock;
    struct table by_login, by_employee; /* struct kept */
    struct table group_numbers;         /* by name, as pointers */
    int64_t next_number;
};

static struct folder_directory *of(struct directory *d) {
    return (struct folder_directory *)d;
}

/* ---- what is kept */

static void kept_free(struct kept *k) {
    if (!k)
        return;
    arena_finish(&k->arena);
    free(k);
}

static void keep(struct folder_directory *f, const struct entry *e) {
    struct kept *k = memory_get(sizeof(*k));
    k->entry = *e;
    for (size_t i = 0; i < ENTRY_TEXTS; i++)
        *entry_text(&k->entry, i) = arena_copy(&k->arena, *entry_text(&k->entry, i));
    if (e->employee.len)
        (void)table_put(&f->by_employee, k->entry.employee, k);
    kept_free(table_put(&f->by_login, k->entry.login, k));
    if (e->uid_number >= f->next_number)
        f->next_number = e->uid_number + 1;
}

static void forget_all(struct folder_directory *f) {
    struct bytes key;
    void *value;
    for (size_t at = 0; table_next(&f->by_login, &at, &key, &value);)
        kept_free(value);
    table_finish(&f->by_login);
    table_finish(&f->by_employee);
    table_finish(&f->group_numbers);
}

/* A reason goes into events and logs, and a file's name is a login: personal data. */
static enum error nameless(enum error e, const char *what) {
    return e ? fail(e, "the folder of accounts cannot be %s", what) : E_ok;
}

/* ---- opening */

struct reading {
    struct folder_directory *f;
    enum error error;
};

static enum error file_take(struct folder_directory *f, const char *name) {
    char path[LOGIN_MAX + 16];
    struct buf text = { 0 };
    struct arena a = { 0 };
    struct entry entry;
    size_t len = strlen(name);
    if (len <= 5 || len > LOGIN_MAX || strcmp(name + len - 5, ".ldif") != 0)
        return E_ok; /* an unfinished one, or none of ours */
    (void)snprintf(path, sizeof(path), "people/%s", name);
    enum error e = nameless(disk_read_whole(f->disk, path, FILE_MAX, &text), "read");
    if (!e)
        e = ldif_entry_read(buf_bytes(&text), &a, &entry);
    if (!e)
        keep(f, &entry);
    else
        fail_while("reading an account");
    arena_finish(&a);
    buf_finish(&text);
    return e;
}

/* Its number is kept; who is in it the accounts say. */
static enum error group_file_take(struct folder_directory *f, const char *name) {
    struct buf text = { 0 };
    struct arena a = { 0 };
    struct ldif_group group;
    size_t len = strlen(name);
    if (len <= 5 || strcmp(name + len - 5, ".ldif") != 0)
        return E_ok;
    char *path = text_format("groups/%s", name);
    enum error e = nameless(disk_read_whole(f->disk, path, GROUP_FILE_MAX, &text), "read");
    if (!e)
        e = ldif_group_read(buf_bytes(&text), &a, &group);
    if (e) {
        fail_while("reading a group");
    } else {
        (void)table_put(&f->group_numbers, group.name, (void *)(intptr_t)group.number);
        if (group.number >= f->next_number)
            f->next_number = group.number + 1;
    }
    free(path);
    arena_finish(&a);
    buf_finish(&text);
    return e;
}

static void on_group(void *context, const char *name) {
    struct reading *r = context;
    if (!r->error)
        r->error = group_file_take(r->f, name);
}

static void on_name(void *context, const char *name) {
    struct reading *r = context;
    if (!r->error)
        r->error = file_take(r->f, name);
}

static enum error base_put(struct folder_directory *f) {
    struct buf text = { 0 };
    bool there;
    enum error e = disk_exists(f->disk, "0-base.ldif", &there);
    ldif_base_put(&text, &f->directory);
    if (!e && !there)
        e = disk_put_new(f->disk, "0-base.ldif", buf_bytes(&text));
    if (!e)
        e = disk_make_dir(f->disk, "people");
    if (!e)
        e = disk_make_dir(f->disk, "groups");
    buf_finish(&text);
    return e;
}

static enum error open_now(struct folder_directory *f) {
    struct reading r = { .f = f };
    f->next_number = f->directory.first_number;
    TRY(folder_open(&f->folder, &f->disk));
    TRY(disk_open(f->disk, "lock", DISK_CREATE, &f->lock));
    TRY_WHILE(disk_lock(f->lock), "taking the folder of accounts, which has one writer");
    TRY(base_put(f));
    TRY(disk_list(f->disk, "people", on_name, &r));
    TRY(disk_list(f->disk, "groups", on_group, &r));
    return r.error;
}

static void close_now(struct folder_directory *f) {
    disk_close(f->lock);
    disk_beneath_close(f->disk);
    f->lock = NULL;
    f->disk = NULL;
    forget_all(f);
}

/* Opened at the first use: at the start the folder need not be there. */
static enum error ready(struct folder_directory *f) {
    if (f->disk)
        return E_ok;
    enum error e = open_now(f);
    if (e)
        close_now(f);
    return e == E_malformed || e == E_refused ? E_busy : e; /* a file is to be mended, no person */
}

/* ---- the kind */

static enum error taken(const struct kept *k, struct arena *a, struct entry *out) {
    if (!k)
        return fail(E_not_found, "there is no such account");
    *out = k->entry;
    for (size_t i = 0; i < ENTRY_TEXTS; i++)
        *entry_text(out, i) = arena_copy(a, *entry_text(out, i));
    return E_ok;
}

static enum error folder_find(struct directory *d, struct bytes employee, struct arena *a,
                              struct entry *out) {
    TRY(ready(of(d)));
    return taken(table_find(&of(d)->by_employee, employee), a, out);
}

static enum error folder_read(struct directory *d, struct bytes login, struct arena *a,
                              struct entry *out) {
    TRY(ready(of(d)));
    return taken(table_find(&of(d)->by_login, login), a, out);
}

static enum error folder_number(struct directory *d, int64_t *out) {
    TRY(ready(of(d)));
    *out = of(d)->next_number++;
    return E_ok;
}

static void path_of(char path[LOGIN_MAX + 16], const struct entry *e) {
    assert(e->login.len && e->login.len < LOGIN_MAX - 8);
    (void)snprintf(path, LOGIN_MAX + 16, "people/%.*s.ldif", (int)e->login.len,
                   (const char *)e->login.data);
}

/* After an error nobody knows what is on the disk: it is read again. */
static enum error written(struct folder_directory *f, const struct entry *entry, enum error e) {
    if (!e)
        keep(f, entry);
    else if (e != E_exists)
        close_now(f);
    return e;
}

static enum error folder_add(struct directory *d, const struct entry *entry) {
    struct folder_directory *f = of(d);
    char path[LOGIN_MAX + 16];
    struct buf text = { 0 };
    TRY(ready(f));
    if (table_find(&f->by_login, entry->login))
        return fail(E_exists, "the login is taken");
    path_of(path, entry);
    ldif_entry_put(&text, d, entry);
    enum error e = nameless(disk_put_new(f->disk, path, buf_bytes(&text)), "written");
    buf_finish(&text);
    return written(f, entry, e);
}

static enum error folder_change(struct directory *d, const struct entry *entry) {
    struct folder_directory *f = of(d);
    char path[LOGIN_MAX + 16];
    struct buf text = { 0 };
    TRY(ready(f));
    path_of(path, entry);
    ldif_entry_put(&text, d, entry);
    enum error e = nameless(disk_replace(f->disk, path, buf_bytes(&text)), "written");
    buf_finish(&text);
    return written(f, entry, e);
}

/* ---- groups */

static int bytes_order(const void *a, const void *b) {
    const struct bytes *one = a, *two = b;
    size_t len = one->len < two->len ? one->len : two->len;
    int order = memcmp(one->data, two->data, len);
    return order ? order : (one->len > two->len) - (one->len < two->len);
}

/* The logins of all that are enabled in the department, but for one that leaves it, in order; freed
 * by the caller. */
static struct bytes *members_of(const struct folder_directory *f, const struct membership *m,
                                size_t *count) {
    struct bytes *members = memory_get((f->by_login.count + 1) * sizeof(*members)), key;
    void *value;
    *count = 0;
    for (size_t at = 0; table_next(&f->by_login, &at, &key, &value);) {
        const struct entry *e = &((const struct kept *)value)->entry;
        bool leaves = !m->member && bytes_equal(e->login, m->login);
        if (e->enabled && !leaves && bytes_equal(e->department, m->department))
            members[(*count)++] = e->login;
    }
    qsort(members, *count, sizeof(*members), bytes_order);
    return members;
}

/* A department may be called as it likes: what is no letter, digit or dash is %XX. */
static char *group_path(struct bytes name) {
    struct buf path = { 0 };
    buf_put_text(&path, "groups/");
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        buf_print(&path, plain || c == '-' ? "%c" : "%%%02x", c);
    }
    buf_put_text(&path, ".ldif");
    char *text = text_copy(buf_text(&path));
    buf_finish(&path);
    return text;
}

static enum error group_write(struct folder_directory *f, const struct membership *m) {
    struct buf text = { 0 }, named = { 0 };
    size_t count;
    group_name_put(&named, m->department);
    struct bytes name = buf_bytes(&named);
    int64_t number = (intptr_t)table_find(&f->group_numbers, name);
    struct bytes *members = members_of(f, m, &count);
    if (!number)
        number = f->next_number++;
    ldif_group_put(&text, &f->directory, &(struct ldif_group){ name, number, members, count });
    char *path = group_path(name);
    enum error e = nameless(disk_replace(f->disk, path, buf_bytes(&text)), "written");
    if (!e)
        (void)table_put(&f->group_numbers, name, (void *)(intptr_t)number);
    else
        close_now(f);
    free(path);
    free(members);
    buf_finish(&text);
    buf_finish(&named);
    return e;
}

static bool group_is_there(const struct folder_directory *f, struct bytes department) {
    struct buf name = { 0 };
    group_name_put(&name, department);
    bool there = table_find(&f->group_numbers, buf_bytes(&name)) != NULL;
    buf_finish(&name);
    return there;
}

/* Those that leave have been disabled, but for one alone that changes to another department: its
 * account still says the old one. */
static enum error folder_regroup(struct directory *d, const struct membership *m, size_t count) {
    struct folder_directory *f = of(d);
    TRY(ready(f));
    for (size_t i = 0; i < count; i++) {
        size_t before = 0;
        while (before < i && !bytes_equal(m[before].department, m[i].department))
            before++;
        if (before == i && (m[i].member || group_is_there(f, m[i].department)))
            TRY(group_write(f, &m[i]));
    }
    return E_ok;
}

static void folder_close(struct directory *d) {
    close_now(of(d));
    folder_finish(&of(d)->folder);
    free(d->base);
    free(d);
}

static const struct directory_kind folder_kind = {
    .find = folder_find,
    .read = folder_read,
    .number = folder_number,
    .add = folder_add,
    .change = folder_change,
    .regroup = folder_regroup,
    .close = folder_close,
};

enum error folder_directory_open(struct directory **out, const struct directory_options *o) {
    struct folder_directory *f = memory_get(sizeof(*f));
    f->directory.kind = &folder_kind;
    folder_init(&f->folder, o->url, o->sink->data_dir);
    *out = &f->directory;
    return E_ok;
}
