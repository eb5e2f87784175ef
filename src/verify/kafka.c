/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* librdkafka, called from one thread. */
#include "kafka.h"

#include "base/clock.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kafka {
    char *bootstrap;
    rd_kafka_t *producer;
    rd_kafka_t *asker; /* of committed offsets; its group.id is `group` */
    char *group;
    int failed; /* deliveries, since the last flush */
};

struct setting {
    const char *name, *value;
};

static enum error conf_make(rd_kafka_conf_t **out, const char *bootstrap,
                            const struct setting *settings) {
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_res_t made =
        rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof(why));
    for (; settings->name && made == RD_KAFKA_CONF_OK; settings++)
        made = rd_kafka_conf_set(conf, settings->name, settings->value, why, sizeof(why));
    *out = conf;
    if (made == RD_KAFKA_CONF_OK)
        return E_ok;
    rd_kafka_conf_destroy(conf);
    return fail(E_config, "librdkafka: %s", why);
}

static enum error handle_make(rd_kafka_t **out, rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    char why[256];
    *out = rd_kafka_new(type, conf, why, sizeof(why));
    if (*out)
        return E_ok;
    rd_kafka_conf_destroy(conf);
    return fail(E_network, "librdkafka: %s", why);
}

static void on_delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
    struct kafka *k = opaque;
    (void)rk;
    k->failed += m->err != 0;
}

/* Its complaints about a broker that is away are no news: we killed it. */
static void on_log(const rd_kafka_t *rk, int level, const char *fac, const char *text) {
    (void)rk;
    (void)level;
    (void)fac;
    (void)text;
}

enum error kafka_open(struct kafka **out, const char *bootstrap) {
    static const struct setting settings[] = {
        { "partitioner", "murmur2_random" },
        { "enable.idempotence", "true" },
        { "message.timeout.ms", "120000" },
        { "linger.ms", "0" },
        { "reconnect.backoff.ms", "20" },
        { "reconnect.backoff.max.ms", "200" },
        { NULL, NULL },
    };
    struct kafka *k = memory_get(sizeof(*k));
    rd_kafka_conf_t *conf;
    k->bootstrap = text_copy(bootstrap);
    enum error e = conf_make(&conf, bootstrap, settings);
    if (!e) {
        rd_kafka_conf_set_opaque(conf, k);
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
        rd_kafka_conf_set_log_cb(conf, on_log);
        e = handle_make(&k->producer, RD_KAFKA_PRODUCER, conf);
    }
    if (e) {
        kafka_close(k);
        k = NULL;
    }
    *out = k;
    return e;
}

void kafka_close(struct kafka *k) {
    if (!k)
        return;
    if (k->asker)
        rd_kafka_destroy(k->asker);
    if (k->producer) {
        (void)rd_kafka_purge(k->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush(k->producer, 100);
        rd_kafka_destroy(k->producer);
    }
    free(k->bootstrap);
    free(k->group);
    free(k);
}

struct bytes kafka_header_of(const struct kafka_event *e, const char *name) {
    for (size_t i = 0; i < e->header_count; i++)
        if (bytes_is_text(e->headers[i].name, name))
            return e->headers[i].value;
    return bytes_of(NULL, 0);
}

static void headers_take(struct kafka_event *e, const rd_kafka_message_t *m) {
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t len;
    if (rd_kafka_message_headers(m, &headers))
        return;
    for (size_t i = 0;
         i < KAFKA_HEADERS_MAX && !rd_kafka_header_get_all(headers, i, &name, &value, &len); i++)
        e->headers[e->header_count++] =
            (struct kafka_header){ bytes_text(name), bytes_of(value, len) };
}

static void event_give(const struct kafka_reading *r, const rd_kafka_message_t *m) {
    struct kafka_event e = { .topic = r->topic, .partition = m->partition, .offset = m->offset };
    e.key = bytes_of(m->key, m->key_len);
    e.value = bytes_of(m->payload, m->len);
    headers_take(&e, m);
    r->on_event(r->context, &e);
}

static enum error reader_make(rd_kafka_t **out, const char *bootstrap, const char *group) {
    struct setting settings[] = {
        { "group.id", group },
        { "enable.auto.commit", "false" },
        { "enable.partition.eof", "true" },
        { "isolation.level", "read_committed" },
        { "fetch.wait.max.ms", "20" },
        { "reconnect.backoff.ms", "20" },
        { "reconnect.backoff.max.ms", "200" },
        { NULL, NULL },
    };
    rd_kafka_conf_t *conf;
    TRY(conf_make(&conf, bootstrap, settings));
    rd_kafka_conf_set_log_cb(conf, on_log);
    TRY(handle_make(out, RD_KAFKA_CONSUMER, conf));
    (void)rd_kafka_poll_set_consumer(*out);
    return E_ok;
}

static enum error ends_of(rd_kafka_t *rk, const struct kafka_reading *r, int64_t *begins,
                          int64_t *ends) {
    for (int32_t p = 0; p < r->partitions; p++) {
        rd_kafka_resp_err_t error =
            rd_kafka_query_watermark_offsets(rk, r->topic, p, &begins[p], &ends[p], r->limit_ms);
        if (error)
            return fail(E_network, "the end of %s-%d: %s", r->topic, p, rd_kafka_err2str(error));
    }
    return E_ok;
}

static enum error reader_assign(rd_kafka_t *rk, const struct kafka_reading *r) {
    int64_t begins[KAFKA_PARTITIONS_MAX], ends[KAFKA_PARTITIONS_MAX];
    TRY(ends_of(rk, r, begins, ends));
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(r->partitions);
    for (int32_t p = 0; p < r->partitions; p++) {
        int64_t from = r->last && ends[p] - r->last > begins[p] ? ends[p] - r->last : begins[p];
        rd_kafka_topic_partition_list_add(list, r->topic, p)->offset = from;
    }
    rd_kafka_resp_err_t error = rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return error ? fail(E_network, "reading %s: %s", r->topic, rd_kafka_err2str(error)) : E_ok;
}

static enum error reader_run(rd_kafka_t *rk, const struct kafka_reading *r) {
    int64_t until = clock_steady_ms(clock_real()) + r->limit_ms;
    int at_end = 0;
    TRY(reader_assign(rk, r));
    while (at_end < r->partitions) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 100);
        if (m && !m->err)
            event_give(r, m);
        else if (m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            at_end++;
        if (m)
            rd_kafka_message_destroy(m);
        if (clock_steady_ms(clock_real()) > until)
            return fail(E_timed_out, "reading %s: not at its end after %d ms", r->topic,
                        r->limit_ms);
    }
    return E_ok;
}

