/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* apply: a file of extracts, as people write it, becomes one command for each.
 *
 *   # a comment
 *   [ledger]
 *   schedule = 30 2 * * 1-5
 *   query    = SELECT account, amount FROM posting
 *              WHERE time >= :from_ms AND time < :until_ms      (a line that begins with a blank
 *   partner  = acme                                              goes on with the value before)
 *
 * The whole file is read and judged before anything is published: a file with an error changes
 * nothing. Names that are not known are errors, as a misspelt option is none. */
#include "arguments.h"
#include "calendar.h"
#include "extracts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 512 << 10, KEYS_MAX = 40, SECTIONS_MAX = 1000, HOLIDAYS_MAX = 20000 };

static const char *const known[] = {
    "schedule",  "zone",     "gap",      "overlap",  "catch_up", "source",  "query",   "format",
    "delimiter", "newline",  "quote",    "header",   "null",     "empty",   "partner", "file",
    "late",      "days",     "holidays", "done",     "trailer",  "columns", "drift",   "not_null",
    "mask",      "min_rows", "max_rows", "compress", "encoding", "widths",  NULL
};

struct pair {
    const char *name;
    char *value;
};

struct section {
    const char *name;
    int line;
    struct pair pairs[KEYS_MAX];
    size_t count;
    char *holidays; /* read from a file; owned */
};

struct reading {
    struct octavo_session *session;
    const char *file;
    int line;
    struct section *sections;
    size_t count;
};

static int wrong(const struct reading *r, int line, const char *what) {
    return octavo_usage_error(r->session, "%s:%d: %s", r->file, line, what);
}

static char *trimmed(char *text) {
    text += strspn(text, " \t");
    for (size_t len = strlen(text); len > 0 && strchr(" \t\r", text[len - 1]); len--)
        text[len - 1] = 0;
    return text;
}

static const char *value_of(const struct section *x, const char *name, const char *otherwise) {
    for (size_t i = 0; i < x->count; i++)
        if (strcmp(x->pairs[i].name, name) == 0)
            return x->pairs[i].value;
    return otherwise;
}

/* ---- lines */

static int section_begin(struct reading *r, char *line) {
    char *end = strchr(line, ']');
    const char *name = line + 1;
    if (!end || *trimmed(end + 1))
        return wrong(r, r->line, "a section is [NAME] alone on its line");
    *end = 0;
    size_t len = strlen(name);
    if (len == 0 || len > 64 || name[0] == '-'
        || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != len)
        return wrong(r, r->line, "a NAME is 1 to 64 small letters, digits, - and _");
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->sections[i].name, name) == 0)
            return wrong(r, r->line, "this section stands there twice");
    if (r->count == SECTIONS_MAX)
        return wrong(r, r->line, "a file has at most 1000 sections");
    r->sections[r->count++] = (struct section){ .name = name, .line = r->line };
    return DONE;
}

static int pair_begin(struct reading *r, char *line) {
    struct section *x = r->count ? &r->sections[r->count - 1] : NULL;
    char *sign = strchr(line, '=');
    if (!x || !sign)
        return wrong(r, r->line, x ? "a line is NAME = VALUE" : "a [SECTION] comes first");
    *sign = 0;
    const char *name = trimmed(line);
    for (size_t i = 0; known[i]; i++)
        if (strcmp(known[i], name) == 0) {
            if (value_of(x, name, NULL))
                return wrong(r, r->line, "this name stands in its section twice");
            x->pairs[x->count++] = (struct pair){ known[i], trimmed(sign + 1) };
            return DONE;
        }
    return octavo_usage_error(r->session, "%s:%d: there is no option \"%s\"", r->file, r->line,
                              name);
}

/* The value before lies in the same text, and this line behind it: they are joined in place. */
static int pair_continue(struct reading *r, char *line) {
    struct section *x = r->count ? &r->sections[r->count - 1] : NULL;
    if (!x || !x->count)
        return wrong(r, r->line, "a line that begins with a blank goes on with a value");
    char *value = x->pairs[x->count - 1].value, *more = trimmed(line);
    char *end = value + strlen(value);
    if (end > value)
        *end++ = '\n';
    memmove(end, more, strlen(more) + 1);
    return DONE;
}

static int line_read(struct reading *r, char *line) {
    char *text = line + strspn(line, " \t");
    if (!*trimmed(text) || *text == '#')
        return DONE;
    if (*line == '[')
        return section_begin(r, line);
    return text == line ? pair_begin(r, line) : pair_continue(r, line);
}

/* ---- what a section must say */

static int number_wrong(const char *policy) {
    return strspn(policy, "0123456789") != strlen(policy) || !*policy || strlen(policy) > 4;
}

static const char *section_fault(const struct section *x) {
    const char *when = value_of(x, "schedule", "");
    const char *catch_up = value_of(x, "catch_up", "all");
    struct calendar calendar = { { octavo_text(when), octavo_text(value_of(x, "zone", "UTC")),
                                   octavo_text(value_of(x, "gap", "")),
                                   octavo_text(value_of(x, "overlap", "")) },
                                 octavo_text(value_of(x, "days", "")),
                                 octavo_text(value_of(x, "holidays", "")) };
    if (!*value_of(x, "source", ""))
        return "it has no source: a line of the file `places`";
    if (!*value_of(x, "query", ""))
        return "it has no query";
    if (strcmp(catch_up, "all") != 0 && strcmp(catch_up, "latest") != 0
        && strcmp(catch_up, "none") != 0 && number_wrong(catch_up))
        return "its catch_up is all, latest, none or a number";
    int64_t late_ms;
    if (strlen(value_of(x, "holidays", "")) > HOLIDAYS_MAX)
        return "its holidays are over 20000 characters";
    const char *late = value_of(x, "late", "");
    if (*late && !duration_read(octavo_text(late), &late_ms))
        return "its late is such as 90s, 30m or 2h";
    if (strlen(value_of(x, "file", "")) > 200 || strchr(value_of(x, "file", ""), '/'))
        return "its file is a name of at most 200 bytes without a slash";
    return *when ? calendar_fault(&calendar) : NULL;
}

