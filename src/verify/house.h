/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The processes of one run: the broker (or brokers of another make, brokers.h) and every declared
 * service, in a directory of their own. Each keeps the port it got first, over every restart, as
 * the outside world knows it by that. */
#ifndef OCTAVO_VERIFY_HOUSE_H
#define OCTAVO_VERIFY_HOUSE_H

#include "line.h"
#include "preload.h"
#include "process.h"
#include "verify.h"

enum {
    HOUSE_PROCESSES_MAX = 32,
    HOUSE_PORTS_MAX = 32,
    HOUSE_SPARES = 3,
    HOUSE_BROKER = 0, /* the first of them */
    HOUSE_NODES_MAX = 5
};

/* Where an edge that takes requests listens in this run. */
struct house_port {
    const char *service, *edge;
    int port;
};

struct house {
    const struct verify_system *system;
    const char *binary;
    char *dir;
    const char *broker_list;  /* brokers that are not ours; NULL */
    const char *const *nodes; /* commands of brokers that we start; none: Octavo's own one */
    size_t node_count;
    struct buf node_settings[HOUSE_NODES_MAX];
    char *bootstrap;        /* what services are given */
    char *ports_of_brokers; /* 9092,9093; NULL: they are elsewhere */
    bool own_network;       /* network.h: each process runs as a group of its own */
    struct line line;
    struct process processes[HOUSE_PROCESSES_MAX];
    const struct verify_service *services[HOUSE_PROCESSES_MAX]; /* NULL: a broker */
    size_t brokers; /* so many of the processes, the first; one stands for those elsewhere */
    size_t count;
    unsigned fenced; /* processes that their cluster has put out of a group, see house_fences */
    struct process spares[HOUSE_SPARES]; /* more of one service, while a fault wants them */
    struct house_port ports[HOUSE_PORTS_MAX];
    size_t port_count;
    struct preload preload;
    struct buf environment; /* NAME=VALUE 0 ... of every process; empty: nothing of its own */
};

struct house_edge {
    const char *service, *edge, *url;
};

/* Makes directories and command lines; starts nothing. `edges` replace what is declared; an edge
 * that takes requests and is not among them gets a free port. */
enum error house_build(struct house *h, const struct house_edge *edges, size_t count) MUST_CHECK;
enum error house_start(struct house *h) MUST_CHECK; /* all of them, until each is ready */
void house_finish(struct house *h);
void house_spares(struct house *h, size_t process); /* command lines of more like it; none runs */
void house_stop_services(struct house *h, struct buf *problems); /* as an operator would */
/* Looks after everybody; false: somebody has ended whose end nobody ordered (it is told once). */
bool house_look(struct house *h, struct buf *problems);
/* It ended because a cluster of another make took it for another of its name, as may come of a
 * coordinator that dies while a static member joins: nobody's fault, and it is started again as by
 * any supervisor. */
bool house_fences(struct house *h, const struct process *p);
bool house_is_ready(const struct house *h);
bool house_is_foreign(const struct house *h); /* its brokers are not Octavo's */
int house_port(const struct house *h, const char *service, const char *edge); /* 0: none */
/* "NAME=VALUE" for all processes and commands; before they are built. */
void house_environment(struct house *h, const char *setting);
/* `octavo WORDS... --dir DIR --broker HOST:PORT [--file FILE]`. */
enum error house_command(const struct house *h, const char *const *words, struct buf *output,
                         int *code) MUST_CHECK;
/* A port that nobody has, below those that the kernel gives to clients: a client that dials a
 * server which is away must not find itself. */
enum error port_free(int *out) MUST_CHECK;

#endif
