/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/disk.h"
#include "base/test.h"
#include "sqlite_store.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct column account_columns[] = { { "balance", COLUMN_INT },
                                                 { "owner", COLUMN_TEXT },
                                                 { "order", COLUMN_TEXT } };
static const struct column entry_columns[] = { { "amount", COLUMN_INT }, { "text", COLUMN_TEXT } };
static const struct store_table tables[] = { { "account", false, account_columns, 3 },
                                             { "entry", true, entry_columns, 2 },
                                             { "seen", false, NULL, 0 } };
enum { ACCOUNT, ENTRY, SEEN };

static struct store_options options_in(const char *dir) {
    static char url[128];
    (void)snprintf(url, sizeof(url), "sqlite:%s/deep/store", dir);
    return (struct store_options){ .url = url,
                                   .system = "accounts",
                                   .service = "processor",
                                   .generation = 1,
                                   .task = 3,
                                   .tables = tables,
                                   .table_count = 3,
                                   .sync = true };
}

static char *db_path(void) {
    return text_format("%s/deep/store/accounts.processor.1.3.db", test_dir());
}

static struct store *given_store(void) {
    struct store_options options = options_in(test_dir());
    struct store *s = NULL;
    CHECK_OK(sqlite_store_kind.open(&s, &options));
    return s;
}

static enum error open_fails(const struct store_options *options) {
    struct store *s = NULL;
    enum error e = sqlite_store_kind.open(&s, options);
    CHECK(s == NULL);
    return e;
}

static struct value integer(int64_t v) {
    return (struct value){ .kind = VALUE_INT, .integer = v };
}

static struct value text(const char *t) {
    return (struct value){ .kind = VALUE_TEXT, .text = bytes_text(t) };
}

static void account_put(struct store *s, const char *key, int64_t balance) {
    struct value values[3] = { integer(balance), text("Ada"), { .kind = VALUE_NULL } };
    CHECK_OK(s->ops->row_put(s, ACCOUNT, bytes_text(key), bytes_text(""), values));
}

/* -1: no such account */
static int64_t account_balance(struct store *s, const char *key) {
    struct value values[3];
    bool found;
    CHECK_OK(s->ops->row_get(s, ACCOUNT, bytes_text(key), bytes_text(""), values, &found));
    return found ? values[0].integer : -1;
}

static void entry_add(struct store *s, int64_t entry, const char *key, int64_t amount) {
    struct value values[2] = { integer(amount), text("x") };
    CHECK_OK(s->ops->log_add(s, ENTRY, entry, bytes_text(key), values));
}

static int64_t entry_last(struct store *s) {
    int64_t entry = -1;
    CHECK_OK(s->ops->log_last(s, ENTRY, &entry));
    return entry;
}

/* What a person with the sqlite3 tool does, in this process; `result` takes the first column. */
static int sql_do(const char *sql, struct buf *result) {
    sqlite3 *db;
    sqlite3_stmt *s;
    char *path = db_path();
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    int code = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(s);
        if (code == SQLITE_ROW && result)
            buf_print(result, "%s;", (const char *)sqlite3_column_text(s, 0));
    }
    (void)sqlite3_finalize(s);
    (void)sqlite3_close(db);
    free(path);
    return code;
}

static void given_sql(const char *sql) {
    CHECK_INT(sql_do(sql, NULL), SQLITE_DONE);
}

static void check_sql(const char *sql, const char *wanted) {
    struct buf result = { 0 };
    CHECK_INT(sql_do(sql, &result), SQLITE_DONE);
    CHECK_TEXT(buf_text(&result), wanted);
    buf_finish(&result);
}

