/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of the verbs: runs one in this process and keeps what it prints. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_COMMAND_FIXTURE_H
#define OCTAVO_SYSTEMS_ACCOUNTS_COMMAND_FIXTURE_H

#include "accounts_fixture.h"
#include "runtime/session.h"

#include <fcntl.h>
#include <unistd.h>

enum { COMMAND_WORDS = 12, COMMAND_OUTPUT = 1 << 16 };

static inline int output_begin(int fd, char **path) {
    int was = dup(fd), to;
    *path = text_format("%s/printed-%d", test_dir(), fd);
    to = open(*path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(was >= 0 && to >= 0 && dup2(to, fd) == fd);
    (void)close(to);
    return was;
}

static inline void output_end(int fd, int was, char *path, char out[COMMAND_OUTPUT]) {
    CHECK(dup2(was, fd) == fd);
    (void)close(was);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = read(from, out, COMMAND_OUTPUT - 1);
    out[len > 0 ? len : 0] = 0;
    (void)close(from);
    free(path);
}

static char command_out[COMMAND_OUTPUT], command_err[COMMAND_OUTPUT];

/* `line` is split at blanks: "statement A1 --csv". "--json" at its end is the session's. */
static inline int command_run(struct ledger *l,
                              int (*command)(struct octavo_session *, int, char **),
                              const char *line) {
    struct session_options options = { .declaration = l->declaration,
                                       .store_kind = &sqlite_store_kind,
                                       .data_dir = test_dir() };
    struct octavo_session *session;
    char *words[COMMAND_WORDS + 1] = { NULL }, *copy = text_copy(line), *rest, *out, *err;
    int count = 0;
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        options.json = strcmp(word, "--json") == 0;
        if (!options.json && count < COMMAND_WORDS)
            words[count++] = word;
    }
    CHECK_OK(session_create(&session, &options));
    (void)fflush(stdout);
    (void)fflush(stderr);
    int was_out = output_begin(1, &out), was_err = output_begin(2, &err);
    int code = command(session, count, words);
    (void)fflush(stdout);
    (void)fflush(stderr);
    output_end(1, was_out, out, command_out);
    output_end(2, was_err, err, command_err);
    session_destroy(session);
    free(copy);
    return code;
}

static inline void command_says(const char *words) {
    if (!strstr(command_out, words))
        test_failed(__FILE__, __LINE__, "\"%s\" is not in: %s", words, command_out);
}

static inline void command_complains(const char *words) {
    if (!strstr(command_err, words))
        test_failed(__FILE__, __LINE__, "\"%s\" is not in: %s", words, command_err);
}

#endif