enum error kafka_read(struct kafka *k, const struct kafka_reading *reading) {
    rd_kafka_t *rk;
    if (reading->partitions > KAFKA_PARTITIONS_MAX)
        return fail(E_unsupported, "%s has more than %d partitions", reading->topic,
                    KAFKA_PARTITIONS_MAX);
    TRY(reader_make(&rk, k->bootstrap, "octavo-verify"));
    enum error e = reader_run(rk, reading);
    rd_kafka_destroy(rk);
    return e;
}

enum error kafka_write(struct kafka *k, const struct kafka_event *e) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(e->header_count + 1);
    for (size_t i = 0; i < e->header_count; i++)
        (void)rd_kafka_header_add(headers, (const char *)e->headers[i].name.data,
                                  (ssize_t)e->headers[i].name.len, e->headers[i].value.data,
                                  (ssize_t)e->headers[i].value.len);
    rd_kafka_resp_err_t error = rd_kafka_producev(
        k->producer, RD_KAFKA_V_TOPIC(e->topic), RD_KAFKA_V_PARTITION(e->partition),
        RD_KAFKA_V_KEY((void *)(uintptr_t)e->key.data, e->key.len),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)e->value.data, e->value.len),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(e->time_ms),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (!error)
        return E_ok;
    rd_kafka_headers_destroy(headers);
    return fail(E_network, "writing to %s: %s", e->topic, rd_kafka_err2str(error));
}

enum error kafka_flush(struct kafka *k, int limit_ms) {
    rd_kafka_resp_err_t error = rd_kafka_flush(k->producer, limit_ms);
    if (error || k->failed)
        return fail(E_network, "writing: %s",
                    error ? rd_kafka_err2str(error) : "some were not taken");
    k->failed = 0;
    return E_ok;
}

size_t kafka_unsent(struct kafka *k) {
    (void)rd_kafka_poll(k->producer, 0);
    return (size_t)rd_kafka_outq_len(k->producer);
}

/* A handle has one group for its life. */
static enum error asker_of(struct kafka *k, const char *group) {
    if (k->asker && strcmp(k->group, group) == 0)
        return E_ok;
    if (k->asker)
        rd_kafka_destroy(k->asker);
    free(k->group);
    k->asker = NULL;
    k->group = text_copy(group);
    return reader_make(&k->asker, k->bootstrap, group);
}

enum error kafka_committed(struct kafka *k, const char *group, const struct kafka_reading *of,
                           int64_t *offsets) {
    TRY(asker_of(k, group));
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(of->partitions);
    for (int32_t p = 0; p < of->partitions; p++)
        (void)rd_kafka_topic_partition_list_add(list, of->topic, p);
    rd_kafka_resp_err_t error = rd_kafka_committed(k->asker, list, of->limit_ms);
    for (int32_t p = 0; p < of->partitions && !error; p++)
        offsets[p] = list->elems[p].err || list->elems[p].offset < 0 ? -1 : list->elems[p].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return error ? fail(E_network, "what %s has committed: %s", group, rd_kafka_err2str(error))
                 : E_ok;
}

enum error kafka_ends(struct kafka *k, const struct kafka_reading *of, int64_t *ends) {
    int64_t begins[KAFKA_PARTITIONS_MAX];
    return ends_of(k->producer, of, begins, ends);
}
