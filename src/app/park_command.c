/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo park: keys whose events failed, and what waits behind them. Where the service runs it is
 * told over its control socket; where it does not, the command takes the task's lock and does the
 * same step itself, and what it sends waits in the outbox for the service. */
#include "commands.h"
#include "park_command.h"

#include "base/clock.h"
#include "control_client.h"
#include "parts.h"
#include "runtime/park_order.h"
#include "values/json.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "octavo park ls SYSTEM [SERVICE]           parked keys, and why\n"
    "octavo park show SYSTEM SERVICE KEY       every input that waits, with its bytes\n"
    "octavo park retry SYSTEM SERVICE KEY      try the first one again; when it is done, the next\n"
    "octavo park retry SYSTEM SERVICE --all    the same for every parked key\n"
    "octavo park drop SYSTEM SERVICE KEY       forget the first one and go on with the next\n"
    "\n"
    "  --dir DIR      data directory; default $OCTAVO_DIR or ./octavo-data\n"
    "  --file FILE    a declaration instead of the shipped one\n"
    "  --json         for programs\n"
    "\n"
    "An event that fails stays in its service's store, and all later ones of its key behind it, "
    "in\n"
    "order; other keys go on. Exit code 1: the key is not parked, or its event failed again.\n"
    "\n"
    "example:\n"
    "  octavo park ls accounts --dir /var/lib/octavo\n"
    "  octavo park drop accounts transaction-processor A-1001\n";

static bool verb_is_known(const char *verb) {
    return strcmp(verb, "ls") == 0 || strcmp(verb, "show") == 0 || strcmp(verb, "retry") == 0
           || strcmp(verb, "drop") == 0;
}

/* What stands behind the options: VERB SYSTEM [SERVICE] [KEY]. */
static bool words_take(struct park_call *c, char **words, int count) {
    if (count < 2 || count > 4 || !verb_is_known(words[0]))
        return false;
    bool ls = strcmp(words[0], "ls") == 0, retry = strcmp(words[0], "retry") == 0;
    c->verb = words[0];
    c->system = words[1];
    c->service = count > 2 ? words[2] : NULL;
    c->key = count > 3 ? words[3] : NULL;
    if (c->all)
        return retry && count == 3;
    return ls ? count <= 3 : count == 4;
}

static bool options_read(struct park_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "dir", 1, NULL, 'd' }, { "file", 1, NULL, 'f' }, { "json", 0, NULL, 'j' },
        { "all", 0, NULL, 'a' }, { "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
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
        default:
            return false;
        }
    if (words_take(c, arguments + optind, count - optind))
        return true;
    if (!command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: ls SYSTEM, or show, retry or drop SYSTEM "
                              "SERVICE KEY is wanted\n");
    return false;
}

int32_t park_tasks(const struct park_call *c, const struct declared_service *s) {
    if (s->tasks)
        return s->tasks;
    return s->consumes_count ? declaration_topic(c->declaration, s->consumes[0])->partitions : 0;
}

struct store_options park_store_options(const struct park_call *c, const struct declared_service *s,
                                        int32_t task, struct store_table *tables) {
    for (size_t i = 0; i < s->table_count; i++)
        tables[i] = s->tables[i].table;
    return (struct store_options){
        .url = c->store_url,
        .system = c->declaration->system,
        .service = s->name,
        .generation = s->generation,
        .task = task,
        .tables = tables,
        .table_count = s->table_count,
        .sync = true,
    };
}

/* ---- which one is meant */

static void on_head(void *context, const struct parked_row *row) {
    *(int64_t *)context = row->number;
}

static enum error head_of_task(struct park_call *c, const struct declared_service *s,
                               int32_t task) {
    struct store_table *tables = memory_get((s->table_count + 1) * sizeof(*tables));
    struct store_options options = park_store_options(c, s, task, tables);
    struct store *store;
    enum error e = c->store_kind->look ? c->store_kind->look(&store, &options) : E_not_found;
    if (!e) {
        e = store->ops->park_each(store, bytes_text(c->key), 0, 1, on_head, &c->number);
        store->ops->close(store);
    }
    free(tables);
    return e == E_not_found ? E_ok : e;
}

/* A process may die between its commit and its answer. What is asked for then, of another process
 * or of the store itself, must not drop the input behind the one that is gone. */
static enum error head_find(struct park_call *c) {
    const struct declared_service *s = declaration_service(c->declaration, c->service);
    for (int32_t task = 0; task < park_tasks(c, s) && !c->number; task++)
        TRY(head_of_task(c, s, task));
    return E_ok;
}

/* ---- a service that runs */

static void done_add(struct park_done *all, struct bytes reply) {
    struct json json;
    struct bytes reason;
    int64_t number;
    if (json_read(&json, reply))
        return;
    if (json_get_int(&json, "keys", &number))
        all->keys += number;
    if (json_get_int(&json, "done", &number))
        all->done += number;
    if (json_get_int(&json, "left", &number))
        all->left += number;
    if (json_get_text(&json, "reason", &reason) && reason.len)
        (void)snprintf(all->reason, sizeof(all->reason), "%.*s", (int)reason.len,
                       (const char *)reason.data);
    json_finish(&json);
}

