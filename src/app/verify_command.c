/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo verify SYSTEM: the declaration as plain facts for the judge, who is told nothing else. */
#include "commands.h"

#include "base/random.h"
#include "options.h"
#include "parts.h"
#include "place.h"
#include "verify/verify.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NODES_MAX = 5 };

struct verify_call {
    struct verify_options options;
    const char *name, *file, *dir;
    const char *nodes[NODES_MAX];
    bool list;
};

static volatile int stopped;

const char verify_help[] =
    "octavo verify SYSTEM [options]    run a system under faults, and judge its answers\n"
    "\n"
    "  --seed N       which faults, and when; default another one each time, printed\n"
    "  --for 60s      how long faults fall; rest and judgement come behind it\n"
    "  --faults A,B   only these kinds; `list` prints them all\n"
    "  --all          every kind; default: the seed switches a random half of them off\n"
    "  --only 3,7     of the printed schedule only these faults\n"
    "  --shrink       when it is broken: up to ten runs more, for fewer faults that break it, too\n"
    "  --heal 60s     so long after the last fault everybody must be back; of nodes: 240s\n"
    "  --rest 45s     so long nothing may move before all is done\n"
    "  --broker LIST  not on Octavo's broker: on this cluster, HOST:PORT with comma between, "
    "where\n"
    "                 this system's topics must not be; they are removed at the end (not by "
    "--keep)\n"
    "  --node COMMAND a node of such a cluster, which is started and killed; once for each node.\n"
    "                 It gets NODE, NODE_DIR, PORT, ADVERTISE and PORT_FILE in its environment\n"
    "  --file FILE    a declaration instead of the shipped one\n"
    "  --dir DIR      data directory; default $OCTAVO_DIR or ./octavo-data. Everything happens in\n"
    "                 DIR/SYSTEM/verify; what runs there otherwise is not touched\n"
    "  --keep         keep the files of the run; they are kept anyway when something is broken\n"
    "  --json         the report as one JSON object\n"
    "  --junit FILE   the report for a build server\n"
    "  --svg FILE     faults over answers on a timeline\n"
    "  --history FILE what the outside world saw, one JSON object a line\n"
    "\n"
    "Broker and services are spawned and killed as real processes. Each of the eight answers is\n"
    "HELD, BROKEN, NOT EXERCISED or NOT CHECKED. Exit code: 0 held, 1 broken, 2 wrong usage,\n"
    "3 could not run.\n"
    "\n"
    "example:\n"
    "  octavo verify accounts --seed 7 --for 60s\n";

/* 20, 20s or 2m, in milliseconds; 0: it is not one. */
static int64_t duration_read(const char *text) {
    char *end;
    long long number = strtoll(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || number < 1 || number > 86400)
        return 0;
    if (!*end || strcmp(end, "s") == 0)
        return number * 1000;
    return strcmp(end, "m") == 0 ? number * 60000 : 0;
}

static bool duration_take(const char *option, int64_t *into) {
    *into = duration_read(optarg);
    if (!*into)
        (void)fprintf(stderr, "octavo: wrong usage: --%s %s: seconds such as 60s are wanted\n",
                      option, optarg);
    return *into != 0;
}

static bool text_option_take(struct verify_call *c, int option) {
    const char **into = option == 'F'   ? &c->options.only
                        : option == 'f' ? &c->file
                        : option == 'd' ? &c->dir
                        : option == 'u' ? &c->options.junit
                        : option == 'v' ? &c->options.svg
                        : option == 'h' ? &c->options.history
                        : option == 'o' ? &c->options.places
                        : option == 'b' ? &c->options.broker
                                        : NULL;
    if (into)
        *into = optarg;
    return into != NULL;
}

static bool node_take(struct verify_call *c) {
    if (c->options.node_count == NODES_MAX) {
        (void)fprintf(stderr, "octavo: wrong usage: --node: at most %d of them\n", NODES_MAX);
        return false;
    }
    c->nodes[c->options.node_count++] = optarg;
    c->options.nodes = c->nodes;
    return true;
}

static bool option_take(struct verify_call *c, int option) {
    int64_t number;
    switch (option) {
    case 'n':
        return node_take(c);
    case 's':
        if (!command_read_number("seed", optarg, INT64_MAX, &number))
            return false;
        c->options.seed = (uint64_t)number;
        return true;
    case 't':
        return duration_take("for", &c->options.for_ms);
    case 'H':
        return duration_take("heal", &c->options.limits.heal_ms);
    case 'R':
        return duration_take("rest", &c->options.limits.idle_ms);
    case 'a':
        c->options.all_kinds = true;
        return true;
    case 'k':
        c->options.keep = true;
        return true;
    case 'S':
        c->options.shrink = true;
        return true;
    case 'j':
        c->options.json = true;
        return true;
    default:
        return text_option_take(c, option);
    }
}

