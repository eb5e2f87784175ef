/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the verbs share: options, and text for terminals and JSON lines. */
#ifndef OCTAVO_SYSTEMS_ONBOARDING_VERB_H
#define OCTAVO_SYSTEMS_ONBOARDING_VERB_H

#include "octavo.h"

enum { DONE = 0, FOUND_WRONG = 1, USAGE = 2, FAILED = 3 };
enum { TIME_CHARS = 32 };

/* "--reason TEXT": `value` gets what follows. Ends with a NULL name. */
struct verb_option {
    const char *name;
    const char **value;
};
/* Words without dashes are put into `words`, exactly `count` of them. DONE, or USAGE and told. */
struct verb_words {
    const char *names; /* for people: "EMPLOYEE STEP" */
    const char **words;
    size_t count;
};
int verb_read(struct octavo_session *s, char **arguments, const struct verb_words *words,
              const struct verb_option *options);

/* "name":"text" for JSON; padded for a terminal; neither lets a control character out. */
void verb_json_print(struct octavo_session *s, const char *name, struct octavo_text t);
void verb_text_print(struct octavo_session *s, struct octavo_text t, int width);
const char *verb_time_print(char out[TIME_CHARS], int64_t ms); /* 2026-11-22T10:30:00.123Z */
void *verb_room(void *array, size_t count, size_t *room, size_t size);
char *verb_text_keep(struct octavo_text t); /* a copy that the caller frees */

#endif
