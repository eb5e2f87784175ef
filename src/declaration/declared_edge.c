/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An edge of a service as an octavo.yaml declares it. With a `class` it performs effects; without
 * one it takes requests or items, and nothing that is about effects may stand beside it. */
#include "declaration/declared_describe.h"
#include "declaration/declared_node.h"

#include <stddef.h>
#include <string.h>

enum { FILE_NAME_MAX = 249, ROUTES_MAX = 64 };

static const struct span a_month = { 1, 30 * 86400000LL };
static const struct span an_hour = { 1, 3600000 };

static enum error read_url(struct reader *r, const struct node *node, void *into) {
    static const struct wanted url = { "an address SCHEME:WHERE", "iso8583://127.0.0.1:8583" };
    const char **out = into;
    TRY(node_text(r, node, out));
    const char *rest = strchr(*out, ':');
    if (!rest || rest == *out || !rest[1] || strcmp(rest, "://") == 0 || strchr(*out, ' '))
        return node_expected(r, node, url);
    return E_ok;
}

static enum error read_secret_file(struct reader *r, const struct node *node, void *into) {
    static const struct wanted file = { "a file name inside the data directory", "card.key" };
    const char **out = into;
    TRY(node_text(r, node, out));
    if ((*out)[0] == '/' || (*out)[0] == '.' || strstr(*out, "..") || strlen(*out) > FILE_NAME_MAX)
        return node_expected(r, node, file);
    return E_ok;
}

/* ---- what is about effects */

const char *effect_class_name(enum effect_class class) {
    static const char *const names[] = { "none", "keyed", "natural", "queryable", "blind" };
    return names[class];
}

static enum error read_class(struct reader *r, const struct node *node, void *into) {
    static const struct wanted class = { "a class of effects: keyed, natural, queryable or blind",
                                         "keyed" };
    for (enum effect_class c = CLASS_KEYED; c <= CLASS_BLIND; c++)
        if (bytes_is_text(node->text, effect_class_name(c))) {
            *(enum effect_class *)into = c;
            return E_ok;
        }
    return node_expected(r, node, class);
}

static enum error read_blind(struct reader *r, const struct node *node, void *into) {
    struct declared_effects *effects = into;
    static const struct wanted blind = { "at_least_once or at_most_once", "at_least_once" };
    static const struct wanted alone = { "`blind` in an edge of class blind", "class: blind" };
    effects->at_most_once = bytes_is_text(node->text, "at_most_once");
    if (!effects->at_most_once && !bytes_is_text(node->text, "at_least_once"))
        return node_expected(r, node, blind);
    return effects->class == CLASS_BLIND ? E_ok : node_expected(r, node, alone);
}

static enum error read_long(struct reader *r, const struct node *node, void *into) {
    return node_duration(r, node, a_month, into);
}

static enum error read_short(struct reader *r, const struct node *node, void *into) {
    return node_duration(r, node, an_hour, into);
}

static enum error read_workers(struct reader *r, const struct node *node, void *into) {
    return node_number(r, node, (struct range){ 1, 64 }, into);
}

static enum error read_failures(struct reader *r, const struct node *node, void *into) {
    return node_number(r, node, (struct range){ 1, 1000 }, into);
}

static enum error read_retry(struct reader *r, const struct node *node, void *into) {
    static const struct field fields[] = {
        { "first", read_short, offsetof(struct declared_effects, retry_first_ms), false },
        { "most", read_short, offsetof(struct declared_effects, retry_most_ms), false },
        { NULL, NULL, 0, false },
    };
    static const struct wanted order = { "`first` not above `most`", "first: 500ms, most: 5m" };
    const struct declared_effects *effects = into;
    TRY(node_fields(r, node, fields, into));
    return effects->retry_first_ms <= effects->retry_most_ms ? E_ok : node_expected(r, node, order);
}

