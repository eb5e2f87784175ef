/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a partition of the target holds is, by how it was written, the front of the source's
 * committed records: one idempotent producer writes them in their order, and nobody else does. So a
 * copy that was cut short goes on where the target ends, and where a record went is known by
 * counting along both. */
#include "copy.h"

#include "base/crash_point.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 100, QUIET_TURNS = 600, BACKLOG_MS = 100 };

static const struct client_setting writing[] = {
    { "enable.idempotence", "true" },
    { "acks", "all" },
    { "message.timeout.ms", "120000" },
    { "message.max.bytes", "100000000" },
    { "compression.codec", "lz4" },
    { "linger.ms", "5" },
    { "queue.buffering.max.kbytes", "65536" },
    { NULL, NULL },
};

static void on_written(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
    struct copy *copy = ((struct copier *)opaque)->copy;
    (void)rk;
    if (!copy || copy->error)
        return;
    if (m->err) {
        (void)snprintf(copy->reason, sizeof(copy->reason), "%s", rd_kafka_err2str(m->err));
        copy->error = E_timed_out;
        return;
    }
    points_pass(copy->points, (int64_t)(intptr_t)m->_private, m->offset);
    copy->end = m->offset + 1;
    copy->copied++;
}

enum error copier_open(struct copier *c, struct cluster *from, struct cluster *to) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    *c = (struct copier){ .from = from, .to = to };
    rd_kafka_conf_set_opaque(conf, c);
    rd_kafka_conf_set_dr_msg_cb(conf, on_written);
    return cluster_client(to, &c->writer, RD_KAFKA_PRODUCER, conf, writing);
}

void copier_close(struct copier *c) {
    c->copy = NULL;
    if (!c->writer)
        return;
    (void)rd_kafka_purge(c->writer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(c->writer, POLL_MS);
    rd_kafka_destroy(c->writer);
    c->writer = NULL;
}

/* ---- reading */

static enum error read_from_first(rd_kafka_t *reader, const struct copy *copy) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, copy->topic, copy->partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t error = rd_kafka_assign(reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    return error ? fail(E_config, "reading %s-%d: %s", copy->topic, copy->partition,
                        rd_kafka_err2str(error))
                 : E_ok;
}

static bool is_fatal(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || error == RD_KAFKA_RESP_ERR__FATAL
           || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
           || error == RD_KAFKA_RESP_ERR__BAD_MSG || error == RD_KAFKA_RESP_ERR__BAD_COMPRESSION
           || error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

/* The next record, to be destroyed by the caller; NULL: there is none behind it. A broker that is
 * away for a minute is an error. */
static enum error read_next(struct cluster *c, const struct copy *copy, rd_kafka_message_t **out) {
    *out = NULL;
    for (int turn = 0; turn < QUIET_TURNS; turn++) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c->reader, POLL_MS);
        if (!m)
            continue;
        if (!m->err) {
            *out = m;
            return E_ok;
        }
        rd_kafka_resp_err_t error = m->err;
        rd_kafka_message_destroy(m);
        if (error == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            return E_ok;
        if (is_fatal(error))
            return fail(E_io, "reading %s-%d of %s: %s", copy->topic, copy->partition, c->bootstrap,
                        rd_kafka_err2str(error));
    }
    return fail(E_timed_out, "reading %s-%d: %s has sent nothing for a minute", copy->topic,
                copy->partition, c->bootstrap);
}

/* ---- comparing */

static bool bytes_same(const void *a, size_t a_len, const void *b, size_t b_len) {
    return !a == !b && a_len == b_len && (!a || !b || memcmp(a, b, a_len) == 0);
}

static bool headers_same(const rd_kafka_message_t *a, const rd_kafka_message_t *b) {
    rd_kafka_headers_t *left = NULL, *right = NULL;
    (void)rd_kafka_message_headers(a, &left);
    (void)rd_kafka_message_headers(b, &right);
    size_t count = left ? rd_kafka_header_cnt(left) : 0;
    if (count != (right ? rd_kafka_header_cnt(right) : 0))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *name, *other_name;
        const void *value, *other;
        size_t len, other_len;
        if (rd_kafka_header_get_all(left, i, &name, &value, &len)
            || rd_kafka_header_get_all(right, i, &other_name, &other, &other_len)
            || strcmp(name, other_name) != 0 || !bytes_same(value, len, other, other_len))
            return false;
    }
    return true;
}

static bool record_same(const rd_kafka_message_t *a, const rd_kafka_message_t *b) {
    rd_kafka_timestamp_type_t kind;
    return rd_kafka_message_timestamp(a, &kind) == rd_kafka_message_timestamp(b, &kind)
           && bytes_same(a->key, a->key_len, b->key, b->key_len)
           && bytes_same(a->payload, a->len, b->payload, b->len) && headers_same(a, b);
}

