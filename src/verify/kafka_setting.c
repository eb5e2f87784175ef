/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* AlterConfigs takes the whole of a topic's settings: those that it has of its own are asked for
 * first, and given again with the one that changes. */
#include "kafka_setting.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

enum { RESULTS_MAX = 1 };

static void on_log(const rd_kafka_t *rk, int level, const char *fac, const char *text) {
    (void)rk;
    (void)level;
    (void)fac;
    (void)text;
}

static enum error admin_open(rd_kafka_t **out, const char *bootstrap) {
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof(why))) {
        rd_kafka_conf_destroy(conf);
        return fail(E_config, "librdkafka: %s", why);
    }
    *out = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (*out)
        return E_ok;
    rd_kafka_conf_destroy(conf);
    return fail(E_network, "librdkafka: %s", why);
}

/* NULL: no answer. Else it is the one resource that was asked for. */
static const rd_kafka_ConfigResource_t *resource_of(rd_kafka_event_t *event) {
    size_t count = 0;
    const rd_kafka_ConfigResource_t **all = NULL;
    if (!event || rd_kafka_event_error(event))
        return NULL;
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT)
        all = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &count);
    else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ALTERCONFIGS_RESULT)
        all = rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event),
                                                     &count);
    return count ? all[0] : NULL;
}

static enum error answer_check(const struct kafka_setting *c, rd_kafka_event_t *event) {
    const rd_kafka_ConfigResource_t *resource = resource_of(event);
    if (!resource)
        return fail(E_network, "the settings of %s: %s", c->topic,
                    event ? rd_kafka_event_error_string(event) : "no answer");
    if (rd_kafka_ConfigResource_error(resource))
        return fail(E_refused, "the settings of %s: %s", c->topic,
                    rd_kafka_ConfigResource_error_string(resource));
    return E_ok;
}

/* What the topic has of its own, but for the one that changes. */
static void kept_put(const struct kafka_setting *c, const rd_kafka_ConfigResource_t *from,
                     rd_kafka_ConfigResource_t *to) {
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(from, &count);
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_ConfigEntry_source(entries[i]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG
            && strcmp(rd_kafka_ConfigEntry_name(entries[i]), c->name) != 0)
            (void)rd_kafka_ConfigResource_set_config(to, rd_kafka_ConfigEntry_name(entries[i]),
                                                     rd_kafka_ConfigEntry_value(entries[i]));
    if (c->value)
        (void)rd_kafka_ConfigResource_set_config(to, c->name, c->value);
}

static rd_kafka_AdminOptions_t *options_of(rd_kafka_t *rk, rd_kafka_admin_op_t operation,
                                           int limit_ms) {
    char why[256];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, operation);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, limit_ms, why, sizeof(why));
    return options;
}

static enum error alter(rd_kafka_t *rk, rd_kafka_queue_t *queue, const struct kafka_setting *c,
                        rd_kafka_ConfigResource_t *wanted) {
    rd_kafka_AdminOptions_t *options = options_of(rk, RD_KAFKA_ADMIN_OP_ALTERCONFIGS, c->limit_ms);
    rd_kafka_AlterConfigs(rk, &wanted, RESULTS_MAX, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, c->limit_ms);
    enum error e = answer_check(c, event);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    return e;
}

static enum error change(rd_kafka_t *rk, rd_kafka_queue_t *queue, const struct kafka_setting *c) {
    rd_kafka_AdminOptions_t *options =
        options_of(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, c->limit_ms);
    rd_kafka_ConfigResource_t *asked =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, c->topic);
    rd_kafka_ConfigResource_t *wanted =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, c->topic);
    rd_kafka_DescribeConfigs(rk, &asked, RESULTS_MAX, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, c->limit_ms);
    enum error e = answer_check(c, event);
    if (!e) {
        kept_put(c, resource_of(event), wanted);
        e = alter(rk, queue, c, wanted);
    }
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_ConfigResource_destroy(asked);
    rd_kafka_ConfigResource_destroy(wanted);
    rd_kafka_AdminOptions_destroy(options);
    return e;
}

enum error kafka_setting(const struct kafka_setting *c) {
    rd_kafka_t *rk;
    TRY(admin_open(&rk, c->bootstrap));
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    enum error e = change(rk, queue, c);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    return e;
}
