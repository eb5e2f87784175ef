/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo explain: the eight answers, what makes them true, the evidence, what would break them. */
#include "commands.h"

#include "explain/explain.h"
#include "options.h"
#include "parts.h"
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPORT_BYTES_MAX = 16 << 20 };

struct explain_call {
    const char *target, *dir;
    int question; /* 0: all */
    bool json;
};

const char explain_help[] =
    "octavo explain SYSTEM|FILE [QUESTION] [options]    the eight answers, or one of them\n"
    "\n"
    "  --dir DIR   data directory with the last verification; default $OCTAVO_DIR or "
    "./octavo-data\n"
    "  --json      for a program\n"
    "\n"
    "Each answer comes with the mechanism that makes it true, as it is declared, the evidence of "
    "the\n"
    "last `octavo verify` in the data directory, and what would break it. QUESTION is 1 to 8.\n"
    "\n"
    "examples:\n"
    "  octavo explain accounts\n"
    "  octavo explain accounts 6\n";

/* "6", and "Q6" as people say it. */
static bool question_read(struct explain_call *c, const char *text) {
    text += *text == 'Q' || *text == 'q';
    if (*text < '1' || *text > '0' + ANSWERS || text[1]) {
        (void)fprintf(stderr, "octavo: wrong usage: a QUESTION is a number from 1 to %d\n",
                      ANSWERS);
        return false;
    }
    c->question = *text - '0';
    return true;
}

static bool options_read(struct explain_call *c, int count, char **arguments) {
    static const struct option known[] = {
        OPTION_DIR,
        OPTION_JSON,
        OPTION_HELP,
        OPTION_END,
    };
    for (int option; (option = option_next(count, arguments, known)) != -1;)
        if (!option_usual(option, &(struct options_usual){ .dir = &c->dir, .json = &c->json }))
            return false;
    if (optind == count || optind + 2 < count) {
        if (!command_asked_help(count, arguments))
            (void)fprintf(stderr,
                          "octavo: wrong usage: a SYSTEM or FILE is wanted, and one QUESTION\n");
        return false;
    }
    c->target = arguments[optind];
    return optind + 1 == count || question_read(c, arguments[optind + 1]);
}

/* No report is no error: verify has not run here. One that cannot be read is told, and passed by.
 */
static void evidences_find(const struct explain_call *c, const char *system, struct arena *arena,
                           struct evidences *out) {
    struct place place = place_of(c->dir);
    char *folder = text_format("%s/verify", system),
         *path = place_path(&place, folder, "last.json");
    struct buf text = { 0 };
    enum error e = disk_read_whole(disk_real(), path, REPORT_BYTES_MAX, &text);
    if (!e)
        e = evidences_read(out, arena, bytes_text(arena_text(arena, buf_bytes(&text))));
    if (e && e != E_not_found) {
        fail_while("reading %s", path);
        error_print();
    }
    buf_finish(&text);
    free(folder);
    free(path);
    place_finish(&place);
}

int explain_command(int count, char **arguments) {
    struct explain_call c = { 0 };
    struct declaration *d = NULL;
    struct evidences evidences = { 0 };
    struct arena arena = { 0 };
    struct buf out = { 0 };
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, explain_help);
    if (parts_target(&d, c.target)) {
        error_print();
        return EXIT_USAGE;
    }
    evidences_find(&c, d->system, &arena, &evidences);
    struct explain_options options = { d, &evidences, c.question,
                                       isatty(STDOUT_FILENO) == 1 && !getenv("NO_COLOR") };
    if (c.json)
        explain_json(&options, &out);
    else
        explain_text(&options, &out);
    (void)fwrite(out.data, 1, out.len, stdout);
    buf_finish(&out);
    arena_finish(&arena);
    declaration_destroy(d);
    return EXIT_DONE;
}
