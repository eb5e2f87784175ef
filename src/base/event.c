/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Event lines: formatted on the stack, written with one call. */
#include "base/event.h"

#include "base/check.h"
#include "base/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 1024 };

static enum event_level least_level = EVENT_info;
static atomic_ulong counts[EVENT_COUNT];

static const struct {
    const char *name;
    enum event_level level;
} rows[EVENT_COUNT] = {
#define EVENT(name, level, meaning, remedy) [EV_##name] = { #name, EVENT_##level },
#include "base/events.def"
#undef EVENT
};

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void event_log_from(enum event_level least) {
    least_level = least;
}

unsigned long event_count(enum event event) {
    return atomic_load(&counts[event]);
}

const char *event_name(enum event event) {
    return rows[event].name;
}

const char *event_level_name(enum event event) {
    return level_names[rows[event].level];
}

static char byte_shown(uint8_t c) {
    if (c == '"')
        return '\'';
    return (char)(c >= ' ' && c < 0x7f ? c : '?');
}

const char *event_quote(char *out, size_t size, struct bytes text) {
    size_t len = 0;
    assert(size > 8);
    out[len++] = '"';
    for (size_t i = 0; i < text.len && len < size - 2; i++) {
        bool lead = text.data[i] == '\n'; /* of a story's next line, with its indent */
        while (lead && i + 1 < text.len && text.data[i + 1] == ' ')
            i++;
        out[len++] = lead ? ';' : byte_shown(text.data[i]);
        if (lead && len < size - 2)
            out[len++] = ' ';
    }
    out[len++] = '"';
    out[len] = 0;
    return out;
}

void event_log(enum event event, const char *fields, ...) {
    char line[LINE_BYTES];
    assert(event < EVENT_COUNT);
    atomic_fetch_add(&counts[event], 1);
    if (rows[event].level < least_level)
        return;
    int64_t now_ms = clock_wall_ms(clock_real());
    time_t seconds = now_ms / 1000;
    struct tm utc;
    (void)gmtime_r(&seconds, &utc);
    size_t len = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &utc);
    len += (size_t)snprintf(line + len, sizeof(line) - len, ".%03dZ %s %s ", (int)(now_ms % 1000),
                            level_names[rows[event].level], rows[event].name);
    va_list list;
    va_start(list, fields);
    int more = vsnprintf(line + len, sizeof(line) - len - 1, fields, list);
    va_end(list);
    len += more < 0 ? 0 : (size_t)more;
    if (len > sizeof(line) - 2)
        len = sizeof(line) - 2;
    line[len++] = '\n';
    ssize_t put = write(STDERR_FILENO, line, len);
    (void)put;
}
