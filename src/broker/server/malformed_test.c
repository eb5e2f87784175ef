/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The malformed corpus: a request of every API with something in each of its fields, cut at every
 * byte, and with hostile values in the place of every byte - so of every length, count and number.
 * Each is answered or refused, and the broker serves others on, with little memory. */
#include "peer_test.h"

#include "base/event.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CROWD = 48, MEMORY_MAX_KB = 1536 * 1024 };

static struct peer crowd[CROWD], witness;
static int crowd_count;

static void check_serves(void) {
    struct api_versions_request request = { bytes_text("test"), bytes_text("1") };
    struct api_versions_response response;
    peer_ask(&witness, API_api_versions, 3, &request, &response);
    CHECK_INT(response.error_code, KAFKA_NONE);
}

static void crowd_leaves(void) {
    for (int i = 0; i < 3; i++)
        broker_turn();
    for (int i = 0; i < crowd_count; i++) {
        (void)close(crowd[i].fd);
        buf_finish(&crowd[i].input);
    }
    crowd_count = 0;
    broker_turn();
}

static void send_alone(struct bytes frame) {
    struct peer *p = &crowd[crowd_count++];
    peer_connect(p);
    peer_send_bytes(p, frame);
    if (crowd_count == CROWD)
        crowd_leaves();
}

/* ---- a request with something everywhere */

static void fill(const struct message *m, void *out) {
    uint8_t *at = out;
    for (const struct field *f = m->fields; f < m->fields + m->field_count; f++) {
        if (f->is_array) {
            *(size_t *)(void *)(at + f->count_at) = 1;
            void *item = f->type == FIELD_struct ? message_items(f->item, 1, &answers)
                                                 : arena_get(&answers, sizeof(struct bytes));
            *(void **)(void *)(at + f->at) = item;
            if (f->type == FIELD_struct)
                fill(f->item, item);
            if (f->type == FIELD_string)
                *(struct bytes *)item = bytes_text("t");
        } else if (f->type == FIELD_string) {
            *(struct bytes *)(void *)(at + f->at) = bytes_text("t");
        } else if (f->type == FIELD_bytes) {
            *(struct bytes *)(void *)(at + f->at) = batch_of("ab");
        }
    }
}

static struct buf full_request(const struct api *api, int16_t version) {
    void *request = arena_get(&answers, api->request->size);
    message_init(api->request, request);
    fill(api->request, request);
    return request_frame(api->key, version, 1, request);
}

/* ---- what is done to it */

static void cut_everywhere(struct bytes whole) {
    for (size_t len = 8; len < whole.len - 4; len++) {
        struct buf cut = { 0 };
        buf_put_be32(&cut, (uint32_t)len);
        buf_put(&cut, whole.data + 4, len);
        send_alone(buf_bytes(&cut));
        buf_finish(&cut);
    }
}

static void put_everywhere(struct bytes whole, const uint8_t hostile[4]) {
    for (size_t at = 12; at < whole.len; at++) {
        struct buf changed = { 0 };
        buf_put_bytes(&changed, whole);
        for (size_t i = 0; i < 4 && at + i < whole.len; i++)
            changed.data[at + i] = hostile[i];
        send_alone(buf_bytes(&changed));
        buf_finish(&changed);
    }
}

static void torment(int16_t version_of(const struct api *), const uint8_t hostile[4]) {
    for (size_t i = 0; i < api_count; i++) {
        if (apis[i].key == API_create_topics || apis[i].key == API_create_partitions)
            continue; /* thousands of partitions, ten thousand times: that is another test's */
        struct buf whole = full_request(&apis[i], version_of(&apis[i]));
        if (hostile)
            put_everywhere(buf_bytes(&whole), hostile);
        else
            cut_everywhere(buf_bytes(&whole));
        buf_finish(&whole);
        crowd_leaves();
        check_serves();
    }
}

static int16_t last_version(const struct api *api) {
    return api->last;
}

static int16_t first_version(const struct api *api) {
    return api->decoded_from;
}

static void given_broker(void) {
    event_log_from(EVENT_error);
    broker_options.topics_not_created = true;
    broker_start();
    peer_connect(&witness);
    given_topic(&witness, "t", 2);
}

static void finish(void) {
    struct rusage used;
    CHECK_INT(peer_produce(&witness, "t", 1, batch_of("x")).error_code >= 0, 1);
    CHECK_INT(getrusage(RUSAGE_SELF, &used), 0);
    CHECK(used.ru_maxrss < MEMORY_MAX_KB);
    CHECK_INT(broker_failures, 0);
    peer_close(&witness);
    broker_finish();
}

TEST(a_full_request_cut_at_any_byte_harms_nobody) {
    given_broker();
    torment(last_version, NULL);
    torment(first_version, NULL);
    finish();
}

TEST(minus_one_in_any_place_harms_nobody) {
    given_broker();
    torment(last_version, (const uint8_t[]){ 0xff, 0xff, 0xff, 0xff });
    torment(first_version, (const uint8_t[]){ 0xff, 0xff, 0xff, 0xff });
    finish();
}

TEST(the_greatest_number_in_any_place_harms_nobody) {
    given_broker();
    torment(last_version, (const uint8_t[]){ 0x7f, 0xff, 0xff, 0xff });
    torment(first_version, (const uint8_t[]){ 0x7f, 0xff, 0xff, 0xff });
    finish();
}

TEST(the_least_number_in_any_place_harms_nobody) {
    given_broker();
    torment(last_version, (const uint8_t[]){ 0x80, 0, 0, 0 });
    torment(first_version, (const uint8_t[]){ 0x80, 0, 0, 0 });
    finish();
}

TEST(a_count_of_millions_in_any_place_harms_nobody) {
    given_broker();
    torment(last_version, (const uint8_t[]){ 0x00, 0xff, 0xff, 0xff });
    torment(first_version, (const uint8_t[]){ 0x00, 0xff, 0xff, 0xff });
    finish();
}
