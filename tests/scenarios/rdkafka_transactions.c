/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Transactional applications as they are written with librdkafka: a copier and a zombie.
 *
 *   rdkafka_transactions copy BROKER FROM TO GROUP COUNT EVERY ABORT
 *     Copies COUNT messages from topic FROM to topic TO, EVERY of them a transaction, offsets in it
 *     (send_offsets_to_transaction). Each ABORT-th transaction is aborted and done again (0: none).
 *     Whatever happens to the broker or the transaction: abort, go back to the committed offsets,
 *     or begin with a new producer. Prints "copied N transactions A aborted B".
 *   rdkafka_transactions zombie BROKER TO
 *     One producer writes to TO in a transaction and does not end it; a second one with the same
 *     transactional.id takes over and commits its own; then the first one commits, and must be told
 *     that it is fenced. Prints "fenced".
 *   rdkafka_transactions hang BROKER TO MESSAGE
 *     Writes one message in a transaction that it never ends, says "written", and waits for a line.
 *   rdkafka_transactions topic BROKER NAME NAME=VALUE...
 *     Makes a topic of one partition with these settings.
 *   rdkafka_transactions put BROKER TO ID KEY VALUE
 *     Writes a record with a key in a transaction of transactional.id ID and commits it.
 *   rdkafka_transactions stall BROKER TO ID KEY VALUE
 *     The same, but says "written" before the commit and waits for a line; then it writes "late",
 *     commits, and must be told that it is fenced. Prints "fenced". */
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char reason[512];

static void stop(const char *what, const char *why) {
    (void)fprintf(stderr, "rdkafka_transactions: %s: %s\n", what, why);
    exit(1);
}

static void stop_error(const char *what, rd_kafka_error_t *e) {
    stop(what, rd_kafka_error_string(e));
}

static rd_kafka_conf_t *settings(const char *const (*pairs)[2], size_t count) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_conf_set(conf, pairs[i][0], pairs[i][1], reason, sizeof(reason)))
            stop(pairs[i][0], reason);
    return conf;
}

static rd_kafka_t *producer_create(const char *broker, const char *id, const char *timeout_ms) {
    const char *const pairs[][2] = {
        { "bootstrap.servers", broker },       { "transactional.id", id },
        { "reconnect.backoff.max.ms", "200" }, { "linger.ms", "1" },
        { "socket.timeout.ms", "3000" },       { "transaction.timeout.ms", timeout_ms },
    };
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, settings(pairs, 6), reason, sizeof(reason));
    if (!rk)
        stop("producer", reason);
    rd_kafka_error_t *e = rd_kafka_init_transactions(rk, 60000);
    if (e)
        stop_error("init_transactions", e);
    return rk;
}

/* What was read before a rebalance is not where the consumer stands after it: its transaction must
 * not be committed (its offsets would be another's, or none). */
static bool was_rebalanced;

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t e,
                         rd_kafka_topic_partition_list_t *parts, void *opaque) {
    (void)opaque;
    was_rebalanced = true;
    (void)rd_kafka_assign(rk, e == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? parts : NULL);
}

static rd_kafka_t *consumer_create(const char *broker, const char *group, const char *topic) {
    const char *const pairs[][2] = {
        { "bootstrap.servers", broker },       { "group.id", group },
        { "enable.auto.commit", "false" },     { "auto.offset.reset", "earliest" },
        { "reconnect.backoff.max.ms", "200" }, { "session.timeout.ms", "6000" },
    };
    rd_kafka_conf_t *conf = settings(pairs, 6);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
    if (!rk)
        stop("consumer", reason);
    (void)rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(rk, topics))
        stop("subscribe", topic);
    rd_kafka_topic_partition_list_destroy(topics);
    return rk;
}

static int produce(rd_kafka_t *rk, const char *topic, const void *value, size_t len) {
    return rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_VALUE((void *)value, len),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
}

struct copier {
    const char *broker, *from, *to, *group;
    long count, every, abort;
    rd_kafka_t *producer, *consumer;
    long done, commits, aborts, batches;
};

/* After an abort the consumer does not go back by itself. */
static void rewind_consumer(struct copier *c) {
    rd_kafka_topic_partition_list_t *parts;
    if (rd_kafka_assignment(c->consumer, &parts))
        stop("assignment", c->from);
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR__TIMED_OUT;
    for (int i = 0; i < 30 && e; i++)
        e = rd_kafka_committed(c->consumer, parts, 2000);
    if (e)
        stop("committed", rd_kafka_err2str(e));
    for (int i = 0; i < parts->cnt; i++)
        if (parts->elems[i].offset < 0)
            parts->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_error_t *error =
        parts->cnt ? rd_kafka_seek_partitions(c->consumer, parts, 30000) : NULL;
    if (error)
        stop_error("seek", error);
    rd_kafka_topic_partition_list_destroy(parts);
}

