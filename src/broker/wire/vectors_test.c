/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Bytes that other implementations wrote, decoded and written again to the byte.
 *
 * Versions 0 to 11 and the flexible ApiVersions 3 and InitProducerId 4 are librdkafka 2.0.2 talking
 * to its own mock broker (a producer with idempotence, a consumer in a group); Metadata 9 and
 * Fetch 12 are kafka-python 3.0.12, which writes from Kafka's own schemas. */
#include "batch.h"
#include "header.h"
#include "messages.h"

#include "base/test.h"

#include <string.h>

static const struct vector {
    const char *api;
    int16_t version;
    const char *request;  /* with its header */
    const char *response; /* without */
} vectors[] = {
    { "metadata", 4, "0003000400000003000772646b61666b610000000100066f726465727300", NULL },
    { "produce", 7,
      "0000000700000006000772646b61666b61ffffffff000075300000000100066f7264657273000000"
      "01000000000000005400000000000000000000004800000000022309998800000000000000000174"
      "876e800000000174876e8000000000001c8b24e8000000000000000000012c000000026b0a68656c"
      "6c6f02086b696e640874657374",
      "0000000100066f726465727300000001000000000000000000000000000000000000000004d20000"
      "00000000000000000000" },
    { "fetch", 11,
      "0001000b0000000c000772646b61666b61ffffffff000001f400000001032000000100000000ffff"
      "ffff0000000100066f72646572730000000400000003ffffffff0000000000000000ffffffffffff"
      "ffff0010000000000000ffffffff0000000000000000ffffffffffffffff0010000000000001ffff"
      "ffff0000000000000000ffffffffffffffff0010000000000002ffffffff0000000000000000ffff"
      "ffffffffffff00100000000000000000",
      "000000000000000000000000000100066f7264657273000000040000000300000000000000000000"
      "0000000000000000000000000000000000000000ffffffff00000000000000000000000000000000"
      "00010000000000000001000000000000000000000000ffffffff0000005400000000000000000000"
      "004800000000022309998800000000000000000174876e800000000174876e8000000000001c8b24"
      "e8000000000000000000012c000000026b0a68656c6c6f02086b696e640874657374000000010000"
      "00000000000000000000000000000000000000000000000000000000ffffffff0000000000000002"
      "000000000000000000000000000000000000000000000000000000000000ffffffff00000000" },
    { "list_offsets", 2,
      "0002000200000007000772646b61666b61ffffffff010000000100066f7264657273000000010000"
      "0003fffffffffffffffe",
      "000000000000000100066f726465727300000001000000030000ffffffffffffffff000000000000"
      "0000" },
    { "metadata", 2, "0003000200000003000772646b61666b610000000100066f7264657273",
      "000000010000000100093132372e302e302e310000a647ffff00176d6f636b436c75737465723135"
      "353538663438346465300000000000000001000000066f7264657273000000000400000000000000"
      "00000100000001000000010000000100000001000000000001000000010000000100000001000000"
      "01000000010000000000020000000100000001000000010000000100000001000000000003000000"
      "0100000001000000010000000100000001" },
    { "offset_commit", 7,
      "0008000700000009000772646b61666b6100016700000002000e3078376630396238303033313030"
      "ffff0000000100066f726465727300000001000000000000000000000001ffffffff0000",
      "000000000000000100066f726465727300000001000000000000" },
    { "offset_fetch", 5,
      "0009000500000007000772646b61666b610001670000000100066f72646572730000000400000000"
      "000000010000000200000003",
      "000000000000000100066f72646572730000000400000000ffffffffffffffffffffffffffff0000"
      "00000001ffffffffffffffffffffffffffff000000000002ffffffffffffffffffffffffffff0000"
      "00000003ffffffffffffffffffffffffffff00000000" },
    { "find_coordinator", 2, "000a000200000004000772646b61666b6100016700",
      "000000000000ffff0000000100093132372e302e302e310000a647" },
    { "join_group", 5,
      "000b000500000004000772646b61666b6100016700001770000493e00000ffff0008636f6e73756d"
      "657200000002000572616e67650000001600010000000100066f7264657273000000000000000000"
      "0a726f756e64726f62696e0000001600010000000100066f72646572730000000000000000",
      "00000000000000000002000572616e6765000e3078376630396238303033313030000e3078376630"
      "39623830303331303000000001000e3078376630396238303033313030ffff000000160001000000"
      "0100066f72646572730000000000000000" },
    { "heartbeat", 3,
      "000c000300000008000772646b61666b6100016700000002000e3078376630396238303033313030"
      "ffff",
      "000000000000" },
    { "leave_group", 1, "000d000100000013000772646b61666b61000167000e3078376630396238303033313030",
      "000000000000" },
    { "sync_group", 3,
      "000e000300000006000772646b61666b6100016700000002000e3078376630396238303033313030"
      "ffff00000001000e30783766303962383030333130300000002600000000000100066f7264657273"
      "000000040000000000000001000000020000000300000000",
      "0000000000000000002600000000000100066f726465727300000004000000000000000100000002"
      "0000000300000000" },
    { "api_versions", 0, "0012000000000002000772646b61666b61",
      "00000000001100000000000700010000000b00020000000500030000000200080000000700090000"
      "0005000a00000002000b00000005000c00000003000d00000001000e000000030012000000020016"
      "00000004001800000001001900000001001a00000001001c00000002" },
    { "api_versions", 3, "0012000300000001000772646b61666b61000b6c696272646b61666b6106322e302e3200",
      NULL },
    { "init_producer_id", 4, "0016000400000005000772646b61666b610000ffffffffffffffffffffffffffff00",
      "000000000000000000001c8b24e8000000" },
    { "metadata", 9, "00030009000000070001630002076f72646572730000010000",
      "0000000102000000010268000023840000027800000001020000076f726465727300020005000000"
      "02000000010000000302000000010200000001010080000000008000000000" },
    { "fetch", 12,
      "0001000c0000000700016300ffffffff000001f400000001000003e80100000000ffffffff020274"
      "02000000030000000400000000000000050000000600000000000000070000000800000202750200"
      "00000900027200",
      "00000001000200000003020274020000000400050000000000000006000000000000000700000000"
      "0000000800ffffffff0478797a000000" },
};

