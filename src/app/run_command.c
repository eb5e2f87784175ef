/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo run SYSTEM --service NAME: one service instance in this process, until it is stopped.
 * `octavo up` starts one of these per service; systemd may as well. */
#include "commands.h"

#include "life.h"
#include "otlp/otlp.h"
#include "options.h"
#include "parts.h"
#include "place.h"
#include "runtime/schemas.h"
#include "runtime/service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDGES_GIVEN_MAX = 16 };

struct run {
    const char *system;
    const char *service;
    const char *file;
    const char *dir;
    const char *broker;
    const char *instance;
    const char *port_file;
    const char *http;
    const char *otlp_url;
    const char *edges[EDGES_GIVEN_MAX + 1]; /* NAME=URL: replace the declared ones */
    int edge_count;
    struct place place;
    struct loop *loop;
    struct notifier *life;
    struct otlp *otlp;
    bool told; /* the port file could be written */
};

const char run_help[] =
    "octavo run SYSTEM --service NAME [options]    run one service until it is stopped\n"
    "\n"
    "  --service NAME      the service of the declaration to run\n"
    "  --file FILE         a declaration instead of the shipped one\n"
    "  --broker HOST:PORT  default: the broker that runs in the data directory\n"
    "  --dir DIR           data directory; default $OCTAVO_DIR or ./octavo-data\n"
    "  --instance NAME     distinguishes processes of one service; default 0\n"
    "  --edge NAME=URL     replaces the URL of a declared edge; may be given for several\n"
    "  --http HOST:PORT    show health, metrics and state there, read-only; loopback only\n"
    "  --otlp URL          send spans of traces there, as OTLP/HTTP; default\n"
    "                      $OTEL_EXPORTER_OTLP_ENDPOINT/v1/traces, if that is set\n"
    "  --port-file FILE    write the edge's port here once ready (0: no edge)\n"
    "\n"
    "example:\n"
    "  octavo run accounts --service transaction-processor --broker 127.0.0.1:9092\n";

