/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The test runner behind base/test.h: forks per test, prints TAP, optional arguments are substrings
 * of the names to run. Linked only into test programs. */
#include "base/test.h"

#include "base/clock.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_FAILED = 1, EXIT_SKIPPED = 77, TIME_LIMIT_SECONDS = 120 };

static struct test *tests;
static char directory[64];
static uint64_t seed;

void test_add(struct test *t) {
    struct test **last = &tests;
    while (*last)
        last = &(*last)->next;
    *last = t;
}

uint64_t test_seed(void) {
    if (!seed) {
        const char *given = getenv("OCTAVO_SEED");
        seed = given ? strtoull(given, NULL, 10)
                     : (uint64_t)clock_steady_ns(clock_real()) % 1000000007 + 1;
    }
    return seed;
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw) {
    (void)s;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_dir(void) {
    if (directory[0])
        (void)nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *test_dir(void) {
    if (!directory[0]) {
        (void)snprintf(directory, sizeof(directory), "build/tmp.XXXXXX");
        if (!mkdtemp(directory))
            test_failed(__FILE__, __LINE__, "cannot make %s: run tests from the root", directory);
    }
    return directory;
}

void test_failed(const char *file, int line, const char *format, ...) {
    va_list list;
    printf("# %s:%d: ", file, line);
    va_start(list, format);
    (void)vprintf(format, list);
    va_end(list);
    printf("\n");
    if (seed)
        printf("# again with OCTAVO_SEED=%" PRIu64 "\n", seed);
    if (directory[0])
        printf("# files kept in %s\n", directory);
    (void)fflush(stdout);
    _exit(EXIT_FAILED);
}

void test_skipped(const char *reason) {
    printf("# skip: %s\n", reason);
    (void)fflush(stdout);
    remove_dir();
    _exit(EXIT_SKIPPED);
}

void test_check_int(const char *file, int line, long long got, long long wanted) {
    if (got != wanted)
        test_failed(file, line, "got %lld, wanted %lld", got, wanted);
}

void test_check_text(const char *file, int line, const char *got, const char *wanted) {
    if (!got || strcmp(got, wanted) != 0)
        test_failed(file, line, "got \"%s\", wanted \"%s\"", got ? got : "(null)", wanted);
}

static void print_hex(const char *what, struct bytes bytes) {
    printf("# %s (%zu):", what, bytes.len);
    for (size_t i = 0; i < bytes.len && i < 256; i++)
        printf(" %02x", bytes.data[i]);
    printf("\n");
}

void test_check_bytes(const char *file, int line, struct bytes got, struct bytes wanted) {
    if (bytes_equal(got, wanted))
        return;
    print_hex("got   ", got);
    print_hex("wanted", wanted);
    test_failed(file, line, "bytes differ");
}

void test_check_ok(const char *file, int line, enum error e) {
    if (e)
        test_failed(file, line, "%s", error_story());
}

void test_check_story(const char *file, int line, const char *part) {
    if (!strstr(error_story(), part))
        test_failed(file, line, "the story \"%s\" does not say \"%s\"", error_story(), part);
}

static int test_run(const struct test *t) {
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        (void)alarm(TIME_LIMIT_SECONDS);
        t->run();
        remove_dir();
        (void)fflush(stdout);
        exit(0); /* not _exit: leak checks run at exit */
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return EXIT_FAILED;
    if (WIFSIGNALED(status))
        printf("# died of signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

static void print_result(int number, const struct test *t, int result) {
    printf("%s %d - ", result == 0 || result == EXIT_SKIPPED ? "ok" : "not ok", number);
    for (const char *c = t->name; *c; c++)
        (void)putchar(*c == '_' ? ' ' : *c);
    printf("%s\n", result == EXIT_SKIPPED ? " # SKIP" : "");
}

int main(int count, char **arguments) {
    int number = 0, bad = 0;
    for (struct test *t = tests; t; t = t->next) {
        if (count > 1 && !strstr(t->name, arguments[1]))
            continue;
        int result = test_run(t);
        print_result(++number, t, result);
        bad += result != 0 && result != EXIT_SKIPPED;
    }
    printf("1..%d\n", number);
    return bad ? 1 : 0;
}
