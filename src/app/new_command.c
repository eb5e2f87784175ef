/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo new: asks the eight questions, and writes a small system that works and is tested.
 *
 * Everything is decided before anything is written. Where lint says that events are not needed
 * (AVD), nothing is written until somebody says why they are. */
#include "commands.h"

#include "base/disk.h"
#include "lint/lint.h"
#include "options.h"
#include "parts.h"
#include "start.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WHYS_MAX = 16, LINE_CHARS = 400 };

struct why {
    char *rule, *reason;
};

struct new_call {
    const char *name, *like;
    char *dir;
    enum start_language language;
    char *choices[ANSWERS], *reasons[ANSWERS]; /* NULL: not said */
    struct why whys[WHYS_MAX];
    int why_count;
    bool asks; /* on a terminal */
};

const char new_help[] =
    "octavo new NAME [options]    ask the eight questions and write a small system\n"
    "\n"
    "  --language python|c       what its handler is written in; default python\n"
    "  --answer N=CHOICE:REASON  an answer; without a terminal the suggested one is taken else\n"
    "  --why RULE=REASON         why there are events although lint says that none are needed\n"
    "  --like SYSTEM             begin with a shipped system: its declaration under your name, "
    "its\n"
    "                            schemas and a test; its handlers stay those in this binary\n"
    "  --dir DIR                 where to; default ./NAME, which must not be there\n"
    "\n"
    "It writes octavo.yaml with the answers and their reasons, schemas of its events, one handler\n"
    "and one test. Exit code: 0 written, 1 events are not needed, 2 wrong usage, 3 failed.\n"
    "\n"
    "examples:\n"
    "  octavo new shop\n"
    "  octavo new shop --answer '6=key:an order is accepted before it is paid'\n";

/* What most systems of orders want; a person may know better. */
static const struct {
    const char *choice, *reason;
} suggested[ANSWERS] = {
    { "async", "nobody waits for an order to be decided; who asks is told by an event" },
    { "events", "what happened to an order is told once; whoever wants to know reads it" },
    { "natural", "an order has a number; a number that is known already is not decided again" },
    { "yes", "orders do not depend on each other: more partitions, more processes" },
    { "no", "a decision and its event are one commit of one service" },
    { "key", "an order is placed before it is accepted, and every reader must see it so" },
    { "key", "by order; one topic for all that happens to it, as two topics have two orders" },
    { "yes", "delivery, reports and whoever comes later want to know what was accepted" },
};

/* ---- options */

static bool is_system_name(const char *name) {
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return name[0] >= 'a' && name[0] <= 'z' && !name[len] && len <= 48;
}

static bool option_wrong(const char *what, const char *given) {
    (void)fprintf(stderr, "octavo: wrong usage: %s: %s\n", given, what);
    return false;
}

static bool choice_is_known(int number, const char *choice) {
    const struct question *q = declaration_question(number);
    for (size_t i = 0; q->choices[i]; i++)
        if (strcmp(q->choices[i], choice) == 0)
            return true;
    return false;
}

static bool answer_take(struct new_call *c, const char *given) {
    const char *colon = strchr(given, ':');
    int at = given[0] - '1';
    if (at < 0 || at >= ANSWERS || given[1] != '=')
        return option_wrong("--answer wants N=CHOICE:REASON, N from 1 to 8", given);
    free(c->choices[at]);
    free(c->reasons[at]);
    size_t len = colon ? (size_t)(colon - given) - 2 : strlen(given) - 2;
    c->choices[at] = text_copy_bytes(bytes_of(given + 2, len));
    c->reasons[at] = text_copy(colon ? colon + 1 + strspn(colon + 1, " ") : "");
    if (!choice_is_known(at + 1, c->choices[at]))
        return option_wrong("that is none of its choices; `octavo schema` lists them", given);
    if (!c->reasons[at][0])
        return option_wrong("a reason is wanted behind the choice: N=CHOICE:REASON", given);
    return true;
}

