/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the verbs share: options, times and texts as people and programs want them. */
#ifndef OCTAVO_SYSTEMS_IOT_ARGUMENTS_H
#define OCTAVO_SYSTEMS_IOT_ARGUMENTS_H

#include "octavo.h"

enum { DONE = 0, FOUND_WRONG = 1, USAGE = 2, FAILED = 3 };
enum { TIME_CHARS = 32, WORDS_MAX = 4 };

/* "--name VALUE". Ends with a NULL name. */
struct argument_option {
    const char *name;
    const char **value;
};

/* The words without dashes, at least `least` and at most `most` of them. DONE, or USAGE and it is
 * told. */
struct argument_words {
    int least, most;
    const char *values[WORDS_MAX];
    int count;
};
int iot_arguments_read(struct octavo_session *s, char **arguments, struct argument_words *words,
                       const struct argument_option *options);

const char *iot_time_text(char out[TIME_CHARS], int64_t ms); /* 2026-11-22T10:30:00.123Z */
/* Of a terminal: no control character gets out. Of JSON: in quotes, escaped. */
void iot_text_print(struct octavo_session *s, struct octavo_text t, int width);
void iot_json_text_print(struct octavo_session *s, const char *name, struct octavo_text t);

#endif
