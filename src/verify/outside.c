/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Folders: a file that has appeared is an effect that was done. */
#include "outside.h"

#include "base/check.h"
#include "base/disk.h"
#include "base/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDGES_MAX = 32, LOOK_EVERY_MS = 200, CONTENT_MAX = 4 << 20 };

struct outside_edge {
    struct outside *outside;
    const char *service, *name;
    char *url;    /* where it leads now */
    char *folder; /* NULL: not one */
    uint64_t place;
};

struct outside {
    struct run *run;
    struct outside_edge edges[EDGES_MAX];
    size_t count;
    struct table seen; /* edge and file */
    uint64_t effects;
    int64_t looked_ms;
};

/* A folder of this run's own, whatever the declaration says; else NULL. */
static char *folder_url(const struct verify_edge *e, const char *service) {
    const char *query = strchr(e->url, '?');
    if (strncmp(e->url, "file:", 5) == 0)
        return text_format("file:verify-%s-%s", service, e->name);
    if (strncmp(e->url, "smtp", 4) == 0)
        return text_format("smtp+folder:verify-%s-%s%s", service, e->name, query ? query : "");
    return NULL;
}

static void edge_open(struct outside *o, const struct verify_service *s,
                      const struct verify_edge *e) {
    struct run *r = o->run;
    assert(o->count < EDGES_MAX);
    char *url = folder_url(e, s->name);
    if (!url)
        return;
    struct outside_edge *edge = &o->edges[o->count++];
    char *place = text_format("%s (%s), edge %s, %s", s->name, s->handler, e->name, e->class);
    *edge = (struct outside_edge){
        .outside = o,
        .service = s->name,
        .name = e->name,
        .url = url,
        .folder = text_format("%s/%s/verify-%s-%s", r->house.dir, r->options->system->name, s->name,
                              e->name),
        .place = history_text(&r->history, place),
    };
    free(place);
}

struct outside *outside_open(struct run *r) {
    const struct verify_system *s = r->options->system;
    struct outside *o = memory_get(sizeof(*o));
    o->run = r;
    for (size_t i = 0; i < s->service_count; i++)
        for (size_t k = 0; k < s->services[i].edge_count; k++)
            if (s->services[i].edges[k].class)
                edge_open(o, &s->services[i], &s->services[i].edges[k]);
    return o;
}

void outside_close(struct outside *o) {
    if (!o)
        return;
    for (size_t i = 0; i < o->count; i++) {
        free(o->edges[i].url);
        free(o->edges[i].folder);
    }
    table_finish(&o->seen);
    free(o);
}

enum error outside_build(struct run *r) {
    struct outside *o = outside_open(r);
    struct house_edge edges[EDGES_MAX];
    for (size_t i = 0; i < o->count; i++)
        edges[i] = (struct house_edge){ o->edges[i].service, o->edges[i].name, o->edges[i].url };
    enum error e = house_build(&r->house, edges, o->count);
    outside_close(o);
    return e;
}

/* An effect's name without what its folder adds. */
static struct bytes name_of(const char *file) {
    size_t len = strlen(file);
    return bytes_of(file, len > 4 && strcmp(file + len - 4, ".eml") == 0 ? len - 4 : len);
}

static void on_file(void *context, const char *name) {
    struct outside_edge *edge = context;
    struct outside *o = edge->outside;
    struct run *r = o->run;
    size_t len = strlen(name);
    char *key = text_format("%s/%s", edge->name, name);
    char *path = text_format("%s/%s", edge->folder, name);
    struct buf content = { 0 };
    bool part = name[0] == '.' || (len > 5 && strcmp(name + len - 5, ".part") == 0);
    if (!part && !table_find(&o->seen, bytes_text(key))
        && !disk_read_whole(disk_real(), path, CONTENT_MAX, &content)) {
        (void)table_put(&o->seen, bytes_text(key), o);
        o->effects++;
        history_put(&r->history,
                    (struct history_record){
                        .kind = HISTORY_seen,
                        .operation = r->is_reference ? HISTORY_expected : HISTORY_effect,
                        .id = history_name(&r->history, name_of(name)),
                        .key = edge->place,
                        .other = history_hash(buf_bytes(&content)),
                        .value = 1,
                    });
    }
    buf_finish(&content);
    free(path);
    free(key);
}

void outside_look(struct outside *o, int64_t now_ms) {
    if (now_ms != INT64_MAX && now_ms < o->looked_ms + LOOK_EVERY_MS)
        return;
    o->looked_ms = now_ms;
    for (size_t i = 0; i < o->count; i++)
        if (disk_list(disk_real(), o->edges[i].folder, on_file, &o->edges[i]))
            continue; /* nothing has come to it yet */
}

uint64_t outside_count(const struct outside *o) {
    return o->effects;
}
