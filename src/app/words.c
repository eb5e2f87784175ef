/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Finding the options in what --help prints. */
#include "words.h"

#include "commands.h"

#include <string.h>

const struct word words[] = {
#define COMMAND(name, sentence) { #name, sentence, name##_help },
#include "commands.def"
#undef COMMAND
    { NULL, NULL, NULL },
};

static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

/* "--dir DIR           data directory": the sentence is behind the blanks that are behind the
 * value, if it has one. */
static void option_read(const char *line, struct word_option *out) {
    size_t len = strcspn(line, "\n"), name = strspn(line + 2, letters);
    const char *rest = line + 2 + name, *end = line + len;
    out->name = bytes_of(line + 2, name);
    out->has_value = end - rest > 1 && rest[0] == ' ' && rest[1] != ' ';
    const char *sentence = rest;
    if (out->has_value)
        sentence += 1 + strcspn(rest + 1, " \n");
    sentence += strspn(sentence, " ");
    out->sentence = bytes_of(sentence, (size_t)(end - sentence));
}

bool word_option_next(const char **at, struct word_option *out) {
    for (const char *line = *at; *line; line += *line == '\n') {
        bool is_option = strncmp(line, "  --", 4) == 0;
        if (is_option)
            option_read(line + 2, out);
        line += strcspn(line, "\n");
        *at = line;
        if (is_option)
            return true;
    }
    return false;
}

bool word_mention_next(const char **at, struct bytes *name) {
    const char *found = strstr(*at, "--");
    if (!found)
        return false;
    *name = bytes_of(found + 2, strspn(found + 2, letters));
    *at = found + 2 + name->len;
    return true;
}
