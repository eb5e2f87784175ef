/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Packing and unpacking against vectors made by another program, in both shipped dialects. */
#include "message.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static const char text_withdrawal[] =
    "009a303230307238000028809400313639393939393930303030303035373635303130303030303030303030"
    "3132333435303131323231353330303030303030303131363330303031313232323439393939393930303030"
    "3030353736353d3238313231303141424344454630303030303141544d3030303031323033f8f9fafbfcfdfe"
    "ff3032303030303232303343303030303030353030303030";
static const char text_reversal[] =
    "008330343030f028000008808000000000400000000031363939393939393030303030303537363530313030"
    "30303030303030303132333435303030303030323131323241424344454630303030303141544d3030303031"
    "3230333032303030303030303131313232313533303030303030303030303030303030303030303030303030"
    "30";
static const char packed_withdrawal[] =
    "3031313402003732333830303030323838303934303016999999000000576501000000000012345011221530"
    "000000011630001122249999990000005765d281210141424344454630303030303141544d30303030310203"
    "f8f9fafbfcfdfeff00203030303232303343303030303030353030303030";
static const char packed_reversal[] =
    "3031303004004630323830303030303838303830303030303030303034303030303030303030169999990000"
    "005765010000000000123450000002112241424344454630303030303141544d303030303102030200000001"
    "11221530000000000000000000000000";

#define CARD "9999990000005765"

static struct iso_message message;
static struct iso_dialect dialect;

static struct buf bytes_of_hex(const char *hex) {
    struct buf out = { 0 };
    for (; *hex; hex += 2) {
        char byte[3] = { hex[0], hex[1], 0 };
        buf_put_byte(&out, (uint8_t)strtoul(byte, NULL, 16));
    }
    return out;
}

static void given_dialect(const char *name) {
    CHECK_OK(iso_dialect_open(&dialect, NULL, name));
}

static struct bytes frame_get(struct buf *wire) {
    struct bytes found;
    size_t used = 0;
    CHECK(iso_frame_find(&dialect, buf_bytes(wire), &found, &used) == ISO_FRAME_WHOLE);
    CHECK_INT((long long)used, (long long)wire->len);
    return found;
}

static void check_field(int number, const char *wanted) {
    CHECK_BYTES(message.fields[number], bytes_text(wanted));
}

static void check_withdrawal(const char *name, const char *hex) {
    static const uint8_t pin_block[] = { 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff };
    struct buf wire = bytes_of_hex(hex);
    struct buf again = { 0 };
    given_dialect(name);
    CHECK_OK(iso_unpack(&dialect, frame_get(&wire), &message));
    CHECK_TEXT(message.mti, "0200");
    check_field(2, CARD);
    check_field(3, "010000");
    check_field(4, "000000123450");
    check_field(7, "1122153000");
    check_field(13, "1122");
    check_field(35, CARD "=2812101");
    check_field(37, "ABCDEF000001");
    check_field(41, "ATM00001");
    check_field(49, "203");
    check_field(54, "0002203C000000500000");
    CHECK_BYTES(message.fields[52], bytes_of(pin_block, 8));
    CHECK(message.fields[5].data == NULL);
    CHECK_OK(iso_pack(&dialect, &message, &again));
    CHECK_BYTES(buf_bytes(&again), buf_bytes(&wire));
    buf_finish(&again);
    buf_finish(&wire);
}

TEST(a_withdrawal_is_read_and_written_byte_by_byte_in_iso87) {
    check_withdrawal("iso87", text_withdrawal);
}

TEST(a_withdrawal_is_read_and_written_byte_by_byte_in_the_packed_dialect) {
    check_withdrawal("iso87-bcd", packed_withdrawal);
}

static void check_reversal(const char *name, const char *hex) {
    struct buf wire = bytes_of_hex(hex);
    struct buf again = { 0 };
    given_dialect(name);
    CHECK_OK(iso_unpack(&dialect, frame_get(&wire), &message));
    CHECK_TEXT(message.mti, "0400");
    check_field(90, "020000000111221530000000000000000000000000");
    CHECK_OK(iso_pack(&dialect, &message, &again));
    CHECK_BYTES(buf_bytes(&again), buf_bytes(&wire));
    buf_finish(&again);
    buf_finish(&wire);
}

TEST(a_second_bitmap_is_read_and_written) {
    check_reversal("iso87", text_reversal);
    check_reversal("iso87-bcd", packed_reversal);
}

