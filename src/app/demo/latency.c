/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Percentiles by nearest rank over the sorted times. */
#include "latency.h"

#include "base/bytes.h"
#include "base/check.h"

#include <stdlib.h>

void latencies_add(struct latencies *l, int64_t ns) {
    if (l->count == l->capacity) {
        l->capacity = l->capacity ? l->capacity * 2 : 1024;
        l->ns = memory_resize(l->ns, l->capacity * sizeof *l->ns);
    }
    l->ns[l->count++] = ns;
    l->sorted = false;
}

static int compare(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

int64_t latencies_at(struct latencies *l, int per_mille) {
    assert(per_mille > 0 && per_mille <= 1000);
    if (!l->count)
        return 0;
    if (!l->sorted)
        qsort(l->ns, l->count, sizeof *l->ns, compare);
    l->sorted = true;
    size_t rank = (l->count * (size_t)per_mille + 999) / 1000;
    return l->ns[rank - 1];
}

void latencies_finish(struct latencies *l) {
    free(l->ns);
    *l = (struct latencies){ 0 };
}
