/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo export: a declaration as others write it. AsyncAPI 3.0, one document a service, as one
 * document is one application; and the topics as a script for Kafka's own tools. Both depend on the
 * declaration alone. */
#include "commands.h"

#include "base/disk.h"
#include "options.h"
#include "parts.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA_BYTES_MAX = 1 << 20 };

struct export_call {
    const char *what, *system, *service, *file;
    const struct declaration *d;
    struct buf out;
};

const char export_help[] =
    "octavo export asyncapi SYSTEM|FILE --service NAME   an AsyncAPI 3.0 document of one service\n"
    "octavo export asyncapi SYSTEM|FILE                  an index of the services' documents\n"
    "octavo export kafka SYSTEM|FILE                     the topics, as a script of "
    "kafka-topics.sh\n"
    "\n"
    "examples:\n"
    "  octavo export asyncapi accounts --service transaction-processor > processor.asyncapi.json\n"
    "  octavo export kafka ./octavo.yaml | BOOTSTRAP=kafka1:9092 sh\n";

/* ---- asyncapi */

static void text_put(struct buf *out, const char *name, const char *value) {
    if (value)
        json_put_text(out, name, bytes_text(value));
}

static void ref_put(struct buf *out, const char *name, const char *where, const char *what) {
    char *to = text_format("#/%s/%s", where, what);
    json_open(out, name, '{');
    text_put(out, "$ref", to);
    json_close(out, '}');
    free(to);
}

static void answers_put(struct export_call *c) {
    json_open(&c->out, "x-octavo-answers", '{');
    for (size_t i = 0; i < c->d->answer_count; i++) {
        const struct declared_answer *a = &c->d->answers[i];
        json_open(&c->out, a->name, '{');
        text_put(&c->out, "question", a->question);
        text_put(&c->out, "choice", a->choice);
        text_put(&c->out, "value", a->value);
        text_put(&c->out, "reason", a->reason);
        json_close(&c->out, '}');
    }
    json_close(&c->out, '}');
}

static void info_put(struct export_call *c, const char *title) {
    json_open(&c->out, "info", '{');
    text_put(&c->out, "title", title);
    text_put(&c->out, "version", "1.0.0");
    json_close(&c->out, '}');
}

/* The first of the brokers: a document names where to go, clients learn of the others. */
static void servers_put(struct export_call *c) {
    const char *broker = strcmp(c->d->broker, "embedded") ? c->d->broker : "localhost:9092";
    json_open(&c->out, "servers", '{');
    json_open(&c->out, "broker", '{');
    json_put_text(&c->out, "host", bytes_of(broker, strcspn(broker, ",")));
    text_put(&c->out, "protocol", "kafka");
    json_close(&c->out, '}');
    json_close(&c->out, '}');
}

static void topic_bindings_put(struct buf *out, const struct declared_topic *t) {
    json_open(out, "bindings", '{');
    json_open(out, "kafka", '{');
    text_put(out, "topic", t->name);
    json_put_int(out, "partitions", t->partitions);
    json_open(out, "topicConfiguration", '{');
    json_open(out, "cleanup.policy", '[');
    text_put(out, NULL, t->compacted ? "compact" : "delete");
    json_close(out, ']');
    if (t->retention_ms)
        json_put_int(out, "retention.ms", t->retention_ms);
    json_close(out, '}');
    text_put(out, "bindingVersion", "0.5.0");
    json_close(out, '}');
    json_close(out, '}');
}

/* A schema that cannot be read is left out: lint tells of it. */
static void payload_put(struct export_call *c, const struct declared_event *e) {
    struct buf schema = { 0 };
    struct schema_source source = { c->d->system, c->file != NULL };
    if (e->schema && !parts_schema_read(&source, e->schema, &schema)) {
        buf_put_text(&c->out, ",\"payload\":");
        buf_put_bytes(&c->out, buf_bytes(&schema));
    }
    buf_finish(&schema);
}

static void message_put(struct export_call *c, const struct declared_event *e) {
    static const char *const kinds[] = { NULL, "event", "command", "tick" };
    json_open(&c->out, e->name, '{');
    text_put(&c->out, "name", e->name);
    text_put(&c->out, "contentType", "application/json");
    payload_put(c, e);
    text_put(&c->out, "x-octavo-kind", kinds[e->kind]);
    text_put(&c->out, "x-octavo-owner", e->owner);
    text_put(&c->out, "x-octavo-version", e->version);
    json_close(&c->out, '}');
}

