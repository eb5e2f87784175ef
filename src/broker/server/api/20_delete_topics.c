/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* DeleteTopics: each topic by itself; the reply waits until all are gone for good. Whoever fetches
 * from one is told at once that there is no such topic. */
#include "server/api/api.h"
#include "base/event.h"

struct deletion {
    enum kafka_error code;
    const char *message; /* NULL: none */
};

static struct deletion refuse(enum kafka_error code, const char *message) {
    return (struct deletion){ code, message };
}

static struct deletion delete_topic(struct request *r, struct bytes name, lsn_t *lsn) {
    struct storage *storage = server_storage(r->server);
    struct topic *topic = topic_find(storage, name);
    if (!topic)
        return refuse(KAFKA_UNKNOWN_TOPIC_OR_PARTITION, "there is no such topic");
    if (topic_delete(storage, topic, lsn))
        return refuse(KAFKA_KAFKA_STORAGE_ERROR, "the log has no room");
    event_log(EV_topic_deleted, "topic=%s", arena_text(&r->arena, name));
    return refuse(KAFKA_NONE, NULL);
}

static void fill(struct request *r, const struct delete_topics_request *body,
                 struct delete_topics_response *response, lsn_t *lsn) {
    struct topic_names names = { 0 };
    for (size_t i = 0; i < body->topic_names_count; i++)
        topic_names_add(&names, body->topic_names[i]);
    for (size_t i = 0; i < body->topic_names_count; i++) {
        struct delete_topics_response_topic *out = &response->topics[i];
        struct deletion done =
            topic_name_is_repeated(&names, body->topic_names[i])
                ? refuse(KAFKA_INVALID_REQUEST, "the request names the topic twice")
                : delete_topic(r, body->topic_names[i], lsn);
        out->name = body->topic_names[i];
        out->error_code = (int16_t)done.code;
        out->error_message = done.message ? bytes_text(done.message) : (struct bytes){ 0 };
    }
    topic_names_finish(&names);
}

void delete_topics_on_request(struct request *r, const struct delete_topics_request *body) {
    struct delete_topics_response response = { .topics_count = body->topic_names_count };
    lsn_t lsn = 0;
    response.topics =
        message_items(&message_delete_topics_response_topic, body->topic_names_count, &r->arena);
    fill(r, body, &response, &lsn);
    request_reply_synced(r, &response, lsn);
}
