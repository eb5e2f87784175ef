/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Who may speak with a broker that has users, and what everybody else is told. */
#include "peer_test.h"

#include "security/scram_fixture.h"
#include "security/users.h"

#include <unistd.h>

static struct users *users;

static void save_users(void) {
    CHECK_OK(users_save(users, broker_disk, "users"));
}

static void given_broker_with_users(void) {
    broker_disk = memory_disk_create();
    fake_clock_init(&broker_clock, 1700000000000);
    users = users_create();
    CHECK_OK(users_put(users, "alice", bytes_text("correct horse")));
    CHECK_OK(users_put(users, "bob", bytes_text("battery staple")));
    save_users();
    broker_options.users_file = "users";
    broker_start();
}

static void finish(void) {
    users_destroy(users);
    broker_finish();
}

static int handshake(struct peer *p, int16_t version, const char *mechanism) {
    struct sasl_handshake_request request = { bytes_text(mechanism) };
    struct sasl_handshake_response response;
    peer_ask(p, API_sasl_handshake, version, &request, &response);
    return response.error_code;
}

static struct sasl_authenticate_response authenticate(struct peer *p, struct bytes token) {
    struct sasl_authenticate_request request = { token };
    struct sasl_authenticate_response response;
    peer_send(p, API_sasl_authenticate, 1, &request);
    if (!peer_has_answer(p))
        broker_pass_ms(300); /* a failure is told later */
    peer_receive(p, API_sasl_authenticate, 1, &response);
    return response;
}

static int scram(struct peer *p, const char *user, const char *password) {
    struct scram_client c = { DIGEST_SHA256, user, password, "abcdef", true };
    struct buf token = { 0 };
    CHECK_INT(handshake(p, 1, "SCRAM-SHA-256"), KAFKA_NONE);
    scram_client_first(&c, &token);
    struct sasl_authenticate_response response = authenticate(p, buf_bytes(&token));
    CHECK_INT(response.error_code, KAFKA_NONE);
    buf_clear(&token);
    scram_client_last(&c, response.auth_bytes, &token);
    response = authenticate(p, buf_bytes(&token));
    buf_finish(&token);
    return response.error_code;
}

static bool is_served(struct peer *p) {
    struct metadata_request request = { 0 };
    struct metadata_response response;
    peer_send(p, API_metadata, 4, &request);
    if (!peer_has_answer(p))
        return false;
    peer_receive(p, API_metadata, 4, &response);
    return response.brokers_count == 1;
}

TEST(before_authentication_only_three_requests_are_answered) {
    given_broker_with_users();
    for (size_t i = 0; i < api_count; i++) {
        struct peer p;
        if (apis[i].key == API_api_versions || apis[i].key == API_sasl_handshake
            || apis[i].key == API_sasl_authenticate)
            continue;
        void *request = message_items(apis[i].request, 1, &answers); /* good, and empty */
        struct buf frame = request_frame(apis[i].key, apis[i].last, 1, request);
        peer_connect(&p);
        peer_send_bytes(&p, buf_bytes(&frame));
        CHECK(peer_is_closed(&p));
        CHECK_INT((long long)p.input.len, 0);
        peer_close(&p);
        buf_finish(&frame);
    }
    struct peer p;
    struct api_versions_request request = { 0 };
    struct api_versions_response response;
    peer_connect(&p);
    peer_ask(&p, API_api_versions, 0, &request, &response);
    CHECK_INT(response.error_code, KAFKA_NONE);
    CHECK_INT(scram(&p, "alice", "correct horse"), KAFKA_NONE);
    CHECK(is_served(&p));
    peer_close(&p);
    finish();
}

TEST(a_wrong_password_and_an_unknown_user_are_told_the_same_and_closed) {
    static const char *const who[] = { "alice", "mallory" };
    given_broker_with_users();
    for (int i = 0; i < 2; i++) {
        struct peer p;
        peer_connect(&p);
        CHECK_INT(scram(&p, who[i], "wrong password"), KAFKA_SASL_AUTHENTICATION_FAILED);
        CHECK(peer_is_closed(&p));
        peer_close(&p);
    }
    finish();
}

