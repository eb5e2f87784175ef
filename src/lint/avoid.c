/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* You may not need events: the rules that look for a table and a call which would do, and print
 * them.
 *
 * "Event Driven Architecture can be a very complicated way of solving application architecture
 * problems. It's best to avoid it if you can." A `future` entry with a reason answers them. */
#include "lint/rule.h"

#include <stdlib.h>
#include <string.h>

enum { POLLED_PER_DAY = 10 * 86400 };

/* ---- the plain alternative */

/* A name that SQL takes as one: in quotes, since a topic may be called "order". */
static char *sql_name(const char *name) {
    char *text = text_copy(name);
    for (char *c = text; *c; c++)
        if (*c == '-' || *c == '.')
            *c = '_';
    return text;
}

/* A table instead of the topic, written in the writer's own transaction and polled by its reader.
 */
static const char *table_instead(struct lint *l, const struct declared_topic *t, const char *writer,
                                 const char *reader) {
    char *table = sql_name(t->name), *key = sql_name(t->key ? t->key : "subject");
    const char *text = lint_print(
        l,
        "create table \"%s\" (\n"
        "  number integer primary key autoincrement,  -- the order, of all of them\n"
        "  id text not null unique,                   -- given by who asks: a repeat changes "
        "nothing\n"
        "  \"%s\" text not null, type text not null, body text not null,\n"
        "  done integer not null default 0);\n"
        "create index \"%s_open\" on \"%s\" (number) where done = 0;\n"
        "-- %s, in the transaction that makes it true:\n"
        "insert into \"%s\" (id, \"%s\", type, body) values (:id, :key, :type, :body)\n"
        "  on conflict (id) do nothing;\n"
        "-- %s, each second, its own rows and the marks in one transaction:\n"
        "select id, \"%s\", type, body from \"%s\" where done = 0 order by number limit 1000;\n"
        "update \"%s\" set done = 1 where id = :id;     -- of each: a lower number may commit "
        "later\n",
        table, key, table, table, writer, table, key, reader, key, table, table);
    free(table);
    free(key);
    return text;
}

/* A call and one table, where nothing asks for a log. */
static const char *call_instead(struct lint *l, const char *who, const char *whom) {
    return lint_print(
        l,
        "create table request (\n"
        "  id text primary key,        -- given by the caller, the same when it asks again\n"
        "  body text not null, answer text not null, at integer not null);\n"
        "-- %s calls %s, which does all of this in one transaction:\n"
        "select body, answer from request where id = :id;  -- there: the same answer; another\n"
        "                                                  -- body: refuse\n"
        "-- its own rows, then\n"
        "insert into request (id, body, answer, at) values (:id, :body, :answer, :at);\n",
        who, whom);
}

static bool has_future(const struct lint *l, const char *topic) {
    return declaration_note(l->d->future, topic) || declaration_note(l->d->future, l->d->system);
}

/* ---- AVD1 */

static void avd1_found(struct lint *l, const struct declared_topic *t, struct program writer,
                       struct program reader) {
    struct lint_finding *f = finding_of(l, t->name);
    finding_place(l, f, writing_at(l, writer, t->name), "%s is the only writer of %s", writer.name,
                  t->name);
    finding_place(l, f, reading_at(l, reader, t->name), "%s is its only reader", reader.name);
    finding_story(l, f,
                  "%s could write a row where it now sends, and %s could read it.\n"
                  "The broker in between is one more thing that can be down, full or behind.",
                  writer.name, reader.name);
    f->plain = table_instead(l, t, writer.name, reader.name);
}

void rule_AVD1(struct lint *l) {
    struct program writers[PROGRAMS_MAX], readers[PROGRAMS_MAX];
    for (size_t i = 0; i < l->d->topic_count; i++) {
        const struct declared_topic *t = &l->d->topics[i];
        if (!has_future(l, t->name) && programs_writing(l, t->name, writers) == 1
            && programs_reading(l, t->name, readers) == 1)
            avd1_found(l, t, writers[0], readers[0]);
    }
}