/* Each shorter version is copied into memory of its own size, so that ASan sees any read behind. */
static void check_truncations(const char *name, const char *hex) {
    struct buf wire = bytes_of_hex(hex);
    given_dialect(name);
    struct bytes whole = frame_get(&wire);
    for (size_t len = 0; len < whole.len; len++) {
        uint8_t *part = memory_get(len + 1);
        memcpy(part + 1, whole.data, len);
        CHECK_ERROR(iso_unpack(&dialect, bytes_of(part + 1, len), &message), E_malformed);
        CHECK(message.broken);
        CHECK((message.mti[0] != 0) == (len >= (dialect.mti == ISO_BCD ? 2 : 4)));
        free(part);
    }
    for (size_t len = 0; len < wire.len; len++) {
        struct bytes found;
        size_t used = 0;
        CHECK(iso_frame_find(&dialect, bytes_of(wire.data, len), &found, &used)
              == ISO_FRAME_PARTIAL);
    }
    buf_put_byte(&wire, '0');
    CHECK_ERROR(iso_unpack(&dialect,
                           bytes_part(buf_bytes(&wire), dialect.header_size,
                                      wire.len - dialect.header_size),
                           &message),
                E_malformed);
    CHECK_STORY("goes on behind its last field");
    buf_finish(&wire);
}

TEST(a_message_cut_at_any_byte_is_malformed) {
    check_truncations("iso87", text_withdrawal);
    check_truncations("iso87", text_reversal);
    check_truncations("iso87-bcd", packed_withdrawal);
    check_truncations("iso87-bcd", packed_reversal);
}

static void check_flips(const char *name, const char *hex) {
    struct buf wire = bytes_of_hex(hex);
    struct buf again = { 0 };
    given_dialect(name);
    for (size_t at = dialect.header_size; at < wire.len; at++) {
        for (int value = 0; value < 256; value++) {
            uint8_t old = wire.data[at];
            wire.data[at] = (uint8_t)value;
            struct bytes body =
                bytes_part(buf_bytes(&wire), dialect.header_size, wire.len - dialect.header_size);
            if (iso_unpack(&dialect, body, &message) == E_ok)
                CHECK_OK(iso_pack(&dialect, &message, &again)); /* what is read can be written */
            buf_clear(&again);
            wire.data[at] = old;
        }
    }
    buf_finish(&again);
    buf_finish(&wire);
}

TEST(any_changed_byte_is_refused_or_still_a_message) {
    check_flips("iso87", text_withdrawal);
    check_flips("iso87-bcd", packed_reversal);
}

TEST(a_field_with_wrong_characters_leaves_the_others_readable) {
    struct buf wire = bytes_of_hex(text_withdrawal);
    given_dialect("iso87");
    struct bytes body = frame_get(&wire);
    uint8_t *amount = memmem(wire.data, wire.len, "000000123450", 12);
    amount[0] = '-';
    CHECK_ERROR(iso_unpack(&dialect, body, &message), E_malformed);
    CHECK_STORY("field 4 of an ISO 8583 message has characters it may not have");
    CHECK_INT(message.bad_field, 4);
    CHECK(!message.broken && message.fields[4].data == NULL);
    check_field(41, "ATM00001");
    buf_finish(&wire);
}

static void check_unpack(const char *from, const char *to, const char *story) {
    struct buf wire = bytes_of_hex(text_withdrawal);
    given_dialect("iso87");
    struct bytes body = frame_get(&wire);
    memcpy(memmem(wire.data, wire.len, from, strlen(from)), to, strlen(from));
    CHECK_ERROR(iso_unpack(&dialect, body, &message), E_malformed);
    CHECK_STORY(story);
    buf_finish(&wire);
}

TEST(a_field_longer_than_its_dialect_allows_is_refused) {
    check_unpack("16" CARD, "20" CARD,
                 "field 2 of an ISO 8583 message has a length that is no number or too large");
    check_unpack("16" CARD, "1x" CARD,
                 "field 2 of an ISO 8583 message has a length that is no number or too large");
}

TEST(a_field_holds_only_the_characters_of_its_kind) {
    static const char wrong[] = "field 4 of an ISO 8583 message has characters it may not have";
    check_unpack("000000123450", "      123450", wrong);
    check_unpack("000000123450", "00000012345A", wrong);
    check_unpack("000000123450", "00000012345/", wrong);
    check_unpack("000000123450", "00000012345:", wrong);
    check_unpack("ATM00001", "ATM0000\x1f", "field 41 of an ISO 8583 message has characters");
    check_unpack("ATM00001", "ATM0000\x7f", "field 41 of an ISO 8583 message has characters");
}

TEST(no_error_tells_what_stood_in_a_field) {
    struct buf wire = bytes_of_hex(text_withdrawal);
    given_dialect("iso87");
    for (size_t len = 0; len < wire.len - 2; len++) {
        CHECK_ERROR(iso_unpack(&dialect, bytes_of(wire.data + 2, len), &message), E_malformed);
        CHECK(strstr(error_story(), "999999") == NULL);
    }
    buf_finish(&wire);
}

static void check_frame(const char *name, const char *hex, enum iso_frame wanted) {
    struct buf wire = bytes_of_hex(hex);
    struct bytes found;
    size_t used = 0;
    given_dialect(name);
    CHECK_INT(iso_frame_find(&dialect, buf_bytes(&wire), &found, &used), wanted);
    buf_finish(&wire);
}

