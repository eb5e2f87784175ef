/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A security module (HSM) behind PKCS#11: it holds the keys, we hand it bytes.
 *
 * The module is a shared object that is named, loaded and logged in to; keys are found by their
 * labels. Calls wait for it. E_network: it did not answer; the next call after a second begins a
 * new session with it. Owned by the loop's thread. */
#ifndef OCTAVO_CONNECTORS_ISO8583_HSM_H
#define OCTAVO_CONNECTORS_ISO8583_HSM_H

#include "base/bytes.h"
#include "base/error.h"

struct hsm;

enum hsm_key { HSM_MAC_KEY, HSM_PIN_KEY, HSM_PVV_KEY, HSM_KEYS };
enum hsm_mac { HSM_NO_MAC, HSM_AES_CMAC, HSM_HMAC_SHA256 };
enum { HSM_BLOCK_BYTES = 8 };

struct hsm_options {
    const char *module;         /* /usr/lib/softhsm/libsofthsm2.so */
    const char *token;          /* its label */
    struct bytes pin;           /* of its user */
    const char *keys[HSM_KEYS]; /* labels; NULL or "": not wanted */
};

/* E_config with the remedy: no such module, token or key, a wrong PIN. */
enum error hsm_open(struct hsm **out, const struct hsm_options *options) MUST_CHECK;
void hsm_close(struct hsm *h); /* NULL is fine */

/* For one attempt a second at a module that was away. */
void hsm_set_now(struct hsm *h, int64_t now_ms);
/* The first eight bytes of the message's authentication code. */
enum error hsm_sign(struct hsm *h, enum hsm_mac kind, struct bytes data,
                    uint8_t out[HSM_BLOCK_BYTES]) MUST_CHECK;
/* One block of triple DES. */
enum error hsm_decrypt(struct hsm *h, enum hsm_key key, const uint8_t in[HSM_BLOCK_BYTES],
                       uint8_t out[HSM_BLOCK_BYTES]) MUST_CHECK;
enum error hsm_encrypt(struct hsm *h, enum hsm_key key, const uint8_t in[HSM_BLOCK_BYTES],
                       uint8_t out[HSM_BLOCK_BYTES]) MUST_CHECK;
bool hsm_has(const struct hsm *h, enum hsm_key key);

#endif
