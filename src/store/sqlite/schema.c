/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The schema as SQL text, so that `sqlite3 FILE .schema` shows what stands here.
 *
 * STRICT: a column holds what it says, also after a repair by hand. WITHOUT ROWID: a row lives in
 * the tree of its key, one page instead of two. A log has a rowid, so that its rows are appended.
 *
 * A new file is made as format 1 and raised step by step like one that is found: so both are the
 * same to the letter, and every step is used daily. */
#include "schema.h"

#include "base/check.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FORMAT_VERSION = 2 };

static const char format_1[] =
    "CREATE TABLE fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE journal(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, inputs TEXT NOT NULL)"
    " STRICT;\n"
    "CREATE TABLE position(topic TEXT, partition INTEGER, next_offset INTEGER NOT NULL,"
    " last_offset INTEGER NOT NULL, last_hash INTEGER NOT NULL, cluster_id TEXT NOT NULL,"
    " PRIMARY KEY(topic, partition)) STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE lane_in(lane TEXT PRIMARY KEY, watermark INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE lane_out(lane TEXT PRIMARY KEY, sequence INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, events BLOB NOT NULL) STRICT;\n"
    "CREATE TABLE timer(name TEXT, key TEXT, due_ms INTEGER NOT NULL, PRIMARY KEY(name, key))"
    " STRICT, WITHOUT ROWID;\n"
    "CREATE INDEX timer_due ON timer(due_ms);\n"
    "INSERT INTO fact VALUES('format_version', '1'), ('incarnation', '1');\n";

/* Inputs that wait, effects, ids seen, outputs in the journal, timers on event time. */
static const char format_2[] =
    "ALTER TABLE journal ADD COLUMN outputs TEXT NOT NULL DEFAULT '';\n"
    "ALTER TABLE position ADD COLUMN event_ms INTEGER NOT NULL DEFAULT 0;\n"
    "ALTER TABLE timer ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;\n"
    "DROP INDEX timer_due;\n"
    "CREATE INDEX timer_due ON timer(clock, due_ms);\n"
    "CREATE TABLE parked(number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL,"
    " due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, parked_ms INTEGER NOT NULL,"
    " reason TEXT NOT NULL, packed BLOB NOT NULL) STRICT;\n"
    "CREATE INDEX parked_key ON parked(key);\n"
    "CREATE TABLE effect(number INTEGER PRIMARY KEY AUTOINCREMENT, state INTEGER NOT NULL,"
    " id TEXT NOT NULL, edge TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL,"
    " json TEXT NOT NULL, time_ms INTEGER NOT NULL, requested_ms INTEGER NOT NULL,"
    " deadline_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " reason TEXT NOT NULL) STRICT;\n"
    "CREATE TABLE seen(source TEXT, id TEXT, at_ms INTEGER NOT NULL, PRIMARY KEY(source, id))"
    " STRICT, WITHOUT ROWID;\n"
    "CREATE INDEX seen_at ON seen(at_ms);\n"
    "UPDATE fact SET value = '2' WHERE name = 'format_version';\n";

/* [n]: what makes format n + 1 of format n */
static const char *const formats[FORMAT_VERSION] = { format_1, format_2 };

static const char *const own_names[] = {
    "fact",      "journal", "position",   "lane_in", "lane_out", "outbox",  "timer",
    "timer_due", "parked",  "parked_key", "effect",  "seen",     "seen_at",
};

static bool is_among(const char *name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool is_name(const char *name) {
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '_')
            return false;
    return *name && !isdigit((unsigned char)*name);
}

static enum error column_check(const struct store_table *t, size_t at) {
    const char *name = t->columns[at].name;
    if (!is_name(name))
        return fail(E_config, "table %s, column \"%s\": only letters, digits and _", t->name, name);
    if (strcasecmp(name, "key") == 0 || strcasecmp(name, t->log ? "entry" : "sub") == 0)
        return fail(E_config, "table %s: column %s is there by itself", t->name, name);
    for (size_t i = 0; i < at; i++)
        if (strcasecmp(name, t->columns[i].name) == 0)
            return fail(E_config, "table %s has two columns \"%s\"", t->name, name);
    return E_ok;
}

