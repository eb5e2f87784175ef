/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "atm_message.h"

#include "base/test.h"

static void given(struct atm_message *m) {
    atm_message_begin(m, "0200");
    atm_message_put(m, 2, "4000000000000002");
    atm_message_put(m, 3, "010000");
    atm_message_put(m, 11, "000001");
    atm_message_put(m, 90, "020000000111221030000000000000000000000000");
}

TEST(what_is_packed_is_unpacked) {
    struct atm_message m, same;
    struct buf out = { 0 };
    const char *why;
    given(&m);
    atm_message_pack(&m, &out);
    CHECK_INT(atm_message_unpack(&same, buf_bytes(&out), &why), (long long)out.len);
    CHECK_TEXT(same.mti, "0200");
    CHECK_BYTES(atm_message_get(&same, 2), bytes_text("4000000000000002"));
    CHECK_BYTES(atm_message_get(&same, 90), atm_message_get(&m, 90));
    CHECK_INT((long long)atm_message_get(&same, 4).len, 0);
    buf_finish(&out);
}

/* MTI, bitmap of 11 and 39: written by hand from ISO 8583, not by the code that is tested. */
TEST(an_answer_as_it_stands_on_the_wire_is_read) {
    static const uint8_t wire[] = "\0\x14"
                                  "0210\0\x20\0\0\x02\0\0\0"
                                  "00000191";
    struct atm_message m;
    const char *why;
    CHECK_INT(atm_message_unpack(&m, bytes_of(wire, sizeof(wire) - 1), &why), 22);
    CHECK_BYTES(atm_message_get(&m, 11), bytes_text("000001"));
    CHECK_BYTES(atm_message_get(&m, 39), bytes_text("91"));
}

TEST(a_message_that_is_not_whole_is_waited_for_at_every_cut) {
    struct atm_message m, cut;
    struct buf out = { 0 };
    const char *why;
    given(&m);
    atm_message_pack(&m, &out);
    for (size_t len = 0; len < out.len; len++)
        CHECK_INT(atm_message_unpack(&cut, bytes_of(out.data, len), &why), 0);
    buf_finish(&out);
}

static void refused(struct bytes wire, const char *reason) {
    struct atm_message m;
    const char *why = NULL;
    CHECK_INT(atm_message_unpack(&m, wire, &why), -1);
    CHECK_TEXT(why, reason);
}

TEST(what_no_gateway_should_send_is_refused_with_its_reason) {
    refused(bytes_of("\0\x04"
                     "0210",
                     6),
            "shorter than type and bitmap");
    refused(bytes_of("\0\x0e"
                     "0210\0\0\0\0\0\0\0\x01"
                     "xx",
                     16),
            "a field that no answer has");
    refused(bytes_of("\0\x0e"
                     "0210\0\x20\0\0\0\0\0\0"
                     "12",
                     16),
            "a field ends behind the message");
    refused(bytes_of("\0\x0e"
                     "0210\0\0\0\0\0\0\0\0"
                     "xx",
                     16),
            "bytes behind the last field");
    refused(bytes_of("\0\x0e"
                     "0210\x40\0\0\0\0\0\0\0"
                     "9x",
                     16),
            "a field ends behind the message");
}
