/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The answers themselves, and what the declaration says against them; topics that lead nowhere. */
#include "lint/rule.h"

#include <string.h>

void rule_ANS1(struct lint *l) {
    for (int n = 1; n <= ANSWERS; n++) {
        if (declaration_answer(l->d, n))
            continue;
        struct lint_finding *f = finding_of(l, lint_print(l, "%d", n));
        finding_place(l, f, declaration_at(l->d, "answers", NULL), "answers: %d is missing", n);
        finding_story(l, f, "%d. %s\nIt has an answer, whether anybody thought of it or not.", n,
                      declaration_question(n)->text);
    }
}

static const char *answer_lack(const struct declared_answer *a) {
    if (!a->choice)
        return "choice";
    return !a->value ? "value" : !a->reason ? "reason" : NULL;
}

void rule_ANS2(struct lint *l) {
    for (size_t i = 0; i < l->d->answer_count; i++) {
        const struct declared_answer *a = &l->d->answers[i];
        const char *lack = answer_lack(a);
        if (!lack)
            continue;
        struct lint_finding *f = finding_of(l, a->name);
        finding_place(l, f, declaration_at(l->d, "answers", a->name, NULL), "answers.%s has no %s",
                      a->name, lack);
        finding_story(l, f,
                      "%s\nIn a year somebody changes what it rests on, and nothing tells them.",
                      a->question);
    }
}

/* ---- ANS3 */

struct contradiction {
    int question;
    struct declared_at at;
    const char *what;
    const char *story;
};

static void contradiction_found(struct lint *l, const struct contradiction *c) {
    struct lint_finding *f = finding_of(l, lint_print(l, "%d", c->question));
    finding_place(l, f, answer_at(l, c->question), "answers.%d: choice %s", c->question,
                  declaration_answer(l->d, c->question)->choice);
    finding_place(l, f, c->at, "%s", c->what);
    finding_story(l, f, "%s", c->story);
}

static void ans3_synchronous(struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        for (size_t k = 0; k < l->d->services[i].edge_count; k++) {
            const struct declared_service *s = &l->d->services[i];
            const struct declared_edge *e = &s->edges[k];
            if (!edge_takes_requests(s, e))
                continue;
            if (answer_is(l, 1, "async"))
                contradiction_found(
                    l,
                    &(struct contradiction){
                        1, declaration_at(l->d, "services", s->name, "edges", e->name, NULL),
                        lint_print(l, "edge %s answers its callers", e->name),
                        "The answer says that nobody waits, and here somebody does.\n"
                        "A deadline and an unknown outcome come with it; are they thought of?" });
            return;
        }
    if (answer_is(l, 1, "edge") || answer_is(l, 1, "sync"))
        contradiction_found(
            l, &(struct contradiction){ 1, declaration_at(l->d, "services", NULL),
                                        "no edge takes requests",
                                        "The answer says that somebody is answered at once.\n"
                                        "Nothing here could do it." });
}

static void ans3_scale(struct lint *l) {
    bool one = l->d->topic_count > 0;
    for (size_t i = 0; i < l->d->service_count; i++) {
        const struct declared_service *s = &l->d->services[i];
        if (answer_is(l, 4, "no") && s->replicas > 1)
            contradiction_found(l,
                                &(struct contradiction){
                                    4, declaration_at(l->d, "services", s->name, "replicas", NULL),
                                    lint_print(l, "%s runs %d times", s->name, (int)s->replicas),
                                    "It is said to run once, and runs more often.\n"
                                    "Who relies on the answer keeps something in one process." });
    }
    for (size_t i = 0; i < l->d->topic_count; i++)
        one = one && l->d->topics[i].partitions == 1;
    if (one && answer_is(l, 4, "yes"))
        contradiction_found(
            l, &(struct contradiction){
                   4, declaration_at(l->d, "topics", NULL), "every topic has a single partition",
                   "The load doubles, a second process is started, and does nothing.\n"
                   "A partition has one owner, and there is one partition." });
}

static const struct declared_event *event_that(const struct lint *l, bool business,
                                               enum declared_kind kind, const char **topic) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        for (size_t k = 0; k < l->d->topics[i].event_count; k++) {
            const struct declared_event *e = &l->d->topics[i].events[k];
            *topic = l->d->topics[i].name;
            if (business ? e->is_business : e->kind == kind)
                return e;
        }
    return NULL;
}