static enum error table_check(const struct store_options *options, size_t at) {
    const struct store_table *t = &options->tables[at];
    if (!is_name(t->name))
        return fail(E_config, "table \"%s\": only letters, digits and _", t->name);
    if (is_among(t->name, own_names, sizeof(own_names) / sizeof(own_names[0]))
        || strncasecmp(t->name, "sqlite_", 7) == 0) {
        enum error e =
            fail(E_config, "table %s: the store has a table of its own with it", t->name);
        fail_try("give the declared table another name");
        return e;
    }
    for (size_t i = 0; i < at; i++)
        if (strcasecmp(t->name, options->tables[i].name) == 0)
            return fail(E_config, "two tables are called %s", t->name);
    for (size_t i = 0; i < t->column_count; i++)
        TRY(column_check(t, i));
    return E_ok;
}

enum error tables_check(const struct store_options *options) {
    for (size_t i = 0; i < options->table_count; i++)
        TRY(table_check(options, i));
    return E_ok;
}

static const char *type_name(enum column_type type) {
    switch (type) {
    case COLUMN_INT:
        return "INTEGER";
    case COLUMN_TEXT:
        return "TEXT";
    }
    return "";
}

/* "key TEXT, sub TEXT, balance INTEGER": what the declaration wants. */
static void columns_wanted(const struct store_table *t, struct buf *out) {
    buf_put_text(out, t->log ? "entry INTEGER, key TEXT" : "key TEXT, sub TEXT");
    for (size_t i = 0; i < t->column_count; i++)
        buf_print(out, ", %s %s", t->columns[i].name, type_name(t->columns[i].type));
}

/* The same text for what the file has; empty when it has no such table. */
static enum error columns_found(struct connection *c, const char *table, struct buf *out) {
    sqlite3_stmt *s;
    bool found;
    enum error e;
    TRY(statement_prepare(c, "SELECT name || ' ' || type FROM pragma_table_info(?1) ORDER BY cid",
                          &s));
    bind_text(s, 1, bytes_text(table));
    while (!(e = statement_next(c, s, &found)) && found) {
        if (out->len)
            buf_put_text(out, ", ");
        buf_put_bytes(out, column_bytes(s, 0));
    }
    (void)sqlite3_finalize(s);
    return e;
}

static enum error table_create(struct connection *c, const struct store_table *t) {
    struct buf sql = { 0 };
    buf_print(&sql, "CREATE TABLE \"%s\"(%s", t->name,
              t->log ? "entry INTEGER PRIMARY KEY, key TEXT NOT NULL" : "key TEXT, sub TEXT");
    for (size_t i = 0; i < t->column_count; i++)
        buf_print(&sql, ", \"%s\" %s", t->columns[i].name, type_name(t->columns[i].type));
    buf_put_text(&sql, t->log      ? ") STRICT"
                       : t->by_sub ? ", PRIMARY KEY(sub, key)) STRICT, WITHOUT ROWID"
                                   : ", PRIMARY KEY(key, sub)) STRICT, WITHOUT ROWID");
    enum error e = sqlite_connection_run(c, buf_text(&sql));
    buf_finish(&sql);
    return e;
}

static enum error columns_differ(struct connection *c, const struct store_table *t,
                                 const char *found, const char *wanted) {
    enum error e = fail(E_config, "%s: table %s has (%s), the declaration says (%s)", c->path,
                        t->name, found, wanted);
    fail_try("declare the columns as they were, or raise `generation` of the service: it then"
             " starts with empty tables beside this file");
    return e;
}

static enum error table_settle(struct connection *c, const struct store_table *t) {
    struct buf found = { 0 }, wanted = { 0 };
    columns_wanted(t, &wanted);
    enum error e = columns_found(c, t->name, &found);
    if (!e && !found.len)
        e = table_create(c, t);
    else if (!e && !bytes_equal(buf_bytes(&found), buf_bytes(&wanted)))
        e = columns_differ(c, t, buf_text(&found), buf_text(&wanted));
    buf_finish(&found);
    buf_finish(&wanted);
    return e;
}

