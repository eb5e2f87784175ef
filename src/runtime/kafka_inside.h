/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the files kafka*.c share of librdkafka. Private to them. */
#ifndef OCTAVO_RUNTIME_KAFKA_INSIDE_H
#define OCTAVO_RUNTIME_KAFKA_INSIDE_H

#include "runtime/kafka.h"

#include <librdkafka/rdkafka.h>

struct setting {
    const char *name;
    const char *value;
};

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))

/* A pipe that librdkafka writes one byte to whenever its queue stops being empty. */
struct doorbell {
    int read_fd;
    int write_fd;
};

void doorbell_open(struct doorbell *d, rd_kafka_queue_t *queue);
void doorbell_silence(const struct doorbell *d);
void doorbell_close(struct doorbell *d);

enum error kafka_settings_put(rd_kafka_conf_t *conf, const struct setting *list,
                              size_t count) MUST_CHECK;
enum error kafka_setting_put(rd_kafka_conf_t *conf, const char *name, const char *value) MUST_CHECK;
enum error kafka_conf_begin(rd_kafka_conf_t *conf, const char *bootstrap,
                            const char *client) MUST_CHECK;
enum error kafka_properties_put(rd_kafka_conf_t *conf) MUST_CHECK; /* kafka_properties.h */
/* Takes conf in any case, and puts the declared properties over what is in it. */
enum error kafka_handle_create(rd_kafka_t **out, rd_kafka_type_t type,
                               rd_kafka_conf_t *conf) MUST_CHECK;
/* A client with the consumer's settings and no group; the ends of partitions are reported. */
enum error kafka_reader_create(rd_kafka_t **out, const char *bootstrap) MUST_CHECK;
enum error kafka_topic_make(rd_kafka_t *rk, const struct kafka_topic_wanted *wanted) MUST_CHECK;
void kafka_record_fill(struct kafka_record *r, rd_kafka_message_t *m);
/* Copies the event, with its headers, into the producer's queue. */
rd_kafka_resp_err_t kafka_hand_over(rd_kafka_t *rk, const struct out_event *e, void *tag);

#endif
