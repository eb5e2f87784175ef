/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any code but CKR_OK ends the session: what it means differs from module to module, and a new
 * session is the one remedy that all of them know. */
#include "hsm.h"

#include "pkcs11.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 64, RETRY_MS = 1000, MAC_BYTES_MAX = 64 };

struct hsm {
    void *library;
    struct ck_functions *functions;
    char *token;
    struct buf pin;
    char *labels[HSM_KEYS];
    ck_ulong keys[HSM_KEYS];
    ck_ulong session;
    bool open;
    int64_t now_ms;
    int64_t away_since_ms;
};

static enum error wrong(ck_ulong code, const char *what) {
    return fail(E_network, "the security module does not answer: %s gave 0x%lx", what, code);
}

/* ---- opening */

static enum error library_load(struct hsm *h, const char *module) {
    ck_ulong (*get_function_list)(struct ck_functions * *out) = NULL;
    h->library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    if (h->library)
        *(void **)&get_function_list = dlsym(h->library, "C_GetFunctionList");
    if (!get_function_list || get_function_list(&h->functions) != CKR_OK || !h->functions) {
        enum error e = fail(E_config, "\"%s\" is no PKCS#11 module that can be loaded", module);
        fail_try("the path of its shared object, e.g. /usr/lib/softhsm/libsofthsm2.so");
        return e;
    }
    ck_ulong code = h->functions->initialize(NULL);
    if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED)
        return wrong(code, "C_Initialize");
    return E_ok;
}

static bool is_label(const uint8_t label[32], const char *wanted) {
    size_t len = strlen(wanted);
    if (len > 32 || memcmp(label, wanted, len) != 0)
        return false;
    while (len < 32 && label[len] == ' ')
        len++;
    return len == 32;
}

static enum error slot_find(struct hsm *h, ck_ulong *slot) {
    ck_ulong slots[SLOTS_MAX], count = SLOTS_MAX;
    struct ck_token_info info;
    ck_ulong code = h->functions->get_slot_list(1, slots, &count);
    if (code != CKR_OK)
        return wrong(code, "C_GetSlotList");
    for (ck_ulong i = 0; i < count; i++) {
        if (h->functions->get_token_info(slots[i], &info) == CKR_OK
            && is_label(info.label, h->token)) {
            *slot = slots[i];
            return E_ok;
        }
    }
    enum error e = fail(E_config, "the security module has no token \"%s\"", h->token);
    fail_try("its label, as the module's own tool shows it");
    return e;
}

static enum error key_find(struct hsm *h, enum hsm_key key) {
    ck_ulong class = CKO_SECRET_KEY, count = 0;
    struct ck_attribute wanted[] = { { CKA_CLASS, &class, sizeof(class) },
                                     { CKA_LABEL, h->labels[key], strlen(h->labels[key]) } };
    ck_ulong code = h->functions->find_objects_init(h->session, wanted, 2);
    if (code == CKR_OK)
        code = h->functions->find_objects(h->session, &h->keys[key], 1, &count);
    (void)h->functions->find_objects_final(h->session);
    if (code != CKR_OK)
        return wrong(code, "C_FindObjects");
    if (count == 1)
        return E_ok;
    enum error e =
        fail(E_config, "the token \"%s\" has no secret key \"%s\"", h->token, h->labels[key]);
    fail_try("the key's label, as the module's own tool shows it");
    return e;
}

static enum error log_in(struct hsm *h) {
    ck_ulong code = h->functions->login(h->session, CKU_USER, h->pin.data, h->pin.len);
    if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN)
        return E_ok;
    enum error e =
        fail(E_config, "the token \"%s\" lets nobody in: C_Login gave 0x%lx", h->token, code);
    fail_try("hsm_pin_file= a file with the PIN of its user, and nothing else");
    return e;
}

static enum error session_open(struct hsm *h) {
    ck_ulong slot = 0;
    TRY(slot_find(h, &slot));
    ck_ulong code = h->functions->open_session(slot, CKF_SERIAL_SESSION, NULL, NULL, &h->session);
    if (code != CKR_OK)
        return wrong(code, "C_OpenSession");
    h->open = true;
    TRY(log_in(h));
    for (enum hsm_key key = 0; key < HSM_KEYS; key++) {
        if (h->labels[key])
            TRY(key_find(h, key));
    }
    return E_ok;
}