TEST(plain_without_tls_is_offered_only_when_the_operator_says_so) {
    struct peer p;
    given_broker_with_users();
    struct sasl_handshake_request request = { bytes_text("PLAIN") };
    struct sasl_handshake_response response;
    peer_connect(&p);
    peer_ask(&p, API_sasl_handshake, 1, &request, &response);
    CHECK_INT(response.error_code, KAFKA_UNSUPPORTED_SASL_MECHANISM);
    CHECK_INT((long long)response.mechanisms_count, 2);
    CHECK_BYTES(response.mechanisms[0], bytes_text("SCRAM-SHA-256"));
    CHECK_BYTES(response.mechanisms[1], bytes_text("SCRAM-SHA-512"));
    CHECK(peer_is_closed(&p));
    peer_close(&p);
    broker_stop();
    broker_options.plain_without_tls = true;
    broker_start();
    peer_connect(&p);
    CHECK_INT(handshake(&p, 1, "PLAIN"), KAFKA_NONE);
    CHECK_INT(authenticate(&p, bytes_of("\0alice\0correct horse", 20)).error_code, KAFKA_NONE);
    CHECK(is_served(&p));
    peer_close(&p);
    finish();
}

/* As python3-kafka 2.0.2 does it: SaslHandshake 0, then tokens with a length and nothing else. */
TEST(bare_tokens_follow_a_handshake_of_version_0) {
    struct peer good, bad;
    struct buf token = { 0 };
    broker_options.plain_without_tls = true;
    given_broker_with_users();
    peer_connect(&good);
    CHECK_INT(handshake(&good, 0, "PLAIN"), KAFKA_NONE);
    buf_put_be32(&token, 20);
    buf_put_bytes(&token, bytes_of("\0alice\0correct horse", 20));
    peer_send_bytes(&good, buf_bytes(&token));
    struct bytes reply = peer_receive_frame(&good);
    CHECK(reply.data);
    CHECK_INT((long long)reply.len, 0);
    CHECK(is_served(&good));
    peer_connect(&bad);
    CHECK_INT(handshake(&bad, 0, "PLAIN"), KAFKA_NONE);
    token.data[token.len - 1] = 'x';
    peer_send_bytes(&bad, buf_bytes(&token));
    CHECK(!peer_has_answer(&bad));
    broker_pass_ms(20); /* derivations take turns */
    broker_pass_ms(300);
    CHECK(peer_is_closed(&bad));
    CHECK_INT((long long)bad.input.len, 0);
    peer_close(&good);
    peer_close(&bad);
    buf_finish(&token);
    finish();
}

TEST(an_empty_or_huge_bare_token_is_closed) {
    struct peer p;
    given_broker_with_users();
    for (uint32_t len = 0; len <= 65537; len += 65537) {
        uint8_t length[4] = { 0, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len };
        peer_connect(&p);
        CHECK_INT(handshake(&p, 0, "SCRAM-SHA-512"), KAFKA_NONE);
        peer_send_bytes(&p, bytes_of(length, 4));
        broker_turn();
        broker_pass_ms(300);
        CHECK(peer_is_closed(&p));
        peer_close(&p);
    }
    finish();
}

TEST(a_frame_over_64_kib_is_refused_before_authentication_and_read_after_it) {
    struct peer p;
    static uint8_t filling[70000];
    struct sasl_authenticate_request request = { bytes_of(filling, sizeof(filling)) };
    given_broker_with_users();
    peer_connect(&p);
    peer_send(&p, API_sasl_authenticate, 1, &request);
    CHECK(peer_is_closed(&p));
    peer_close(&p);
    peer_connect(&p);
    CHECK_INT(scram(&p, "alice", "correct horse"), KAFKA_NONE);
    peer_send(&p, API_sasl_authenticate, 1, &request);
    struct sasl_authenticate_response response;
    peer_receive(&p, API_sasl_authenticate, 1, &response);
    CHECK_INT(response.error_code, KAFKA_ILLEGAL_SASL_STATE);
    CHECK(is_served(&p));
    peer_close(&p);
    finish();
}

