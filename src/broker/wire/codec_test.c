/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The walkers on every message at every version: round trips, cuts, and lengths that lie. */
#include "header.h"
#include "messages.h"
#include "varint.h"

#include "base/random.h"
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

/* ---- random messages, from their own tables */

struct maker {
    struct random random;
    struct arena arena;
    int16_t version;
};

static bool is_in(const struct field *f, int16_t version) {
    return version >= f->first && version <= f->last;
}

static bool make_null(struct maker *k, const struct field *f) {
    return f->nullable && k->version >= f->nullable_from && random_below(&k->random, 3) == 0;
}

static struct bytes make_text(struct maker *k) {
    uint8_t text[20] = { 0 };
    size_t len = random_below(&k->random, sizeof(text));
    for (size_t i = 0; i < len; i++)
        text[i] = (uint8_t)random_next(&k->random);
    struct bytes copy = arena_copy(&k->arena, bytes_of(text, len));
    return copy;
}

static void make_message(struct maker *k, const struct message *m, void *out);

static void make_value(struct maker *k, const struct field *f, void *out) {
    uint64_t number = random_next(&k->random);
    switch (f->type) {
    case FIELD_bool:
        *(bool *)out = number & 1;
        break;
    case FIELD_int8:
        *(int8_t *)out = (int8_t)number;
        break;
    case FIELD_int16:
        *(int16_t *)out = (int16_t)number;
        break;
    case FIELD_int32:
        *(int32_t *)out = (int32_t)number;
        break;
    case FIELD_int64:
        *(int64_t *)out = (int64_t)number;
        break;
    case FIELD_string:
    case FIELD_bytes:
        *(struct bytes *)out = make_null(k, f) ? (struct bytes){ 0 } : make_text(k);
        break;
    case FIELD_struct:
        make_message(k, f->item, out);
        break;
    }
}

static size_t item_size(const struct field *f) {
    static const size_t sizes[] = { 1, 1, 2, 4, 8, sizeof(struct bytes), sizeof(struct bytes) };
    return f->type == FIELD_struct ? f->item->size : sizes[f->type];
}

static void make_array(struct maker *k, const struct field *f, uint8_t *out) {
    struct field item = *f;
    item.nullable = false;
    if (make_null(k, f))
        return;
    size_t count = random_below(&k->random, 3);
    uint8_t *items = arena_get(&k->arena, count * item_size(f));
    for (size_t i = 0; i < count; i++)
        make_value(k, &item, items + i * item_size(f));
    memcpy(out + f->at, &items, sizeof(items));
    *(size_t *)(out + f->count_at) = count;
}

static void make_message(struct maker *k, const struct message *m, void *out) {
    message_init(m, out);
    for (const struct field *f = m->fields; f < m->fields + m->field_count; f++)
        if (is_in(f, k->version) && f->is_array)
            make_array(k, f, out);
        else if (is_in(f, k->version))
            make_value(k, f, (uint8_t *)out + f->at);
}

/* ---- comparing two messages by their table */

static void check_same(const struct message *m, const uint8_t *a, const uint8_t *b);

static void check_same_value(const struct field *f, const uint8_t *a, const uint8_t *b) {
    if (f->type == FIELD_struct) {
        check_same(f->item, a, b);
    } else if (f->type == FIELD_string || f->type == FIELD_bytes) {
        struct bytes left, right;
        memcpy(&left, a, sizeof(left));
        memcpy(&right, b, sizeof(right));
        CHECK(!left.data == !right.data);
        CHECK_BYTES(left, right);
    } else {
        CHECK_BYTES(bytes_of(a, item_size(f)), bytes_of(b, item_size(f)));
    }
}

static void check_same(const struct message *m, const uint8_t *a, const uint8_t *b) {
    for (const struct field *f = m->fields; f < m->fields + m->field_count; f++) {
        const uint8_t *left = a + f->at, *right = b + f->at;
        size_t count = 1;
        if (f->is_array) {
            count = *(const size_t *)(a + f->count_at);
            CHECK_INT((int)count, (int)*(const size_t *)(b + f->count_at));
            memcpy(&left, a + f->at, sizeof(left));
            memcpy(&right, b + f->at, sizeof(right));
            CHECK(!left == !right);
        }
        for (size_t i = 0; i < count; i++)
            check_same_value(f, left + i * item_size(f), right + i * item_size(f));
    }
}