/* Abort if that is asked for, else a new producer: its InitProducerId ends what is open. */
static void give_up(struct copier *c, rd_kafka_error_t *e) {
    bool renew = true;
    (void)fprintf(stderr, "rdkafka_transactions: %s\n", rd_kafka_error_string(e));
    if (rd_kafka_error_txn_requires_abort(e)) {
        rd_kafka_error_t *failed = rd_kafka_abort_transaction(c->producer, -1);
        renew = failed != NULL;
        if (failed)
            rd_kafka_error_destroy(failed);
    }
    rd_kafka_error_destroy(e);
    if (renew) {
        rd_kafka_destroy(c->producer);
        c->producer = producer_create(c->broker, c->group, "60000");
    }
    rewind_consumer(c);
    c->aborts++;
}

static long copy_some(struct copier *c) {
    long copied = 0;
    while (copied < c->every && c->done + copied < c->count) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c->consumer, 1000);
        if (!m)
            break;
        if (!m->err && !produce(c->producer, c->to, m->payload, m->len))
            copied++;
        rd_kafka_message_destroy(m);
    }
    return copied;
}

static rd_kafka_error_t *end(struct copier *c) {
    rd_kafka_topic_partition_list_t *parts;
    rd_kafka_consumer_group_metadata_t *meta = rd_kafka_consumer_group_metadata(c->consumer);
    if (rd_kafka_assignment(c->consumer, &parts) || rd_kafka_position(c->consumer, parts))
        stop("position", c->from);
    rd_kafka_error_t *e;
    do {
        e = rd_kafka_send_offsets_to_transaction(c->producer, parts, meta, 30000);
    } while (e && rd_kafka_error_is_retriable(e));
    rd_kafka_topic_partition_list_destroy(parts);
    rd_kafka_consumer_group_metadata_destroy(meta);
    if (!e)
        e = rd_kafka_commit_transaction(c->producer, -1);
    return e;
}

static void copy_one(struct copier *c) {
    rd_kafka_error_t *e = rd_kafka_begin_transaction(c->producer);
    if (e) {
        give_up(c, e);
        return;
    }
    was_rebalanced = false;
    long copied = copy_some(c);
    c->batches++;
    if (!copied || was_rebalanced || (c->abort && c->batches % c->abort == 0)) {
        (void)rd_kafka_flush(c->producer, 30000); /* so that there is something to abort */
        e = rd_kafka_abort_transaction(c->producer, -1);
        if (e)
            give_up(c, e);
        else
            rewind_consumer(c);
        c->aborts += !e;
        return;
    }
    e = end(c);
    if (e) {
        give_up(c, e);
        return;
    }
    c->done += copied;
    c->commits++;
}

/* How far the group really is: a commit may have counted though its answer was lost. */
static long committed_sum(struct copier *c) {
    rd_kafka_topic_partition_list_t *parts;
    long sum = 0;
    if (rd_kafka_assignment(c->consumer, &parts))
        stop("assignment", c->from);
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR__TIMED_OUT;
    for (int i = 0; i < 30 && e; i++)
        e = rd_kafka_committed(c->consumer, parts, 2000);
    for (int i = 0; i < parts->cnt; i++)
        sum += parts->elems[i].offset > 0 ? (long)parts->elems[i].offset : 0;
    rd_kafka_topic_partition_list_destroy(parts);
    return sum;
}

static int copy(char **a) {
    struct copier c = { a[2],
                        a[3],
                        a[4],
                        a[5],
                        strtol(a[6], NULL, 10),
                        strtol(a[7], NULL, 10),
                        strtol(a[8], NULL, 10),
                        NULL,
                        NULL,
                        0,
                        0,
                        0,
                        0 };
    c.producer = producer_create(c.broker, c.group, "60000");
    c.consumer = consumer_create(c.broker, c.group, c.from);
    while (c.done < c.count) {
        copy_one(&c);
        if (c.aborts || c.done >= c.count)
            c.done = committed_sum(&c);
    }
    (void)printf("copied %ld transactions %ld aborted %ld\n", c.done, c.commits, c.aborts);
    (void)rd_kafka_consumer_close(c.consumer);
    rd_kafka_destroy(c.consumer);
    rd_kafka_destroy(c.producer);
    return 0;
}

/* To partition 0, where whoever comes behind waits for it. */
static void write_one(rd_kafka_t *rk, const char *topic, const char *value) {
    rd_kafka_error_t *e = rd_kafka_begin_transaction(rk);
    if (e)
        stop_error("begin", e);
    rd_kafka_resp_err_t failed =
        rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                          RD_KAFKA_V_VALUE((char *)(uintptr_t)value, strlen(value)),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (failed || rd_kafka_flush(rk, 30000))
        stop("produce", value);
}

