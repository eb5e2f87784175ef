/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* reconcile --switch FILE: the day-end. The switch's file is CSV with a header that names its
 * columns in any order: rrn, amount (minor units, below zero or with a type of reversal: given
 * back), and what else it likes. Ours is every posting in the time, summed by retrieval reference,
 * which is what a request ends with. Three kinds of breaks: ours only, theirs only, amounts
 * differ. */
#include "accounts.h"
#include "arguments.h"
#include "ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_CHARS = 4096, LINES_MAX = 10000000 };

static const char processor[] = "transaction-processor";

struct side {
    char *rrn;
    int64_t amount;
    bool theirs;
};

struct reconciling {
    struct octavo_session *session;
    int64_t from_ms, to_ms;
    struct side *sides;
    size_t count, room;
    uint64_t matched, ours, theirs, differ;
};

static void side_add(struct reconciling *r, struct octavo_text rrn, struct side side) {
    r->sides = room_for(r->sides, r->count, &r->room, sizeof(*r->sides));
    side.rrn = text_keep(rrn);
    r->sides[r->count++] = side;
}

/* ---- theirs */

static int column_find(char *const fields[CSV_FIELDS], size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i], name) == 0)
            return (int)i;
    return -1;
}

static bool number_read(const char *text, int64_t *out) {
    char *end;
    *out = strtoll(text, &end, 10);
    return end != text && *end == 0 && *out <= AMOUNT_MAX && *out >= -AMOUNT_MAX;
}

struct switch_file {
    const char *name;
    FILE *in;
    int rrn, amount, type; /* columns */
    size_t line;
};

static bool header_read(struct octavo_session *s, struct switch_file *f, char line[LINE_CHARS]) {
    char *fields[CSV_FIELDS];
    size_t count = fgets(line, LINE_CHARS, f->in) ? csv_cut(line, fields) : 0;
    f->line = 1;
    f->rrn = column_find(fields, count, "rrn");
    f->amount = column_find(fields, count, "amount");
    f->type = column_find(fields, count, "type");
    if (f->rrn >= 0 && f->amount >= 0)
        return true;
    (void)octavo_usage_error(s, "%s: its first line names no columns rrn and amount", f->name);
    return false;
}

static bool line_take(struct reconciling *r, const struct switch_file *f, char *line) {
    char *fields[CSV_FIELDS];
    int64_t amount;
    size_t count = csv_cut(line, fields);
    if (count == 1 && !fields[0][0])
        return true;
    if ((size_t)f->rrn >= count || (size_t)f->amount >= count || !fields[f->rrn][0]
        || !number_read(fields[f->amount], &amount)) {
        (void)octavo_usage_error(r->session, "%s:%zu: no rrn, or no amount in minor units", f->name,
                                 f->line);
        return false;
    }
    if (f->type >= 0 && (size_t)f->type < count && strcmp(fields[f->type], "reversal") == 0
        && amount > 0)
        amount = -amount;
    side_add(r, octavo_text(fields[f->rrn]), (struct side){ .amount = amount, .theirs = true });
    return true;
}

static bool theirs_read(struct reconciling *r, struct switch_file *f) {
    char line[LINE_CHARS];
    if (!header_read(r->session, f, line))
        return false;
    while (fgets(line, sizeof(line), f->in)) {
        f->line++;
        if (f->line > LINES_MAX || (!strchr(line, '\n') && !feof(f->in))) {
            (void)octavo_usage_error(r->session, "%s:%zu: the line is too long, or one too many",
                                     f->name, f->line);
            return false;
        }
        if (!line_take(r, f, line))
            return false;
    }
    return true;
}

/* ---- ours */

/* TERMINAL-DATE-STAN-RRN, and behind it what a reversal or a half of a transfer adds. */
static struct octavo_text rrn_of(struct octavo_text request) {
    size_t dashes = 0;
    for (size_t i = 0; i < request.len; i++) {
        dashes += request.data[i] == '-';
        if (dashes < 3 || request.data[i] != '-')
            continue;
        struct octavo_text rrn = { request.data + i + 1, 0 };
        while (i + 1 + rrn.len < request.len && rrn.data[rrn.len] != '-'
               && rrn.data[rrn.len] != '/')
            rrn.len++;
        return rrn;
    }
    return request;
}

