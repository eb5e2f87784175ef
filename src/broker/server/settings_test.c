/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Settings of topics through the wire, and what they do: compaction, retention, DeleteRecords. */
#include "peer_test.h"

#include "base/event.h"

#include <stdio.h>
#include <string.h>

static struct peer p;

static void given_broker(void) {
    event_log_from(EVENT_error);
    broker_start();
    peer_connect(&p);
}

static void finish(void) {
    peer_close(&p);
    broker_finish();
}

static void restart(void) {
    peer_close(&p);
    broker_stop();
    given_broker();
}

static struct create_topics_response_topic create(const char *name, const char *const (*pairs)[2],
                                                  size_t count) {
    struct create_topics_request_config configs[8];
    for (size_t i = 0; i < count; i++)
        configs[i] = (struct create_topics_request_config){ bytes_text(pairs[i][0]),
                                                            pairs[i][1] ? bytes_text(pairs[i][1])
                                                                        : (struct bytes){ 0 } };
    struct create_topics_request_topic topic = { .name = bytes_text(name),
                                                 .partition_count = 2,
                                                 .replication_factor = 1,
                                                 .configs = configs,
                                                 .configs_count = count };
    struct create_topics_request request = { .topics = &topic, .topics_count = 1 };
    struct create_topics_response response;
    peer_ask(&p, API_create_topics, 5, &request, &response);
    return response.topics[0];
}

/* "value/source", or "" when it is not told. */
static const char *described(const char *topic, const char *name, int16_t version) {
    static char text[128];
    struct bytes key = bytes_text(name);
    struct describe_configs_request_resource resource = { 2, bytes_text(topic), &key, 1 };
    struct describe_configs_request request = { &resource, 1, true, false };
    struct describe_configs_response response;
    peer_ask(&p, API_describe_configs, version, &request, &response);
    CHECK_INT(response.results[0].error_code, KAFKA_NONE);
    if (!response.results[0].configs_count)
        return "";
    CHECK_INT((long long)response.results[0].configs_count, 1);
    const struct describe_configs_response_config *c = response.results[0].configs;
    CHECK_INT((long long)c->synonyms_count, c->source == 1 ? 2 : 1);
    (void)snprintf(text, sizeof(text), "%.*s/%d", (int)c->value.len, (const char *)c->value.data,
                   c->source);
    return text;
}

static int16_t alter(const char *topic, const char *name, int8_t operation, const char *value) {
    struct incremental_alter_configs_request_config config = { bytes_text(name), operation,
                                                               value ? bytes_text(value)
                                                                     : (struct bytes){ 0 } };
    struct incremental_alter_configs_request_resource resource = { 2, bytes_text(topic), &config,
                                                                   1 };
    struct incremental_alter_configs_request request = { &resource, 1, false };
    struct incremental_alter_configs_response response;
    peer_ask(&p, API_incremental_alter_configs, 1, &request, &response);
    return response.resources[0].error_code;
}

TEST(a_setting_is_kept_told_and_changed) {
    static const char *const compact[][2] = { { "cleanup.policy", "compact" },
                                              { "segment.bytes", "1000" },
                                              { "compression.type", "producer" } };
    given_broker();
    CHECK_INT(create("t", compact, 3).error_code, KAFKA_NONE);
    for (int16_t version = 1; version <= 4; version++) {
        CHECK_TEXT(described("t", "cleanup.policy", version), "compact/1");
        CHECK_TEXT(described("t", "segment.bytes", version), "1000/1");
        CHECK_TEXT(described("t", "retention.ms", version), "-1/5");
        CHECK_TEXT(described("t", "no.such", version), "");
    }
    CHECK_INT(alter("t", "retention.ms", 0, "5000"), KAFKA_NONE);
    CHECK_INT(alter("t", "cleanup.policy", 2, "delete"), KAFKA_NONE);
    restart();
    CHECK_TEXT(described("t", "retention.ms", 4), "5000/1");
    CHECK_TEXT(described("t", "cleanup.policy", 4), "compact,delete/1");
    CHECK_INT(alter("t", "cleanup.policy", 3, "compact"), KAFKA_NONE);
    CHECK_TEXT(described("t", "cleanup.policy", 4), "delete/1");
    CHECK_INT(alter("t", "retention.ms", 1, NULL), KAFKA_NONE);
    CHECK_TEXT(described("t", "retention.ms", 4), "-1/5");
    finish();
}

