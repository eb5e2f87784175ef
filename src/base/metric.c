/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The text format: "# HELP", "# TYPE", then one line a sample. Numbers are written by hand as whole
 * seconds and a fraction, so that no locale turns the point into a comma. */
#include "base/metric.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/event.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NS = 1000000000, MS = 1000000 };

static const struct {
    const char *name;
    const char *type;
    const char *meaning;
} rows[METRIC_COUNT] = {
#define METRIC(name, type, meaning) [M_##name] = { #name, #type, meaning },
#include "base/metrics.def"
#undef METRIC
};

void metric_label(struct buf *labels, const char *name, struct bytes value) {
    buf_print(labels, "%s%s=\"", labels->len ? "," : "", name);
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];
        if (c == '"' || c == '\\')
            buf_put_byte(labels, '\\');
        if (c == '\n')
            buf_put_text(labels, "\\n");
        else
            buf_put_byte(labels, c);
    }
    buf_put_byte(labels, '"');
}

void metric_label_int(struct buf *labels, const char *name, int64_t value) {
    buf_print(labels, "%s%s=\"%" PRId64 "\"", labels->len ? "," : "", name, value);
}

static void put_head(struct metric_page *p, enum metric m) {
    assert(m < METRIC_COUNT);
    if (p->at == (int)m + 1)
        return;
    assert(!p->begun[m]);
    p->begun[m] = true;
    p->at = (int)m + 1;
    buf_print(p->out, "# HELP %s %s\n# TYPE %s %s\n", rows[m].name, rows[m].meaning, rows[m].name,
              rows[m].type);
}

static void put_name(struct metric_page *p, enum metric m, const char *suffix,
                     const struct buf *labels) {
    put_head(p, m);
    buf_print(p->out, "%s%s", rows[m].name, suffix);
    if (!labels || !labels->len)
        return;
    buf_put_byte(p->out, '{');
    buf_put_bytes(p->out, buf_bytes(labels));
    buf_put_byte(p->out, '}');
}

static void put_seconds(struct buf *out, int64_t ns) {
    bool negative = ns < 0;
    uint64_t size = negative ? 0 - (uint64_t)ns : (uint64_t)ns;
    buf_print(out, "%s%" PRIu64 ".%09" PRIu64, negative ? "-" : "", size / NS, size % NS);
}

void metric_int(struct metric_page *p, enum metric m, const struct buf *labels, int64_t value) {
    put_name(p, m, "", labels);
    buf_print(p->out, " %" PRId64 "\n", value);
}

void metric_ms(struct metric_page *p, enum metric m, const struct buf *labels, int64_t ms) {
    put_name(p, m, "", labels);
    buf_print(p->out, " %s%" PRId64 ".%03d\n", ms < 0 ? "-" : "", ms < 0 ? -(ms / 1000) : ms / 1000,
              abs((int)(ms % 1000)));
}

/* ---- histograms */

static const struct {
    int64_t ns;
    const char *text;
} bounds[HISTOGRAM_BUCKETS] = {
    { 100000, "0.0001" },         { 200000, "0.0002" },       { 500000, "0.0005" },
    { 1 * MS, "0.001" },          { 2 * MS, "0.002" },        { 5 * MS, "0.005" },
    { 10 * MS, "0.01" },          { 20 * MS, "0.02" },        { 50 * MS, "0.05" },
    { 100 * MS, "0.1" },          { 200 * MS, "0.2" },        { 500 * MS, "0.5" },
    { (int64_t)1 * NS, "1.0" },   { (int64_t)2 * NS, "2.0" }, { (int64_t)5 * NS, "5.0" },
    { (int64_t)10 * NS, "10.0" },
};

void histogram_add(struct histogram *h, int64_t ns) {
    size_t at = 0;
    while (at < HISTOGRAM_BUCKETS && ns > bounds[at].ns)
        at++;
    h->counts[at]++;
    h->sum_ns += ns;
}

void metric_histogram(struct metric_page *p, enum metric m, const struct buf *labels,
                      const struct histogram *h) {
    uint64_t sum = 0;
    struct buf own = { 0 };
    for (size_t i = 0; i <= HISTOGRAM_BUCKETS; i++) {
        sum += h->counts[i];
        buf_clear(&own);
        if (labels)
            buf_put_bytes(&own, buf_bytes(labels));
        metric_label(&own, "le", bytes_text(i < HISTOGRAM_BUCKETS ? bounds[i].text : "+Inf"));
        put_name(p, m, "_bucket", &own);
        buf_print(p->out, " %" PRIu64 "\n", sum);
    }
    buf_finish(&own);
    put_name(p, m, "_sum", labels);
    buf_put_byte(p->out, ' ');
    put_seconds(p->out, h->sum_ns);
    buf_put_byte(p->out, '\n');
    put_name(p, m, "_count", labels);
    buf_print(p->out, " %" PRIu64 "\n", sum);
}

/* ---- the process */

/* Files of /proc have no size before they are read. */
static int64_t resident_bytes(void) {
    struct buf text = { 0 };
    struct file *f;
    long long pages = 0;
    if (!disk_open(disk_real(), "/proc/self/statm", DISK_READ, &f)) {
        bool read = disk_read_at(f, 0, &text, 256) == E_ok;
        const char *second = read ? strchr(buf_text(&text), ' ') : NULL;
        pages = second ? strtoll(second, NULL, 10) : 0;
        disk_close(f);
    }
    buf_finish(&text);
    return pages * sysconf(_SC_PAGESIZE);
}

static void put_log_counts(struct metric_page *p) {
    struct buf labels = { 0 };
    for (int e = 0; e < EVENT_COUNT; e++) {
        unsigned long count = event_count((enum event)e);
        if (!count)
            continue;
        buf_clear(&labels);
        metric_label(&labels, "event", bytes_text(event_name((enum event)e)));
        metric_label(&labels, "level", bytes_text(event_level_name((enum event)e)));
        metric_int(p, M_octavo_log_events_total, &labels, (int64_t)count);
    }
    buf_finish(&labels);
}

void metric_process(struct metric_page *p) {
    struct rusage used = { 0 };
    put_log_counts(p);
    if (getrusage(RUSAGE_SELF, &used) == 0)
        metric_ms(p, M_process_cpu_seconds_total, NULL,
                  (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * (int64_t)1000
                      + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000);
    metric_int(p, M_process_resident_memory_bytes, NULL, resident_bytes());
    metric_ms(p, M_process_start_time_seconds, NULL, clock_process_start_ms());
}
