/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Personal data as tokens: {sealed:SLOT:FIELD:BASE64}, where SLOT names a person's key and BASE64
 * is nonce (12 bytes), ciphertext and tag (16 bytes) of AES-256-GCM. Who destroys the key has
 * erased the person everywhere at once.
 *
 * A token is a text like any other: it stands in events, rows and files, and is compared, copied
 * and put into other texts by those who cannot open it. The nonce is made of the text and its field
 * (HMAC under the key), not drawn: equal texts of one person's field are equal tokens, so that a
 * repeat is a repeat and a handler sees whether a name has changed; nothing is told across persons
 * or fields. SLOT and FIELD are authenticated: a token that was moved or renamed does not open.
 *
 * Before its last brace a token may have a form, of whoever puts it into another text:
 *
 *   |edi      one line of at most 59 bytes without * ~ : ^, as X12 wants it
 *   |digits   its digits alone: 19840229
 */
#ifndef OCTAVO_VALUES_SEALED_H
#define OCTAVO_VALUES_SEALED_H

#include "base/bytes.h"

enum { SEAL_KEY_BYTES = 32, SEAL_NONCE_BYTES = 12, SEAL_TAG_BYTES = 16, SEAL_FIELD_MAX = 32 };

struct sealed_by {
    const uint8_t *key; /* SEAL_KEY_BYTES */
    int64_t slot;
    struct bytes field; /* letters, digits, - and _ */
};

void sealed_put(struct buf *out, const struct sealed_by *by, struct bytes text);

struct sealed {
    size_t from, len; /* where it stands in the text */
    int64_t slot;
    struct bytes field, base64, form;
};

/* The first token at or behind `from`. */
bool sealed_find(struct bytes text, size_t from, struct sealed *out);
/* Whether the text could be taken for one that has a token. */
bool sealed_is_in(struct bytes text);
/* Appends what was sealed, in the token's form. False: by another key, or it was changed. */
bool sealed_open(const struct sealed *token, const uint8_t *key, struct buf *out);

/* One short secret under another's key: out has SEAL_KEY_BYTES + SEAL_TAG_BYTES. A nonce is never
 * used twice under one key. */
void key_wrap(const uint8_t *under, const uint8_t *nonce, const uint8_t *key, uint8_t *out);
bool key_unwrap(const uint8_t *under, const uint8_t *nonce, const uint8_t *wrapped, uint8_t *key);

#endif
