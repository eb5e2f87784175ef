/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo status SYSTEM: every process of a system is asked on its control socket; a declared
 * service without a process is named too. Exit 1 when one is missing, silent or not ready. */
#include "commands.h"

#include "control_client.h"
#include "options.h"
#include "parts.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct status {
    const char *system;
    const char *file;
    const char *dir;
    bool json;
    bool red; /* something is not as it should be */
    struct buf out;
};

const char status_help[] =
    "octavo status SYSTEM [options]    what runs, and how it is doing\n"
    "\n"
    "  --dir DIR      data directory; default $OCTAVO_DIR or ./octavo-data\n"
    "  --file FILE    a declaration instead of the shipped one\n"
    "  --json         every process with its tasks, positions and counts\n"
    "\n"
    "Exit code 1 when a declared service has no process, or one is silent or not ready.\n"
    "\n"
    "example:\n"
    "  octavo status accounts --dir /var/lib/octavo\n";

static bool options_read(struct status *s, int count, char **arguments) {
    static const struct option known[] = {
        OPTION_DIR, OPTION_FILE, OPTION_JSON, OPTION_HELP, { NULL, 0, NULL, 0 }
    };
    for (int c; (c = option_next(count, arguments, known)) != -1;)
        switch (c) {
        default:
            if (!option_usual(c, &(struct options_usual){
                                     .dir = &s->dir, .file = &s->file, .json = &s->json }))
                return false;
        }
    s->system = optind < count ? arguments[optind] : NULL;
    if (optind + 1 == count)
        return true;
    if (!command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: one SYSTEM is wanted, such as accounts\n");
    return false;
}

/* ---- a table for people */

static int64_t number(const struct json *j, const char *name) {
    int64_t value = 0;
    (void)json_get_int(j, name, &value);
    return value;
}

static void print_process(struct status *s, const struct control_peer *peer, const struct json *j) {
    struct bytes reason = bytes_text("?");
    char *name = text_format("%s.%s", peer->service, peer->instance);
    (void)json_get_text(j, "reason", &reason);
    s->red = s->red || reason.len;
    buf_print(&s->out,
              "%-28s %7" PRId64 " %5" PRId64 " %10" PRId64 " %8" PRId64 " %8" PRId64
              " %9.1f %8" PRId64 "  %s%.*s\n",
              name, number(j, "pid"), number(j, "tasks"), number(j, "handled"),
              number(j, "repeats"), number(j, "lag"), (double)number(j, "lag_ms") / 1000,
              number(j, "outbox"), reason.len ? "not ready: " : "ready", (int)reason.len,
              (const char *)reason.data);
    free(name);
}

static void print_silent(struct status *s, const struct control_peer *peer) {
    char *name = text_format("%s.%s", peer->service, peer->instance);
    buf_print(&s->out, "%-28s %7s %5s %10s %8s %8s %9s %8s  %s\n", name, "-", "-", "-", "-", "-",
              "-", "-", "does not answer");
    free(name);
}

static void add_to_table(struct status *s, const struct control_peer *peer, struct bytes reply) {
    struct json json;
    if (json_read(&json, reply)) {
        print_silent(s, peer);
        s->red = true;
        return;
    }
    print_process(s, peer, &json);
    json_finish(&json);
}

/* ---- the whole as JSON */

static void add_to_list(struct status *s, struct bytes reply) {
    while (reply.len && reply.data[reply.len - 1] == '\n')
        reply.len--;
    buf_print(&s->out, "%s", s->out.data[s->out.len - 1] == '[' ? "" : ",");
    buf_put_bytes(&s->out, reply);
    s->red = s->red || memmem(reply.data, reply.len, "\"ready\":true", 12) == NULL;
}

/* ---- asking */

static void add_process(struct status *s, const struct control_peer *peer) {
    struct buf reply = { 0 };
    enum error e = control_call(peer, s->json ? "state" : "status", bytes_text(""), &reply);
    if (e && s->json) {
        s->red = true;
        buf_print(&s->out, "%s{\"service\":\"%s\",\"instance\":\"%s\",\"answers\":false}",
                  s->out.data[s->out.len - 1] == '[' ? "" : ",", peer->service, peer->instance);
    } else if (e) {
        s->red = true;
        print_silent(s, peer);
    } else if (s->json) {
        add_to_list(s, buf_bytes(&reply));
    } else {
        add_to_table(s, peer, buf_bytes(&reply));
    }
    buf_finish(&reply);
}

static bool has_process(const struct control_peers *peers, const char *service) {
    for (size_t i = 0; i < peers->count; i++)
        if (strcmp(peers->peers[i].service, service) == 0)
            return true;
    return false;
}

static void add_missing(struct status *s, const struct declaration *d,
                        const struct control_peers *peers) {
    if (s->json)
        json_open(&s->out, "not_running", '[');
    for (size_t i = 0; i < d->service_count; i++) {
        const char *name = d->services[i].name;
        if (has_process(peers, name))
            continue;
        s->red = true;
        if (s->json)
            json_put_text(&s->out, NULL, bytes_text(name));
        else
            buf_print(&s->out, "%-28s not running\n", name);
    }
    if (s->json)
        json_close(&s->out, ']');
}

static void put_all(struct status *s, const struct declaration *d,
                    const struct control_peers *peers) {
    if (s->json) {
        json_begin(&s->out);
        json_put_text(&s->out, "system", bytes_text(d->system));
        json_open(&s->out, "processes", '[');
    } else if (peers->count) {
        buf_print(&s->out, "%-28s %7s %5s %10s %8s %8s %9s %8s\n", "PROCESS", "PID", "TASKS",
                  "HANDLED", "REPEATS", "LAG", "LAG (s)", "OUTBOX");
    }
    for (size_t i = 0; i < peers->count; i++)
        add_process(s, &peers->peers[i]);
    if (s->json)
        json_close(&s->out, ']');
    add_missing(s, d, peers);
    if (s->json)
        json_put_bool(&s->out, "ready", !s->red);
    if (s->json)
        buf_put_text(&s->out, "}\n");
}

static enum error status_run(struct status *s) {
    struct place place = place_of(s->dir);
    struct declaration *declaration = NULL;
    struct control_peers peers = { 0 };
    enum error e = parts_declaration(&declaration, s->system, s->file);
    if (!e)
        e = control_peers_find(&peers, &place, declaration->system, NULL);
    if (!e) {
        put_all(s, declaration, &peers);
        (void)fwrite(s->out.data, 1, s->out.len, stdout);
    }
    control_peers_finish(&peers);
    declaration_destroy(declaration);
    place_finish(&place);
    buf_finish(&s->out);
    return e;
}

int status_command(int count, char **arguments) {
    struct status s = { 0 };
    if (!options_read(&s, count, arguments))
        return command_usage(count, arguments, status_help);
    enum error e = status_run(&s);
    if (e) {
        error_print();
        return command_exit_code(e);
    }
    return s.red ? EXIT_FOUND : EXIT_DONE;
}