TEST(rows_are_put_got_replaced_and_deleted) {
    struct store *s = given_store();
    struct value values[3];
    bool found;
    CHECK_OK(s->ops->begin(s));
    struct value put[3] = { integer(INT64_MIN), text("\xc3\xa9 'quoted'"), text("") };
    CHECK_OK(s->ops->row_put(s, ACCOUNT, bytes_text("k"), bytes_text("s"), put));
    CHECK_OK(s->ops->row_get(s, ACCOUNT, bytes_text("k"), bytes_text("s"), values, &found));
    CHECK(found);
    CHECK(values[0].kind == VALUE_INT);
    CHECK(values[0].integer == INT64_MIN);
    CHECK(values[1].kind == VALUE_TEXT);
    CHECK_BYTES(values[1].text, put[1].text);
    CHECK(values[2].kind == VALUE_TEXT);
    CHECK_INT((long long)values[2].text.len, 0);
    values[2].kind = VALUE_NULL; /* what was got may be put */
    CHECK_OK(s->ops->row_put(s, ACCOUNT, bytes_text("k"), bytes_text("s"), values));
    CHECK_OK(s->ops->row_get(s, ACCOUNT, bytes_text("k"), bytes_text("s"), values, &found));
    CHECK(values[2].kind == VALUE_NULL);
    CHECK_BYTES(values[1].text, put[1].text);
    CHECK_OK(s->ops->row_get(s, ACCOUNT, bytes_text("k"), bytes_text(""), values, &found));
    CHECK(!found);
    CHECK_OK(s->ops->row_delete(s, ACCOUNT, bytes_text("k"), bytes_text("s")));
    CHECK_OK(s->ops->row_get(s, ACCOUNT, bytes_text("k"), bytes_text("s"), values, &found));
    CHECK(!found);
    CHECK_OK(s->ops->row_delete(s, ACCOUNT, bytes_text("k"), bytes_text("s")));
    CHECK_OK(s->ops->commit(s));
    s->ops->close(s);
}

TEST(a_table_without_columns_keeps_keys) {
    struct store *s = given_store();
    bool found;
    CHECK_OK(s->ops->begin(s));
    CHECK_OK(s->ops->row_put(s, SEEN, bytes_text("k"), bytes_of(NULL, 0), NULL));
    CHECK_OK(s->ops->row_get(s, SEEN, bytes_text("k"), bytes_text(""), NULL, &found));
    CHECK(found);
    CHECK_OK(s->ops->commit(s));
    s->ops->close(s);
}

TEST(a_text_put_into_an_integer_column_is_refused) {
    struct store *s = given_store();
    struct value values[3] = { text("many"), text(""), text("") };
    CHECK_OK(s->ops->begin(s));
    CHECK_ERROR(s->ops->row_put(s, ACCOUNT, bytes_text("k"), bytes_text(""), values), E_refused);
    CHECK_STORY("cannot store TEXT value in INTEGER column account.balance");
    s->ops->rollback(s);
    CHECK_OK(s->ops->begin(s));
    s->ops->rollback(s);
    s->ops->close(s);
}

TEST(an_entry_is_added_once) {
    struct store *s = given_store();
    struct value values[2] = { integer(1), text("x") };
    CHECK_OK(s->ops->begin(s));
    CHECK_INT(entry_last(s), 0);
    entry_add(s, 1, "a", 10);
    entry_add(s, 2, "b", 20);
    CHECK_INT(entry_last(s), 2);
    CHECK_ERROR(s->ops->log_add(s, ENTRY, 2, bytes_text("c"), values), E_refused);
    CHECK_STORY("UNIQUE constraint failed: entry.entry");
    s->ops->rollback(s);
    s->ops->close(s);
}

/* One group that touches every table of the store. */
static void group_put(struct store *s, int64_t n) {
    struct position p = { n, n - 1, UINT64_MAX - (uint64_t)n, "cluster" };
    struct timer_row t = { n, bytes_text("deadline"), bytes_text("k") };
    int64_t id;
    account_put(s, "k", n);
    entry_add(s, n, "k", n);
    CHECK_OK(s->ops->journal_add(s, 1000 + n, bytes_text("orders-0 7..9")));
    CHECK_OK(s->ops->position_put(s, bytes_text("orders"), 3, &p));
    CHECK_OK(s->ops->lane_in_put(s, bytes_text("/octavo/a orders 3"), n));
    CHECK_OK(s->ops->lane_out_put(s, bytes_text("/octavo/b answers 1"), n));
    CHECK_OK(s->ops->outbox_add(s, bytes_text("packed"), &id));
    CHECK_INT(id, n);
    CHECK_OK(s->ops->timer_put(s, &t));
    CHECK_OK(s->ops->fact_put(s, "cluster", bytes_text("cluster")));
}