/* "value/source/read-only", or how many there are without a name. */
static const char *broker_described(const char *node, const char *name) {
    static char text[128];
    struct bytes key = bytes_text(name ? name : "");
    struct describe_configs_request_resource resource = { 4, bytes_text(node), name ? &key : NULL,
                                                          name ? 1 : 0 };
    struct describe_configs_request request = { &resource, 1, true, false };
    struct describe_configs_response response;
    peer_ask(&p, API_describe_configs, 4, &request, &response);
    if (response.results[0].error_code)
        return kafka_error_name(response.results[0].error_code);
    const struct describe_configs_response_config *c = response.results[0].configs;
    if (name && response.results[0].configs_count == 1)
        (void)snprintf(text, sizeof(text), "%.*s/%d/%d", (int)c->value.len,
                       (const char *)c->value.data, c->source, c->is_read_only);
    else
        (void)snprintf(text, sizeof(text), "%zu", response.results[0].configs_count);
    return text;
}

TEST(the_brokers_own_settings_are_told_and_not_changed) {
    given_broker();
    CHECK_TEXT(broker_described("1", "num.partitions"), "4/5/1");
    CHECK_TEXT(broker_described("1", "auto.create.topics.enable"), "true/5/1");
    CHECK_TEXT(broker_described("1", "group.initial.rebalance.delay.ms"), "0/5/1");
    CHECK_TEXT(broker_described("1", "no.such.setting"), "0");
    CHECK_TEXT(broker_described("1", NULL), "26");
    CHECK_TEXT(broker_described("", NULL), "0");
    CHECK_TEXT(broker_described("2", NULL), "INVALID_REQUEST");
    broker_options.topics_not_created = true;
    broker_options.rebalance_delay_ms = 2500;
    restart();
    CHECK_TEXT(broker_described("1", "auto.create.topics.enable"), "false/4/1");
    CHECK_TEXT(broker_described("1", "group.initial.rebalance.delay.ms"), "2500/4/1");
    finish();
}

/* Bounds that are met anyway, whatever they are. */
TEST(a_topic_may_say_how_much_may_be_unsynced) {
    static const char *const relaxed[][2] = { { "flush.messages", "1000" }, { "flush.ms", "50" } };
    given_broker();
    CHECK_INT(create("t", relaxed, 2).error_code, KAFKA_NONE);
    restart();
    CHECK_TEXT(described("t", "flush.messages", 4), "1000/1");
    CHECK_TEXT(described("t", "flush.ms", 4), "50/1");
    CHECK_INT(alter("t", "flush.messages", 0, "0"), KAFKA_INVALID_CONFIG);
    CHECK_INT(alter("t", "flush.ms", 0, "soon"), KAFKA_INVALID_CONFIG);
    CHECK_INT(alter("t", "flush.messages", 1, NULL), KAFKA_NONE);
    CHECK_TEXT(described("t", "flush.messages", 4), "1/5");
    finish();
}

TEST(a_topic_has_its_own_greatest_batch) {
    static const char *const small[][2] = { { "max.message.bytes", "100" } };
    given_broker();
    CHECK_INT(create("t", small, 1).error_code, KAFKA_NONE);
    CHECK_INT(create("u", NULL, 0).error_code, KAFKA_NONE);
    CHECK_TEXT(described("t", "max.message.bytes", 4), "100/1");
    CHECK_TEXT(described("u", "max.message.bytes", 4), "1048588/5");
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("abcd")).error_code, KAFKA_MESSAGE_TOO_LARGE);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("a")).error_code, KAFKA_NONE);
    CHECK_INT(peer_produce(&p, "u", 0, batch_of("abcd")).error_code, KAFKA_NONE);
    CHECK_INT(alter("t", "max.message.bytes", 0, "1000"), KAFKA_NONE);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("abcd")).error_code, KAFKA_NONE);
    CHECK_INT(alter("t", "max.message.bytes", 0, "0"), KAFKA_INVALID_CONFIG);
    finish();
}

static int codec_stored(const char *topic, int64_t offset) {
    struct bytes got = peer_fetch(&p, topic, 0, offset).records;
    return got.len > 22 ? got.data[22] & 7 : -1;
}