static bool options_read(struct run *r, int count, char **arguments) {
    static const struct option known[] = {
        { "service", 1, NULL, 's' },
        OPTION_FILE,
        OPTION_BROKER,
        OPTION_DIR,
        { "edge", 1, NULL, 'e' },
        { "instance", 1, NULL, 'i' },
        { "port-file", 1, NULL, 'p' },
        { "http", 1, NULL, 'H' },
        { "otlp", 1, NULL, 'o' },
        OPTION_HELP,
        OPTION_END,
    };
    for (int c; (c = option_next(count, arguments, known)) != -1;)
        switch (c) {
        case 's':
            r->service = optarg;
            break;
        case 'e':
            if (r->edge_count == EDGES_GIVEN_MAX)
                return false;
            r->edges[r->edge_count++] = optarg;
            break;
        case 'i':
            r->instance = optarg;
            break;
        case 'p':
            r->port_file = optarg;
            break;
        case 'H':
            r->http = optarg;
            break;
        case 'o':
            r->otlp_url = optarg;
            break;
        default:
            if (!option_usual(c, &(struct options_usual){
                                     .dir = &r->dir, .file = &r->file, .broker = &r->broker }))
                return false;
        }
    r->system = optind < count ? arguments[optind] : NULL;
    if (r->system && r->service)
        return true;
    if (!command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: a SYSTEM and --service NAME are wanted\n");
    return false;
}

/* --edge NAME=URL. The declaration stays ours to change until the service is opened. */
static enum error edge_replace(const struct declared_service *declared, const char *edge) {
    const char *equals = strchr(edge, '=');
    for (size_t i = 0; equals && i < declared->edge_count; i++)
        if (bytes_is_text(bytes_of(edge, (size_t)(equals - edge)), declared->edges[i].name)) {
            declared->edges[i].url = equals + 1;
            return E_ok;
        }
    return fail(E_usage, "--edge %s: service %s has no such edge", edge, declared->name);
}

static void on_ready(void *context, struct service *s) {
    struct run *r = context;
    int port = service_edge_port(s);
    (void)printf("octavo %s.%s: ready", r->system, r->service);
    if (port)
        (void)printf(" on 127.0.0.1:%d", port);
    if (service_http_port(s))
        (void)printf(", shown on port %d", service_http_port(s));
    (void)printf("\n");
    (void)fflush(stdout);
    life_ready(r->life);
    r->told = place_tell_port(r->port_file, port) == E_ok;
    if (!r->told) /* the service ends, and what it says later is another story */
        error_print();
}

static void on_stop_signal(void *context) {
    loop_stop(((struct run *)context)->loop);
}

/* Where spans go: as OpenTelemetry's exporters look for it. */
static enum error tracing_begin(struct run *r, struct service_options *options) {
    const char *endpoint = getenv("OTEL_EXPORTER_OTLP_ENDPOINT");
    if (!r->otlp_url && !(endpoint && *endpoint))
        return E_ok;
    char *name = text_format("%s.%s", options->declaration->system, options->declared->name);
    char *url = r->otlp_url ? text_copy(r->otlp_url) : text_format("%s/v1/traces", endpoint);
    enum error e = otlp_open(&r->otlp, r->loop, url, name);
    options->on_span = otlp_add;
    options->span_context = r->otlp;
    free(url);
    free(name);
    return e;
}

static enum error serve(struct run *r, const struct service_options *options) {
    struct service *service;
    TRY(service_open(&service, options));
    if (r->told)
        loop_run(r->loop);
    life_stopping(r->life);
    bool failed = service_has_failed(service) || !r->told;
    service_close(service);
    return failed ? E_handler : E_ok;
}

static enum error prepare(struct run *r, const struct declaration *declaration,
                          struct service_options *options) {
    const struct declared_service *declared = declaration_service(declaration, r->service);
    if (!declared)
        return fail(E_usage, "system %s declares no service %s", r->system, r->service);
    for (int i = 0; i < r->edge_count; i++)
        TRY(edge_replace(declared, r->edges[i]));
    options->declaration = declaration;
    options->declared = declared;
    TRY_WHILE(parts_service(declaration, declared, &options->code), "finding the handlers of %s",
              declared->name);
    options->store_kind = parts_store(declared->state == STATE_FOLD ? "fold" : declaration->store);
    if (!options->store_kind)
        return fail(E_config, "store %s: not in this binary", declaration->store);
    return E_ok;
}

static enum error run_service(struct run *r, struct declaration *declaration) {
    struct service_options options = {
        .connectors = &parts_connectors,
        .version = OCTAVO_VERSION,
        .instance = r->instance,
        .http = r->http,
        .on_ready = on_ready,
        .context = r,
    };
    struct schemas *schemas = NULL;
    TRY(prepare(r, declaration, &options));
    char *broker = r->broker ? text_copy(r->broker) : place_broker(&r->place);
    char *dir = place_path(&r->place, declaration->system, NULL);
    enum error e = E_ok;
    options.bootstrap = broker;
    options.data_dir = dir;
    options.loop = r->loop;
    if (!broker) {
        e = fail(E_usage, "no broker runs in %s", r->place.dir);
        fail_try("octavo broker --dir %s/broker, or --broker HOST:PORT", r->place.dir);
    }
    if (!e)
        e = place_make(&r->place, declaration->system);
    if (!e)
        e = parts_schemas(declaration, r->file, &schemas);
    options.schemas = schemas;
    if (!e)
        e = tracing_begin(r, &options);
    if (!e)
        e = serve(r, &options);
    parts_service_end(options.code);
    schemas_close(schemas);
    otlp_close(r->otlp);
    free(broker);
    free(dir);
    return e;
}

int run_command(int count, char **arguments) {
    struct run r = { 0 };
    struct declaration *declaration = NULL;
    if (!options_read(&r, count, arguments))
        return command_usage(count, arguments, run_help);
    r.place = place_of(r.dir);
    enum error e = loop_create(&r.loop, clock_real());
    if (!e) {
        loop_on_signal(r.loop, SIGTERM, on_stop_signal, &r);
        loop_on_signal(r.loop, SIGINT, on_stop_signal, &r);
        e = parts_declaration(&declaration, r.system, r.file);
    }
    if (!e)
        e = life_begin(&r.life, r.loop);
    if (!e)
        e = run_service(&r, declaration);
    if (e && e != E_handler)
        error_print();
    declaration_destroy(declaration);
    notifier_close(r.life);
    loop_destroy(r.loop);
    place_finish(&r.place);
    return command_exit_code(e);
}