static enum error read_breaker(struct reader *r, const struct node *node, void *into) {
    static const struct field fields[] = {
        { "failures", read_failures, offsetof(struct declared_effects, breaker_failures), false },
        { "wait", read_short, offsetof(struct declared_effects, breaker_wait_ms), false },
        { NULL, NULL, 0, false },
    };
    return node_fields(r, node, fields, into);
}

static enum error read_share(struct reader *r, const struct node *node, void *into) {
    static const struct field fields[] = {
        { "by", node_text, offsetof(struct declared_effects, share_by), true },
        { "most", read_workers, offsetof(struct declared_effects, share_most), true },
        { NULL, NULL, 0, false },
    };
    return node_fields(r, node, fields, into);
}

static const struct declared_effects effects_by_default = {
    .deadline_ms = 3600000,
    .timeout_ms = 30000,
    .workers = 4,
    .retry_first_ms = 500,
    .retry_most_ms = 300000,
    .breaker_failures = 5,
    .breaker_wait_ms = 10000,
};

/* ---- routes */

static bool is_pattern(const char *pattern) {
    const char *blank = strchr(pattern, ' ');
    return blank && blank[1] == '/' && strlen(pattern) <= FILE_NAME_MAX;
}

static enum error read_route(struct reader *r, const struct node *node, void *into) {
    static const struct wanted type = { "the type of the request that it becomes, or query:NAME",
                                        "order-placed" };
    struct declared_route *route = into;
    TRY(node_text(r, node, &route->type));
    return *route->type && !strchr(route->type, ' ') ? E_ok : node_expected(r, node, type);
}

static bool is_query(const struct declared_route *route) {
    return strncmp(route->type, "query:", 6) == 0 && route->type[6];
}

static enum error read_routes(struct reader *r, const struct node *node, void *into) {
    static const struct wanted pattern = { "a method and a path", "POST /orders/{customer}" };
    static const struct wanted one_kind = {
        "routes of queries alone, or none of them: an edge reads or it changes",
        "two edges, each with its address"
    };
    static const struct collection routes = {
        .what = "routes",
        .most = ROUTES_MAX,
        .entry_size = sizeof(struct declared_route),
        .name_is_good = is_pattern,
        .name_wanted = &pattern,
        .read_entry = read_route,
    };
    struct declared_edge *edge = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &routes, &entries));
    edge->routes = entries.array;
    edge->route_count = entries.count;
    edge->asks_queries = entries.count && is_query(&edge->routes[0]);
    for (size_t i = 0; i < entries.count; i++)
        if (is_query(&edge->routes[i]) != edge->asks_queries)
            return node_expected(r, node, one_kind);
    return E_ok;
}

/* ---- what comes in by it */

static enum error read_request(struct reader *r, const struct node *node, void *into) {
    return declared_path_read(r, node, &((struct declared_request *)into)->schema);
}

static bool is_type(const char *name) {
    return *name && strlen(name) <= FILE_NAME_MAX && !strchr(name, ' ');
}

static enum error read_requests(struct reader *r, const struct node *node, void *into) {
    static const struct wanted type = { "the type of a request", "order-placed" };
    static const struct collection requests = {
        .what = "requests",
        .most = ROUTES_MAX,
        .entry_size = sizeof(struct declared_request),
        .name_is_good = is_type,
        .name_wanted = &type,
        .read_entry = read_request,
    };
    struct declared_edge *edge = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &requests, &entries));
    edge->requests = entries.array;
    edge->request_count = entries.count;
    return E_ok;
}

/* ---- the whole */

static enum error read_identity(struct reader *r, const struct node *node, void *into) {
    static const char *const whose[] = { "caller", "edge", NULL };
    int index = 0;
    TRY(node_choice(r, node, whose, &index));
    *(bool *)into = index == 1;
    return E_ok;
}

