/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The verbs of the way back: command and desire wait for what device-state decides, state looks. */
#include "iot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DONE = 0, FOUND_WRONG = 1, USAGE = 2, FAILED = 3 };
enum { ID_CHARS = 80, REASON_CHARS = 200 };

/* ---- asking */

struct decision {
    char request[ID_CHARS];
    const char *done;
    bool is_done;
    int64_t version;
    char reason[REASON_CHARS];
};

/* False: it is the answer. */
static bool on_record(void *context, const struct octavo_record *r) {
    struct decision *d = context;
    struct octavo_text request, reason = { "", 0 };
    bool answers = octavo_text_is(r->type, d->done) || octavo_text_is(r->type, "command-refused")
                   || octavo_text_is(r->type, "desired-refused");
    if (!answers || !octavo_record_text(r, "request", &request)
        || !octavo_text_is(request, d->request))
        return true;
    d->is_done = octavo_text_is(r->type, d->done);
    (void)octavo_record_int(r, "version", &d->version);
    (void)octavo_record_text(r, "reason", &reason);
    (void)snprintf(d->reason, sizeof(d->reason), "%.*s", (int)reason.len, reason.data);
    return false;
}

static void ask_begin(struct octavo_session *s, const char *type, const char *device,
                      struct decision *d) {
    octavo_publish_begin(s, "device-command", type, octavo_text(device), octavo_text(""));
    struct octavo_text id = octavo_publish_id(s);
    (void)snprintf(d->request, sizeof(d->request), "%.*s", (int)id.len, id.data);
    octavo_publish_text(s, "device", octavo_text(device));
    octavo_publish_text(s, "request", octavo_text(d->request));
}

static int decision_await(struct octavo_session *s, struct decision *d) {
    if (!octavo_publish_await(s, on_record, d))
        return FAILED;
    if (d->is_done)
        return DONE;
    (void)fprintf(stderr, "octavo: refused: %s\n", d->reason);
    return FOUND_WRONG;
}

int iot_command(struct octavo_session *s, int count, char **arguments) {
    struct decision d = { .done = "command-issued" };
    const char *words[2] = { NULL };
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "DEVICE TEXT", words }, NULL)
        != DONE)
        return USAGE;
    ask_begin(s, "command-requested", words[0], &d);
    octavo_publish_text(s, "text", octavo_text(words[1]));
    int code = decision_await(s, &d);
    if (code == DONE)
        octavo_print(s, octavo_json_wanted(s) ? "{\"command\":\"%s\"}\n" : "%s\n", d.request);
    return code;
}

int iot_desire(struct octavo_session *s, int count, char **arguments) {
    struct decision d = { .done = "desired-changed" };
    const char *words[3] = { NULL }, *version = NULL;
    const struct octavo_option options[] = { { "--version", &version, NULL },
                                             { NULL, NULL, NULL } };
    char *end = NULL;
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "DEVICE NAME VALUE", words },
                              options)
        != DONE)
        return USAGE;
    long long expected = version ? strtoll(version, &end, 10) : 0;
    if (version && (*end || end == version || expected < 0))
        return octavo_usage_error(s, "--version is the device's version, as state tells it");
    ask_begin(s, "desired-requested", words[0], &d);
    octavo_publish_text(s, "name", octavo_text(words[1]));
    octavo_publish_text(s, "value", octavo_text(words[2]));
    if (version)
        octavo_publish_int(s, "expected", expected);
    int code = decision_await(s, &d);
    if (code == DONE)
        octavo_print(
            s, octavo_json_wanted(s) ? "{\"version\":%" PRId64 "}\n" : "version %" PRId64 "\n",
            d.version);
    return code;
}

/* ---- state */

struct looking {
    struct octavo_session *session;
    const char *what;
    size_t found;
};

static void on_state(void *context, struct octavo_text key, struct octavo_text sub,
                     const struct octavo_value *values, size_t count) {
    struct looking *l = context;
    (void)sub;
    if (count < 2)
        return;
    l->found++;
    if (octavo_json_wanted(l->session)) {
        octavo_print(l->session, "{");
        octavo_print_member(l->session, "device", key);
        octavo_print(l->session, ",\"version\":%" PRId64 ",\"reported\":%" PRId64 "}\n",
                     values[0].integer, values[1].integer);
        return;
    }
    octavo_print_text(l->session, key, 0);
    octavo_print(l->session, ": version %" PRId64 ", it has come to ", values[0].integer);
    octavo_print(l->session, values[1].integer < 0 ? "none\n" : "%" PRId64 "\n", values[1].integer);
}

/* Of desired and reported: value, version, time. */
static void on_name(void *context, struct octavo_text key, struct octavo_text sub,
                    const struct octavo_value *values, size_t count) {
    struct looking *l = context;
    char time[OCTAVO_TIME_CHARS];
    (void)key;
    if (count < 3)
        return;
    l->found++;
    if (octavo_json_wanted(l->session)) {
        octavo_print(l->session, "{\"%s\":", l->what);
        octavo_print_json(l->session, sub);
        octavo_print(l->session, ",");
        octavo_print_member(l->session, "value", values[0].text);
        octavo_print(l->session, ",\"version\":%" PRId64 ",\"time\":\"%s\"}\n", values[1].integer,
                     octavo_time_text(time, values[2].integer));
        return;
    }
    octavo_print(l->session, "%-9s ", l->what);
    octavo_print_text(l->session, sub, 24);
    octavo_print_text(l->session, values[0].text, 24);
    octavo_print(l->session, "version %" PRId64 " %s\n", values[1].integer,
                 octavo_time_text(time, values[2].integer));
}

/* Text, state, asked, taken. */
static void on_command_row(void *context, struct octavo_text key, struct octavo_text sub,
                           const struct octavo_value *values, size_t count) {
    struct looking *l = context;
    char time[OCTAVO_TIME_CHARS];
    (void)key;
    if (count < 4)
        return;
    l->found++;
    if (octavo_json_wanted(l->session)) {
        octavo_print(l->session, "{");
        octavo_print_member(l->session, "command", sub);
        octavo_print(l->session, ",");
        octavo_print_member(l->session, "state", values[1].text);
        octavo_print(l->session, ",");
        octavo_print_member(l->session, "text", values[0].text);
        octavo_print(l->session, ",\"asked\":\"%s\"}\n", octavo_time_text(time, values[2].integer));
        return;
    }
    octavo_print(l->session, "command   ");
    octavo_print_text(l->session, values[0].text, 24);
    octavo_print_text(l->session, values[1].text, 24);
    octavo_print(l->session, "%s\n", octavo_time_text(time, values[2].integer));
}

int iot_state(struct octavo_session *s, int count, char **arguments) {
    static const struct {
        const char *table;
        octavo_on_row *on_row;
    } tables[] = { { "state", on_state },
                   { "desired", on_name },
                   { "reported", on_name },
                   { "command", on_command_row } };
    struct looking l = { .session = s };
    const char *device = NULL;
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "DEVICE", &device }, NULL)
        != DONE)
        return USAGE;
    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
        l.what = tables[i].table;
        if (!octavo_rows(s, "device-state", tables[i].table, device, tables[i].on_row, &l))
            return FAILED;
    }
    if (l.found)
        return DONE;
    (void)fprintf(stderr, "octavo: nothing was asked of %s, and it has reported nothing\n", device);
    return FOUND_WRONG;
}