static void on_number(void *context, struct bytes lane, int64_t number) {
    CHECK(lane.len > 0);
    *(int64_t *)context = number;
}

static void on_outbox(void *context, int64_t id, struct bytes packed) {
    CHECK_BYTES(packed, bytes_text("packed"));
    *(int64_t *)context = id;
}

/* All tables say that group n was the last one; 0: none was. */
static void check_group(struct store *s, int64_t n) {
    struct position p = { 0 };
    int64_t in = 0, out = 0, box = 0, due = 0;
    bool found;
    CHECK_INT(account_balance(s, "k"), n ? n : -1);
    CHECK_INT(entry_last(s), n);
    CHECK_OK(s->ops->position_get(s, bytes_text("orders"), 3, &p, &found));
    CHECK_INT(found, n > 0);
    CHECK_INT(p.next_offset, n);
    CHECK_OK(s->ops->lane_in_each(s, on_number, &in));
    CHECK_INT(in, n);
    CHECK_OK(s->ops->lane_out_each(s, on_number, &out));
    CHECK_INT(out, n);
    CHECK_OK(s->ops->outbox_each(s, on_outbox, &box));
    CHECK_INT(box, n);
    CHECK_OK(s->ops->timer_first(s, &due, &found));
    CHECK_INT(found, n > 0);
    CHECK_INT(due, n);
}

TEST(a_commit_is_there_after_a_reopen) {
    struct store *s = given_store();
    check_group(s, 0);
    CHECK_OK(s->ops->begin(s));
    group_put(s, 1);
    CHECK_OK(s->ops->commit(s));
    s->ops->close(s);
    s = given_store();
    check_group(s, 1);
    struct position p;
    bool found;
    CHECK_OK(s->ops->position_get(s, bytes_text("orders"), 3, &p, &found));
    CHECK_INT(p.last_offset, 0);
    CHECK(p.last_hash == UINT64_MAX - 1);
    CHECK_TEXT(p.cluster_id, "cluster");
    CHECK_OK(s->ops->position_get(s, bytes_text("orders"), 4, &p, &found));
    CHECK(!found);
    s->ops->close(s);
}

TEST(a_rollback_leaves_no_trace) {
    struct store *s = given_store();
    CHECK_OK(s->ops->begin(s));
    group_put(s, 1);
    CHECK_OK(s->ops->commit(s));
    CHECK_OK(s->ops->begin(s));
    group_put(s, 2);
    s->ops->rollback(s);
    check_group(s, 1);
    CHECK_OK(s->ops->begin(s));
    group_put(s, 2); /* the journal's and the outbox's ids go on without a hole */
    CHECK_OK(s->ops->commit(s));
    check_group(s, 2);
    s->ops->close(s);
    check_sql("SELECT group_concat(id) FROM journal", "1,2;");
}

TEST(a_close_without_commit_leaves_no_trace) {
    struct store *s = given_store();
    CHECK_OK(s->ops->begin(s));
    group_put(s, 1);
    s->ops->close(s);
    s = given_store();
    check_group(s, 0);
    s->ops->close(s);
}

