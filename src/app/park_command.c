/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo park: keys whose events failed, and what waits behind them. Where the service runs it is
 * told over its control socket; where it does not, the command takes the task's lock and does the
 * same step itself, and what it sends waits in the outbox for the service. */
#include "base/clock.h"
#include "commands.h"
#include "order.h"
#include "park_print.h"
#include "runtime/park_order.h"

#include <inttypes.h>
#include <stdio.h>

const char park_help[] =
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

/* ---- which one is meant */

static void on_head(void *context, const struct parked_row *row) {
    *(int64_t *)context = row->number;
}

static enum error head_of_task(struct order_call *c, const struct declared_service *s,
                               int32_t task) {
    struct store *store;
    enum error e = order_look(c, s, task, &store);
    if (e)
        return e == E_not_found ? E_ok : e;
    e = store->ops->park_each(store, bytes_text(c->which), 0, 1, on_head, &c->number);
    store->ops->close(store);
    return e;
}

/* A process may die between its commit and its answer. What is asked for then, of another process
 * or of the store itself, must not drop the input behind the one that is gone. */
static enum error head_find(struct order_call *c) {
    const struct declared_service *s = declaration_service(c->declaration, c->service);
    for (int32_t task = 0; c->verb->drops && task < order_tasks(c, s) && !c->number; task++)
        TRY(head_of_task(c, s, task));
    return E_ok;
}

/* ---- a service that runs */

static void park_ask(const struct order_call *c, struct buf *json) {
    if (c->which)
        json_put_text(json, "key", bytes_text(c->which));
    if (c->number)
        json_put_int(json, "number", c->number);
}

static void reason_keep(struct order_done *all, struct bytes reason) {
    if (reason.len)
        (void)snprintf(all->reason, sizeof(all->reason), "%.*s", (int)reason.len,
                       (const char *)reason.data);
}

static void park_answer(const struct json *reply, struct order_done *all) {
    struct bytes reason;
    int64_t number;
    if (json_get_int(reply, "keys", &number))
        all->found += number;
    if (json_get_int(reply, "done", &number))
        all->done += number;
    if (json_get_int(reply, "left", &number))
        all->left += number;
    if (json_get_text(reply, "reason", &reason))
        reason_keep(all, reason);
}

/* ---- one that does not */

static enum error group_end(struct task *t, enum error e) {
    struct committed committed;
    if (!e)
        return task_commit(t, clock_wall_ms(clock_real()), &committed);
    task_drop(t);
    return e;
}

/* What is due behind the first goes on too, as it would in the service. */
static enum error group_order(struct task *t, const struct park_order *order,
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

static enum error park_on_task(const struct order_call *c, struct task *task,
                               struct order_done *all) {
    struct park_done done = { 0 };
    struct park_order order = {
        .drop = c->verb->drops,
        .key = c->which ? bytes_text(c->which) : (struct bytes){ 0 },
        .number = c->number,
        .now_ms = clock_wall_ms(clock_real()),
    };
    TRY(group_order(task, &order, &done));
    all->found += done.keys;
    all->done += done.done;
    all->left += done.left;
    reason_keep(all, bytes_text(done.reason));
    return E_ok;
}

/* ---- telling */

static void done_json(const struct order_done *done) {
    struct buf out = { 0 };
    json_begin(&out);
    json_put_int(&out, "keys", done->found);
    json_put_int(&out, "done", done->done);
    json_put_int(&out, "failed", done->found - done->done);
    json_put_int(&out, "untried", done->left);
    json_put_text(&out, "reason", bytes_text(done->reason));
    json_end(&out);
    (void)printf("%s\n", buf_text(&out));
    buf_finish(&out);
}

static void park_tell(const struct order_call *c, const struct order_done *done) {
    if (c->json) {
        done_json(done);
        return;
    }
    if (!done->found)
        (void)printf("%s is not parked in %s\n", c->which ? c->which : "nothing", c->service);
    else
        (void)printf("%" PRId64 " of %" PRId64 " %s%s%s\n", done->done, done->found,
                     c->verb->drops ? "dropped" : "done", done->reason[0] ? "; failed again: " : "",
                     done->reason);
    if (done->left)
        (void)printf("%" PRId64 " more are parked: run it again\n", done->left);
}

int park_command(int count, char **arguments) {
    static const struct order_verb verbs[] = {
        { .name = "ls" },
        { .name = "show", .needs_one = true },
        { .name = "retry", .needs_one = true, .takes_all = true, .changes = true },
        { .name = "drop", .needs_one = true, .changes = true, .drops = true },
        { .name = NULL },
    };
    static const struct order_noun noun = {
        .name = "park",
        .help = park_help,
        .wanted = "ls SYSTEM, or show, retry or drop SYSTEM SERVICE KEY is wanted",
        .verbs = verbs,
        .find = head_find,
        .ask = park_ask,
        .answer = park_answer,
        .on_task = park_on_task,
        .tell = park_tell,
        .print = park_print,
    };
    return order_command(&noun, count, arguments);
}
