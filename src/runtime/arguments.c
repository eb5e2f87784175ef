/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the verbs of all systems share: their words and options, and texts on standard output. Read
 * by hand, not by getopt: a table names what a verb has, and what it does not know is told with its
 * name, in the same words in every system. Times are UTC, so that none comes twice. */
#include "octavo.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- reading */

static const struct octavo_option *option_find(const struct octavo_option *options,
                                               const char *name) {
    for (; options && options->name; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

static size_t names_count(const char *names) {
    size_t count = *names != 0;
    for (; *names; names++)
        count += *names == ' ';
    return count;
}

/* Of names, those that must be there: up to the first bracket. */
static size_t names_wanted(const char *names) {
    const char *bracket = strchr(names, '[');
    size_t count = 0;
    for (const char *c = names; c < bracket; c++)
        count += *c == ' ';
    return bracket ? count : names_count(names);
}

/* How many arguments it took. */
static int option_take(const struct octavo_option *option, char **at) {
    if (option->flag) {
        *option->flag = true;
        return 1;
    }
    if (!at[1])
        return 0;
    *option->value = at[1];
    return 2;
}

int octavo_arguments_read(struct octavo_session *s, char **arguments,
                          const struct octavo_words *words, const struct octavo_option *options) {
    const char *verb = arguments[0];
    size_t count = 0, most = names_count(words->names);
    for (char **at = arguments + 1; *at; at++) {
        const struct octavo_option *option = option_find(options, *at);
        int taken = option ? option_take(option, at) : 1;
        if (!taken)
            return octavo_usage_error(s, "%s wants a value behind it", *at);
        at += taken - 1;
        if (option)
            continue;
        if (((*at)[0] == '-' && (*at)[1]) || count == most)
            return octavo_usage_error(s, "%s does not know \"%s\"", verb, *at);
        words->values[count++] = *at;
    }
    return count < names_wanted(words->names)
               ? octavo_usage_error(s, "%s wants %s", verb, words->names)
               : 0;
}

/* ---- telling */

void octavo_print_json(struct octavo_session *s, struct octavo_text text) {
    octavo_print(s, "\"");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < ' ' || c == 0x7f)
            octavo_print(s, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            octavo_print(s, "\\%c", c);
        else
            octavo_print(s, "%c", c);
    }
    octavo_print(s, "\"");
}

void octavo_print_member(struct octavo_session *s, const char *name, struct octavo_text text) {
    octavo_print(s, "\"%s\":", name);
    octavo_print_json(s, text);
}

/* A character of UTF-8 is as wide as its first byte. */
void octavo_print_text(struct octavo_session *s, struct octavo_text text, int width) {
    int shown = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        octavo_print(s, "%c", c < ' ' || c == 0x7f ? '?' : c);
        shown += (c & 0xc0) != 0x80;
    }
    for (; shown < width; shown++)
        octavo_print(s, " ");
}

const char *octavo_time_text(char out[OCTAVO_TIME_CHARS], int64_t ms) {
    int64_t seconds = ms / 1000, rest = ms % 1000;
    if (rest < 0) {
        rest += 1000;
        seconds--;
    }
    time_t at = (time_t)seconds;
    struct tm tm;
    char day[OCTAVO_TIME_CHARS];
    if (gmtime_r(&at, &tm) && tm.tm_year < 8100 && tm.tm_year > -1900
        && strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm))
        (void)snprintf(out, OCTAVO_TIME_CHARS, "%.23s.%03dZ", day, (int)rest);
    else
        (void)snprintf(out, OCTAVO_TIME_CHARS, "%lld", (long long)ms);
    return out;
}
