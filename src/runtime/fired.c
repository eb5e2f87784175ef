/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The latest due times that have fired, kept as marks are: in the group, after it, in the store. */
#include "runtime/fired.h"

#include "runtime/task_inside.h"

#include <stdlib.h>
#include <string.h>

/* *known = false: none has fired. */
static enum error fired_read(struct task *t, enum timer_clock clock, struct mark **mark,
                             int64_t *latest_ms, bool *known) {
    static const char *const names[] = {
        [TIMER_WALL] = "fired:wall", [TIMER_EVENT] = "fired:event"
    };
    char digits[24] = "";
    TRY(marks_mark(&t->marks, bytes_text(names[clock]), mark));
    size_t len = (*mark)->now.len;
    *known = len > 0 && len < sizeof(digits);
    if (*known)
        memcpy(digits, (*mark)->now.data, len);
    *latest_ms = strtoll(digits, NULL, 10);
    return E_ok;
}

enum error fired_note(struct task *t, enum timer_clock clock, int64_t due_ms) {
    struct mark *mark;
    struct buf text = { 0 };
    int64_t latest_ms;
    bool known;
    TRY(fired_read(t, clock, &mark, &latest_ms, &known));
    if (known && due_ms <= latest_ms)
        return E_ok;
    buf_put_decimal(&text, due_ms);
    mark_set(mark, buf_bytes(&text));
    buf_finish(&text);
    return E_ok;
}

enum error fired_before(struct task *t, enum timer_clock clock, int64_t *due_ms) {
    struct mark *mark;
    int64_t latest_ms;
    bool known;
    TRY(fired_read(t, clock, &mark, &latest_ms, &known));
    if (known && *due_ms <= latest_ms)
        *due_ms = latest_ms + 1;
    return E_ok;
}