/* *runs: at least one process has answered. */
static enum error peers_order(const struct park_call *c, struct park_done *done, bool *runs) {
    const char *verb = strcmp(c->verb, "drop") == 0 ? "park-drop" : "park-retry";
    struct control_peers peers = { 0 };
    struct buf json = { 0 };
    *runs = false;
    enum error e = control_peers_find(&peers, &c->place, c->declaration->system, c->service);
    json_begin(&json);
    if (c->key)
        json_put_text(&json, "key", bytes_text(c->key));
    if (c->number)
        json_put_int(&json, "number", c->number);
    json_end(&json);
    for (size_t i = 0; i < peers.count && !e; i++) {
        struct buf reply = { 0 };
        e = control_call(&peers.peers[i], verb, buf_bytes(&json), &reply);
        if (!e)
            done_add(done, buf_bytes(&reply));
        *runs = *runs || !e;
        if (e == E_network) /* a socket that a dead process has left */
            e = E_ok;
        buf_finish(&reply);
    }
    control_peers_finish(&peers);
    buf_finish(&json);
    return e;
}

/* ---- one that does not */

static int32_t partitions_of(void *context, const char *topic) {
    const struct declared_topic *t = declaration_topic(context, topic);
    return t ? t->partitions : 0;
}

static enum error group_end(struct task *t, enum error e) {
    struct committed committed;
    if (!e)
        return task_commit(t, clock_wall_ms(clock_real()), &committed);
    task_drop(t);
    return e;
}

/* What is due behind the first goes on too, as it would in the service. */
static enum error task_order(struct task *t, const struct park_order *order,
                             struct park_done *done) {
    size_t taken = 1;
    task_set_now(t, order->now_ms);
    task_begin(t);
    TRY(group_end(t, park_order_run(t, order, done)));
    while (taken) {
        task_begin(t);
        TRY(group_end(t, task_park_due(t, order->now_ms, 1000, &taken)));
    }
    return E_ok;
}

/* E_not_found: the task has no store yet, so nothing is parked in it. */
static enum error store_is_there(const struct park_call *c, const struct declared_service *s,
                                 int32_t number) {
    struct store_table *tables = memory_get((s->table_count + 1) * sizeof(*tables));
    struct store_options options = park_store_options(c, s, number, tables);
    struct store *store;
    enum error e = c->store_kind->look ? c->store_kind->look(&store, &options) : E_not_found;
    if (!e)
        store->ops->close(store);
    free(tables);
    return e;
}

static enum error offline_task(const struct park_call *c, const struct declared_service *s,
                               int32_t number, struct park_done *done) {
    const struct octavo_service *code;
    struct park_order order = {
        .drop = strcmp(c->verb, "drop") == 0,
        .key = c->key ? bytes_text(c->key) : (struct bytes){ 0 },
        .number = c->number,
        .now_ms = clock_wall_ms(clock_real()),
    };
    struct task *task;
    enum error e = store_is_there(c, s, number);
    if (e)
        return e == E_not_found ? E_ok : e;
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
    e = task_order(task, &order, done);
    task_close(task);
    return e;
}

/* With `runs`, what a process has locked has been told already. */
static enum error offline_order(const struct park_call *c, bool runs, struct park_done *done) {
    const struct declared_service *s = declaration_service(c->declaration, c->service);
    for (int32_t number = 0; number < park_tasks(c, s); number++) {
        enum error e = offline_task(c, s, number, done);
        if (e && !(runs && e == E_locked))
            return e;
    }
    return E_ok;
}

/* ---- telling */

static void done_print(const struct park_call *c, const struct park_done *done) {
    const char *did = strcmp(c->verb, "drop") == 0 ? "dropped" : "done";
    if (c->json) {
        struct buf out = { 0 };
        json_begin(&out);
        json_put_int(&out, "keys", done->keys);
        json_put_int(&out, "done", done->done);
        json_put_int(&out, "left", done->left);
        json_put_text(&out, "reason", bytes_text(done->reason));
        json_end(&out);
        (void)printf("%s\n", buf_text(&out));
        buf_finish(&out);
        return;
    }
    if (!done->keys)
        (void)printf("%s is not parked in %s\n", c->key ? c->key : "nothing", c->service);
    else
        (void)printf("%" PRId64 " of %" PRId64 " %s%s%s\n", done->done, done->keys, did,
                     done->reason[0] ? "; failed again: " : "", done->reason);
    if (done->left)
        (void)printf("%" PRId64 " more are parked: run it again\n", done->left);
}

static enum error order_run(const struct park_call *c, bool *red) {
    struct park_done done = { 0 };
    bool runs;
    TRY(peers_order(c, &done, &runs));
    if (!runs || !done.keys) /* a task that no process owns may have it */
        TRY(offline_order(c, runs, &done));
    done_print(c, &done);
    *red = done.done < done.keys || (c->key && !done.keys);
    return E_ok;
}

static enum error call_run(struct park_call *c, bool *red) {
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
    if (strcmp(c->verb, "drop") == 0)
        TRY(head_find(c));
    if (strcmp(c->verb, "retry") == 0 || strcmp(c->verb, "drop") == 0)
        return order_run(c, red);
    TRY(park_print(c, &shown));
    *red = c->key && !shown;
    return E_ok;
}

int park_command(int count, char **arguments) {
    struct park_call c = { 0 };
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
