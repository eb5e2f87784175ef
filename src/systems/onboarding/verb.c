/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Verbs are read by hand: a table names what a verb has, and what it does not know is told. */
#include "verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct verb_option *option_find(const struct verb_option *options, const char *name) {
    for (; options && options->name; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

int verb_read(struct octavo_session *s, char **arguments, const struct verb_words *words,
              const struct verb_option *options) {
    const char *verb = arguments[0];
    size_t count = 0;
    for (char **a = arguments + 1; *a; a++) {
        const struct verb_option *option = option_find(options, *a);
        if (option && !a[1])
            return octavo_usage_error(s, "%s wants a value behind it", *a);
        if (option)
            *option->value = *++a;
        else if (((*a)[0] == '-' && (*a)[1]) || count == words->count)
            return octavo_usage_error(s, "%s does not know \"%s\"", verb, *a);
        else
            words->words[count++] = *a;
    }
    return count == words->count ? DONE : octavo_usage_error(s, "%s wants %s", verb, words->names);
}

void verb_json_print(struct octavo_session *s, const char *name, struct octavo_text t) {
    octavo_print(s, "\"%s\":\"", name);
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if (c < ' ' || c == 0x7f)
            octavo_print(s, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            octavo_print(s, "\\%c", c);
        else
            octavo_print(s, "%c", c);
    }
    octavo_print(s, "\"");
}

void verb_text_print(struct octavo_session *s, struct octavo_text t, int width) {
    int shown = 0;
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.data[i];
        octavo_print(s, "%c", c < ' ' || c == 0x7f ? '?' : c);
        shown += (c & 0xc0) != 0x80;
    }
    for (; shown < width; shown++)
        octavo_print(s, " ");
}

const char *verb_time_print(char out[TIME_CHARS], int64_t ms) {
    time_t at = (time_t)(ms / 1000);
    struct tm tm;
    char day[TIME_CHARS];
    if (!gmtime_r(&at, &tm) || strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        return "?";
    (void)snprintf(out, TIME_CHARS, "%.23s.%03dZ", day, (int)(ms % 1000));
    return out;
}

void *verb_room(void *array, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return array;
    *room = *room ? 2 * *room : 64;
    void *longer = realloc(array, *room * size);
    if (!longer)
        abort(); /* memory */
    return longer;
}

char *verb_text_keep(struct octavo_text t) {
    char *copy = malloc(t.len + 1);
    if (!copy)
        abort(); /* memory */
    memcpy(copy, t.data, t.len);
    copy[t.len] = 0;
    return copy;
}
