/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Sorted once, then passed along with the records. */
#include "points.h"

#include "base/bytes.h"
#include "base/check.h"

#include <stdlib.h>

void points_want(struct points *p, int64_t offset) {
    p->array = memory_grow(p->array, p->count, &p->capacity, sizeof(*p->array));
    p->array[p->count++] = (struct point){ .from = offset };
}

static int point_compare(const void *a, const void *b) {
    const struct point *left = a, *right = b;
    return (left->from > right->from) - (left->from < right->from);
}

void points_begin(struct points *p) {
    size_t kept = 0;
    if (p->count)
        qsort(p->array, p->count, sizeof(*p->array), point_compare);
    for (size_t i = 0; i < p->count; i++)
        if (!kept || p->array[kept - 1].from != p->array[i].from)
            p->array[kept++] = (struct point){ .from = p->array[i].from };
    p->count = kept;
    p->next = 0;
}

void points_pass(struct points *p, int64_t from, int64_t to) {
    for (; p->next < p->count && p->array[p->next].from <= from; p->next++) {
        struct point *point = &p->array[p->next];
        point->to = to;
        point->exact = point->from == from;
    }
}

void points_end(struct points *p, int64_t end) {
    for (; p->next < p->count; p->next++)
        p->array[p->next].to = end;
}

const struct point *points_find(const struct points *p, int64_t from) {
    struct point wanted = { .from = from };
    assert(p->next == p->count);
    return p->count ? bsearch(&wanted, p->array, p->count, sizeof(*p->array), point_compare) : NULL;
}

void points_finish(struct points *p) {
    free(p->array);
    *p = (struct points){ 0 };
}
