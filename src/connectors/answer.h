/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Filling in what a sink answers. A reason is one printable line: it goes into a log, a store and
 * the outcome's event. */
#ifndef OCTAVO_CONNECTORS_ANSWER_H
#define OCTAVO_CONNECTORS_ANSWER_H

#include "connectors/connector.h"

void answer_say(struct effect_answer *a, enum effect_verdict verdict, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The reason is this thread's error story. */
void answer_story(struct effect_answer *a, enum effect_verdict verdict);

#endif
