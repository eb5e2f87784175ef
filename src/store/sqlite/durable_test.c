/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What kill -9 cannot show: that a commit is synced, that what was left behind is synced before it
 * is believed, and that the WAL file is used again.
 *
 * fdatasync is ours here: the program's own symbol goes before libc's, for SQLite too. */
#include "store_fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int wal_syncs;

int fdatasync(int fd) {
    char link[64], path[512];
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof(path));
    wal_syncs += len > 4 && memcmp(path + len - 4, "-wal", 4) == 0;
    return (int)syscall(SYS_fdatasync, fd);
}

static void group_commit(struct store *s, int64_t n) {
    CHECK_OK(s->ops->begin(s));
    group_put(s, n);
    CHECK_OK(s->ops->commit(s));
}

TEST(a_commit_is_synced_when_it_returns) {
    struct store *s = given_store();
    for (int64_t n = 1; n < 10; n++) {
        wal_syncs = 0;
        group_commit(s, n);
        CHECK(wal_syncs > 0);
    }
    s->ops->close(s);
}

TEST(what_a_killed_owner_left_is_synced_before_it_is_believed) {
    (void)test_dir(); /* made here: the child shares it */
    pid_t child = fork();
    if (child == 0) {
        group_commit(given_store(), 1);
        _exit(0); /* no close: the WAL file stays */
    }
    int status = 1;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    wal_syncs = 0;
    struct store *s = given_store();
    CHECK(wal_syncs > 0);
    check_group(s, 1);
    s->ops->close(s);
}

static int64_t wal_size(void) {
    char *path = db_path(), *wal = text_format("%s-wal", path);
    struct stat found;
    CHECK_INT(stat(wal, &found), 0);
    free(path);
    free(wal);
    return (int64_t)found.st_size;
}

/* 48 MiB through a WAL file that is checkpointed at 16. */
TEST(the_wal_file_is_written_again_from_its_beginning) {
    struct store_options options = options_in(test_dir());
    struct store *s = NULL;
    struct buf large = { 0 };
    memset(buf_extend(&large, 1 << 20), 'x', 1 << 20);
    options.sync = false;
    CHECK_OK(sqlite_store_kind.open(&s, &options));
    for (int64_t n = 1; n <= 48; n++) {
        struct value values[3] = { integer(n), { .kind = VALUE_TEXT, .text = buf_bytes(&large) } };
        CHECK_OK(s->ops->begin(s));
        CHECK_OK(s->ops->row_put(s, ACCOUNT, bytes_text("k"), bytes_text(""), values));
        CHECK_OK(s->ops->commit(s));
    }
    CHECK(wal_size() < 20 << 20);
    CHECK_INT(account_balance(s, "k"), 48);
    s->ops->close(s);
    buf_finish(&large);
}
