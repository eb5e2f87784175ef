/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A partner that is a folder of this machine: file:FOLDER in the data directory, or
 * file:///srv/partners/acme, which must be there. No link is followed beneath it. */
#include "connectors/folder.h"
#include "deliver/partner.h"

#include <stdlib.h>
#include <string.h>

struct partner {
    struct folder folder;
    struct disk *disk;
    struct file *file; /* that is being written */
    int64_t written;
};

enum error partner_mode(const struct url *url, unsigned otherwise, unsigned *mode) {
    const char *text = url_get(url, "mode");
    *mode = otherwise;
    if (!text)
        return E_ok;
    *mode = (unsigned)strtoul(text, NULL, 8);
    bool digits = strlen(text) <= 4 && strspn(text, "01234567") == strlen(text);
    return digits && (*mode & 0400) && !(*mode & ~0666u)
               ? E_ok
               : url_wrong(url, "its mode is 0400 to 0666, and makes nothing a program");
}

static void folder_partner_close(struct partner *p) {
    disk_close(p->file);
    disk_beneath_close(p->disk);
    folder_finish(&p->folder);
    free(p);
}

static enum error folder_partner_open(struct partner **out, const char *address,
                                      const char *data_dir) {
    static const char *const known[] = { "mode", NULL };
    static const struct url_form form = { "file", known, "file:///srv/partners/acme?mode=0640" };
    struct url url;
    unsigned mode;
    TRY(url_read(&url, &form, address));
    struct partner *p = memory_get(sizeof(*p));
    folder_init(&p->folder, &url, data_dir);
    enum error e = partner_mode(&url, 0, &mode);
    url_finish(&url);
    if (!e)
        e = folder_open(&p->folder, &p->disk);
    if (!e)
        disk_beneath_mode(p->disk, mode);
    if (e) {
        folder_partner_close(p);
        return e;
    }
    *out = p;
    return E_ok;
}

static enum error folder_create(struct partner *p, const char *name) {
    bool there;
    TRY(disk_exists(p->disk, name, &there));
    if (there)
        return fail(E_exists, "%s is there", name);
    disk_close(p->file);
    p->file = NULL;
    p->written = 0;
    return disk_open(p->disk, name, DISK_CREATE_EMPTY, &p->file);
}

static enum error folder_append(struct partner *p, struct bytes part) {
    TRY(disk_write_at(p->file, p->written, part));
    p->written += (int64_t)part.len;
    return E_ok;
}

static enum error folder_seal(struct partner *p) {
    enum error e = disk_sync(p->file);
    disk_close(p->file);
    p->file = NULL;
    return e;
}

static enum error folder_size(struct partner *p, const char *name, int64_t *bytes) {
    struct file *file;
    bool there;
    *bytes = -1;
    TRY(disk_exists(p->disk, name, &there));
    if (!there)
        return E_ok;
    TRY(disk_open(p->disk, name, DISK_READ, &file));
    enum error e = disk_size(file, bytes);
    disk_close(file);
    return e;
}

static enum error folder_read(struct partner *p, const char *name, int64_t at,
                              struct buf *append_to, size_t len) {
    struct file *file;
    TRY(disk_open(p->disk, name, DISK_READ, &file));
    enum error e = disk_read_at(file, at, append_to, len);
    disk_close(file);
    return e;
}

/* A rename that fails says nothing of why; who asked looks at both names. */
static enum error folder_rename_new(struct partner *p, const char *from, const char *to) {
    return disk_rename_new(p->disk, from, to);
}

static enum error folder_remove(struct partner *p, const char *name) {
    return disk_unlink(p->disk, name);
}

static enum error folder_list(struct partner *p, partner_on_name *on_name, void *context) {
    return disk_list(p->disk, ".", on_name, context);
}

static enum error folder_settle(struct partner *p) {
    return disk_sync_dir(p->disk, ".");
}

const struct partner_kind folder_partner_kind = {
    .scheme = "file",
    .open = folder_partner_open,
    .close = folder_partner_close,
    .create = folder_create,
    .append = folder_append,
    .seal = folder_seal,
    .size = folder_size,
    .read = folder_read,
    .rename_new = folder_rename_new,
    .remove = folder_remove,
    .list = folder_list,
    .settle = folder_settle,
};
