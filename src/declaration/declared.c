/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What an octavo.yaml holds: one table of fields for each kind of mapping in it, and the checks of
 * values that belong together. docs/formats/octavo-yaml.md says the same for people. */
#include "declaration/declared_node.h"

#include <stdlib.h>
#include <string.h>

enum {
    SERVICES_MAX = 64,
    TABLES_MAX = 64,
    COLUMNS_MAX = 64,
    EDGES_MAX = 16,
};

/* ---- tables */

static enum error read_column(struct reader *r, const struct node *node, void *into) {
    struct column *column = into;
    bool is_int = bytes_is_text(node->text, "int");
    if (!is_int && !bytes_is_text(node->text, "text"))
        return node_expected(r, node, (struct wanted){ "a column type, int or text", "int" });
    column->type = is_int ? COLUMN_INT : COLUMN_TEXT;
    return E_ok;
}

static enum error read_columns(struct reader *r, const struct node *node, void *into) {
    static const struct collection columns = {
        .what = "columns",
        .most = COLUMNS_MAX,
        .entry_size = sizeof(struct column),
        .name_is_good = is_column_name,
        .name_wanted = &column_name_wanted,
        .read_entry = read_column,
    };
    struct declared_table *table = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &columns, &entries));
    if (entries.count == 0)
        return node_expected(r, node, (struct wanted){ "a column or more", "{ balance: int }" });
    table->table.columns = entries.array;
    table->table.column_count = entries.count;
    return E_ok;
}

static enum error read_scope(struct reader *r, const struct node *node, void *into) {
    bool is_partition = bytes_is_text(node->text, "partition");
    if (!is_partition && !bytes_is_text(node->text, "key"))
        return node_expected(r, node, (struct wanted){ "a scope, key or partition", "partition" });
    *(enum table_scope *)into = is_partition ? SCOPE_PARTITION : SCOPE_KEY;
    return E_ok;
}

static enum error read_order(struct reader *r, const struct node *node, void *into) {
    bool by_sub = bytes_is_text(node->text, "sub");
    if (!by_sub && !bytes_is_text(node->text, "key"))
        return node_expected(r, node, (struct wanted){ "an order, key or sub", "sub" });
    *(bool *)into = by_sub;
    return E_ok;
}

/* The column is named before or after `columns`, but read after them. */
static enum error read_forget(struct reader *r, const struct node *node, void *into) {
    static const struct wanted wanted = { "an int column of this table", "forget: until" };
    struct declared_table *table = into;
    const struct store_table *t = &table->table;
    for (size_t i = 0; i < t->column_count; i++)
        if (bytes_is_text(node->text, t->columns[i].name) && t->columns[i].type == COLUMN_INT)
            table->table.forget = i + 1;
    return t->forget && !t->log ? E_ok : node_expected(r, node, wanted);
}

static enum error read_table(struct reader *r, const struct node *node, void *into) {
    static const struct field fields[] = {
        { "log", node_bool, offsetof(struct declared_table, table.log), false },
        { "order", read_order, offsetof(struct declared_table, table.by_sub), false },
        { "scope", read_scope, offsetof(struct declared_table, scope), false },
        { "ask", node_bool, offsetof(struct declared_table, asked), false },
        { "columns", read_columns, 0, true },
        { "forget", read_forget, 0, false },
        { "unique", declared_unique_read, 0, false },
        { "index", declared_index_read, 0, false },
        { NULL, NULL, 0, false },
    };
    return node_fields(r, node, fields, into);
}

static enum error read_tables(struct reader *r, const struct node *node, void *into) {
    static const struct collection tables = {
        .what = "tables",
        .most = TABLES_MAX,
        .entry_size = sizeof(struct declared_table),
        .name_is_good = is_table_name,
        .name_wanted = &table_name_wanted,
        .read_entry = read_table,
    };
    struct declared_service *service = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &tables, &entries));
    service->tables = entries.array;
    service->table_count = entries.count;
    return E_ok;
}

static enum error read_edges(struct reader *r, const struct node *node, void *into) {
    static const struct collection edges = {
        .what = "edges",
        .most = EDGES_MAX,
        .entry_size = sizeof(struct declared_edge),
        .name_is_good = is_part_name,
        .name_wanted = &part_name_wanted,
        .read_entry = declared_edge_read,
    };
    struct declared_service *service = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &edges, &entries));
    service->edges = entries.array;
    service->edge_count = entries.count;
    return E_ok;
}

