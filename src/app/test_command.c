/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo test: feeds a system from files and compares what it does with what is expected.
 *
 *   DIR/octavo.yaml   DIR/tests/NAME.jsonl   DIR/tests/NAME.expected
 *
 * Each file is fed twice, to two systems that know nothing of one another: where the two do not say
 * the same, a handler looked at a clock, a random number or the outside (rule IDE6). */
#include "commands.h"

#include "base/disk.h"
#include "base/event.h"
#include "base/tree.h"
#include "options.h"
#include "parts.h"
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CASES_MAX = 10000, FILE_BYTES_MAX = 16 << 20 };

struct test_call {
    const char *given;
    char *dir;
    bool accepts, shows;
    char *declaration_file, *work;
    struct declaration *declaration;
    char *cases[CASES_MAX]; /* their names, without .jsonl */
    bool too_many;
    int case_count, failed;
};

const char test_help[] =
    "octavo test [DIR|FILE] [options]    feed a system from files, and compare what it does\n"
    "\n"
    "  --accept   what it does now is what is expected: writes NAME.expected\n"
    "  --show     print what it does\n"
    "\n"
    "DIR (the current directory) has octavo.yaml - or FILE is the declaration - and beside it\n"
    "tests/NAME.jsonl: one JSON object a line,\n"
    "  {\"topic\":\"order\",\"type\":\"order-placed\",\"key\":\"o-1\",\"data\":{\"total\":12}}\n"
    "  {\"service\":\"desk\",\"type\":\"order-asked\",\"key\":\"r-1\",\"data\":{}}   a request at "
    "an edge\n"
    "  {\"wait_ms\":60000}                                              time passes\n"
    "Rows, outgoing events, effects and replies of all services, on all declared partitions, are\n"
    "compared with tests/NAME.expected. No broker runs, nothing is done to the outside world.\n"
    "Every file is fed twice: handlers must do the same each time (rule IDE6).\n"
    "Exit code: 0 all as expected, 1 something differs, 2 wrong usage, 3 failed.\n"
    "\n"
    "example:\n"
    "  octavo test shop\n";

static bool options_read(struct test_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "accept", 0, NULL, 'a' },
        { "show", 0, NULL, 's' },
        OPTION_HELP,
        OPTION_END,
    };
    for (int option; (option = option_next(count, arguments, known)) != -1;)
        switch (option) {
        case 'a':
            c->accepts = true;
            break;
        case 's':
            c->shows = true;
            break;
        default:
            return false;
        }
    c->given = optind < count ? arguments[optind] : ".";
    if (optind + 1 < count)
        (void)fprintf(stderr, "octavo: wrong usage: %s: one DIR or FILE is wanted, or none\n",
                      arguments[optind + 1]);
    return optind + 1 >= count;
}

/* A declaration's file stands for the folder that it is in. */
static void place_find_out(struct test_call *c) {
    const char *dot = strrchr(c->given, '.'), *slash = strrchr(c->given, '/');
    bool is_file = dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
    if (!is_file) {
        c->dir = text_copy(c->given);
        c->declaration_file = text_format("%s/octavo.yaml", c->dir);
        return;
    }
    c->declaration_file = text_copy(c->given);
    c->dir =
        slash ? text_copy_bytes(bytes_of(c->given, (size_t)(slash - c->given))) : text_copy(".");
}

static enum error declaration_find(struct test_call *c) {
    bool there = false;
    TRY(disk_exists(disk_real(), c->declaration_file, &there));
    if (there)
        return parts_declaration(&c->declaration, NULL, c->declaration_file);
    enum error e = fail(E_usage, "%s: there is no such file", c->declaration_file);
    if (c->given && parts_system(c->given))
        fail_try("octavo new mine --like %s writes a copy of it with a test: octavo test mine",
                 c->given);
    else
        fail_try("octavo test DIR, where DIR/octavo.yaml and DIR/tests/NAME.jsonl are; octavo new "
                 "writes both");
    return e;
}

/* ---- cases */

static void on_name(void *context, const char *name) {
    struct test_call *c = context;
    const char *dot = strrchr(name, '.');
    if (!dot || strcmp(dot, ".jsonl") != 0)
        return;
    c->too_many = c->case_count == CASES_MAX;
    if (!c->too_many)
        c->cases[c->case_count++] = text_copy_bytes(bytes_of(name, (size_t)(dot - name)));
}

static int names_compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum error cases_find(struct test_call *c) {
    char *folder = text_format("%s/tests", c->dir);
    bool there = false;
    enum error e = disk_exists(disk_real(), folder, &there);
    if (!e && there)
        e = disk_list(disk_real(), folder, on_name, c);
    qsort(c->cases, (size_t)c->case_count, sizeof(c->cases[0]), names_compare);
    if (!e && c->too_many) {
        e = fail(E_usage, "%s: more than %d tests", folder, CASES_MAX);
        fail_try("put them into folders of systems of their own, or several events into one test");
    }
    if (!e && !c->case_count) {
        e = fail(E_usage, "%s: there is no test in it", folder);
        fail_try("write %s/first.jsonl; octavo test --help has an example of a line", folder);
    }
    free(folder);
    return e;
}

