/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a broker shows of its log, under the names that kafka_exporter gives a broker's numbers. */
#include "server/server.h"

#include "server/server_inside.h"

static void each_partition(const struct server *s, struct metric_page *page, enum metric m,
                           int64_t (*number)(const struct partition *p)) {
    struct buf labels = { 0 };
    struct topic *topic;
    for (size_t at = 0; (topic = topic_next(s->storage, &at));)
        for (int32_t i = 0; i < topic->partition_count; i++) {
            buf_clear(&labels);
            metric_label(&labels, "topic", bytes_text(topic->name));
            metric_label_int(&labels, "partition", i);
            metric_int(page, m, &labels, number(topic->partitions[i]));
        }
    buf_finish(&labels);
}

static void put_topics(const struct server *s, struct metric_page *page) {
    struct buf labels = { 0 };
    struct topic *topic;
    for (size_t at = 0; (topic = topic_next(s->storage, &at));) {
        buf_clear(&labels);
        metric_label(&labels, "topic", bytes_text(topic->name));
        metric_int(page, M_kafka_topic_partitions, &labels, topic->partition_count);
    }
    buf_finish(&labels);
}

void server_metrics(const struct server *s, struct metric_page *page) {
    put_topics(s, page);
    each_partition(s, page, M_kafka_topic_partition_current_offset, partition_high_watermark);
    each_partition(s, page, M_kafka_topic_partition_oldest_offset, partition_log_start);
    metric_int(page, M_octavo_broker_unsynced_frames, NULL,
               (int64_t)(storage_appended_lsn(s->storage) - storage_synced_lsn(s->storage)));
}
