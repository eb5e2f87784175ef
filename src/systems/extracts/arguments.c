/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the verbs share. */
#include "arguments.h"

#include "extracts.h"

#include <stdio.h>
#include <string.h>

static const struct option *option_find(const struct option *options, const char *name) {
    for (; options && options->name; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

int options_read(struct octavo_session *s, char **arguments, const char *wanted, const char **word,
                 const struct option *options) {
    const char *verb = *arguments++;
    for (; *arguments; arguments++) {
        const struct option *option = option_find(options, *arguments);
        if (option && option->flag) {
            *option->flag = true;
        } else if (option) {
            if (!arguments[1])
                return octavo_usage_error(s, "%s wants a value behind it", *arguments);
            *option->value = *++arguments;
        } else if (**arguments == '-' || !word || *word) {
            return octavo_usage_error(s, "%s does not know \"%s\"", verb, *arguments);
        } else {
            *word = *arguments;
        }
    }
    return word && !*word ? octavo_usage_error(s, "%s wants one %s", verb, wanted) : DONE;
}

int moment_option(struct octavo_session *s, const char *name, const char *text, int64_t *ms) {
    if (!text || moment_read(text, ms))
        return DONE;
    return octavo_usage_error(s, "%s is 2026-11-23, 2026-11-23T01:00:00Z or milliseconds", name);
}

void member_print(struct octavo_session *s, const char *name, struct octavo_text text) {
    octavo_print(s, "\"%s\":\"", name);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < ' ' || c == 0x7f)
            octavo_print(s, "\\u%04x", c);
        else
            octavo_print(s, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    octavo_print(s, "\"");
}

const char *moment_text(int64_t ms, char out[32]) {
    char moment[MOMENT_CHARS];
    moment_write(ms, moment);
    if (ms <= 0)
        (void)snprintf(out, 32, "-");
    else
        (void)snprintf(out, 32, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", moment, moment + 4, moment + 6,
                       moment + 9, moment + 11, moment + 13);
    return out;
}
