/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The log: one line per event of events.def, to stderr, as "time level event key=value ...".
 *
 * No free text, no secrets, no personal data. Debug lines are off unless OCTAVO_LOG=debug.
 * Safe from any thread: a line is one write. */
#ifndef OCTAVO_BASE_EVENT_H
#define OCTAVO_BASE_EVENT_H

#include "base/bytes.h"
#include "base/error.h"

enum event_level { EVENT_debug, EVENT_info, EVENT_warn, EVENT_error };

enum event {
#define EVENT(name, level, meaning, remedy) EV_##name,
#include "base/events.def"
#undef EVENT
    EVENT_COUNT
};

void event_log_from(enum event_level least); /* the default is info */
void event_log(enum event event, const char *fields, ...) PRINTF_LIKE(2, 3);
/* Text from outside, or an error's story, as a field's value: quoted, on one line, cut to fit. What
 * would end the quotes is `'`, what a terminal would obey `?`. Returns `out`. */
const char *event_quote(char *out, size_t size, struct bytes text);
unsigned long event_count(enum event event); /* how often it was logged in this process */
const char *event_name(enum event event);
const char *event_level_name(enum event event);

#endif
