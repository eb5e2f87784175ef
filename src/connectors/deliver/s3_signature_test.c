/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Signatures that AWS prints in its own documentation ("Examples: Signature Calculations"). */
#include "deliver/s3_signature.h"

#include "base/test.h"

static const struct s3_key key = { "AKIAIOSFODNN7EXAMPLE",
                                   "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1" };
static const char nothing_sha[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static const char *signed_as(const struct s3_request *r) {
    static struct buf out;
    buf_clear(&out);
    s3_authorization_put(r, &key, "20130524T000000Z", &out);
    return buf_text(&out);
}

TEST(a_part_that_is_read_is_signed_as_amazon_signs_it) {
    const struct s3_header headers[] = {
        { "host", "examplebucket.s3.amazonaws.com" },
        { "range", "bytes=0-9" },
        { "x-amz-content-sha256", nothing_sha },
        { "x-amz-date", "20130524T000000Z" },
    };
    const struct s3_request r = { "GET", "/test.txt", headers, 4 };
    CHECK_TEXT(
        signed_as(&r),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(a_file_that_is_put_is_signed_as_amazon_signs_it) {
    struct buf path = { 0 };
    const struct s3_header headers[] = {
        { "date", "Fri, 24 May 2013 00:00:00 GMT" },
        { "host", "examplebucket.s3.amazonaws.com" },
        { "x-amz-content-sha256",
          "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072" },
        { "x-amz-date", "20130524T000000Z" },
        { "x-amz-storage-class", "REDUCED_REDUNDANCY" },
    };
    s3_path_put("/test$file.text", &path);
    const struct s3_request r = { "PUT", buf_text(&path), headers, 5 };
    CHECK_TEXT(
        signed_as(&r),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    buf_finish(&path);
}

TEST(names_are_encoded_byte_by_byte_and_slashes_stay) {
    struct buf path = { 0 };
    s3_path_put("/in/a b+c%\xc3\xa9~.csv", &path);
    CHECK_TEXT(buf_text(&path), "/in/a%20b%2Bc%25%C3%A9~.csv");
    buf_finish(&path);
}

TEST(a_moment_is_written_without_signs) {
    char time[S3_TIME_CHARS];
    s3_time_write(1369353600000, time);
    CHECK_TEXT(time, "20130524T000000Z");
    s3_time_write(1796083199999, time);
    CHECK_TEXT(time, "20261130T235959Z");
}