TEST(a_topic_packs_its_batches_as_it_was_told) {
    static const char *const names[] = { "uncompressed", "gzip", "snappy", "lz4", "zstd" };
    static const char *const zstd[][2] = { { "compression.type", "zstd" } };
    given_broker();
    CHECK_INT(create("t", zstd, 1).error_code, KAFKA_NONE);
    CHECK_TEXT(described("t", "compression.type", 4), "zstd/1");
    for (int codec = 0; codec < 5; codec++) {
        CHECK_INT(alter("t", "compression.type", 0, names[codec]), KAFKA_NONE);
        if (codec == 3)
            restart();
        CHECK_INT(peer_produce(&p, "t", 0, batch_of("ab")).base_offset, codec * 2);
        CHECK_INT(codec_stored("t", codec * 2), codec);
    }
    CHECK_TEXT(values_in(peer_fetch(&p, "t", 0, 0).records), "ab|ab|ab|ab|ab");
    CHECK_INT(alter("t", "compression.type", 1, NULL), KAFKA_NONE);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("c")).base_offset, 10);
    CHECK_INT(codec_stored("t", 10), 0); /* as it came */
    finish();
}

static bool see_time(void *context, const struct record *r) {
    *(int64_t *)context = r->timestamp_ms;
    return true;
}

TEST(a_topic_of_append_time_stamps_what_it_takes) {
    static const char *const stamped[][2] = { { "message.timestamp.type", "LogAppendTime" } };
    given_broker();
    CHECK_INT(create("t", stamped, 1).error_code, KAFKA_NONE);
    struct produce_response_partition answer = peer_produce(&p, "t", 0, batch_of("ab"));
    CHECK(answer.log_append_time_ms > 0);
    restart();
    struct cursor in = cursor_on(peer_fetch(&p, "t", 0, 0).records);
    struct batch batch;
    int64_t seen = 0;
    CHECK_OK(batch_read(&batch, &in));
    CHECK_OK(batch_each(&batch, 1000, see_time, &seen));
    CHECK_INT(seen, answer.log_append_time_ms);
    CHECK(batch.attributes & 8);
    CHECK_INT(alter("t", "message.timestamp.type", 0, "CreateTime"), KAFKA_NONE);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("c")).log_append_time_ms, -1);
    in = cursor_on(peer_fetch(&p, "t", 0, 2).records);
    CHECK_OK(batch_read(&batch, &in));
    CHECK_OK(batch_each(&batch, 1000, see_time, &seen));
    CHECK_INT(seen, 1700000000000);
    CHECK(!(batch.attributes & 8));
    finish();
}

TEST(what_is_not_known_or_cannot_be_is_refused_and_changes_nothing) {
    static const char *const bad[][2] = { { "cleanup.policy", "shred" },
                                          { "cleanup.policy", "" },
                                          { "retention.ms", "-2" },
                                          { "retention.ms", "soon" },
                                          { "retention.ms", "99999999999999999999" },
                                          { "segment.bytes", "13" },
                                          { "segment.bytes", "1073741825" },
                                          { "min.cleanable.dirty.ratio", "1.5" },
                                          { "min.cleanable.dirty.ratio", "nan" },
                                          { "compression.type", "brotli" },
                                          { "compression.type", "" },
                                          { "min.insync.replicas", "2" },
                                          { "no.such.setting", "1" } };
    given_broker();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct create_topics_response_topic refused = create("t", &bad[i], 1);
        CHECK_INT(refused.error_code, KAFKA_INVALID_CONFIG);
        CHECK(refused.error_message.len > 10);
    }
    struct create_topics_response_topic refused = create("t", bad, 1);
    CHECK(bytes_is_text(refused.error_message,
                        "cleanup.policy=shred: give delete, compact, or both"));
    CHECK_INT(create("t", NULL, 0).error_code, KAFKA_NONE);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_INT(alter("t", bad[i][0], 0, bad[i][1]), KAFKA_INVALID_CONFIG);
    CHECK_INT(alter("t", "cleanup.policy", 3, "delete"), KAFKA_INVALID_CONFIG); /* none is left */
    CHECK_INT(alter("t", "retention.ms", 2, "1"), KAFKA_INVALID_CONFIG);        /* no list */
    CHECK_INT(alter("t", "retention.ms", 9, "1"), KAFKA_INVALID_REQUEST);
    CHECK_INT(alter("none", "retention.ms", 0, "1"), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_TEXT(described("t", "retention.ms", 4), "-1/5");
    CHECK_TEXT(described("t", "cleanup.policy", 4), "delete/5");
    finish();
}