/* ---- services */

static enum error read_consumes(struct reader *r, const struct node *node, void *into) {
    struct declared_service *service = into;
    struct names names = { 0 };
    TRY(declared_topic_names(r, node, &names));
    service->consumes = names.array;
    service->consumes_count = names.count;
    return E_ok;
}

static enum error read_produces(struct reader *r, const struct node *node, void *into) {
    struct declared_service *service = into;
    struct names names = { 0 };
    TRY(declared_topic_names(r, node, &names));
    service->produces = names.array;
    service->produces_count = names.count;
    return E_ok;
}

/* FOLDER/mine.so:SERVICE, FOLDER as seen from the declaration: what is handed on can be opened. */
static bool shared_object_read(struct reader *r, const char **handler) {
    const char *colon = strrchr(*handler, ':');
    if (!colon || colon - *handler < 4 || memcmp(colon - 3, ".so", 3) != 0
        || !memchr(*handler, '/', (size_t)(colon - *handler)) || !is_part_name(colon + 1))
        return false;
    *handler = path_beside(r, *handler);
    return true;
}

static enum error read_handler(struct reader *r, const struct node *node, void *into) {
    static const struct wanted handler = {
        "a handler SYSTEM.SERVICE, ./mine.so:SERVICE or program:COMMAND",
        "accounts.transaction-processor"
    };
    struct declared_service *service = into;
    const char **out = &service->handler;
    TRY(node_text(r, node, out));
    if (declared_program_read(r, service) || shared_object_read(r, out))
        return E_ok;
    const char *dot = strchr(*out, '.');
    if (!dot || !is_part_name(dot + 1))
        return node_expected(r, node, handler);
    const char *system = arena_text(r->arena, bytes_of(*out, (size_t)(dot - *out)));
    return is_part_name(system) ? E_ok : node_expected(r, node, handler);
}

static enum error read_tasks(struct reader *r, const struct node *node, void *into) {
    return node_number(r, node, (struct range){ 1, 1000 }, into);
}

static enum error read_replicas(struct reader *r, const struct node *node, void *into) {
    return node_number(r, node, (struct range){ 1, REPLICAS_MAX }, into);
}

static enum error read_generation(struct reader *r, const struct node *node, void *into) {
    return node_number(r, node, (struct range){ 1, 1000000 }, into);
}

static enum error read_group_max(struct reader *r, const struct node *node, void *into) {
    return node_number(r, node, (struct range){ 1, 10000 }, into);
}

static enum error read_group_wait(struct reader *r, const struct node *node, void *into) {
    static const struct span a_second = { 1, 1000 };
    return node_duration(r, node, a_second, into);
}

static enum error read_snapshot_rows(struct reader *r, const struct node *node, void *into) {
    return node_number(r, node, (struct range){ 10, 100000000 }, into);
}

static enum error read_long(struct reader *r, const struct node *node, void *into) {
    static const struct span ten_years = { 1000, 3660 * 86400000LL };
    return node_duration(r, node, ten_years, into);
}

static enum error read_budget(struct reader *r, const struct node *node, void *into) {
    static const struct span an_hour = { 1, 3600000 };
    return node_duration(r, node, an_hour, into);
}