static int file_judge(const struct reading *r) {
    for (size_t i = 0; i < r->count; i++) {
        const char *fault = section_fault(&r->sections[i]);
        if (fault)
            return octavo_usage_error(r->session, "%s:%d: [%s]: %s", r->file, r->sections[i].line,
                                      r->sections[i].name, fault);
    }
    return r->count ? DONE : wrong(r, 1, "it has no [SECTION]");
}

/* ---- handing over */

static bool section_publish(struct octavo_session *s, const struct section *x) {
    char id[96];
    (void)snprintf(id, sizeof(id), "define/%s", x->name);
    octavo_publish_begin(s, "extract-command", "extract-define-requested", octavo_text(x->name),
                         octavo_text(id));
    octavo_publish_text(s, "extract", octavo_text(x->name));
    for (size_t i = 0; i < x->count; i++)
        octavo_publish_text(s, x->pairs[i].name, octavo_text(x->pairs[i].value));
    return octavo_publish_send(s);
}

static int sections_publish(const struct reading *r) {
    for (size_t i = 0; r->sections && i < r->count; i++)
        if (!section_publish(r->session, &r->sections[i]))
            return FAILED;
    if (!octavo_publish_flush(r->session))
        return FAILED;
    if (octavo_json_wanted(r->session))
        octavo_print(r->session, "{\"requested\":%zu}\n", r->count);
    else
        octavo_print(r->session, "%zu extract%s handed over; see `octavo extracts ls`\n", r->count,
                     r->count == 1 ? "" : "s");
    return DONE;
}

/* The rows of each, as the file says it now. */
static int sections_look(const struct reading *r) {
    int code = DONE;
    for (size_t i = 0; r->sections && i < r->count; i++) {
        const struct section *x = &r->sections[i];
        if (!octavo_json_wanted(r->session))
            octavo_print(r->session, "%s[%s]\n", i ? "\n" : "", x->name);
        extracts_look_begin(r->session);
        for (size_t n = 0; n < x->count; n++)
            octavo_publish_text(r->session, x->pairs[n].name, octavo_text(x->pairs[n].value));
        if (!extracts_look(r->session))
            code = FOUND_WRONG;
    }
    return code;
}

/* ---- the file */

static char *file_read(const char *name, size_t *len) {
    FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
    char *text = in ? malloc(FILE_BYTES_MAX + 2) : NULL;
    *len = text ? fread(text, 1, FILE_BYTES_MAX + 1, in) : 0;
    if (text)
        text[*len] = 0;
    if (in && in != stdin)
        (void)fclose(in);
    return text;
}

/* In place: what a # begins is gone, lines are joined by blanks. */
static void comments_drop(char *text) {
    char *out = text;
    bool comment = false;
    for (const char *in = text; *in; in++) {
        comment = *in == '#' || (comment && *in != '\n');
        if (!comment)
            *out++ = *in == '\n' || *in == '\r' ? ' ' : *in;
    }
    *out = 0;
}

/* holidays = @FILE: what the file says now goes with the definition. */
static int holidays_load(const struct reading *r, struct section *x) {
    size_t len;
    struct pair *pair = x->pairs, *end = x->pairs + x->count;
    while (pair < end && strcmp(pair->name, "holidays") != 0)
        pair++;
    if (pair == end || *pair->value != '@')
        return DONE;
    x->holidays = file_read(pair->value + 1, &len);
    if (!x->holidays || len > FILE_BYTES_MAX || strlen(x->holidays) != len)
        return octavo_usage_error(r->session, "%s:%d: [%s]: %s cannot be read", r->file, x->line,
                                  x->name, pair->value + 1);
    comments_drop(x->holidays);
    pair->value = x->holidays;
    return DONE;
}

static int text_read(struct reading *r, char *text) {
    int code = DONE;
    for (char *line = text, *next; line && !code; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        r->line++;
        code = line_read(r, line);
    }
    for (size_t i = 0; i < r->count && !code; i++)
        code = holidays_load(r, &r->sections[i]);
    return code ? code : file_judge(r);
}

int extracts_apply(struct octavo_session *s, int count, char **arguments) {
    bool check = false, looks = false;
    struct reading r = { .session = s };
    const struct octavo_option options[] = { { "--check", NULL, &check },
                                             { "--dry-run", NULL, &looks },
                                             { NULL, NULL, NULL } };
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ "FILE", &r.file }, options);
    size_t len;
    (void)count;
    if (code)
        return code;
    char *text = file_read(r.file, &len);
    if (!text)
        return octavo_usage_error(s, "%s cannot be read", r.file);
    r.sections = calloc(SECTIONS_MAX, sizeof(*r.sections));
    if (len > FILE_BYTES_MAX || strlen(text) != len || !r.sections)
        code = octavo_usage_error(s, "%s is over 512 KiB, or no text", r.file);
    else
        code = text_read(&r, text);
    if (!code && looks)
        code = sections_look(&r);
    else if (!code && check)
        octavo_print(s, "%zu extracts, nothing wrong\n", r.count);
    else if (!code)
        code = sections_publish(&r);
    for (size_t i = 0; r.sections && i < r.count; i++)
        free(r.sections[i].holidays);
    free(r.sections);
    free(text);
    return code;
}
