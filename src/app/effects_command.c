/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo effects: what services want done to the outside world and is not yet done. Where the
 * service runs it is told over its control socket; where it does not, the command takes the task's
 * lock and commits the same itself. */
#include "effects_command.h"

#include "base/clock.h"
#include "commands.h"
#include "control_client.h"
#include "parts.h"
#include "runtime/effects_order.h"
#include "values/json.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "octavo effects ls SYSTEM [SERVICE]             edges, and effects that wait\n"
    "octavo effects show SYSTEM SERVICE ID          one of them, whole\n"
    "octavo effects retry SYSTEM SERVICE ID|--all   try it again at once, with a new deadline\n"
    "octavo effects drop SYSTEM SERVICE ID|--all    forget it: its outcome is `dropped`\n"
    "\n"
    "  --all          retry, drop: every parked one of the service\n"
    "  --limit N      ls: so many effects, the parked ones first; default 50\n"
    "  --dir DIR      data directory; default $OCTAVO_DIR or ./octavo-data\n"
    "  --file FILE    a declaration instead of the shipped one\n"
    "  --json         for programs\n"
    "\n"
    "An effect that was refused or came too late, and whose outcome nobody handles, is parked:\n"
    "it and the later ones of its edge and key wait. A window is one that may have happened twice\n"
    "or not at all. Exit code 1: there is no such effect, or a worker has it.\n"
    "\n"
    "example:\n"
    "  octavo effects ls onboarding --dir /var/lib/octavo\n";

static bool verb_is_known(const char *verb) {
    return strcmp(verb, "ls") == 0 || strcmp(verb, "show") == 0 || strcmp(verb, "retry") == 0
           || strcmp(verb, "drop") == 0;
}

/* What stands behind the options: VERB SYSTEM [SERVICE] [ID]. */
static bool words_take(struct effects_call *c, char **words, int count) {
    if (count < 2 || count > 4 || !verb_is_known(words[0]))
        return false;
    bool ls = strcmp(words[0], "ls") == 0, show = strcmp(words[0], "show") == 0;
    c->verb = words[0];
    c->system = words[1];
    c->service = count > 2 ? words[2] : NULL;
    c->id = count > 3 ? words[3] : NULL;
    if (c->all)
        return !ls && !show && count == 3;
    return ls ? count <= 3 : count == 4;
}

static bool options_take(struct effects_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "dir", 1, NULL, 'd' }, { "file", 1, NULL, 'f' },  { "json", 0, NULL, 'j' },
        { "all", 0, NULL, 'a' }, { "limit", 1, NULL, 'l' }, { "help", 0, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    for (int o; (o = getopt_long(count, arguments, "", known, NULL)) != -1;)
        switch (o) {
        case 'd':
            c->dir = optarg;
            break;
        case 'f':
            c->file = optarg;
            break;
        case 'j':
            c->json = true;
            break;
        case 'a':
            c->all = true;
            break;
        case 'l':
            if (!command_read_number("limit", optarg, 1000000, &c->limit))
                return false;
            break;
        default:
            return false;
        }
    return true;
}

static bool options_read(struct effects_call *c, int count, char **arguments) {
    c->limit = 50;
    if (!options_take(c, count, arguments))
        return false;
    if (words_take(c, arguments + optind, count - optind))
        return true;
    if (!command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: ls SYSTEM, or show, retry or drop SYSTEM "
                              "SERVICE ID is wanted\n");
    return false;
}

bool effects_has_edges(const struct declared_service *s) {
    for (size_t i = 0; i < s->edge_count; i++)
        if (s->edges[i].effects.class != CLASS_NONE)
            return true;
    return false;
}

int32_t effects_tasks(const struct effects_call *c, const struct declared_service *s) {
    if (s->tasks)
        return s->tasks;
    return s->consumes_count ? declaration_topic(c->declaration, s->consumes[0])->partitions : 0;
}

enum error effects_look(const struct effects_call *c, const struct declared_service *s,
                        int32_t task, struct store **out) {
    struct store_table *tables = memory_get((s->table_count + 1) * sizeof(*tables));
    for (size_t i = 0; i < s->table_count; i++)
        tables[i] = s->tables[i].table;
    struct store_options options = {
        .url = c->store_url,
        .system = c->declaration->system,
        .service = s->name,
        .generation = s->generation,
        .task = task,
        .tables = tables,
        .table_count = s->table_count,
    };
    enum error e = c->store_kind->look ? c->store_kind->look(out, &options)
                                       : fail(E_unsupported, "a %s store cannot be looked into",
                                              c->store_kind->scheme);
    free(tables);
    return e;
}

/* ---- a service that runs */

static void done_add(struct effects_order *all, struct bytes reply) {
    struct json json;
    int64_t number;
    if (json_read(&json, reply))
        return;
    if (json_get_int(&json, "found", &number))
        all->found += number;
    if (json_get_int(&json, "done", &number))
        all->done += number;
    if (json_get_int(&json, "busy", &number))
        all->busy += number;
    json_finish(&json);
}

