/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/outbox.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static struct out_event example(void) {
    return (struct out_event){
        .topic = bytes_text("account-transaction"),
        .partition = 3,
        .source = bytes_text("/octavo/accounts/atm/1/0/1"),
        .sequence = 7,
        .id = bytes_text("00000000000000000000000001"),
        .type = bytes_text("withdrawal-requested"),
        .key = bytes_text("4711"),
        .value = bytes_text("{\"amount\":100}"),
        .time_ms = 1234567890123,
    };
}

static void check_equal(const struct out_event *got, const struct out_event *wanted) {
    CHECK_BYTES(got->topic, wanted->topic);
    CHECK_INT(got->partition, wanted->partition);
    CHECK_BYTES(got->source, wanted->source);
    CHECK_INT(got->sequence, wanted->sequence);
    CHECK_BYTES(got->id, wanted->id);
    CHECK_BYTES(got->type, wanted->type);
    CHECK_BYTES(got->key, wanted->key);
    CHECK_BYTES(got->value, wanted->value);
    CHECK((got->value.data == NULL) == (wanted->value.data == NULL));
    CHECK_INT(got->time_ms, wanted->time_ms);
}

TEST(a_packed_row_gives_back_its_events_in_order) {
    struct buf packed = { 0 };
    struct out_event first = example(), second = example(), got;
    second.sequence = INT64_MAX;
    second.key = bytes_text("");
    second.value = (struct bytes){ 0 }; /* a tombstone is not an empty value */
    outbox_pack(&packed, &first);
    outbox_pack(&packed, &second);
    struct cursor in = cursor_on(buf_bytes(&packed));
    CHECK_OK(outbox_unpack(&in, &got));
    check_equal(&got, &first);
    CHECK_OK(outbox_unpack(&in, &got));
    check_equal(&got, &second);
    CHECK_INT((long long)cursor_left(&in), 0);
    buf_finish(&packed);
}

TEST(what_only_some_events_have_takes_no_room_in_others) {
    size_t lens[4];
    for (int i = 0; i < 4; i++) {
        struct buf packed = { 0 };
        struct out_event event = example(), got;
        if (i & 1)
            event.asker = bytes_text("till/3");
        if (i & 2)
            event.traceparent = bytes_text("00-a-b-01");
        outbox_pack(&packed, &event);
        struct cursor in = cursor_on(buf_bytes(&packed));
        CHECK_OK(outbox_unpack(&in, &got));
        check_equal(&got, &event);
        CHECK_BYTES(got.asker, event.asker);
        CHECK_BYTES(got.answers, event.answers);
        CHECK_BYTES(got.traceparent, event.traceparent);
        CHECK_INT(packed.data[4], 1 + i);
        lens[i] = packed.len;
        buf_finish(&packed);
    }
    CHECK_INT((long long)(lens[1] - lens[0]), 2 + 6 + 2);
    CHECK_INT((long long)(lens[2] - lens[0]), 2 + 9);
    CHECK_INT((long long)(lens[3] - lens[1]), 2 + 9);
}

TEST(a_row_cut_anywhere_is_corrupt) {
    struct buf packed = { 0 };
    struct out_event event = example(), got;
    event.asker = bytes_text("till/3");
    event.traceparent = bytes_text("00-a-b-01");
    outbox_pack(&packed, &event);
    for (size_t len = 0; len < packed.len; len++) {
        uint8_t *part = malloc(len ? len : 1); /* exact, so that a read past it is seen */
        CHECK(part);
        memcpy(part, packed.data, len);
        struct cursor in = cursor_on(bytes_of(part, len));
        CHECK_ERROR(outbox_unpack(&in, &got), E_corrupt);
        CHECK_STORY("a packed event does not have its length or layout");
        free(part);
    }
    buf_finish(&packed);
}

TEST(a_row_of_another_layout_or_with_bytes_to_spare_is_corrupt) {
    struct buf packed = { 0 };
    struct out_event event = example(), got;
    outbox_pack(&packed, &event);
    for (int layout = 0; layout < 256; layout++) {
        packed.data[4] = (uint8_t)layout;
        struct cursor at = cursor_on(buf_bytes(&packed));
        CHECK_INT(outbox_unpack(&at, &got) == E_ok, layout == 1);
    }
    packed.data[4] = 1;
    packed.data[3]++;
    buf_put_byte(&packed, 0);
    struct cursor in = cursor_on(buf_bytes(&packed));
    CHECK_ERROR(outbox_unpack(&in, &got), E_corrupt);
    buf_finish(&packed);
}

TEST(keys_hash_as_in_the_java_client) {
    static const struct {
        const char *key;
        int32_t hash;
    } vectors[] = {
        { "21", -973932308 },
        { "foobar", -790332482 },
        { "a-little-bit-long-string", -985981536 },
        { "a-little-bit-longer-string", -1486304829 },
        { "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
        { "abc", 479470107 },
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        CHECK_INT(partition_of_key(bytes_text(vectors[i].key), INT32_MAX),
                  vectors[i].hash & 0x7fffffff);
}

TEST(keys_hash_as_in_librdkafka) {
    static const struct {
        const char *key;
        uint32_t hash;
    } vectors[] = {
        { "kafka", 0xd067cf64 }, { "giberish123456789", 0x8f552b0c },
        { "1234", 0x9fc97b14 },  { "234", 0xe7c009ca },
        { "34", 0x873930da },    { "4", 0x5a4b5ca1 },
        { "", 0x106e08d9 },
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        CHECK_INT(partition_of_key(bytes_text(vectors[i].key), INT32_MAX),
                  vectors[i].hash & 0x7fffffff);
        CHECK_INT(partition_of_key(bytes_text(vectors[i].key), 4),
                  (vectors[i].hash & 0x7fffffff) % 4);
    }
    CHECK_INT(partition_of_key((struct bytes){ 0 }, INT32_MAX), 0x106e08d9);
}