TEST(steps_out_of_order_are_told_so) {
    struct peer p;
    given_broker_with_users();
    peer_connect(&p);
    CHECK_INT(authenticate(&p, bytes_text("x")).error_code, KAFKA_ILLEGAL_SASL_STATE);
    CHECK(peer_is_closed(&p));
    peer_close(&p);
    peer_connect(&p);
    CHECK_INT(handshake(&p, 1, "SCRAM-SHA-256"), KAFKA_NONE);
    CHECK_INT(handshake(&p, 1, "SCRAM-SHA-512"), KAFKA_ILLEGAL_SASL_STATE);
    peer_close(&p);
    finish();
}

TEST(a_broker_without_users_has_nothing_to_authenticate) {
    struct peer p;
    broker_start();
    peer_connect(&p);
    CHECK_INT(handshake(&p, 1, "PLAIN"), KAFKA_ILLEGAL_SASL_STATE);
    CHECK(is_served(&p));
    peer_close(&p);
    broker_finish();
}

TEST(ten_seconds_are_all_there_is_for_authenticating) {
    struct peer slow, quick;
    given_broker_with_users();
    peer_connect(&slow);
    peer_connect(&quick);
    CHECK_INT(scram(&quick, "alice", "correct horse"), KAFKA_NONE);
    for (int i = 0; i < 9; i++) {
        struct api_versions_request request = { 0 };
        struct api_versions_response response;
        peer_ask(&slow, API_api_versions, 0, &request, &response);
        broker_pass_ms(1000);
    }
    broker_pass_ms(2000);
    CHECK(peer_is_closed(&slow));
    CHECK(is_served(&quick));
    peer_close(&slow);
    peer_close(&quick);
    finish();
}

TEST(guessing_passwords_by_plain_takes_turns_and_a_known_password_does_not_wait) {
    struct peer honest, again, guess[20];
    int told = 0;
    broker_options.plain_without_tls = true;
    given_broker_with_users();
    peer_connect(&honest);
    CHECK_INT(handshake(&honest, 1, "PLAIN"), KAFKA_NONE);
    CHECK_INT(authenticate(&honest, bytes_of("\0alice\0correct horse", 20)).error_code, KAFKA_NONE);
    for (int i = 0; i < 20; i++) {
        struct sasl_authenticate_request request = { bytes_of("\0alice\0wrong horse", 18) };
        peer_connect(&guess[i]);
        CHECK_INT(handshake(&guess[i], 1, "PLAIN"), KAFKA_NONE);
        peer_send(&guess[i], API_sasl_authenticate, 1, &request);
    }
    broker_turn();
    peer_connect(&again);
    CHECK_INT(handshake(&again, 1, "PLAIN"), KAFKA_NONE);
    CHECK_INT(authenticate(&again, bytes_of("\0alice\0correct horse", 20)).error_code, KAFKA_NONE);
    CHECK(is_served(&again));
    broker_pass_ms(100); /* five of them have been looked at, to be told in 300 ms */
    for (int i = 0; i < 3; i++)
        broker_pass_ms(100);
    for (int i = 0; i < 20; i++)
        told += peer_has_answer(&guess[i]);
    CHECK(told > 0);
    CHECK(told < 20);
    broker_pass_ms(400);
    broker_pass_ms(400);
    for (int i = 0; i < 20; i++) {
        CHECK(peer_is_closed(&guess[i]));
        peer_close(&guess[i]);
    }
    peer_close(&honest);
    peer_close(&again);
    finish();
}

/* ---- sessions */