TEST(outbox_ids_are_never_used_again) {
    struct store *s = given_store();
    int64_t id = 0, seen = 0;
    for (int64_t n = 1; n <= 3; n++) {
        CHECK_OK(s->ops->begin(s));
        CHECK_OK(s->ops->outbox_add(s, bytes_text("packed"), &id));
        CHECK_INT(id, n);
        CHECK_OK(s->ops->commit(s));
    }
    CHECK_OK(s->ops->begin(s));
    CHECK_OK(s->ops->outbox_delete_through(s, 2));
    CHECK_OK(s->ops->commit(s));
    CHECK_OK(s->ops->outbox_each(s, on_outbox, &seen));
    CHECK_INT(seen, 3);
    CHECK_OK(s->ops->begin(s));
    CHECK_OK(s->ops->outbox_delete_through(s, 3));
    CHECK_OK(s->ops->commit(s));
    s->ops->close(s);
    s = given_store();
    CHECK_OK(s->ops->begin(s));
    CHECK_OK(s->ops->outbox_add(s, bytes_text(""), &id));
    CHECK_INT(id, 4);
    CHECK_OK(s->ops->commit(s));
    s->ops->close(s);
}

struct fired {
    struct buf text;
};

static void on_timer(void *context, const struct timer_row *t) {
    struct fired *fired = context;
    buf_print(&fired->text, "%lld %.*s %.*s;", (long long)t->due_ms, (int)t->name.len,
              (const char *)t->name.data, (int)t->key.len, (const char *)t->key.data);
}

static void timer_set(struct store *s, int64_t due_ms, const char *name, const char *key) {
    struct timer_row t = { due_ms, bytes_text(name), bytes_text(key) };
    CHECK_OK(s->ops->timer_put(s, &t));
}

static void check_due(struct store *s, int64_t now_ms, size_t max, const char *wanted) {
    struct fired fired = { { 0 } };
    CHECK_OK(s->ops->timer_due(s, now_ms, max, on_timer, &fired));
    CHECK_TEXT(buf_text(&fired.text), wanted);
    buf_finish(&fired.text);
}

TEST(timers_are_due_in_order_and_moved_by_a_second_put) {
    struct store *s = given_store();
    int64_t due;
    bool found;
    CHECK_OK(s->ops->timer_first(s, &due, &found));
    CHECK(!found);
    CHECK_OK(s->ops->begin(s));
    timer_set(s, 30, "b", "k");
    timer_set(s, 20, "b", "l");
    timer_set(s, 20, "a", "z");
    timer_set(s, 20, "b", "k");
    CHECK_OK(s->ops->commit(s));
    check_due(s, 19, 10, "");
    check_due(s, 20, 10, "20 a z;20 b k;20 b l;");
    check_due(s, 20, 2, "20 a z;20 b k;");
    CHECK_OK(s->ops->begin(s));
    CHECK_OK(s->ops->timer_delete(s, bytes_text("a"), bytes_text("z")));
    CHECK_OK(s->ops->timer_delete(s, bytes_text("a"), bytes_text("none")));
    timer_set(s, 40, "b", "k");
    CHECK_OK(s->ops->commit(s));
    check_due(s, INT64_MAX, SIZE_MAX, "20 b l;40 b k;");
    CHECK_OK(s->ops->timer_first(s, &due, &found));
    CHECK(found);
    CHECK_INT(due, 20);
    s->ops->close(s);
}

TEST(the_journal_is_cut_behind_its_limit) {
    struct store_options options = options_in(test_dir());
    struct store *s;
    options.journal_rows_max = 100;
    options.sync = false;
    CHECK_OK(sqlite_store_kind.open(&s, &options));
    for (int i = 0; i < 1000; i++) {
        CHECK_OK(s->ops->begin(s));
        CHECK_OK(s->ops->journal_add(s, i, bytes_text("x")));
        CHECK_OK(s->ops->commit(s));
    }
    s->ops->close(s);
    check_sql("SELECT (count(*) BETWEEN 100 AND 356) || ' ' || max(id) ||"
              " ' ' || (max(id) - min(id) + 1 = count(*)) FROM journal",
              "1 1000 1;");
}

