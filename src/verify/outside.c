/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Folders: a file that has appeared is an effect that was done. Servers: what a double was given. A
 * receiver of keyed effects knows an id again, as it must: the same once more is nothing new. */
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
    char *url;                    /* where it leads now */
    char *folder;                 /* NULL: not one */
    struct double_server *server; /* NULL: not one */
    const struct verify_edge *declared;
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

static void effect_put(struct outside_edge *edge, struct bytes id, struct bytes content) {
    struct run *r = edge->outside->run;
    bool blind = strcmp(edge->declared->class, "blind") == 0;
    edge->outside->effects++;
    history_put(&r->history, (struct history_record){
                                 .kind = HISTORY_seen,
                                 .operation = r->is_reference ? HISTORY_expected : HISTORY_effect,
                                 .id = history_name(&r->history, id),
                                 .key = edge->place,
                                 .other = history_hash(content),
                                 .value = r->is_reference ? edge->declared->at_most_once
                                                          : !blind || edge->declared->at_most_once,
                             });
}

static void on_served(void *context, const struct double_effect *effect) {
    struct outside_edge *edge = context;
    struct outside *o = edge->outside;
    bool keyed = strcmp(edge->declared->class, "keyed") == 0;
    char *key =
        text_format("%s/%.*s/%llx", edge->name, (int)effect->id.len, (const char *)effect->id.data,
                    (unsigned long long)history_hash(effect->content));
    if (!keyed || !table_put(&o->seen, bytes_text(key), o))
        effect_put(edge, effect->id, effect->content);
    free(key);
}

/* Where the edge leads in this run; else NULL: there it stays. */
static char *edge_url(struct outside_edge *edge, const struct verify_edge *e) {
    const char *query = strchr(e->url, '?');
    const char *service = edge->service;
    bool smtp = strncmp(e->url, "smtp:", 5) == 0 || strncmp(e->url, "smtps:", 6) == 0;
    bool http = strncmp(e->url, "http://", 7) == 0 || strncmp(e->url, "https://", 8) == 0;
    if (strncmp(e->url, "file:", 5) == 0)
        return text_format("file:verify-%s-%s", service, e->name);
    if (strncmp(e->url, "smtp+folder:", 12) == 0)
        return text_format("smtp+folder:verify-%s-%s%s", service, e->name, query ? query : "");
    struct double_options options = { http ? DOUBLE_http : DOUBLE_smtp, on_served, NULL, edge };
    if ((!smtp && !http) || double_open(&edge->server, &options))
        return NULL;
    const char *path = http ? strchr(strstr(e->url, "//") + 2, '/') : query;
    edge->outside->run->has_servers = true;
    return text_format("%s://127.0.0.1:%d%s", http ? "http" : "smtp", double_port(edge->server),
                       path ? path : "/");
}

static char *url_of_load(struct run *r, const struct verify_service *s,
                         const struct verify_edge *e) {
    return r->load->edge_url ? r->load->edge_url(r, s, e) : NULL;
}

static void edge_open(struct outside *o, const struct verify_service *s,
                      const struct verify_edge *e) {
    struct run *r = o->run;
    assert(o->count < EDGES_MAX);
    struct outside_edge *edge = &o->edges[o->count++];
    char *place = text_format("%s (%s), edge %s, %s", s->name, s->handler, e->name,
                              e->class ? e->class : "requests");
    *edge = (struct outside_edge){
        .outside = o,
        .service = s->name,
        .name = e->name,
        .declared = e,
        .place = history_text(&r->history, place),
    };
    edge->url = url_of_load(r, s, e);
    bool ours = !edge->url && e->class;
    if (ours)
        edge->url = edge_url(edge, e);
    if (ours && edge->url && !edge->server)
        edge->folder = text_format("%s/%s/verify-%s-%s", r->house.dir, r->options->system->name,
                                   s->name, e->name);
    free(place);
    o->count -= edge->url == NULL;
}

struct outside *outside_open(struct run *r) {
    const struct verify_system *s = r->options->system;
    struct outside *o = memory_get(sizeof(*o));
    o->run = r;
    for (size_t i = 0; i < s->service_count; i++)
        for (size_t k = 0; k < s->services[i].edge_count; k++)
            edge_open(o, &s->services[i], &s->services[i].edges[k]);
    return o;
}

void outside_close(struct outside *o) {
    if (!o)
        return;
    for (size_t i = 0; i < o->count; i++) {
        free(o->edges[i].url);
        free(o->edges[i].folder);
        double_close(o->edges[i].server);
    }
    table_finish(&o->seen);
    free(o);
}

enum error outside_build(struct outside *o) {
    struct house_edge edges[EDGES_MAX];
    for (size_t i = 0; i < o->count; i++)
        edges[i] = (struct house_edge){ o->edges[i].service, o->edges[i].name, o->edges[i].url };
    return house_build(&o->run->house, edges, o->count);
}

/* An effect's name without what its folder adds. */
static struct bytes name_of(const char *file) {
    size_t len = strlen(file);
    return bytes_of(file, len > 4 && strcmp(file + len - 4, ".eml") == 0 ? len - 4 : len);
}

static void on_file(void *context, const char *name) {
    struct outside_edge *edge = context;
    struct outside *o = edge->outside;
    size_t len = strlen(name);
    char *key = text_format("%s/%s", edge->name, name);
    char *path = text_format("%s/%s", edge->folder, name);
    struct buf content = { 0 };
    bool part = name[0] == '.' || (len > 5 && strcmp(name + len - 5, ".part") == 0);
    if (!part && !table_find(&o->seen, bytes_text(key))
        && !disk_read_whole(disk_real(), path, CONTENT_MAX, &content)) {
        (void)table_put(&o->seen, bytes_text(key), o);
        effect_put(edge, name_of(name), buf_bytes(&content));
    }
    buf_finish(&content);
    free(path);
    free(key);
}

void outside_look(struct outside *o, int64_t now_ms) {
    for (size_t i = 0; i < o->count; i++)
        if (o->edges[i].server)
            double_turn(o->edges[i].server, o->run->is_reference ? DOUBLE_well : o->run->mood);
    if (now_ms != INT64_MAX && now_ms < o->looked_ms + LOOK_EVERY_MS)
        return;
    o->looked_ms = now_ms;
    for (size_t i = 0; i < o->count; i++)
        if (o->edges[i].folder && disk_list(disk_real(), o->edges[i].folder, on_file, &o->edges[i]))
            continue; /* nothing has come to it yet */
}

uint64_t outside_count(const struct outside *o) {
    return o->effects;
}