static const struct field edge_fields[] = {
    { "url", read_url, offsetof(struct declared_edge, url), true },
    { "secret_file", read_secret_file, offsetof(struct declared_edge, secret_file), false },
    { "class", read_class, offsetof(struct declared_edge, effects.class), false },
    { "blind", read_blind, offsetof(struct declared_edge, effects), false },
    { "deadline", read_long, offsetof(struct declared_edge, effects.deadline_ms), false },
    { "timeout", read_short, offsetof(struct declared_edge, effects.timeout_ms), false },
    { "workers", read_workers, offsetof(struct declared_edge, effects.workers), false },
    { "retry", read_retry, offsetof(struct declared_edge, effects), false },
    { "breaker", read_breaker, offsetof(struct declared_edge, effects), false },
    { "share", read_share, offsetof(struct declared_edge, effects), false },
    { "routes", read_routes, 0, false },
    { "requests", read_requests, 0, false },
    { "every", read_short, offsetof(struct declared_edge, every_ms), false },
    { "unknown", node_prose, offsetof(struct declared_edge, unknown), false },
    { "title", node_text, offsetof(struct declared_edge, title), false },
    { "queries", node_bool, offsetof(struct declared_edge, asks_queries), false },
    { "identity", read_identity, offsetof(struct declared_edge, names_requests), false },
    { "person", node_text, offsetof(struct declared_edge, person), false },
    { "seals", declared_fields_read, offsetof(struct declared_edge, seals), false },
    { "opens", declared_fields_read, offsetof(struct declared_edge, opens), false },
    { NULL, NULL, 0, false },
};

static enum error edge_check(struct reader *r, const struct node *node,
                             const struct declared_edge *edge) {
    static const char *const of_effects[] = { "deadline", "timeout", "workers", "retry",
                                              "breaker",  "share",   "title" };
    static const struct wanted class = { "a `class` beside what is about effects", "class: keyed" };
    static const struct wanted blind = {
        "`blind: at_least_once` or `blind: at_most_once`, as nothing makes a blind effect happen "
        "exactly once",
        "blind: at_least_once"
    };
    static const struct wanted source = { "no `every` beside a `class`: it is of a source",
                                          "every: 1s in an edge that is read" };
    static const struct wanted asked = {
        "no `unknown` and `identity` beside a `class`: they are of "
        "requests",
        "them in an edge that takes requests"
    };
    static const struct wanted routes = { "no `routes` beside a `class`: they are of requests",
                                          "routes in an edge that takes requests" };
    static const struct wanted requests = { "no `requests` beside a `class`: they come in",
                                            "requests in an edge that takes them" };
    static const struct wanted reads = { "no `queries` beside a `class` or `routes`, which say it "
                                         "by themselves",
                                         "queries: true in an edge without routes" };
    bool has_class = edge->effects.class != CLASS_NONE;
    if (node_find(node, "queries") && (has_class || edge->route_count))
        return node_expected(r, node_find(node, "queries")->name, reads);
    for (size_t i = 0; !has_class && i < sizeof(of_effects) / sizeof(*of_effects); i++)
        if (node_find(node, of_effects[i]))
            return node_expected(r, node_find(node, of_effects[i])->name, class);
    if (has_class && edge->route_count)
        return node_expected(r, node_find(node, "routes")->name, routes);
    if (has_class && edge->request_count)
        return node_expected(r, node_find(node, "requests")->name, requests);
    if (has_class && node_find(node, "every"))
        return node_expected(r, node_find(node, "every")->name, source);
    if (has_class && (edge->unknown || node_find(node, "identity")))
        return node_expected(r, node, asked);
    if (edge->effects.class == CLASS_BLIND && !node_find(node, "blind"))
        return node_expected(r, node_find(node, "class"), blind);
    return E_ok;
}

/* An edge is its url, or a mapping with the url and more. */
enum error declared_edge_read(struct reader *r, const struct node *node, void *into) {
    struct declared_edge *edge = into;
    edge->effects = effects_by_default;
    edge->every_ms = 1000;
    if (r->describing)
        r->describing->or_text = true;
    if (node->kind == NODE_TEXT)
        return read_url(r, node, &edge->url);
    TRY(node_fields(r, node, edge_fields, edge));
    TRY(declared_seals_check(r, node, edge));
    return edge_check(r, node, edge);
}
