/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Starting a declared system: broker first, then its services in the declaration's order. */
#include "running.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 20 };

static void tell(const struct running_options *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(const struct running_options *o, const char *format, ...) {
    char text[256];
    va_list list;
    if (!o->on_step)
        return;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    o->on_step(o->context, text);
}

static enum error broker_start(struct running *r, const struct running_options *o) {
    char *dir = place_path(o->place, "broker", NULL);
    char *ready = place_path(o->place, "run", "broker.port");
    char *log = place_path(o->place, "log", "broker.log");
    char port_text[16];
    int port = 0;
    (void)snprintf(port_text, sizeof(port_text), "%d", o->broker_port);
    const char *arguments[] = { "broker",  "--dir",       dir,   "--port",
                                port_text, "--port-file", ready, NULL };
    struct child_options child = { "broker", arguments, ready, o->logs_to_files ? log : NULL };
    enum error e = supervisor_start(r->supervisor, &child, &port);
    if (!e) {
        r->broker = text_format("127.0.0.1:%d", port);
        (void)snprintf(port_text, sizeof(port_text), "%d", port);
        supervisor_set_argument(r->supervisor, "broker", "--port", port_text);
        tell(o, "broker on %s", r->broker);
    }
    free(dir);
    free(ready);
    free(log);
    return e;
}

/* iso8583://127.0.0.1:8583?dialect=iso87 with another port. Owned by the caller. */
static char *url_with_port(const char *url, int port) {
    const char *host = strstr(url, "://");
    const char *colon = host ? strchr(host + 3, ':') : NULL;
    if (!colon)
        return text_copy(url);
    const char *rest = colon + 1 + strspn(colon + 1, "0123456789");
    return text_format("%.*s:%d%s", (int)(colon - url), url, port, rest);
}

/* One process of a service. Where there are several each has its number in its names. */
struct service_start {
    const struct declared_service *declared;
    bool is_one_of_many;
    char instance[16];
    char *name;
    char *ready;
    char *log;
    char *edge; /* NAME=URL; NULL: no edge */
};

/* The edge that others come to, whose port it is. One with effects is somebody else's. */
static const struct declared_edge *edge_asked(const struct declared_service *service) {
    for (size_t i = 0; i < service->edge_count; i++)
        if (!service->edges[i].effects.class)
            return &service->edges[i];
    return NULL;
}

static void start_prepare(struct service_start *s, const struct running_options *o) {
    s->name = s->is_one_of_many ? text_format("%s.%s", s->declared->name, s->instance)
                                : text_copy(s->declared->name);
    char *ready_name = text_format("%s.port", s->name);
    char *log_name = text_format("%s.log", s->name);
    s->ready = place_path(o->place, "run", ready_name);
    s->log = place_path(o->place, "log", log_name);
    const struct declared_edge *edge = edge_asked(s->declared);
    if (edge) {
        char *url =
            o->edge_port < 0 ? text_copy(edge->url) : url_with_port(edge->url, o->edge_port);
        s->edge = text_format("%s=%s", edge->name, url);
        free(url);
    }
    free(ready_name);
    free(log_name);
}

/* The port it got is the port it keeps over restarts. */
static void keep_edge_port(struct running *r, const struct service_start *s, int port) {
    char *edge = url_with_port(s->edge, port);
    supervisor_set_argument(r->supervisor, s->name, "--edge", edge);
    free(edge);
    if (r->edge_port && !s->declared->tasks)
        return; /* in a group it asks queries only: the one that takes requests stays */
    free(r->edge_service);
    r->edge_service = text_copy(s->declared->name);
    r->edge_port = port;
}

static enum error start_child(struct running *r, const struct running_options *o,
                              const struct service_start *s) {
    const char *arguments[ARGUMENTS_MAX] = {
        "run",   o->declaration->system, "--service",   s->declared->name, "--broker",   r->broker,
        "--dir", o->place->dir,          "--port-file", s->ready,          "--instance", s->instance
    };
    size_t count = 12;
    int port = 0;
    if (o->file) {
        arguments[count++] = "--file";
        arguments[count++] = o->file;
    }
    if (s->edge) {
        arguments[count++] = "--edge";
        arguments[count++] = s->edge;
    }
    struct child_options child = { s->name, arguments, s->ready, o->logs_to_files ? s->log : NULL };
    TRY(supervisor_start(r->supervisor, &child, &port));
    if (s->edge && port)
        keep_edge_port(r, s, port);
    if (port)
        tell(o, "%s on 127.0.0.1:%d", s->name, port);
    else
        tell(o, "%s", s->name);
    return E_ok;
}

static enum error instance_start(struct running *r, const struct running_options *o,
                                 struct service_start s) {
    start_prepare(&s, o);
    enum error e = start_child(r, o, &s);
    free(s.name);
    free(s.ready);
    free(s.log);
    free(s.edge);
    return e;
}

/* Of the SERVICE=N that was asked for. */
static int32_t replicas_of(const struct running_options *o, const struct declared_service *s) {
    size_t len = strlen(s->name);
    for (size_t i = 0; o->replicas && o->replicas[i]; i++)
        if (strncmp(o->replicas[i], s->name, len) == 0 && o->replicas[i][len] == '=')
            return (int32_t)strtol(o->replicas[i] + len + 1, NULL, 10);
    return s->replicas;
}

static enum error service_start(struct running *r, const struct running_options *o,
                                const struct declared_service *declared) {
    int32_t replicas = replicas_of(o, declared);
    for (int32_t i = 0; i < replicas; i++) {
        struct service_start s = { .declared = declared, .is_one_of_many = replicas > 1 };
        (void)snprintf(s.instance, sizeof(s.instance), "%d", i);
        TRY(instance_start(r, o, s));
    }
    return E_ok;
}

static enum error supervisor_begin(struct running *r, const struct running_options *o) {
    char *path = place_path(o->place, "run", "notify.sock");
    enum error e = supervisor_create(&r->supervisor, o->loop, path);
    free(path);
    return e;
}

static enum error start_all(struct running *r, const struct running_options *o) {
    TRY(place_make(o->place, o->declaration->system));
    TRY(place_lock(o->place, &r->lock));
    TRY(supervisor_begin(r, o));
    if (strcmp(o->declaration->broker, "embedded") == 0)
        TRY(broker_start(r, o));
    else
        r->broker = text_copy(o->declaration->broker);
    for (size_t i = 0; i < o->declaration->service_count; i++)
        TRY(service_start(r, o, &o->declaration->services[i]));
    return E_ok;
}

enum error running_start(struct running *r, const struct running_options *options) {
    *r = (struct running){ .loop = options->loop };
    enum error e = start_all(r, options);
    if (e)
        running_stop(r);
    return e;
}

void running_stop(struct running *r) {
    supervisor_destroy(r->supervisor);
    free(r->broker);
    free(r->edge_service);
    disk_close(r->lock);
    *r = (struct running){ 0 };
}
