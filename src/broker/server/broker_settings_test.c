/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Settings of the broker that are changed while it runs: what topics have that say nothing. */
#include "peer_test.h"

#include "base/event.h"

#include <stdio.h>
#include <string.h>

enum { TOPIC = 2, BROKER = 4, SET = 0, REMOVE = 1, APPEND = 2 };

static struct peer p;

static void given_broker(void) {
    event_log_from(EVENT_error);
    broker_start();
    peer_connect(&p);
}

static void restart(void) {
    peer_close(&p);
    broker_stop();
    given_broker();
}

static void finish(void) {
    peer_close(&p);
    broker_finish();
}

struct change {
    const char *of; /* "1": the broker, "": all, else a topic */
    const char *name;
    const char *value;
    int8_t operation;
};

static int8_t kind_of(const char *of) {
    return !*of || (*of >= '0' && *of <= '9') ? BROKER : TOPIC;
}

static const char *try_change(struct change c, bool only_tries) {
    struct incremental_alter_configs_request_config config = { bytes_text(c.name), c.operation,
                                                               c.value ? bytes_text(c.value)
                                                                       : (struct bytes){ 0 } };
    struct incremental_alter_configs_request_resource resource = { kind_of(c.of), bytes_text(c.of),
                                                                   &config, 1 };
    struct incremental_alter_configs_request request = { &resource, 1, only_tries };
    struct incremental_alter_configs_response response;
    peer_ask(&p, API_incremental_alter_configs, 1, &request, &response);
    return kafka_error_name(response.resources[0].error_code);
}

static const char *change(struct change c) {
    return try_change(c, false);
}

/* "value/source" of topic, broker or, of "", what all were given; "none" when it is not told. */
static const char *told(const char *of, const char *name) {
    static char text[128];
    struct bytes key = bytes_text(name);
    struct describe_configs_request_resource resource = { kind_of(of), bytes_text(of), &key, 1 };
    struct describe_configs_request request = { &resource, 1, true, false };
    struct describe_configs_response response;
    peer_ask(&p, API_describe_configs, 4, &request, &response);
    CHECK_INT(response.results[0].error_code, KAFKA_NONE);
    const struct describe_configs_response_config *c = response.results[0].configs;
    if (!response.results[0].configs_count)
        return "none";
    CHECK(!c->is_read_only);
    (void)snprintf(text, sizeof(text), "%.*s/%d", (int)c->value.len, (const char *)c->value.data,
                   c->source);
    return text;
}

static int16_t produce(const char *topic, const char *values) {
    return peer_produce(&p, topic, 0, batch_of(values)).error_code;
}

TEST(a_setting_given_to_the_broker_holds_at_once_for_topics_that_say_nothing) {
    given_broker();
    given_topic(&p, "t", 2);
    given_topic(&p, "own", 2);
    CHECK_TEXT(change((struct change){ "own", "max.message.bytes", "2000", SET }), "NONE");
    CHECK_INT(produce("t", "abcd"), KAFKA_NONE);
    CHECK_TEXT(change((struct change){ "1", "message.max.bytes", "80", SET }), "NONE");
    CHECK_INT(produce("t", "abcd"), KAFKA_MESSAGE_TOO_LARGE);
    CHECK_INT(produce("t", "a"), KAFKA_NONE);
    CHECK_INT(produce("own", "abcd"), KAFKA_NONE);
    given_topic(&p, "later", 2);
    CHECK_INT(produce("later", "abcd"), KAFKA_MESSAGE_TOO_LARGE);
    CHECK_TEXT(told("t", "max.message.bytes"), "80/2");
    CHECK_TEXT(told("own", "max.message.bytes"), "2000/1");
    CHECK_TEXT(change((struct change){ "own", "max.message.bytes", NULL, REMOVE }), "NONE");
    CHECK_INT(produce("own", "abcd"), KAFKA_MESSAGE_TOO_LARGE);
    CHECK_TEXT(change((struct change){ "1", "message.max.bytes", NULL, REMOVE }), "NONE");
    CHECK_INT(produce("t", "abcd"), KAFKA_NONE);
    CHECK_TEXT(told("t", "max.message.bytes"), "1048588/5");
    finish();
}

