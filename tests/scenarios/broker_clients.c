/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Clients of a broker that is killed or loses power, each with a history of what it did and heard.
 *
 *   broker_clients make BROKER TOPIC PARTITIONS 0
 *     Makes the topic.
 *   broker_clients produce BROKER TOPIC PARTITIONS NUMBER
 *     An idempotent producer of small messages until SIGTERM. One that librdkafka gives up is
 *     replaced by its next incarnation; no message is ever sent a second time by us.
 *   broker_clients transact BROKER TOPIC PARTITIONS NUMBER
 *     The same in transactions of some messages, every fourth of them aborted.
 *   broker_clients follow BROKER TOPIC PARTITIONS NUMBER
 *     Reads what is committed as it comes, until SIGTERM.
 *   broker_clients read BROKER TOPIC PARTITIONS COUNT
 *     Ends what the transactional producers 0 to COUNT - 1 have left open, as a restart of each
 *     would, then reads what is committed from the first offset to the end.
 *
 * A history is lines on stdout, each in one write, an attempt before it is made and its outcome
 * after: what stands there was known at that moment, whatever becomes of the process.
 *
 *   send VALUE PARTITION [TRANSACTION]      VALUE is PRODUCER.INCARNATION.NUMBER
 *   acked VALUE PARTITION OFFSET
 *   unacked VALUE                           refused or unknown: it may be there, or not
 *   committing TRANSACTION                  then it ends as one of these, or is unknown
 *   committed TRANSACTION
 *   aborted TRANSACTION
 *   read VALUE PARTITION OFFSET
 *   error TEXT                              for people */
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 20, IN_TRANSACTION = 12, PAUSE_NS = 10 * 1000000 };

static volatile sig_atomic_t ending;
static char reason[512];

struct client {
    const char *broker, *topic;
    int partitions, number;
    long incarnation, messages, transactions;
    bool failed; /* another incarnation is needed */
};

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...) {
    char line[1024];
    va_list list;
    va_start(list, format);
    int len = vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    if (len > 0 && len < (int)sizeof(line) && write(1, line, (size_t)len) != len)
        _exit(2);
}

static void stop(const char *what, const char *why) {
    (void)fprintf(stderr, "broker_clients: %s: %s\n", what, why);
    exit(1);
}

/* About BURST messages, or a transaction, each of these. */
static void take_turns(void) {
    struct timespec pause = { .tv_nsec = PAUSE_NS };
    (void)nanosleep(&pause, NULL);
}

static void on_signal(int number) {
    (void)number;
    ending = 1;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
    struct client *c = opaque;
    (void)rk;
    if (m->err)
        tell("unacked %.*s\n", (int)m->len, (const char *)m->payload);
    else
        tell("acked %.*s %d %lld\n", (int)m->len, (const char *)m->payload, m->partition,
             (long long)m->offset);
    c->failed = c->failed || m->err;
}

static void on_error(rd_kafka_t *rk, int error, const char *text, void *opaque) {
    struct client *c = opaque;
    (void)rk;
    c->failed = c->failed || error == RD_KAFKA_RESP_ERR__FATAL;
    if (error == RD_KAFKA_RESP_ERR__FATAL)
        tell("error fatal: %s\n", text);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)))
        stop(name, reason);
}

static rd_kafka_t *client_create(struct client *c, rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    set(conf, "bootstrap.servers", c->broker);
    set(conf, "reconnect.backoff.ms", "20");
    set(conf, "reconnect.backoff.max.ms", "100");
    set(conf, "socket.timeout.ms", "3000");
    rd_kafka_conf_set_opaque(conf, c);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof(reason));
    if (!rk)
        stop("client", reason);
    return rk;
}

static rd_kafka_t *producer_create(struct client *c, const char *id) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "linger.ms", "1");
    set(conf, "retry.backoff.ms", "20");
    if (id)
        set(conf, "transactional.id", id);
    else
        set(conf, "enable.idempotence", "true");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    c->failed = false;
    c->incarnation++;
    return client_create(c, RD_KAFKA_PRODUCER, conf);
}

static void send_one(struct client *c, rd_kafka_t *rk, const char *transaction) {
    char value[64];
    long number = c->messages++;
    int partition = (int)((number * 7 + c->number) % c->partitions);
    (void)snprintf(value, sizeof(value), "%d.%ld.%ld", c->number, c->incarnation, number);
    tell("send %s %d %s\n", value, partition, transaction);
    if (rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(c->topic), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_VALUE(value, strlen(value)),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END))
        tell("unacked %s\n", value);
}

static void producer_destroy(rd_kafka_t *rk) {
    (void)rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(rk, 1000);
    rd_kafka_destroy(rk);
}

static void produce(struct client *c) {
    while (!ending) {
        rd_kafka_t *rk = producer_create(c, NULL);
        while (!ending && !c->failed) {
            for (int i = 0; i < BURST && rd_kafka_outq_len(rk) < 1000; i++)
                send_one(c, rk, "");
            (void)rd_kafka_poll(rk, 0);
            take_turns();
        }
        (void)rd_kafka_flush(rk, c->failed ? 0 : 10000);
        producer_destroy(rk);
    }
}

static bool is_well(struct client *c, rd_kafka_error_t *e, const char *what) {
    if (!e)
        return true;
    tell("error %s: %s\n", what, rd_kafka_error_string(e));
    rd_kafka_error_destroy(e);
    c->failed = true;
    return false;
}