static uint8_t nibble(char c) {
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static struct buf from_hex(const char *hex) {
    struct buf b = { 0 };
    for (; *hex; hex += 2)
        buf_put_byte(&b, (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1])));
    return b;
}

union any_message {
    struct produce_request produce;
    struct fetch_request fetch;
    struct fetch_response fetched;
    struct join_group_request join;
    struct metadata_response metadata;
    uint64_t words[64];
};

static void check_body(const struct message *m, int16_t version, struct cursor *in,
                       void (*check)(const union any_message *)) {
    union any_message read;
    struct arena arena = { 0 };
    struct buf again = { 0 };
    struct bytes body = bytes_of(in->at, cursor_left(in));
    CHECK(m->size <= sizeof(read));
    CHECK_OK(message_decode(m, version, in, &arena, &read));
    CHECK_INT((int)cursor_left(in), 0);
    CHECK_OK(message_encode(m, version, &read, &again));
    CHECK_BYTES(buf_bytes(&again), body);
    if (check)
        check(&read);
    buf_finish(&again);
    arena_finish(&arena);
}

static void check_request(const struct vector *v, void (*check)(const union any_message *)) {
    struct request_header header;
    struct buf wire = from_hex(v->request);
    struct cursor in = cursor_on(buf_bytes(&wire));
    CHECK_OK(request_header_read(&header, &in));
    CHECK_TEXT(header.api->name, v->api);
    CHECK_INT(header.api_version, v->version);
    CHECK(api_has_version(header.api, v->version));
    check_body(header.api->request, v->version, &in, check);
    buf_finish(&wire);
}

static const struct api *api_named(const char *name) {
    for (size_t i = 0; i < api_count; i++)
        if (strcmp(apis[i].name, name) == 0)
            return &apis[i];
    return NULL;
}

static void check_response(const struct vector *v, void (*check)(const union any_message *)) {
    struct buf wire = from_hex(v->response);
    struct cursor in = cursor_on(buf_bytes(&wire));
    check_body(api_named(v->api)->response, v->version, &in, check);
    buf_finish(&wire);
}

static const struct vector *vector_of(const char *api, int16_t version) {
    const struct vector *v = vectors;
    while (strcmp(v->api, api) != 0 || v->version != version)
        v++;
    return v;
}

TEST(foreign_requests_and_responses_are_read_and_written_to_the_byte) {
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        check_request(&vectors[i], NULL);
        if (vectors[i].response)
            check_response(&vectors[i], NULL);
    }
}

static bool one_record(void *context, const struct record *r) {
    (void)context;
    CHECK(bytes_is_text(r->key, "k"));
    CHECK(bytes_is_text(r->value, "hello"));
    CHECK_INT(r->header_count, 1);
    CHECK(r->timestamp_ms == 1600000000000);
    return true;
}