/* ---- AVD2 */

void rule_AVD2(struct lint *l) {
    if (!answer_is(l, 4, "no") || !answer_is(l, 5, "no") || !answer_is(l, 8, "no"))
        return;
    if (strcmp(l->d->broker, "embedded") != 0 || has_future(l, l->d->system))
        return;
    struct lint_finding *f = finding_of(l, l->d->system);
    finding_place(l, f, answer_at(l, 4), "answers.4: no horizontal scale, and 5: no transactions");
    finding_place(l, f, answer_at(l, 8), "answers.8: no business events");
    finding_story(
        l, f,
        "On one machine, with nothing that others want to know, a call is answered at once\n"
        "and either happened or did not. Through topics it is answered later, and may be unknown.");
    f->plain = call_instead(l, "the one who asks", l->d->system);
}

/* ---- AVD3 */

static const struct declared_service *asking_service(const struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        for (size_t k = 0; k < l->d->services[i].edge_count; k++)
            if (edge_takes_requests(&l->d->services[i], &l->d->services[i].edges[k]))
                return &l->d->services[i];
    return NULL;
}

/* Every topic is read by the one that asks and the one that answers, and by nobody else. */
static bool all_is_between(const struct lint *l) {
    struct program readers[PROGRAMS_MAX];
    for (size_t i = 0; i < l->d->topic_count; i++) {
        if (has_future(l, l->d->topics[i].name))
            return false;
        size_t count = programs_reading(l, l->d->topics[i].name, readers);
        for (size_t k = 0; k < count; k++)
            if (!readers[k].service)
                return false;
    }
    return l->d->topic_count > 0;
}

static bool has_effects(const struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        for (size_t k = 0; k < l->d->services[i].edge_count; k++)
            if (l->d->services[i].edges[k].effects.class != CLASS_NONE)
                return true;
    return false;
}

void rule_AVD3(struct lint *l) {
    const struct declared_service *asks = asking_service(l);
    if (!asks || l->d->service_count != 2 || !all_is_between(l) || has_effects(l)
        || !asks->consumes_count || !asks->produces_count)
        return;
    const struct declared_service *answers = &l->d->services[asks == &l->d->services[0]];
    if (!answers->consumes_count || !answers->produces_count)
        return;
    struct lint_finding *f = finding_of(l, asks->name);
    finding_place(l, f, declaration_at(l->d, "services", asks->name, "edges", NULL),
                  "%s asks, and waits for the answer", asks->name);
    finding_place(l, f, declaration_at(l->d, "services", answers->name, NULL),
                  "%s answers, and nobody else reads a topic of %s", answers->name, l->d->system);
    finding_story(
        l, f,
        "A request goes through a log and its answer comes back through one.\n"
        "A call does the same with one commit, one process and no unknown outcome between them.");
    f->plain = call_instead(l, asks->name, answers->name);
}

/* ---- AVD4 */

void rule_AVD4(struct lint *l) {
    struct program writers[PROGRAMS_MAX], readers[PROGRAMS_MAX];
    for (size_t i = 0; i < l->d->topic_count; i++) {
        const struct declared_topic *t = &l->d->topics[i];
        if (!t->rate_per_day || t->rate_per_day > POLLED_PER_DAY || has_future(l, t->name))
            continue;
        size_t writing = programs_writing(l, t->name, writers);
        size_t reading = programs_reading(l, t->name, readers);
        struct lint_finding *f = finding_of(l, t->name);
        finding_place(l, f, declaration_at(l->d, "topics", t->name, "rate", NULL),
                      "topics.%s: %lld records a day", t->name, (long long)t->rate_per_day);
        if (reading)
            finding_place(l, f, reading_at(l, readers[0], t->name), "read by %s", readers[0].name);
        finding_story(
            l, f,
            "That is at most ten in a second. A table with an index on what is open is polled\n"
            "each second for next to nothing, and is in the same backup as the rest.");
        f->plain = table_instead(l, t, writing ? writers[0].name : "the writer",
                                 reading ? readers[0].name : "the reader");
    }
}
