/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "store_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

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
    CHECK_OK(s->ops->row_put(s, MARKED, bytes_text("k"), bytes_of(NULL, 0), NULL));
    CHECK_OK(s->ops->row_get(s, MARKED, bytes_text("k"), bytes_text(""), NULL, &found));
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
    CHECK_INT(p.event_ms, 10);
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
    struct timer_row t = { due_ms, bytes_text(name), bytes_text(key), TIMER_WALL };
    CHECK_OK(s->ops->timer_put(s, &t));
}

static void check_due(struct store *s, int64_t now_ms, size_t max, const char *wanted) {
    struct fired fired = { { 0 } };
    CHECK_OK(s->ops->timer_due(s, TIMER_WALL, now_ms, max, on_timer, &fired));
    CHECK_TEXT(buf_text(&fired.text), wanted);
    buf_finish(&fired.text);
}

TEST(timers_are_due_in_order_and_moved_by_a_second_put) {
    struct store *s = given_store();
    int64_t due;
    bool found;
    CHECK_OK(s->ops->timer_first(s, TIMER_WALL, &due, &found));
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
    CHECK_OK(s->ops->timer_first(s, TIMER_WALL, &due, &found));
    CHECK(found);
    CHECK_INT(due, 20);
    s->ops->close(s);
}

TEST(facts_say_format_and_incarnation_from_the_start) {
    struct store *s = given_store();
    struct buf out = { 0 };
    bool found;
    CHECK_OK(s->ops->fact_get(s, "format_version", &out, &found));
    CHECK_TEXT(buf_text(&out), "2");
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

TEST(other_columns_than_declared_are_refused_and_both_are_named) {
    static const struct column other[] = { { "balance", COLUMN_TEXT } };
    static const struct store_table changed[] = { { "new_one", false, other, 1, false, 0 },
                                                  { "account", false, other, 1, false, 0 } };
    static const struct store_table as_log[] = { { "account", true, account_columns, 3, false,
                                                   0 } };
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
    static const struct store_table more[] = { { "account", false, account_columns, 3, false, 0 },
                                               { "select", false, entry, 1, false, 0 } };
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
    CHECK_ERROR(open_with_table(&(struct store_table){ "t", false, twice, 2, false, 0 }), E_config);
    CHECK_STORY("two columns");
    CHECK_ERROR(open_with_table(&(struct store_table){ "t", false, key, 1, false, 0 }), E_config);
    CHECK_STORY("table t: column Key is there by itself");
    CHECK_ERROR(open_with_table(&(struct store_table){ "t", true, entry, 1, false, 0 }), E_config);
    CHECK_ERROR(open_with_table(&(struct store_table){ "t", false, quote, 1, false, 0 }), E_config);
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
