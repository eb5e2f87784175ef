/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* librdkafka, tamed: the settings, the callbacks and nothing of what an event means. */
#include "runtime/kafka.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/event.h"
#include "runtime/kafka_inside.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEADERS_MS = 100, REASON_BYTES = 512, SEQUENCE_DIGITS = 20, POLL_STEP_MS = 100 };

static const struct setting common_settings[] = {
    { "socket.nagle.disable", "true" },
    { "reconnect.backoff.ms", "20" },
    { "reconnect.backoff.max.ms", "500" },
    { "topic.metadata.refresh.fast.interval.ms", "50" },
    { "log_level", "0" }, /* our own events say what matters */
};

static const struct setting consumer_settings[] = {
    { "enable.auto.commit", "false" },       { "enable.auto.offset.store", "false" },
    { "auto.offset.reset", "error" },        { "check.crcs", "true" },
    { "isolation.level", "read_committed" }, { "partition.assignment.strategy", "range" },
    { "fetch.wait.max.ms", "500" },          { "fetch.error.backoff.ms", "20" },
    { "queued.min.messages", "10000" },      { "queued.max.messages.kbytes", "16384" },
    { "allow.auto.create.topics", "false" }, { "max.poll.interval.ms", "300000" },
    { "heartbeat.interval.ms", "500" },
};

enum error kafka_setting_put(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char reason[REASON_BYTES];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) != RD_KAFKA_CONF_OK)
        return fail(E_config, "Kafka setting %s: %s", name, reason);
    return E_ok;
}

enum error kafka_settings_put(rd_kafka_conf_t *conf, const struct setting *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        TRY(kafka_setting_put(conf, list[i].name, list[i].value));
    return E_ok;
}

enum error kafka_conf_begin(rd_kafka_conf_t *conf, const char *bootstrap, const char *client) {
    TRY(kafka_settings_put(conf, common_settings, COUNT_OF(common_settings)));
    TRY(kafka_setting_put(conf, "bootstrap.servers", bootstrap));
    return kafka_setting_put(conf, "client.id", client ? client : "octavo");
}

void doorbell_open(struct doorbell *d, rd_kafka_queue_t *queue) {
    int fds[2];
    int result = pipe2(fds, O_NONBLOCK | O_CLOEXEC);
    assert(result == 0);
    *d = (struct doorbell){ fds[0], fds[1] };
    rd_kafka_queue_io_event_enable(queue, d->write_fd, "1", 1);
}

void doorbell_silence(const struct doorbell *d) {
    char ignored[64];
    while (read(d->read_fd, ignored, sizeof(ignored)) == (ssize_t)sizeof(ignored))
        ;
}

void doorbell_close(struct doorbell *d) {
    if (d->read_fd > 0) {
        (void)close(d->read_fd);
        (void)close(d->write_fd);
    }
}

/* ---- topics */

static int partitions_in(const struct rd_kafka_metadata *metadata, const char *name) {
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, name) == 0 && !metadata->topics[i].err)
            return metadata->topics[i].partition_cnt;
    return 0;
}

/* All topics are asked for: asking for one that is not there would make it, with the broker's
 * defaults instead of what is declared. */
static enum error topic_check_count(rd_kafka_t *rk, const struct kafka_topic_wanted *wanted,
                                    bool *there) {
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t error = rd_kafka_metadata(rk, 1, NULL, &metadata, 1000);
    *there = false;
    if (error)
        return fail(E_timed_out, "the broker did not answer: %s", rd_kafka_err2str(error));
    int count = partitions_in(metadata, wanted->name);
    rd_kafka_metadata_destroy(metadata);
    *there = count > 0;
    if (count && count != wanted->partitions) {
        enum error e = fail(E_config, "topic %s has %d partitions, %d are declared", wanted->name,
                            count, wanted->partitions);
        fail_try("declare %d, or use another broker directory", count);
        return e;
    }
    return E_ok;
}

static void topic_set_ms(rd_kafka_NewTopic_t *topic, const char *name, int64_t ms) {
    char text[24];
    (void)snprintf(text, sizeof(text), "%lld", (long long)ms);
    if (ms)
        (void)rd_kafka_NewTopic_set_config(topic, name, text);
}

