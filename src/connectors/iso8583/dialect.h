/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A dialect of ISO 8583, read from a data file: how long, how encoded, what each field is.
 *
 * The file is line based; dialects/iso87.dialect explains every word. Names: "iso87" and
 * "iso87-bcd" are inside the binary, anything with a slash is a path. */
#ifndef OCTAVO_CONNECTORS_ISO8583_DIALECT_H
#define OCTAVO_CONNECTORS_ISO8583_DIALECT_H

#include "hsm.h"

#include "base/disk.h"

enum { ISO_FIELD_MAX = 128, ISO_NAME_CHARS = 31 };

enum iso_encoding { ISO_ASCII, ISO_BCD, ISO_EBCDIC, ISO_BINARY, ISO_HEX };
enum iso_kind { ISO_N, ISO_AN, ISO_ANS, ISO_XN, ISO_Z, ISO_B };

struct iso_field {
    bool known; /* the dialect has this field */
    enum iso_kind kind;
    enum iso_encoding encoding;
    int prefix_digits; /* 0: fixed, 2: LLVAR, 3: LLLVAR */
    size_t length;     /* exact when fixed, else the most; digits, characters, or bytes of a b */
    char name[ISO_NAME_CHARS + 1];
};

struct iso_dialect {
    char name[ISO_NAME_CHARS + 1];
    enum iso_encoding header; /* ISO_BINARY or ISO_ASCII */
    size_t header_size;       /* bytes */
    bool header_included;     /* the length counts the header too */
    enum iso_encoding mti;
    enum iso_encoding bitmap; /* ISO_BINARY or ISO_HEX */
    enum iso_encoding lengths;
    enum hsm_mac mac; /* how messages are authenticated; HSM_NO_MAC: not at all */
    char mac_code[3]; /* what one with a wrong code is answered */
    bool sign_on;     /* a connection says 0800 001 before it asks anything */
    struct iso_field fields[ISO_FIELD_MAX + 1]; /* by number; 0 and 1 are never known */
};

/* Reads a dialect's text; E_config names file and line, what is wrong and the fix. */
enum error iso_dialect_read(struct iso_dialect *out, const char *file_name,
                            struct bytes text) MUST_CHECK;
/* By name or path. `disk` is asked for paths only. */
enum error iso_dialect_open(struct iso_dialect *out, struct disk *disk,
                            const char *name) MUST_CHECK;
struct bytes iso_dialect_shipped(const char *name); /* its text; data NULL when there is none */

#endif
