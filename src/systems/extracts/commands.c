/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The verbs that look at extracts and runs, and those that ask something of them. */
#include "arguments.h"
#include "calendar.h"
#include "extracts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char scheduler[] = "extract-scheduler", processor[] = "extract-processor";

/* ---- ls */

struct listing {
    struct octavo_session *session;
    size_t count;
};

static void extract_print(void *context, struct octavo_text key, struct octavo_text sub,
                          const struct octavo_value *v, size_t count) {
    struct listing *l = context;
    char next[32];
    (void)sub;
    (void)count;
    l->count++;
    moment_text(v[EXTRACT_NEXT].integer, next);
    if (!octavo_json_wanted(l->session)) {
        octavo_print(l->session, "%-24.*s %-8.*s %-20s %-18.*s %.*s\n", (int)key.len, key.data,
                     (int)v[EXTRACT_STATE].text.len, v[EXTRACT_STATE].text.data, next,
                     (int)v[EXTRACT_SCHEDULE].text.len, v[EXTRACT_SCHEDULE].text.data,
                     (int)v[EXTRACT_ZONE].text.len, v[EXTRACT_ZONE].text.data);
        return;
    }
    octavo_print(l->session, "{");
    octavo_print_member(l->session, "extract", key);
    octavo_print(l->session, ",");
    octavo_print_member(l->session, "state", v[EXTRACT_STATE].text);
    octavo_print(l->session, ",");
    octavo_print_member(l->session, "schedule", v[EXTRACT_SCHEDULE].text);
    octavo_print(l->session, ",");
    octavo_print_member(l->session, "zone", v[EXTRACT_ZONE].text);
    octavo_print(l->session, ",");
    octavo_print_member(l->session, "partner", v[EXTRACT_PARTNER].text);
    octavo_print(l->session,
                 ",\"next\":%" PRId64 ",\"until\":%" PRId64 ",\"missed\":%" PRId64 "}\n",
                 v[EXTRACT_NEXT].integer, v[EXTRACT_UNTIL].integer, v[EXTRACT_MISSED].integer);
}

static void run_json(struct octavo_session *s, struct octavo_text key,
                     const struct octavo_value *v) {
    static const struct {
        const char *name;
        enum run_column column;
    } members[] = {
        { "extract", RUN_EXTRACT },   { "state", RUN_STATE },   { "partner", RUN_PARTNER },
        { "name", RUN_NAME },         { "from", RUN_FROM },     { "until", RUN_UNTIL },
        { "rows", RUN_ROWS },         { "bytes", RUN_BYTES },   { "sha256", RUN_SHA256 },
        { "path", RUN_PATH },         { "reason", RUN_REASON }, { "scheduled", RUN_SCHEDULED },
        { "produced", RUN_PRODUCED }, { "sends", RUN_SENDS },   { "delivered", RUN_DELIVERED },
        { "repeats", RUN_REPEATS },   { "event", RUN_EVENT },   { "delayed", RUN_DELAYED },
    };
    octavo_print(s, "{");
    octavo_print_member(s, "run", key);
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
        const struct octavo_value *value = &v[members[i].column];
        octavo_print(s, ",");
        if (value->kind == OCTAVO_INT)
            octavo_print(s, "\"%s\":%" PRId64, members[i].name, value->integer);
        else
            octavo_print_member(s, members[i].name, value->text);
    }
    octavo_print(s, "}\n");
}

static void run_print(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *v, size_t count) {
    struct listing *l = context;
    (void)sub;
    (void)count;
    l->count++;
    if (octavo_json_wanted(l->session)) {
        run_json(l->session, key, v);
        return;
    }
    octavo_print(l->session, "%-40.*s %-11.*s %10" PRId64 " rows  %.*s  %.*s\n", (int)key.len,
                 key.data, (int)v[RUN_STATE].text.len, v[RUN_STATE].text.data, v[RUN_ROWS].integer,
                 (int)v[RUN_NAME].text.len, v[RUN_NAME].text.data, (int)v[RUN_REASON].text.len,
                 v[RUN_REASON].text.data);
}

int extracts_list(struct octavo_session *s, int count, char **arguments) {
    bool runs = false;
    struct listing l = { .session = s };
    const struct octavo_option options[] = { { "--runs", NULL, &runs }, { NULL, NULL, NULL } };
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ "", NULL }, options);
    (void)count;
    if (code)
        return code;
    if (!(runs ? octavo_rows(s, processor, "run", NULL, run_print, &l)
               : octavo_rows(s, scheduler, "extract", NULL, extract_print, &l)))
        return FAILED;
    if (!octavo_json_wanted(s))
        octavo_print(s, "%zu %s\n", l.count, runs ? "runs" : "extracts");
    return DONE;
}

