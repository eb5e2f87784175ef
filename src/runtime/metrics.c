/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A service's page of metrics, read from where each number lives.
 *
 * Lag in seconds cannot be read anywhere: when the oldest unread record came is known only to the
 * log. It came after the last moment at which nothing was unread, which a tick a second notes, and
 * after the last record taken; so the later of the two bounds its age. An idle topic has none. */
#include "runtime/seeing.h"

#include "base/metric.h"
#include "runtime/outlet.h"
#include "runtime/query.h"
#include "runtime/service_state.h"

#include <stdlib.h>

/* Between the service's label and those of a sample. */
struct page {
    const struct service *of;
    struct metric_page page;
    struct buf service; /* the label service="..." */
    struct buf group;   /* the label consumergroup="..." */
    struct buf labels;
};

static const struct buf *with_service(struct page *p) {
    buf_clear(&p->labels);
    buf_put_bytes(&p->labels, buf_bytes(&p->service));
    return &p->labels;
}

static void put(struct page *p, enum metric m, int64_t value) {
    metric_int(&p->page, m, with_service(p), value);
}

/* ---- lag */

static bool part_lag(const struct service *s, const struct slot_part *part, int64_t *end,
                     int64_t *lag) {
    int64_t next = part->taken_offset < 0 ? part->last.next_offset : part->taken_offset;
    if (!part->started || !kafka_consumer_end(s->consumer, part->topic, part->partition, end))
        return false;
    *lag = next < 0 ? *end : *end - next; /* below 0: the end we know is older than what we read */
    *lag = *lag < 0 ? 0 : *lag;
    return true;
}

void service_note_level(struct service *s) {
    int64_t end, lag, now_ms = clock_wall_ms(s->clock);
    for (struct slot *slot = s->slots; slot; slot = slot->next)
        for (size_t i = 0; slot->task && i < slot->part_count; i++)
            if (part_lag(s, &slot->parts[i], &end, &lag) && lag == 0)
                slot->parts[i].level_ms = now_ms;
}

static int64_t lag_ms(const struct service *s, const struct slot_part *part, int64_t lag) {
    int64_t since_ms = part->taken_time_ms > part->level_ms ? part->taken_time_ms : part->level_ms;
    int64_t age_ms = since_ms > 0 ? clock_wall_ms(s->clock) - since_ms : 0;
    return lag > 0 && age_ms > 0 ? age_ms : 0;
}

void service_lag(const struct service *s, int64_t *records, int64_t *most_ms) {
    int64_t end, lag;
    *records = *most_ms = 0;
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        for (size_t i = 0; slot->task && i < slot->part_count; i++) {
            if (!part_lag(s, &slot->parts[i], &end, &lag))
                continue;
            int64_t waited_ms = lag_ms(s, &slot->parts[i], lag);
            *records += lag;
            *most_ms = waited_ms > *most_ms ? waited_ms : *most_ms;
        }
}

struct part_sample {
    const struct slot_part *part;
    int64_t end, lag;
};

typedef void put_part(struct page *p, const struct part_sample *at);

static void each_part(struct page *p, put_part *put_sample) {
    for (const struct slot *slot = p->of->slots; slot; slot = slot->next)
        for (size_t i = 0; slot->task && i < slot->part_count; i++) {
            struct part_sample sample = { .part = &slot->parts[i] };
            if (part_lag(p->of, sample.part, &sample.end, &sample.lag))
                put_sample(p, &sample);
        }
}

/* The group's or service's label, if any, then what every sample of a partition has. */
static const struct buf *part_labels(struct page *p, const struct buf *first,
                                     const struct slot_part *part) {
    buf_clear(&p->labels);
    if (first)
        buf_put_bytes(&p->labels, buf_bytes(first));
    metric_label(&p->labels, "topic", bytes_text(part->topic));
    metric_label_int(&p->labels, "partition", part->partition);
    return &p->labels;
}

static void put_current(struct page *p, const struct part_sample *at) {
    metric_int(&p->page, M_kafka_consumergroup_current_offset, part_labels(p, &p->group, at->part),
               at->end - at->lag);
}

static void put_lag(struct page *p, const struct part_sample *at) {
    metric_int(&p->page, M_kafka_consumergroup_lag, part_labels(p, &p->group, at->part), at->lag);
}

static void put_lag_seconds(struct page *p, const struct part_sample *at) {
    metric_ms(&p->page, M_octavo_lag_seconds, part_labels(p, &p->service, at->part),
              lag_ms(p->of, at->part, at->lag));
}

static int64_t topic_lag(const struct service *s, const char *topic, bool *known) {
    int64_t sum = 0, end, lag;
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        for (size_t i = 0; slot->task && i < slot->part_count; i++)
            if (slot->parts[i].topic == topic && part_lag(s, &slot->parts[i], &end, &lag)) {
                *known = true;
                sum += lag;
            }
    return sum;
}

