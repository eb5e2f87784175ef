/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The broker's own settings under Kafka's names, for whoever asks: what it was started with, and
 * what it always does. None of them can be changed while it runs. */
#include "settings.h"

#include "coordinator/coordinator.h"
#include "server_inside.h"
#include "transactions.h"

#include <inttypes.h>
#include <stdio.h>

enum { NUMBER_BYTES = 24 };

struct broker_row {
    const char *name;
    const char *text; /* NULL: the number */
    int64_t number;
    bool is_given; /* when it was started */
};

static const char *truth(bool is) {
    return is ? "true" : "false";
}

static void put(struct request *r, const struct broker_row *row, struct broker_setting *out) {
    char number[NUMBER_BYTES];
    (void)snprintf(number, sizeof(number), "%" PRId64, row->number);
    *out = (struct broker_setting){
        .name = bytes_text(row->name),
        .value = arena_copy(&r->arena, bytes_text(row->text ? row->text : number)),
        .is_number = !row->text,
        .is_given = row->is_given,
    };
}

size_t broker_settings(struct request *r, struct broker_setting out[BROKER_SETTINGS_MAX]) {
    const struct server_options *o = &r->server->settings;
    const struct broker_row rows[] = {
        { "node.id", NULL, SERVER_NODE_ID, true },
        { "broker.id", NULL, SERVER_NODE_ID, true },
        { "auto.create.topics.enable", truth(!o->topics_not_created), 0, o->topics_not_created },
        { "num.partitions", NULL, o->partitions_default, false },
        { "message.max.bytes", NULL, (int64_t)o->message_bytes_max, false },
        { "socket.request.max.bytes", NULL, (int64_t)o->frame_bytes_max, false },
        { "max.connections", NULL, o->connections_max, false },
        { "group.initial.rebalance.delay.ms", NULL, o->rebalance_delay_ms,
          o->rebalance_delay_ms != 0 },
        { "group.min.session.timeout.ms", NULL, GROUP_SESSION_MIN_MS, false },
        { "group.max.session.timeout.ms", NULL, GROUP_SESSION_MAX_MS, false },
        { "transaction.max.timeout.ms", NULL, TRANSACTION_TIMEOUT_MAX_MS, false },
        { "connections.max.reauth.ms", NULL, o->session_ms, o->session_ms != 0 },
        { "default.replication.factor", NULL, 1, false },
        { "min.insync.replicas", NULL, 1, false },
        { "delete.topic.enable", truth(true), 0, false },
        { "log.flush.interval.messages", NULL, 1, false }, /* each is synced before its answer */
        { "log.cleanup.policy", setting_default(SETTING_CLEANUP_POLICY), 0, false },
        { "log.retention.ms", setting_default(SETTING_RETENTION_MS), 0, false },
        { "log.retention.bytes", setting_default(SETTING_RETENTION_BYTES), 0, false },
        { "log.segment.bytes", setting_default(SETTING_SEGMENT_BYTES), 0, false },
        { "log.message.timestamp.type", setting_default(SETTING_TIMESTAMP_TYPE), 0, false },
        { "compression.type", setting_default(SETTING_COMPRESSION_TYPE), 0, false },
    };
    size_t count = sizeof(rows) / sizeof(rows[0]);
    _Static_assert(sizeof(rows) / sizeof(rows[0]) <= BROKER_SETTINGS_MAX, "raise the bound");
    for (size_t i = 0; i < count; i++)
        put(r, &rows[i], &out[i]);
    return count;
}