static bool why_take(struct new_call *c, const char *given) {
    const char *equals = strchr(given, '=');
    if (!equals || !equals[1] || c->why_count == WHYS_MAX)
        return option_wrong("--why wants RULE=REASON", given);
    char *rule = text_copy_bytes(bytes_of(given, (size_t)(equals - given)));
    bool known = lint_rule_find(rule) != NULL;
    c->whys[c->why_count++] = (struct why){ rule, text_copy(equals + 1) };
    return known || option_wrong("there is no such rule; octavo lint --explain all", given);
}

static bool option_take(struct new_call *c, int option) {
    switch (option) {
    case 'l':
        c->language = strcmp(optarg, "python") == 0 ? START_PYTHON
                      : strcmp(optarg, "c") == 0    ? START_C
                                                    : START_ANY;
        return c->language || option_wrong("python or c is wanted", optarg);
    case 'a':
        return answer_take(c, optarg);
    case 'w':
        return why_take(c, optarg);
    case 'k':
        c->like = optarg;
        return true;
    case 'd':
        free(c->dir);
        c->dir = text_copy(optarg);
        return true;
    default:
        return false;
    }
}

static bool options_read(struct new_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "language", 1, NULL, 'l' },
        { "answer", 1, NULL, 'a' },
        { "why", 1, NULL, 'w' },
        { "like", 1, NULL, 'k' },
        OPTION_DIR,
        OPTION_HELP,
        OPTION_END,
    };
    c->language = START_PYTHON;
    for (int option; (option = option_next(count, arguments, known)) != -1;)
        if (!option_take(c, option))
            return false;
    c->name = optind + 1 == count ? arguments[optind] : NULL;
    if (!c->name)
        return command_asked_help(count, arguments) || option_wrong("one NAME is wanted", "new");
    if (!is_system_name(c->name))
        return option_wrong("a name is small letters, digits and -, a letter first", c->name);
    if (!c->dir)
        c->dir = text_copy(c->name);
    return true;
}

/* ---- asking */

static bool line_ask(char line[LINE_CHARS]) {
    (void)fflush(stdout);
    if (!fgets(line, LINE_CHARS, stdin))
        return false;
    line[strcspn(line, "\n")] = 0;
    return true;
}

static void question_ask(struct new_call *c, int at) {
    const struct question *q = declaration_question(at + 1);
    char line[LINE_CHARS] = "";
    do {
        (void)printf("%d. %s (", at + 1, q->text);
        for (size_t i = 0; q->choices[i]; i++)
            (void)printf("%s%s", i ? ", " : "", q->choices[i]);
        (void)printf(") [%s] ", suggested[at].choice);
        if (!line_ask(line))
            return;
    } while (line[0] && !choice_is_known(at + 1, line));
    bool is_suggested = !line[0] || strcmp(line, suggested[at].choice) == 0;
    c->choices[at] = text_copy(line[0] ? line : suggested[at].choice);
    do {
        (void)printf("   why? %s%s%s", is_suggested ? "[" : "",
                     is_suggested ? suggested[at].reason : "", is_suggested ? "] " : "");
        if (!line_ask(line))
            return;
    } while (!line[0] && !is_suggested);
    c->reasons[at] = text_copy(line[0] ? line : suggested[at].reason);
}

static void answers_fill(struct new_call *c) {
    for (int i = 0; i < ANSWERS; i++) {
        if (!c->choices[i] && c->asks)
            question_ask(c, i);
        if (!c->choices[i])
            c->choices[i] = text_copy(suggested[i].choice);
        if (!c->reasons[i])
            c->reasons[i] = text_copy(suggested[i].reason);
    }
}

/* ---- the declaration */

static void answers_write(const struct new_call *c, struct buf *out) {
    for (int i = 0; i < ANSWERS; i++) {
        buf_print(out,
                  "  %d:\n    question: %s\n    choice: %s\n    value: %s\n    reason: ", i + 1,
                  declaration_question(i + 1)->text, c->choices[i], c->choices[i]);
        json_text_write(out, bytes_text(c->reasons[i]));
        buf_put_byte(out, '\n');
    }
}

