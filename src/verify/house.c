/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Command lines, readiness, ports. */
#include "house.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"
#include "brokers.h"
#include "network.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READY_LIMIT_MS = 60000,
    NODES_READY_LIMIT_MS = 240000, /* three virtual machines of Java on a busy machine */
    STOP_LIMIT_MS = 30000,
    COMMAND_LIMIT_MS = 120000,
    COMMAND_WORDS_MAX = 24,
    PORT_FIRST = 12000,
    PORT_COUNT = 20000,
    PORT_TRIES = 200
};

static bool port_can_be_bound(int port) {
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_ANY);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
    if (fd >= 0)
        (void)close(fd);
    return bound;
}

enum error port_free(int *out) {
    for (int i = 0; i < PORT_TRIES; i++) {
        uint32_t dice;
        random_system(&dice, sizeof(dice));
        *out = PORT_FIRST + (int)(dice % PORT_COUNT);
        if (port_can_be_bound(*out))
            return E_ok;
    }
    return fail(E_network, "no free port between %d and %d", PORT_FIRST, PORT_FIRST + PORT_COUNT);
}

static void argue(struct process *p, const char *option, const char *value) {
    process_argument(p, option);
    process_argument(p, value);
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

static const char *edge_given(const struct house_edge *edges, size_t count, const char *service,
                              const char *edge) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(edges[i].service, service) == 0 && strcmp(edges[i].edge, edge) == 0)
            return edges[i].url;
    return NULL;
}

/* A port of its own for an edge that takes requests. */
static enum error edge_listen(struct house *h, const struct verify_service *s,
                              const struct verify_edge *edge, char **url) {
    assert(h->port_count < HOUSE_PORTS_MAX);
    struct house_port *p = &h->ports[h->port_count++];
    *p = (struct house_port){ s->name, edge->name, 0 };
    TRY(port_free(&p->port));
    *url = url_with_port(edge->url, p->port);
    return E_ok;
}

static enum error edge_build(struct house *h, const struct verify_service *s,
                             const struct verify_edge *edge, const char *given) {
    struct process *p = &h->processes[h->count - 1];
    char *url = NULL;
    if (given)
        url = text_copy(given);
    else if (!edge->class && strstr(edge->url, "://"))
        TRY(edge_listen(h, s, edge, &url));
    if (url) {
        char *option = text_format("%s=%s", edge->name, url);
        argue(p, "--edge", option);
        free(option);
    }
    free(url);
    return E_ok;
}

static enum error service_build(struct house *h, const struct verify_service *s,
                                const struct house_edge *edges, size_t edge_count) {
    assert(h->count < HOUSE_PROCESSES_MAX);
    struct process *p = &h->processes[h->count];
    h->services[h->count++] = s;
    process_init(p, s->name, h->dir);
    p->environment = &h->environment;
    p->preload = &h->preload.environment;
    process_argument(p, h->binary);
    process_argument(p, "run");
    process_argument(p, h->system->name);
    argue(p, "--service", s->name);
    argue(p, "--broker", h->bootstrap);
    argue(p, "--dir", h->dir);
    argue(p, "--port-file", p->port_file);
    if (h->system->file)
        argue(p, "--file", h->system->file);
    for (size_t i = 0; i < s->edge_count; i++)
        TRY(edge_build(h, s, &s->edges[i],
                       edge_given(edges, edge_count, s->name, s->edges[i].name)));
    return E_ok;
}

enum error house_build(struct house *h, const struct house_edge *edges, size_t count) {
    const char *folders[] = { "run", "log", "broker" };
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        char *path = text_format("%s/%s", h->dir, folders[i]);
        enum error e = disk_make_dir(disk_real(), path);
        free(path);
        TRY(e);
    }
    TRY(brokers_build(h));
    for (size_t i = 0; i < h->system->service_count; i++)
        TRY(service_build(h, &h->system->services[i], edges, count));
    for (size_t i = 0; i < h->count && h->own_network; i++)
        h->processes[i].group = NETWORK_GROUP + (int)i;
    return E_ok;
}

static enum error wait_ready(struct process *p, int limit_ms) {
    int64_t until = clock_steady_ms(clock_real()) + limit_ms;
    while (process_look(p) && !p->ready) {
        if (clock_steady_ms(clock_real()) > until)
            return fail(E_timed_out, "%s is not ready after %d s; its log is %s", p->name,
                        limit_ms / 1000, p->log_file);
        (void)poll(NULL, 0, 5);
    }
    if (p->ready)
        return E_ok;
    char *words = process_last_words(p);
    enum error e =
        fail(E_closed, "%s ended with %d before it was ready:\n%s", p->name, p->code, words);
    free(words);
    return e;
}