static bool options_read(struct verify_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "seed", 1, NULL, 's' },
        { "for", 1, NULL, 't' },
        { "faults", 1, NULL, 'F' },
        { "all", 0, NULL, 'a' },
        { "only", 1, NULL, 'o' },
        { "shrink", 0, NULL, 'S' },
        { "heal", 1, NULL, 'H' },
        { "rest", 1, NULL, 'R' },
        OPTION_BROKER,
        { "node", 1, NULL, 'n' },
        OPTION_FILE,
        OPTION_DIR,
        { "keep", 0, NULL, 'k' },
        OPTION_JSON,
        { "junit", 1, NULL, 'u' },
        { "history", 1, NULL, 'h' },
        { "svg", 1, NULL, 'v' },
        { "help", 0, NULL, '?' },
        OPTION_END,
    };
    random_system(&c->options.seed, sizeof(c->options.seed));
    c->options.seed %= 1000000;
    c->options.for_ms = 60000;
    for (int option; (option = option_next(count, arguments, known)) != -1;)
        if (!option_take(c, option))
            return false;
    if (c->options.broker && c->options.node_count) {
        (void)fprintf(stderr, "octavo: wrong usage: --broker or --node, not both\n");
        return false;
    }
    c->list = c->options.only && strcmp(c->options.only, "list") == 0;
    c->name = optind < count ? arguments[optind] : NULL;
    if (c->list || optind + 1 == count)
        return true;
    if (!command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: one SYSTEM is wanted, such as accounts\n");
    return false;
}

static void service_tell(struct verify_service *to, const struct declared_service *from) {
    *to = (struct verify_service){
        .name = from->name,
        .handler = from->handler,
        .consumes = (const char *const *)from->consumes,
        .consumes_count = from->consumes_count,
        .has_group = from->tasks == 0 && from->consumes_count > 0,
        .is_fold = from->state == STATE_FOLD,
        .edges = memory_get((from->edge_count + 1) * sizeof(*to->edges)),
        .edge_count = from->edge_count,
    };
    for (size_t i = 0; i < from->edge_count; i++) {
        enum effect_class class = from->edges[i].effects.class;
        to->edges[i] = (struct verify_edge){
            .name = from->edges[i].name,
            .url = from->edges[i].url,
            .at_most_once = from->edges[i].effects.at_most_once,
            .class = class == CLASS_NONE ? NULL : effect_class_name(class),
        };
    }
}

/* As seen from the declaration's file. Owned by the caller. */
static char *file_beside(const char *file, const char *path) {
    const char *slash = file ? strrchr(file, '/') : NULL;
    return path[0] == '/' || !slash ? text_copy(path)
                                    : text_format("%.*s/%s", (int)(slash - file), file, path);
}

static void topic_tell(struct verify_topic *to, const struct declared_topic *from,
                       const struct declaration *d, const char *file) {
    const char *events = declaration_note(d->verify, from->name);
    *to = (struct verify_topic){
        .name = from->name,
        .partitions = from->partitions,
        .compacted = from->compacted,
        .dedupes = from->dedupe_ms > 0,
        .events = events ? file_beside(file, events) : NULL,
    };
}

static struct verify_system system_tell(const struct declaration *d, const char *file) {
    struct verify_system s = { .name = d->system, .file = file };
    s.topics = memory_get((d->topic_count + 1) * sizeof(*s.topics));
    s.services = memory_get((d->service_count + 1) * sizeof(*s.services));
    for (size_t i = 0; i < d->topic_count; i++)
        topic_tell(&s.topics[s.topic_count++], &d->topics[i], d, file);
    for (size_t i = 0; i < d->service_count; i++)
        service_tell(&s.services[s.service_count++], &d->services[i]);
    return s;
}

static void system_forget(struct verify_system *s) {
    for (size_t i = 0; i < s->service_count; i++)
        free(s->services[i].edges);
    for (size_t i = 0; i < s->topic_count; i++)
        free((void *)(uintptr_t)s->topics[i].events);
    free(s->services);
    free(s->topics);
}

static void on_signal(int signal) {
    (void)signal;
    stopped = 1;
}

static int verify_call(struct verify_call *c, const struct declaration *declaration) {
    char binary[PATH_MAX] = { 0 };
    struct place place = place_of(c->dir);
    struct verify_system system = system_tell(declaration, c->file);
    int code = EXIT_FAILED;
    (void)signal(SIGINT, on_signal);
    (void)signal(SIGTERM, on_signal);
    if (readlink("/proc/self/exe", binary, sizeof(binary) - 1) > 0) {
        c->options.system = &system;
        c->options.binary = binary;
        c->options.dir = place.dir;
        c->options.stop = &stopped;
        code = (int)verify_run(&c->options);
        c->options.system = NULL; /* they end here */
        c->options.binary = NULL;
    }
    system_forget(&system);
    place_finish(&place);
    return code;
}

int verify_command(int count, char **arguments) {
    struct verify_call c = { 0 };
    struct declaration *declaration = NULL;
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, verify_help);
    if (c.list) {
        verify_faults_print();
        return EXIT_DONE;
    }
    enum error e = parts_declaration(&declaration, c.name, c.file);
    if (e) {
        error_print();
        return command_exit_code(e);
    }
    int code = verify_call(&c, declaration);
    declaration_destroy(declaration);
    return code;
}
