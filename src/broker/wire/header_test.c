/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Headers and the API table. */
#include "header.h"
#include "messages.h"

#include "base/test.h"

static enum error read_header(struct request_header *out, const char *bytes, size_t len) {
    struct cursor in = cursor_on(bytes_of(bytes, len));
    return request_header_read(out, &in);
}

TEST(a_request_header_tells_api_version_and_client) {
    struct request_header h;
    CHECK_OK(read_header(&h, "\0\3\0\4\0\0\0\7\0\7rdkafka", 17));
    CHECK_TEXT(h.api->name, "metadata");
    CHECK_INT(h.api_version, 4);
    CHECK_INT(h.correlation_id, 7);
    CHECK(bytes_is_text(h.client_id, "rdkafka"));
    CHECK_OK(read_header(&h, "\0\3\0\4\0\0\0\7\xff\xff", 10));
    CHECK(!h.client_id.data);
}

TEST(a_flexible_request_header_has_an_old_style_client_and_tagged_fields) {
    struct request_header h;
    struct cursor in = cursor_on(bytes_of("\0\x12\0\3\0\0\0\1\0\1c\1\0\2ab!", 17));
    CHECK_OK(request_header_read(&h, &in));
    CHECK(bytes_is_text(h.client_id, "c"));
    CHECK_INT((int)cursor_left(&in), 1);
}

TEST(a_request_header_cut_at_any_byte_is_malformed) {
    static const char whole[] = "\0\x12\0\3\0\0\0\1\0\1c\1\0\2ab";
    struct request_header h;
    for (size_t len = 0; len < sizeof(whole) - 1; len++)
        CHECK_ERROR(read_header(&h, whole, len), E_malformed);
    CHECK_OK(read_header(&h, whole, sizeof(whole) - 1));
    CHECK_ERROR(read_header(&h, "\0\3\0\4\0\0\0\7\xff\xfe", 10), E_malformed);
}

TEST(an_unknown_api_is_told_with_its_correlation_id) {
    struct request_header h;
    CHECK_OK(read_header(&h, "\0\x63\0\0\0\0\0\5", 8));
    CHECK(!h.api);
    CHECK_INT(h.correlation_id, 5);
}

TEST(api_versions_is_answered_with_header_0_and_others_as_flexible) {
    struct request_header h = { .api = api_find(API_api_versions), .api_version = 3 };
    struct buf out = { 0 };
    response_header_write(&h, &out);
    CHECK_INT((int)out.len, 4);
    h.api = api_find(API_heartbeat);
    response_header_write(&h, &out);
    CHECK_INT((int)out.len, 8);
    h.api_version = 4;
    response_header_write(&h, &out);
    CHECK_BYTES(buf_bytes(&out), bytes_of("\0\0\0\0\0\0\0\0\0\0\0\0\0", 13));
    buf_finish(&out);
}

TEST(produce_is_advertised_below_what_it_decodes) {
    const struct api *produce = api_find(API_produce);
    CHECK_INT(produce->advertised_from, 0);
    CHECK(!api_has_version(produce, 2) && api_has_version(produce, 3));
    CHECK(api_has_version(produce, 9) && !api_has_version(produce, 10));
    CHECK(!api_has_version(produce, -1));
}

TEST(no_api_is_listed_twice_and_each_range_is_sound) {
    for (size_t i = 0; i < api_count; i++) {
        CHECK(api_find(apis[i].key) == &apis[i]);
        CHECK(apis[i].advertised_from <= apis[i].decoded_from);
        CHECK(apis[i].decoded_from <= apis[i].flexible_from);
        CHECK(apis[i].flexible_from <= apis[i].last || apis[i].flexible_from == NEVER);
    }
}