TEST(a_session_ends_when_its_user_is_removed_or_gets_another_password) {
    struct peer alice, bob;
    given_broker_with_users();
    peer_connect(&alice);
    peer_connect(&bob);
    CHECK_INT(scram(&alice, "alice", "correct horse"), KAFKA_NONE);
    CHECK_INT(scram(&bob, "bob", "battery staple"), KAFKA_NONE);
    CHECK_OK(users_put(users, "carol", bytes_text("a third one")));
    save_users();
    broker_pass_ms(1000);
    CHECK(is_served(&alice));
    CHECK(is_served(&bob));
    CHECK_OK(users_remove(users, "alice"));
    save_users();
    broker_pass_ms(1000);
    CHECK(peer_is_closed(&alice));
    CHECK(is_served(&bob));
    CHECK_OK(users_put(users, "bob", bytes_text("battery staples")));
    save_users();
    broker_pass_ms(1000);
    CHECK(peer_is_closed(&bob));
    peer_close(&alice);
    peer_close(&bob);
    finish();
}

TEST(a_file_of_users_that_became_unreadable_changes_nothing) {
    struct peer p;
    given_broker_with_users();
    peer_connect(&p);
    CHECK_INT(scram(&p, "alice", "correct horse"), KAFKA_NONE);
    CHECK_OK(disk_replace(broker_disk, "users", bytes_text("octavo-users 2 nonsense\n")));
    broker_pass_ms(1000);
    CHECK(is_served(&p));
    peer_close(&p);
    peer_connect(&p);
    CHECK_INT(scram(&p, "bob", "battery staple"), KAFKA_NONE);
    peer_close(&p);
    finish();
}

TEST(a_session_with_an_end_is_renewed_by_its_user_or_over) {
    struct peer p, lazy;
    broker_options.session_ms = 60 * 1000;
    given_broker_with_users();
    peer_connect(&p);
    peer_connect(&lazy);
    CHECK_INT(scram(&p, "alice", "correct horse"), KAFKA_NONE);
    CHECK_INT(scram(&lazy, "bob", "battery staple"), KAFKA_NONE);
    CHECK_INT(handshake(&p, 1, "SCRAM-SHA-256"), KAFKA_ILLEGAL_SASL_STATE); /* too soon */
    broker_pass_ms(40 * 1000);
    CHECK_INT(scram(&p, "alice", "correct horse"), KAFKA_NONE);
    CHECK_INT(handshake(&p, 1, "SCRAM-SHA-512"), KAFKA_ILLEGAL_SASL_STATE); /* another one */
    broker_pass_ms(21 * 1000);
    CHECK(is_served(&p));
    CHECK(!is_served(&lazy));
    CHECK(peer_is_closed(&lazy));
    CHECK_INT(scram(&p, "bob", "battery staple"), KAFKA_SASL_AUTHENTICATION_FAILED);
    CHECK(peer_is_closed(&p));
    peer_close(&p);
    peer_close(&lazy);
    finish();
}

TEST(a_broker_tells_how_long_a_session_lasts) {
    struct peer p;
    broker_options.session_ms = 60 * 1000;
    broker_options.plain_without_tls = true;
    given_broker_with_users();
    peer_connect(&p);
    CHECK_INT(handshake(&p, 1, "PLAIN"), KAFKA_NONE);
    struct sasl_authenticate_response r = authenticate(&p, bytes_of("\0alice\0correct horse", 20));
    CHECK_INT(r.session_lifetime_ms, 60 * 1000);
    peer_close(&p);
    finish();
}

TEST(a_missing_file_of_users_stops_the_start_with_a_remedy) {
    struct server *s = NULL;
    broker_start();
    struct server_options options = broker_options;
    options.dir = "elsewhere";
    options.users_file = "nowhere";
    CHECK_ERROR(server_open(&s, &options), E_not_found);
    CHECK_STORY("reading the users in nowhere");
    CHECK_STORY("octavo broker user add NAME --users nowhere");
    broker_finish();
}