TEST(what_is_given_to_the_broker_goes_before_what_is_given_to_all) {
    given_broker();
    given_topic(&p, "t", 2);
    CHECK_TEXT(told("1", "log.retention.ms"), "-1/5");
    CHECK_TEXT(told("", "log.retention.ms"), "none");
    CHECK_TEXT(change((struct change){ "", "log.retention.ms", "7000", SET }), "NONE");
    CHECK_TEXT(told("", "log.retention.ms"), "7000/3");
    CHECK_TEXT(told("1", "log.retention.ms"), "7000/3");
    CHECK_TEXT(told("t", "retention.ms"), "7000/3");
    CHECK_TEXT(change((struct change){ "1", "log.retention.ms", "9000", SET }), "NONE");
    for (int life = 0; life < 2; life++) {
        CHECK_TEXT(told("", "log.retention.ms"), "7000/3");
        CHECK_TEXT(told("1", "log.retention.ms"), "9000/2");
        CHECK_TEXT(told("t", "retention.ms"), "9000/2");
        restart();
    }
    CHECK_TEXT(change((struct change){ "1", "log.retention.ms", NULL, REMOVE }), "NONE");
    CHECK_TEXT(told("t", "retention.ms"), "7000/3");
    finish();
}

/* A list grows by a word over what holds otherwise. */
TEST(the_policy_of_all_topics_is_changed_by_a_word_and_does_what_it_says) {
    given_broker();
    given_topic(&p, "t", 2);
    CHECK_TEXT(change((struct change){ "1", "log.cleanup.policy", "compact", APPEND }), "NONE");
    CHECK_TEXT(told("t", "cleanup.policy"), "delete,compact/2");
    struct batch_writer w;
    batch_begin(&w, 1000);
    batch_add(&w, 1000, (struct bytes){ 0 }, bytes_text("v"));
    CHECK_INT(peer_produce(&p, "t", 0, batch_end(&w)).error_code, KAFKA_INVALID_RECORD);
    buf_finish(&w.out);
    finish();
}

TEST(what_is_no_setting_or_no_value_is_refused_and_changes_nothing) {
    static const struct change bad[] = {
        { "1", "log.retention.ms", "soon", SET },
        { "1", "log.segment.bytes", "1", SET },
        { "1", "log.retention.ms", "1", APPEND },
        { "1", "message.max.bytes", "100000000", SET }, /* more than a request may have */
    };
    static const struct change unknown[] = {
        { "1", "num.partitions", "3", SET }, /* given when it starts */
        { "1", "retention.ms", "3", SET },   /* a topic's */
        { "1", "no.such", "3", SET },
        { "2", "log.retention.ms", "3", SET }, /* another broker */
        { "1", "log.retention.ms", "3", 9 },
    };
    given_broker();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_TEXT(change(bad[i]), "INVALID_CONFIG");
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        CHECK_TEXT(change(unknown[i]), "INVALID_REQUEST");
    CHECK_TEXT(try_change((struct change){ "1", "log.retention.ms", "3", SET }, true), "NONE");
    CHECK_TEXT(told("1", "log.retention.ms"), "-1/5");
    finish();
}

TEST(a_setting_that_cannot_be_written_down_does_not_hold) {
    given_broker();
    given_topic(&p, "t", 2);
    memory_disk_fail(broker_disk, &(struct memory_disk_fault){ .op = MEMORY_DISK_RENAME,
                                                               .path_part = "defaults",
                                                               .nth = 1,
                                                               .error = E_io });
    CHECK_TEXT(change((struct change){ "1", "log.retention.ms", "3", SET }), "KAFKA_STORAGE_ERROR");
    memory_disk_fail(broker_disk, NULL);
    CHECK_TEXT(told("t", "retention.ms"), "-1/5");
    CHECK_TEXT(change((struct change){ "1", "log.retention.ms", "4", SET }), "NONE");
    CHECK_TEXT(told("t", "retention.ms"), "4/2");
    finish();
}

TEST(alter_configs_of_the_broker_forgets_what_it_does_not_name) {
    given_broker();
    CHECK_TEXT(change((struct change){ "1", "log.retention.ms", "3000", SET }), "NONE");
    CHECK_TEXT(change((struct change){ "", "log.retention.bytes", "5", SET }), "NONE");
    struct alter_configs_request_config config = { bytes_text("log.segment.bytes"),
                                                   bytes_text("4096") };
    struct alter_configs_request_resource resource = { BROKER, bytes_text("1"), &config, 1 };
    struct alter_configs_request request = { &resource, 1, false };
    struct alter_configs_response response;
    peer_ask(&p, API_alter_configs, 2, &request, &response);
    CHECK_INT(response.resources[0].error_code, KAFKA_NONE);
    CHECK_TEXT(told("1", "log.segment.bytes"), "4096/2");
    CHECK_TEXT(told("1", "log.retention.ms"), "-1/5");
    CHECK_TEXT(told("1", "log.retention.bytes"), "5/3");
    finish();
}