enum error kafka_topic_make(rd_kafka_t *rk, const struct kafka_topic_wanted *wanted) {
    char reason[REASON_BYTES];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(wanted->name, wanted->partitions, -1, reason, sizeof(reason));
    if (!topic)
        return fail(E_config, "topic %s: %s", wanted->name, reason);
    if (wanted->compacted)
        (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
    topic_set_ms(topic, "retention.ms", wanted->retention_ms);
    topic_set_ms(topic, "delete.retention.ms", wanted->tombstones_ms);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 5000);
    enum error e = E_ok;
    if (!event || rd_kafka_event_error(event))
        e = fail(E_timed_out, "topic %s was not created: %s", wanted->name,
                 event ? rd_kafka_event_error_string(event) : "no answer");
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return e;
}

static enum error topic_ensure(rd_kafka_t *rk, const struct kafka_topic_wanted *wanted,
                               int64_t until_ms) {
    for (;;) {
        bool there = false;
        enum error e = topic_check_count(rk, wanted, &there);
        if (!e && !there)
            e = kafka_topic_make(rk, wanted);
        if (!e && there)
            return E_ok;
        if (e && error_action(e) != RETRY)
            return e;
        if (clock_steady_ms(clock_real()) > until_ms)
            return e ? e : fail(E_timed_out, "topic %s does not appear", wanted->name);
        rd_kafka_poll(rk, e ? POLL_STEP_MS : 5);
    }
}

enum error kafka_handle_create(rd_kafka_t **out, rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    char reason[REASON_BYTES];
    enum error e = kafka_properties_put(conf);
    if (e) {
        rd_kafka_conf_destroy(conf);
        *out = NULL;
        return e;
    }
    *out = rd_kafka_new(type, conf, reason, sizeof(reason));
    if (*out)
        return E_ok;
    rd_kafka_conf_destroy(conf);
    return fail(E_config, "Kafka client: %s", reason);
}

enum error kafka_reader_create(rd_kafka_t **out, const char *bootstrap) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum error e = kafka_conf_begin(conf, bootstrap, "octavo-reader");
    if (!e)
        e = kafka_settings_put(conf, consumer_settings, COUNT_OF(consumer_settings));
    if (!e)
        e = kafka_setting_put(conf, "enable.partition.eof", "true");
    if (!e) /* a partition that is begun waits until the fetch under way has returned */
        e = kafka_setting_put(conf, "fetch.wait.max.ms", "10");
    if (!e)
        return kafka_handle_create(out, RD_KAFKA_CONSUMER, conf);
    rd_kafka_conf_destroy(conf);
    return e;
}

enum error kafka_ensure_topics(const char *bootstrap, const struct kafka_topic_wanted *topics,
                               size_t count, int timeout_ms) {
    int64_t until_ms = clock_steady_ms(clock_real()) + timeout_ms;
    rd_kafka_t *rk;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    TRY(kafka_conf_begin(conf, bootstrap, "octavo-topics"));
    TRY(kafka_handle_create(&rk, RD_KAFKA_PRODUCER, conf));
    enum error e = E_ok;
    for (size_t i = 0; i < count && !e; i++)
        e = topic_ensure(rk, &topics[i], until_ms);
    if (e)
        fail_while("preparing the topics at %s", bootstrap);
    rd_kafka_destroy(rk);
    return e;
}

/* ---- consumer */

struct kafka_consumer {
    struct kafka_consumer_options options;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct doorbell doorbell;
    rd_kafka_topic_partition_list_t *reading; /* what is assigned, from where */
    char cluster[64];
    bool away;
    bool fatal; /* static membership: another process took our name */
};

static void on_consumer_error(rd_kafka_t *rk, int error, const char *reason, void *opaque) {
    struct kafka_consumer *c = opaque;
    (void)rk;
    (void)reason;
    c->fatal = c->fatal || error == RD_KAFKA_RESP_ERR__FATAL;
    if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || c->away)
        return;
    c->away = true;
    if (c->options.on_broker_state)
        c->options.on_broker_state(c->options.context, true);
}

static void parts_add(rd_kafka_topic_partition_list_t *list, const struct kafka_part *part) {
    rd_kafka_topic_partition_list_add(list, part->topic, part->partition)->offset = part->offset;
}

static void reading_replace(struct kafka_consumer *c, rd_kafka_topic_partition_list_t *list) {
    if (c->reading)
        rd_kafka_topic_partition_list_destroy(c->reading);
    c->reading = list;
}

