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
#include "net/tls.h"
#include "options.h"
#include "place.h"
#include "server/server.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { PORT_DEFAULT = 9092, PORT_TRIES = 100, PORT_MAX = 65535, SESSION_S_MAX = 365 * 86400 };
enum { REBALANCE_DELAY_MS_MAX = 5 * 60 * 1000 };
enum { CONNECTIONS_DEFAULT = 1000, CONNECTIONS_MOST = 100000, OTHER_FILES_MAX = 1024 };
enum { ADDRESS_CONNECTIONS_MAX = 700 }; /* one that asks too much leaves room for others */

struct broker {
    const char *dir;
    const char *host;
    int64_t port;
    const char *port_file;
    const char *http;      /* HOST:PORT to show itself on */
    const char *advertise; /* NULL: host */
    struct tls_files tls_files;
    const char *users_file;
    bool plain_without_tls;
    bool topics_not_created;
    int64_t session_s;
    int64_t rebalance_delay_ms;
    int64_t replicas_accepted;
    int64_t connections; /* 0: the default, or as many as there may be */
    struct tls_context *tls;
    const char *place_port_file; /* NULL: with --dir */
    struct loop *loop;
    struct server *server;
    struct broker_show *show;
    struct notifier *life;
    int64_t started_ns;
};

const char broker_help[] =
    "octavo broker [options]    run the embedded broker alone\n"
    "octavo broker audit|repair [DIR]    is all in its directory as it should be; --help tells "
    "more\n"
    "\n"
    "  --dir DIR           the broker's own directory; default `broker` in the data directory,\n"
    "                      which is $OCTAVO_DIR or ./octavo-data\n"
    "  --port PORT         default 9092; taken: the next free one; 0: any free one\n"
    "  --bind ADDRESS      default 127.0.0.1; wider than loopback only with TLS and either users\n"
    "                      or client certificates (--host is the same)\n"
    "  --advertise HOST    how clients reach it; default the address they came to\n"
    "  --connections N     at most so many at a time; default 1000\n"
    "  --no-auto-create    asking for a topic does not make it, as "
    "`auto.create.topics.enable=false`\n"
    "  --rebalance-delay MS  an empty group waits so long for more members, as Kafka's\n"
    "                      `group.initial.rebalance.delay.ms`; default 0\n"
    "  --accept-replicas N  topics may be made with up to N replicas, and have one: for tests of\n"
    "                      programs that ask for more; default 1\n"
    "  --port-file FILE    write the port here once ready; without --dir also the data\n"
    "                      directory's run/broker.port, where other commands look\n"
    "  --http HOST:PORT    show health and metrics there, read-only; loopback only\n"
    "\n"
    "  --tls-cert FILE     speak TLS with this certificate (PEM, with those that lead to its CA)\n"
    "  --tls-key FILE      and its key, readable by this user alone\n"
    "  --tls-client-ca FILE  let in only clients with a certificate of this CA\n"
    "  --users FILE        let in only users, by SASL: SCRAM-SHA-256 or -512, with TLS also "
    "PLAIN;\n"
    "                      octavo broker user --help tells how the file is made\n"
    "  --plain-without-tls PLAIN on loopback too, where everybody who listens sees the password\n"
    "  --session SECONDS   users authenticate again after it; default never\n"
    "\n"
    "examples:\n"
    "  octavo broker\n"
    "  octavo broker --dir /var/lib/octavo/broker --port 9092\n"
    "  octavo broker --bind 0.0.0.0 --tls-cert broker.pem --tls-key broker.key --users users\n"
    "  kcat -b 127.0.0.1:9092 -L\n";

/* The options that are a text and nothing else. */
static const char **text_option(struct broker *b, int letter) {
    switch (letter) {
    case 'd':
        return &b->dir;
    case 'H':
        return &b->host;
    case 'a':
        return &b->advertise;
    case 'f':
        return &b->port_file;
    case 's':
        return &b->http;
    case 'c':
        return &b->tls_files.certificate;
    case 'k':
        return &b->tls_files.key;
    case 'C':
        return &b->tls_files.ca;
    case 'u':
        return &b->users_file;
    default:
        return NULL;
    }
}

static bool option_read(struct broker *b, int letter) {
    const char **text = text_option(b, letter);
    if (text) {
        *text = optarg;
        return true;
    }
    if (letter == 'p')
        return command_read_number("port", optarg, PORT_MAX, &b->port);
    if (letter == 'n')
        return command_read_number("connections", optarg, CONNECTIONS_MOST, &b->connections);
    if (letter == 'S')
        return command_read_number("session", optarg, SESSION_S_MAX, &b->session_s);
    if (letter == 'A')
        return command_read_number("accept-replicas", optarg, INT16_MAX, &b->replicas_accepted);
    if (letter == 'R')
        return command_read_number("rebalance-delay", optarg, REBALANCE_DELAY_MS_MAX,
                                   &b->rebalance_delay_ms);
    b->plain_without_tls = b->plain_without_tls || letter == 'P';
    b->topics_not_created = b->topics_not_created || letter == 'N';
    return letter == 'P' || letter == 'N';
}