/* What the fields of a service must be together. */
static enum error service_check(struct reader *r, const struct node *node,
                                const struct declared_service *s) {
    static const struct wanted work = { "a service that consumes a topic or has an edge",
                                        "consumes: [TOPIC]" };
    static const struct wanted tasks = { "`tasks` in a service with an edge that takes requests",
                                         "tasks: 1" };
    static const struct wanted told = { "a service with queries that consumes what it tells",
                                        "consumes: [TOPIC]" };
    static const struct wanted replicas = { "at most as many `replicas` as `tasks`", "tasks: 4" };
    static const struct wanted equal = {
        "consumed topics with equal partition counts, as a task owns the same one of each",
        "the same `partitions` in these topics"
    };
    const struct declaration *d = r->declaration;
    if (s->consumes_count == 0 && s->edge_count == 0)
        return node_expected(r, node, work);
    for (size_t i = 0; i < s->edge_count; i++)
        if (s->edges[i].effects.class == CLASS_NONE && s->tasks == 0 && !s->edges[i].asks_queries)
            return node_expected(r, node, tasks);
    for (size_t i = 0; i < s->edge_count; i++)
        if (s->edges[i].asks_queries && s->consumes_count == 0)
            return node_expected(r, node, told);
    if (s->tasks && s->replicas > s->tasks)
        return node_expected(r, node, replicas);
    for (size_t i = 1; !r->for_lint && s->tasks == 0 && i < s->consumes_count; i++)
        if (declaration_topic(d, s->consumes[i])->partitions
            != declaration_topic(d, s->consumes[0])->partitions)
            return node_expected(r, node, equal);
    return E_ok;
}

static void topics_note(struct reader *r, struct declared_service *s) {
    const struct declaration *d = r->declaration;
    s->consumes_compacted = arena_get(r->arena, s->consumes_count * sizeof(bool));
    s->consumes_dedupe_ms = arena_get(r->arena, s->consumes_count * sizeof(int64_t));
    for (size_t i = 0; i < s->consumes_count; i++) {
        s->consumes_compacted[i] = declaration_topic(d, s->consumes[i])->compacted;
        s->consumes_dedupe_ms[i] = declaration_topic(d, s->consumes[i])->dedupe_ms;
    }
    for (size_t i = 0; i < s->produces_count; i++)
        s->produces_compacted =
            s->produces_compacted || declaration_topic(d, s->produces[i])->compacted;
}

static enum error read_service(struct reader *r, const struct node *node, void *into) {
    static const struct field fields[] = {
        { "handler", read_handler, 0, true },
        { "tasks", read_tasks, offsetof(struct declared_service, tasks), false },
        { "state", declared_state_read, offsetof(struct declared_service, state), false },
        { "snapshot_every", declared_snapshot_every_read,
          offsetof(struct declared_service, snapshot_every_ms), false },
        { "memory_max", declared_memory_max_read, offsetof(struct declared_service, memory_max),
          false },
        { "ticks", declared_ticks_read, offsetof(struct declared_service, ticks_ms), false },
        { "replicas", read_replicas, offsetof(struct declared_service, replicas), false },
        { "generation", read_generation, offsetof(struct declared_service, generation), false },
        { "group_max", read_group_max, offsetof(struct declared_service, group_max), false },
        { "group_wait", read_group_wait, offsetof(struct declared_service, group_wait_ms), false },
        { "snapshot_rows", read_snapshot_rows, offsetof(struct declared_service, snapshot_rows),
          false },
        { "consumes", read_consumes, 0, false },
        { "produces", read_produces, 0, false },
        { "tables", read_tables, 0, false },
        { "edges", read_edges, 0, false },
        { "settings", declared_settings_read, 0, false },
        { "park", declared_park_read, offsetof(struct declared_service, park), false },
        { "downtime", read_long, offsetof(struct declared_service, downtime_ms), false },
        { "title", node_text, offsetof(struct declared_service, title), false },
        { "budget", read_budget, offsetof(struct declared_service, budget_ms), false },
        { NULL, NULL, 0, false },
    };
    struct declared_service *service = into;
    service->generation = service->replicas = 1;
    service->group_max = 1000;
    service->snapshot_rows = 100000;
    service->park = declared_park_by_default;
    TRY(node_fields(r, node, fields, service));
    TRY(declared_fold_check(r, node, service));
    TRY(declared_program_check(r, node, service));
    topics_note(r, service);
    return service_check(r, node, service);
}

static enum error read_services(struct reader *r, const struct node *node, void *into) {
    static const struct collection services = {
        .what = "services",
        .most = SERVICES_MAX,
        .entry_size = sizeof(struct declared_service),
        .name_is_good = is_part_name,
        .name_wanted = &part_name_wanted,
        .read_entry = read_service,
    };
    struct declaration *d = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &services, &entries));
    d->services = entries.array;
    d->service_count = entries.count;
    return E_ok;
}

/* ---- the whole */