/* librdkafka aborts the process when it is given an assignment while partitions of the one before
 * are being stopped (its issue 5573: a second stop of a partition is counted). Its main thread
 * takes in one thing after the other, so two questions that it answers behind the stops, and then
 * behind what they have become, are enough to wait for them. */
static rd_kafka_resp_err_t assign_whole(rd_kafka_t *rk,
                                        const rd_kafka_topic_partition_list_t *list) {
    for (int i = 0; i < 2; i++) {
        rd_kafka_topic_partition_list_t *now = NULL;
        if (!rd_kafka_assignment(rk, &now))
            rd_kafka_topic_partition_list_destroy(now);
    }
    return rd_kafka_assign(rk, list);
}

/* Eager protocol: a gift is the whole assignment. Parts that are not ready stay out of it. */
static void on_given(struct kafka_consumer *c, const rd_kafka_topic_partition_list_t *list) {
    struct kafka_part *parts = memory_get((size_t)list->cnt * sizeof(*parts));
    rd_kafka_topic_partition_list_t *now = rd_kafka_topic_partition_list_new(list->cnt);
    for (int i = 0; i < list->cnt; i++)
        parts[i] =
            (struct kafka_part){ list->elems[i].topic, list->elems[i].partition, KAFKA_NOT_YET };
    c->options.on_assigned(c->options.context, parts, (size_t)list->cnt);
    for (int i = 0; i < list->cnt; i++)
        if (parts[i].offset != KAFKA_NOT_YET)
            parts_add(now, &parts[i]);
    (void)assign_whole(c->rk, now);
    reading_replace(c, now);
    free(parts);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t error,
                         rd_kafka_topic_partition_list_t *list, void *opaque) {
    struct kafka_consumer *c = opaque;
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        on_given(c, list);
        return;
    }
    for (int i = 0; i < list->cnt; i++)
        c->options.on_revoked(c->options.context, list->elems[i].topic, list->elems[i].partition);
    reading_replace(c, NULL);
    (void)assign_whole(rk, NULL);
}

/* A fetch for each record costs as much as its handling. */
static enum error patience_put(rd_kafka_conf_t *conf, int64_t wait_ms) {
    char wait[24];
    if (!wait_ms)
        return E_ok;
    (void)snprintf(wait, sizeof(wait), "%lld", (long long)wait_ms);
    TRY(kafka_setting_put(conf, "fetch.min.bytes", "65536"));
    return kafka_setting_put(conf, "fetch.wait.max.ms", wait);
}

static enum error consumer_conf(struct kafka_consumer *c, rd_kafka_conf_t *conf) {
    const struct kafka_consumer_options *o = &c->options;
    char session[16];
    (void)snprintf(session, sizeof(session), "%d",
                   o->session_timeout_ms ? o->session_timeout_ms : 6000);
    TRY(kafka_conf_begin(conf, o->bootstrap, o->client_id));
    TRY(kafka_settings_put(conf, consumer_settings, COUNT_OF(consumer_settings)));
    TRY(kafka_setting_put(conf, "session.timeout.ms", session));
    TRY(kafka_setting_put(conf, "group.id", o->group ? o->group : "octavo-without-group"));
    TRY(patience_put(conf, o->wait_ms));
    if (o->on_end)
        TRY(kafka_setting_put(conf, "enable.partition.eof", "true"));
    if (o->group && o->group_instance)
        TRY(kafka_setting_put(conf, "group.instance.id", o->group_instance));
    rd_kafka_conf_set_opaque(conf, c);
    rd_kafka_conf_set_error_cb(conf, on_consumer_error);
    if (o->group)
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    return E_ok;
}