static bool options_read(struct broker *b, int count, char **arguments) {
    static const struct option known[] = {
        OPTION_DIR,
        { "host", 1, NULL, 'H' },
        { "bind", 1, NULL, 'H' },
        { "advertise", 1, NULL, 'a' },
        { "port", 1, NULL, 'p' },
        { "port-file", 1, NULL, 'f' },
        { "http", 1, NULL, 's' },
        { "tls-cert", 1, NULL, 'c' },
        { "tls-key", 1, NULL, 'k' },
        { "tls-client-ca", 1, NULL, 'C' },
        { "users", 1, NULL, 'u' },
        { "plain-without-tls", 0, NULL, 'P' },
        { "no-auto-create", 0, NULL, 'N' },
        { "session", 1, NULL, 'S' },
        { "rebalance-delay", 1, NULL, 'R' },
        { "accept-replicas", 1, NULL, 'A' },
        { "connections", 1, NULL, 'n' },
        OPTION_HELP,
        OPTION_END,
    };
    for (int c; (c = option_next(count, arguments, known)) != -1;)
        if (!option_read(b, c))
            return false;
    if (optind < count)
        (void)fprintf(stderr, "octavo: wrong usage: %.200s: audit, repair, user, or options only\n",
                      arguments[optind]);
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

static enum error refuse_open_door(const struct broker *b, enum error e) {
    if (e == E_refused && !(b->tls && (b->users_file || b->tls_files.ca)))
        fail_try("--tls-cert and --tls-key, and --users or --tls-client-ca: without both, whoever "
                 "reaches %s reads and writes everything",
                 b->host);
    return e;
}

static enum error check_users_file(const char *path) {
    bool is_public = false;
    if (!path || disk_real_is_public(path, &is_public) || !is_public)
        return E_ok; /* one that is missing is told of when it is read */
    enum error e = fail(E_config, "%s: everybody on this machine may read it", path);
    fail_try("chmod 600 on it");
    return e;
}

static enum error open_server(struct broker *b, const struct server_options *options) {
    if (b->tls_files.certificate || b->tls_files.key || b->tls_files.ca)
        TRY(tls_context_listen(&b->tls, &b->tls_files));
    TRY(check_users_file(b->users_file));
    struct server_options with_tls = *options;
    with_tls.tls = b->tls;
    return refuse_open_door(b, server_open(&b->server, &with_tls));
}

static enum error serve(struct broker *b) {
    struct server_options options = {
        .loop = b->loop,
        .disk = disk_real(),
        .dir = b->dir,
        .host = b->host,
        .advertised_host = b->advertise,
        .port = (int)b->port,
        .port_tries = PORT_TRIES,
        .users_file = b->users_file,
        .connections_max = (int)b->connections,
        .address_connections_max = b->tls_files.certificate ? ADDRESS_CONNECTIONS_MAX : 0,
        .plain_without_tls = b->plain_without_tls,
        .topics_not_created = b->topics_not_created,
        .session_ms = b->session_s * 1000,
        .rebalance_delay_ms = (int32_t)b->rebalance_delay_ms,
        .replicas_accepted = (int16_t)b->replicas_accepted,
        .on_failed = on_failed,
        .context = b,
    };
    TRY(open_server(b, &options));
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

/* Each connection is an open file, and the log has files of its own, which it must get. */
static enum error make_room(struct broker *b) {
    struct rlimit files;
    rlim_t wanted =
        (rlim_t)(b->connections ? b->connections : CONNECTIONS_DEFAULT) + OTHER_FILES_MAX;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
        return E_ok;
    if (files.rlim_max < wanted && b->connections) {
        enum error e = fail(E_config,
                            "--connections %lld: that takes %llu open files, and this "
                            "process may have %llu",
                            (long long)b->connections, (unsigned long long)wanted,
                            (unsigned long long)files.rlim_max);
        fail_try("fewer of them, or a higher limit: ulimit -n, or LimitNOFILE= under systemd");
        return e;
    }
    files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < wanted)
        b->connections = files.rlim_cur > 2 * OTHER_FILES_MAX
                             ? (int64_t)files.rlim_cur - OTHER_FILES_MAX
                             : (int64_t)files.rlim_cur / 2;
    return E_ok;
}

/* What a burst has taken is given back when it is over: otherwise glibc raises both bounds with
 * each large piece that is freed, and holds on to tens of megabytes for good. */
static void heap_bound(void) {
    enum { OWN_MAPPING_BYTES = 512 << 10, FREE_TOP_BYTES = 1 << 20 };
    (void)mallopt(M_MMAP_THRESHOLD, OWN_MAPPING_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, FREE_TOP_BYTES);
}

static enum error broker_run(struct broker *b) {
    heap_bound();
    TRY(make_room(b));
    TRY(loop_create(&b->loop, clock_real()));
    loop_on_signal(b->loop, SIGTERM, on_stop_signal, b);
    loop_on_signal(b->loop, SIGINT, on_stop_signal, b);
    enum error e = life_begin(&b->life, b->loop);
    if (!e)
        e = serve(b);
    notifier_close(b->life);
    loop_destroy(b->loop);
    tls_context_destroy(b->tls);
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
    if (count > 1 && strcmp(arguments[1], "user") == 0)
        return broker_user_command(count - 1, arguments + 1);
    if (count > 1 && (strcmp(arguments[1], "audit") == 0 || strcmp(arguments[1], "repair") == 0))
        return broker_audit_command(count - 1, arguments + 1);
    struct broker b = { .host = "127.0.0.1",
                        .port = PORT_DEFAULT,
                        .started_ns = clock_steady_ns(clock_real()) };
    if (!options_read(&b, count, arguments))
        return command_usage(count, arguments, broker_help);
    enum error e = b.dir ? broker_run(&b) : broker_run_in_place(&b);
    if (e)
        error_print();
    return command_exit_code(e);
}