static void check_produce(const union any_message *m) {
    const struct produce_request *request = &m->produce;
    struct batch b;
    bool keyless;
    size_t unpacked = 0;
    CHECK(!request->transactional_id.data);
    CHECK_INT(request->acks, -1);
    CHECK_INT(request->timeout_ms, 30000);
    CHECK(bytes_is_text(request->topics[0].name, "orders"));
    struct cursor records = cursor_on(request->topics[0].partitions[0].records);
    CHECK_OK(batch_read(&b, &records));
    CHECK_INT((int)cursor_left(&records), 0);
    CHECK_INT(b.producer_id, 0x1c8b24e8);
    CHECK_INT(b.base_sequence, 0);
    CHECK_OK(batch_check_records(&b, 1 << 20, &keyless, &unpacked));
    CHECK(!keyless);
    CHECK_OK(batch_each(&b, 1 << 20, one_record, NULL));
}

TEST(a_batch_that_librdkafka_wrote_passes_every_check) {
    check_request(vector_of("produce", 7), check_produce);
}

static void check_join(const union any_message *m) {
    CHECK(bytes_is_text(m->join.group_id, "g"));
    CHECK_INT(m->join.session_timeout_ms, 6000);
    CHECK_INT(m->join.rebalance_timeout_ms, 300000);
    CHECK(!m->join.group_instance_id.data);
    CHECK(bytes_is_text(m->join.protocol_type, "consumer"));
    CHECK_INT((int)m->join.protocols_count, 2);
    CHECK(bytes_is_text(m->join.protocols[1].name, "roundrobin"));
}

TEST(librdkafkas_join_group_has_its_fields_in_their_places) {
    check_request(vector_of("join_group", 5), check_join);
}

static void check_fetch(const union any_message *m) {
    const struct fetch_request_partition *p = &m->fetch.topics[0].partitions[0];
    CHECK_INT(m->fetch.max_wait_ms, 500);
    CHECK_INT(m->fetch.isolation_level, 1);
    CHECK_INT(m->fetch.session_epoch, -1);
    CHECK_INT(p->index, 3);
    CHECK_INT(p->current_leader_epoch, 4);
    CHECK_INT(p->fetch_offset, 5);
    CHECK_INT(p->last_fetched_epoch, 6);
    CHECK_INT(p->log_start_offset, 7);
    CHECK_INT(p->max_bytes, 8);
    CHECK_INT(m->fetch.forgotten_topics[0].partitions[0], 9);
    CHECK(bytes_is_text(m->fetch.rack_id, "r"));
}

static void check_fetched(const union any_message *m) {
    const struct fetch_response_partition *p = &m->fetched.topics[0].partitions[0];
    CHECK_INT(p->high_watermark, 6);
    CHECK_INT(p->last_stable_offset, 7);
    CHECK(!p->aborted_transactions);
    CHECK(bytes_is_text(p->records, "xyz"));
}

static void check_metadata(const union any_message *m) {
    const struct metadata_response_partition *p = &m->metadata.topics[0].partitions[0];
    CHECK(bytes_is_text(m->metadata.cluster_id, "x"));
    CHECK_INT(m->metadata.brokers[0].port, 9092);
    CHECK_INT(m->metadata.controller_id, 1);
    CHECK_INT(p->error_code, 5);
    CHECK_INT(p->index, 2);
    CHECK_INT(p->leader_epoch, 3);
    CHECK_INT((int)p->offline_replicas_count, 0);
    CHECK_INT(m->metadata.cluster_authorized_operations, INT32_MIN);
}

TEST(flexible_messages_of_another_implementation_have_their_fields_in_their_places) {
    check_request(vector_of("fetch", 12), check_fetch);
    check_response(vector_of("fetch", 12), check_fetched);
    check_response(vector_of("metadata", 9), check_metadata);
}

TEST(every_foreign_request_cut_at_any_byte_is_malformed) {
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct buf wire = from_hex(vectors[i].request);
        for (size_t len = 0; len < wire.len; len++) {
            struct request_header header;
            union any_message read;
            struct arena arena = { 0 };
            struct cursor in = cursor_on(bytes_part(buf_bytes(&wire), 0, len));
            enum error e = request_header_read(&header, &in);
            if (!e)
                e = message_decode(header.api->request, header.api_version, &in, &arena, &read);
            CHECK_ERROR(e, E_malformed);
            arena_finish(&arena);
        }
        buf_finish(&wire);
    }
}