/* What is unknown is not asked again: the next incarnation's first request ends it. */
static void transact_once(struct client *c, rd_kafka_t *rk) {
    char name[64];
    long number = c->transactions++;
    (void)snprintf(name, sizeof(name), "%d/%ld", c->number, number);
    if (!is_well(c, rd_kafka_begin_transaction(rk), "begin"))
        return;
    for (int i = 0; i < IN_TRANSACTION; i++)
        send_one(c, rk, name);
    if (number % 4 == 3) {
        (void)rd_kafka_flush(rk, 10000); /* so that there is something to abort */
        if (is_well(c, rd_kafka_abort_transaction(rk, 10000), "abort"))
            tell("aborted %s\n", name);
        c->failed = false; /* what an abort purges is no failure */
        return;
    }
    tell("committing %s\n", name);
    if (is_well(c, rd_kafka_commit_transaction(rk, 10000), "commit"))
        tell("committed %s\n", name);
}

static bool session_begin(struct client *c, rd_kafka_t *rk) {
    bool well = false;
    while (!well && !ending) {
        rd_kafka_error_t *e = rd_kafka_init_transactions(rk, 2000);
        bool again = e && rd_kafka_error_is_retriable(e);
        well = is_well(c, e, "init");
        if (!well && !again)
            return false;
    }
    c->failed = false;
    return well;
}

static void transact(struct client *c) {
    char id[32];
    (void)snprintf(id, sizeof(id), "transactor-%d", c->number);
    while (!ending) {
        rd_kafka_t *rk = producer_create(c, id);
        bool goes = session_begin(c, rk);
        while (goes && !ending && !c->failed) {
            transact_once(c, rk);
            take_turns();
        }
        producer_destroy(rk);
    }
}

static rd_kafka_t *reader_create(struct client *c) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "group.id", "nobody");
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.partition.eof", "true");
    set(conf, "isolation.level", "read_committed");
    set(conf, "auto.offset.reset", "error");
    set(conf, "check.crcs", "true");
    set(conf, "fetch.wait.max.ms", "50");
    set(conf, "fetch.error.backoff.ms", "20");
    rd_kafka_t *rk = client_create(c, RD_KAFKA_CONSUMER, conf);
    (void)rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(c->partitions);
    for (int i = 0; i < c->partitions; i++)
        rd_kafka_topic_partition_list_add(parts, c->topic, i)->offset = 0;
    if (rd_kafka_assign(rk, parts))
        stop("assign", c->topic);
    rd_kafka_topic_partition_list_destroy(parts);
    return rk;
}

/* An offset that is not there any more ends it: nothing of this topic is ever removed. */
static void take(const rd_kafka_message_t *m, bool *at_end, int *ends) {
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && !at_end[m->partition]) {
        at_end[m->partition] = true;
        ++*ends;
    } else if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        stop("an offset is gone", rd_kafka_message_errstr(m));
    } else if (!m->err) {
        tell("read %.*s %d %lld\n", (int)m->len, (const char *)m->payload, m->partition,
             (long long)m->offset);
    }
}

/* Of a topic that is not there a consumer says nothing for long. */
static void find_topic(struct client *c, rd_kafka_t *rk) {
    const struct rd_kafka_metadata *all;
    rd_kafka_resp_err_t e = rd_kafka_metadata(rk, 1, NULL, &all, 10000);
    int found = 0;
    if (e)
        stop("metadata", rd_kafka_err2str(e));
    for (int i = 0; i < all->topic_cnt; i++)
        if (strcmp(all->topics[i].topic, c->topic) == 0)
            found = all->topics[i].partition_cnt;
    if (found != c->partitions)
        stop("the topic is gone", c->topic);
    rd_kafka_metadata_destroy(all);
}

static void read_all(struct client *c, bool follows) {
    rd_kafka_t *rk = reader_create(c);
    bool *at_end = calloc((size_t)c->partitions, sizeof(*at_end));
    int ends = 0, silent = 0;
    if (!follows)
        find_topic(c, rk);
    while (!ending && (follows || ends < c->partitions)) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 100);
        silent = m ? 0 : silent + 1;
        if (m)
            take(m, at_end, &ends);
        if (m)
            rd_kafka_message_destroy(m);
        if (!follows && silent > 300)
            stop("read", "nothing comes any more, and it is not the end");
    }
    free(at_end);
    (void)rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}

static void end_left_open(struct client *c) {
    int count = c->number;
    for (c->number = 0; c->number < count; c->number++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "transactor-%d", c->number);
        rd_kafka_t *rk = producer_create(c, id);
        if (!session_begin(c, rk))
            stop("init_transactions", id);
        rd_kafka_destroy(rk);
    }
}

static void make(struct client *c) {
    rd_kafka_t *rk = client_create(c, RD_KAFKA_PRODUCER, rd_kafka_conf_new());
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(c->topic, c->partitions, 1, reason, sizeof(reason));
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
}

int main(int count, char **a) {
    if (count != 6)
        stop("usage", "make|produce|transact|follow|read BROKER TOPIC PARTITIONS NUMBER");
    struct client c = { .broker = a[2],
                        .topic = a[3],
                        .partitions = (int)strtol(a[4], NULL, 10),
                        .number = (int)strtol(a[5], NULL, 10) };
    (void)signal(SIGTERM, on_signal);
    if (strcmp(a[1], "make") == 0)
        make(&c);
    else if (strcmp(a[1], "produce") == 0)
        produce(&c);
    else if (strcmp(a[1], "transact") == 0)
        transact(&c);
    else if (strcmp(a[1], "read") == 0)
        end_left_open(&c);
    if (strcmp(a[1], "read") == 0 || strcmp(a[1], "follow") == 0)
        read_all(&c, a[1][0] == 'f');
    return 0;
}
