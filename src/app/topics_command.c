/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo topics plan|diff|apply: the declared topics held against a broker's, and made so. */
#include "commands.h"

#include "options.h"
#include "parts.h"
#include "place.h"
#include "topics_plan.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_WITHIN_MS = 10000 };

struct topics_call {
    const char *verb, *target, *dir, *broker;
    bool json, unsafe;
    const struct declaration *declaration;
    struct kafka_topics *topics;
    struct buf out;
    int found, left; /* differences, and those that are still there at the end */
};

const char topics_help[] =
    "octavo topics plan|diff|apply SYSTEM|FILE [options]    declared topics and a broker's\n"
    "\n"
    "  plan                what apply would do, and what only --unsafe lets it do\n"
    "  diff                what differs: topic, setting, declared, found\n"
    "  apply               makes topics that are not there, and lets records stay longer\n"
    "  --unsafe            with apply: also what deletes records or moves keys\n"
    "  --broker HOST:PORT  default: what runs in the data directory, else the declared broker\n"
    "  --dir DIR           data directory; default $OCTAVO_DIR or ./octavo-data\n"
    "  --json              one object a difference\n"
    "\n"
    "Any Kafka will do. A setting that is not declared is left as it is. Exit code: 0 all is as\n"
    "declared, 1 something differs (after apply: still), 2 wrong usage, 3 failed.\n"
    "\n"
    "example:\n"
    "  octavo topics plan accounts --broker kafka1:9092\n";

static bool option_take(struct topics_call *c, int option) {
    switch (option) {
    case 'u':
        c->unsafe = true;
        return true;
    default:
        return option_usual(option, &(struct options_usual){
                                        .dir = &c->dir, .broker = &c->broker, .json = &c->json });
    }
}

static bool options_read(struct topics_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "unsafe", 0, NULL, 'u' }, OPTION_BROKER, OPTION_DIR, OPTION_JSON, OPTION_HELP, OPTION_END,
    };
    for (int option; (option = option_next(count, arguments, known)) != -1;)
        if (!option_take(c, option))
            return false;
    bool wanted = optind + 2 == count;
    if (wanted) {
        c->verb = arguments[optind];
        c->target = arguments[optind + 1];
        wanted = !strcmp(c->verb, "plan") || !strcmp(c->verb, "diff") || !strcmp(c->verb, "apply");
    }
    if (!wanted && !command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: plan, diff or apply, and one SYSTEM or FILE\n");
    return wanted;
}

/* ---- telling */

static void difference_json(struct topics_call *c, const struct topic_change *change,
                            const char *done) {
    json_open(&c->out, NULL, '{');
    json_put_text(&c->out, "topic", bytes_text(change->topic->name));
    json_put_text(&c->out, "setting", bytes_text(change->setting));
    json_put_text(&c->out, "declared", bytes_text(change->declared));
    json_put_text(&c->out, "found", bytes_text(change->found));
    json_put_bool(&c->out, "safe", !change->danger);
    if (change->danger)
        json_put_text(&c->out, "danger", bytes_text(change->danger));
    json_put_text(&c->out, "state", bytes_text(done));
    json_close(&c->out, '}');
}

static void difference_tell(struct topics_call *c, const struct topic_change *change,
                            const char *done) {
    const char *topic = change->topic->name;
    if (c->json)
        difference_json(c, change, done);
    else if (strcmp(c->verb, "diff") == 0)
        buf_print(&c->out, "%s %s: declared %s, found %s\n", topic, change->setting,
                  change->declared, change->kind == CHANGE_CREATE ? "no topic" : change->found);
    else if (change->kind == CHANGE_CREATE)
        buf_print(&c->out, "%s: make %s with %s partitions\n", done, topic, change->declared);
    else
        buf_print(&c->out, "%s: set %s of %s from %s to %s%s%s\n", done, change->setting, topic,
                  change->found, change->declared, change->danger ? ": " : "",
                  change->danger ? change->danger : "");
}

/* ---- doing */

static enum error change_make(struct topics_call *c, const struct topic_change *change) {
    const struct declared_topic *t = change->topic;
    struct kafka_topic_wanted wanted = { t->name, t->partitions, t->compacted, t->retention_ms,
                                         t->tombstones_ms };
    switch (change->kind) {
    case CHANGE_CREATE:
        return kafka_topics_create(c->topics, &wanted);
    case CHANGE_GROW:
        return kafka_topics_grow(c->topics, t->name, t->partitions);
    case CHANGE_SETTING:
        return kafka_topics_set(c->topics, t->name, change->setting, change->declared);
    case CHANGE_IMPOSSIBLE:
        break;
    }
    return E_ok;
}

static enum error change_handle(struct topics_call *c, const struct topic_change *change) {
    bool applies = strcmp(c->verb, "apply") == 0;
    bool may = change->kind != CHANGE_IMPOSSIBLE && (!change->danger || c->unsafe);
    c->found++;
    if (applies && may)
        TRY_WHILE(change_make(c, change), "changing topic %s", change->topic->name);
    else
        c->left++;
    difference_tell(c, change,
                    applies && may                      ? "done"
                    : change->kind == CHANGE_IMPOSSIBLE ? "impossible"
                    : change->danger                    ? "unsafe"
                                                        : "to do");
    return E_ok;
}

static enum error topics_handle(struct topics_call *c) {
    for (size_t i = 0; i < c->declaration->topic_count; i++) {
        struct kafka_topic_found found;
        struct topic_change changes[TOPIC_CHANGES_MAX];
        const struct declared_topic *t = &c->declaration->topics[i];
        TRY(kafka_topics_find(c->topics, t->name, &found));
        int count = topic_changes(c->declaration, t, &found, changes);
        for (int k = 0; k < count; k++)
            TRY(change_handle(c, &changes[k]));
    }
    return E_ok;
}

static enum error broker_find(struct topics_call *c, char **out) {
    struct place place = place_of(c->dir);
    *out = c->broker ? text_copy(c->broker) : place_broker(&place);
    if (!*out && strcmp(c->declaration->broker, "embedded") != 0)
        *out = text_copy(c->declaration->broker);
    enum error e = *out ? E_ok : fail(E_usage, "no broker runs in %s", place.dir);
    if (e)
        fail_try("octavo up %s, or --broker HOST:PORT", c->target);
    place_finish(&place);
    return e;
}

static enum error topics_run(struct topics_call *c) {
    char *broker = NULL;
    TRY(broker_find(c, &broker));
    enum error e = kafka_topics_open(&c->topics, broker, ANSWER_WITHIN_MS);
    if (!e)
        e = topics_handle(c);
    kafka_topics_close(c->topics);
    free(broker);
    return e;
}

static void out_print(struct topics_call *c) {
    if (c->json) {
        json_close(&c->out, ']');
        json_end(&c->out);
        buf_put_byte(&c->out, '\n');
    } else if (!c->found) {
        buf_print(&c->out, "every topic of %s is as declared\n", c->target);
    }
    (void)fwrite(c->out.data, 1, c->out.len, stdout);
}

int topics_command(int count, char **arguments) {
    struct topics_call c = { 0 };
    struct declaration *d = NULL;
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, topics_help);
    enum error e = parts_target(&d, c.target);
    c.declaration = d;
    if (c.json) {
        json_begin(&c.out);
        json_open(&c.out, "differences", '[');
    }
    if (!e)
        e = topics_run(&c);
    if (!e || c.found)
        out_print(&c);
    if (e)
        error_print();
    buf_finish(&c.out);
    declaration_destroy(d);
    return e ? command_exit_code(e) : c.left ? EXIT_FOUND : EXIT_DONE;
}
