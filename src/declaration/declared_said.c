/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What an octavo.yaml says about the system beside what runs: the answers to the eight questions,
 * and remarks by name - owners, patterns, future readers, waivers, librdkafka's properties. */
#include "declaration/declared_describe.h"
#include "declaration/declared_node.h"

#include <stddef.h>
#include <string.h>

enum { NOTES_MAX = 256, NOTE_NAME_MAX = 249, PROPERTIES_MAX = 128 };

/* ---- answers */

const struct question *declaration_question(int number) {
    static const struct question questions[ANSWERS] = {
        { "synchronous or asynchronous?", { "async", "edge", "sync", NULL } },
        { "events or messages?", { "events", "messages", "both", NULL } },
        { "idempotence?", { "id", "natural", "version", "none", NULL } },
        { "horizontal scale?", { "yes", "availability", "no", NULL } },
        { "transactions across processes?", { "yes", "saga", "no", NULL } },
        { "ordering?", { "key", "partition", "version", "none", NULL } },
        { "distribution over partitions and topics?", { "key", "spread", "single", NULL } },
        { "is it a business event?", { "yes", "some", "no", NULL } },
    };
    return number >= 1 && number <= ANSWERS ? &questions[number - 1] : NULL;
}

static bool is_number_of_answer(const char *name) {
    return name[0] >= '1' && name[0] <= '8' && !name[1];
}

/* Which ones there are depends on the question, whose number is the answer's name. */
static enum error read_choice(struct reader *r, const struct node *node, void *into) {
    const struct declared_answer *answer =
        (const void *)((const char *)into - offsetof(struct declared_answer, choice));
    TRY(node_text(r, node, into));
    return node_choice(r, node, declaration_question(answer->name[0] - '0')->choices, NULL);
}

static enum error read_answer(struct reader *r, const struct node *node, void *into) {
    static const struct field fields[] = {
        { "question", node_prose, offsetof(struct declared_answer, question), false },
        { "choice", read_choice, offsetof(struct declared_answer, choice), false },
        { "value", node_prose, offsetof(struct declared_answer, value), false },
        { "reason", node_prose, offsetof(struct declared_answer, reason), false },
        { NULL, NULL, 0, false },
    };
    struct declared_answer *answer = into;
    const struct question *question = declaration_question(answer->name[0] - '0');
    TRY(node_fields(r, node, fields, answer));
    if (!answer->question)
        answer->question = question->text;
    return E_ok;
}

/* Question by question, as each has choices of its own. */
static enum error answers_described(struct reader *r) {
    describe_type(r, "\"type\":\"object\"");
    buf_put_text(&r->describing->body, ",\"additionalProperties\":false,\"properties\":{");
    for (int n = 1; n <= ANSWERS; n++) {
        char name[] = { (char)('0' + n), 0 };
        struct declared_answer answer = { .name = name };
        struct buf value = { 0 };
        describe_value(r, read_answer, &answer, &value);
        buf_print(&r->describing->body, "%s\n\"%d\":%s", n > 1 ? "," : "", n, buf_text(&value));
        buf_finish(&value);
    }
    buf_put_byte(&r->describing->body, '}');
    return E_ok;
}

enum error declared_answers_read(struct reader *r, const struct node *node, void *into) {
    if (r->describing)
        return answers_described(r);
    static const struct wanted number = { "the number of a question, 1 to 8", "1: { value: ... }" };
    static const struct collection answers = {
        .what = "answers",
        .most = ANSWERS,
        .entry_size = sizeof(struct declared_answer),
        .name_is_good = is_number_of_answer,
        .name_wanted = &number,
        .read_entry = read_answer,
    };
    struct declaration *d = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &answers, &entries));
    d->answers = entries.array;
    d->answer_count = entries.count;
    return E_ok;
}

/* ---- remarks */

static bool is_note_name(const char *name) {
    return strlen(name) <= NOTE_NAME_MAX;
}

static enum error read_note(struct reader *r, const struct node *node, void *into) {
    return node_prose(r, node, &((struct declared_note *)into)->text);
}

enum error declared_notes_read(struct reader *r, const struct node *node, void *into) {
    static const struct wanted name = { "a name of at most 249 letters", "a shorter one" };
    static const struct collection notes = {
        .what = "remarks",
        .most = NOTES_MAX,
        .entry_size = sizeof(struct declared_note),
        .name_is_good = is_note_name,
        .name_wanted = &name,
        .read_entry = read_note,
    };
    struct declared_notes *out = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &notes, &entries));
    out->array = entries.array;
    out->count = entries.count;
    return E_ok;
}

/* ---- librdkafka's properties */

static bool is_property(const char *name) {
    static const char known[] = "abcdefghijklmnopqrstuvwxyz0123456789._";
    return strspn(name, known) == strlen(name) && strlen(name) <= NOTE_NAME_MAX;
}

enum error declared_kafka_read(struct reader *r, const struct node *node, void *into) {
    static const struct wanted name = { "the name of a librdkafka property",
                                        "max.poll.interval.ms: 300000" };
    static const struct collection properties = {
        .what = "properties",
        .most = PROPERTIES_MAX,
        .entry_size = sizeof(struct declared_note),
        .name_is_good = is_property,
        .name_wanted = &name,
        .read_entry = read_note,
    };
    struct declared_notes *out = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &properties, &entries));
    out->array = entries.array;
    out->count = entries.count;
    return E_ok;
}
