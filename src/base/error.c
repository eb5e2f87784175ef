/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The error story: a thread's own text, begun by fail() and grown by each hop. */
#include "base/error.h"

#include "base/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef fail /* as the analyzer sees them */
#undef fail_errno

enum { STORY_BYTES = 2048 };

static _Thread_local char story[STORY_BYTES];

static const struct {
    const char *name;
    enum error_action action;
    const char *sentence;
} errors[ERROR_COUNT] = {
    [E_ok] = { "ok", ABORT, "no error" },
#define ERROR(name, action, sentence) [E_##name] = { #name, action, sentence },
#include "base/errors.def"
#undef ERROR
};

static void story_add(const char *format, va_list list) {
    size_t len = strlen(story);
    (void)vsnprintf(story + len, sizeof(story) - len, format, list);
}

static void story_begin(enum error e) {
    assert(e > E_ok);
    assert(e < ERROR_COUNT);
    (void)snprintf(story, sizeof(story), "%s: ", errors[e].sentence);
}

enum error fail(enum error e, const char *format, ...) {
    va_list list;
    story_begin(e);
    va_start(list, format);
    story_add(format, list);
    va_end(list);
    return e;
}

enum error fail_errno(const char *format, ...) {
    int number = errno;
    enum error e = number == ENOSPC || number == EDQUOT ? E_disk_full : E_io;
    va_list list;
    story_begin(e);
    va_start(list, format);
    story_add(format, list);
    va_end(list);
    size_t len = strlen(story);
    (void)snprintf(story + len, sizeof(story) - len, ": %s", strerror(number));
    return e;
}

static void story_line(const char *lead, const char *format, va_list list) {
    size_t len = strlen(story);
    (void)snprintf(story + len, sizeof(story) - len, "\n  %s ", lead);
    story_add(format, list);
}

void fail_while(const char *format, ...) {
    va_list list;
    va_start(list, format);
    story_line("while", format, list);
    va_end(list);
}

void fail_try(const char *format, ...) {
    va_list list;
    va_start(list, format);
    story_line("try:", format, list);
    va_end(list);
}

const char *error_name(enum error e) {
    assert(e < ERROR_COUNT);
    return errors[e].name;
}

enum error_action error_action(enum error e) {
    assert(e < ERROR_COUNT);
    return errors[e].action;
}

const char *error_story(void) {
    return story;
}

void error_print(void) {
    (void)fprintf(stderr, "octavo: %s\n", story);
}