static enum error lines_feed(struct trial *t, struct bytes text, const char *name) {
    int number = 0;
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.data) - at : text.len - at;
        struct bytes line = bytes_part(text, at, len);
        number++;
        if (len && line.data[0] != '#')
            TRY(trial_feed(t, line, name, number));
        at += len + 1;
    }
    return E_ok;
}

/* A system of its own for each time: nothing is carried over. */
static enum error case_run(const struct test_call *c, struct bytes text, const char *name,
                           struct buf *told) {
    struct trial *t = NULL;
    char *place = text_format("%s/system", c->work);
    enum error e = tree_remove(place);
    if (!e)
        e = disk_make_dir(disk_real(), place);
    if (!e)
        e = trial_open(&t, c->declaration, place);
    if (!e)
        e = lines_feed(t, text, name);
    if (!e)
        e = trial_rows(t);
    if (!e)
        buf_put_bytes(told, trial_told(t));
    trial_close(t);
    free(place);
    return e;
}

/* ---- comparing */

struct lines {
    const char *at;
};

static struct bytes line_next(struct lines *l) {
    size_t len = strcspn(l->at, "\n");
    struct bytes line = bytes_of(l->at, len);
    l->at += len + (l->at[len] == '\n');
    return line;
}

/* The first difference is the one to look at: what follows is mostly its consequence. */
static void difference_print(const char *name, const char *before, const char *a, const char *b) {
    struct lines left = { a }, right = { b };
    for (int number = 1; *left.at || *right.at; number++) {
        struct bytes x = line_next(&left), y = line_next(&right);
        if (bytes_equal(x, y))
            continue;
        (void)printf("%s, line %d:\n", name, number);
        (void)printf("  %-8s %.*s\n", before, (int)x.len, (const char *)x.data);
        (void)printf("  %-8s %.*s\n", "now", (int)y.len, (const char *)y.data);
        return;
    }
}

static enum error expected_compare(struct test_call *c, const char *name, struct buf *told) {
    char *file = text_format("%s/tests/%s.expected", c->dir, name);
    struct buf expected = { 0 };
    bool there = false;
    enum error e = disk_exists(disk_real(), file, &there);
    if (!e && c->accepts)
        e = disk_replace(disk_real(), file, buf_bytes(told));
    else if (!e && there)
        e = disk_read_whole(disk_real(), file, FILE_BYTES_MAX, &expected);
    bool same = c->accepts || (there && bytes_equal(buf_bytes(&expected), buf_bytes(told)));
    if (!e && !same) {
        c->failed++;
        (void)printf("differs  %s\n", name);
        if (there)
            difference_print(file, "expected", buf_text(&expected), buf_text(told));
        else
            (void)printf("%s  there is no %s: look at this, and octavo test --accept keeps it\n",
                         buf_text(told), file);
    } else if (!e) {
        (void)printf("%-8s %s\n", c->accepts ? "kept" : "ok", name);
    }
    buf_finish(&expected);
    free(file);
    return e;
}

static enum error told_judge(struct test_call *c, const char *name, struct buf *first,
                             struct buf *second) {
    if (c->shows)
        (void)printf("%s", buf_text(first));
    if (bytes_equal(buf_bytes(first), buf_bytes(second)))
        return expected_compare(c, name, first);
    c->failed++;
    (void)printf("IDE6     %s: fed twice, a handler did not do the same: a clock, a random number, "
                 "or the outside\n",
                 name);
    difference_print(name, "first", buf_text(first), buf_text(second));
    return E_ok;
}

static enum error case_test(struct test_call *c, const char *name) {
    char *file = text_format("%s/tests/%s.jsonl", c->dir, name);
    struct buf text = { 0 }, first = { 0 }, second = { 0 };
    enum error e = disk_read_whole(disk_real(), file, FILE_BYTES_MAX, &text);
    if (!e)
        e = case_run(c, buf_bytes(&text), file, &first);
    if (!e)
        e = case_run(c, buf_bytes(&text), file, &second);
    if (!e)
        e = told_judge(c, name, &first, &second);
    buf_finish(&text);
    buf_finish(&first);
    buf_finish(&second);
    free(file);
    return e;
}

static enum error test(struct test_call *c) {
    TRY(declaration_find(c));
    TRY(cases_find(c));
    for (int i = 0; i < c->case_count; i++)
        TRY(case_test(c, c->cases[i]));
    if (c->failed)
        (void)printf("%d of %d differ\n", c->failed, c->case_count);
    return E_ok;
}

int test_command(int count, char **arguments) {
    struct test_call c = { 0 };
    const char *temporary = getenv("TMPDIR");
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, test_help);
    event_log_from(EVENT_warn);
    place_find_out(&c);
    char *prefix = text_format("%s/octavo-test", temporary && *temporary ? temporary : "/tmp");
    enum error e = tree_make(prefix, &c.work);
    if (!e)
        e = test(&c);
    free(prefix);
    if (e)
        error_print();
    int code = e ? command_exit_code(e) : c.failed ? EXIT_FOUND : EXIT_DONE;
    if (c.work && tree_remove(c.work))
        error_print();
    declaration_destroy(c.declaration);
    for (int i = 0; i < c.case_count; i++)
        free(c.cases[i]);
    free(c.dir);
    free(c.declaration_file);
    free(c.work);
    return code;
}