/* What the machines gave: the cash's side. Its sign is theirs, who see a withdrawal as positive. */
static void on_posting(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    struct reconciling *r = context;
    struct octavo_text contra = v[POSTING_CONTRA].text;
    (void)key;
    (void)sub;
    (void)count;
    if (contra.len < 5 || memcmp(contra.data, "cash:", 5) != 0
        || v[POSTING_TIME].integer < r->from_ms || v[POSTING_TIME].integer >= r->to_ms)
        return;
    side_add(r, rrn_of(v[POSTING_TRANSACTION].text),
             (struct side){ .amount = v[POSTING_CONTRA_AMOUNT].integer });
}

/* ---- together */

static int side_order(const void *a, const void *b) {
    return strcmp(((const struct side *)a)->rrn, ((const struct side *)b)->rrn);
}

static void break_print(struct octavo_session *s, const char *what, const char *rrn,
                        const int64_t sums[2]) {
    if (octavo_json_wanted(s)) {
        octavo_print(s, "{\"break\":\"%s\",", what);
        octavo_print_member(s, "rrn", octavo_text(rrn));
        octavo_print(s, ",\"ours\":%" PRId64 ",\"theirs\":%" PRId64 "}\n", sums[0], sums[1]);
        return;
    }
    octavo_print(s, "%-15s ", what);
    octavo_print_text(s, octavo_text(rrn), 16);
    octavo_print(s, " ours %14" PRId64 "  theirs %14" PRId64 "\n", sums[0], sums[1]);
}

static size_t rrn_fold(struct reconciling *r, size_t at) {
    const char *rrn = r->sides[at].rrn;
    int64_t sums[2] = { 0, 0 };
    for (; at < r->count && strcmp(r->sides[at].rrn, rrn) == 0; at++)
        sums[r->sides[at].theirs] += r->sides[at].amount;
    if (sums[0] == sums[1]) {
        r->matched++;
        return at;
    }
    const char *what = !sums[1] ? "ours only" : !sums[0] ? "theirs only" : "amounts differ";
    r->ours += !sums[1];
    r->theirs += sums[1] && !sums[0];
    r->differ += sums[0] && sums[1];
    break_print(r->session, what, rrn, sums);
    return at;
}

static int sides_compare(struct reconciling *r) {
    if (r->count)
        qsort(r->sides, r->count, sizeof(*r->sides), side_order);
    for (size_t at = 0; at < r->count;)
        at = rrn_fold(r, at);
    octavo_print(r->session,
                 octavo_json_wanted(r->session)
                     ? "{\"matched\":%" PRIu64 ",\"ours_only\":%" PRIu64 ",\"theirs_only\":%" PRIu64
                       ",\"amounts_differ\":%" PRIu64 "}\n"
                     : "matched %" PRIu64 ", ours only %" PRIu64 ", theirs only %" PRIu64
                       ", amounts differ %" PRIu64 "\n",
                 r->matched, r->ours, r->theirs, r->differ);
    return r->ours || r->theirs || r->differ ? FOUND_WRONG : DONE;
}

static int file_reconcile(struct reconciling *r, const char *name) {
    struct switch_file f = { .name = name, .in = named_file_open(name) };
    if (!f.in)
        return octavo_usage_error(r->session, "%s cannot be read", name);
    bool read = theirs_read(r, &f);
    if (f.in != stdin)
        (void)fclose(f.in);
    if (!read)
        return USAGE;
    return octavo_rows(r->session, processor, "posting", NULL, on_posting, r) ? sides_compare(r)
                                                                              : FAILED;
}

int accounts_reconcile(struct octavo_session *s, int count, char **arguments) {
    static const char names[] = "";
    const char *file = NULL, *from = NULL, *to = NULL;
    struct reconciling r = { .session = s, .from_ms = INT64_MIN, .to_ms = INT64_MAX };
    const struct octavo_option options[] = { { "--switch", &file, NULL },
                                             { "--from", &from, NULL },
                                             { "--to", &to, NULL },
                                             { NULL, NULL, NULL } };
    (void)count;
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ names, NULL }, options);
    if (code)
        return code;
    if (!file)
        return octavo_usage_error(s, "reconcile wants --switch and a FILE");
    if ((from && !time_read(from, &r.from_ms)) || (to && !time_read(to, &r.to_ms)))
        return octavo_usage_error(s, "a time is 2026-11-22, 2026-11-22T10:30:00Z or milliseconds");
    code = file_reconcile(&r, file);
    for (size_t i = 0; i < r.count; i++)
        free(r.sides[i].rrn);
    free(r.sides);
    return code;
}
