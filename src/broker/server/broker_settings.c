/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The broker's own settings under Kafka's names: what it was started with and what it always does,
 * which nobody changes while it runs; and what topics have that say nothing themselves, which may
 * be changed at any time, for this broker (its name) or for all (""): the former counts. */
#include "settings.h"

#include "base/event.h"
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

struct change_row {
    const char *name;
    enum setting setting;
};

static const struct change_row changeable[] = {
    { "log.cleanup.policy", SETTING_CLEANUP_POLICY },
    { "log.retention.ms", SETTING_RETENTION_MS },
    { "log.retention.bytes", SETTING_RETENTION_BYTES },
    { "log.segment.bytes", SETTING_SEGMENT_BYTES },
    { "log.roll.ms", SETTING_SEGMENT_MS },
    { "log.cleaner.delete.retention.ms", SETTING_DELETE_RETENTION_MS },
    { "log.cleaner.min.cleanable.ratio", SETTING_MIN_CLEANABLE_RATIO },
    { "log.cleaner.min.compaction.lag.ms", SETTING_MIN_COMPACTION_LAG_MS },
    { "log.message.timestamp.type", SETTING_TIMESTAMP_TYPE },
    { "compression.type", SETTING_COMPRESSION_TYPE },
    { "message.max.bytes", SETTING_MAX_MESSAGE_BYTES },
};
enum { CHANGEABLE = sizeof(changeable) / sizeof(changeable[0]) };

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
        .is_fixed = true,
        .source = row->is_given ? FROM_START : FROM_DEFAULT,
    };
}

enum setting_source setting_default_source(const struct storage *s, enum setting setting) {
    return storage_settings(s, SETTINGS_OF_BROKER)->given[setting] ? FROM_BROKER
           : storage_settings(s, SETTINGS_OF_ALL)->given[setting]  ? FROM_ALL_BROKERS
                                                                   : FROM_DEFAULT;
}

/* As shipped a batch may have what the broker was started with. */
static void put_changeable(struct request *r, const struct change_row *row,
                           struct broker_setting *out) {
    const struct topic_defaults *defaults = storage_defaults(r->server->storage);
    struct broker_row shipped = { row->name, setting_default(row->setting), 0, false };
    if (row->setting == SETTING_MAX_MESSAGE_BYTES)
        shipped = (struct broker_row){ row->name, NULL,
                                       (int64_t)r->server->settings.message_bytes_max, false };
    put(r, &shipped, out);
    if (defaults->value[row->setting])
        out->value = arena_copy(&r->arena, bytes_text(defaults->value[row->setting]));
    out->is_number = setting_is_number(row->setting);
    out->is_fixed = false;
    out->source = setting_default_source(r->server->storage, row->setting);
}

size_t broker_settings_given(struct request *r, enum settings_level level,
                             struct broker_setting out[BROKER_SETTINGS_MAX]) {
    const struct topic_settings *given = storage_settings(r->server->storage, level);
    size_t count = 0;
    for (size_t i = 0; i < CHANGEABLE; i++) {
        const char *value = given->given[changeable[i].setting];
        if (!value)
            continue;
        put_changeable(r, &changeable[i], &out[count]);
        out[count].value = arena_copy(&r->arena, bytes_text(value));
        out[count++].source = level == SETTINGS_OF_ALL ? FROM_ALL_BROKERS : FROM_BROKER;
    }
    return count;
}

/* ---- changing */

bool broker_level(struct bytes name, enum settings_level *level) {
    *level = name.len ? SETTINGS_OF_BROKER : SETTINGS_OF_ALL;
    return !name.len || bytes_is_text(name, SERVER_NODE_NAME);
}

static const struct change_row *find_changeable(struct bytes name) {
    for (size_t i = 0; i < CHANGEABLE; i++)
        if (bytes_is_text(name, changeable[i].name))
            return &changeable[i];
    return NULL;
}

/* A batch that no request can carry nobody could send. */
static bool is_too_large(const struct request *r, const struct topic_settings *s) {
    return s->max_message_bytes > (int64_t)r->server->settings.frame_bytes_max;
}

static struct setting_outcome change_all(struct request *r, const struct settings_order *order,
                                         struct topic_settings *s) {
    for (size_t i = 0; i < order->count; i++) {
        struct setting_change change = order->changes[i];
        const struct change_row *row = find_changeable(change.name);
        if (!row)
            return settings_refuse(r, KAFKA_INVALID_REQUEST,
                                   "no setting of the broker that changes while it runs");
        change.name = bytes_text(setting_name(row->setting));
        struct setting_outcome done = settings_change(r, s, &change);
        if (done.code)
            return done;
    }
    if (is_too_large(r, s))
        return settings_refuse(r, KAFKA_INVALID_CONFIG,
                               "message.max.bytes: more than one request may have");
    return (struct setting_outcome){ 0 };
}

struct setting_outcome broker_settings_alter(struct request *r,
                                             const struct settings_order *order) {
    struct storage *storage = r->server->storage;
    struct topic_settings changed;
    enum settings_level level;
    if (!broker_level(order->name, &level))
        return settings_refuse(r, KAFKA_INVALID_REQUEST,
                               "there is one broker, of the name " SERVER_NODE_NAME);
    if (order->keeps_others)
        topic_settings_copy(&changed, storage_settings(storage, level));
    else
        topic_settings_init(&changed);
    struct setting_outcome done = change_all(r, order, &changed);
    if (!done.code && !order->only_tries && storage_configure(storage, level, &changed))
        done = settings_refuse(r, KAFKA_KAFKA_STORAGE_ERROR, "they cannot be written down");
    if (!done.code && !order->only_tries)
        event_log(EV_broker_configured, "of=%s count=%zu",
                  level == SETTINGS_OF_ALL ? "all" : SERVER_NODE_NAME, order->count);
    topic_settings_finish(&changed);
    return done;
}

size_t broker_settings(struct request *r, struct broker_setting out[BROKER_SETTINGS_MAX]) {
    const struct server_options *o = &r->server->settings;
    const struct broker_row rows[] = {
        { "node.id", NULL, SERVER_NODE_ID, true },
        { "broker.id", NULL, SERVER_NODE_ID, true },
        { "auto.create.topics.enable", truth(!o->topics_not_created), 0, o->topics_not_created },
        { "num.partitions", NULL, o->partitions_default, false },
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
    };
    size_t count = sizeof(rows) / sizeof(rows[0]);
    _Static_assert(sizeof(rows) / sizeof(rows[0]) + CHANGEABLE <= BROKER_SETTINGS_MAX,
                   "raise the bound");
    for (size_t i = 0; i < count; i++)
        put(r, &rows[i], &out[i]);
    for (size_t i = 0; i < CHANGEABLE; i++)
        put_changeable(r, &changeable[i], &out[count + i]);
    return count + CHANGEABLE;
}