static enum error read_system(struct reader *r, const struct node *node, void *into) {
    TRY(node_text(r, node, into));
    return is_part_name(*(const char **)into) ? E_ok : node_expected(r, node, part_name_wanted);
}

static bool server_is_good(struct bytes server) {
    size_t colon = server.len;
    while (colon > 0 && server.data[colon - 1] != ':')
        colon--;
    if (colon < 2 || server.len == colon || server.len - colon > 5)
        return false;
    int port = 0;
    for (size_t i = 0; i < server.len; i++) {
        uint8_t c = server.data[i];
        if (c <= ' ' || (i >= colon && (c < '0' || c > '9')))
            return false;
        port = i < colon ? 0 : port * 10 + (c - '0');
    }
    return port >= 1 && port <= UINT16_MAX;
}

static enum error read_broker(struct reader *r, const struct node *node, void *into) {
    static const struct wanted broker = { "embedded, or HOST:PORT of brokers with commas between",
                                          "embedded" };
    const char **out = into;
    TRY(node_text(r, node, out));
    if (strcmp(*out, "embedded") == 0)
        return E_ok;
    for (const char *at = *out;; at += strcspn(at, ",") + 1) {
        size_t len = strcspn(at, ",");
        if (!server_is_good(bytes_of(at, len)))
            return node_expected(r, node, broker);
        if (!at[len])
            return E_ok;
    }
}

/* "1", "0.25": at most six digits behind the point, without a detour by a double. */
static enum error read_trace(struct reader *r, const struct node *node, void *into) {
    static const struct wanted share = { "a share from 0 to 1, to a millionth", "0.01" };
    struct bytes text = node->text;
    int32_t ppm = 0, unit = 1000000;
    bool good = node->kind == NODE_TEXT && text.len > 0 && text.len <= 8
                && (text.data[0] == '0' || text.data[0] == '1') && (text.len == 1 || text.len > 2)
                && (text.len == 1 || text.data[1] == '.');
    if (good && text.data[0] == '1')
        ppm = unit;
    for (size_t i = 2; good && i < text.len; i++) {
        unit /= 10;
        good = text.data[i] >= '0' && text.data[i] <= '9';
        ppm += (text.data[i] - '0') * unit;
    }
    *(int32_t *)into = ppm;
    return good && ppm <= 1000000 ? E_ok : node_expected(r, node, share);
}

static enum error read_store(struct reader *r, const struct node *node, void *into) {
    static const struct wanted store = { "sqlite, or sqlite:DIRECTORY", "sqlite" };
    const char **out = into;
    TRY(node_text(r, node, out));
    if (strcmp(*out, "sqlite") == 0 || (strncmp(*out, "sqlite:", 7) == 0 && (*out)[7]))
        return E_ok;
    return node_expected(r, node, store);
}

enum error declared_read(struct reader *r, const struct node *root) {
    static const struct field fields[] = {
        { "system", read_system, offsetof(struct declaration, system), true },
        { "broker", read_broker, offsetof(struct declaration, broker), false },
        { "store", read_store, offsetof(struct declaration, store), false },
        { "trace", read_trace, offsetof(struct declaration, trace_ppm), false },
        { "topics", declared_topics_read, 0, true }, /* before services, which name them */
        { "services", read_services, 0, true },
        { "answers", declared_answers_read, 0, false },
        { "owners", declared_notes_read, offsetof(struct declaration, owners), false },
        { "patterns", declared_notes_read, offsetof(struct declaration, patterns), false },
        { "future", declared_notes_read, offsetof(struct declaration, future), false },
        { "waivers", declared_notes_read, offsetof(struct declaration, waivers), false },
        { "added", declared_notes_read, offsetof(struct declaration, added), false },
        { "verify", declared_notes_read, offsetof(struct declaration, verify), false },
        { "kafka", declared_kafka_read, offsetof(struct declaration, kafka), false },
        { "compatible_with", declared_path_read, offsetof(struct declaration, compatible_with),
          false },
        { "outside", declared_outside_read, 0, false },
        { "sagas", declared_sagas_read, 0, false },
        { NULL, NULL, 0, false },
    };
    struct declaration *d = r->declaration;
    d->broker = "embedded";
    d->store = "sqlite";
    return node_fields(r, root, fields, d);
}