static void session_end(struct hsm *h) {
    if (h->open)
        (void)h->functions->close_session(h->session);
    h->open = false;
    h->away_since_ms = h->now_ms;
}

enum error hsm_open(struct hsm **out, const struct hsm_options *options) {
    struct hsm *h = *out = memory_get(sizeof(*h));
    h->token = text_copy(options->token);
    buf_put_bytes(&h->pin, options->pin);
    for (enum hsm_key key = 0; key < HSM_KEYS; key++)
        if (options->keys[key] && options->keys[key][0])
            h->labels[key] = text_copy(options->keys[key]);
    enum error e = library_load(h, options->module);
    if (!e)
        e = session_open(h);
    if (e) {
        hsm_close(h);
        *out = NULL;
    }
    return e;
}

void hsm_close(struct hsm *h) {
    if (!h)
        return;
    session_end(h);
    if (h->functions)
        (void)h->functions->finalize(NULL);
    if (h->library)
        (void)dlclose(h->library);
    if (h->pin.len)
        explicit_bzero(h->pin.data, h->pin.len);
    buf_finish(&h->pin);
    for (enum hsm_key key = 0; key < HSM_KEYS; key++)
        free(h->labels[key]);
    free(h->token);
    free(h);
}

/* ---- asking */

bool hsm_has(const struct hsm *h, enum hsm_key key) {
    return h && h->labels[key];
}

void hsm_set_now(struct hsm *h, int64_t now_ms) {
    h->now_ms = now_ms;
}

static enum error session_want(struct hsm *h) {
    if (h->open)
        return E_ok;
    if (h->now_ms - h->away_since_ms < RETRY_MS)
        return fail(E_network, "the security module is away");
    enum error e = session_open(h);
    if (e)
        session_end(h);
    return e ? E_network : E_ok;
}

static enum error concluded(struct hsm *h, ck_ulong code, const char *what) {
    if (code == CKR_OK)
        return E_ok;
    session_end(h);
    return wrong(code, what);
}

enum error hsm_sign(struct hsm *h, enum hsm_mac kind, struct bytes data,
                    uint8_t out[HSM_BLOCK_BYTES]) {
    uint8_t code_bytes[MAC_BYTES_MAX];
    ck_ulong len = sizeof(code_bytes);
    struct ck_mechanism how = { kind == HSM_AES_CMAC ? CKM_AES_CMAC : CKM_SHA256_HMAC, NULL, 0 };
    TRY(session_want(h));
    ck_ulong code = h->functions->sign_init(h->session, &how, h->keys[HSM_MAC_KEY]);
    if (code == CKR_OK)
        code = h->functions->sign(h->session, (uint8_t *)(uintptr_t)data.data, data.len, code_bytes,
                                  &len);
    TRY(concluded(h, code, "C_Sign"));
    if (len < HSM_BLOCK_BYTES)
        return fail(E_network, "the security module gave a code of %lu bytes", len);
    memcpy(out, code_bytes, HSM_BLOCK_BYTES);
    return E_ok;
}

enum error hsm_decrypt(struct hsm *h, enum hsm_key key, const uint8_t in[HSM_BLOCK_BYTES],
                       uint8_t out[HSM_BLOCK_BYTES]) {
    ck_ulong len = HSM_BLOCK_BYTES;
    struct ck_mechanism how = { CKM_DES3_ECB, NULL, 0 };
    TRY(session_want(h));
    ck_ulong code = h->functions->decrypt_init(h->session, &how, h->keys[key]);
    if (code == CKR_OK)
        code =
            h->functions->decrypt(h->session, (uint8_t *)(uintptr_t)in, HSM_BLOCK_BYTES, out, &len);
    return concluded(h, code, "C_Decrypt");
}

enum error hsm_encrypt(struct hsm *h, enum hsm_key key, const uint8_t in[HSM_BLOCK_BYTES],
                       uint8_t out[HSM_BLOCK_BYTES]) {
    ck_ulong len = HSM_BLOCK_BYTES;
    struct ck_mechanism how = { CKM_DES3_ECB, NULL, 0 };
    TRY(session_want(h));
    ck_ulong code = h->functions->encrypt_init(h->session, &how, h->keys[key]);
    if (code == CKR_OK)
        code =
            h->functions->encrypt(h->session, (uint8_t *)(uintptr_t)in, HSM_BLOCK_BYTES, out, &len);
    return concluded(h, code, "C_Encrypt");
}