static void waivers_write(const struct new_call *c, struct buf *out) {
    if (c->why_count)
        buf_put_text(
            out, "\nwaivers:                           # findings of octavo lint that are meant\n");
    for (int i = 0; i < c->why_count; i++) {
        buf_print(out, "  %s: ", c->whys[i].rule);
        json_text_write(out, bytes_text(c->whys[i].reason));
        buf_put_byte(out, '\n');
    }
}

static void place_write(const struct new_call *c, struct buf *out, struct bytes place) {
    if (bytes_is_text(place, "SYSTEM"))
        buf_put_text(out, c->name);
    else if (bytes_is_text(place, "HANDLER"))
        buf_put_text(out, c->language == START_C ? "./orders.so:orders" : "program:./orders.py");
    else if (bytes_is_text(place, "BUSINESS"))
        buf_put_text(out, strcmp(c->choices[7], "no") == 0 ? "false" : "true");
    else if (bytes_is_text(place, "ANSWERS"))
        answers_write(c, out);
    else
        waivers_write(c, out);
}

static void declaration_write(const struct new_call *c, struct buf *out) {
    const char *at = start_declaration;
    for (const char *mark; (mark = strchr(at, '@'));) {
        size_t len = strcspn(mark + 1, "@");
        struct bytes place = bytes_of(mark + 1, len);
        buf_put(out, at, (size_t)(mark - at));
        place_write(c, out, place);
        at = mark + len + 2;
        at += *at == '\n' && len == 7
              && place.data[0] != 'H'; /* ANSWERS and WAIVERS end their line */
    }
    buf_put_text(out, at);
}

/* A shipped one under another name: its handlers are those in the binary. */
static enum error like_write(const struct new_call *c, struct buf *out) {
    const struct octavo_system *system = parts_system(c->like);
    if (!system || !system->declaration)
        return fail(E_usage, "--like %s: there is no such system; octavo --help lists them",
                    c->like);
    const char *at = strstr(system->declaration, "\nsystem: ");
    if (!at)
        return fail(E_config, "the declaration of %s names no system", c->like);
    buf_put(out, system->declaration, (size_t)(at - system->declaration));
    buf_print(out, "\nsystem: %s", c->name);
    buf_put_text(out, at + 1 + strcspn(at + 1, "\n"));
    return E_ok;
}

/* ---- are events needed? */

static bool finding_is_open(const struct lint_finding *f) {
    return !f->waived && strncmp(f->rule->id, "AVD", 3) == 0;
}

static const struct lint_finding *avoidable(const struct lint_report *r) {
    for (size_t i = 0; i < r->count; i++)
        if (finding_is_open(&r->findings[i]))
            return &r->findings[i];
    return NULL;
}

static void finding_print(const struct lint_finding *f) {
    struct lint_report one = { f, 1, 1 };
    struct buf out = { 0 };
    lint_text(&one, false, &out);
    (void)printf("%s", buf_text(&out));
    buf_finish(&out);
}

/* True: somebody has said why. */
static bool why_ask(struct new_call *c, const struct lint_finding *f) {
    char line[LINE_CHARS] = "";
    finding_print(f);
    if (c->asks) {
        (void)printf("why events all the same? (nothing: stop here) ");
        (void)line_ask(line);
    }
    if (!line[0] || c->why_count == WHYS_MAX) {
        (void)printf("nothing is written: do the above, or say why with --why '%s=REASON'\n",
                     f->rule->id);
        return false;
    }
    c->whys[c->why_count++] = (struct why){ text_copy(f->rule->id), text_copy(line) };
    return true;
}