TEST(facts_say_format_and_incarnation_from_the_start) {
    struct store *s = given_store();
    struct buf out = { 0 };
    bool found;
    CHECK_OK(s->ops->fact_get(s, "format_version", &out, &found));
    CHECK_TEXT(buf_text(&out), "1");
    buf_clear(&out);
    CHECK_OK(s->ops->fact_get(s, "incarnation", &out, &found));
    CHECK_TEXT(buf_text(&out), "1");
    CHECK_OK(s->ops->fact_get(s, "nothing", &out, &found));
    CHECK(!found);
    CHECK_OK(s->ops->begin(s));
    CHECK_OK(s->ops->fact_put(s, "incarnation", bytes_text("2")));
    CHECK_OK(s->ops->commit(s));
    s->ops->close(s);
    s = given_store();
    buf_clear(&out);
    CHECK_OK(s->ops->fact_get(s, "incarnation", &out, &found));
    CHECK_TEXT(buf_text(&out), "2");
    buf_finish(&out);
    s->ops->close(s);
}

TEST(a_second_opener_is_refused_and_told_the_pid) {
    struct store *s = given_store();
    struct store_options options = options_in(test_dir());
    char *pid = text_format("accounts.processor.1.3.db.lock: process %ld", (long)getpid());
    CHECK_ERROR(open_fails(&options), E_locked);
    CHECK_STORY(pid);
    CHECK_STORY("try: stop that process");
    CHECK_STORY("while opening the store of processor, task 3");
    CHECK_OK(s->ops->begin(s)); /* the refused one took no lock of the first away */
    group_put(s, 1);
    CHECK_OK(s->ops->commit(s));
    options.task = 4;
    struct store *other;
    CHECK_OK(sqlite_store_kind.open(&other, &options));
    other->ops->close(other);
    s->ops->close(s);
    s = given_store();
    s->ops->close(s);
    free(pid);
}