static enum error tables_count(struct connection *c, int64_t *all, int64_t *facts) {
    sqlite3_stmt *s;
    bool found;
    TRY(statement_prepare(c, "SELECT count(*), sum(name = 'fact') FROM sqlite_schema", &s));
    enum error e = statement_next(c, s, &found);
    if (!e) {
        *all = sqlite3_column_int64(s, 0);
        *facts = sqlite3_column_int64(s, 1);
    }
    (void)sqlite3_finalize(s);
    return e;
}

static enum error version_unknown(struct connection *c, struct bytes version) {
    enum error e = fail(E_unsupported, "%s has store format %.*s, this octavo knows 1 to %d",
                        c->path, (int)version.len, (const char *)version.data, FORMAT_VERSION);
    fail_try("use the octavo that wrote it; a newer format is never changed back");
    return e;
}

static enum error version_find(struct connection *c, int *out) {
    sqlite3_stmt *s;
    bool found;
    TRY(statement_prepare(c, "SELECT value FROM fact WHERE name = 'format_version'", &s));
    enum error e = statement_next(c, s, &found);
    struct bytes text = !e && found ? column_bytes(s, 0) : bytes_text("none");
    bool known = text.len == 1 && text.data[0] >= '1' && text.data[0] <= '0' + FORMAT_VERSION;
    if (!e && !known)
        e = version_unknown(c, text);
    else if (!e)
        *out = text.data[0] - '0';
    (void)sqlite3_finalize(s);
    return e;
}

/* 0: the file is empty */
static enum error format_find(struct connection *c, int *format) {
    int64_t all = 0, facts = 0;
    *format = 0;
    TRY(tables_count(c, &all, &facts));
    if (!all)
        return E_ok;
    if (!facts) {
        enum error e =
            fail(E_unsupported, "%s is no store of Octavo's: it has no table fact", c->path);
        fail_try("let `store:` name a directory of its own");
        return e;
    }
    return version_find(c, format);
}

/* An older format that no service has raised yet has the same declared tables. */
enum error schema_check(struct connection *c) {
    int format;
    TRY(format_find(c, &format));
    if (!format)
        return fail(E_not_found, "%s is empty: its service has never started", c->path);
    return E_ok;
}

/* A format's new table may have the name of one that was declared before. */
static enum error own_names_free(struct connection *c) {
    sqlite3_stmt *s;
    bool found;
    TRY(statement_prepare(c,
                          "SELECT name FROM sqlite_schema WHERE lower(name) IN ('parked',"
                          " 'parked_key', 'effect', 'seen', 'seen_at')",
                          &s));
    enum error e = statement_next(c, s, &found);
    if (!e && found) {
        e = fail(E_config, "%s has a declared table %s, and store format 2 one of its own", c->path,
                 (const char *)sqlite3_column_text(s, 0));
        fail_try("give the declared table another name and raise `generation` of the service");
    }
    (void)sqlite3_finalize(s);
    return e;
}

static enum error all_settle(struct connection *c, const struct store_options *options) {
    int format;
    TRY(format_find(c, &format));
    if (format == 1)
        TRY(own_names_free(c));
    for (; format < FORMAT_VERSION; format++)
        TRY_WHILE(sqlite_connection_run(c, formats[format]), "making store format %d of %s",
                  format + 1, c->path);
    for (size_t i = 0; i < options->table_count; i++)
        TRY(table_settle(c, &options->tables[i]));
    return E_ok;
}

enum error schema_settle(struct connection *c, const struct store_options *options) {
    TRY(sqlite_connection_run(c, "BEGIN IMMEDIATE"));
    enum error e = all_settle(c, options);
    if (!e)
        return sqlite_connection_run(c, "COMMIT");
    (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL); /* `e` has the story */
    return e;
}