enum error house_start(struct house *h) {
    for (size_t i = 0; i < h->brokers; i++) /* one node alone may not be ready */
        TRY(process_start(&h->processes[i], NULL));
    for (size_t i = 0; i < h->brokers; i++)
        TRY(wait_ready(&h->processes[i],
                       house_is_foreign(h) ? NODES_READY_LIMIT_MS : READY_LIMIT_MS));
    for (size_t i = h->brokers; i < h->count; i++)
        TRY(process_start(&h->processes[i], NULL));
    for (size_t i = h->brokers; i < h->count; i++)
        TRY(wait_ready(&h->processes[i], READY_LIMIT_MS));
    return E_ok;
}

void house_spares(struct house *h, size_t process) {
    const struct process *like = &h->processes[process];
    for (size_t i = 0; i < HOUSE_SPARES; i++) {
        struct process *p = &h->spares[i];
        char *name = text_format("%s-%zu", like->name, i + 2);
        process_finish(p);
        process_init(p, name, h->dir);
        p->environment = like->environment;
        p->preload = like->preload;
        p->group = like->group;
        for (int k = 0; like->arguments[k]; k++)
            process_argument(p, strcmp(like->arguments[k], like->port_file) == 0
                                    ? p->port_file
                                    : like->arguments[k]);
        argue(p, "--instance", name);
        free(name);
    }
}

void house_finish(struct house *h) {
    for (size_t i = 0; i < HOUSE_SPARES; i++)
        process_finish(&h->spares[i]);
    for (size_t i = h->count; i-- > 0;)
        process_finish(&h->processes[i]);
    for (size_t i = 0; i < HOUSE_NODES_MAX; i++)
        buf_finish(&h->node_settings[i]);
    line_close(&h->line);
    preload_close(&h->preload);
    buf_finish(&h->environment);
    free(h->bootstrap);
    free(h->ports_of_brokers);
    free(h->dir);
    *h = (struct house){ 0 };
}

static void stop_wait(struct process *p, struct buf *problems) {
    int64_t until = clock_steady_ms(clock_real()) + STOP_LIMIT_MS;
    while (process_look(p) && clock_steady_ms(clock_real()) < until)
        (void)poll(NULL, 0, 5);
    if (p->pid)
        buf_print(problems, "%s does not stop on SIGTERM within %d s\n", p->name,
                  STOP_LIMIT_MS / 1000);
    else if (p->code)
        buf_print(problems, "%s stopped with %d\n", p->name, p->code);
    process_kill(p);
}

void house_stop_services(struct house *h, struct buf *problems) {
    for (size_t i = h->count; i-- > h->brokers;)
        process_ask_to_stop(&h->processes[i]);
    for (size_t i = h->count; i-- > h->brokers;)
        if (h->processes[i].pid)
            stop_wait(&h->processes[i], problems);
}

bool house_fences(struct house *h, const struct process *p) {
    char *words = process_last_words(p);
    bool fenced = house_is_foreign(h) && strstr(words, "with same group.instance.id");
    h->fenced += fenced;
    free(words);
    return fenced;
}

bool house_look(struct house *h, struct buf *problems) {
    bool well = true;
    for (size_t i = 0; i < h->count; i++) {
        struct process *p = &h->processes[i];
        int before = p->surprises;
        (void)process_look(p);
        if (p->surprises == before)
            continue;
        if (house_fences(h, p)) {
            p->surprises = before;
            continue;
        }
        char *words = process_last_words(p);
        const char *why = strstr(words, "\noctavo: "); /* its own words come first */
        buf_print(problems, "%s ended by itself with %d; the end of its log:\n%s\n", p->name,
                  p->code, why ? why + 1 : words);
        free(words);
        well = false;
    }
    return well;
}

bool house_is_ready(const struct house *h) {
    for (size_t i = 0; i < h->count; i++)
        if (!h->processes[i].ready)
            return false;
    return true;
}

bool house_is_foreign(const struct house *h) {
    return h->broker_list || h->node_count;
}

int house_port(const struct house *h, const char *service, const char *edge) {
    for (size_t i = 0; i < h->port_count; i++)
        if (strcmp(h->ports[i].service, service) == 0 && strcmp(h->ports[i].edge, edge) == 0)
            return h->ports[i].port;
    return 0;
}

void house_environment(struct house *h, const char *setting) {
    buf_put(&h->environment, setting, strlen(setting) + 1);
}

enum error house_command(const struct house *h, const char *const *words, struct buf *output,
                         int *code) {
    const char *all[COMMAND_WORDS_MAX] = { h->binary };
    size_t count = 1;
    char *errors = text_format("%s/log/commands.log", h->dir);
    for (; *words; words++)
        all[count++] = *words;
    assert(count + 7 < COMMAND_WORDS_MAX);
    all[count++] = "--dir";
    all[count++] = h->dir;
    if (strcmp(all[1], "park") != 0 && strcmp(all[1], "effects") != 0) {
        all[count++] = "--broker";
        all[count++] = h->bootstrap;
    }
    if (h->system->file) {
        all[count++] = "--file";
        all[count++] = h->system->file;
    }
    struct command c = { all, COMMAND_LIMIT_MS, output, errors, &h->environment };
    enum error e = command_run(&c, code);
    free(errors);
    return e;
}
