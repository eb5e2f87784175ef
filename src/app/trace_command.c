/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo trace SYSTEM ID: the causal tree around one event, request or effect. */
#include "commands.h"

#include "options.h"
#include "parts.h"
#include "place.h"
#include "runtime/trace.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct trace_call {
    const char *system, *id, *file, *dir, *broker;
    bool json;
    struct place place;
    struct declaration *declaration;
    size_t nodes;
};

const char trace_help[] =
    "octavo trace SYSTEM ID [options]    what led to an event, request or effect, and what came of "
    "it\n"
    "\n"
    "  --file FILE         a declaration instead of the shipped one\n"
    "  --broker HOST:PORT  default: the broker that runs in the data directory\n"
    "  --dir DIR           data directory; default $OCTAVO_DIR or ./octavo-data\n"
    "  --json              one JSON array, a parent before its children, each with its depth\n"
    "\n"
    "ID is a ce_id, the id of a request or an item, or of an effect. Journals that were cut behind "
    "a\n"
    "snapshot are not looked into. Exit code 1: nothing has this id.\n"
    "\n"
    "example:\n"
    "  octavo trace accounts ATM00001-20261122-000017-000000000017\n";

static bool options_read(struct trace_call *c, int count, char **arguments) {
    static const struct option known[] = {
        OPTION_FILE, OPTION_BROKER, OPTION_DIR, OPTION_JSON, OPTION_HELP, OPTION_END,
    };
    for (int o; (o = option_next(count, arguments, known)) != -1;)
        switch (o) {
        default:
            if (!option_usual(o, &(struct options_usual){ .dir = &c->dir,
                                                          .file = &c->file,
                                                          .broker = &c->broker,
                                                          .json = &c->json }))
                return false;
        }
    if (optind + 2 == count) {
        c->system = arguments[optind];
        c->id = arguments[optind + 1];
        return true;
    }
    if (!command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: a SYSTEM and an ID are wanted\n");
    return false;
}

static void print_bytes(const char *before, struct bytes text) {
    if (text.len)
        (void)printf("%s%.*s", before, (int)text.len, (const char *)text.data);
}

static void print_time(int64_t ms) {
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    char text[32];
    if (!ms || !gmtime_r(&seconds, &parts))
        return;
    (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    (void)printf("  %s.%03dZ", text, (int)(ms % 1000));
}

static void on_node(void *context, const struct trace_node *n, int depth) {
    struct trace_call *c = context;
    c->nodes++;
    (void)printf("%*s%s ", depth * 3, "", bytes_is_text(n->id, c->id) ? "*" : "-");
    print_bytes("", n->type.len ? n->type : n->what);
    print_bytes("  ", n->id);
    if (n->topic.len) {
        print_bytes("  ", n->topic);
        (void)printf("/%d offset %" PRId64, n->partition, n->offset);
    } else {
        print_bytes("  ", n->what);
    }
    print_bytes("  key ", n->key);
    print_time(n->time_ms);
    (void)printf("\n");
    for (const struct trace_taken *t = n->taken; t; t = t->next)
        (void)printf("%*s  taken by %s/%d in commit %" PRId64 "\n", depth * 3, "", t->service,
                     t->task, t->commit);
    if (n->waits.len) {
        (void)printf("%*s  ", depth * 3, "");
        print_bytes("", n->waits);
        (void)printf("\n");
    }
}

static void json_taken(struct buf *out, const struct trace_taken *taken) {
    buf_put_text(out, ",\"taken\":[");
    for (const struct trace_taken *t = taken; t; t = t->next) {
        if (t != taken)
            buf_put_byte(out, ',');
        json_begin(out);
        json_put_text(out, "service", bytes_text(t->service));
        json_put_int(out, "task", t->task);
        json_put_int(out, "commit", t->commit);
        json_put_int(out, "at_ms", t->at_ms);
        json_end(out);
    }
    buf_put_byte(out, ']');
}

static void on_node_json(void *context, const struct trace_node *n, int depth) {
    struct trace_call *c = context;
    struct buf out = { 0 };
    json_begin(&out);
    json_put_int(&out, "depth", depth);
    json_put_text(&out, "id", n->id);
    json_put_text(&out, "what", n->what);
    json_put_text(&out, "type", n->type);
    json_put_text(&out, "key", n->key);
    json_put_int(&out, "time_ms", n->time_ms);
    if (n->topic.len) {
        json_put_text(&out, "topic", n->topic);
        json_put_int(&out, "partition", n->partition);
        json_put_int(&out, "offset", n->offset);
    }
    if (n->waits.len)
        json_put_text(&out, "waits", n->waits);
    json_taken(&out, n->taken);
    json_end(&out);
    (void)printf("%s%s", c->nodes++ ? ",\n " : "[", buf_text(&out));
    buf_finish(&out);
}

static enum error tree_print(struct trace_call *c, struct trace *t) {
    struct trace_node *root = trace_find(t, bytes_text(c->id));
    if (!root)
        return E_ok;
    for (struct trace_node *up; (up = trace_parent(t, root));)
        root = up;
    trace_each(t, root, c->json ? on_node_json : on_node, c);
    if (c->json)
        (void)printf("]\n");
    return E_ok;
}

static enum error prepare(struct trace_call *c, struct trace_options *o) {
    TRY(parts_declaration(&c->declaration, c->system, c->file));
    o->declaration = c->declaration;
    o->store_kind = parts_store(c->declaration->store);
    if (!o->store_kind)
        return fail(E_config, "store %s: not in this binary", c->declaration->store);
    if (o->bootstrap)
        return E_ok;
    enum error e = fail(E_usage, "no broker runs in %s", c->place.dir);
    fail_try("octavo broker --dir %s/broker, or --broker HOST:PORT", c->place.dir);
    return e;
}

static enum error trace_run(struct trace_call *c, struct trace_options *o) {
    struct trace *t;
    TRY(prepare(c, o));
    const char *store = c->declaration->store;
    char *dir = place_path(&c->place, c->declaration->system, NULL);
    char *url = strchr(store, ':') ? text_copy(store) : text_format("%s:%s", store, dir);
    o->store_url = url;
    enum error e = trace_open(&t, o);
    if (!e)
        e = tree_print(c, t);
    if (!e)
        trace_close(t);
    free(dir);
    free(url);
    return e;
}

int trace_command(int count, char **arguments) {
    struct trace_call c = { 0 };
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, trace_help);
    c.place = place_of(c.dir);
    char *broker = c.broker ? text_copy(c.broker) : place_broker(&c.place);
    enum error e = trace_run(&c, &(struct trace_options){ .bootstrap = broker });
    if (e)
        error_print();
    else if (!c.nodes)
        (void)fprintf(stderr, "octavo: nothing has the id %s\n", c.id);
    declaration_destroy(c.declaration);
    free(broker);
    place_finish(&c.place);
    return e ? command_exit_code(e) : c.nodes ? EXIT_DONE : EXIT_FOUND;
}
