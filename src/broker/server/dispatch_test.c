/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What comes in: versions, noise, cut and lying requests, order. */
#include "peer_test.h"

#include "base/event.h"

#include <stdlib.h>

static void check_serves(void) {
    struct peer p;
    struct metadata_request request = { .topics_count = 0 };
    struct metadata_response response;
    peer_connect(&p);
    peer_ask(&p, API_metadata, 1, &request, &response);
    CHECK_INT((long long)response.brokers_count, 1);
    peer_close(&p);
}

TEST(api_versions_are_told_from_the_table_in_every_version) {
    struct peer p;
    broker_start();
    peer_connect(&p);
    for (int16_t version = 0; version <= 3; version++) {
        struct api_versions_request request = { bytes_text("test"), bytes_text("1") };
        struct api_versions_response response;
        peer_ask(&p, API_api_versions, version, &request, &response);
        CHECK_INT(response.error_code, KAFKA_NONE);
        CHECK_INT((long long)response.api_keys_count, (long long)api_count);
        CHECK_INT(response.api_keys[0].api_key, API_produce);
        CHECK_INT(response.api_keys[0].min_version, 0);
        CHECK_INT(response.api_keys[0].max_version, 9);
    }
    peer_close(&p);
    broker_finish();
}

/* As a Kafka release would advertise it: clients look for exact old versions to switch things on.
 */
TEST(the_table_of_apis_is_exactly_this_one) {
    static const int16_t table[][3] = {
        { 0, 0, 9 },  { 1, 4, 12 }, { 2, 1, 7 },  { 3, 0, 9 },  { 8, 2, 8 },  { 9, 1, 8 },
        { 10, 0, 4 }, { 11, 0, 9 }, { 12, 0, 4 }, { 13, 0, 5 }, { 14, 0, 5 }, { 15, 0, 5 },
        { 16, 0, 4 }, { 17, 0, 1 }, { 18, 0, 3 }, { 19, 2, 6 }, { 20, 1, 5 }, { 21, 0, 2 },
        { 22, 0, 4 }, { 23, 2, 4 }, { 24, 0, 3 }, { 25, 0, 3 }, { 26, 0, 3 }, { 28, 0, 3 },
        { 32, 1, 4 }, { 33, 0, 2 }, { 35, 1, 4 }, { 36, 0, 2 }, { 37, 0, 3 }, { 42, 0, 2 },
        { 44, 0, 1 }, { 47, 0, 0 }, { 60, 0, 1 },
    };
    CHECK_INT((long long)api_count, sizeof(table) / sizeof(table[0]));
    for (size_t i = 0; i < api_count; i++) {
        CHECK_INT(apis[i].key, table[i][0]);
        CHECK_INT(apis[i].advertised_from, table[i][1]);
        CHECK_INT(apis[i].last, table[i][2]);
    }
}

TEST(api_versions_of_the_future_are_answered_in_version_0_with_35) {
    static const uint8_t asked[] = { 0, 0, 0, 11, 0, 18, 0, 9, 0, 0, 0, 77, 0, 0, 0 };
    struct peer p;
    struct api_versions_response response;
    broker_start();
    peer_connect(&p);
    peer_send_bytes(&p, bytes_of(asked, sizeof(asked)));
    struct cursor in = cursor_on(peer_receive_frame(&p));
    CHECK_INT(read_int32(&in), 77);
    CHECK_OK(message_decode(&message_api_versions_response, 0, &in, &answers, &response));
    CHECK_INT(response.error_code, KAFKA_UNSUPPORTED_VERSION);
    CHECK_INT((long long)response.api_keys_count, (long long)api_count);
    CHECK_INT((long long)cursor_left(&in), 0);
    struct api_versions_request again = { bytes_text("test"), bytes_text("1") };
    peer_send(&p, API_api_versions, 0, &again); /* the connection goes on */
    CHECK(peer_receive_frame(&p).data);
    peer_close(&p);
    broker_finish();
}

static void check_refused(struct bytes bytes) {
    struct peer p;
    unsigned long before = event_count(EV_client_refused);
    fake_clock_advance(&broker_clock, 1000);
    peer_connect(&p);
    peer_send_bytes(&p, bytes);
    CHECK(peer_is_closed(&p));
    CHECK_INT((long long)event_count(EV_client_refused), (long long)before + 1);
    peer_close(&p);
}

#define CHECK_REFUSED(...)                                                                         \
    check_refused(                                                                                 \
        bytes_of((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })))