/* ---- every message */

static void each_message(void (*check)(const struct message *, int16_t version, uint64_t seed)) {
    uint64_t seed = test_seed();
    for (size_t i = 0; i < api_count; i++)
        for (int16_t v = apis[i].decoded_from; v <= apis[i].last; v++) {
            check(apis[i].request, v, seed);
            check(apis[i].response, v, seed);
        }
}

union any_message {
    uint64_t words[64];
    uint8_t bytes[512];
};

static struct buf random_encoded(struct maker *k, const struct message *m,
                                 union any_message *made) {
    struct buf wire = { 0 };
    CHECK(m->size <= sizeof(*made));
    make_message(k, m, made);
    CHECK_OK(message_encode(m, k->version, made, &wire));
    return wire;
}

static void check_round_trip(const struct message *m, int16_t version, uint64_t seed) {
    struct maker k = { .random = random_seeded(seed), .version = version };
    for (int round = 0; round < 20; round++) {
        union any_message made, read;
        struct buf again = { 0 };
        struct buf wire = random_encoded(&k, m, &made);
        struct cursor in = cursor_on(buf_bytes(&wire));
        CHECK_OK(message_decode(m, version, &in, &k.arena, &read));
        CHECK_INT((int)cursor_left(&in), 0);
        check_same(m, made.bytes, read.bytes);
        CHECK_OK(message_encode(m, version, &read, &again));
        CHECK_BYTES(buf_bytes(&again), buf_bytes(&wire));
        buf_finish(&again);
        buf_finish(&wire);
    }
    arena_finish(&k.arena);
}

TEST(every_message_reads_back_what_was_written_at_every_version) {
    each_message(check_round_trip);
}

/* The copy has no byte to spare, so that the sanitizer sees a read beyond it. */
static void check_cut(const struct message *m, int16_t version, struct bytes wire, size_t len) {
    union any_message read;
    struct arena arena = { 0 };
    uint8_t *copy = memory_get(len ? len : 1);
    if (len)
        memcpy(copy, wire.data, len);
    struct cursor in = cursor_on(bytes_of(copy, len));
    enum error e = message_decode(m, version, &in, &arena, &read);
    CHECK_ERROR(e, E_malformed);
    free(copy);
    arena_finish(&arena);
}

static void check_cuts(const struct message *m, int16_t version, uint64_t seed) {
    struct maker k = { .random = random_seeded(seed), .version = version };
    union any_message made;
    struct buf wire = random_encoded(&k, m, &made);
    for (size_t len = 0; len < wire.len; len++)
        check_cut(m, version, buf_bytes(&wire), len);
    buf_finish(&wire);
    arena_finish(&k.arena);
}

TEST(every_message_cut_at_any_byte_is_malformed) {
    each_message(check_cuts);
}

/* Decodes hostile bytes: any answer is right but a crash, a hang, or memory beyond the budget. */
static void check_hostile(const struct message *m, int16_t version, struct bytes wire) {
    union any_message read;
    struct arena arena = { 0 };
    struct cursor in = cursor_on(wire);
    enum error e = message_decode(m, version, &in, &arena, &read);
    CHECK(e == E_ok || e == E_malformed || e == E_too_large);
    CHECK(arena.used_bytes <= wire.len * DECODE_MEMORY_RATIO + DECODE_MEMORY_FREE);
    arena_finish(&arena);
}

static void put_at(struct buf *b, size_t at, uint64_t value, size_t len) {
    for (size_t i = 0; i < len && at + i < b->len; i++)
        b->data[at + i] = (uint8_t)(value >> (8 * (len - 1 - i)));
}

/* Every place is a length's place for somebody: all of them get every lie, as 16 and 32 bit
 * numbers and as a varint. */
