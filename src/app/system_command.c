/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo SYSTEM VERB ...: the verbs a system exports, with a session opened for them. */
#include "commands.h"

#include "parts.h"
#include "place.h"
#include "runtime/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct common {
    const char *dir;
    const char *file;
    const char *broker;
    bool json;
};

/* Takes the options every verb has out of the arguments; the rest stays in place. */
static int common_take(struct common *c, int count, char **arguments) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
        const char **value = strcmp(arguments[i], "--dir") == 0      ? &c->dir
                             : strcmp(arguments[i], "--file") == 0   ? &c->file
                             : strcmp(arguments[i], "--broker") == 0 ? &c->broker
                                                                     : NULL;
        if (value && i + 1 < count)
            *value = arguments[++i];
        else if (strcmp(arguments[i], "--json") == 0)
            c->json = true;
        else
            arguments[kept++] = arguments[i];
    }
    arguments[kept] = NULL; /* where main's arguments end, or before */
    return kept;
}

static const struct octavo_command *verb_find(const struct octavo_system *system,
                                              const char *name) {
    for (const struct octavo_command *c = system->commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

/* Verbs that need more than a system may have. */
static const struct {
    const char *system, *verb, *help;
    int (*run)(int count, char **arguments); /* arguments[0] = the verb */
} own[] = { { "iot", "simulate", simulate_help, simulate_command },
            { "iot", "host", host_help, host_command } };

enum { OWN_COUNT = sizeof(own) / sizeof(*own) };

static void verbs_print(const struct octavo_system *system) {
    for (const struct octavo_command *c = system->commands; c->name; c++)
        (void)printf("octavo %s %s\n%s\n", system->name, c->usage, c->help);
    for (size_t i = 0; i < OWN_COUNT; i++)
        if (strcmp(own[i].system, system->name) == 0)
            (void)printf("%s\n", own[i].help);
    (void)puts("every verb: --dir DIR, --broker HOST:PORT, --file FILE, --json");
}

static int verb_missing(const struct octavo_system *system, const char *given) {
    if (given)
        (void)fprintf(stderr, "octavo: wrong usage: %s has no verb %.200s; it has", system->name,
                      given);
    else
        (void)fprintf(stderr, "octavo: wrong usage: a verb of %s is wanted:", system->name);
    for (const struct octavo_command *c = system->commands; c->name; c++)
        (void)fprintf(stderr, "%s %s", c == system->commands ? "" : ",", c->name);
    (void)fprintf(stderr, "\n  try: octavo %s --help\n", system->name);
    return EXIT_USAGE;
}

static bool verb_is_alone(const struct octavo_system *system, const struct octavo_command *verb) {
    bool known = system->size >= offsetof(struct octavo_system, alone) + sizeof(system->alone);
    for (const char *const *name = known ? system->alone : NULL; name && *name; name++)
        if (strcmp(*name, verb->name) == 0)
            return true;
    return false;
}

static int verb_run(const struct octavo_system *system, const struct octavo_command *verb,
                    struct common *common, char **arguments, int count) {
    struct place place = place_of(common->dir);
    struct declaration *declaration = NULL;
    struct octavo_session *session = NULL;
    int code = EXIT_FAILED;
    char *broker = common->broker ? text_copy(common->broker) : place_broker(&place);
    char *dir = place_path(&place, system->name, NULL);
    enum error e = verb_is_alone(system, verb) ? E_ok : place_find(&place, system->name);
    if (!e)
        e = parts_declaration(&declaration, system->name, common->file);
    struct session_options options = {
        .fold_kind = parts_store("fold"),
        .declaration = declaration,
        .data_dir = dir,
        .bootstrap = broker,
        .json = common->json,
        .connectors = &parts_connectors,
    };
    if (!e) {
        options.declaration = declaration;
        options.store_kind = parts_store(declaration->store);
        e = options.store_kind ? session_create(&session, &options)
                               : fail(E_config, "store %s: not in this binary", declaration->store);
    }
    if (e) {
        error_print();
        code = command_exit_code(e);
    } else {
        code = verb->run(session, count, arguments);
    }
    session_destroy(session);
    declaration_destroy(declaration);
    free(broker);
    free(dir);
    place_finish(&place);
    return code;
}

int system_command(int count, char **arguments) {
    const struct octavo_system *system = parts_system(arguments[0]);
    struct common common = { 0 };
    for (size_t i = 0; i < OWN_COUNT && count > 1; i++)
        if (strcmp(own[i].system, arguments[0]) == 0 && strcmp(own[i].verb, arguments[1]) == 0)
            return own[i].run(count - 1, arguments + 1);
    bool help = command_asked_help(count, arguments);
    count = common_take(&common, count - 1, arguments + 1);
    const struct octavo_command *verb = count > 0 ? verb_find(system, arguments[1]) : NULL;
    if (help && verb) {
        (void)printf("octavo %s %s\n%s", system->name, verb->usage, verb->help);
        return EXIT_DONE;
    }
    if (!verb && help) {
        verbs_print(system);
        return EXIT_DONE;
    }
    if (!verb)
        return verb_missing(system, count > 0 ? arguments[1] : NULL);
    return verb_run(system, verb, &common, arguments + 1, count);
}