TEST(alter_configs_forgets_what_it_does_not_name) {
    static const char *const set[][2] = { { "retention.ms", "7" }, { "segment.bytes", "1000" } };
    given_broker();
    CHECK_INT(create("t", set, 2).error_code, KAFKA_NONE);
    struct alter_configs_request_config config = { bytes_text("retention.bytes"), bytes_text("9") };
    struct alter_configs_request_resource resources[] = { { 2, bytes_text("t"), &config, 1 },
                                                          { 4, bytes_text("1"), &config, 1 } };
    struct alter_configs_request request = { resources, 2, true };
    struct alter_configs_response response;
    peer_ask(&p, API_alter_configs, 2, &request, &response);
    CHECK_INT(response.resources[0].error_code, KAFKA_NONE);
    CHECK_INT(response.resources[1].error_code, KAFKA_INVALID_REQUEST); /* of the broker */
    CHECK_TEXT(described("t", "retention.ms", 4), "7/1");               /* only tried */
    request.validate_only = false;
    peer_ask(&p, API_alter_configs, 2, &request, &response);
    CHECK_TEXT(described("t", "retention.ms", 4), "-1/5");
    CHECK_TEXT(described("t", "segment.bytes", 4), "1073741824/5");
    CHECK_TEXT(described("t", "retention.bytes", 4), "9/1");
    finish();
}

TEST(pitfall_15_a_compacted_topic_takes_no_record_without_a_key_and_keeps_the_newest_of_each) {
    static const char *const compact[][2] = { { "cleanup.policy", "compact" },
                                              { "segment.bytes", "100" },
                                              { "min.cleanable.dirty.ratio", "0" } };
    given_broker();
    CHECK_INT(create("t", compact, 3).error_code, KAFKA_NONE);
    struct batch_writer w;
    batch_begin(&w, 1);
    batch_add(&w, 1, (struct bytes){ 0 }, bytes_text("v"));
    CHECK_INT(peer_produce(&p, "t", 0, batch_end(&w)).error_code, KAFKA_INVALID_RECORD);
    buf_finish(&w.out);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("a")).error_code, KAFKA_NONE);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("b")).error_code, KAFKA_NONE);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("c")).error_code, KAFKA_NONE);
    for (int i = 0; i < 5; i++)
        broker_pass_ms(1000); /* nobody asks anything: the broker keeps house all the same */
    for (int way = 0; way < 2; way++) {
        CHECK_TEXT(values_in(peer_fetch(&p, "t", 0, 0).records), "b"); /* of the first segment */
        CHECK_TEXT(values_in(peer_fetch(&p, "t", 0, 2).records), "c");
        CHECK_INT(peer_fetch(&p, "t", 0, 0).high_watermark, 3);
        restart();
    }
    finish();
}

static struct delete_records_response_partition delete_before(int32_t partition, int64_t offset,
                                                              int16_t version) {
    struct delete_records_request_partition asked = { partition, offset };
    struct delete_records_request_topic topic = { bytes_text("t"), &asked, 1 };
    struct delete_records_request request = { &topic, 1, 1000 };
    struct delete_records_response response;
    peer_ask(&p, API_delete_records, version, &request, &response);
    return response.topics[0].partitions[0];
}

TEST(records_are_deleted_up_to_an_offset_or_all) {
    given_broker();
    given_topic(&p, "t", 2);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("a")).error_code, KAFKA_NONE);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("bc")).error_code, KAFKA_NONE);
    CHECK_INT(delete_before(0, 4, 0).error_code, KAFKA_OFFSET_OUT_OF_RANGE);
    CHECK_INT(delete_before(0, -2, 0).error_code, KAFKA_OFFSET_OUT_OF_RANGE);
    CHECK_INT(delete_before(7, 0, 0).error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_INT(delete_before(0, 1, 1).low_watermark, 1);
    CHECK_INT(peer_fetch(&p, "t", 0, 0).error_code, KAFKA_OFFSET_OUT_OF_RANGE);
    CHECK_TEXT(values_in(peer_fetch(&p, "t", 0, 1).records), "bc");
    CHECK_INT(peer_fetch(&p, "t", 0, 1).log_start_offset, 1);
    CHECK_INT(delete_before(0, -1, 2).low_watermark, 3);
    CHECK_INT(delete_before(1, -1, 2).low_watermark, 0);
    restart();
    CHECK_INT(peer_fetch(&p, "t", 0, 3).log_start_offset, 3);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("d")).base_offset, 3);
    finish();
}
