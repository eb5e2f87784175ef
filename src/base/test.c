/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The test runner behind base/test.h: forks per test, a few at a time as most of a test's time is
 * waiting (OCTAVO_TEST_JOBS, 4 by default), and prints what each said, then its TAP line, in order.
 * An argument is a substring of the names to run. Linked only into test programs. */
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

void test_seed_is(uint64_t now) {
    seed = now;
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

/* A test under way, or done and not yet told. */
struct run {
    struct run *next;
    const struct test *test;
    pid_t child;
    FILE *said;
    int64_t began_ms;
    int64_t took_ms;
    int result; /* -1: it runs */
};

static void run_child(const struct run *r) {
    (void)dup2(fileno(r->said), STDOUT_FILENO);
    (void)dup2(fileno(r->said), STDERR_FILENO);
    (void)alarm(TIME_LIMIT_SECONDS);
    r->test->run();
    remove_dir();
    (void)fflush(stdout);
    exit(0); /* not _exit: leak checks run at exit */
}

static struct run *run_start(const struct test *t) {
    struct run *r = memory_get(sizeof(*r));
    r->test = t;
    r->result = -1;
    r->began_ms = clock_steady_ms(clock_real());
    r->said = tmpfile();
    (void)fflush(stdout);
    if (r->said)
        r->child = fork();
    if (r->said && r->child == 0)
        run_child(r);
    if (!r->said || r->child < 0)
        r->result = EXIT_FAILED;
    return r;
}

static void run_ended(struct run *r, int status) {
    r->took_ms = clock_steady_ms(clock_real()) - r->began_ms;
    r->result = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
    if (WIFSIGNALED(status))
        (void)fprintf(r->said, "# died of signal %d\n", WTERMSIG(status));
}

static void wait_for_one(struct run *first) {
    int status;
    pid_t child = wait(&status);
    for (struct run *r = first; r; r = r->next)
        if (r->result < 0 && (r->child == child || child < 0))
            run_ended(r, child < 0 ? EXIT_FAILED << 8 : status);
}

static void print_said(struct run *r) {
    char chunk[4096];
    size_t got;
    if (!r->said)
        return;
    (void)fseek(r->said, 0, SEEK_SET);
    while ((got = fread(chunk, 1, sizeof(chunk), r->said)) > 0)
        (void)fwrite(chunk, 1, got, stdout);
    (void)fclose(r->said);
}

static void print_result(int number, const struct run *r) {
    printf("# took %.3f s\n", (double)r->took_ms / 1000);
    printf("%s %d - ", r->result == 0 || r->result == EXIT_SKIPPED ? "ok" : "not ok", number);
    for (const char *c = r->test->name; *c; c++)
        (void)putchar(*c == '_' ? ' ' : *c);
    printf("%s\n", r->result == EXIT_SKIPPED ? " # SKIP" : "");
}

static struct test *test_next(struct test *t, const char *part) {
    while (t && part && !strstr(t->name, part))
        t = t->next;
    return t;
}

static int jobs_wanted(void) {
    const char *given = getenv("OCTAVO_TEST_JOBS");
    int jobs = given ? (int)strtol(given, NULL, 10) : 4;
    return jobs > 0 ? jobs : 1;
}

int main(int count, char **arguments) {
    const char *part = count > 1 ? arguments[1] : NULL;
    struct test *t = test_next(tests, part);
    struct run *first = NULL, **last = &first;
    int number = 0, bad = 0, running = 0, jobs = jobs_wanted();
    while (t || first) {
        for (; t && running < jobs; t = test_next(t->next, part), running++) {
            *last = run_start(t);
            last = &(*last)->next;
        }
        wait_for_one(first);
        running = 0;
        while (first && first->result >= 0) {
            struct run *r = first;
            first = r->next;
            print_said(r);
            print_result(++number, r);
            bad += r->result != 0 && r->result != EXIT_SKIPPED;
            free(r);
        }
        last = &first;
        for (; *last; last = &(*last)->next)
            running += (*last)->result < 0;
        (void)fflush(stdout);
    }
    printf("1..%d\n", number);
    return bad ? 1 : 0;
}
