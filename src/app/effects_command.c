/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo effects: what services want done to the outside world and is not yet done. Where the
 * service runs it is told over its control socket; where it does not, the command takes the task's
 * lock and commits the same itself. */
#include "base/clock.h"
#include "commands.h"
#include "effects_print.h"
#include "order.h"
#include "runtime/effects_order.h"

#include <inttypes.h>
#include <stdio.h>

const char effects_help[] =
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

static void effects_ask(const struct order_call *c, struct buf *json) {
    if (c->which)
        json_put_text(json, "effect", bytes_text(c->which));
}

static void effects_answer(const struct json *reply, struct order_done *all) {
    int64_t number;
    if (json_get_int(reply, "found", &number))
        all->found += number;
    if (json_get_int(reply, "done", &number))
        all->done += number;
    if (json_get_int(reply, "busy", &number))
        all->busy += number;
}

static enum error effects_on_task(const struct order_call *c, struct task *task,
                                  struct order_done *all) {
    struct effects_order order = { .drop = c->verb->drops };
    if (c->which)
        order.id = bytes_text(c->which);
    TRY(effects_order_offline(&order, task, clock_wall_ms(clock_real())));
    all->found += order.found;
    all->done += order.done;
    all->busy += order.busy;
    return E_ok;
}

static void effects_tell(const struct order_call *c, const struct order_done *done) {
    if (c->json)
        (void)printf("{\"found\":%" PRId64 ",\"done\":%" PRId64 ",\"busy\":%" PRId64 "}\n",
                     done->found, done->done, done->busy);
    else if (!done->found)
        (void)printf("%s waits in %s\n", c->which ? "no such effect" : "no parked effect",
                     c->service);
    else
        (void)printf("%" PRId64 " of %" PRId64 " %s%s\n", done->done, done->found,
                     c->verb->drops ? "dropped" : "tried again",
                     done->busy ? "; a worker has the others" : "");
}

int effects_command(int count, char **arguments) {
    static const struct order_verb verbs[] = {
        { .name = "ls" },
        { .name = "show", .needs_one = true },
        { .name = "retry", .needs_one = true, .takes_all = true, .changes = true },
        { .name = "drop", .needs_one = true, .takes_all = true, .changes = true, .drops = true },
        { .name = NULL },
    };
    static const struct order_noun noun = {
        .name = "effects",
        .help = effects_help,
        .wanted = "ls SYSTEM, or show, retry or drop SYSTEM SERVICE ID is wanted",
        .verbs = verbs,
        .has_limit = true,
        .ask = effects_ask,
        .answer = effects_answer,
        .on_task = effects_on_task,
        .tell = effects_tell,
        .print = effects_print,
    };
    return order_command(&noun, count, arguments);
}
