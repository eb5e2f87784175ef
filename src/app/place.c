/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The data directory's layout. */
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place place_of(const char *given_dir) {
    const char *set = getenv("OCTAVO_DIR");
    const char *dir = given_dir ? given_dir : set && *set ? set : "octavo-data";
    return (struct place){ text_copy(dir) };
}

void place_finish(struct place *p) {
    free(p->dir);
    p->dir = NULL;
}

char *place_path(const struct place *p, const char *folder, const char *name) {
    return name ? text_format("%s/%s/%s", p->dir, folder, name)
                : text_format("%s/%s", p->dir, folder);
}

enum error place_find(const struct place *p, const char *system) {
    char *dir = place_path(p, system, NULL);
    bool there = false;
    enum error e = disk_exists(disk_real(), dir, &there);
    if (!e && !there) {
        e = fail(E_not_found, "%s: no %s has run there", dir, system);
        fail_try("octavo up %s --dir %s, or --dir with the right directory", system, p->dir);
    }
    free(dir);
    return e;
}

enum error place_make(const struct place *p, const char *system) {
    const char *folders[] = { "run", "log", system };
    for (size_t i = 0; i < 3; i++) {
        char *path = folders[i] ? place_path(p, folders[i], NULL) : NULL;
        enum error e = path ? disk_make_dir(disk_real(), path) : E_ok;
        free(path);
        TRY(e);
    }
    return E_ok;
}

enum error place_lock(const struct place *p, struct file **out) {
    char *path = place_path(p, "run", "up.lock");
    *out = NULL;
    enum error e = disk_open(disk_real(), path, DISK_CREATE, out);
    if (!e)
        e = disk_lock(*out);
    if (e == E_locked)
        fail_try("a system runs in %s already: stop it, or give this one --dir", p->dir);
    if (e) {
        disk_close(*out);
        *out = NULL;
    }
    free(path);
    return e;
}

char *place_broker(const struct place *p) {
    struct buf text = { 0 };
    char *path = place_path(p, "run", "broker.port");
    char *address = NULL;
    if (!disk_read_whole(disk_real(), path, 32, &text))
        address = text_format("127.0.0.1:%ld", strtol(buf_text(&text), NULL, 10));
    buf_finish(&text);
    free(path);
    return address;
}

enum error place_tell_port(const char *file, int port) {
    char text[16];
    if (!file)
        return E_ok;
    (void)snprintf(text, sizeof(text), "%d\n", port);
    return disk_replace(disk_real(), file, bytes_text(text));
}

void place_forget_port(const char *file) {
    enum error e = file ? disk_unlink(disk_real(), file) : E_ok;
    if (e && e != E_not_found)
        error_print();
}
