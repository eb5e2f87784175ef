/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Tests as sentences: TEST(name_that_is_a_sentence) { ... CHECK(...) ... }.
 *
 * One program a room, one process a test, TAP on stdout. test_main (test.c) runs them; a failed
 * CHECK ends its test. SKIP("reason") ends it as skipped. Only *_test.c files include this. */
#ifndef OCTAVO_BASE_TEST_H
#define OCTAVO_BASE_TEST_H

#include "base/bytes.h"
#include "base/error.h"

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

void test_add(struct test *t);
_Noreturn void test_failed(const char *file, int line, const char *format, ...) PRINTF_LIKE(3, 4);
_Noreturn void test_skipped(const char *reason);
void test_check_int(const char *file, int line, long long got, long long wanted);
void test_check_text(const char *file, int line, const char *got, const char *wanted);
void test_check_bytes(const char *file, int line, struct bytes got, struct bytes wanted);
void test_check_ok(const char *file, int line, enum error e);
/* A new empty directory under build/, removed when the test passes. */
const char *test_dir(void);
void test_seed_is(uint64_t now); /* of many in one test: the one to be printed */
uint64_t test_seed(void);        /* OCTAVO_SEED or random; printed when the test fails */

#define TEST(sentence)                                                                             \
    static void test_##sentence(void);                                                             \
    __attribute__((constructor)) static void test_add_##sentence(void) {                           \
        static struct test t = { #sentence, test_##sentence, NULL };                               \
        test_add(&t);                                                                              \
    }                                                                                              \
    static void test_##sentence(void)

#define CHECK(condition)                                                                           \
    ((condition) ? (void)0 : test_failed(__FILE__, __LINE__, "%s is false", #condition))
#define CHECK_INT(got, wanted) test_check_int(__FILE__, __LINE__, (got), (wanted))
#define CHECK_TEXT(got, wanted) test_check_text(__FILE__, __LINE__, (got), (wanted))
#define CHECK_BYTES(got, wanted) test_check_bytes(__FILE__, __LINE__, (got), (wanted))
#define CHECK_OK(call) test_check_ok(__FILE__, __LINE__, (call))
#define CHECK_ERROR(call, wanted)                                                                  \
    test_check_text(__FILE__, __LINE__, error_name(call), error_name(wanted))
#define CHECK_STORY(part) test_check_story(__FILE__, __LINE__, (part))
void test_check_story(const char *file, int line, const char *part); /* error_story() contains it */
#define SKIP(reason) test_skipped(reason)

#endif
