/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Damaged files, failing writes and kill -9: what a store says, and what it keeps. */
#include "base/disk.h"
#include "store_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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
    CHECK_STORY("a page is not what was written");
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
