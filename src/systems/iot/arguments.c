/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Options, times and texts of the verbs. Only libc and octavo.h, as a user's system has them. */
#include "arguments.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct argument_option *option_find(const struct argument_option *options,
                                                 const char *name) {
    for (; options && options->name; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

int iot_arguments_read(struct octavo_session *s, char **arguments, struct argument_words *words,
                       const struct argument_option *options) {
    const char *verb = arguments[0];
    for (char **a = arguments + 1; *a; a++) {
        const struct argument_option *option = option_find(options, *a);
        if (option && !a[1])
            return octavo_usage_error(s, "%s wants a value behind it", *a);
        if (option)
            *option->value = *++a;
        else if (strncmp(*a, "--", 2) == 0)
            return octavo_usage_error(s, "%s has no option %s", verb, *a);
        else if (words->count == words->most)
            return octavo_usage_error(s, "%s: what is %s?", verb, *a);
        else
            words->values[words->count++] = *a;
    }
    return words->count >= words->least ? DONE
                                        : octavo_usage_error(s, "%s wants more to be said", verb);
}

const char *iot_time_text(char out[TIME_CHARS], int64_t ms) {
    int64_t seconds = ms / 1000, rest = ms % 1000;
    if (rest < 0) {
        rest += 1000;
        seconds--;
    }
    struct tm tm;
    time_t t = (time_t)seconds;
    if (!gmtime_r(&t, &tm) || tm.tm_year > 8000 || tm.tm_year < -1900) {
        (void)snprintf(out, TIME_CHARS, "%lld", (long long)ms);
        return out;
    }
    size_t len = strftime(out, TIME_CHARS, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(out + len, TIME_CHARS - len, ".%03dZ", (int)rest);
    return out;
}

void iot_text_print(struct octavo_session *s, struct octavo_text t, int width) {
    char line[256];
    size_t len = t.len < sizeof(line) ? t.len : sizeof(line) - 1;
    for (size_t i = 0; i < len; i++)
        line[i] = t.data[i];
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 127)
            line[i] = '?';
    line[len] = 0;
    octavo_print(s, "%-*s", width, line);
}

void iot_json_text_print(struct octavo_session *s, const char *name, struct octavo_text t) {
    octavo_print(s, "\"%s\":\"", name);
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if (c == '"' || c == '\\')
            octavo_print(s, "\\%c", c);
        else if (c < ' ')
            octavo_print(s, "\\u%04x", c);
        else
            octavo_print(s, "%c", c);
    }
    octavo_print(s, "\"");
}
