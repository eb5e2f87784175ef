/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo broker audit and repair: is everything in a broker's directory as it should be, and how it
 * can be opened again when it is not. */
#include "commands.h"

#include "base/event.h"
#include "options.h"
#include "place.h"
#include "storage/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_command {
    const char *dir; /* NULL: the broker's in the data directory */
    bool now;
    bool repairs;
};

static const char help[] =
    "octavo broker audit [DIR]           read everything in a broker's directory and hold it\n"
    "                                    against everything else; changes nothing\n"
    "octavo broker repair [DIR]          say what would be lost by making it one that opens\n"
    "                                    again; changes nothing\n"
    "octavo broker repair [DIR] --now    and do that\n"
    "\n"
    "  DIR    default `broker` in the data directory, which is $OCTAVO_DIR or ./octavo-data;\n"
    "         the broker must be stopped\n"
    "\n"
    "exit: 0 nothing was found, or it is repaired; 1 something was found, or would be lost;\n"
    "3 it could not be read\n"
    "\n"
    "examples:\n"
    "  octavo broker audit\n"
    "  octavo broker repair /var/lib/octavo/broker\n"
    "  octavo broker repair /var/lib/octavo/broker --now\n";

static bool options_read(struct check_command *c, int count, char **arguments) {
    static const struct option known[] = {
        { "now", 0, NULL, 'n' },
        OPTION_DIR,
        OPTION_HELP,
        OPTION_END,
    };
    for (int o; (o = option_next(count, arguments, known)) != -1;)
        if (o == 'd')
            c->dir = optarg;
        else if (o == 'n' && c->repairs)
            c->now = true;
        else
            return false;
    if (optind < count)
        c->dir = arguments[optind++];
    return optind == count;
}

static void print_finding(void *context, const char *text) {
    (void)context;
    (void)printf("%s\n", text);
}

static void ignore_finding(void *context, const char *text) {
    (void)context;
    (void)text;
}

/* A repair is only advised where one can be done: not where the checkpoint is damaged, or a file of
 * the log is not there. */
static void tell_remedy(const struct audit_options *options, int64_t findings) {
    struct audit_options trial = *options;
    struct repair_counts n;
    trial.on_finding = ignore_finding;
    if (!storage_repair(&trial, true, &n)) {
        (void)printf("%lld found; `octavo broker repair %s` says what a repair would lose\n",
                     (long long)findings, options->dir);
        return;
    }
    (void)printf(
        "%lld found; a repair cannot mend it: restore the directory, or what is missing in "
        "it, from a copy\n",
        (long long)findings);
}

static enum error audit(const struct audit_options *options, int *code) {
    struct audit_counts n;
    TRY_WHILE(storage_audit(options, &n), "auditing %s", options->dir);
    (void)printf("%lld topics, %lld partitions, %lld segments, %lld batches, %lld records, "
                 "%lld bytes; %lld frames of the log behind the checkpoint\n",
                 (long long)n.topics, (long long)n.partitions, (long long)n.segments,
                 (long long)n.batches, (long long)n.records, (long long)n.bytes,
                 (long long)n.frames);
    if (n.derived)
        (void)printf("%lld wrong in indexes, which are made anew\n", (long long)n.derived);
    if (n.findings)
        tell_remedy(options, n.findings);
    else
        (void)printf("nothing found\n");
    *code = n.findings ? EXIT_FOUND : EXIT_DONE;
    return E_ok;
}

static enum error repair(const struct audit_options *options, bool now, int *code) {
    struct repair_counts n;
    TRY_WHILE(storage_repair(options, !now, &n), "repairing %s", options->dir);
    if (!n.losses && !n.mended)
        (void)printf("nothing to repair\n");
    else if (now)
        (void)printf("repaired: %lld lost as listed, %lld segments written anew; the old ones are "
                     "kept as *.damaged\n",
                     (long long)n.losses, (long long)n.segments);
    else
        (void)printf("%lld would be lost as listed; nothing is changed yet. Copy the directory, "
                     "then give --now\n",
                     (long long)n.losses);
    *code = (n.losses || n.mended) && !now ? EXIT_FOUND : EXIT_DONE;
    return E_ok;
}

int broker_audit_command(int count, char **arguments) {
    struct check_command c = { .repairs = strcmp(arguments[0], "repair") == 0 };
    int code = EXIT_DONE;
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, help);
    struct place place = place_of(NULL);
    char *dir = c.dir ? text_copy(c.dir) : place_path(&place, "broker", NULL);
    struct audit_options options = {
        .disk = disk_real(), .clock = clock_real(), .dir = dir, .on_finding = print_finding
    };
    event_log_from(EVENT_error);
    enum error e = c.repairs ? repair(&options, c.now, &code) : audit(&options, &code);
    if (e)
        error_print();
    free(dir);
    place_finish(&place);
    return e ? command_exit_code(e) : code;
}