TEST(what_is_no_request_closes_its_connection_and_no_other) {
    broker_start();
    check_refused(bytes_text("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    CHECK_REFUSED(0x16, 3, 1, 0, 0xa5, 1, 0, 0, 0xa1, 3, 3);
    CHECK_REFUSED(0xff, 0xff, 0xff, 0xff);
    CHECK_REFUSED(0x80, 0, 0, 0);
    CHECK_REFUSED(0x7f, 0xff, 0xff, 0xff);
    CHECK_REFUSED(1, 0, 0, 1);
    CHECK_REFUSED(0, 0, 0, 0);
    CHECK_REFUSED(0, 0, 0, 7, 0, 18, 0, 0, 0, 0, 0);
    CHECK_REFUSED(0, 0, 0, 8, 0, 18, 0, 0, 0, 0, 0, 1);              /* no client id */
    CHECK_REFUSED(0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xfe); /* client id of -2 */
    CHECK_REFUSED(0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0x7f, 0xff); /* of 32767 */
    CHECK_REFUSED(0, 0, 0, 10, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0);        /* between brokers */
    CHECK_REFUSED(0, 0, 0, 10, 0x7f, 0xff, 0, 0, 0, 0, 0, 1, 0, 0);  /* no such API */
    CHECK_REFUSED(0, 0, 0, 10, 0, 3, 0, 99, 0, 0, 0, 1, 0, 0);       /* no such version */
    CHECK_REFUSED(0, 0, 0, 10, 0, 3, 0xff, 0xff, 0, 0, 0, 1, 0, 0);  /* version -1 */
    CHECK_REFUSED(0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0);        /* advertised, too old */
    CHECK_REFUSED(0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0x7f, 0xff, 0xff, 0xff);
    check_serves();
    broker_finish();
}

TEST(a_thousand_bad_clients_write_one_line_a_second) {
    broker_start();
    for (int i = 0; i < 50; i++) {
        struct peer p;
        peer_connect(&p);
        peer_send_bytes(&p, bytes_text("GET / HTTP/1.1\r\n"));
        CHECK(peer_is_closed(&p));
        peer_close(&p);
    }
    CHECK_INT((long long)event_count(EV_client_refused), 1);
    broker_finish();
}

/* One well-formed request of every API and version, cut at every byte, its length told truly: it is
 * refused or answered, and the broker serves others on. */
static void cut_everywhere(int16_t key, int16_t version) {
    const struct api *api = api_find(key);
    void *request = memory_get(api->request->size);
    message_init(api->request, request);
    struct buf whole = request_frame(key, version, 1, request);
    for (size_t len = 8; len < whole.len - 4; len++) {
        struct peer p;
        struct buf cut = { 0 };
        buf_put_be32(&cut, (uint32_t)len);
        buf_put(&cut, whole.data + 4, len);
        peer_connect(&p);
        peer_send_bytes(&p, buf_bytes(&cut));
        broker_turn();
        peer_close(&p);
        buf_finish(&cut);
    }
    buf_finish(&whole);
    free(request);
}

TEST(a_request_cut_at_any_byte_harms_nobody) {
    broker_start();
    for (size_t i = 0; i < api_count; i++)
        cut_everywhere(apis[i].key, apis[i].last);
    check_serves();
    broker_finish();
}

TEST(answers_come_in_the_order_of_the_requests_over_all_apis) {
    struct peer p;
    struct buf all = { 0 };
    struct metadata_request ask = { .topics_count = 0 };
    broker_start();
    peer_connect(&p);
    given_topic(&p, "t", 1);
    struct produce_request produce = produce_of("t", 0, batch_of("a"));
    struct fetch_request fetch = fetch_of("t", 0, 0);
    for (int32_t i = 0; i < 100; i++) {
        bool reads = i % 10 == 9;
        struct buf frame = reads         ? request_frame(API_fetch, 11, ++p.sent, &fetch)
                           : i % 10 == 5 ? request_frame(API_metadata, 1, ++p.sent, &ask)
                                         : request_frame(API_produce, 7, ++p.sent, &produce);
        buf_put_bytes(&all, buf_bytes(&frame));
        buf_finish(&frame);
    }
    peer_send_bytes(&p, buf_bytes(&all));
    int64_t produced = 0;
    for (int32_t i = 0; i < 100; i++) {
        if (i % 10 == 9) {
            struct fetch_response response;
            peer_receive(&p, API_fetch, 11, &response);
            /* It sees what was acknowledged before it, all of it. */
            CHECK_INT(response.topics[0].partitions[0].high_watermark, produced);
        } else if (i % 10 == 5) {
            struct metadata_response response;
            peer_receive(&p, API_metadata, 1, &response);
        } else {
            struct produce_response response;
            peer_receive(&p, API_produce, 7, &response);
            CHECK_INT(response.topics[0].partitions[0].base_offset, produced++);
        }
    }
    buf_finish(&all);
    peer_close(&p);
    broker_finish();
}

TEST(ten_thousand_pipelined_requests_are_answered) {
    struct peer p;
    struct buf all = { 0 };
    struct metadata_request ask = { .topics_count = 0 };
    struct metadata_response response;
    broker_start();
    peer_connect(&p);
    for (int i = 0; i < 10000; i++) {
        struct buf frame = request_frame(API_metadata, 1, ++p.sent, &ask);
        buf_put_bytes(&all, buf_bytes(&frame));
        buf_finish(&frame);
    }
    peer_send_bytes(&p, buf_bytes(&all));
    for (int i = 0; i < 10000; i++) {
        peer_receive(&p, API_metadata, 1, &response);
        arena_reset(&answers);
    }
    buf_finish(&all);
    peer_close(&p);
    broker_finish();
}

TEST(a_taken_port_and_a_wrong_host_are_told) {
    struct server *second;
    broker_start();
    struct server_options options = broker_options;
    options.dir = "other";
    options.port = server_port(broker);
    CHECK_ERROR(server_open(&second, &options), E_exists);
    CHECK_STORY("is taken");
    options.port = 0;
    options.host = "0.0.0.0";
    CHECK_ERROR(server_open(&second, &options), E_refused);
    CHECK_STORY("not a loopback address");
    broker_finish();
}

TEST(a_second_broker_on_the_same_directory_is_refused) {
    struct server *second;
    broker_start();
    CHECK_ERROR(server_open(&second, &broker_options), E_locked);
    check_serves();
    broker_finish();
}
