/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Errors that tell a story: what failed, on what, while doing what, and what to do about it.
 *
 * A function that can fail returns `enum error` (0 is success) and is MUST_CHECK. The origin calls
 * fail(); each hop may add one "while" line with TRY_WHILE; whoever handles it prints the story
 * once. The story is per thread and is replaced by the next fail(). errors.def lists the names. */
#ifndef OCTAVO_BASE_ERROR_H
#define OCTAVO_BASE_ERROR_H

enum error {
    E_ok = 0,
#define ERROR(name, action, sentence) E_##name,
#include "base/errors.def"
#undef ERROR
    ERROR_COUNT
};

enum error_action { RETRY, ABORT, STOP }; /* what the caller should do */

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))

/* Begins a story and returns `e`, so that "return fail(E_io, ...)" is the whole error path. */
enum error fail(enum error e, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
/* The same for a failed system call: appends what errno says. */
enum error fail_errno(const char *format, ...) PRINTF_LIKE(1, 2) MUST_CHECK;
void fail_while(const char *format, ...) PRINTF_LIKE(1, 2); /* adds "  while ..." */
void fail_try(const char *format, ...) PRINTF_LIKE(1, 2);   /* adds "  try: ..." */

const char *error_name(enum error e);
enum error_action error_action(enum error e);
const char *error_story(void); /* valid until this thread's next fail() */
void error_print(void);        /* the story to stderr, once */

#ifdef __clang_analyzer__ /* it cannot see that fail() never returns E_ok */
#define fail(e, ...) ((void)fail(e, __VA_ARGS__), (e))
#define fail_errno(...) (fail_errno(__VA_ARGS__) == E_disk_full ? E_disk_full : E_io)
#endif

#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum error try_e = (call);                                                                 \
        if (try_e)                                                                                 \
            return try_e;                                                                          \
    } while (0)

#define TRY_WHILE(call, ...)                                                                       \
    do {                                                                                           \
        enum error try_e = (call);                                                                 \
        if (try_e) {                                                                               \
            fail_while(__VA_ARGS__);                                                               \
            return try_e;                                                                          \
        }                                                                                          \
    } while (0)

#endif
