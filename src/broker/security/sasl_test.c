/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "sasl.h"

#include "scram_fixture.h"

static struct users *users;
static struct buf said;

static void given_users(void) {
    users = users_create();
    CHECK_OK(users_put(users, "alice", bytes_text("correct horse")));
    CHECK_OK(users_put(users, "bob", bytes_text("battery staple")));
}

static void finish(void) {
    users_destroy(users);
    buf_finish(&said);
}

static enum sasl_verdict plain(const char *token, size_t len) {
    struct sasl *x = sasl_create(SASL_PLAIN);
    enum sasl_verdict verdict = sasl_take(x, users, bytes_of(token, len), &said);
    sasl_destroy(x);
    return verdict;
}

#define PLAIN(text) plain(text, sizeof(text) - 1)

TEST(plain_lets_in_whoever_knows_the_password_and_nobody_else) {
    given_users();
    CHECK_INT(PLAIN("\0alice\0correct horse"), SASL_DONE);
    CHECK_INT(PLAIN("alice\0alice\0correct horse"), SASL_DONE);
    CHECK_INT(PLAIN("bob\0alice\0correct horse"), SASL_FAILED);
    CHECK_INT(PLAIN("\0alice\0battery staple"), SASL_FAILED);
    CHECK_INT(PLAIN("\0alice\0correct horse\0"), SASL_FAILED);
    CHECK_INT(PLAIN("\0alice\0correct hors"), SASL_FAILED);
    CHECK_INT(PLAIN("\0alice\0"), SASL_FAILED);
    CHECK_INT(PLAIN("\0\0correct horse"), SASL_FAILED);
    CHECK_INT(PLAIN("\0alice"), SASL_FAILED);
    CHECK_INT(PLAIN("alice correct horse"), SASL_FAILED);
    CHECK_INT(PLAIN(""), SASL_FAILED);
    CHECK_INT(PLAIN("\0"), SASL_FAILED);
    CHECK_INT(PLAIN("\0mallory\0correct horse"), SASL_FAILED);
    CHECK_INT((long long)said.len, 0);
    finish();
}

static enum sasl_verdict scram(enum sasl_mechanism mechanism, const struct scram_client *c) {
    struct buf token = { 0 };
    struct sasl *x = sasl_create(mechanism);
    scram_client_first(c, &token);
    buf_clear(&said);
    CHECK_INT(sasl_take(x, users, buf_bytes(&token), &said), SASL_GOES_ON);
    CHECK_TEXT(sasl_user(x), c->user);
    buf_clear(&token);
    scram_client_last(c, buf_bytes(&said), &token);
    buf_clear(&said);
    enum sasl_verdict verdict = sasl_take(x, users, buf_bytes(&token), &said);
    sasl_destroy(x);
    buf_finish(&token);
    return verdict;
}

TEST(scram_lets_in_whoever_knows_the_password_and_nobody_else) {
    given_users();
    for (int kind = 0; kind < 2; kind++) {
        enum sasl_mechanism m = kind ? SASL_SCRAM_SHA_512 : SASL_SCRAM_SHA_256;
        struct scram_client c = { (enum digest)kind, "alice", "correct horse", "abc", false };
        CHECK_INT(scram(m, &c), SASL_DONE);
        c.says_nonce_twice = true;
        CHECK_INT(scram(m, &c), SASL_DONE);
        c.password = "correct horsf";
        CHECK_INT(scram(m, &c), SASL_FAILED);
        CHECK_INT((long long)said.len, 0);
        c.user = "bob";
        CHECK_INT(scram(m, &c), SASL_FAILED);
    }
    finish();
}

TEST(somebody_unknown_is_answered_as_somebody_known_is) {
    struct scram_client known = { DIGEST_SHA256, "alice", "wrong", "abc", false };
    struct scram_client unknown = { DIGEST_SHA256, "mallory", "wrong", "abc", false };
    given_users();
    CHECK_INT(scram(SASL_SCRAM_SHA_256, &known), SASL_FAILED);
    CHECK_INT(scram(SASL_SCRAM_SHA_256, &unknown), SASL_FAILED);
    struct buf first[2] = { { 0 } };
    for (int i = 0; i < 2; i++) {
        struct buf token = { 0 };
        struct sasl *x = sasl_create(SASL_SCRAM_SHA_256);
        scram_client_first(i ? &known : &unknown, &token);
        CHECK_INT(sasl_take(x, users, buf_bytes(&token), &first[i]), SASL_GOES_ON);
        sasl_destroy(x);
        buf_finish(&token);
    }
    CHECK_INT((long long)first[0].len, (long long)first[1].len);
    CHECK(strstr(buf_text(&first[0]), ",i=8192"));
    buf_finish(&first[0]);
    buf_finish(&first[1]);
    finish();
}

TEST(a_mechanism_has_its_one_name) {
    enum sasl_mechanism m;
    CHECK(sasl_named(bytes_text("PLAIN"), &m) && m == SASL_PLAIN);
    CHECK(sasl_named(bytes_text("SCRAM-SHA-512"), &m) && m == SASL_SCRAM_SHA_512);
    CHECK(!sasl_named(bytes_text("plain"), &m));
    CHECK(!sasl_named(bytes_text("GSSAPI"), &m));
    CHECK(!sasl_named(bytes_text(""), &m));
    CHECK_TEXT(sasl_name(SASL_SCRAM_SHA_256), "SCRAM-SHA-256");
}
