/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo broker: the embedded broker alone, until it is stopped.
 *
 * A stop by SIGTERM or SIGINT is clean: what was received is synced, a checkpoint is written. A
 * write or sync that failed ends the process at once and without any of that: after it nobody knows
 * what the disk holds, and only reading it anew tells. */
#include "commands.h"

#include "base/event.h"
#include "broker_show.h"
#include "life.h"
#include "net/loop.h"
#include "place.h"
#include "server/server.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { PORT_DEFAULT = 9092, PORT_TRIES = 100, PORT_MAX = 65535 };

struct broker {
    const char *dir;
    const char *host;
    int64_t port;
    const char *port_file;
    const char *http;            /* HOST:PORT to show itself on */
    const char *place_port_file; /* NULL: with --dir */
    struct loop *loop;
    struct server *server;
    struct broker_show *show;
    struct notifier *life;
    int64_t started_ns;
};

static const char help[] =
    "octavo broker [options]    run the embedded broker alone\n"
    "\n"
    "  --dir DIR           the broker's own directory; default `broker` in the data directory,\n"
    "                      which is $OCTAVO_DIR or ./octavo-data\n"
    "  --port PORT         default 9092; taken: the next free one; 0: any free one\n"
    "  --host ADDRESS      a loopback address; default 127.0.0.1\n"
    "  --port-file FILE    write the port here once ready; without --dir also the data\n"
    "                      directory's run/broker.port, where other commands look\n"
    "  --http HOST:PORT    show health and metrics there, read-only; loopback only\n"
    "\n"
    "examples:\n"
    "  octavo broker\n"
    "  octavo broker --dir /var/lib/octavo/broker --port 9092\n"
    "  kcat -b 127.0.0.1:9092 -L\n";

static bool options_read(struct broker *b, int count, char **arguments) {
    static const struct option known[] = {
        { "dir", 1, NULL, 'd' },       { "host", 1, NULL, 'H' }, { "port", 1, NULL, 'p' },
        { "port-file", 1, NULL, 'f' }, { "http", 1, NULL, 's' }, { "help", 0, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    for (int c; (c = getopt_long(count, arguments, "", known, NULL)) != -1;)
        switch (c) {
        case 'd':
            b->dir = optarg;
            break;
        case 'H':
            b->host = optarg;
            break;
        case 'f':
            b->port_file = optarg;
            break;
        case 's':
            b->http = optarg;
            break;
        case 'p':
            if (!command_read_number("port", optarg, PORT_MAX, &b->port))
                return false;
            break;
        default:
            return false;
        }
    return optind == count;
}

static void on_stop_signal(void *context) {
    loop_stop(((struct broker *)context)->loop);
}

static void on_failed(void *context) {
    (void)context;
    error_print();
    _exit(EXIT_FAILED);
}

static enum error tell_ready(struct broker *b) {
    int port = server_port(b->server);
    int64_t ready_ms = (clock_steady_ns(clock_real()) - b->started_ns) / 1000000;
    event_log(EV_broker_ready, "port=%d ready_ms=%lld", port, (long long)ready_ms);
    (void)printf("octavo broker: ready on %s:%d", b->host, port);
    if (broker_show_port(b->show))
        (void)printf(", shown on port %d", broker_show_port(b->show));
    (void)printf("\n");
    (void)fflush(stdout);
    life_ready(b->life);
    TRY(place_tell_port(b->place_port_file, port));
    return place_tell_port(b->port_file, port);
}

static enum error serve(struct broker *b) {
    struct server_options options = {
        .loop = b->loop,
        .disk = disk_real(),
        .dir = b->dir,
        .host = b->host,
        .port = (int)b->port,
        .port_tries = PORT_TRIES,
        .on_failed = on_failed,
        .context = b,
    };
    TRY(server_open(&b->server, &options));
    enum error e = broker_show_open(&b->show, b->server, &options, b->http);
    if (!e)
        e = tell_ready(b);
    if (!e)
        loop_run(b->loop);
    int port = server_port(b->server);
    life_stopping(b->life);
    place_forget_port(b->place_port_file);
    broker_show_close(b->show);
    server_close(b->server);
    if (!e)
        event_log(EV_broker_stopped, "port=%d", port);
    return e;
}

static enum error broker_run(struct broker *b) {
    TRY(loop_create(&b->loop, clock_real()));
    loop_on_signal(b->loop, SIGTERM, on_stop_signal, b);
    loop_on_signal(b->loop, SIGINT, on_stop_signal, b);
    enum error e = life_begin(&b->life, b->loop);
    if (!e)
        e = serve(b);
    notifier_close(b->life);
    loop_destroy(b->loop);
    return e;
}

static enum error broker_run_in_place(struct broker *b) {
    struct place place = place_of(NULL);
    char *dir = place_path(&place, "broker", NULL);
    char *port_file = place_path(&place, "run", "broker.port");
    b->dir = dir;
    b->place_port_file = port_file;
    enum error e = place_make(&place, NULL);
    if (!e)
        e = broker_run(b);
    free(port_file);
    free(dir);
    place_finish(&place);
    return e;
}

int broker_command(int count, char **arguments) {
    struct broker b = { .host = "127.0.0.1",
                        .port = PORT_DEFAULT,
                        .started_ns = clock_steady_ns(clock_real()) };
    if (!options_read(&b, count, arguments))
        return command_usage(count, arguments, help);
    enum error e = b.dir ? broker_run(&b) : broker_run_in_place(&b);
    if (e)
        error_print();
    return command_exit_code(e);
}
