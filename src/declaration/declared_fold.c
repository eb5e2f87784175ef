/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a fold's declaration may say, and what it may not: a fold that is made again from its topics
 * must come out the same, so nothing in it may depend on anything else. */
#include "declaration/declared_node.h"

enum { SNAPSHOT_EVERY_MS = 5000 };

enum error declared_state_read(struct reader *r, const struct node *node, void *into) {
    bool is_fold = bytes_is_text(node->text, "fold");
    if (!is_fold && !bytes_is_text(node->text, "rows"))
        return node_expected(r, node, (struct wanted){ "a state, rows or fold", "fold" });
    *(enum declared_state *)into = is_fold ? STATE_FOLD : STATE_ROWS;
    return E_ok;
}

enum error declared_snapshot_every_read(struct reader *r, const struct node *node, void *into) {
    return node_duration(r, node, (struct span){ 100, 86400000 }, into);
}

enum error declared_ticks_read(struct reader *r, const struct node *node, void *into) {
    return node_duration(r, node, (struct span){ 100, 3600000 }, into);
}

static enum error fold_check(struct reader *r, const struct node *node,
                             const struct declared_service *s) {
    static const struct wanted edge = {
        "no edge in a fold but of queries: its state is made of topics alone", "state: rows"
    };
    static const struct wanted log = { "no table with `log: true` in a fold, where it would grow"
                                       " without end",
                                       "a table" };
    static const struct wanted forget = { "no table with `forget` in a fold, which makes its rows"
                                          " again from its topics",
                                          "a row that the handler deletes" };
    static const struct wanted one = {
        "a fold that produces to read one partition, as only that has one order",
        "one topic in `consumes` and no `tasks`"
    };
    static const struct wanted window = {
        "no topic with `dedupe` in a fold, which has no window to look into",
        "a service with `state: rows` that dedupes, and the fold behind it"
    };
    static const struct wanted whole = {
        "no compacted topic in `consumes` of a fold that produces: read again after a crash it "
        "holds"
        " less than before, and what the fold sends would come out otherwise",
        "a topic without `compacted`"
    };
    const struct declaration *d = r->declaration;
    for (size_t i = 0; i < s->edge_count; i++)
        if (!s->edges[i].asks_queries)
            return node_expected(r, node, edge);
    for (size_t i = 0; i < s->table_count; i++)
        if (s->tables[i].table.log)
            return node_expected(r, node, log);
        else if (s->tables[i].table.forget)
            return node_expected(r, node, forget);
    for (size_t i = 0; i < s->consumes_count; i++)
        if (declaration_topic(d, s->consumes[i])->dedupe_ms)
            return node_expected(r, node, window);
    if (s->produces_count == 0)
        return E_ok;
    if (s->consumes_count != 1
        || (s->tasks && declaration_topic(d, s->consumes[0])->partitions != 1))
        return node_expected(r, node, one);
    if (declaration_topic(d, s->consumes[0])->compacted)
        return node_expected(r, node, whole);
    return E_ok;
}

enum error declared_fold_check(struct reader *r, const struct node *node,
                               struct declared_service *s) {
    static const struct wanted fold = { "`state: fold` where `snapshot_every` stands",
                                        "state: fold" };
    static const struct wanted produces = {
        "a topic in `produces` where `ticks` stands, to tick in", "produces: [TOPIC]"
    };
    static const struct wanted memory = { "`state: fold` where `memory_max`, `unique` or `index`"
                                          " stands",
                                          "state: fold" };
    if (s->snapshot_every_ms && s->state != STATE_FOLD)
        return node_expected(r, node, fold);
    declared_indexes_note(r, s);
    if ((s->memory_max || s->index_count) && s->state != STATE_FOLD)
        return node_expected(r, node, memory);
    if (s->ticks_ms && !s->produces_count)
        return node_expected(r, node, produces);
    if (s->state != STATE_FOLD)
        return E_ok;
    if (!s->snapshot_every_ms)
        s->snapshot_every_ms = SNAPSHOT_EVERY_MS;
    return fold_check(r, node, s);
}