/* Reads what would be written, so that nothing that cannot be read is. */
static enum error declaration_judge(struct new_call *c, struct buf *text, bool *again) {
    struct declaration *d;
    TRY(declaration_read(&d, "octavo.yaml", buf_bytes(text)));
    struct lint *l = lint_run(&(struct lint_options){ .declaration = d, .file = "octavo.yaml" });
    struct lint_report report = lint_report(l);
    const struct lint_finding *f = c->like ? NULL : avoidable(&report);
    *again = f != NULL;
    enum error e = f && !why_ask(c, f) ? fail(E_refused, "events are not needed") : E_ok;
    lint_destroy(l);
    declaration_destroy(d);
    return e;
}

static enum error declaration_make(struct new_call *c, struct buf *text) {
    bool again = true;
    while (again) {
        buf_clear(text);
        if (c->like)
            TRY(like_write(c, text));
        else
            declaration_write(c, text);
        TRY(declaration_judge(c, text, &again));
    }
    return E_ok;
}

/* ---- writing */

static enum error file_write(const struct new_call *c, const char *name, struct bytes text) {
    char *path = text_format("%s/%s", c->dir, name);
    enum error e = disk_put_new(disk_real(), path, text);
    if (!e && strstr(name, ".py") && chmod(path, 0755) < 0)
        e = fail_errno("chmod %s", path);
    if (!e)
        (void)printf("  %s\n", path);
    free(path);
    return e;
}

static enum error folder_make(const struct new_call *c, const char *name) {
    char *path = text_format("%s/%s", c->dir, name);
    enum error e = disk_make_dir(disk_real(), path);
    free(path);
    return e;
}

static enum error shipped_write(const struct new_call *c) {
    struct shipped_file file;
    for (size_t i = 0; parts_file(c->like, i, &file); i++)
        TRY(file_write(c, file.path, bytes_text(file.text)));
    return E_ok;
}

static enum error files_write(const struct new_call *c, struct buf *declaration) {
    bool there;
    TRY(disk_exists(disk_real(), c->dir, &there));
    if (there)
        return fail(E_exists, "%s is there already", c->dir);
    TRY(disk_make_dir(disk_real(), c->dir));
    TRY(file_write(c, "octavo.yaml", buf_bytes(declaration)));
    TRY(folder_make(c, "events"));
    TRY(folder_make(c, "tests"));
    if (c->like)
        return shipped_write(c);
    for (const struct start_file *f = start_files; f->name; f++)
        if (f->language == START_ANY || f->language == c->language)
            TRY(file_write(c, f->name, bytes_text(f->text)));
    return E_ok;
}

static void next_print(const struct new_call *c) {
    (void)printf("next:\n");
    if (c->language == START_C && !c->like)
        (void)printf("  make -C %s\n", c->dir);
    if (c->like)
        (void)printf(
            "  octavo test %s --show --accept    # what it does becomes what is expected\n",
            c->dir);
    else
        (void)printf("  octavo test %s\n", c->dir);
    (void)printf("  octavo lint %s/octavo.yaml\n  octavo up %s --file %s/octavo.yaml\n", c->dir,
                 c->name, c->dir);
}

static enum error make(struct new_call *c) {
    struct buf declaration = { 0 };
    enum error e = declaration_make(c, &declaration);
    if (!e)
        e = files_write(c, &declaration);
    if (!e)
        next_print(c);
    buf_finish(&declaration);
    return e;
}

static void call_finish(struct new_call *c) {
    for (int i = 0; i < ANSWERS; i++) {
        free(c->choices[i]);
        free(c->reasons[i]);
    }
    for (int i = 0; i < c->why_count; i++) {
        free(c->whys[i].rule);
        free(c->whys[i].reason);
    }
    free(c->dir);
}

int new_command(int count, char **arguments) {
    struct new_call c = { .asks = isatty(STDIN_FILENO) == 1 };
    int code = EXIT_USAGE;
    if (!options_read(&c, count, arguments) || !c.name) {
        code = command_usage(count, arguments, new_help);
    } else {
        if (!c.like)
            answers_fill(&c);
        enum error e = make(&c);
        if (e && e != E_refused)
            error_print();
        code = e == E_refused ? EXIT_FOUND : command_exit_code(e);
    }
    call_finish(&c);
    return code;
}
