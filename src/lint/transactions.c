/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Transactions: what is one commit, and what must follow another one. */
#include "lint/rule.h"

#include <string.h>

/* ---- TXN1 */

static const struct declared_service *keeps_rows(const struct lint *l, size_t *from) {
    for (; *from < l->d->service_count; (*from)++) {
        const struct declared_service *s = &l->d->services[*from];
        if (s->table_count && s->state == STATE_ROWS)
            return &l->d->services[(*from)++];
    }
    return NULL;
}

void rule_TXN1(struct lint *l) {
    size_t at = 0;
    if (!answer_is(l, 5, "yes") || l->d->saga_count || declaration_note(l->d->patterns, "outbox"))
        return;
    const struct declared_service *first = keeps_rows(l, &at), *second = keeps_rows(l, &at);
    if (!second)
        return;
    struct lint_finding *f = finding_of(l, second->name);
    finding_place(l, f, answer_at(l, 5), "answers.5: transactions across processes, choice yes");
    finding_place(l, f, declaration_at(l->d, "services", second->name, "tables", NULL),
                  "%s keeps rows, and so does %s", second->name, first->name);
    finding_story(l, f,
                  "%s commits, and the process dies before %s does.\n"
                  "Until somebody goes on, one half of the transaction is visible, and nobody said "
                  "who goes on.",
                  first->name, second->name);
}

/* ---- TXN2 */

void rule_TXN2(struct lint *l) {
    for (size_t i = 0; i < l->d->outside_count; i++) {
        const struct declared_outside *o = &l->d->outside[i];
        if (!o->store || !o->produces_count || o->outbox)
            continue;
        struct lint_finding *f = finding_of(l, o->name);
        finding_place(l, f, declaration_at(l->d, "outside", o->name, "store", NULL),
                      "outside.%s stores in %s", o->name, o->store);
        finding_place(l, f, declaration_at(l->d, "outside", o->name, "produces", NULL),
                      "and sends to %s, without an outbox", o->produces[0]);
        finding_story(
            l, f,
            "%s writes to %s and dies before it sends; or sends, and its transaction is undone.\n"
            "From then on %s and %s tell different stories.",
            o->name, o->store, o->store, o->produces[0]);
    }
}

/* ---- TXN3 */

static const char *step_lack(const struct declared_saga_step *step, bool before_pivot) {
    if (step->pivot)
        return NULL;
    if (before_pivot && !step->undo)
        return "comes before the pivot and has no undo";
    if (!before_pivot && !step->retriable)
        return "comes after the pivot and is not retriable";
    return NULL;
}

static void txn3_step(struct lint *l, const struct declared_saga *saga,
                      const struct declared_saga_step *step, const char *lack) {
    struct lint_finding *f = finding_of(l, saga->name);
    finding_place(l, f, declaration_at(l->d, "sagas", saga->name, step->name, NULL),
                  "sagas.%s.%s %s", saga->name, step->name, lack);
    if (declaration_answer(l->d, 5))
        finding_place(l, f, answer_at(l, 5), "answers.5: transactions across processes");
    finding_story(l, f,
                  "A later step of %s is refused. What %s did stays done.\n"
                  "The saga can neither go on nor go back.",
                  saga->name, step->name);
}

static void txn3_saga(struct lint *l, const struct declared_saga *saga) {
    size_t pivot = 0;
    while (pivot < saga->step_count && !saga->steps[pivot].pivot)
        pivot++;
    for (size_t i = 0; i < saga->step_count; i++) {
        const struct declared_saga_step *step = &saga->steps[i];
        const char *lack =
            i > pivot && step->pivot ? "is a second pivot" : step_lack(step, i < pivot);
        if (lack)
            txn3_step(l, saga, step, lack);
    }
}

void rule_TXN3(struct lint *l) {
    for (size_t i = 0; i < l->d->saga_count; i++)
        txn3_saga(l, &l->d->sagas[i]);
    if (!answer_is(l, 5, "saga") || l->d->saga_count)
        return;
    struct lint_finding *f = finding_of(l, l->d->system);
    finding_place(l, f, answer_at(l, 5), "answers.5: choice saga, and no `sagas`");
    finding_story(l, f,
                  "A step fails after others were done.\n"
                  "Which ones, and what undoes each of them, stands nowhere.");
    finding_fix(l, f, "declare the steps in `sagas`, each with `undo`, `pivot` or `retriable`");
}

/* ---- TXN4 */

static void txn4_outside(struct lint *l, const struct declared_outside *o) {
    for (size_t i = 0; i < o->consumes_count; i++) {
        const struct declared_topic *t = declaration_topic(l->d, o->consumes[i]);
        if (!t->compacted || (o->isolation && strcmp(o->isolation, "read_committed") == 0))
            continue;
        struct lint_finding *f = finding_of(l, o->name);
        finding_place(
            l, f,
            declaration_at(l->d, "outside", o->name, o->isolation ? "isolation" : "consumes", NULL),
            "outside.%s: isolation %s", o->name, o->isolation ? o->isolation : "not said");
        finding_place(l, f, declaration_at(l->d, "topics", t->name, "compacted", NULL),
                      "topics.%s is compacted, so it is written in transactions", t->name);
        finding_story(
            l, f,
            "A stalled writer wakes up and sends an old value of a key; the broker aborts it.\n"
            "%s reads it all the same, and believes it.",
            o->name);
    }
}

void rule_TXN4(struct lint *l) {
    const char *isolation = declaration_note(l->d->kafka, "isolation.level");
    for (size_t i = 0; i < l->d->outside_count; i++)
        txn4_outside(l, &l->d->outside[i]);
    for (size_t i = 0; isolation && i < l->d->topic_count; i++) {
        if (!l->d->topics[i].compacted || strcmp(isolation, "read_uncommitted") != 0)
            continue;
        struct lint_finding *f = finding_of(l, "isolation.level");
        finding_place(l, f, declaration_at(l->d, "kafka", "isolation.level", NULL),
                      "kafka: isolation.level read_uncommitted");
        finding_place(l, f, declaration_at(l->d, "topics", l->d->topics[i].name, "compacted", NULL),
                      "topics.%s is compacted, so it is written in transactions",
                      l->d->topics[i].name);
        finding_story(
            l, f,
            "A stalled writer's late record is aborted by the broker\nand read all the same.");
        finding_fix(l, f, "remove the property: read_committed is Octavo's own");
        return;
    }
}
