/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo echo: a declaration as it was read, each value with where it came from. */
#include "commands.h"

#include "options.h"
#include "parts.h"

#include <stdio.h>
#include <string.h>

enum { FLAGS = 3 };

struct echo_call {
    const char *target;
    struct declared_override flags[FLAGS];
};

const char echo_help[] =
    "octavo echo SYSTEM|FILE [options]    the declaration as it was read, in one order, with "
    "defaults\n"
    "\n"
    "  --broker LIST    as if the file said so; so --store and --trace\n"
    "\n"
    "Behind each value stands where it came from: a line of the file, the environment "
    "(OCTAVO_BROKER,\n"
    "OCTAVO_STORE, OCTAVO_TRACE), a flag, or default. What it prints is a declaration again.\n"
    "\n"
    "example:\n"
    "  OCTAVO_BROKER=kafka1:9092 octavo echo accounts\n";

static bool options_read(struct echo_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "broker", 1, NULL, 0 },
        { "store", 1, NULL, 1 },
        { "trace", 1, NULL, 2 },
        OPTION_HELP,
        OPTION_END,
    };
    static const struct declared_override flags[FLAGS] = { { "broker", NULL, "flag --broker" },
                                                           { "store", NULL, "flag --store" },
                                                           { "trace", NULL, "flag --trace" } };
    memcpy(c->flags, flags, sizeof(flags));
    for (int option; (option = option_next(count, arguments, known)) != -1;) {
        if (option < 0 || option >= FLAGS)
            return false;
        c->flags[option].value = optarg;
    }
    c->target = optind + 1 == count ? arguments[optind] : NULL;
    if (!c->target && !command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: one SYSTEM or FILE is wanted\n");
    return c->target != NULL;
}

int echo_command(int count, char **arguments) {
    struct echo_call c = { 0 };
    struct declaration *d = NULL;
    struct buf out = { 0 };
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, echo_help);
    enum error e = parts_target_with(
        &d, c.target,
        &(struct declared_with){ .overrides = c.flags, .count = FLAGS, .echo = &out });
    if (e)
        error_print();
    else
        (void)fwrite(out.data, 1, out.len, stdout);
    buf_finish(&out);
    declaration_destroy(d);
    return e ? EXIT_USAGE : EXIT_DONE;
}
