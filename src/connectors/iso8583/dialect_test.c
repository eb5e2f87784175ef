/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Dialect files: the shipped ones, and every way a file can be wrong. */
#include "dialect.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

#define START                                                                                      \
    "version 1\nname x\nheader binary 2 excluding\nmti ascii\nbitmap binary\nlengths ascii\n"

static struct iso_dialect dialect;

static void check_shipped_is_file(const char *name) {
    struct buf file = { 0 };
    char path[128];
    (void)snprintf(path, sizeof path, "src/connectors/iso8583/dialects/%s.dialect", name);
    CHECK_OK(disk_read_whole(disk_real(), path, 65536, &file));
    CHECK_BYTES(iso_dialect_shipped(name), buf_bytes(&file));
    CHECK_OK(iso_dialect_open(&dialect, disk_real(), path));
    CHECK_TEXT(dialect.name, name);
    buf_finish(&file);
}

TEST(the_dialects_in_the_binary_are_the_files) {
    check_shipped_is_file("iso87");
    check_shipped_is_file("iso87-bcd");
}

TEST(iso87_has_the_fields_of_the_standard) {
    CHECK_OK(iso_dialect_open(&dialect, NULL, "iso87"));
    CHECK_INT(dialect.header, ISO_BINARY);
    CHECK_INT((long long)dialect.header_size, 2);
    CHECK(!dialect.header_included);
    CHECK(!dialect.fields[0].known && !dialect.fields[1].known && !dialect.fields[65].known);
    CHECK_TEXT(dialect.fields[90].name, "original-data");
    CHECK_INT((long long)dialect.fields[90].length, 42);
    CHECK_INT(dialect.fields[2].prefix_digits, 2);
    CHECK_INT(dialect.fields[54].prefix_digits, 3);
    CHECK_INT(dialect.fields[52].kind, ISO_B);
}

static void check_wrong(const char *text, const char *story) {
    CHECK_ERROR(iso_dialect_read(&dialect, "my.dialect", bytes_text(text)), E_config);
    CHECK_STORY(story);
    CHECK_STORY("  try: ");
}

TEST(a_wrong_line_is_named_with_its_fix) {
    check_wrong("", "my.dialect:0: the file ends without any field");
    check_wrong(START, "my.dialect:6: the file ends without any field");
    check_wrong("version 2\n", "my.dialect:1: this is not a number that can stand here");
    check_wrong("\n# x\nwhat 1\n", "my.dialect:3: \"what\" is not known here");
    check_wrong("mti ascii\nmti bcd\n", "my.dialect:2: this statement stands here twice");
    check_wrong("mti utf8\n", "try: write one of: ascii bcd ebcdic");
    check_wrong("bitmap ascii\n", "try: write one of: binary hex");
    check_wrong("header binary 3 excluding\n", "a binary length header has 2 or 4 bytes");
    check_wrong("header ascii 1 excluding\n", "a length header in digits has 2 to 6");
    check_wrong("header binary 2\n", "my.dialect:1: this line has too few or too many words");
    check_wrong("field 2 n fixed 1 ascii x\n", "fields come after the other statements");
}

TEST(a_wrong_field_is_named_with_its_fix) {
    check_wrong(START "field 1 n fixed 1 ascii x\n", "my.dialect:7: field 1 is the second bitmap");
    check_wrong(START "field 129 n fixed 1 ascii x\n", "write a number from 1 to 128");
    check_wrong(START "field 0 n fixed 1 ascii x\n", "write a number from 1 to 128");
    check_wrong(START "field 2 n llvar 100 ascii x\n", "write a number from 1 to 99");
    check_wrong(START "field 2 n fixed 1000 ascii x\n", "write a number from 1 to 999");
    check_wrong(START "field 2 n fixed -1 ascii x\n", "this is not a number");
    check_wrong(START "field 2 an fixed 4 bcd x\n", "this kind cannot have this encoding");
    check_wrong(START "field 2 b fixed 4 ascii x\n", "this kind cannot have this encoding");
    check_wrong(START "field 2 n fixed 4 ascii\n", "field NUMBER KIND SHAPE LENGTH ENCODING NAME");
    check_wrong(START "field 2 n fixed 4 ascii abcdefghijklmnopqrstuvwxyz0123456789\n",
                "this name is too long");
    check_wrong(START "field 2 n fixed 4 ascii x\nfield 2 n fixed 4 ascii x\n",
                "my.dialect:8: this field stands here twice");
    check_wrong(START "field 2 n fixed 4 ascii x y\n", "too few or too many words");
    check_wrong("1 2 3 4 5 6 7 8 9\n", "too many or too long words");
}

TEST(a_dialect_that_is_not_there_is_refused) {
    CHECK_ERROR(iso_dialect_open(&dialect, disk_real(), "iso93"), E_config);
    CHECK_STORY("there is no dialect named \"iso93\"");
    CHECK(iso_dialect_open(&dialect, disk_real(), "/nowhere/x.dialect") != E_ok);
    CHECK_STORY("reading the dialect");
}