TEST(the_files_are_for_their_owner_only) {
    struct store *s = given_store();
    struct stat st;
    char *path = db_path();
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    char *wal = text_format("%s-wal", path);
    CHECK_INT(stat(wal, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    s->ops->close(s);
    char *lock = text_format("%s.lock", path);
    CHECK_INT(stat(lock, &st), 0);
    free(lock);
    free(wal);
    free(path);
}

TEST(another_format_version_is_refused) {
    struct store *s = given_store();
    struct store_options options = options_in(test_dir());
    s->ops->close(s);
    given_sql("UPDATE fact SET value = '7' WHERE name = 'format_version'");
    CHECK_ERROR(open_fails(&options), E_unsupported);
    CHECK_STORY("has store format 7, this octavo knows 1");
    CHECK_STORY("try: use the octavo that wrote it");
    given_sql("DELETE FROM fact WHERE name = 'format_version'");
    CHECK_ERROR(open_fails(&options), E_unsupported);
    CHECK_STORY("has store format none");
}

TEST(other_columns_than_declared_are_refused_and_both_are_named) {
    static const struct column other[] = { { "balance", COLUMN_TEXT } };
    static const struct store_table changed[] = { { "new_one", false, other, 1 },
                                                  { "account", false, other, 1 } };
    static const struct store_table as_log[] = { { "account", true, account_columns, 3 } };
    struct store *s = given_store();
    struct store_options options = options_in(test_dir());
    s->ops->close(s);
    options.tables = changed;
    options.table_count = 2;
    CHECK_ERROR(open_fails(&options), E_config);
    CHECK_STORY("table account has (key TEXT, sub TEXT, balance INTEGER, owner TEXT, order TEXT), "
                "the declaration says (key TEXT, sub TEXT, balance TEXT)");
    CHECK_STORY("raise `generation`");
    check_sql("SELECT count(*) FROM sqlite_schema WHERE name = 'new_one'", "0;");
    options.tables = as_log;
    options.table_count = 1;
    CHECK_ERROR(open_fails(&options), E_config);
    CHECK_STORY("the declaration says (entry INTEGER, key TEXT, balance");
}

TEST(a_table_added_to_the_declaration_is_made) {
    static const struct column entry[] = { { "entry", COLUMN_INT } };
    static const struct store_table more[] = { { "account", false, account_columns, 3 },
                                               { "select", false, entry, 1 } };
    struct store *s = given_store();
    struct store_options options = options_in(test_dir());
    s->ops->close(s);
    options.tables = more;
    options.table_count = 2;
    CHECK_OK(sqlite_store_kind.open(&s, &options));
    CHECK_OK(s->ops->begin(s));
    CHECK_OK(s->ops->row_put(s, 1, bytes_text("k"), bytes_text(""), &(struct value){ 0 }));
    CHECK_OK(s->ops->commit(s));
    s->ops->close(s);
}

static enum error open_with_table(const struct store_table *table) {
    struct store_options options = options_in(test_dir());
    options.tables = table;
    options.table_count = 1;
    return open_fails(&options);
}

TEST(names_that_cannot_be_a_table_are_refused) {
    static const struct column twice[] = { { "a", COLUMN_INT }, { "A", COLUMN_INT } };
    static const struct column key[] = { { "Key", COLUMN_INT } };
    static const struct column entry[] = { { "entry", COLUMN_INT } };
    static const struct column quote[] = { { "a\" INTEGER); --", COLUMN_INT } };
    CHECK_ERROR(open_with_table(&(struct store_table){ .name = "Outbox" }), E_config);
    CHECK_STORY("the store has a table of its own");
    CHECK_ERROR(open_with_table(&(struct store_table){ .name = "sqlite_x" }), E_config);
    CHECK_ERROR(open_with_table(&(struct store_table){ .name = "a b" }), E_config);
    CHECK_ERROR(open_with_table(&(struct store_table){ .name = "" }), E_config);
    CHECK_ERROR(open_with_table(&(struct store_table){ "t", false, twice, 2 }), E_config);
    CHECK_STORY("two columns");
    CHECK_ERROR(open_with_table(&(struct store_table){ "t", false, key, 1 }), E_config);
    CHECK_STORY("table t: column Key is there by itself");
    CHECK_ERROR(open_with_table(&(struct store_table){ "t", true, entry, 1 }), E_config);
    CHECK_ERROR(open_with_table(&(struct store_table){ "t", false, quote, 1 }), E_config);
}

TEST(a_url_or_a_name_that_suits_no_file_is_refused) {
    struct store_options options = options_in(test_dir());
    options.url = "postgres:x";
    CHECK_ERROR(open_fails(&options), E_config);
    CHECK_STORY("write store: sqlite:DIRECTORY");
    options.url = "sqlite:";
    CHECK_ERROR(open_fails(&options), E_config);
    options = options_in(test_dir());
    options.service = "../x";
    CHECK_ERROR(open_fails(&options), E_config);
    CHECK_STORY("service \"../x\"");
}

static void file_put(const char *path, int64_t at, const char *bytes) {
    struct file *f;
    CHECK_OK(disk_open(disk_real(), path, DISK_CREATE, &f));
    CHECK_OK(disk_write_at(f, at, bytes_text(bytes)));
    disk_close(f);
}

TEST(a_file_that_is_no_database_is_corrupt) {
    struct store *s = given_store();
    struct store_options options = options_in(test_dir());
    char *path = db_path();
    s->ops->close(s);
    file_put(path, 0, "this is no database at all");
    CHECK_ERROR(open_fails(&options), E_corrupt);
    CHECK_STORY("file is not a database");
    CHECK_STORY("put its last backup in its place");
    free(path);
}

TEST(a_damaged_page_is_corrupt_and_ends_the_writing) {
    struct store *s = given_store();
    CHECK_OK(s->ops->begin(s));
    for (int i = 0; i < 2000; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "%d", i);
        account_put(s, key, i);
    }
    CHECK_OK(s->ops->commit(s));
    s->ops->close(s);
    struct buf page = { 0 };
    CHECK_INT(sql_do("SELECT rootpage FROM sqlite_schema WHERE name = 'account'", &page),
              SQLITE_DONE);
    char *path = db_path();
    file_put(path, (strtol(buf_text(&page), NULL, 10) - 1) * 4096, "\xff\xff\xff\xff\xff\xff\xff");
    buf_finish(&page);
    s = given_store();
    struct value values[3];
    bool found;
    CHECK_OK(s->ops->begin(s));
    CHECK_ERROR(s->ops->row_get(s, ACCOUNT, bytes_text("7"), bytes_text(""), values, &found),
                E_corrupt);
    CHECK_STORY("database disk image is malformed");
    s->ops->rollback(s);
    CHECK_ERROR(s->ops->begin(s), E_io);
    CHECK_STORY("an earlier error; nothing more is written");
    s->ops->close(s);
    free(path);
}

TEST(a_database_of_something_else_is_refused) {
    struct store *s = given_store();
    struct store_options options = options_in(test_dir());
    s->ops->close(s);
    given_sql("DROP TABLE fact");
    CHECK_ERROR(open_fails(&options), E_unsupported);
    CHECK_STORY("is no store of Octavo's");
}

/* The file size limit makes writes fail as a broken disk does: EFBIG, where a full disk says
 * ENOSPC. */
TEST(a_failed_write_stops_the_store_and_keeps_what_was_committed) {
    struct store *s = given_store();
    CHECK_OK(s->ops->begin(s));
    group_put(s, 1);
    CHECK_OK(s->ops->commit(s));
    struct rlimit limit = { 200000, RLIM_INFINITY };
    (void)signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
    enum error e = E_ok;
    int64_t done = 1;
    while (!e && done < 1000) {
        CHECK_OK(s->ops->begin(s));
        group_put(s, done + 1);
        e = s->ops->commit(s);
        done += !e;
    }
    CHECK_ERROR(e, E_io);
    CHECK_STORY("COMMIT: disk I/O error");
    s->ops->rollback(s);
    CHECK_ERROR(s->ops->begin(s), E_io);
    limit.rlim_cur = RLIM_INFINITY;
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
    CHECK_ERROR(s->ops->begin(s), E_io); /* nothing is retried */
    s->ops->close(s);
    s = given_store();
    check_group(s, done);
    s->ops->close(s);
}

/* Commits groups from `first` on until it is killed, and says each one it has committed. */
static _Noreturn void commit_until_killed(int64_t first, int say) {
    struct store *s = given_store();
    for (int64_t n = first;; n++) {
        CHECK_OK(s->ops->begin(s));
        group_put(s, n);
        CHECK_OK(s->ops->commit(s));
        CHECK_INT(write(say, &n, sizeof(n)), sizeof(n));
    }
}

/* Kills after `acks` commits were heard of, at no particular moment; returns the last one heard. */
static int64_t kill_in_the_middle(int64_t first, int acks) {
    int said[2];
    int64_t last = first - 1;
    CHECK_INT(pipe(said), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)close(said[0]);
        commit_until_killed(first, said[1]);
    }
    (void)close(said[1]);
    for (int i = 0; i < acks; i++)
        CHECK_INT(read(said[0], &last, sizeof(last)), sizeof(last));
    CHECK_INT(kill(child, SIGKILL), 0);
    CHECK_INT(waitpid(child, NULL, 0), child);
    int64_t more;
    while (read(said[0], &more, sizeof(more)) == sizeof(more))
        last = more;
    (void)close(said[0]);
    return last;
}

TEST(after_kill_9_the_committed_groups_are_whole) {
    int64_t last = 0;
    uint64_t seed = test_seed();
    (void)test_dir(); /* made here: the children share it */
    for (int round = 0; round < 25; round++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int64_t heard = kill_in_the_middle(last + 1, 1 + (int)(seed >> 60) * 8);
        struct store *s = given_store();
        last = entry_last(s);
        CHECK(last == heard || last == heard + 1);
        check_group(s, last);
        s->ops->close(s);
    }
    check_sql("PRAGMA integrity_check", "ok;");
}
