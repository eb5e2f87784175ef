/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* ISO 8583 messages: bytes on the wire <-> fields, as a dialect says. Strict both ways.
 *
 *   length header | message type | bitmap 1 [| bitmap 2 when bit 1 is set] | fields in bit order
 *
 * A field is present when its bit is set. Fixed fields have their exact length, variable ones two
 * or three digits of length in front. Nothing may follow the last field. */
#ifndef OCTAVO_CONNECTORS_ISO8583_MESSAGE_H
#define OCTAVO_CONNECTORS_ISO8583_MESSAGE_H

#include "dialect.h"

enum {
    ISO_MESSAGE_MAX = 4096, /* bytes, without the length header */
    ISO_TEXT_MAX = 2 * ISO_MESSAGE_MAX + 8,
};

/* Field contents are characters whatever the wire's encoding was (BCD 0x12 is "12"); b is bytes.
 * Borrowed from the bytes unpacked or from `text`: the struct must not be copied. */
struct iso_message {
    char mti[5];                            /* "" until it could be read */
    struct bytes fields[ISO_FIELD_MAX + 1]; /* data NULL: absent */
    int bad_field; /* 0, or the first field with characters that its kind does not allow */
    bool broken;   /* the bytes end early, go on too long, or cannot be cut into fields */
    size_t text_len;
    uint8_t text[ISO_TEXT_MAX]; /* what had to be decoded */
};

enum iso_frame { ISO_FRAME_PARTIAL, ISO_FRAME_WHOLE, ISO_FRAME_BAD };

/* Looks for one message at the start of `data`. WHOLE: *message borrows it, *used counts the header
 * too. BAD: the length is no number, is zero, or is over ISO_MESSAGE_MAX. */
enum iso_frame iso_frame_find(const struct iso_dialect *d, struct bytes data, struct bytes *message,
                              size_t *used);

void iso_message_init(struct iso_message *m);
void iso_message_wipe(struct iso_message *m); /* overwrites what was decoded, then as init */

/* E_malformed: the story names the field. What could be read is in `out` even then: the type and
 * the good fields, so that the sender gets an answer. Its content never goes into the story. */
enum error iso_unpack(const struct iso_dialect *d, struct bytes message,
                      struct iso_message *out) MUST_CHECK;
/* Appends header and message. E_malformed: a field the dialect does not have, or cannot carry. */
enum error iso_pack(const struct iso_dialect *d, const struct iso_message *m,
                    struct buf *append_to) MUST_CHECK;

#endif