/* ---- show */

static void run_show(void *context, struct octavo_text key, struct octavo_text sub,
                     const struct octavo_value *v, size_t count) {
    static const struct {
        const char *name;
        enum run_column column;
        bool is_moment;
    } lines[] = {
        { "state", RUN_STATE, false },
        { "reason", RUN_REASON, false },
        { "asked for by", RUN_EVENT, false },
        { "interval from", RUN_FROM, true },
        { "interval until", RUN_UNTIL, true },
        { "file", RUN_NAME, false },
        { "rows", RUN_ROWS, false },
        { "bytes", RUN_BYTES, false },
        { "SHA-256", RUN_SHA256, false },
        { "archive", RUN_PATH, false },
        { "partner", RUN_PARTNER, false },
        { "scheduled", RUN_SCHEDULED, true },
        { "produced", RUN_PRODUCED, true },
        { "delivered", RUN_DELIVERED, true },
        { "told to be late", RUN_DELAYED, true },
        { "deliveries", RUN_SENDS, false },
        { "asked again", RUN_REPEATS, false },
    };
    struct listing *l = context;
    char moment[32];
    (void)sub;
    (void)count;
    l->count++;
    if (octavo_json_wanted(l->session)) {
        run_json(l->session, key, v);
        return;
    }
    octavo_print(l->session, "%.*s\n", (int)key.len, key.data);
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        const struct octavo_value *value = &v[lines[i].column];
        if (lines[i].is_moment)
            octavo_print(l->session, "  %-15s %s\n", lines[i].name,
                         moment_text(value->integer, moment));
        else if (value->kind == OCTAVO_INT)
            octavo_print(l->session, "  %-15s %" PRId64 "\n", lines[i].name, value->integer);
        else if (value->text.len)
            octavo_print(l->session, "  %-15s %.*s\n", lines[i].name, (int)value->text.len,
                         value->text.data);
    }
}

int extracts_show(struct octavo_session *s, int count, char **arguments) {
    const char *run = NULL;
    struct listing l = { .session = s };
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ "RUN", &run }, NULL);
    (void)count;
    if (code)
        return code;
    if (!octavo_rows(s, processor, "run", run, run_show, &l))
        return FAILED;
    if (l.count)
        return DONE;
    (void)fprintf(stderr, "octavo: there is no run %s; see `octavo extracts ls --runs`\n", run);
    return FOUND_WRONG;
}

/* ---- next */

struct looking {
    struct octavo_session *session;
    int64_t runs, from_ms;
    size_t found;
};

static void due_print(const struct looking *l, int64_t from_ms, int64_t ms) {
    char begin[32], end[32];
    if (octavo_json_wanted(l->session))
        octavo_print(l->session, "{\"from\":%" PRId64 ",\"until\":%" PRId64 "}\n", from_ms, ms);
    else
        octavo_print(l->session, "%s  of [%s, %s)\n", moment_text(ms, end),
                     moment_text(from_ms, begin), end);
}

static void next_print(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    struct looking *l = context;
    (void)key;
    (void)sub;
    (void)count;
    l->found++;
    struct calendar calendar = { { v[EXTRACT_SCHEDULE].text, v[EXTRACT_ZONE].text,
                                   v[EXTRACT_GAP].text, v[EXTRACT_OVERLAP].text },
                                 v[EXTRACT_DAYS].text,
                                 v[EXTRACT_HOLIDAYS].text };
    int64_t from_ms = v[EXTRACT_UNTIL].integer, next = v[EXTRACT_NEXT].integer;
    if (l->from_ms
        && (!calendar_previous(&calendar, l->from_ms, &from_ms)
            || !calendar_next(&calendar, l->from_ms - 1, &next)))
        next = 0;
    for (int64_t i = 0; i < l->runs && next; i++) {
        due_print(l, from_ms, next);
        from_ms = next;
        if (!calendar_next(&calendar, from_ms, &next))
            next = 0;
    }
}

static int unknown_tell(const char *extract) {
    (void)fprintf(stderr, "octavo: there is no extract %s; see `octavo extracts ls`\n", extract);
    return FOUND_WRONG;
}

