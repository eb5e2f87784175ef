/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "signature.h"

#include "base/test.h"
#include "values/base64.h"
#include "values/digest.h"

#include <stdlib.h>
#include <string.h>

/* The example of the Standard Webhooks libraries. */
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SECONDS 1614265330
static const struct signed_request example = {
    { (const uint8_t *)"msg_p5jXN8AQM9LWM0D4loKWxJek", 28 },
    { (const uint8_t *)"1614265330", 10 },
    { (const uint8_t *)"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 47 },
    { (const uint8_t *)"{\"test\": 2432232314}", 20 },
};

static const char *fault(const char *secrets, const struct signed_request *r, int64_t seconds) {
    return signature_fault(bytes_text(secrets), r, seconds * 1000);
}

TEST(the_example_of_the_standard_is_taken) {
    CHECK(!fault(SECRET, &example, SECONDS));
}

TEST(with_two_secrets_either_is_good_and_a_third_is_not) {
    CHECK(!fault("old\n" SECRET "\n", &example, SECONDS));
    CHECK(!fault(SECRET "\r\nnew\r\n", &example, SECONDS));
    CHECK_TEXT(fault("old\nnew\n", &example, SECONDS), "its signature does not fit");
    CHECK_TEXT(fault("", &example, SECONDS), "its signature does not fit");
}

TEST(one_good_signature_among_others_is_enough) {
    struct signed_request r = example;
    r.signatures = bytes_text("v2,abc v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    CHECK(!fault(SECRET, &r, SECONDS));
    r.signatures = bytes_text("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    CHECK(fault(SECRET, &r, SECONDS));
}

TEST(a_body_that_was_written_anew_does_not_fit) {
    struct signed_request r = example;
    r.body = bytes_text("{\"test\":2432232314}");
    CHECK_TEXT(fault(SECRET, &r, SECONDS), "its signature does not fit");
    r = example;
    r.id = bytes_text("msg_other");
    CHECK(fault(SECRET, &r, SECONDS));
}

TEST(a_timestamp_more_than_five_minutes_off_is_refused) {
    CHECK(!fault(SECRET, &example, SECONDS + 300));
    CHECK(!fault(SECRET, &example, SECONDS - 300));
    CHECK_TEXT(fault(SECRET, &example, SECONDS + 301),
               "its webhook-timestamp is more than five minutes off");
    CHECK(fault(SECRET, &example, SECONDS - 301));
}

TEST(what_is_not_signed_is_told_what_is_wanted) {
    static const char *const stamps[] = { "", "now", "-1", "1614265330000000000000", "1e9" };
    struct signed_request r = example;
    for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
        r.timestamp = bytes_text(stamps[i]);
        CHECK_TEXT(fault(SECRET, &r, SECONDS), "its webhook-timestamp is not seconds since 1970");
    }
    r = (struct signed_request){ .body = bytes_text("{}") };
    CHECK(strstr(fault(SECRET, &r, SECONDS), "it is not signed"));
}

TEST(a_secret_that_is_no_text_is_one_secret_line_ends_and_all) {
    static const uint8_t secret[] = { 0, '\n', 0xff, 'a', '\n' };
    struct signed_request r = { bytes_text("m"), bytes_text("1000"), { 0 }, bytes_text("{}") };
    struct buf signature = { 0 };
    uint8_t mac[SHA256_BYTES];
    hmac_sha256(bytes_of(secret, sizeof(secret)), bytes_text("m.1000.{}"), mac);
    buf_put_text(&signature, "v1,");
    base64_put(&signature, bytes_of(mac, sizeof(mac)));
    r.signatures = buf_bytes(&signature);
    CHECK(!signature_fault(bytes_of(secret, sizeof(secret)), &r, 1000000));
    buf_finish(&signature);
}
