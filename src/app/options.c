/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* getopt_long finds the options; what is wrong with one is said as all commands say it, which its
 * own texts, with the program's name in front and no remedy behind, do not. */
#include "options.h"

#include "commands.h"

#include <stdio.h>
#include <string.h>

/* For "--limit=x" the name is all before the sign. */
static const struct option *option_find(const struct option *known, const char *given) {
    size_t len = strcspn(given, "=");
    for (; known->name; known++)
        if (strlen(known->name) == len && memcmp(known->name, given, len) == 0)
            return known;
    return NULL;
}

static void wrong_tell(const struct option *known, const char *given, int found) {
    const struct option *option = strncmp(given, "--", 2) ? NULL : option_find(known, given + 2);
    if (optopt && !(option && option->val == optopt)) /* a letter, which no command has */
        (void)fprintf(stderr, "octavo: wrong usage: -%c: there is no such option\n", optopt);
    else
        (void)fprintf(stderr, "octavo: wrong usage: %.200s: %s\n", given,
                      found == ':' ? "a value is wanted behind it"
                      : option     ? "it takes no value"
                                   : "there is no such option");
}

bool option_usual(int option, const struct options_usual *to) {
    const char **text = option == 'd'   ? to->dir
                        : option == 'f' ? to->file
                        : option == 'b' ? to->broker
                                        : NULL;
    if (option == 'j' && to->json)
        return *to->json = true;
    if (text)
        *text = optarg;
    return text != NULL;
}

int option_next(int count, char **arguments, const struct option *known) {
    opterr = 0;
    int found = getopt_long(count, arguments, ":", known, NULL);
    if (found != '?' && found != ':')
        return found;
    if (!command_asked_help(count, arguments))
        wrong_tell(known, arguments[optind - 1], found);
    return '?';
}