int extracts_next(struct octavo_session *s, int count, char **arguments) {
    const char *extract = NULL, *runs = "5", *from = NULL;
    struct looking l = { .session = s };
    const struct octavo_option options[] = { { "--count", &runs, NULL },
                                             { "--from", &from, NULL },
                                             { NULL, NULL, NULL } };
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ "EXTRACT", &extract }, options);
    (void)count;
    if (!code)
        code = moment_option(s, "--from", from, &l.from_ms);
    if (code)
        return code;
    l.runs = strtol(runs, NULL, 10);
    if (l.runs < 1 || l.runs > 10000)
        return octavo_usage_error(s, "--count is 1 to 10000");
    if (!octavo_rows(s, scheduler, "extract", extract, next_print, &l))
        return FAILED;
    return l.found ? DONE : unknown_tell(extract);
}

/* ---- asking */

static void on_extract(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    (void)key;
    (void)sub;
    (void)v;
    (void)count;
    ++*(size_t *)context;
}

/* DONE when it is there: what is asked of an extract that nobody knows would only be parked. */
static int row_want(struct octavo_session *s, const char *service, const char *table,
                    const char *key) {
    size_t found = 0;
    if (!octavo_rows(s, service, table, key, on_extract, &found))
        return FAILED;
    if (found)
        return DONE;
    (void)fprintf(stderr, "octavo: there is no %s %s\n", table, key);
    return FOUND_WRONG;
}

/* Each is a wish of its own: what a second retry asks for must not look like the first one's. */
static void command_begin(struct octavo_session *s, const char *topic, const char *type,
                          const char *key) {
    octavo_publish_begin(s, topic, type, octavo_text(key), octavo_text(""));
}

static int command_end(struct octavo_session *s) {
    if (!octavo_publish_send(s) || !octavo_publish_flush(s))
        return FAILED;
    octavo_print(s, octavo_json_wanted(s) ? "{\"requested\":1}\n" : "requested\n");
    return DONE;
}

int extracts_run(struct octavo_session *s, int count, char **arguments) {
    const char *extract = NULL, *at = NULL;
    bool again = false;
    int64_t nominal_ms = 0;
    const struct octavo_option options[] = { { "--at", &at, NULL },
                                             { "--again", NULL, &again },
                                             { NULL, NULL, NULL } };
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ "EXTRACT", &extract }, options);
    (void)count;
    if (!code)
        code = moment_option(s, "--at", at, &nominal_ms);
    if (!code)
        code = row_want(s, scheduler, "extract", extract);
    if (code)
        return code;
    command_begin(s, "extract-command", "extract-run-requested", extract);
    octavo_publish_text(s, "extract", octavo_text(extract));
    if (at)
        octavo_publish_int(s, "nominal", nominal_ms);
    octavo_publish_int(s, "again", again);
    return command_end(s);
}

int extracts_backfill(struct octavo_session *s, int count, char **arguments) {
    const char *extract = NULL, *from = NULL, *to = NULL;
    bool again = false;
    int64_t from_ms = 0, to_ms = 0;
    const struct octavo_option options[] = { { "--from", &from, NULL },
                                             { "--to", &to, NULL },
                                             { "--again", NULL, &again },
                                             { NULL, NULL, NULL } };
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ "EXTRACT", &extract }, options);
    (void)count;
    if (!code && (!from || !to))
        code = octavo_usage_error(s, "backfill wants --from TIME and --to TIME");
    if (!code)
        code = moment_option(s, "--from", from, &from_ms);
    if (!code)
        code = moment_option(s, "--to", to, &to_ms);
    if (!code)
        code = row_want(s, scheduler, "extract", extract);
    if (code)
        return code;
    command_begin(s, "extract-command", "extract-backfill-requested", extract);
    octavo_publish_text(s, "extract", octavo_text(extract));
    octavo_publish_int(s, "from", from_ms);
    octavo_publish_int(s, "to", to_ms);
    octavo_publish_int(s, "again", again);
    return command_end(s);
}

/* What is asked of a row that must be there, in a topic; the verb names the event. */
struct asked_of {
    const char *wanted; /* in a complaint */
    const char *service, *table, *topic;
};

static int row_ask(struct octavo_session *s, char **arguments, const struct asked_of *of) {
    const char *name = NULL;
    char type[64];
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ of->wanted, &name }, NULL);
    if (!code)
        code = row_want(s, of->service, of->table, name);
    if (code)
        return code;
    (void)snprintf(type, sizeof(type), "extract-%s-requested", arguments[0]);
    command_begin(s, of->topic, type, name);
    octavo_publish_text(s, of->table, octavo_text(name));
    return command_end(s);
}