static void check_lies_at(const struct message *m, int16_t version, struct bytes wire, size_t at) {
    int64_t left = (int64_t)(wire.len - at);
    const int64_t lies[] = { -2, -1, 0, 1, left, left + 1, INT32_MAX, UINT32_MAX };
    struct buf b = { 0 };
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        for (size_t width = 2; width <= 4; width += 2) {
            buf_clear(&b);
            buf_put_bytes(&b, wire);
            put_at(&b, at, (uint64_t)lies[i], width);
            check_hostile(m, version, buf_bytes(&b));
        }
        buf_clear(&b);
        buf_put_bytes(&b, bytes_part(wire, 0, at));
        buf_put_uvarint(&b, (uint64_t)(lies[i] + 1));
        buf_put_bytes(&b, bytes_part(wire, at + 1, wire.len - at - 1));
        check_hostile(m, version, buf_bytes(&b));
    }
    buf_finish(&b);
}

static void check_lies(const struct message *m, int16_t version, uint64_t seed) {
    struct maker k = { .random = random_seeded(seed), .version = version };
    union any_message made;
    struct buf wire = random_encoded(&k, m, &made);
    for (size_t at = 0; at < wire.len; at++)
        check_lies_at(m, version, buf_bytes(&wire), at);
    buf_finish(&wire);
    arena_finish(&k.arena);
}

TEST(a_length_that_lies_anywhere_in_any_message_stays_within_bounds) {
    each_message(check_lies);
}

/* ---- arrays, strings and null, one by one */

static enum error decode_metadata(int16_t version, struct bytes wire,
                                  struct metadata_request *out) {
    static struct arena arena;
    struct cursor in = cursor_on(wire);
    arena_reset(&arena);
    return message_decode(&message_metadata_request, version, &in, &arena, out);
}

static void check_count(int32_t count, enum error wanted, const char *story) {
    struct buf wire = { 0 };
    struct metadata_request request;
    buf_put_be32(&wire, (uint32_t)count);
    buf_put(&wire, "\0\1a\0\1b\1\0\0", 9);
    CHECK_ERROR(decode_metadata(8, buf_bytes(&wire), &request), wanted);
    if (story)
        CHECK_STORY(story);
    buf_finish(&wire);
}

TEST(an_array_count_is_checked_against_the_bytes_left) {
    check_count(-2, E_malformed, "topics has length -2");
    check_count(-1, E_ok, NULL);
    check_count(0, E_ok, NULL);
    check_count(1, E_ok, NULL);
    check_count(2, E_ok, NULL);
    check_count(9, E_malformed, "reading topics[");
    check_count(10, E_malformed, "topics has length 10 with 9 bytes left");
    check_count(INT32_MAX, E_malformed, "topics has length 2147483647 with 9 bytes left");
    CHECK_STORY("decoding metadata_request version 8");
}

TEST(a_compact_array_count_is_checked_against_the_bytes_left) {
    struct metadata_request request;
    CHECK_OK(decode_metadata(9, bytes_of("\0\1\1\1\0", 5), &request));
    CHECK(!request.topics);
    CHECK_OK(decode_metadata(9, bytes_of("\1\1\1\1\0", 5), &request));
    CHECK(request.topics && request.topics_count == 0);
    CHECK_ERROR(decode_metadata(9, bytes_of("\6\1\1\1\0", 5), &request), E_malformed);
    CHECK_STORY("topics has length 5 with 4 bytes left");
    CHECK_ERROR(decode_metadata(9, bytes_of("\xff\xff\xff\xff\x0f\0", 6), &request), E_malformed);
    CHECK_STORY("topics has length 4294967294");
    CHECK_ERROR(decode_metadata(9, bytes_of("\xff\xff\xff\xff\x1f\0", 6), &request), E_malformed);
    CHECK_STORY("topics ends early");
}

