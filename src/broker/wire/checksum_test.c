/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* CRC-32C against RFC 3720's vectors, and both ways against each other. */
#include "checksum.h"

#include "base/random.h"
#include "base/test.h"

#include <string.h>

TEST(crc32c_gives_the_vectors_of_rfc_3720) {
    uint8_t block[32];
    memset(block, 0, sizeof(block));
    CHECK_INT(crc32c(bytes_of(block, 32)), 0x8a9136aa);
    memset(block, 0xff, sizeof(block));
    CHECK_INT(crc32c(bytes_of(block, 32)), 0x62a8ab43);
    for (int i = 0; i < 32; i++)
        block[i] = (uint8_t)i;
    CHECK_INT(crc32c(bytes_of(block, 32)), 0x46dd794e);
    CHECK_INT(crc32c(bytes_text("123456789")), 0xe3069283);
    CHECK_INT(crc32c((struct bytes){ 0 }), 0);
}

TEST(the_instruction_and_the_tables_agree_at_every_length_and_alignment) {
    uint8_t block[300];
    struct random random = random_seeded(test_seed());
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = (uint8_t)random_next(&random);
    for (size_t from = 0; from < 9; from++)
        for (size_t len = 0; from + len <= sizeof(block); len++) {
            struct bytes part = bytes_of(block + from, len);
            CHECK_INT(crc32c_more(0x1234, part), crc32c_by_table(0x1234, part));
        }
}

TEST(a_checksum_can_be_continued_at_any_place) {
    const char *text = "a batch is written in more than one piece";
    size_t len = strlen(text);
    for (size_t at = 0; at <= len; at++)
        CHECK_INT(crc32c_more(crc32c(bytes_of(text, at)), bytes_of(text + at, len - at)),
                  crc32c(bytes_text(text)));
}
