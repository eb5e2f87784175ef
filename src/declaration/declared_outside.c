/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* `outside` - who writes or reads the topics and is no service of this system - and `sagas`.
 * Neither is run by Octavo: both are said, so that lint can hold them against the answers. */
#include "declaration/declared_node.h"

#include <stddef.h>

enum { OUTSIDE_MAX = 64, SAGAS_MAX = 32, STEPS_MAX = 64 };

static const struct span ten_years = { 1000, 3660 * 86400000LL };

/* ---- outside */

static enum error read_consumes(struct reader *r, const struct node *node, void *into) {
    struct declared_outside *outside = into;
    struct names names = { 0 };
    TRY(declared_topic_names(r, node, &names));
    outside->consumes = names.array;
    outside->consumes_count = names.count;
    return E_ok;
}

static enum error read_produces(struct reader *r, const struct node *node, void *into) {
    struct declared_outside *outside = into;
    struct names names = { 0 };
    TRY(declared_topic_names(r, node, &names));
    outside->produces = names.array;
    outside->produces_count = names.count;
    return E_ok;
}

static enum error read_one_of(struct reader *r, const struct node *node, const char *const *choices,
                              void *into) {
    int index = 0;
    TRY(node_choice(r, node, choices, &index));
    *(const char **)into = choices[index];
    return E_ok;
}

static enum error read_ids(struct reader *r, const struct node *node, void *into) {
    static const char *const ids[] = { "origin", "derived", "gateway", "random", NULL };
    return read_one_of(r, node, ids, into);
}

static enum error read_isolation(struct reader *r, const struct node *node, void *into) {
    static const char *const isolations[] = { "read_committed", "read_uncommitted", NULL };
    return read_one_of(r, node, isolations, into);
}

static enum error read_parallel(struct reader *r, const struct node *node, void *into) {
    static const char *const parallel[] = { "none", "key", "any", NULL };
    return read_one_of(r, node, parallel, into);
}

static enum error read_failed(struct reader *r, const struct node *node, void *into) {
    static const char *const failed[] = { "park", "stop", "retry-topic", "dead-letter", NULL };
    return read_one_of(r, node, failed, into);
}

static enum error read_long(struct reader *r, const struct node *node, void *into) {
    return node_duration(r, node, ten_years, into);
}

static enum error read_idempotent(struct reader *r, const struct node *node, void *into) {
    struct declared_outside *outside = into;
    outside->idempotent_said = true;
    return node_bool(r, node, &outside->idempotent);
}

static enum error read_outbox(struct reader *r, const struct node *node, void *into) {
    struct declared_outside *outside = into;
    outside->outbox_said = true;
    return node_bool(r, node, &outside->outbox);
}

static enum error read_outside(struct reader *r, const struct node *node, void *into) {
    static const struct field fields[] = {
        { "consumes", read_consumes, 0, false },
        { "produces", read_produces, 0, false },
        { "group", node_text, offsetof(struct declared_outside, group), false },
        { "ids", read_ids, offsetof(struct declared_outside, ids), false },
        { "isolation", read_isolation, offsetof(struct declared_outside, isolation), false },
        { "partitioner", node_text, offsetof(struct declared_outside, partitioner), false },
        { "parallel", read_parallel, offsetof(struct declared_outside, parallel), false },
        { "failed", read_failed, offsetof(struct declared_outside, failed), false },
        { "store", node_text, offsetof(struct declared_outside, store), false },
        { "outbox", read_outbox, 0, false },
        { "idempotent", read_idempotent, 0, false },
        { "offline", read_long, offsetof(struct declared_outside, offline_ms), false },
        { "downtime", read_long, offsetof(struct declared_outside, downtime_ms), false },
        { NULL, NULL, 0, false },
    };
    static const struct wanted work = { "what it `consumes` or `produces`", "consumes: [TOPIC]" };
    struct declared_outside *outside = into;
    TRY(node_fields(r, node, fields, outside));
    return outside->consumes_count + outside->produces_count ? E_ok : node_expected(r, node, work);
}

enum error declared_outside_read(struct reader *r, const struct node *node, void *into) {
    static const struct collection outside = {
        .what = "programs outside",
        .most = OUTSIDE_MAX,
        .entry_size = sizeof(struct declared_outside),
        .name_is_good = is_part_name,
        .name_wanted = &part_name_wanted,
        .read_entry = read_outside,
    };
    struct declaration *d = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &outside, &entries));
    d->outside = entries.array;
    d->outside_count = entries.count;
    return E_ok;
}

/* ---- sagas */

/* `name:` with nothing behind it is a step of which nothing is said; lint asks for more. */
static enum error read_step(struct reader *r, const struct node *node, void *into) {
    static const struct field fields[] = {
        { "undo", node_text, offsetof(struct declared_saga_step, undo), false },
        { "pivot", node_bool, offsetof(struct declared_saga_step, pivot), false },
        { "retriable", node_bool, offsetof(struct declared_saga_step, retriable), false },
        { NULL, NULL, 0, false },
    };
    if (node_is_nothing(r, node))
        return E_ok;
    return node_fields(r, node, fields, into);
}

static enum error read_saga(struct reader *r, const struct node *node, void *into) {
    static const struct collection steps = {
        .what = "steps",
        .most = STEPS_MAX,
        .entry_size = sizeof(struct declared_saga_step),
        .name_is_good = is_part_name,
        .name_wanted = &part_name_wanted,
        .read_entry = read_step,
    };
    struct declared_saga *saga = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &steps, &entries));
    saga->steps = entries.array;
    saga->step_count = entries.count;
    return E_ok;
}

enum error declared_sagas_read(struct reader *r, const struct node *node, void *into) {
    static const struct collection sagas = {
        .what = "sagas",
        .most = SAGAS_MAX,
        .entry_size = sizeof(struct declared_saga),
        .name_is_good = is_part_name,
        .name_wanted = &part_name_wanted,
        .read_entry = read_saga,
    };
    struct declaration *d = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &sagas, &entries));
    d->sagas = entries.array;
    d->saga_count = entries.count;
    return E_ok;
}