static enum error consumer_subscribe(struct kafka_consumer *c) {
    rd_kafka_topic_partition_list_t *topics =
        rd_kafka_topic_partition_list_new((int)c->options.topic_count);
    for (size_t i = 0; i < c->options.topic_count; i++)
        (void)rd_kafka_topic_partition_list_add(topics, c->options.topics[i],
                                                RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t error = rd_kafka_subscribe(c->rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return error ? fail(E_config, "subscribe: %s", rd_kafka_err2str(error)) : E_ok;
}

enum error kafka_consumer_create(struct kafka_consumer **out,
                                 const struct kafka_consumer_options *options) {
    struct kafka_consumer *c = memory_get(sizeof(*c));
    c->options = *options;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum error e = consumer_conf(c, conf);
    if (e)
        rd_kafka_conf_destroy(conf);
    else
        e = kafka_handle_create(&c->rk, RD_KAFKA_CONSUMER, conf);
    if (!e) {
        (void)rd_kafka_poll_set_consumer(c->rk);
        c->queue = rd_kafka_queue_get_consumer(c->rk);
        doorbell_open(&c->doorbell, c->queue);
        e = options->group ? consumer_subscribe(c) : E_ok;
    }
    if (e) {
        kafka_consumer_close(c);
        c = NULL;
    }
    *out = c;
    return e;
}

void kafka_consumer_close(struct kafka_consumer *c) {
    if (!c)
        return;
    if (c->rk) {
        rd_kafka_queue_io_event_enable(c->queue, -1, NULL, 0);
        (void)rd_kafka_consumer_close(c->rk);
        rd_kafka_queue_destroy(c->queue);
        rd_kafka_destroy(c->rk);
    }
    reading_replace(c, NULL);
    doorbell_close(&c->doorbell);
    free(c);
}

int kafka_consumer_fd(struct kafka_consumer *c) {
    return c->doorbell.read_fd;
}

/* The eager protocol knows only whole assignments: what is read already goes on where the caller
 * stands (its last record + 1), the new parts are added. */
static rd_kafka_topic_partition_list_t *reading_now(struct kafka_consumer *c) {
    if (!c->reading)
        return rd_kafka_topic_partition_list_new(4);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_copy(c->reading);
    rd_kafka_topic_partition_list_t *at = rd_kafka_topic_partition_list_copy(c->reading);
    if (!rd_kafka_position(c->rk, at))
        for (int i = 0; i < at->cnt; i++)
            if (at->elems[i].offset >= 0)
                list->elems[i].offset = at->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(at);
    return list;
}

/* Without a group nobody has asked for these topics yet, and by itself librdkafka looks only once a
 * second who leads what it was given. Not answered in time: it looks then. */
static void leaders_ask(struct kafka_consumer *c) {
    const struct rd_kafka_metadata *metadata = NULL;
    if (!rd_kafka_metadata(c->rk, 0, NULL, &metadata, LEADERS_MS))
        rd_kafka_metadata_destroy(metadata);
}

enum error kafka_consumer_start(struct kafka_consumer *c, const struct kafka_part *parts,
                                size_t count) {
    rd_kafka_topic_partition_list_t *list = reading_now(c);
    bool is_first = list->cnt == 0;
    for (size_t i = 0; i < count; i++)
        parts_add(list, &parts[i]);
    rd_kafka_resp_err_t error = assign_whole(c->rk, list);
    reading_replace(c, list);
    if (!error && is_first && !c->options.group)
        leaders_ask(c);
    return error ? fail(E_config, "start reading: %s", rd_kafka_err2str(error)) : E_ok;
}

enum error kafka_consumer_stop(struct kafka_consumer *c, const char *topic, int32_t partition) {
    rd_kafka_topic_partition_list_t *list = reading_now(c);
    (void)rd_kafka_topic_partition_list_del(list, topic, partition);
    rd_kafka_resp_err_t error = assign_whole(c->rk, list);
    reading_replace(c, list);
    return error
               ? fail(E_config, "stop reading %s-%d: %s", topic, partition, rd_kafka_err2str(error))
               : E_ok;
}

static void header_take(struct kafka_record *r, const char *name, struct bytes value) {
    if (strcmp(name, "ce_type") == 0)
        r->type = value;
    else if (strcmp(name, "ce_id") == 0)
        r->id = value;
    else if (strcmp(name, "ce_source") == 0)
        r->source = value;
    else if (strcmp(name, "octavo-asker") == 0)
        r->asker = value;
    else if (strcmp(name, "octavo-answers") == 0)
        r->answers = value;
    else if (strcmp(name, "traceparent") == 0)
        r->traceparent = value;
    else if (strcmp(name, "ce_sequence") == 0 && value.len <= SEQUENCE_DIGITS)
        for (size_t i = 0; i < value.len && value.data[i] >= '0' && value.data[i] <= '9'; i++)
            r->sequence = r->sequence * 10 + (value.data[i] - '0');
}

void kafka_record_fill(struct kafka_record *r, rd_kafka_message_t *m) {
    rd_kafka_headers_t *headers = NULL;
    const char *topic = rd_kafka_topic_name(m->rkt), *name;
    const void *value;
    size_t len;
    *r = (struct kafka_record){
        .topic = bytes_text(topic),
        .partition = m->partition,
        .offset = m->offset,
        .timestamp_ms = rd_kafka_message_timestamp(m, NULL),
        .key = bytes_of(m->key, m->key_len),
        .value = bytes_of(m->payload, m->len),
        .message = m,
    };
    if (rd_kafka_message_headers(m, &headers))
        return;
    for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &len); i++)
        header_take(r, name, bytes_of(value, len));
}

