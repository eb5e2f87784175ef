/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a program says of one event: checked for its shape, not yet for what is declared.
 *
 * docs/formats/program.md is the reference. Everything is in the arena and borrows the line. */
#ifndef OCTAVO_PROGRAM_ANSWER_H
#define OCTAVO_PROGRAM_ANSWER_H

#include "values/json_tree.h"

struct answer {
    int64_t n; /* the event's */
    enum answer_outcome {
        ANSWER_DONE,
        ANSWER_RETRY,
        ANSWER_PARK,
        ANSWER_STOP,
        ANSWER_GET, /* not yet an answer: it asks for a row */
    } outcome;
    struct bytes reason;
    const char *get_table; /* of ANSWER_GET */
    struct bytes get_sub;
    const struct json_tree *rows;    /* { table: { sub: { column: value } } } */
    const struct json_tree *deletes; /* { table: [ sub ] } */
    const struct json_tree *logs;    /* { table: [ { column: value } ] } */
    const struct json_tree *events;  /* [ { topic, type, key, data, ask, answer } ] */
    const struct json_tree *effects; /* [ { edge, type, data } ] */
    const struct json_tree *timers;  /* [ { name, key, at, event_time, cancel } ] */
    const struct json_tree *replies; /* [ { request, data } ] */
};

/* E_malformed tells what is wrong and never what stands there. */
enum error answer_read(struct answer *out, struct arena *arena, struct bytes line) MUST_CHECK;

/* Of a shape that answer_read has checked. Closed by a zero, in the arena; NULL: it is absent. */
const char *answer_text(struct arena *arena, const struct json_tree *object, const char *name);
const char *answer_name(struct arena *arena, const struct json_tree *member);
bool answer_says(const struct json_tree *object, const char *name); /* it is true */

#endif
