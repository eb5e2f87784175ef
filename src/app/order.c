/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Words, options, processes, stores: the same for whatever is looked at. */
#include "order.h"

#include "commands.h"
#include "control_client.h"
#include "options.h"
#include "parts.h"
#include "runtime/schemas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MAX = 1000000, LIMIT_USUAL = 50 };

static const struct order_verb *verb_find(const struct order_noun *noun, const char *name) {
    for (const struct order_verb *v = noun->verbs; v->name; v++)
        if (strcmp(v->name, name) == 0)
            return v;
    return NULL;
}

/* What stands behind the options: VERB SYSTEM [SERVICE] [WHICH]. */
static bool words_take(struct order_call *c, char **words, int count) {
    if (count < 2 || count > 4 || !(c->verb = verb_find(c->noun, words[0])))
        return false;
    c->system = words[1];
    c->service = count > 2 ? words[2] : NULL;
    c->which = count > 3 ? words[3] : NULL;
    if (c->all)
        return c->verb->takes_all && count == 3;
    return c->verb->needs_one ? count == 4 : count <= 3;
}

static bool option_take(struct order_call *c, int option) {
    switch (option) {
    case 'a':
        c->all = true;
        return true;
    case 'l':
        return command_read_number("limit", optarg, LIMIT_MAX, &c->limit);
    default:
        return option_usual(
            option, &(struct options_usual){ .dir = &c->dir, .file = &c->file, .json = &c->json });
    }
}

static bool options_read(struct order_call *c, int count, char **arguments) {
    const struct option known[] = {
        OPTION_DIR,  OPTION_FILE,
        OPTION_JSON, { "all", 0, NULL, 'a' },
        OPTION_HELP, { c->noun->has_limit ? "limit" : NULL, 1, NULL, 'l' },
        OPTION_END,
    };
    c->limit = LIMIT_USUAL;
    for (int o; (o = option_next(count, arguments, known)) != -1;)
        if (!option_take(c, o))
            return false;
    if (words_take(c, arguments + optind, count - optind))
        return true;
    if (!command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: %s\n", c->noun->wanted);
    return false;
}

/* ---- stores */

int32_t order_tasks(const struct order_call *c, const struct declared_service *s) {
    if (s->tasks)
        return s->tasks;
    return s->consumes_count ? declaration_topic(c->declaration, s->consumes[0])->partitions : 0;
}

enum error order_look(const struct order_call *c, const struct declared_service *s, int32_t task,
                      struct store **out) {
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

static enum error peer_order(const struct order_call *c, const struct control_peer *peer,
                             struct order_done *done, bool *runs) {
    struct buf body = { 0 }, reply = { 0 };
    struct json json;
    char *verb = text_format("%s-%s", c->noun->name, c->verb->name);
    json_begin(&body);
    c->noun->ask(c, &body);
    json_end(&body);
    enum error e = control_call(peer, verb, buf_bytes(&body), &reply);
    *runs = *runs || e != E_network;
    if (!e)
        e = json_read(&json, buf_bytes(&reply));
    if (!e) {
        c->noun->answer(&json, done);
        json_finish(&json);
    }
    free(verb);
    buf_finish(&body);
    buf_finish(&reply);
    return e == E_network ? E_ok : e; /* a socket that a dead process has left */
}

/* *runs: at least one process has answered. */
static enum error peers_order(const struct order_call *c, struct order_done *done, bool *runs) {
    struct control_peers peers = { 0 };
    *runs = false;
    enum error e = control_peers_find(&peers, &c->place, c->declaration->system, c->service);
    for (size_t i = 0; i < peers.count && !e; i++)
        e = peer_order(c, &peers.peers[i], done, runs);
    control_peers_finish(&peers);
    return e;
}

/* ---- a task that no process has */

static int32_t partitions_of(void *context, const char *topic) {
    const struct declared_topic *t = declaration_topic(context, topic);
    return t ? t->partitions : 0;
}

static enum error task_order(const struct order_call *c, const struct declared_service *s,
                             int32_t number, struct order_done *done) {
    const struct octavo_service *code;
    struct schemas *schemas;
    struct store *store;
    struct task *task;
    enum error e = order_look(c, s, number, &store);
    if (e)
        return e == E_not_found ? E_ok : e; /* it has never run: nothing waits in it */
    store->ops->close(store);
    TRY(parts_service(c->declaration, s, &code));
    e = parts_schemas(c->declaration, c->file, &schemas);
    struct task_options options = {
        .system = c->declaration->system,
        .service = s,
        .declaration = c->declaration,
        .handlers = code->handlers,
        .schemas = schemas,
        .store_kind = c->store_kind,
        .store_url = c->store_url,
        .task = number,
        .sync = true,
        .journal_inputs = true,
        .version = OCTAVO_VERSION,
        .partitions_of = partitions_of,
        .context = c->declaration,
    };
    if (!e)
        e = task_open(&task, &options);
    if (!e) {
        e = c->noun->on_task(c, task, done);
        task_close(task);
    }
    parts_service_end(code);
    schemas_close(schemas);
    return e;
}

static enum error tasks_order(const struct order_call *c, bool runs, struct order_done *done) {
    const struct declared_service *s = declaration_service(c->declaration, c->service);
    for (int32_t number = 0; number < order_tasks(c, s); number++) {
        enum error e = task_order(c, s, number, done);
        if (e && !(runs && e == E_locked))
            return e;
    }
    return E_ok;
}

/* ---- the command */

static enum error order_give(struct order_call *c, bool *red) {
    struct order_done done = { 0 };
    bool runs;
    if (c->noun->find)
        TRY(c->noun->find(c));
    TRY(peers_order(c, &done, &runs));
    if (!(c->which && done.found))
        TRY(tasks_order(c, runs, &done));
    c->noun->tell(c, &done);
    *red = done.done < done.found || (c->which && !done.found);
    return E_ok;
}

static enum error order_show(struct order_call *c, bool *red) {
    int64_t shown = 0;
    TRY(c->noun->print(c, &shown));
    *red = c->which && !shown;
    if (*red && !c->json)
        c->noun->tell(c, &(struct order_done){ 0 });
    return E_ok;
}

static enum error call_run(struct order_call *c, bool *red) {
    TRY(parts_declaration(&c->declaration, c->system, c->file));
    c->store_kind = parts_store(c->declaration->store);
    if (!c->store_kind)
        return fail(E_config, "store %s: not in this binary", c->declaration->store);
    if (c->service && !declaration_service(c->declaration, c->service))
        return fail(E_usage, "system %s declares no service %s", c->system, c->service);
    if (strchr(c->declaration->store, ':')) {
        c->store_url = text_copy(c->declaration->store);
    } else {
        TRY(place_find(&c->place, c->declaration->system));
        c->store_url =
            text_format("%s:%s/%s", c->declaration->store, c->place.dir, c->declaration->system);
    }
    return c->verb->changes ? order_give(c, red) : order_show(c, red);
}

int order_command(const struct order_noun *noun, int count, char **arguments) {
    struct order_call c = { .noun = noun };
    bool red = false;
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, noun->help);
    c.place = place_of(c.dir);
    enum error e = call_run(&c, &red);
    if (e)
        error_print();
    declaration_destroy(c.declaration);
    place_finish(&c.place);
    free(c.store_url);
    return e ? command_exit_code(e) : red ? EXIT_FOUND : EXIT_DONE;
}