/* A refused record only asks for an abort; that is where the zombie hears it for good. */
static void must_be_fenced(rd_kafka_t *rk, rd_kafka_error_t *e) {
    if (e && rd_kafka_error_txn_requires_abort(e)) {
        rd_kafka_error_destroy(e);
        e = rd_kafka_abort_transaction(rk, 30000);
    }
    if (!e || !rd_kafka_error_is_fatal(e))
        stop("the zombie's commit", e ? rd_kafka_error_name(e) : "was taken");
    (void)printf("fenced: %s\n", rd_kafka_error_name(e));
    (void)fflush(stdout);
    rd_kafka_error_destroy(e);
}

static int zombie(char **a) {
    rd_kafka_t *first = producer_create(a[2], "zombie", "60000");
    write_one(first, a[3], "of the zombie");
    rd_kafka_t *second = producer_create(a[2], "zombie", "60000");
    write_one(second, a[3], "of the owner");
    rd_kafka_error_t *e = rd_kafka_commit_transaction(second, 30000);
    if (e)
        stop_error("the owner's commit", e);
    e = rd_kafka_commit_transaction(first, 30000);
    must_be_fenced(first, e);
    rd_kafka_destroy(first);
    rd_kafka_destroy(second);
    return 0;
}

static void write_keyed(rd_kafka_t *rk, const char *topic, const char *key, const char *value) {
    rd_kafka_resp_err_t failed = rd_kafka_producev(
        rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY(key, strlen(key)),
        RD_KAFKA_V_VALUE((char *)(uintptr_t)value, strlen(value)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (failed || rd_kafka_flush(rk, 30000))
        stop("produce", value);
}

static int put(char **a, bool stalls) {
    char line[16];
    rd_kafka_t *rk = producer_create(a[2], a[4], "60000");
    rd_kafka_error_t *e = rd_kafka_begin_transaction(rk);
    if (e)
        stop_error("begin", e);
    write_keyed(rk, a[3], a[5], a[6]);
    if (stalls) {
        (void)printf("written\n");
        (void)fflush(stdout);
        if (!fgets(line, sizeof(line), stdin))
            stop("stdin", "no line");
        (void)rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(a[3]), RD_KAFKA_V_PARTITION(0),
                                RD_KAFKA_V_KEY(a[5], strlen(a[5])), RD_KAFKA_V_VALUE("late", 4),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    }
    e = rd_kafka_commit_transaction(rk, 30000);
    if (stalls)
        must_be_fenced(rk, e);
    else if (e)
        stop_error("commit", e);
    rd_kafka_destroy(rk);
    return 0;
}

static int make_topic(int count, char **a) {
    const char *const pairs[][2] = { { "bootstrap.servers", a[2] } };
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, settings(pairs, 1), reason, sizeof(reason));
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(a[3], 1, 1, reason, sizeof(reason));
    if (!rk || !topic)
        stop("topic", reason);
    for (int i = 4; i < count; i++) {
        char *value = strchr(a[i], '=');
        if (!value)
            stop(a[i], "no value");
        *value = 0;
        (void)rd_kafka_NewTopic_set_config(topic, a[i], value + 1);
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 30000);
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    size_t results = 0;
    const rd_kafka_topic_result_t **each =
        result ? rd_kafka_CreateTopics_result_topics(result, &results) : NULL;
    if (!results || rd_kafka_topic_result_error(each[0]))
        stop("topic", results ? rd_kafka_topic_result_error_string(each[0]) : "no answer");
    rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    return 0;
}

static int hang(char **a) {
    char line[16];
    rd_kafka_t *rk = producer_create(a[2], "hanging", "3000");
    write_one(rk, a[3], a[4]);
    (void)printf("written\n");
    (void)fflush(stdout);
    return fgets(line, sizeof(line), stdin) == NULL; /* then it dies without a word */
}

int main(int count, char **a) {
    if (count == 9 && strcmp(a[1], "copy") == 0)
        return copy(a);
    if (count == 4 && strcmp(a[1], "zombie") == 0)
        return zombie(a);
    if (count == 5 && strcmp(a[1], "hang") == 0)
        _exit(hang(a));
    if (count == 7 && strcmp(a[1], "put") == 0)
        return put(a, false);
    if (count == 7 && strcmp(a[1], "stall") == 0)
        return put(a, true);
    if (count >= 4 && strcmp(a[1], "topic") == 0)
        return make_topic(count, a);
    stop("usage", "copy BROKER FROM TO GROUP COUNT EVERY ABORT | zombie BROKER TO | hang ...");
}