static void ans3_kinds(struct lint *l) {
    const char *topic = NULL;
    enum declared_kind other = answer_is(l, 2, "events") ? KIND_COMMAND : KIND_EVENT;
    const struct declared_event *e = answer_is(l, 2, "events") || answer_is(l, 2, "messages")
                                         ? event_that(l, false, other, &topic)
                                         : NULL;
    if (e)
        contradiction_found(
            l,
            &(struct contradiction){
                2, declaration_at(l->d, "topics", topic, "events", e->name, "kind", NULL),
                lint_print(l, "%s is %s", e->name, other == KIND_EVENT ? "an event" : "a command"),
                "A fact is for everybody, a wish for one who acts on it.\n"
                "Who reads the answer expects one of them and meets the other." });
}

static void ans3_business(struct lint *l) {
    const char *topic = NULL;
    const struct declared_event *e = event_that(l, true, KIND_UNSAID, &topic);
    if (e && answer_is(l, 8, "no"))
        contradiction_found(
            l, &(struct contradiction){
                   8, declaration_at(l->d, "topics", topic, "events", e->name, "business", NULL),
                   lint_print(l, "%s is a business event", e->name),
                   "Nobody outside wants to know, says the answer, and here is what they read.\n"
                   "It will be changed without asking them." });
    if (!e && (answer_is(l, 8, "yes") || answer_is(l, 8, "some")))
        contradiction_found(
            l, &(struct contradiction){
                   8, declaration_at(l->d, "topics", NULL), "no event has `business: true`",
                   "People outside want to know, says the answer, and it does not say of what.\n"
                   "What is theirs cannot be told from what may change tomorrow." });
}

static void ans3_order(struct lint *l) {
    for (size_t i = 0; answer_is(l, 6, "version") && i < l->d->topic_count; i++) {
        const struct declared_topic *t = &l->d->topics[i];
        if (t->merges_by_version)
            return;
    }
    if (answer_is(l, 6, "version") && l->d->topic_count)
        contradiction_found(
            l, &(struct contradiction){
                   6, declaration_at(l->d, "topics", NULL), "no topic has `merge: version`",
                   "The version decides, says the answer, and no topic is said to carry one.\n"
                   "The last to arrive wins, whatever it says." });
}

static void ans3_single(struct lint *l) {
    for (size_t i = 0; answer_is(l, 7, "single") && i < l->d->topic_count; i++) {
        const struct declared_topic *t = &l->d->topics[i];
        if (t->partitions > 1) {
            contradiction_found(
                l, &(struct contradiction){
                       7, declaration_at(l->d, "topics", t->name, "partitions", NULL),
                       lint_print(l, "%s has %d partitions", t->name, (int)t->partitions),
                       "One partition, one order, says the answer.\n"
                       "With more there are as many orders." });
            return;
        }
    }
}

void rule_ANS3(struct lint *l) {
    ans3_synchronous(l);
    ans3_kinds(l);
    ans3_scale(l);
    ans3_order(l);
    ans3_single(l);
    ans3_business(l);
}

/* ---- topics that lead nowhere */

void rule_END1(struct lint *l) {
    struct program programs[PROGRAMS_MAX];
    for (size_t i = 0; i < l->d->topic_count; i++) {
        const char *topic = l->d->topics[i].name;
        if (programs_writing(l, topic, programs))
            continue;
        struct lint_finding *f = finding_of(l, topic);
        finding_place(l, f, declaration_at(l->d, "topics", topic, NULL), "nobody writes topics.%s",
                      topic);
        if (programs_reading(l, topic, programs))
            finding_place(l, f, reading_at(l, programs[0], topic), "and %s waits for it",
                          programs[0].name);
        finding_story(l, f,
                      "The topic stays empty. Its readers are up, healthy and idle,\n"
                      "and everybody looks for the fault in them.");
    }
}

void rule_END2(struct lint *l) {
    struct program programs[PROGRAMS_MAX];
    for (size_t i = 0; i < l->d->topic_count; i++) {
        const char *topic = l->d->topics[i].name;
        if (programs_reading(l, topic, programs) || declaration_note(l->d->future, topic))
            continue;
        struct lint_finding *f = finding_of(l, topic);
        finding_place(l, f, declaration_at(l->d, "topics", topic, NULL), "nobody reads topics.%s",
                      topic);
        if (programs_writing(l, topic, programs))
            finding_place(l, f, writing_at(l, programs[0], topic), "%s writes it",
                          programs[0].name);
        finding_story(l, f,
                      "Every record of %s is written, synced, kept and deleted.\n"
                      "When it is read for the first time it turns out to be wrong since long ago.",
                      topic);
    }
}
