/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* It waits for the event that answers, by its type, key and request: others of the account may be
 * in between. */
#include "outcome.h"
#include "arguments.h"

#include <stdio.h>

enum { REASON_CHARS = 256 };

struct outcome {
    const struct outcome_ask *ask;
    bool is_done;
    char reason[REASON_CHARS]; /* of a refusal */
};

/* False: it is the answer. */
static bool on_record(void *context, const struct octavo_record *r) {
    struct outcome *o = context;
    struct octavo_text request, reason = { "", 0 };
    o->is_done = octavo_text_is(r->type, o->ask->done);
    if (!octavo_text_is(r->key, o->ask->account)
        || (!o->is_done && !octavo_text_is(r->type, o->ask->refused)))
        return true;
    if (o->ask->request
        && (!octavo_record_text(r, "request", &request)
            || !octavo_text_is(request, o->ask->request)))
        return true;
    (void)octavo_record_text(r, "reason", &reason);
    (void)snprintf(o->reason, sizeof(o->reason), "%.*s", (int)reason.len, reason.data);
    return false;
}

int outcome_await(struct octavo_session *s, const struct outcome_ask *ask) {
    struct outcome o = { .ask = ask };
    if (!octavo_publish_await(s, on_record, &o))
        return FAILED;
    if (octavo_json_wanted(s)) {
        octavo_print(s, "{\"requested\":1,");
        octavo_print_member(s, "outcome", octavo_text(o.is_done ? ask->done : ask->refused));
        octavo_print(s, ",");
        octavo_print_member(s, "reason", octavo_text(o.reason));
        octavo_print(s, "}\n");
    } else if (o.is_done) {
        octavo_print(s, "%s: done\n", ask->what);
    }
    if (!o.is_done)
        (void)fprintf(stderr, "octavo: %s: refused: %s\n", ask->what, o.reason);
    return o.is_done ? DONE : FOUND_WRONG;
}