int extracts_state(struct octavo_session *s, int count, char **arguments) {
    const struct asked_of of = { "EXTRACT", scheduler, "extract", "extract-command" };
    (void)count;
    return row_ask(s, arguments, &of);
}

int extracts_again(struct octavo_session *s, int count, char **arguments) {
    const struct asked_of of = { "RUN", processor, "run", "extract-scheduled" };
    (void)count;
    return row_ask(s, arguments, &of);
}

/* A partner may be named by an extract, and by a file of another system, which has only its run. */
struct naming_search {
    const char *partner;
    int column;
    bool found;
};

static void on_naming(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *v, size_t count) {
    struct naming_search *n = context;
    (void)key;
    (void)sub;
    (void)count;
    n->found = n->found || octavo_text_is(v[n->column].text, n->partner);
}

static bool partner_look(struct octavo_session *s, const char *partner, bool *known) {
    struct naming_search n = { partner, EXTRACT_PARTNER, false };
    bool good = octavo_rows(s, scheduler, "extract", NULL, on_naming, &n);
    n.column = RUN_PARTNER;
    if (good && !n.found)
        good = octavo_rows(s, processor, "run", NULL, on_naming, &n);
    *known = n.found;
    return good;
}

static void held_print(struct octavo_session *s, const char *partner, bool holds, bool known) {
    if (!octavo_json_wanted(s)) {
        octavo_print(s, "%s is %s\n", partner, holds ? "held" : "released");
        return;
    }
    octavo_print(s, "{");
    octavo_print_member(s, "partner", octavo_text(partner));
    octavo_print(s, ",\"held\":%s,\"known\":%s}\n", holds ? "true" : "false",
                 known ? "true" : "false");
}

/* A note beside `places`: whoever delivers looks at it each time (connectors/deliver/terms.h). */
int extracts_hold(struct octavo_session *s, int count, char **arguments) {
    const char *partner = NULL, *reason = "";
    bool holds = strcmp(arguments[0], "hold") == 0, known = false;
    const struct octavo_option options[] = { { "--reason", &reason, NULL }, { NULL, NULL, NULL } };
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ "PARTNER", &partner },
                                     holds ? options : NULL);
    (void)count;
    if (code)
        return code;
    if (!octavo_note(s, "held", partner, holds ? reason : NULL)
        || !partner_look(s, partner, &known))
        return FAILED;
    held_print(s, partner, holds, known);
    if (!known)
        (void)fprintf(stderr, "octavo: no extract and no run names the partner %s yet\n", partner);
    return DONE;
}

/* ---- tail */

struct tailing {
    struct octavo_session *session;
    const char *run; /* or an extract; NULL: every one */
};

static bool is_wanted(const struct tailing *t, const struct octavo_record *record) {
    struct octavo_text extract = { "", 0 };
    (void)octavo_record_text(record, "extract", &extract);
    return !t->run || octavo_text_is(record->key, t->run) || octavo_text_is(extract, t->run);
}

static bool on_announced(void *context, const struct octavo_record *record) {
    const struct tailing *t = context;
    struct octavo_text name = { "", 0 }, reason = { "", 0 };
    char moment[32];
    if (!is_wanted(t, record))
        return true;
    if (octavo_json_wanted(t->session)) {
        octavo_print(t->session, "%.*s\n", (int)record->json.len, record->json.data);
        return true;
    }
    (void)octavo_record_text(record, "name", &name);
    (void)octavo_record_text(record, "reason", &reason);
    octavo_print(t->session, "%s  %-18.*s %.*s  %.*s  %.*s\n", moment_text(record->time_ms, moment),
                 (int)record->type.len, record->type.data, (int)record->key.len, record->key.data,
                 (int)name.len, name.data, (int)reason.len, reason.data);
    return true;
}

int extracts_tail(struct octavo_session *s, int count, char **arguments) {
    struct tailing t = { .session = s };
    (void)count;
    for (char **word = arguments + 1; *word; word++) {
        if (**word == '-' || t.run)
            return octavo_usage_error(s, "tail does not know \"%s\"", *word);
        t.run = *word;
    }
    return octavo_records(s, "extract-announced", on_announced, &t) ? DONE : FAILED;
}
