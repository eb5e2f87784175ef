/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/test.h"
#include "sqlite_store.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct column columns[] = { { "balance", COLUMN_INT }, { "owner", COLUMN_TEXT } };
static const struct store_table tables[] = { { "account", false, columns, 2, false, 0 },
                                             { "entry", true, columns, 2, false, 0 },
                                             { "later", false, columns, 2, false, 0 } };

static struct store_options options_for(int32_t task) {
    static char url[128];
    (void)snprintf(url, sizeof(url), "sqlite:%s/store", test_dir());
    return (struct store_options){ .url = url,
                                   .system = "accounts",
                                   .service = "processor",
                                   .generation = 2,
                                   .task = task,
                                   .tables = tables,
                                   .table_count = 2,
                                   .sync = true };
}

static struct store *given_store(int32_t task) {
    struct store_options options = options_for(task);
    struct store *s;
    CHECK_OK(sqlite_store_kind.open(&s, &options));
    return s;
}

static void put(struct store *s, const char *key, const char *sub, int64_t balance) {
    struct value values[2] = { { .kind = VALUE_INT, .integer = balance }, { .kind = VALUE_NULL } };
    CHECK_OK(s->ops->row_put(s, 0, bytes_text(key), bytes_text(sub), values));
}

static void add(struct store *s, int64_t entry, const char *key, int64_t balance) {
    struct value values[2] = { { .kind = VALUE_INT, .integer = balance },
                               { .kind = VALUE_TEXT, .text = bytes_text("x") } };
    CHECK_OK(s->ops->log_add(s, 1, entry, bytes_text(key), values));
}

static void on_row(void *context, struct bytes key, struct bytes sub, const struct value *values,
                   size_t count) {
    CHECK(count == 2);
    buf_print(context, "%.*s/%.*s=%lld;", (int)key.len, (const char *)key.data, (int)sub.len,
              (const char *)sub.data, (long long)values[0].integer);
    CHECK(values[1].kind != VALUE_INT);
}

static enum error read_rows(size_t table, const char *key, struct buf *out) {
    struct store_options options = options_for(3);
    options.table_count = 3;
    buf_clear(out);
    return sqlite_read(&options, table, key, on_row, out);
}

static void check_rows(size_t table, const char *key, const char *wanted) {
    struct buf out = { 0 };
    CHECK_OK(read_rows(table, key, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

TEST(a_reader_sees_what_is_committed_while_the_owner_writes) {
    struct store *s = given_store(3);
    CHECK_OK(s->ops->begin(s));
    put(s, "b", "", 2);
    put(s, "a", "y", 1);
    put(s, "a", "", 0);
    add(s, 1, "b", 5);
    add(s, 2, "a", 6);
    check_rows(0, NULL, "");
    CHECK_OK(s->ops->commit(s));
    CHECK_OK(s->ops->begin(s));
    put(s, "a", "", 100);
    check_rows(0, NULL, "a/=0;a/y=1;b/=2;");
    check_rows(0, "a", "a/=0;a/y=1;");
    check_rows(0, "", "");
    check_rows(1, NULL, "b/1=5;a/2=6;");
    check_rows(1, "a", "a/2=6;");
    CHECK_OK(s->ops->commit(s));
    check_rows(0, "a", "a/=100;a/y=1;");
    s->ops->close(s);
}

TEST(a_reader_works_after_a_clean_stop) {
    struct store *s = given_store(3);
    CHECK_OK(s->ops->begin(s));
    put(s, "a", "", 7);
    CHECK_OK(s->ops->commit(s));
    s->ops->close(s);
    check_rows(0, NULL, "a/=7;");
    s = given_store(3);
    check_rows(0, NULL, "a/=7;");
    s->ops->close(s);
}

static _Noreturn void commit_and_die(void) {
    struct store *s = given_store(3);
    CHECK_OK(s->ops->begin(s));
    put(s, "a", "", 7);
    CHECK_OK(s->ops->commit(s));
    CHECK_OK(s->ops->begin(s));
    put(s, "a", "", 8);
    (void)raise(SIGKILL);
    _exit(1);
}

TEST(a_reader_that_comes_first_after_a_crash_sees_the_last_commit) {
    (void)test_dir(); /* made here: the child shares it */
    pid_t child = fork();
    if (child == 0)
        commit_and_die();
    CHECK_INT(waitpid(child, NULL, 0), child);
    check_rows(0, NULL, "a/=7;");
    struct store *s = given_store(3);
    CHECK_OK(s->ops->begin(s));
    put(s, "b", "", 9);
    CHECK_OK(s->ops->commit(s));
    check_rows(0, NULL, "a/=7;b/=9;");
    s->ops->close(s);
}

TEST(a_reader_in_another_process_does_not_disturb_the_owner) {
    struct store *s = given_store(3);
    int64_t n = 0;
    int64_t in_file = 0;
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 200; i++) {
            struct buf out = { 0 };
            CHECK_OK(read_rows(1, NULL, &out));
            buf_finish(&out);
        }
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        CHECK_OK(s->ops->begin(s));
        put(s, "a", "", ++n);
        add(s, n, "a", n);
        CHECK_OK(s->ops->commit(s));
    }
    CHECK_INT(status, 0);
    CHECK_OK(s->ops->log_last(s, 1, &in_file));
    CHECK_INT(in_file, n);
    s->ops->close(s);
}

TEST(the_kind_reads_all_rows_or_those_of_a_key) {
    struct store_options options = options_for(3);
    struct buf out = { 0 };
    struct store *s = given_store(3);
    CHECK_OK(s->ops->begin(s));
    put(s, "a", "", 1);
    put(s, "b", "", 2);
    CHECK_OK(s->ops->commit(s));
    CHECK_OK(sqlite_store_kind.read(&options, 0, NULL, on_row, &out));
    CHECK_TEXT(buf_text(&out), "a/=1;b/=2;");
    buf_clear(&out);
    CHECK_OK(sqlite_store_kind.read(&options, 0, "b", on_row, &out));
    CHECK_TEXT(buf_text(&out), "b/=2;");
    buf_finish(&out);
    s->ops->close(s);
}

TEST(what_is_not_there_is_said) {
    struct buf out = { 0 };
    CHECK_ERROR(read_rows(0, NULL, &out), E_not_found);
    CHECK_STORY("accounts.processor.2.3.db: this task has no store yet");
    struct store *s = given_store(3);
    CHECK_ERROR(read_rows(2, NULL, &out), E_not_found);
    CHECK_STORY("has no table later");
    s->ops->close(s);
    buf_finish(&out);
}

static void on_task(void *context, int32_t task) {
    *(int64_t *)context += 1 << task;
}

TEST(the_tasks_are_the_files_of_this_service_and_generation) {
    struct store_options options = options_for(0);
    int64_t tasks = 0;
    CHECK_OK(sqlite_tasks_each(&options, on_task, &tasks));
    CHECK_INT(tasks, 0);
    struct store *a = given_store(0), *b = given_store(12), *c;
    options.service = "process"; /* a name that the others begin with */
    CHECK_OK(sqlite_store_kind.open(&c, &options));
    options.service = "processor";
    CHECK_OK(sqlite_tasks_each(&options, on_task, &tasks));
    CHECK_INT(tasks, 1 + (1 << 12));
    a->ops->close(a);
    b->ops->close(b);
    c->ops->close(c);
}