static bool is_named(const char *const *names, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void channels_put(struct export_call *c, const struct declared_service *s) {
    json_open(&c->out, "channels", '{');
    for (size_t i = 0; i < c->d->topic_count; i++) {
        const struct declared_topic *t = &c->d->topics[i];
        if (!is_named(s->consumes, s->consumes_count, t->name)
            && !is_named(s->produces, s->produces_count, t->name))
            continue;
        json_open(&c->out, t->name, '{');
        text_put(&c->out, "address", t->name);
        json_open(&c->out, "messages", '{');
        for (size_t k = 0; k < t->event_count; k++)
            message_put(c, &t->events[k]);
        json_close(&c->out, '}');
        topic_bindings_put(&c->out, t);
        json_close(&c->out, '}');
    }
    json_close(&c->out, '}');
}

struct operation {
    const char *action;
    const char *const *topics;
    size_t count;
};

static void operations_put(struct export_call *c, const struct declared_service *s,
                           const struct operation *o) {
    for (size_t i = 0; i < o->count; i++) {
        char *name = text_format("%s-%s", o->action, o->topics[i]);
        json_open(&c->out, name, '{');
        text_put(&c->out, "action", o->action);
        ref_put(&c->out, "channel", "channels", o->topics[i]);
        if (strcmp(o->action, "receive") == 0 && !s->tasks) {
            char *group = text_format("%s.%s", c->d->system, s->name);
            json_open(&c->out, "bindings", '{');
            json_open(&c->out, "kafka", '{');
            json_open(&c->out, "groupId", '{');
            text_put(&c->out, "type", "string");
            json_open(&c->out, "enum", '[');
            text_put(&c->out, NULL, group);
            json_close(&c->out, ']');
            json_close(&c->out, '}');
            text_put(&c->out, "bindingVersion", "0.5.0");
            json_close(&c->out, '}');
            json_close(&c->out, '}');
            free(group);
        }
        json_close(&c->out, '}');
        free(name);
    }
}

static enum error asyncapi_service(struct export_call *c) {
    const struct declared_service *s = declaration_service(c->d, c->service);
    if (!s)
        return fail(E_usage, "system %s declares no service %s", c->d->system, c->service);
    char *title = text_format("%s %s", c->d->system, s->name);
    struct operation receives = { "receive", s->consumes, s->consumes_count };
    struct operation sends = { "send", s->produces, s->produces_count };
    json_begin(&c->out);
    text_put(&c->out, "asyncapi", "3.0.0");
    info_put(c, title);
    text_put(&c->out, "defaultContentType", "application/json");
    servers_put(c);
    channels_put(c, s);
    json_open(&c->out, "operations", '{');
    operations_put(c, s, &receives);
    operations_put(c, s, &sends);
    json_close(&c->out, '}');
    answers_put(c);
    json_end(&c->out);
    free(title);
    return E_ok;
}

static void asyncapi_index(struct export_call *c) {
    json_begin(&c->out);
    text_put(&c->out, "system", c->d->system);
    json_open(&c->out, "documents", '[');
    for (size_t i = 0; i < c->d->service_count; i++) {
        char *name = text_format("%s.asyncapi.json", c->d->services[i].name);
        json_open(&c->out, NULL, '{');
        text_put(&c->out, "service", c->d->services[i].name);
        text_put(&c->out, "document", name);
        json_close(&c->out, '}');
        free(name);
    }
    json_close(&c->out, ']');
    answers_put(c);
    json_end(&c->out);
}

/* ---- kafka */

static void kafka_print(struct export_call *c) {
    buf_print(&c->out,
              "#!/bin/sh\n# The topics of %s, for Kafka's own tools: BOOTSTRAP names a broker.\n"
              "set -e\n",
              c->d->system);
    for (size_t i = 0; i < c->d->topic_count; i++) {
        const struct declared_topic *t = &c->d->topics[i];
        buf_print(&c->out,
                  "kafka-topics.sh --bootstrap-server \"$BOOTSTRAP\" --create --if-not-exists "
                  "--topic '%s'"
                  " --partitions %d --config cleanup.policy=%s",
                  t->name, t->partitions, t->compacted ? "compact" : "delete");
        if (t->retention_ms)
            buf_print(&c->out, " --config retention.ms=%lld", (long long)t->retention_ms);
        if (t->tombstones_ms)
            buf_print(&c->out, " --config delete.retention.ms=%lld", (long long)t->tombstones_ms);
        buf_put_byte(&c->out, '\n');
    }
}

/* ---- the command */

static bool options_read(struct export_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "service", 1, NULL, 's' },
        OPTION_HELP,
        OPTION_END,
    };
    for (int option; (option = option_next(count, arguments, known)) != -1;)
        if (option == 's')
            c->service = optarg;
        else
            return false;
    const char *what = optind + 2 == count ? arguments[optind] : "";
    if (strcmp(what, "asyncapi") != 0 && strcmp(what, "kafka") != 0) {
        if (!command_asked_help(count, arguments))
            (void)fprintf(stderr,
                          "octavo: wrong usage: asyncapi or kafka, and a system, are wanted\n");
        return false;
    }
    c->what = what;
    c->system = arguments[optind + 1];
    c->file = parts_system(c->system) ? NULL : c->system;
    return true;
}

static enum error export(struct export_call *c) {
    if (strcmp(c->what, "kafka") == 0) kafka_print(c);
    else if (c->service) TRY(asyncapi_service(c));
    else asyncapi_index(c);
    (void)printf("%s%s", buf_text(&c->out), strcmp(c->what, "kafka") ? "\n" : "");
    return E_ok;
}

int export_command(int count, char **arguments) {
    struct export_call c = { 0 };
    struct declaration *d = NULL;
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, export_help);
    enum error e = parts_target(&d, c.system);
    c.d = d;
    if (!e)
        e = export(&c);
    if (e)
        error_print();
    buf_finish(&c.out);
    declaration_destroy(d);
    return command_exit_code(e);
}