static void put_lag_sums(const struct service *s, struct page *p) {
    const struct declared_service *declared = s->options.declared;
    for (size_t i = 0; i < declared->consumes_count; i++) {
        bool known = false;
        int64_t sum = topic_lag(s, declared->consumes[i], &known);
        if (!known)
            continue;
        buf_clear(&p->labels);
        buf_put_bytes(&p->labels, buf_bytes(&p->group));
        metric_label(&p->labels, "topic", bytes_text(declared->consumes[i]));
        metric_int(&p->page, M_kafka_consumergroup_lag_sum, &p->labels, sum);
    }
}

/* ---- counts and states */

static void put_inputs(struct page *p, const struct task_counts *c) {
    const struct {
        const char *result;
        uint64_t count;
    } rows[] = {
        { "handled", c->handled },
        { "passed", c->passed },
        { "repeat", c->repeats },
        { "gap", c->gaps },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)with_service(p);
        metric_label(&p->labels, "result", bytes_text(rows[i].result));
        metric_int(&p->page, M_octavo_inputs_total, &p->labels, (int64_t)rows[i].count);
    }
}

static void put_parked(const struct service *s, struct page *p, const struct task_counts *c) {
    const struct {
        const char *what;
        uint64_t count;
    } rows[] = { { "parked", c->parked }, { "retried", c->retried }, { "dropped", c->dropped } };
    struct task_parked all = { 0 };
    for (const struct slot *slot = s->slots; slot; slot = slot->next) {
        struct task_parked one = slot->task ? task_parked(slot->task) : (struct task_parked){ 0 };
        all.keys += one.keys;
        all.inputs += one.inputs;
        all.bytes += one.bytes;
    }
    put(p, M_octavo_parked_keys, all.keys);
    put(p, M_octavo_parked_inputs, all.inputs);
    put(p, M_octavo_parked_bytes, all.bytes);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)with_service(p);
        metric_label(&p->labels, "what", bytes_text(rows[i].what));
        metric_int(&p->page, M_octavo_parking_total, &p->labels, (int64_t)rows[i].count);
    }
}

static void put_counts(const struct service *s, struct page *p) {
    struct task_counts c = service_counts(s);
    put_inputs(p, &c);
    put_parked(s, p, &c);
    put(p, M_octavo_timers_total, (int64_t)c.timers);
    put(p, M_octavo_events_sent_total, (int64_t)c.events);
    put(p, M_octavo_replies_total, (int64_t)c.replies);
    put(p, M_octavo_requests_refused_total, (int64_t)s->refused_total);
    put(p, M_octavo_queries_total, (int64_t)queries_count(s));
    put(p, M_octavo_commits_total, (int64_t)c.commits);
    metric_histogram(&p->page, M_octavo_commit_seconds, with_service(p), &s->commit_times);
}

static void put_states(const struct service *s, struct page *p) {
    int64_t tasks = 0, gaps = 0;
    for (const struct slot *slot = s->slots; slot; slot = slot->next) {
        tasks += slot->task != NULL;
        gaps += (int64_t)slot->gaps.count;
    }
    put(p, M_octavo_ready, service_is_ready(s, NULL));
    put(p, M_octavo_tasks, tasks);
    put(p, M_octavo_gaps_open, gaps);
    put(p, M_octavo_paused, s->paused);
    if (s->options.declared->state == STATE_FOLD) {
        put(p, M_octavo_fold_left, folds_left(s));
        put(p, M_octavo_fold_poison_total, (int64_t)service_counts(s).poison);
    }
    put(p, M_octavo_broker_away, s->broker_away);
    if (!s->relay)
        return;
    put(p, M_octavo_outbox_events, (int64_t)outlets_waiting(s));
    metric_ms(&p->page, M_octavo_outbox_age_seconds, with_service(p), outlets_oldest_ms(s));
}

void service_metrics(const struct service *s, struct buf *out) {
    struct page p = { .of = s, .page = { .out = out } };
    char *group = text_format("%s.%s", s->options.declaration->system, s->options.declared->name);
    metric_label(&p.service, "service", bytes_text(s->options.declared->name));
    metric_label(&p.group, "consumergroup", bytes_text(group));
    free(group);
    if (s->consumer) {
        each_part(&p, put_current);
        each_part(&p, put_lag);
        put_lag_sums(s, &p);
        each_part(&p, put_lag_seconds);
    }
    put_states(s, &p);
    put_counts(s, &p);
    effects_metrics(s, &p.page, buf_bytes(&p.service));
    metric_process(&p.page);
    buf_finish(&p.service);
    buf_finish(&p.group);
    buf_finish(&p.labels);
}