TEST(null_is_refused_where_a_version_does_not_allow_it) {
    struct metadata_request request;
    CHECK_ERROR(decode_metadata(0, bytes_of("\xff\xff\xff\xff", 4), &request), E_malformed);
    CHECK_STORY("topics is null");
    CHECK_OK(decode_metadata(1, bytes_of("\xff\xff\xff\xff", 4), &request));
    CHECK(!request.topics && request.topics_count == 0);
    CHECK(request.allow_auto_topic_creation);
    CHECK_ERROR(decode_metadata(1, bytes_of("\0\0\0\1\xff\xff", 6), &request), E_malformed);
    CHECK_STORY("name is null");
}

TEST(null_is_written_as_empty_where_a_version_does_not_allow_it) {
    struct join_group_response response = { 0 };
    struct buf wire = { 0 };
    CHECK_OK(message_encode(&message_join_group_response, 2, &response, &wire));
    CHECK_BYTES(buf_bytes(&wire), bytes_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
    buf_finish(&wire);
}

TEST(many_small_items_may_not_take_much_memory) {
    struct buf wire = { 0 };
    struct arena arena = { 0 };
    struct find_coordinator_request read;
    memset(buf_extend(&wire, 1 << 20), 1, 1 << 20);
    wire.data[0] = 0;              /* the key type */
    put_at(&wire, 1, 0x80803f, 3); /* 1,032,191 empty keys */
    struct cursor in = cursor_on(buf_bytes(&wire));
    enum error e = message_decode(&message_find_coordinator_request, 4, &in, &arena, &read);
    CHECK_ERROR(e, E_too_large);
    CHECK_STORY("keys of 1032191 items needs 16515056 bytes of memory");
    CHECK(arena.used_bytes == 0);
    buf_finish(&wire);
}

TEST(unknown_tagged_fields_are_skipped_and_more_than_64_refused) {
    struct heartbeat_response response;
    struct arena arena = { 0 };
    struct buf wire = { 0 };
    buf_put(&wire, "\0\0\0\7\0\x1b\2\0\3abc\x80\1\0", 15);
    struct cursor in = cursor_on(buf_bytes(&wire));
    CHECK_OK(message_decode(&message_heartbeat_response, 4, &in, &arena, &response));
    CHECK_INT(response.throttle_time_ms, 7);
    CHECK_INT(response.error_code, 27);
    CHECK_INT((int)cursor_left(&in), 0);
    wire.len = 6;
    buf_put_byte(&wire, TAGGED_FIELDS_MAX + 1);
    memset(buf_extend(&wire, 200), 0, 200);
    in = cursor_on(buf_bytes(&wire));
    enum error e = message_decode(&message_heartbeat_response, 4, &in, &arena, &response);
    CHECK_ERROR(e, E_malformed);
    CHECK_STORY("heartbeat_response has bad tagged fields");
    buf_finish(&wire);
    arena_finish(&arena);
}

TEST(a_string_too_long_for_its_version_is_not_written) {
    struct buf wire = { 0 };
    struct find_coordinator_request request = { .key = bytes_of(memory_get(40000), 40000) };
    buf_put_text(&wire, "before");
    enum error e = message_encode(&message_find_coordinator_request, 2, &request, &wire);
    CHECK_ERROR(e, E_too_large);
    CHECK_STORY("key has length 40000 of 32767");
    CHECK_STORY("encoding find_coordinator_request version 2");
    CHECK_BYTES(buf_bytes(&wire), bytes_text("before"));
    CHECK_OK(message_encode(&message_find_coordinator_request, 3, &request, &wire));
    buf_finish(&wire);
    free((void *)(uintptr_t)request.key.data);
}

TEST(items_begin_with_the_protocols_defaults) {
    struct arena arena = { 0 };
    struct metadata_response_topic *topics =
        message_items(&message_metadata_response_topic, 2, &arena);
    CHECK_INT(topics[1].topic_authorized_operations, INT32_MIN);
    struct produce_response_partition partition;
    message_init(&message_produce_response_partition, &partition);
    CHECK_INT(partition.log_append_time_ms, -1);
    CHECK(message_items(&message_metadata_response_topic, 0, &arena));
    arena_finish(&arena);
}
