/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* DescribeConfigs: every setting of a topic with where its value comes from, and the broker's own;
 * without a broker's name those that were given to all. */
#include "server/api/api.h"
#include "server/settings.h"

enum { TYPE_STRING = 2, TYPE_LONG = 5, TYPE_LIST = 7 };

static bool is_asked(const struct describe_configs_request_resource *in, struct bytes name) {
    for (size_t i = 0; in->keys && i < in->keys_count; i++)
        if (bytes_equal(in->keys[i], name))
            return true;
    return !in->keys;
}

static void add_synonym(struct describe_configs_response_config *out, enum setting setting,
                        const char *value, int8_t source) {
    out->synonyms[out->synonyms_count++] =
        (struct describe_configs_response_synonym){ bytes_text(setting_name(setting)),
                                                    bytes_text(value), source };
}

static void describe(struct request *r, const struct topic_settings *s, enum setting setting,
                     bool with_synonyms, struct describe_configs_response_config *out) {
    bool is_set = s->given[setting] != NULL;
    out->name = bytes_text(setting_name(setting));
    out->value = arena_copy(&r->arena, bytes_text(setting_value(s, setting)));
    int8_t otherwise = (int8_t)setting_default_source(server_storage(r->server), setting);
    out->source = is_set ? FROM_TOPIC : otherwise;
    out->type = setting == SETTING_CLEANUP_POLICY ? TYPE_LIST
                : setting_is_number(setting)      ? TYPE_LONG
                                                  : TYPE_STRING;
    out->synonyms = message_items(&message_describe_configs_response_synonym, 3, &r->arena);
    if (!with_synonyms)
        return;
    if (is_set)
        add_synonym(out, setting, (const char *)out->value.data, FROM_TOPIC);
    if (otherwise != FROM_DEFAULT)
        add_synonym(out, setting, storage_defaults(server_storage(r->server))->value[setting],
                    otherwise);
    add_synonym(out, setting, setting_default(setting), FROM_DEFAULT);
}

static void describe_topic(struct request *r, const struct topic *t,
                           const struct describe_configs_request_resource *in, bool with_synonyms,
                           struct describe_configs_response_result *out) {
    out->configs =
        message_items(&message_describe_configs_response_config, SETTING_COUNT, &r->arena);
    for (enum setting i = 0; i < SETTING_COUNT; i++)
        if (is_asked(in, bytes_text(setting_name(i))))
            describe(r, &t->settings, i, with_synonyms, &out->configs[out->configs_count++]);
}

static void describe_broker_setting(struct request *r, const struct broker_setting *s,
                                    bool with_synonyms,
                                    struct describe_configs_response_config *out) {
    *out = (struct describe_configs_response_config){
        .name = s->name,
        .value = s->value,
        .is_read_only = s->is_fixed,
        .source = (int8_t)s->source,
        .type = s->is_number ? TYPE_LONG : TYPE_STRING,
        .synonyms = message_items(&message_describe_configs_response_synonym, 1, &r->arena),
    };
    if (with_synonyms)
        out->synonyms[out->synonyms_count++] =
            (struct describe_configs_response_synonym){ s->name, s->value, out->source };
}

static void describe_broker(struct request *r, const struct describe_configs_request_resource *in,
                            bool with_synonyms, struct describe_configs_response_result *out) {
    struct broker_setting all[BROKER_SETTINGS_MAX];
    enum settings_level level;
    if (!broker_level(in->name, &level)) {
        out->error_code = KAFKA_INVALID_REQUEST;
        out->error_message = bytes_text("there is one broker, of the name " SERVER_NODE_NAME);
        return;
    }
    size_t count =
        level == SETTINGS_OF_ALL ? broker_settings_given(r, level, all) : broker_settings(r, all);
    out->configs = message_items(&message_describe_configs_response_config, count, &r->arena);
    for (size_t i = 0; i < count; i++)
        if (is_asked(in, all[i].name))
            describe_broker_setting(r, &all[i], with_synonyms, &out->configs[out->configs_count++]);
}

static void answer(struct request *r, const struct describe_configs_request_resource *in,
                   bool with_synonyms, struct describe_configs_response_result *out) {
    out->type = in->type;
    out->name = in->name;
    if (in->type == RESOURCE_BROKER) {
        describe_broker(r, in, with_synonyms, out);
        return;
    }
    if (in->type != RESOURCE_TOPIC) {
        out->error_code = KAFKA_INVALID_REQUEST;
        out->error_message = bytes_text("there are settings of topics and of the broker");
        return;
    }
    const struct topic *t = topic_find(server_storage(r->server), in->name);
    if (t) {
        describe_topic(r, t, in, with_synonyms, out);
        return;
    }
    out->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    out->error_message = bytes_text("there is no such topic");
}

void describe_configs_on_request(struct request *r, const struct describe_configs_request *body) {
    struct describe_configs_response response = { .results_count = body->resources_count };
    response.results =
        message_items(&message_describe_configs_response_result, body->resources_count, &r->arena);
    for (size_t i = 0; i < body->resources_count && !request_asks_too_much(r); i++)
        answer(r, &body->resources[i], body->include_synonyms, &response.results[i]);
    if (request_asks_too_much(r))
        request_refuse(r, "asks_too_much");
    else
        request_reply(r, &response);
}