static enum error peer_order(const struct effects_call *c, const struct control_peer *peer,
                             struct effects_order *done, bool *runs) {
    struct buf json = { 0 }, reply = { 0 };
    json_begin(&json);
    if (c->id)
        json_put_text(&json, "effect", bytes_text(c->id));
    json_end(&json);
    enum error e =
        control_call(peer, done->drop ? "effects-drop" : "effects-retry", buf_bytes(&json), &reply);
    *runs = *runs || e != E_network;
    if (!e)
        done_add(done, buf_bytes(&reply));
    buf_finish(&json);
    buf_finish(&reply);
    return e == E_network ? E_ok : e; /* a socket that a dead process has left */
}

static enum error peers_order(const struct effects_call *c, struct effects_order *done,
                              bool *runs) {
    struct control_peers peers = { 0 };
    *runs = false;
    enum error e = control_peers_find(&peers, &c->place, c->declaration->system, c->service);
    for (size_t i = 0; i < peers.count && !e; i++)
        e = peer_order(c, &peers.peers[i], done, runs);
    control_peers_finish(&peers);
    return e;
}

/* ---- one that does not */

static int32_t partitions_of(void *context, const char *topic) {
    const struct declared_topic *t = declaration_topic(context, topic);
    return t ? t->partitions : 0;
}

static enum error offline_task(const struct effects_call *c, const struct declared_service *s,
                               int32_t number, struct effects_order *order) {
    const struct octavo_service *code;
    struct store *store;
    struct task *task;
    enum error e = effects_look(c, s, number, &store);
    if (e)
        return e == E_not_found ? E_ok : e;
    store->ops->close(store);
    TRY(parts_service(s->handler, &code));
    struct task_options options = {
        .system = c->declaration->system,
        .service = s,
        .handlers = code->handlers,
        .store_kind = c->store_kind,
        .store_url = c->store_url,
        .task = number,
        .sync = true,
        .journal_inputs = true,
        .version = OCTAVO_VERSION,
        .partitions_of = partitions_of,
        .context = c->declaration,
    };
    TRY(task_open(&task, &options));
    e = effects_order_offline(order, task, clock_wall_ms(clock_real()));
    task_close(task);
    return e;
}

static enum error offline_order(const struct effects_call *c, struct effects_order *order) {
    const struct declared_service *s = declaration_service(c->declaration, c->service);
    order->id = c->id ? bytes_text(c->id) : (struct bytes){ 0 };
    for (int32_t number = 0; number < effects_tasks(c, s); number++)
        TRY(offline_task(c, s, number, order));
    return E_ok;
}

/* ---- telling */

static void done_print(const struct effects_call *c, const struct effects_order *done) {
    if (c->json)
        (void)printf("{\"found\":%" PRId64 ",\"done\":%" PRId64 ",\"busy\":%" PRId64 "}\n",
                     done->found, done->done, done->busy);
    else if (!done->found)
        (void)printf("%s waits in %s\n", c->id ? "no such effect" : "no parked effect", c->service);
    else
        (void)printf("%" PRId64 " of %" PRId64 " %s%s\n", done->done, done->found,
                     done->drop ? "dropped" : "tried again",
                     done->busy ? "; a worker has the others" : "");
}

static enum error order_run(const struct effects_call *c, bool *red) {
    struct effects_order done = { .drop = strcmp(c->verb, "drop") == 0 };
    bool runs;
    TRY(peers_order(c, &done, &runs));
    if (!runs)
        TRY(offline_order(c, &done));
    done_print(c, &done);
    *red = done.done < done.found || (c->id && !done.found);
    return E_ok;
}

static enum error call_run(struct effects_call *c, bool *red) {
    int64_t shown = 0;
    TRY(parts_declaration(&c->declaration, c->system, c->file));
    c->store_kind = parts_store(c->declaration->store);
    if (!c->store_kind)
        return fail(E_config, "store %s: not in this binary", c->declaration->store);
    if (c->service && !declaration_service(c->declaration, c->service))
        return fail(E_usage, "system %s declares no service %s", c->system, c->service);
    char *dir = place_path(&c->place, c->declaration->system, NULL);
    c->store_url = strchr(c->declaration->store, ':')
                       ? text_copy(c->declaration->store)
                       : text_format("%s:%s", c->declaration->store, dir);
    free(dir);
    if (strcmp(c->verb, "retry") == 0 || strcmp(c->verb, "drop") == 0)
        return order_run(c, red);
    TRY(effects_print(c, &shown));
    *red = c->id && !shown;
    return E_ok;
}

int effects_command(int count, char **arguments) {
    struct effects_call c = { 0 };
    bool red = false;
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, help);
    c.place = place_of(c.dir);
    enum error e = call_run(&c, &red);
    if (e)
        error_print();
    declaration_destroy(c.declaration);
    place_finish(&c.place);
    free(c.store_url);
    return e ? command_exit_code(e) : red ? EXIT_FOUND : EXIT_DONE;
}
