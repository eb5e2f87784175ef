/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A producer as an application writes it: idempotent, acks=all, no message ever given up.
 *
 *   rdkafka_story BROKER TOPIC COUNT RATE FILE
 *
 * Sends COUNT numbered messages, about RATE a second, the number as value and a key of ten. FILE
 * gets a line "partition offset number" for each one the broker acknowledged, in the order of the
 * acknowledgements, each line in one write: what stands there was promised. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static FILE *promises;
static long acknowledged;

static void stop(const char *what, const char *why) {
    (void)fprintf(stderr, "rdkafka_story: %s: %s\n", what, why);
    exit(1);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
    (void)rk;
    (void)opaque;
    if (m->err)
        stop("a message was given up", rd_kafka_err2str(m->err));
    acknowledged++;
    (void)fprintf(promises, "%d %lld %.*s\n", m->partition, (long long)m->offset, (int)m->len,
                  (const char *)m->payload);
    (void)fflush(promises);
}

static void on_error(rd_kafka_t *rk, int error, const char *reason, void *opaque) {
    (void)opaque;
    char text[512];
    if (error == RD_KAFKA_RESP_ERR__FATAL)
        stop("fatal", rd_kafka_err2str(rd_kafka_fatal_error(rk, text, sizeof(text))));
    (void)fprintf(stderr, "rdkafka_story: %s\n", reason);
}

static rd_kafka_t *producer_create(const char *broker) {
    static const char *const settings[][2] = {
        { "enable.idempotence", "true" },
        { "acks", "all" },
        { "message.timeout.ms", "0" },
        { "reconnect.backoff.max.ms", "200" },
        { "linger.ms", "1" },
        { "socket.timeout.ms", "10000" },
    };
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", broker, reason, sizeof(reason)))
        stop("settings", reason);
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], reason, sizeof(reason)))
            stop(settings[i][0], reason);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    if (!rk)
        stop("producer", reason);
    return rk;
}

static void send_number(rd_kafka_t *rk, const char *topic, long number) {
    char value[32], key[2] = { (char)('0' + number % 10), 0 };
    (void)snprintf(value, sizeof(value), "%ld", number);
    for (;;) {
        rd_kafka_resp_err_t e =
            rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key, 1),
                              RD_KAFKA_V_VALUE(value, strlen(value)),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (!e)
            return;
        if (e != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            stop("produce", rd_kafka_err2str(e));
        (void)rd_kafka_poll(rk, 10);
    }
}

int main(int count, char **arguments) {
    if (count != 6)
        stop("usage", "BROKER TOPIC COUNT RATE FILE");
    long wanted = strtol(arguments[3], NULL, 10), rate = strtol(arguments[4], NULL, 10);
    struct timespec pause = { .tv_nsec = 10 * 1000000 };
    promises = fopen(arguments[5], "w");
    if (!promises || wanted < 1 || rate < 100)
        stop(arguments[5], "cannot begin");
    rd_kafka_t *rk = producer_create(arguments[1]);
    for (long number = 0; number < wanted; number++) {
        send_number(rk, arguments[2], number);
        if (number % (rate / 100) == 0) {
            (void)nanosleep(&pause, NULL);
            (void)rd_kafka_poll(rk, 0);
        }
    }
    while (acknowledged < wanted)
        (void)rd_kafka_poll(rk, 100);
    rd_kafka_destroy(rk);
    return fclose(promises) != 0;
}
