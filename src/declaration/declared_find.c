/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Finding things in a declaration that was read, and where in the file they stand. */
#include "declaration/declared_node.h"

#include <string.h>

const struct declared_service *declaration_service(const struct declaration *d, const char *name) {
    for (size_t i = 0; i < d->service_count; i++)
        if (strcmp(d->services[i].name, name) == 0)
            return &d->services[i];
    return NULL;
}

const struct declared_topic *declaration_topic(const struct declaration *d, const char *name) {
    for (size_t i = 0; i < d->topic_count; i++)
        if (strcmp(d->topics[i].name, name) == 0)
            return &d->topics[i];
    return NULL;
}

const struct declared_answer *declaration_answer(const struct declaration *d, int question) {
    for (size_t i = 0; i < d->answer_count; i++)
        if (d->answers[i].name[0] == '0' + question)
            return &d->answers[i];
    return NULL;
}

const char *declaration_note(struct declared_notes notes, const char *name) {
    for (size_t i = 0; i < notes.count; i++)
        if (strcmp(notes.array[i].name, name) == 0)
            return notes.array[i].text;
    return NULL;
}

const struct node *node_find(const struct node *mapping, const char *name) {
    const struct node *n = mapping->first;
    while (n && !bytes_is_text(mapping->kind == NODE_LIST ? n->text : n->name->text, name))
        n = n->next;
    return n;
}

/* The deepest node that the names lead to; `whole`: they all were there. */
static const struct node *walk(const struct declaration *d, const char *const *names, bool *whole) {
    const struct node *at = ((const struct held *)d)->root;
    for (; *names; names++) {
        const struct node *child = node_find(at, *names);
        if (!child)
            break;
        at = child;
    }
    *whole = !*names;
    return at;
}

struct declared_at declaration_place(const struct declaration *d, const char *const *names) {
    bool whole;
    const struct node *at = walk(d, names, &whole);
    if (at->name)
        at = at->name; /* people look for the name, not for what stands behind it */
    return (struct declared_at){ at->line, at->column };
}

bool declaration_holds(const struct declaration *d, const char *const *names) {
    bool whole;
    (void)walk(d, names, &whole);
    return whole;
}
