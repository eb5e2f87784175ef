/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Streams over librdkafka's simple consumer. Each holds the record at its head, which is given
 * again until a later offset is asked for. */
#include "runtime/kafka_log.h"

#include "base/clock.h"
#include "base/table.h"
#include "runtime/kafka_inside.h"

#include <inttypes.h>
#include <stdlib.h>

enum { POLL_MS = 200, SKIP_MAX = 100000 };

struct stream {
    rd_kafka_topic_t *topic;
    int32_t partition;
    bool started;
    int64_t at;               /* records before it were passed */
    rd_kafka_message_t *head; /* NULL: not yet read */
};

struct kafka_log {
    rd_kafka_t *rk;
    struct table streams; /* "PARTITION TOPIC" -> struct stream, owned */
    struct buf name;      /* scratch */
};

enum error kafka_log_open(struct kafka_log **out, const char *bootstrap) {
    struct kafka_log *l = memory_get(sizeof(*l));
    enum error e = kafka_reader_create(&l->rk, bootstrap);
    if (e) {
        free(l);
        l = NULL;
    }
    *out = l;
    return e;
}

static void stream_stop(struct stream *s) {
    if (s->head)
        rd_kafka_message_destroy(s->head);
    if (s->started)
        (void)rd_kafka_consume_stop(s->topic, s->partition);
    s->head = NULL;
    s->started = false;
}

void kafka_log_close(struct kafka_log *l) {
    struct bytes name;
    void *value;
    if (!l)
        return;
    for (size_t at = 0; table_next(&l->streams, &at, &name, &value);) {
        struct stream *s = value;
        stream_stop(s);
        rd_kafka_topic_destroy(s->topic);
        free(s);
    }
    table_finish(&l->streams);
    buf_finish(&l->name);
    rd_kafka_destroy(l->rk);
    free(l);
}

static struct stream *stream_of(struct kafka_log *l, const struct kafka_part *part) {
    buf_clear(&l->name);
    buf_print(&l->name, "%d %s", part->partition, part->topic);
    struct stream *s = table_find(&l->streams, buf_bytes(&l->name));
    if (s)
        return s;
    s = memory_get(sizeof(*s));
    s->topic = rd_kafka_topic_new(l->rk, part->topic, NULL);
    s->partition = part->partition;
    (void)table_put(&l->streams, buf_bytes(&l->name), s);
    return s;
}

static bool is_absent(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC
           || error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION
           || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

enum error kafka_log_bounds(struct kafka_log *l, const char *topic, int32_t partition,
                            struct kafka_bounds *out) {
    rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
        l->rk, topic, partition, &out->first, &out->end, LOG_WAIT_MS);
    if (!error)
        return E_ok;
    if (is_absent(error))
        return fail(E_diverged, "the broker has no %s/%d", topic, partition);
    enum error e = fail(E_timed_out, "asking for the bounds of %s/%d: %s", topic, partition,
                        rd_kafka_err2str(error));
    fail_try("look whether the broker runs; --broker HOST:PORT names another");
    return e;
}

/* An unknown topic is asked for here: librdkafka would wait for it to appear. */
static enum error stream_start(struct kafka_log *l, struct stream *s,
                               const struct kafka_part *from) {
    struct kafka_bounds bounds;
    stream_stop(s);
    TRY(kafka_log_bounds(l, from->topic, from->partition, &bounds));
    if (rd_kafka_consume_start(s->topic, s->partition, from->offset))
        return fail(E_closed, "reading %s/%d from offset %" PRId64 ": %s", from->topic,
                    from->partition, from->offset, rd_kafka_err2str(rd_kafka_last_error()));
    s->started = true;
    s->at = from->offset;
    return E_ok;
}

/* Leaves head NULL at the end of the partition. */
static enum error stream_read(struct stream *s, const struct kafka_part *from) {
    int64_t until_ms = clock_steady_ms(clock_real()) + LOG_WAIT_MS;
    while (clock_steady_ms(clock_real()) < until_ms) {
        rd_kafka_message_t *m = rd_kafka_consume(s->topic, s->partition, POLL_MS);
        rd_kafka_resp_err_t error = m ? m->err : RD_KAFKA_RESP_ERR_NO_ERROR;
        if (m && !error) {
            s->head = m;
            return E_ok;
        }
        if (m)
            rd_kafka_message_destroy(m);
        if (error == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            return E_ok;
        if (error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
            return fail(E_diverged, "%s/%d holds nothing at offset %" PRId64, from->topic,
                        from->partition, from->offset);
        if (is_absent(error))
            return fail(E_diverged, "the broker has no %s/%d", from->topic, from->partition);
    }
    enum error e = fail(E_timed_out, "%s/%d: the broker did not answer for %d s", from->topic,
                        from->partition, LOG_WAIT_MS / 1000);
    fail_try("look whether the broker runs; --broker HOST:PORT names another");
    return e;
}

static enum error stream_seek(struct kafka_log *l, struct stream *s,
                              const struct kafka_part *from) {
    bool behind = s->head && s->head->offset >= from->offset && s->at <= from->offset;
    if (behind)
        return E_ok;
    if (!s->started || from->offset < s->at || from->offset - s->at > SKIP_MAX)
        TRY(stream_start(l, s, from));
    while (!s->head || s->head->offset < from->offset) {
        if (s->head)
            rd_kafka_message_destroy(s->head);
        s->head = NULL;
        TRY(stream_read(s, from));
        if (!s->head)
            return E_ok;
    }
    s->at = from->offset;
    return E_ok;
}

enum error kafka_log_next(struct kafka_log *l, const struct kafka_part *from,
                          struct kafka_record *out, bool *found) {
    struct stream *s = stream_of(l, from);
    *found = false;
    enum error e = stream_seek(l, s, from);
    if (e == E_diverged)
        stream_stop(s); /* it reads from nowhere */
    TRY(e);
    if (!s->head)
        return E_ok;
    kafka_record_fill(out, s->head);
    *found = true;
    return E_ok;
}
