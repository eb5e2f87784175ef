/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo lint: holds declarations against themselves. */
#include "commands.h"

#include "base/disk.h"
#include "lint/lint.h"
#include "options.h"
#include "parts.h"
#include "runtime/kafka_topics.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HANDLER_BYTES_MAX = 64 << 20, ANSWER_WITHIN_MS = 10000 };

struct lint_call {
    const char *explain, *against, *broker;
    bool json, all;
    bool found;
    struct buf out;
    int targets;
};

const char lint_help[] =
    "octavo lint SYSTEM|FILE... [options]    hold a declaration's answers against the rest of it\n"
    "\n"
    "  --all            every system of this binary\n"
    "  --against FILE   an older version: what its data and its readers would not bear; without\n"
    "                   it the one that `compatible_with` of the declaration names\n"
    "  --broker HOST:PORT  count the records of its partitions, too: one may have most (DIS6)\n"
    "  --explain RULE   what a rule finds, why and what to do; `all` lists them\n"
    "  --json           findings as JSON, one object a declaration\n"
    "\n"
    "Each finding names the two places that clash, what will happen, and the fix. Meant so? Then "
    "say\n"
    "why, in the file: waivers: { \"RULE NAME\": reason }. NO_COLOR is respected.\n"
    "Exit code: 0 clean, 1 findings, 2 wrong usage or no readable declaration.\n"
    "\n"
    "examples:\n"
    "  octavo lint accounts\n"
    "  octavo lint ./octavo.yaml --against old/octavo.yaml\n"
    "  octavo lint --explain ORD1\n";

static bool options_read(struct lint_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "explain", 1, NULL, 'e' },
        { "against", 1, NULL, 'a' },
        OPTION_BROKER,
        OPTION_JSON,
        { "all", 0, NULL, 'A' },
        OPTION_HELP,
        OPTION_END,
    };
    for (int option; (option = option_next(count, arguments, known)) != -1;)
        switch (option) {
        case 'e':
            c->explain = optarg;
            break;
        case 'a':
            c->against = optarg;
            break;
        case 'A':
            c->all = true;
            break;
        default:
            if (!option_usual(option,
                              &(struct options_usual){ .broker = &c->broker, .json = &c->json }))
                return false;
        }
    c->targets = optind;
    bool wanted = c->all || c->explain || optind < count;
    if (!wanted && !command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: a SYSTEM or a FILE is wanted\n");
    return wanted;
}

/* ---- explaining */

static int explain(const char *id) {
    const struct lint_rule *rule = lint_rule_find(id);
    struct buf out = { 0 };
    if (strcmp(id, "all") == 0)
        for (const struct lint_rule *r = lint_rules; r->id; r++)
            (void)printf("%-5s %s\n", r->id, r->title);
    else if (rule)
        lint_explain(rule, &out);
    else
        (void)fprintf(stderr,
                      "octavo: wrong usage: there is no rule %s\n"
                      "  try: octavo lint --explain all\n",
                      id);
    (void)fputs(buf_text(&out), stdout);
    buf_finish(&out);
    return rule || strcmp(id, "all") == 0 ? EXIT_DONE : EXIT_USAGE;
}

/* ---- linting */

static void tell(struct lint_call *c, const char *name, const struct lint_report *r) {
    if (c->json) {
        lint_json(r, name, &c->out);
        return;
    }
    lint_text(r, isatty(STDOUT_FILENO) == 1 && !getenv("NO_COLOR"), &c->out);
    if (r->open)
        buf_print(&c->out, "%s: %zu finding%s", name, r->open, r->open == 1 ? "" : "s");
    else
        buf_print(&c->out, "%s: clean", name);
    if (r->count > r->open)
        buf_print(&c->out, ", %zu waived", r->count - r->open);
    buf_put_text(&c->out, "\n");
}

static void judge(struct lint_call *c, const char *name, const struct lint_options *options) {
    struct lint *l = lint_run(options);
    struct lint_report report = lint_report(l);
    tell(c, name, &report);
    c->found = c->found || report.open;
    lint_destroy(l);
}

static enum error handler_read(void *context, const char *path, struct buf *out) {
    (void)context;
    return disk_read_whole(disk_real(), path, HANDLER_BYTES_MAX, out);
}

static int64_t records_count(void *context, const char *topic, int32_t partition) {
    return kafka_topics_records(context, topic, partition);
}

/* Both sides are read as they are, though one could not be run. */
static enum error declaration_of(struct declaration **out, const char *target) {
    return parts_target_with(out, target, &(struct declared_with){ .for_lint = true });
}

static enum error target_judge(struct lint_call *c, const char *target, struct declaration *d,
                               struct kafka_topics *topics) {
    struct declaration *against = NULL;
    const char *former = c->against ? c->against : d->compatible_with;
    bool is_file = !parts_system(target);
    struct schema_source now = { d->system, is_file };
    struct schema_source before = { d->system, former && !parts_system(former) };
    if (former)
        TRY(declaration_of(&against, former));
    judge(c, target,
          &(struct lint_options){
              .declaration = d,
              .file = is_file ? target : "octavo.yaml",
              .against = against,
              .against_file = former,
              .read = parts_schema_read,
              .read_context = &now,
              .against_read = former ? parts_schema_read : NULL,
              .against_context = &before,
              .read_handler = handler_read,
              .records = topics ? records_count : NULL,
              .records_context = topics,
          });
    declaration_destroy(against);
    return E_ok;
}

static enum error target_lint(struct lint_call *c, const char *target) {
    struct declaration *d = NULL;
    struct kafka_topics *topics = NULL;
    enum error e = declaration_of(&d, target);
    if (!e && c->broker)
        e = kafka_topics_open(&topics, c->broker, ANSWER_WITHIN_MS);
    if (!e)
        e = target_judge(c, target, d, topics);
    kafka_topics_close(topics);
    declaration_destroy(d);
    return e;
}

static enum error targets_lint(struct lint_call *c, int count, char **arguments) {
    for (size_t i = 0; c->all && parts_systems[i]; i++)
        TRY(target_lint(c, parts_systems[i]->name));
    for (int i = c->targets; i < count; i++)
        TRY(target_lint(c, arguments[i]));
    return E_ok;
}

int lint_command(int count, char **arguments) {
    struct lint_call c = { 0 };
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, lint_help);
    if (c.explain)
        return explain(c.explain);
    if (c.json) {
        json_begin(&c.out);
        json_open(&c.out, "declarations", '[');
    }
    enum error e = targets_lint(&c, count, arguments);
    if (c.json) {
        json_close(&c.out, ']');
        json_end(&c.out);
        buf_put_byte(&c.out, '\n');
    }
    if (!e || !c.json)
        (void)fputs(buf_text(&c.out), stdout);
    buf_finish(&c.out);
    if (e)
        error_print();
    if (e)
        return EXIT_USAGE;
    return c.found ? EXIT_FOUND : EXIT_DONE;
}