TEST(a_length_header_of_zero_too_large_or_no_number_is_bad_at_once) {
    check_frame("iso87", "0000", ISO_FRAME_BAD);
    check_frame("iso87", "1001", ISO_FRAME_BAD);
    check_frame("iso87", "ffff", ISO_FRAME_BAD);
    check_frame("iso87", "1000", ISO_FRAME_PARTIAL);
    check_frame("iso87-bcd", "30303030", ISO_FRAME_BAD);
    check_frame("iso87-bcd", "34303937", ISO_FRAME_BAD);
    check_frame("iso87-bcd", "3030312d", ISO_FRAME_BAD);
    check_frame("iso87-bcd", "34303936", ISO_FRAME_PARTIAL);
}

static void message_put(int number, const char *text) {
    message.fields[number] = bytes_text(text);
}

TEST(packing_refuses_what_a_field_cannot_carry) {
    struct buf out = { 0 };
    given_dialect("iso87");
    iso_message_init(&message);
    CHECK_ERROR(iso_pack(&dialect, &message, &out), E_malformed);
    CHECK_STORY("a message type has four digits");
    memcpy(message.mti, "0200", 5);
    message_put(4, "12");
    CHECK_ERROR(iso_pack(&dialect, &message, &out), E_malformed);
    CHECK_STORY("field 4 cannot have 2 characters in dialect iso87");
    message_put(4, "00000000012a");
    CHECK_ERROR(iso_pack(&dialect, &message, &out), E_malformed);
    CHECK_STORY("field 4 has characters it may not have");
    message.fields[4].data = NULL;
    message_put(65, "1");
    CHECK_ERROR(iso_pack(&dialect, &message, &out), E_malformed);
    CHECK_STORY("field 65 is not in dialect iso87");
    CHECK_INT((long long)out.len, 0);
    buf_finish(&out);
}

TEST(packing_refuses_a_message_over_four_kibibytes) {
    static uint8_t long_text[999];
    struct buf out = { 0 };
    given_dialect("iso87");
    iso_message_init(&message);
    memcpy(message.mti, "0200", 5);
    memset(long_text, 'x', sizeof long_text);
    for (int number = 56; number <= 60; number++)
        message.fields[number] = bytes_of(long_text, sizeof long_text);
    CHECK_ERROR(iso_pack(&dialect, &message, &out), E_too_large);
    CHECK_INT((long long)out.len, 0);
    message.fields[60].data = NULL;
    CHECK_OK(iso_pack(&dialect, &message, &out));
    buf_finish(&out);
}

static const char mainframe[] = "version 1\nname mainframe\nheader binary 4 including\n"
                                "mti ebcdic\nbitmap binary\nlengths ebcdic\n"
                                "field 2 n llvar 19 ebcdic card\n"
                                "field 28 xn fixed 9 ebcdic fee\n"
                                "field 43 ans lllvar 40 ebcdic name\n"
                                "field 52 b fixed 4 hex pin\n";

TEST(ebcdic_hex_and_an_including_header_are_data_too) {
    struct buf out = { 0 };
    static const uint8_t pin[] = { 0x00, 0xff, 0x10, 0xab };
    CHECK_OK(iso_dialect_read(&dialect, "mainframe", bytes_text(mainframe)));
    iso_message_init(&message);
    memcpy(message.mti, "0200", 5);
    message_put(2, "123");
    message_put(28, "C00000001");
    message_put(43, "Hi ~!");
    message.fields[52] = bytes_of(pin, sizeof pin);
    CHECK_OK(iso_pack(&dialect, &message, &out));
    CHECK_INT(out.data[3], (long long)out.len);
    CHECK_BYTES(bytes_of(out.data + 4, 4), bytes_of("\xf0\xf2\xf0\xf0", 4));
    CHECK_BYTES(bytes_of(out.data + 16, 5), bytes_of("\xf0\xf3\xf1\xf2\xf3", 5));
    CHECK_BYTES(bytes_of(out.data + out.len - 16, 8),
                bytes_of("\xf0\xf0\xf5\xc8\x89\x40\xa1\x5a", 8));
    CHECK_BYTES(bytes_of(out.data + out.len - 8, 8), bytes_text("00FF10AB"));
    struct bytes body = frame_get(&out);
    CHECK_OK(iso_unpack(&dialect, body, &message));
    check_field(2, "123");
    check_field(28, "C00000001");
    check_field(43, "Hi ~!");
    CHECK_BYTES(message.fields[52], bytes_of(pin, sizeof pin));
    buf_finish(&out);
}

TEST(decoded_text_is_overwritten_by_wipe) {
    struct buf wire = bytes_of_hex(packed_withdrawal);
    given_dialect("iso87-bcd");
    CHECK_OK(iso_unpack(&dialect, frame_get(&wire), &message));
    size_t decoded = message.text_len;
    CHECK(memmem(message.text, sizeof message.text, CARD, strlen(CARD)) != NULL);
    iso_message_wipe(&message);
    for (size_t i = 0; i < decoded; i++)
        CHECK_INT(message.text[i], 0);
    buf_finish(&wire);
}