static enum error poll_error(rd_kafka_message_t *m) {
    rd_kafka_resp_err_t error = m->err;
    if (error != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && error != RD_KAFKA_RESP_ERR__FATAL
        && error != RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
        return E_ok; /* librdkafka goes on by itself */
    enum error e =
        fail(error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ? E_diverged : E_fenced, "%s-%d: %s",
             m->rkt ? rd_kafka_topic_name(m->rkt) : "consumer", m->partition,
             m->payload ? (const char *)m->payload : rd_kafka_err2str(error));
    if (e == E_diverged)
        fail_try("the broker no longer holds what this service has read: restore the broker's "
                 "directory, or start a new generation of the service");
    return e;
}

static void on_back(struct kafka_consumer *c) {
    if (!c->away)
        return;
    c->away = false;
    if (c->options.on_broker_state)
        c->options.on_broker_state(c->options.context, false);
}

/* librdkafka tells when the last broker has gone, never that one is back. Asked for metadata with
 * no time to answer, it fails with TRANSPORT as long as it is connected to none. */
void kafka_consumer_tick(struct kafka_consumer *c) {
    const struct rd_kafka_metadata *metadata = NULL;
    if (!c->away)
        return;
    rd_kafka_resp_err_t error = rd_kafka_metadata(c->rk, 0, NULL, &metadata, 1);
    if (!error)
        rd_kafka_metadata_destroy(metadata);
    if (error != RD_KAFKA_RESP_ERR__TRANSPORT)
        on_back(c);
}

enum error kafka_consumer_poll(struct kafka_consumer *c, struct kafka_record *out, bool *found) {
    rd_kafka_message_t *m = rd_kafka_consumer_poll(c->rk, 0);
    *found = false;
    if (c->fatal)
        return fail(E_fenced, "the broker refused this member for good");
    if (!m) {
        doorbell_silence(&c->doorbell);
        m = rd_kafka_consumer_poll(c->rk, 0); /* what came between the two */
    }
    while (m && m->err) { /* what stands behind it rings the doorbell no more */
        if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && c->options.on_end)
            c->options.on_end(c->options.context, rd_kafka_topic_name(m->rkt), m->partition);
        enum error e = poll_error(m);
        rd_kafka_message_destroy(m);
        if (e)
            return e;
        m = rd_kafka_consumer_poll(c->rk, 0);
    }
    if (!m)
        return E_ok;
    on_back(c);
    kafka_record_fill(out, m);
    *found = true;
    return E_ok;
}

void kafka_record_done(struct kafka_record *r) {
    rd_kafka_message_destroy(r->message);
}

bool kafka_consumer_end(struct kafka_consumer *c, const char *topic, int32_t partition,
                        int64_t *end) {
    int64_t low;
    return !rd_kafka_get_watermark_offsets(c->rk, topic, partition, &low, end) && *end >= 0;
}

void kafka_consumer_pause(struct kafka_consumer *c, bool paused) {
    rd_kafka_topic_partition_list_t *all = NULL;
    if (rd_kafka_assignment(c->rk, &all))
        return;
    (void)(paused ? rd_kafka_pause_partitions(c->rk, all) : rd_kafka_resume_partitions(c->rk, all));
    rd_kafka_topic_partition_list_destroy(all);
}

void kafka_consumer_commit(struct kafka_consumer *c, const char *topic, int32_t partition,
                           int64_t next_offset) {
    rd_kafka_topic_partition_list_t *one = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(one, topic, partition)->offset = next_offset;
    (void)rd_kafka_commit(c->rk, one, 1);
    rd_kafka_topic_partition_list_destroy(one);
}

const char *kafka_consumer_cluster(struct kafka_consumer *c, int timeout_ms) {
    char *id = rd_kafka_clusterid(c->rk, timeout_ms);
    (void)snprintf(c->cluster, sizeof(c->cluster), "%s", id ? id : "");
    if (id)
        rd_kafka_mem_free(c->rk, id);
    return c->cluster;
}