static enum error copy_differs(const struct copier *c, const struct copy *copy, int64_t offset) {
    enum error e =
        fail(E_diverged, "%s-%d at %s, offset %" PRId64 ": its records are not those of %s",
             copy->topic, copy->partition, c->to->bootstrap, offset, c->from->bootstrap);
    fail_try("nothing was changed there. Somebody else has written to it, or it has been used "
             "since it was moved; if nobody wants it, delete topic %s and migrate again",
             copy->topic);
    return e;
}

/* One record that is there already; *last: there is none. */
static enum error copy_compare_one(struct copier *c, struct copy *copy, bool *last) {
    rd_kafka_message_t *there, *here = NULL;
    TRY(read_next(c->to, copy, &there));
    *last = !there;
    if (*last)
        return E_ok;
    enum error e = read_next(c->from, copy, &here);
    if (!e && (!here || !record_same(here, there)))
        e = copy_differs(c, copy, there->offset);
    if (!e) {
        points_pass(copy->points, here->offset, there->offset);
        copy->end = there->offset + 1;
        copy->found++;
    }
    if (here)
        rd_kafka_message_destroy(here);
    rd_kafka_message_destroy(there);
    return e;
}

static enum error copy_compare(struct copier *c, struct copy *copy) {
    int64_t first, end;
    TRY(cluster_bounds(c->to->reader, copy->topic, copy->partition, &first, &end));
    copy->end = end;
    if (first == end)
        return E_ok;
    TRY(read_from_first(c->to->reader, copy));
    for (bool last = false; !last;)
        TRY(copy_compare_one(c, copy, &last));
    return E_ok;
}

/* ---- writing */

static enum error written_check(const struct copy *copy) {
    if (!copy->error)
        return E_ok;
    enum error e =
        fail(copy->error, "writing %s-%d: %s", copy->topic, copy->partition, copy->reason);
    fail_try("mend it and migrate again: it goes on where it was");
    return e;
}

/* Takes the headers out of the message. */
static rd_kafka_resp_err_t record_write(struct copier *c, const struct copy *copy,
                                        rd_kafka_message_t *m) {
    rd_kafka_timestamp_type_t kind;
    rd_kafka_headers_t *headers = NULL;
    int64_t at_ms = rd_kafka_message_timestamp(m, &kind);
    rd_kafka_resp_err_t error;
    (void)rd_kafka_message_detach_headers(m, &headers);
    if (!headers)
        headers = rd_kafka_headers_new(1);
    while ((error = rd_kafka_producev(
                c->writer, RD_KAFKA_V_TOPIC(copy->topic), RD_KAFKA_V_PARTITION(copy->partition),
                RD_KAFKA_V_KEY(m->key, m->key_len), RD_KAFKA_V_VALUE(m->payload, m->len),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(at_ms),
                RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE((void *)(intptr_t)m->offset),
                RD_KAFKA_V_END))
               == RD_KAFKA_RESP_ERR__QUEUE_FULL
           && !copy->error)
        (void)rd_kafka_poll(c->writer, BACKLOG_MS);
    if (error)
        rd_kafka_headers_destroy(headers);
    return error;
}

static enum error record_send(struct copier *c, struct copy *copy, rd_kafka_message_t *m) {
    rd_kafka_timestamp_type_t kind;
    if (rd_kafka_message_timestamp(m, &kind) <= 0)
        return fail(E_unsupported,
                    "%s-%d, offset %" PRId64 ": a record without a time; librdkafka would give it "
                    "today's",
                    copy->topic, copy->partition, m->offset);
    rd_kafka_resp_err_t error = record_write(c, copy, m);
    (void)rd_kafka_poll(c->writer, 0);
    TRY(written_check(copy));
    return error ? fail(E_config, "writing %s-%d, offset %" PRId64 ": %s", copy->topic,
                        copy->partition, m->offset, rd_kafka_err2str(error))
                 : E_ok;
}

static enum error copy_write(struct copier *c, struct copy *copy) {
    enum error e;
    rd_kafka_message_t *m;
    while (!(e = read_next(c->from, copy, &m)) && m) {
        e = record_send(c, copy, m);
        rd_kafka_message_destroy(m);
        if (e)
            return e;
        CRASH_POINT(migrate_writing);
    }
    if (!e && rd_kafka_flush(c->writer, ANSWER_MS * 4))
        e = fail(E_timed_out, "writing %s-%d: %s has not taken all", copy->topic, copy->partition,
                 c->to->bootstrap);
    return e ? e : written_check(copy);
}

enum error copier_run(struct copier *c, struct copy *copy) {
    c->copy = copy;
    points_begin(copy->points);
    enum error e = read_from_first(c->from->reader, copy);
    if (!e)
        e = copy_compare(c, copy);
    if (!e)
        e = copy_write(c, copy);
    if (!e)
        points_end(copy->points, copy->end);
    (void)rd_kafka_assign(c->from->reader, NULL);
    (void)rd_kafka_assign(c->to->reader, NULL);
    c->copy = NULL;
    return e;
}
