/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Checkpoints as earlier versions of this program wrote them are read, and go on as new ones. */
#include "base/test.h"
#include "checkpoint.h"
#include "given.h"
#include "storage_state.h"
#include "wire/checksum.h"

#include <stdlib.h>

static const char meta[] = "version=1\ncluster.id=abcdefghijklmnopqrstuv\nwal.seed=00005eed\n";

/* Two partitions of "orders", a producer, an offset of group "g". */
static const char version_1[] =
    "4f435441564f435000000001cb02d27800000000000000080000000000000008000000000000000100000000"
    "000000010000000000000550000000000000000900000000000003e8000000010000000200066f7264657273"
    "0000000000000000000000000000000000000002000000010000000000000000000000000000008c00000000"
    "0000000200000000000000010000000000000000000000000000000000000000000000020000000100000000"
    "00000000000000000000008c0000000000000003000000000000000100000001000000000000000700000000"
    "0000000000010200000000000000000000000000000000000000010000000100000000000000010000000100"
    "01670000000100066f726465727300000001000000000000000300000000000000000000000100016d";

/* Topics "t" and "f"; three transactional ids, one of them with an open transaction. */
static const char version_2[] =
    "4f435441564f435000000002d21e1c3c000000000000001a000000000000001a000000000000000200000000"
    "000000010000000000000d20000000000000001b00000000000003e800000002000000040001740000000000"
    "000000000000000000000000000002000000010000000000000000000000000000008d000001a204b0d8c300"
    "000000000000010000000100000000000000000001000001a204b0dcac010000000000000000000000000000"
    "0001000000010000000000000000000000000000000100000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000006000000010000"
    "00000000000000000000000001d3000001a204b0d8c300000000000000050000000200000000000000000001"
    "000001a204b0d0ca0000000000000000010001000001a204b0d8b50100000000000000000000000000000003"
    "0000000000000002000000000000000100000000000000010000000000000002000000000000000000000000"
    "0000000000000000000000050000000000000000000000000000000000000002000000010000000000000000"
    "0000000000000093000001a204b0e0b800000000000000010000000100000000000000020000000001a204b0"
    "e0b0010000000000000000000000000000000000000000000000000000000400016600000000000000000000"
    "000000000000000000010000000100000000000000000000000000000045000001a204b0dcba000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000001000167000000"
    "01000166000000000000000000000001ffffffff000001a204b0df24000000000003000768616e67696e6700"
    "000000000000000001ffffffffffffffffffff00000bb801000001a204b0dcab000000010000000000000000"
    "000000000000000000067a6f6d62696500000000000000010001ffffffffffffffffffff0000ea6002000001"
    "a204b0d8b400000000000000000000000000016700000000000000020000ffffffffffffffffffff0000ea60"
    "02000001a204b0df23000000000000000000000000";

/* A compacted topic "table", and "orders" with three records and an offset of group "g". */
static const char version_3[] =
    "4f435441564f435000000003285492b500000000000000070000000000000007000000000000000100000000"
    "0000000100000000000004e000000000000000080000000000000000000000020000000100057461626c6500"
    "01000e636c65616e75702e706f6c6963790007636f6d70616374000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000200066f72646572730000"
    "0000000000000000000000000000000000000003000000000000000000000000000000010000000000000000"
    "00000000000000e40000000000000000000000000000000000000000000f4240000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000010001670000000100066f7264657273000000000000000000000002ffffffff00"
    "0000000000000500016d00000000";

static void put_hex(struct buf *out, const char *hex) {
    for (; hex[0] && hex[1]; hex += 2) {
        char pair[] = { hex[0], hex[1], 0 };
        buf_put_byte(out, (uint8_t)strtoul(pair, NULL, 16));
    }
}

static void put(struct given *g, const char *path, struct bytes content) {
    CHECK_OK(disk_replace(g->disk, path, content));
}

/* A stopped directory with this checkpoint; its log has nothing behind it. */
static void given_checkpoint(struct given *g, const char *hex) {
    struct wal_file_header header = { WAL_FORMAT_VERSION, 1, 1, "abcdefghijklmnopqrstuv" };
    struct buf log = { 0 }, checkpoint = { 0 };
    given_disk(g);
    CHECK_OK(disk_make_dir(g->disk, "data"));
    put(g, "data/octavo.meta", bytes_text(meta));
    wal_file_header_write(&log, &header);
    buf_extend(&log, 8192);
    put(g, "data/wal-00000000000000000001", buf_bytes(&log));
    put_hex(&checkpoint, hex);
    uint32_t crc = crc32c(
        bytes_of(checkpoint.data + CHECKPOINT_SUM_FROM, checkpoint.len - CHECKPOINT_SUM_FROM));
    for (size_t i = 0; i < 4; i++)
        checkpoint.data[CHECKPOINT_CRC_AT + i] = (uint8_t)(crc >> (24 - 8 * i));
    put(g, "data/checkpoint", buf_bytes(&checkpoint));
    buf_finish(&log);
    buf_finish(&checkpoint);
}

TEST(a_checkpoint_of_version_1_is_read_and_goes_on) {
    struct given g;
    struct committed_offset found;
    given_checkpoint(&g, version_1);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(given_open(&g));
        CHECK_INT(partition_high_watermark(given_partition(&g, "orders", 0)), 2);
        CHECK_INT(partition_high_watermark(given_partition(&g, "orders", 1)), 2);
        CHECK_INT(partition_last_stable(given_partition(&g, "orders", 1)), 2);
        CHECK(offset_find(g.storage, bytes_text("g"), bytes_text("orders"), 1, &found));
        CHECK_INT(found.offset, 3);
        CHECK(topic_find(g.storage, bytes_text("orders"))->settings.deletes);
        given_close(&g); /* writes a new one */
    }
    given_finish(&g);
}

TEST(a_checkpoint_of_version_2_is_read_with_its_transactions) {
    struct given g;
    given_checkpoint(&g, version_2);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(given_open(&g));
        CHECK_INT(txn_find(g.storage, bytes_text("zombie"))->status, TXN_COMMITTED);
        CHECK_INT(txn_find(g.storage, bytes_text("g"))->status, TXN_COMMITTED);
        struct txn *t = txn_find(g.storage, bytes_text("hanging"));
        CHECK_INT(t->status, TXN_OPEN);
        CHECK_INT((long long)t->partition_count, 1);
        CHECK(partition_last_stable(t->partitions[0]) < partition_high_watermark(t->partitions[0]));
        CHECK(topic_find(g.storage, bytes_text("t"))->settings.deletes);
        given_close(&g);
    }
    given_finish(&g);
}

TEST(a_checkpoint_of_version_3_is_read_with_its_settings) {
    struct given g;
    struct committed_offset found;
    given_checkpoint(&g, version_3);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(given_open(&g));
        CHECK(topic_find(g.storage, bytes_text("table"))->settings.compacts);
        CHECK_INT(partition_high_watermark(given_partition(&g, "orders", 0)), 3);
        CHECK(offset_find(g.storage, bytes_text("g"), bytes_text("orders"), 0, &found));
        CHECK_INT(found.offset, 2);
        given_close(&g);
    }
    lsn_t lsn; /* and deleting begins */
    CHECK_OK(given_open(&g));
    CHECK_OK(topic_delete(g.storage, topic_find(g.storage, bytes_text("table")), &lsn));
    given_topic(&g, "table", 1);
    given_close(&g);
    CHECK_OK(given_open(&g));
    CHECK(!topic_find(g.storage, bytes_text("table"))->settings.compacts);
    given_finish(&g);
}
