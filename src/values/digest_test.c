/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/test.h"
#include "values/digest.h"

#include <stdio.h>
#include <string.h>

static const char *hex(const uint8_t *data, size_t len) {
    static char text[2 * SHA256_BYTES + 1];
    for (size_t i = 0; i < len; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", data[i]);
    return text;
}

static const char *digest_text(struct bytes data) {
    uint8_t out[SHA256_BYTES];
    sha256(data, out);
    return hex(out, sizeof(out));
}

static const char *hmac_hex(struct bytes key, struct bytes data) {
    uint8_t out[SHA256_BYTES];
    hmac_sha256(key, data, out);
    return hex(out, sizeof(out));
}

TEST(sha256_gives_the_fips_180_vectors) {
    CHECK_TEXT(digest_text(bytes_text("abc")),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_TEXT(digest_text(bytes_of(NULL, 0)),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_TEXT(digest_text(bytes_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(hmac_sha256_gives_the_rfc_4231_vectors) {
    uint8_t key[131], data[50];
    memset(key, 0x0b, 20);
    CHECK_TEXT(hmac_hex(bytes_of(key, 20), bytes_text("Hi There")),
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK_TEXT(hmac_hex(bytes_text("Jefe"), bytes_text("what do ya want for nothing?")),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    memset(data, 0xdd, sizeof(data));
    CHECK_TEXT(hmac_hex(bytes_of(key, 20), bytes_of(data, 50)),
               "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    CHECK_TEXT(hmac_hex(bytes_of(key, sizeof(key)),
                        bytes_text("Test Using Larger Than Block-Size Key - Hash Key First")),
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(hmac_sha256_takes_an_empty_key_and_empty_data) {
    CHECK_TEXT(hmac_hex(bytes_of(NULL, 0), bytes_of(NULL, 0)),
               "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* The token of RFC 4231's second case is known from its digest: 5bdcc146 bf60754e 6a042426
 * 089575c7 as a number in Crockford's digits. */
TEST(a_card_token_is_the_first_128_bits_in_crockford_base32) {
    char token[CARD_TOKEN_CHARS + 1];
    card_token(bytes_text("Jefe"), bytes_text("what do ya want for nothing?"), token);
    CHECK_INT((long long)strlen(token), CARD_TOKEN_CHARS);
    CHECK_TEXT(token, "2VVK0MDFV0EN76M1144R49AXE7");
}

TEST(card_tokens_differ_by_key_and_by_number) {
    char a[CARD_TOKEN_CHARS + 1], b[CARD_TOKEN_CHARS + 1], c[CARD_TOKEN_CHARS + 1],
        again[CARD_TOKEN_CHARS + 1];
    card_token(bytes_text("k"), bytes_text("4000001234567899"), a);
    card_token(bytes_text("l"), bytes_text("4000001234567899"), b);
    card_token(bytes_text("k"), bytes_text("4000001234567898"), c);
    card_token(bytes_text("k"), bytes_text("4000001234567899"), again);
    CHECK_TEXT(again, a);
    CHECK(strcmp(a, b) != 0);
    CHECK(strcmp(a, c) != 0);
}

TEST(a_card_mask_shows_six_and_four_digits) {
    char mask[20];
    card_mask(bytes_text("4000001234567899"), mask);
    CHECK_TEXT(mask, "400000******7899");
    card_mask(bytes_text("4000 0012 3456 7899"), mask);
    CHECK_TEXT(mask, "400000******7899");
    card_mask(bytes_text("12345678901234567890123"), mask);
    CHECK_TEXT(mask, "123456*********6789");
}

TEST(a_card_mask_of_too_few_digits_shows_none) {
    char mask[20];
    card_mask(bytes_text("12345678901"), mask);
    CHECK_TEXT(mask, "***********");
    card_mask(bytes_of(NULL, 0), mask);
    CHECK_TEXT(mask, "");
}

static const char *hex_of(const uint8_t *data, size_t len) {
    static char text[2 * DIGEST_MAX + 1];
    for (size_t i = 0; i < len; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", data[i]);
    return text;
}

TEST(sha512_and_its_hmac_are_those_of_the_standards) {
    uint8_t out[DIGEST_MAX];
    digest_hash(DIGEST_SHA512, bytes_text("abc"), out);
    CHECK_TEXT(hex_of(out, 16), "ddaf35a193617abacc417349ae204131");
    digest_hmac(DIGEST_SHA512, bytes_text("Jefe"), bytes_text("what do ya want for nothing?"), out);
    CHECK_TEXT(hex_of(out, 16), "164b7a7bfcf819e2e395fbe73b56e0a3"); /* RFC 4231 */
    CHECK_INT((long long)digest_size(DIGEST_SHA512), 64);
}

TEST(a_password_is_stretched_as_pbkdf2_does) {
    uint8_t out[DIGEST_MAX];
    struct password_salt salt = { bytes_text("salt"), 4096 };
    digest_password(DIGEST_SHA256, bytes_text("password"), &salt, out);
    CHECK_TEXT(hex_of(out, 32), "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a");
    salt.iterations = 1;
    digest_password(DIGEST_SHA512, bytes_text("password"), &salt, out);
    CHECK_TEXT(hex_of(out, 16), "867f70cf1ade02cff3752599a3a53dc4");
}

TEST(secrets_are_equal_only_when_every_byte_is) {
    CHECK(secrets_equal(bytes_text("secret"), bytes_text("secret")));
    CHECK(!secrets_equal(bytes_text("secret"), bytes_text("secreu")));
    CHECK(!secrets_equal(bytes_text("secret"), bytes_text("secre")));
    CHECK(secrets_equal(bytes_text(""), bytes_text("")));
}
