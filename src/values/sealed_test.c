/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "values/sealed.h"

#include "base/test.h"

#include <string.h>

static const uint8_t anna[SEAL_KEY_BYTES] = { 1, 2, 3 }, eva[SEAL_KEY_BYTES] = { 1, 2, 4 };

static struct buf sealed_of(const uint8_t *key, const char *field, const char *text) {
    struct buf out = { 0 };
    sealed_put(&out, &(struct sealed_by){ key, 17, bytes_text(field) }, bytes_text(text));
    return out;
}

static bool opens(struct bytes text, const uint8_t *key, const char *wanted) {
    struct sealed token;
    struct buf out = { 0 };
    bool good = sealed_find(text, 0, &token) && sealed_open(&token, key, &out);
    if (good)
        CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
    return good;
}

TEST(what_is_sealed_opens_by_its_key_and_by_no_other) {
    struct buf t = sealed_of(anna, "given", "Anna Ž \"quoted\" {sealed:1:given:");
    CHECK(!strstr(buf_text(&t), "Anna"));
    CHECK(strncmp(buf_text(&t), "{sealed:17:given:", 17) == 0);
    CHECK(opens(buf_bytes(&t), anna, "Anna Ž \"quoted\" {sealed:1:given:"));
    CHECK(!opens(buf_bytes(&t), eva, ""));
    buf_finish(&t);
}

TEST(an_empty_text_is_sealed_as_any_other) {
    struct buf t = sealed_of(anna, "birth", "");
    CHECK(opens(buf_bytes(&t), anna, ""));
    buf_finish(&t);
}

TEST(equal_texts_of_a_field_are_equal_tokens_and_of_another_field_or_person_are_not) {
    struct buf a = sealed_of(anna, "given", "Anna"), again = sealed_of(anna, "given", "Anna");
    struct buf other = sealed_of(anna, "family", "Anna"), eve = sealed_of(eva, "given", "Anna");
    CHECK(bytes_equal(buf_bytes(&a), buf_bytes(&again)));
    CHECK(memcmp(a.data + 17, other.data + 18, a.len - 17) != 0);
    CHECK(!bytes_equal(buf_bytes(&a), buf_bytes(&eve)));
    buf_finish(&a);
    buf_finish(&again);
    buf_finish(&other);
    buf_finish(&eve);
}

TEST(a_token_that_is_changed_anywhere_does_not_open_to_anything_else) {
    struct buf t = sealed_of(anna, "given", "Anna");
    for (size_t i = 0; i < t.len; i++) {
        uint8_t kept = t.data[i];
        t.data[i] = kept == 'X' ? 'Y' : 'X';
        CHECK(!opens(buf_bytes(&t), anna, "Anna"));
        t.data[i] = kept;
    }
    for (size_t len = 0; len < t.len; len++)
        CHECK(!opens(bytes_of(t.data, len), anna, ""));
    buf_finish(&t);
}

TEST(tokens_are_found_in_a_text_one_behind_the_other) {
    struct buf a = sealed_of(anna, "given", "Anna"), text = { 0 };
    struct sealed token;
    buf_print(&text, "NM1*{sealed:x:y:z}*%s*%s~", buf_text(&a), buf_text(&a));
    CHECK(sealed_find(buf_bytes(&text), 0, &token));
    CHECK_INT((long long)token.from, 19);
    CHECK_INT((long long)token.len, (long long)a.len);
    CHECK(sealed_find(buf_bytes(&text), token.from + token.len, &token));
    CHECK(!sealed_find(buf_bytes(&text), token.from + token.len, &token));
    CHECK(sealed_is_in(bytes_text("x{sealed:")) && !sealed_is_in(bytes_text("{sealed")));
    buf_finish(&a);
    buf_finish(&text);
}

TEST(a_slot_of_too_many_digits_is_none) {
    struct sealed token;
    CHECK(sealed_find(bytes_text("{sealed:999999999999999:a:AAAA}"), 0, &token));
    CHECK(!sealed_find(bytes_text("{sealed:9999999999999999:a:AAAA}"), 0, &token));
    CHECK(!sealed_find(bytes_text("{sealed:99999999999999999999999:a:AAAA}"), 0, &token));
    CHECK(!sealed_find(bytes_text("{sealed::a:AAAA}"), 0, &token));
    CHECK(!sealed_find(bytes_text("{sealed:-1:a:AAAA}"), 0, &token));
}

static void check_form(const char *form, const char *text, const char *wanted) {
    struct buf t = sealed_of(anna, "given", text);
    t.len--;
    buf_print(&t, "|%s}", form);
    CHECK(opens(buf_bytes(&t), anna, wanted));
    buf_finish(&t);
}

TEST(a_form_makes_a_text_fit_where_it_is_put) {
    check_form("digits", "1984-02-29", "19840229");
    check_form("edi", "Dvo*rak~: ^", "Dvo rak");
    check_form("edi", "a\nb", "a b");
    check_form("edi", "0123456789012345678901234567890123456789012345678901234567ž",
               "0123456789012345678901234567890123456789012345678901234567");
    check_form("other", "as it is ", "as it is ");
}

TEST(a_wrapped_key_is_unwrapped_by_the_same_key_and_nonce_alone) {
    uint8_t nonce[SEAL_NONCE_BYTES] = { 7 }, wrapped[SEAL_KEY_BYTES + SEAL_TAG_BYTES];
    uint8_t out[SEAL_KEY_BYTES];
    key_wrap(eva, nonce, anna, wrapped);
    CHECK(key_unwrap(eva, nonce, wrapped, out));
    CHECK(memcmp(out, anna, sizeof(out)) == 0);
    CHECK(!key_unwrap(anna, nonce, wrapped, out));
    nonce[0]++;
    CHECK(!key_unwrap(eva, nonce, wrapped, out));
}
