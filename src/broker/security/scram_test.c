/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "scram.h"

#include "scram_fixture.h"

static struct scram server;
static struct buf said;

static struct scram_keys keys_of(enum digest kind, const char *password, const char *salt) {
    struct scram_keys keys = { .iterations = SCRAM_ITERATIONS_LEAST };
    struct buf decoded = { 0 };
    CHECK(base64_read(bytes_text(salt), &decoded));
    CHECK_INT((long long)decoded.len, SCRAM_SALT_BYTES);
    memcpy(keys.salt, decoded.data, decoded.len);
    buf_finish(&decoded);
    scram_keys_make(kind, bytes_text(password), &keys);
    return keys;
}

static bool first(const char *message) {
    return scram_read_first(&server, bytes_text(message));
}

static bool last(const char *message) {
    buf_clear(&said);
    return scram_read_last(&server, bytes_text(message), &said);
}

static void given_first_answered(void) {
    CHECK(first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
    server.keys = keys_of(DIGEST_SHA256, "pencil", "W22ZaJ0SNY7soEsUEjb6gQ==");
    buf_clear(&said);
    scram_put_first(&server, bytes_text("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"), &said);
}

static void finish(void) {
    scram_finish(&server);
    buf_finish(&said);
}

#define NONCE "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define PROOF "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

TEST(the_exchange_is_that_of_rfc_7677) {
    given_first_answered();
    CHECK_TEXT(server.user, "user");
    CHECK_TEXT(buf_text(&said), "r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    CHECK(last("c=biws,r=" NONCE ",p=" PROOF));
    CHECK_TEXT(buf_text(&said), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    finish();
}

TEST(a_last_message_that_is_not_exactly_right_is_refused) {
    static const char *const bad[] = {
        "c=biws,r=" NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVE=",
        "c=biws,r=" NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ",
        "c=biws,r=" NONCE ",p=",
        "c=biws,r=" NONCE ",p=AAAA",
        "c=biws,r=" NONCE,
        "c=biws,r=" NONCE ",",
        "c=eSws,r=" NONCE ",p=" PROOF,
        "r=" NONCE ",p=" PROOF,
        "c=biws,p=" PROOF,
        "c=biws,r=" NONCE ",x=1,p=" PROOF, /* changes what is proven */
        "c=biws",
        "c=",
        "",
        ",,,",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        given_first_answered();
        CHECK(!last(bad[i]));
        CHECK_INT((long long)said.len, 0);
    }
    finish();
}

/* Whoever has seen an earlier exchange knows all but our nonce. */
TEST(a_nonce_that_is_not_ours_is_refused_even_with_a_right_proof) {
    static const char *const nonces[] = {
        "rOprNGfwEbeRWgbNEkqO",
        "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        "x" NONCE,
        NONCE "x",
        "otherotherotherother%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        "rOprNGfwEbeRWgbNEkqO"
        "rOprNGfwEbeRWgbNEkqO" NONCE,
    };
    for (size_t i = 0; i < sizeof(nonces) / sizeof(nonces[0]); i++) {
        struct scram_client c = { DIGEST_SHA256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO", false };
        struct buf unproven = { 0 }, exchange = { 0 };
        uint8_t proof[DIGEST_MAX];
        given_first_answered();
        buf_print(&unproven, "c=biws,r=%s", nonces[i]);
        buf_print(&exchange, "n=user,r=%s,%s,%s", c.nonce, buf_text(&said), buf_text(&unproven));
        scram_proof(&c, buf_text(&said), buf_bytes(&exchange), proof);
        buf_put_text(&unproven, ",p=");
        base64_put(&unproven, bytes_of(proof, SHA256_BYTES));
        CHECK(!last(buf_text(&unproven)));
        buf_finish(&unproven);
        buf_finish(&exchange);
    }
    finish();
}

/* Somebody between us and the client who took his "y" for an "n" would be seen by this. */
TEST(another_header_than_the_first_messages_is_refused_even_with_a_right_proof) {
    static const char *const headers[] = { "eSws", "biw=", "bixhPXVzZXIs", "biwsbiws" };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct scram_client c = { DIGEST_SHA256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO", false };
        struct buf unproven = { 0 }, exchange = { 0 };
        uint8_t proof[DIGEST_MAX];
        given_first_answered();
        buf_print(&unproven, "c=%s,r=%s", headers[i], NONCE);
        buf_print(&exchange, "n=user,r=%s,%s,%s", c.nonce, buf_text(&said), buf_text(&unproven));
        scram_proof(&c, buf_text(&said), buf_bytes(&exchange), proof);
        buf_put_text(&unproven, ",p=");
        base64_put(&unproven, bytes_of(proof, SHA256_BYTES));
        CHECK(!last(buf_text(&unproven)));
        buf_finish(&unproven);
        buf_finish(&exchange);
    }
    finish();
}

TEST(librdkafka_2_0_2_which_says_its_nonce_twice_is_let_in) {
    for (int kind = 0; kind < 2; kind++) {
        struct scram_client c = { (enum digest)kind, "user", "pencil", "rOprNGfwEbeRWgbNEkqO",
                                  true };
        struct buf message = { 0 };
        server.kind = (enum digest)kind;
        CHECK(first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
        server.keys = keys_of(server.kind, "pencil", "W22ZaJ0SNY7soEsUEjb6gQ==");
        buf_clear(&said);
        scram_put_first(&server, bytes_text("serverserver"), &said);
        scram_client_last(&c, buf_bytes(&said), &message);
        CHECK(last(buf_text(&message)));
        buf_finish(&message);
    }
    finish();
}

TEST(a_first_message_is_read_strictly) {
    static const char *const good[] = {
        "n,,n=u,r=x",
        "y,,n=u,r=x",
        "n,a=u,n=u,r=x",
        "n,,n=u,r=x,tokenauth=true",
    };
    static const char *const bad[] = {
        "",
        "n",
        "n,",
        "n,,",
        "n,,n=",
        "n,,n=u",
        "n,,n=u,",
        "n,,n=u,r=",
        "n,,r=x,n=u",
        "p=tls-unique,,n=u,r=x",
        "x,,n=u,r=x",
        "n,,m=1,n=u,r=x",
        "n,a=other,n=u,r=x",
        "n,b=u,n=u,r=x",
        "n,a=,n=u,r=x",
        "n,,n=u=,r=x",
        "n,,n=u=2,r=x",
        "n,,n=u=2c,r=x",
        "n,,n=u=41,r=x",
        "n,,n=\x01,r=x",
        "n,,n=u,r=a b",
        "n,,n=u,r=\x80",
        ",,n=u,r=x",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CHECK(first(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (first(bad[i]))
            test_failed(__FILE__, __LINE__, "%s was read", bad[i]);
    CHECK(first("n,,n=a=2Cb=3Dc,r=x"));
    CHECK_TEXT(server.user, "a,b=c");
    finish();
}

TEST(long_names_and_messages_are_refused_before_they_are_copied) {
    struct buf message = { 0 };
    buf_put_text(&message, "n,,n=");
    memset(buf_extend(&message, USER_NAME_MAX), 'u', USER_NAME_MAX);
    buf_put_text(&message, ",r=x");
    CHECK(first(buf_text(&message)));
    buf_clear(&message);
    buf_put_text(&message, "n,,n=");
    memset(buf_extend(&message, USER_NAME_MAX + 1), 'u', USER_NAME_MAX + 1);
    buf_put_text(&message, ",r=x");
    CHECK(!first(buf_text(&message)));
    buf_clear(&message);
    buf_put_text(&message, "n,,n=u,r=");
    memset(buf_extend(&message, SASL_TOKEN_MAX), 'r', SASL_TOKEN_MAX);
    CHECK(!first(buf_text(&message)));
    buf_finish(&message);
    finish();
}
