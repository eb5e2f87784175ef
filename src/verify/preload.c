/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Files in DIR/run: the layer itself, its control in shared memory, its journal, the clocks. */
#include "preload.h"

#include "base/check.h"
#include "base/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const char faketime_path[] = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
static const char faketime_other[] = "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1";

static const char *faketime_find(void) {
    bool there = false;
    if (!disk_exists(disk_real(), faketime_path, &there) && there)
        return faketime_path;
    return !disk_exists(disk_real(), faketime_other, &there) && there ? faketime_other : NULL;
}

const char *preload_lacks_clock(void) {
    return faketime_find() ? NULL : "libfaketime is not installed (Debian: apt install faketime)";
}

static void setting_put(struct preload *p, const char *setting) {
    buf_put(&p->environment, setting, strlen(setting) + 1);
}

static void setting_format(struct preload *p, const char *name, const char *value) {
    char *setting = text_format("%s=%s", name, value);
    setting_put(p, setting);
    free(setting);
}

static enum error file_put(const char *path, struct bytes content) {
    TRY_WHILE(disk_replace(disk_real(), path, content), "writing what is loaded under processes");
    return E_ok;
}

static enum error control_open(struct preload *p, const char *path) {
    struct layer_control content = { .magic = LAYER_MAGIC, .recording = 1 };
    struct file *file = NULL;
    int fd = -1;
    if (strlen(p->dir) >= LAYER_PATH_MAX || strlen(p->journal) >= LAYER_PATH_MAX)
        return fail(E_too_large, "%s: a path of more than %d bytes", p->dir, LAYER_PATH_MAX - 1);
    memcpy(content.dir, p->dir, strlen(p->dir) + 1);
    memcpy(content.journal, p->journal, strlen(p->journal) + 1);
    TRY(file_put(path, bytes_of(&content, sizeof(content))));
    TRY(disk_open(disk_real(), path, DISK_WRITE, &file));
    enum error e = disk_share(file, &fd);
    if (!e) {
        void *at = mmap(NULL, sizeof(content), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        disk_unshare(fd);
        p->control = at == MAP_FAILED ? NULL : at;
        e = p->control ? E_ok : fail_errno("map %s", path);
    }
    disk_close(file);
    return e;
}

static enum error layer_open(struct preload *p) {
    char *library = text_format("%s/run/layer.so", p->dir);
    char *control = text_format("%s/run/layer.control", p->dir);
    p->journal = text_format("%s/run/layer.journal", p->dir);
    enum error e = file_put(library, layer_image());
    if (!e)
        e = file_put(p->journal, bytes_text(""));
    if (!e)
        e = control_open(p, control);
    if (!e)
        setting_format(p, LAYER_SETTING, control);
    free(library);
    free(control);
    return e;
}

static void clock_open(struct preload *p) {
    char *path = text_format("%s/run/clock", p->dir);
    p->has_clock = true;
    setting_format(p, "FAKETIME_TIMESTAMP_FILE", path);
    setting_put(p, "FAKETIME_DONT_FAKE_MONOTONIC=1");
    setting_put(p, "FAKETIME_DONT_RESET=1");
    setting_put(p, "FAKETIME_CACHE_DURATION=1");
    setting_put(p, "FAKE_STAT=0");
    setting_put(p, "NO_FAKE_STAT=1");
    free(path);
}

enum error preload_open(struct preload *p, const char *dir, struct preload_wants wants) {
    struct buf list = { 0 };
    *p = (struct preload){ .dir = realpath(dir, NULL) };
    if (!p->dir)
        return fail_errno("find %s", dir);
    if (wants.layer || wants.clock) /* it mends libfaketime's waits */
        TRY(layer_open(p));
    if (wants.clock && faketime_find()) {
        clock_open(p);
        TRY(preload_clock(p, 0));
    }
    if (p->control)
        buf_print(&list, "%s/run/layer.so", p->dir);
    if (p->has_clock)
        buf_print(&list, "%s%s", list.len ? ":" : "", faketime_find());
    if (list.len)
        setting_format(p, "LD_PRELOAD", buf_text(&list));
    if (list.len) /* a sanitizer wants to come first, and can live with us before it */
        setting_put(p, "ASAN_OPTIONS=verify_asan_link_order=0");
    buf_finish(&list);
    return E_ok;
}

void preload_close(struct preload *p) {
    if (p->control)
        (void)munmap(p->control, sizeof(*p->control));
    power_forget(&p->settled);
    table_finish(&p->settled);
    buf_finish(&p->environment);
    free(p->journal);
    free(p->dir);
    *p = (struct preload){ 0 };
}

void preload_arm(struct preload *p, const struct preload_fault *f) {
    atomic_store(&p->control->fault, LAYER_none);
    atomic_store(&p->control->hits, 0);
    atomic_store(&p->control->visits, f->visits);
    atomic_store(&p->control->dice, (unsigned)f->dice);
    atomic_store(&p->control->pid, f->pid);
    atomic_store(&p->control->fault, (int)f->fault);
}

int preload_hits(const struct preload *p) {
    return atomic_load(&p->control->hits);
}

const char *preload_where(const struct preload *p) {
    size_t len = strlen(p->dir);
    const char *where = p->control->where;
    return strncmp(where, p->dir, len) == 0 && where[len] == '/' ? where + len + 1 : where;
}

int preload_disarm(struct preload *p) {
    atomic_store(&p->control->fault, LAYER_none);
    atomic_store(&p->control->pid, 0);
    return preload_hits(p);
}

enum error preload_power_cut(struct preload *p, bool only_failed, uint64_t dice,
                             struct power_result *out) {
    struct power_options o = { p->dir, p->journal, dice, only_failed, &p->settled };
    return power_cut(&o, out);
}

enum error preload_clock(struct preload *p, int64_t ahead_s) {
    char *path = text_format("%s/run/clock", p->dir);
    char text[32];
    (void)snprintf(text, sizeof(text), "%+llds\n", (long long)ahead_s);
    enum error e = file_put(path, bytes_text(text));
    free(path);
    return e;
}
