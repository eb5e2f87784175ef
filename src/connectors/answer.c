/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Answers of sinks, in one printable line. */
#include "connectors/answer.h"

#include <stdarg.h>
#include <stdio.h>

void answer_say(struct effect_answer *a, enum effect_verdict verdict, const char *format, ...) {
    va_list list;
    a->verdict = verdict;
    va_start(list, format);
    (void)vsnprintf(a->reason, sizeof(a->reason), format, list);
    va_end(list);
    for (char *c = a->reason; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
}

void answer_story(struct effect_answer *a, enum effect_verdict verdict) {
    answer_say(a, verdict, "%s", error_story());
}
