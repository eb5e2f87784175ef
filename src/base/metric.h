/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A page of metrics in Prometheus' text format (version 0.0.4), written when somebody asks.
 *
 * Nothing is registered and nothing counts for the page's sake: whoever has a number writes it from
 * where it lives, on the thread that owns it. metrics.def names them all. */
#ifndef OCTAVO_BASE_METRIC_H
#define OCTAVO_BASE_METRIC_H

#include "base/bytes.h"

enum metric {
#define METRIC(name, type, meaning) M_##name,
#include "base/metrics.def"
#undef METRIC
    METRIC_COUNT
};

/* All samples of a metric stand together: once another has begun it cannot go on. */
struct metric_page {
    struct buf *out;
    bool begun[METRIC_COUNT];
    int at; /* the metric being written, counted from 1 */
};

/* Labels are built in a buf, name after name; values may be any text. */
void metric_label(struct buf *labels, const char *name, struct bytes value);
void metric_label_int(struct buf *labels, const char *name, int64_t value);

/* `labels` may be NULL. _ms and _ns are written as seconds. */
void metric_int(struct metric_page *p, enum metric m, const struct buf *labels, int64_t value);
void metric_ms(struct metric_page *p, enum metric m, const struct buf *labels, int64_t ms);

/* Durations from 100 us to 10 s, three buckets a decade. */
enum { HISTOGRAM_BUCKETS = 16 };

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS + 1]; /* the last: longer than every bucket */
    int64_t sum_ns;
};

void histogram_add(struct histogram *h, int64_t ns);
void metric_histogram(struct metric_page *p, enum metric m, const struct buf *labels,
                      const struct histogram *h);

/* CPU, memory and start of this process, and the counts of its log. */
void metric_process(struct metric_page *p);

#endif
