/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo man: the manual page, from the texts of --help. */
#include "commands.h"

#include "parts.h"
#include "words.h"

#include <stdio.h>

const char man_help[] = "octavo man    the manual page, for man(1)\n"
                        "\n"
                        "example:\n"
                        "  octavo man > /usr/local/share/man/man1/octavo.1\n";

/* A line must not begin with a '.' or a "'", and a '-' is to be one that can be copied. */
static void roff_text(const char *text) {
    bool at_start = true;
    for (const char *c = text; *c; c++) {
        if (at_start && (*c == '.' || *c == '\''))
            (void)printf("\\&");
        (void)printf(*c == '\\' ? "\\e" : *c == '-' ? "\\-" : "%c", *c);
        at_start = *c == '\n';
    }
}

static void roff_item(const char *name, const char *sentence) {
    (void)printf(".TP\n.B ");
    roff_text(name);
    (void)printf("\n");
    roff_text(sentence);
    (void)printf("\n");
}

static void roff_system(const struct octavo_system *s) {
    (void)printf(".SS octavo %s\n", s->name);
    for (const struct octavo_command *c = s->commands; c->name; c++) {
        (void)printf(".TP\n.B ");
        roff_text(c->usage);
        (void)printf("\n.nf\n");
        roff_text(c->help);
        (void)printf(".fi\n");
    }
}

static void roff_help(const struct word *w) {
    (void)printf(".SS octavo %s\n.nf\n", w->name);
    roff_text(w->help);
    (void)printf(".fi\n");
}

int man_command(int count, char **arguments) {
    if (count > 1 && !command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: man does not know \"%s\"\n", arguments[1]);
    if (count > 1)
        return command_usage(count, arguments, man_help);
    (void)printf(".TH OCTAVO 1 \"\" \"octavo %s\"\n"
                 ".SH NAME\noctavo \\- event\\-driven systems on Kafka, declared in one file, "
                 "proven under fire\n"
                 ".SH SYNOPSIS\n.B octavo\n.I COMMAND\n[options]\n.br\n.B octavo\n.I SYSTEM "
                 "VERB\n[options]\n"
                 ".SH COMMANDS\n.B octavo\n.I COMMAND\n.B \\-\\-help\ntells all of one.\n",
                 OCTAVO_VERSION);
    for (const struct word *w = words; w->name; w++)
        roff_item(w->name, w->sentence);
    (void)printf(".SH OPTIONS\n");
    for (const struct word *w = words; w->name; w++)
        roff_help(w);
    (void)printf(
        ".SH SYSTEMS\nEvery verb takes \\-\\-dir, \\-\\-broker, \\-\\-file and \\-\\-json.\n");
    for (size_t i = 0; parts_systems[i]; i++)
        roff_system(parts_systems[i]);
    (void)printf(".SH ENVIRONMENT\n");
    roff_item("OCTAVO_DIR", "the data directory, unless --dir is given; else ./octavo-data");
    roff_item("OCTAVO_LOG", "debug: more in the log, which goes to standard error");
    (void)printf(".SH EXIT STATUS\n");
    roff_item("0", "done");
    roff_item("1", "something wrong was found");
    roff_item("2", "wrong usage");
    roff_item("3", "it failed; standard error says why and what to do");
    roff_item("4", "not checked");
    return EXIT_DONE;
}
