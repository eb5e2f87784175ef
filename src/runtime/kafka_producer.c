/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The idempotent producer behind the relay: events with their headers, in order, reported. */
#include "runtime/kafka_inside.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEQUENCE_DIGITS = 20 };

static const struct setting producer_settings[] = {
    { "enable.idempotence", "true" },
    { "acks", "all" },
    { "message.timeout.ms", "0" },
    { "linger.ms", "0" },
    { "retry.backoff.ms", "20" },
    { "queue.buffering.max.messages", "200000" },
    { "queue.buffering.max.kbytes", "131072" },
};

struct kafka_producer {
    struct kafka_producer_options options;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct doorbell doorbell;
    bool fatal;
    bool dying; /* reports are no longer passed on */
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
    struct kafka_producer *p = opaque;
    (void)rk;
    if (!p->dying)
        p->options.on_delivered(p->options.context, m->_private, m->err == 0);
}

static void on_producer_error(rd_kafka_t *rk, int error, const char *reason, void *opaque) {
    struct kafka_producer *p = opaque;
    (void)rk;
    (void)reason;
    if (error == RD_KAFKA_RESP_ERR__FATAL)
        p->fatal = true;
}

static enum error producer_conf(struct kafka_producer *p, rd_kafka_conf_t *conf) {
    TRY(kafka_conf_begin(conf, p->options.bootstrap, p->options.client_id));
    TRY(kafka_settings_put(conf, producer_settings, COUNT_OF(producer_settings)));
    rd_kafka_conf_set_opaque(conf, p);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_producer_error);
    return E_ok;
}

enum error kafka_producer_create(struct kafka_producer **out,
                                 const struct kafka_producer_options *options) {
    struct kafka_producer *p = memory_get(sizeof(*p));
    p->options = *options;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum error e = producer_conf(p, conf);
    if (e)
        rd_kafka_conf_destroy(conf);
    else
        e = kafka_handle_create(&p->rk, RD_KAFKA_PRODUCER, conf);
    if (!e) {
        p->queue = rd_kafka_queue_get_main(p->rk);
        doorbell_open(&p->doorbell, p->queue);
    } else {
        free(p);
        p = NULL;
    }
    *out = p;
    return e;
}

void kafka_producer_destroy(struct kafka_producer *p) {
    if (!p)
        return;
    p->dying = true;
    (void)rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(p->rk, 1000);
    rd_kafka_queue_io_event_enable(p->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(p->queue);
    rd_kafka_destroy(p->rk);
    doorbell_close(&p->doorbell);
    free(p);
}

int kafka_producer_fd(struct kafka_producer *p) {
    return p->doorbell.read_fd;
}

static void header_put(rd_kafka_headers_t *headers, const char *name, struct bytes value) {
    (void)rd_kafka_header_add(headers, name, -1, value.data, (ssize_t)value.len);
}

static rd_kafka_headers_t *headers_of(const struct out_event *e) {
    char sequence[SEQUENCE_DIGITS + 1];
    rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
    header_put(headers, "ce_specversion", bytes_text("1.0"));
    header_put(headers, "ce_id", e->id);
    header_put(headers, "ce_type", e->type);
    if (e->source.len) {
        (void)snprintf(sequence, sizeof(sequence), "%012" PRId64, e->sequence);
        header_put(headers, "ce_source", e->source);
        header_put(headers, "ce_sequence", bytes_text(sequence));
    }
    if (e->asker.len)
        header_put(headers, "octavo-asker", e->asker);
    if (e->answers.len)
        header_put(headers, "octavo-answers", e->answers);
    if (e->traceparent.len)
        header_put(headers, "traceparent", e->traceparent);
    return headers;
}

rd_kafka_resp_err_t kafka_hand_over(rd_kafka_t *rk, const struct out_event *e, void *tag) {
    char topic[256];
    assert(e->topic.len < sizeof(topic));
    (void)snprintf(topic, sizeof(topic), "%.*s", (int)e->topic.len, (const char *)e->topic.data);
    rd_kafka_headers_t *headers = headers_of(e);
    /* RD_KAFKA_V_VALUE takes a pointer to mutable memory but F_COPY leaves it alone. */
    void *value = (void *)(uintptr_t)e->value.data;
    rd_kafka_resp_err_t error = rd_kafka_producev(
        rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(e->partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(e->key.data, e->key.len),
        RD_KAFKA_V_VALUE(value, e->value.len), RD_KAFKA_V_TIMESTAMP(e->time_ms),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(tag), RD_KAFKA_V_END);
    if (error)
        rd_kafka_headers_destroy(headers);
    return error;
}

enum error kafka_produce(struct kafka_producer *p, const struct out_event *e, void *tag) {
    if (p->fatal)
        return fail(E_closed, "the producer is fatal");
    rd_kafka_resp_err_t error = kafka_hand_over(p->rk, e, tag);
    if (!error)
        return E_ok;
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return fail(E_busy, "the producer's queue is full");
    p->fatal = p->fatal || error == RD_KAFKA_RESP_ERR__FATAL;
    return fail(E_closed, "produce to %.*s-%d: %s", (int)e->topic.len, (const char *)e->topic.data,
                e->partition, rd_kafka_err2str(error));
}

void kafka_producer_poll(struct kafka_producer *p) {
    doorbell_silence(&p->doorbell);
    (void)rd_kafka_poll(p->rk, 0);
}

bool kafka_producer_is_fatal(struct kafka_producer *p) {
    return p->fatal;
}

bool kafka_producer_flush(struct kafka_producer *p, int timeout_ms) {
    return rd_kafka_flush(p->rk, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR;
}
