// rooms: runtime
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One owner of a task that writes to a compacted topic, by the runtime's own transactor:
 *
 *   compacting_relay BROKER TOPIC TRANSACTIONAL_ID NAME COUNT
 *
 *   compacting_relay BROKER TOPIC make
 *
 * makes the topic, compacted and cleaned as often as can be. The first form sends rows of ten
 * events, one for each key k0..k9, with the value {"by":NAME,"n":ROW}, COUNT rows or, when it is 0,
 * until it is fenced. Says "acked N" as it goes, and ends with 0, or with 7 when another owner has
 * taken over. */
#include "base/event.h"
#include "runtime/outbox.h"
#include "runtime/transactor.h"

#include <librdkafka/rdkafka.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 10, AHEAD = 20, FENCED = 7 };

static int64_t acked;

static void on_acked(void *context, void *owner, int64_t outbox_id) {
    (void)context;
    (void)owner;
    acked = outbox_id;
    printf("acked %" PRId64 "\n", acked);
    (void)fflush(stdout);
}

static enum error row_add(struct transactor *t, char **arguments, int64_t row) {
    struct buf packed = { 0 };
    char key[16], id[32], value[128];
    (void)snprintf(value, sizeof(value), "{\"by\":\"%s\",\"n\":%" PRId64 "}", arguments[4], row);
    for (int k = 0; k < KEYS; k++) {
        (void)snprintf(key, sizeof(key), "k%d", k);
        (void)snprintf(id, sizeof(id), "%" PRId64 "-%d", row, k);
        struct out_event event = {
            .topic = bytes_text(arguments[2]),
            .source = bytes_text("/octavo/zombie/writer/1/0/1"),
            .sequence = (row - 1) * KEYS + k + 1,
            .id = bytes_text(id),
            .type = bytes_text("changed"),
            .key = bytes_text(key),
            .value = bytes_text(value),
            .time_ms = clock_wall_ms(clock_real()),
        };
        outbox_pack(&packed, &event);
    }
    enum error e = transactor_add(t, row, buf_bytes(&packed));
    buf_finish(&packed);
    return e;
}

static const char *const settings[][2] = {
    { "cleanup.policy", "compact" },
    { "segment.bytes", "16384" },
    { "min.cleanable.dirty.ratio", "0.01" },
    { "delete.retention.ms", "100" },
};

static int topic_make(const char *broker, const char *name) {
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", broker, reason, sizeof(reason));
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, 1, 1, reason, sizeof(reason));
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        (void)rd_kafka_NewTopic_set_config(topic, settings[i][0], settings[i][1]);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 10000);
    size_t results = 0;
    const rd_kafka_topic_result_t **result =
        event ? rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event),
                                                    &results)
              : NULL;
    bool made = results == 1 && !rd_kafka_topic_result_error(result[0]);
    if (results == 1 && !made)
        printf("%s\n", rd_kafka_topic_result_error_string(result[0]));
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_destroy(rk);
    return made ? 0 : 1;
}

int main(int count, char **arguments) {
    if (count == 4 && strcmp(arguments[3], "make") == 0)
        return topic_make(arguments[1], arguments[2]);
    if (count != 6)
        return 2;
    int64_t wanted = strtoll(arguments[5], NULL, 10), added = 0;
    struct transactor_options options = {
        .bootstrap = arguments[1],
        .client_id = arguments[4],
        .transactional_id = arguments[3],
        .clock = clock_real(),
        .on_acked = on_acked,
    };
    struct transactor *t = transactor_create(&options);
    enum error e = E_ok;
    while (!e && (!wanted || acked < wanted)) {
        while (!e && (!wanted || added < wanted) && added < acked + AHEAD)
            e = row_add(t, arguments, ++added);
        struct pollfd ready = { .fd = transactor_fd(t), .events = POLLIN };
        (void)poll(&ready, 1, 100);
        if (!e)
            e = transactor_turn(t);
    }
    if (e)
        error_print();
    transactor_destroy(t);
    return e == E_fenced ? FENCED : e != E_ok;
}
