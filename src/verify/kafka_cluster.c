/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* librdkafka's admin calls, each waited for. */
#include "kafka_cluster.h"

#include "base/clock.h"
#include "house.h"

#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_LIMIT_MS = 30000, GONE_LIMIT_MS = 10000, LOOK_EVERY_MS = 100 };

struct cluster {
    rd_kafka_t *rk;
    const struct verify_system *system;
};

static enum error handle_make(rd_kafka_t **out, const char *bootstrap) {
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum error e = E_ok;
    *out = NULL;
    if (rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof(why)))
        e = fail(E_usage, "--broker %s: %s", bootstrap, why);
    else
        *out = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (!*out)
        rd_kafka_conf_destroy(conf);
    return e || *out ? e : fail(E_network, "librdkafka: %s", why);
}

static bool is_of(const struct verify_system *s, const char *topic) {
    for (size_t i = 0; i < s->topic_count; i++)
        if (strcmp(s->topics[i].name, topic) == 0)
            return true;
    return false;
}

/* `found`: the system's first topic that is there, owned by the caller; NULL: none is. */
static enum error topic_look(const struct cluster *c, const char *bootstrap, char **found) {
    const struct rd_kafka_metadata *metadata;
    *found = NULL;
    rd_kafka_resp_err_t error = rd_kafka_metadata(c->rk, 1, NULL, &metadata, ANSWER_LIMIT_MS);
    if (error)
        return fail(E_network, "the brokers %s: %s", bootstrap, rd_kafka_err2str(error));
    for (int i = 0; i < metadata->topic_cnt && !*found; i++)
        if (is_of(c->system, metadata->topics[i].topic))
            *found = text_copy(metadata->topics[i].topic);
    rd_kafka_metadata_destroy(metadata);
    return E_ok;
}

/* A cluster goes on telling of topics for a moment when it has removed them. */
static enum error topics_await_none(const struct cluster *c, const char *bootstrap) {
    int64_t until = clock_steady_ms(clock_real()) + GONE_LIMIT_MS;
    char *found = NULL;
    for (;;) {
        TRY(topic_look(c, bootstrap, &found));
        if (!found)
            return E_ok;
        if (clock_steady_ms(clock_real()) > until)
            break;
        free(found);
        (void)poll(NULL, 0, LOOK_EVERY_MS);
    }
    enum error e = fail(E_config, "topic %s is at %s, and may be somebody's", found, bootstrap);
    fail_try("a cluster without the topics of %s, or remove them there", c->system->name);
    free(found);
    return e;
}

enum error cluster_claim(struct cluster **out, const struct house *h) {
    struct cluster *c = memory_get(sizeof(*c));
    c->system = h->system;
    enum error e = handle_make(&c->rk, h->bootstrap);
    if (!e)
        e = topics_await_none(c, h->bootstrap);
    if (e) {
        cluster_leave(c, true);
        c = NULL;
    }
    *out = c;
    return e;
}

/* Who was killed is a member until his session is over; topics are removed first, and what a group
 * has committed goes with them. */
static void topics_remove(struct cluster *c, rd_kafka_queue_t *queue) {
    rd_kafka_DeleteTopic_t **topics = memory_get((c->system->topic_count + 1) * sizeof(*topics));
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(c->rk, RD_KAFKA_ADMIN_OP_ANY);
    (void)rd_kafka_AdminOptions_set_operation_timeout(options, ANSWER_LIMIT_MS / 2, NULL, 0);
    for (size_t i = 0; i < c->system->topic_count; i++)
        topics[i] = rd_kafka_DeleteTopic_new(c->system->topics[i].name);
    rd_kafka_DeleteTopics(c->rk, topics, c->system->topic_count, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_LIMIT_MS);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy_array(topics, c->system->topic_count);
    rd_kafka_AdminOptions_destroy(options);
    free(topics);
}

static void groups_remove(struct cluster *c, rd_kafka_queue_t *queue) {
    for (size_t i = 0; i < c->system->service_count; i++) {
        char *name = text_format("%s.%s", c->system->name, c->system->services[i].name);
        rd_kafka_DeleteGroup_t *group = rd_kafka_DeleteGroup_new(name);
        rd_kafka_DeleteGroups(c->rk, &group, 1, NULL, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_LIMIT_MS);
        if (event)
            rd_kafka_event_destroy(event);
        rd_kafka_DeleteGroup_destroy(group);
        free(name);
    }
}

void cluster_leave(struct cluster *c, bool keep) {
    if (!c)
        return;
    if (!keep) {
        rd_kafka_queue_t *queue = rd_kafka_queue_new(c->rk);
        topics_remove(c, queue);
        groups_remove(c, queue);
        rd_kafka_queue_destroy(queue);
    }
    if (c->rk)
        rd_kafka_destroy(c->rk);
    free(c);
}
