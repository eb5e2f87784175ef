/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo up SYSTEM: broker and services on this machine, started again when they end, until
 * stopped. */
#include "commands.h"

#include "life.h"
#include "options.h"
#include "parts.h"
#include "running.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535, REPLICAS_GIVEN_MAX = 64 };

struct up {
    const char *system;
    const char *file;
    const char *dir;
    int64_t port;
    const char *replicas[REPLICAS_GIVEN_MAX + 1]; /* SERVICE=N */
    int replica_count;
    struct loop *loop;
    struct notifier *life;
};

const char up_help[] =
    "octavo up SYSTEM [options]    run a system until stopped (Ctrl-C)\n"
    "\n"
    "  --dir DIR      data directory; default $OCTAVO_DIR or ./octavo-data\n"
    "  --port N       the broker's port; default 9092; when taken the next free one\n"
    "  --file FILE    a declaration instead of the shipped one\n"
    "  --replicas SERVICE=N\n"
    "                 so many processes of a service, instead of what is declared; may be given\n"
    "                 for several services\n"
    "\n"
    "A process that ends is started again; one that gives no sign of life for 10 s is killed "
    "first.\n"
    "\n"
    "example:\n"
    "  octavo up accounts --dir /var/lib/octavo\n";

static bool options_read(struct up *u, int count, char **arguments) {
    static const struct option known[] = { OPTION_DIR,  { "port", 1, NULL, 'p' },
                                           OPTION_FILE, { "replicas", 1, NULL, 'r' },
                                           OPTION_HELP, OPTION_END };
    for (int c; (c = option_next(count, arguments, known)) != -1;)
        switch (c) {
        case 'p':
            if (!command_read_number("port", optarg, PORT_MAX, &u->port))
                return false;
            break;
        case 'r':
            if (u->replica_count == REPLICAS_GIVEN_MAX)
                return false;
            u->replicas[u->replica_count++] = optarg;
            break;
        default:
            if (!option_usual(c, &(struct options_usual){ .dir = &u->dir, .file = &u->file }))
                return false;
        }
    u->system = optind < count ? arguments[optind] : NULL;
    if (optind + 1 == count)
        return true;
    if (!command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: one SYSTEM is wanted, such as accounts\n");
    return false;
}

static void on_step(void *context, const char *text) {
    (void)context;
    (void)printf("octavo up: %s\n", text);
    (void)fflush(stdout);
}

static void on_stop_signal(void *context) {
    loop_stop(((struct up *)context)->loop);
}

/* SERVICE=N names a declared service and a count it can have. */
static enum error replicas_check(const struct declaration *d, const char *given) {
    const char *equals = strchr(given, '=');
    char *name = text_copy_bytes(bytes_of(given, equals ? (size_t)(equals - given) : 0));
    const struct declared_service *s = declaration_service(d, name);
    char *end = NULL;
    long count = equals && equals[1] >= '0' && equals[1] <= '9' ? strtol(equals + 1, &end, 10) : 0;
    free(name);
    if (!s)
        return fail(E_usage, "--replicas %s: SERVICE=N is wanted, of a service of %s", given,
                    d->system);
    if (!end || *end || count < 1 || count > REPLICAS_MAX)
        return fail(E_usage, "--replicas %s: a count from 1 to %d is wanted", given, REPLICAS_MAX);
    if (s->tasks && count > s->tasks)
        return fail(E_usage, "--replicas %s: the service declares %d tasks, one a process", given,
                    s->tasks);
    return E_ok;
}

static enum error up_run(struct up *u, const struct declaration *declaration) {
    struct place place = place_of(u->dir);
    struct running running;
    struct running_options options = {
        .loop = u->loop,
        .place = &place,
        .declaration = declaration,
        .file = u->file,
        .broker_port = (int)u->port,
        .edge_port = -1,
        .replicas = u->replicas,
        .on_step = on_step,
    };
    enum error e = E_ok;
    for (int i = 0; i < u->replica_count && !e; i++)
        e = replicas_check(declaration, u->replicas[i]);
    if (!e)
        e = running_start(&running, &options);
    if (e)
        error_print();
    if (!e) {
        life_ready(u->life);
        (void)printf("octavo up: %s is ready; Ctrl-C stops it\n", u->system);
        (void)fflush(stdout);
        loop_run(u->loop);
        life_stopping(u->life);
        e = supervisor_judge(running.supervisor);
        if (e) /* now: stopping may have a story of its own */
            error_print();
        running_stop(&running);
    }
    place_finish(&place);
    if (e != E_closed || !loop_is_stopped(u->loop))
        return e;
    (void)printf("octavo up: %s was stopped before it was ready\n", u->system);
    return E_ok;
}

int up_command(int count, char **arguments) {
    struct up u = { .port = 9092 };
    struct declaration *declaration = NULL;
    if (!options_read(&u, count, arguments))
        return command_usage(count, arguments, up_help);
    enum error e = loop_create(&u.loop, clock_real());
    if (!e) {
        loop_on_signal(u.loop, SIGTERM, on_stop_signal, &u);
        loop_on_signal(u.loop, SIGINT, on_stop_signal, &u);
        e = parts_declaration(&declaration, u.system, u.file);
    }
    if (!e)
        e = life_begin(&u.life, u.loop);
    if (e)
        error_print();
    else
        e = up_run(&u, declaration);
    declaration_destroy(declaration);
    notifier_close(u.life);
    loop_destroy(u.loop);
    return command_exit_code(e);
}
