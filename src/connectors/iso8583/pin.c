/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The PIN is in the clear in one block on the stack, between the module's two answers, and is
 * overwritten on every way out.
 *
 *   block      0 LENGTH PIN F... xor 0000 and the card's last twelve digits before its check digit,
 *              encrypted with the terminals' PIN key (triple DES)
 *   PVV        four digits on track 2, behind separator, expiry (4), service code (3), key index
 * (1) its maker  the card's last eleven digits before the check digit, the key index, the first
 * four digits of the PIN: encrypted with the PVV key, of which the first four digits are taken,
 * letters less ten when there are not enough */
#include "pin.h"

#include "values/digest.h"

#include <string.h>

enum {
    PIN_MIN = 4,
    PIN_MAX = 12,
    CARD_MIN = 13,
    PVV_CHARS = 4,
    BEHIND_SEPARATOR = 7, /* expiry and service code */
};

bool pin_is_wanted(const struct hsm *h, const struct iso_message *m) {
    return hsm_has(h, HSM_PIN_KEY) && (m->mti[1] == '1' || m->mti[1] == '2') && m->mti[2] == '0';
}

static bool digits_are_all(struct bytes text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.len > 0;
}

static uint8_t nibble_get(const uint8_t *block, size_t at) {
    return at % 2 ? block[at / 2] & 15 : block[at / 2] >> 4;
}

static void nibble_xor(uint8_t *block, size_t at, uint8_t value) {
    block[at / 2] ^= (uint8_t)(at % 2 ? value : value << 4);
}

/* Digits of the card before its check digit, the last `count` of them. */
static struct bytes card_tail(struct bytes card, size_t count) {
    return bytes_part(card, card.len - 1 - count, count);
}

static bool pin_is_one(const uint8_t block[HSM_BLOCK_BYTES]) {
    size_t len = nibble_get(block, 1);
    if (nibble_get(block, 0) != 0 || len < PIN_MIN || len > PIN_MAX)
        return false;
    for (size_t at = 2; at < 16; at++) {
        uint8_t nibble = nibble_get(block, at);
        if (at < 2 + len ? nibble > 9 : nibble != 15)
            return false;
    }
    return true;
}

static void pvv_take(const uint8_t block[HSM_BLOCK_BYTES], char out[PVV_CHARS]) {
    size_t found = 0;
    for (int letters = 0; letters < 2; letters++)
        for (size_t at = 0; at < 16 && found < PVV_CHARS; at++) {
            uint8_t nibble = nibble_get(block, at);
            if ((nibble > 9) == (letters == 1))
                out[found++] = (char)('0' + (nibble > 9 ? nibble - 10 : nibble));
        }
}

/* What a track says: the card, and key index with PVV behind it. */
static bool track_cut(struct bytes track, struct bytes *card, struct bytes *pvv) {
    size_t end = 0;
    while (end < track.len && track.data[end] != '=' && track.data[end] != 'D')
        end++;
    size_t from = end + 1 + BEHIND_SEPARATOR;
    if (end < CARD_MIN || end > 19 || from + 1 + PVV_CHARS > track.len)
        return false;
    *card = bytes_part(track, 0, end);
    *pvv = bytes_part(track, from, 1 + PVV_CHARS);
    return digits_are_all(*card) && digits_are_all(*pvv);
}

static enum error pvv_compare(struct hsm *h, struct bytes card, struct bytes pvv,
                              uint8_t block[HSM_BLOCK_BYTES], bool *right) {
    uint8_t maker[HSM_BLOCK_BYTES] = { 0 }, made[HSM_BLOCK_BYTES] = { 0 };
    char digits[PVV_CHARS];
    struct bytes tail = card_tail(card, 11);
    for (size_t i = 0; i < 11; i++)
        nibble_xor(maker, i, tail.data[i] & 15);
    nibble_xor(maker, 11, pvv.data[0] & 15);
    for (size_t i = 0; i < PVV_CHARS; i++)
        nibble_xor(maker, 12 + i, nibble_get(block, 2 + i));
    enum error e = hsm_encrypt(h, HSM_PVV_KEY, maker, made);
    pvv_take(made, digits);
    *right = !e && secrets_equal(bytes_of(digits, PVV_CHARS), bytes_part(pvv, 1, PVV_CHARS));
    secret_forget(maker, sizeof(maker));
    secret_forget(made, sizeof(made));
    secret_forget(digits, sizeof(digits));
    return e;
}

enum error pin_check(struct hsm *h, const struct iso_message *m, bool *right) {
    uint8_t block[HSM_BLOCK_BYTES] = { 0 };
    struct bytes card, pvv, sealed = m->fields[52];
    *right = false;
    if (sealed.len != HSM_BLOCK_BYTES || !track_cut(m->fields[35], &card, &pvv))
        return E_ok;
    enum error e = hsm_decrypt(h, HSM_PIN_KEY, sealed.data, block);
    struct bytes tail = card_tail(card, 12);
    for (size_t i = 0; i < 12; i++)
        nibble_xor(block, 4 + i, tail.data[i] & 15);
    if (!e && pin_is_one(block))
        e = pvv_compare(h, card, pvv, block, right);
    secret_forget(block, sizeof(block));
    return e;
}
