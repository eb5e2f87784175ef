/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* AES-256-GCM by libcrypto. From a person's key come two: one for nonces, one that encrypts. */
#include "values/sealed.h"

#include "base/check.h"
#include "values/base64.h"
#include "values/digest.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { EDI_BYTES_MAX = 59, ABOUT_CHARS = 32 + SEAL_FIELD_MAX, SLOT_DIGITS_MAX = 15 };
static const char begins[] = "{sealed:";

/* ---- AES-256-GCM */

struct box {
    const uint8_t *key, *nonce;
    struct bytes about; /* authenticated with it */
};

/* `out` has room for text and tag. */
static void box_close(const struct box *b, struct bytes text, uint8_t *out) {
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int len = 0, done;
    assert(c != NULL);
    done = EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, b->key, b->nonce);
    assert(done == 1);
    done = EVP_EncryptUpdate(c, NULL, &len, b->about.data, (int)b->about.len);
    assert(done == 1);
    done = EVP_EncryptUpdate(c, out, &len, text.data, (int)text.len);
    assert(done == 1);
    done = EVP_EncryptFinal_ex(c, out + text.len, &len);
    assert(done == 1);
    done = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, out + text.len);
    assert(done == 1);
    EVP_CIPHER_CTX_free(c);
}

/* `out` has room for what is in it: boxed.len - SEAL_TAG_BYTES. */
static bool box_open(const struct box *b, struct bytes boxed, uint8_t *out) {
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    uint8_t tag[SEAL_TAG_BYTES];
    int len = 0, size = (int)boxed.len - SEAL_TAG_BYTES;
    assert(c != NULL);
    assert(size >= 0);
    memcpy(tag, boxed.data + size, sizeof(tag));
    bool good = EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, b->key, b->nonce) == 1
                && EVP_DecryptUpdate(c, NULL, &len, b->about.data, (int)b->about.len) == 1
                && EVP_DecryptUpdate(c, out, &len, boxed.data, size) == 1
                && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) == 1
                && EVP_DecryptFinal_ex(c, out + size, &len) == 1;
    EVP_CIPHER_CTX_free(c);
    return good;
}

void key_wrap(const uint8_t *under, const uint8_t *nonce, const uint8_t *key, uint8_t *out) {
    struct box b = { under, nonce, bytes_text("key") };
    box_close(&b, bytes_of(key, SEAL_KEY_BYTES), out);
}

bool key_unwrap(const uint8_t *under, const uint8_t *nonce, const uint8_t *wrapped, uint8_t *key) {
    struct box b = { under, nonce, bytes_text("key") };
    return box_open(&b, bytes_of(wrapped, SEAL_KEY_BYTES + SEAL_TAG_BYTES), key);
}

/* ---- sealing */

static void key_derive(const uint8_t *key, const char *purpose, uint8_t out[SHA256_BYTES]) {
    hmac_sha256(bytes_of(key, SEAL_KEY_BYTES), bytes_text(purpose), out);
}

static void nonce_make(const struct sealed_by *by, struct bytes text, uint8_t out[SHA256_BYTES]) {
    uint8_t key[SHA256_BYTES];
    struct buf of = { 0 };
    key_derive(by->key, "nonce", key);
    buf_put_bytes(&of, by->field);
    buf_put_byte(&of, 0);
    buf_put_bytes(&of, text);
    hmac_sha256(bytes_of(key, sizeof(key)), buf_bytes(&of), out);
    secret_forget(of.data, of.len);
    buf_finish(&of);
    secret_forget(key, sizeof(key));
}

static struct bytes about_make(char out[ABOUT_CHARS], int64_t slot, struct bytes field) {
    int len = snprintf(out, ABOUT_CHARS, "%" PRId64 ":%.*s", slot, (int)field.len,
                       (const char *)field.data);
    assert(len > 0 && len < ABOUT_CHARS);
    return bytes_of(out, (size_t)len);
}

void sealed_put(struct buf *out, const struct sealed_by *by, struct bytes text) {
    uint8_t nonce[SHA256_BYTES], key[SHA256_BYTES];
    char about[ABOUT_CHARS];
    struct buf boxed = { 0 };
    assert(by->field.len > 0 && by->field.len <= SEAL_FIELD_MAX);
    nonce_make(by, text, nonce);
    key_derive(by->key, "seal", key);
    struct box b = { key, nonce, about_make(about, by->slot, by->field) };
    buf_put(&boxed, nonce, SEAL_NONCE_BYTES);
    box_close(&b, text, buf_extend(&boxed, text.len + SEAL_TAG_BYTES));
    buf_put_text(out, begins);
    buf_put_bytes(out, b.about);
    buf_put_byte(out, ':');
    base64_put(out, buf_bytes(&boxed));
    buf_put_byte(out, '}');
    secret_forget(key, sizeof(key));
    buf_finish(&boxed);
}

/* ---- finding */

static bool is_field(struct bytes t) {
    for (size_t i = 0; i < t.len; i++) {
        uint8_t c = t.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
              || c == '_'))
            return false;
    }
    return t.len > 0 && t.len <= SEAL_FIELD_MAX;
}

/* What stands before `end`, which is taken with it; false: `end` is not there. */
static bool part_cut(struct bytes *rest, char end, struct bytes *out) {
    const uint8_t *at = rest->len ? memchr(rest->data, end, rest->len) : NULL;
    if (!at)
        return false;
    *out = bytes_part(*rest, 0, (size_t)(at - rest->data));
    *rest = bytes_part(*rest, out->len + 1, rest->len - out->len - 1);
    return true;
}

static bool slot_read(struct bytes t, int64_t *out) {
    *out = 0;
    if (!t.len || t.len > SLOT_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] < '0' || t.data[i] > '9')
            return false;
        *out = *out * 10 + (t.data[i] - '0');
    }
    return true;
}

static bool token_read(struct bytes text, struct sealed *out) {
    struct bytes rest = bytes_part(text, strlen(begins), text.len - strlen(begins)), slot, last;
    if (!part_cut(&rest, ':', &slot) || !part_cut(&rest, ':', &out->field)
        || !part_cut(&rest, '}', &last))
        return false;
    out->len = text.len - rest.len;
    out->form = bytes_of("", 0);
    out->base64 = last;
    if (part_cut(&last, '|', &out->base64))
        out->form = last;
    return slot_read(slot, &out->slot) && is_field(out->field);
}

bool sealed_find(struct bytes text, size_t from, struct sealed *out) {
    while (from < text.len) {
        const uint8_t *at = memmem(text.data + from, text.len - from, begins, strlen(begins));
        if (!at)
            return false;
        from = (size_t)(at - text.data);
        out->from = from;
        if (token_read(bytes_part(text, from, text.len - from), out))
            return true;
        from++;
    }
    return false;
}

bool sealed_is_in(struct bytes text) {
    return text.len && memmem(text.data, text.len, begins, strlen(begins));
}

/* ---- opening */

static void edi_put(struct bytes text, struct buf *out) {
    size_t len = text.len < EDI_BYTES_MAX ? text.len : EDI_BYTES_MAX;
    while (len < text.len && len && (text.data[len] & 0xc0) == 0x80)
        len--;
    size_t before = out->len;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = text.data[i];
        buf_put_byte(out, c < ' ' || strchr("*~:^", c) ? ' ' : c);
    }
    while (out->len > before && out->data[out->len - 1] == ' ')
        out->len--;
}

static void form_put(struct bytes form, struct bytes text, struct buf *out) {
    if (bytes_is_text(form, "edi")) {
        edi_put(text, out);
    } else if (bytes_is_text(form, "digits")) {
        for (size_t i = 0; i < text.len; i++)
            if (text.data[i] >= '0' && text.data[i] <= '9')
                buf_put_byte(out, text.data[i]);
    } else {
        buf_put_bytes(out, text);
    }
}

bool sealed_open(const struct sealed *token, const uint8_t *key, struct buf *out) {
    struct buf boxed = { 0 }, text = { 0 };
    char about[ABOUT_CHARS];
    uint8_t under[SHA256_BYTES];
    bool good =
        base64_read(token->base64, &boxed) && boxed.len >= SEAL_NONCE_BYTES + SEAL_TAG_BYTES;
    if (good) {
        key_derive(key, "seal", under);
        struct box b = { under, boxed.data, about_make(about, token->slot, token->field) };
        struct bytes in = bytes_of(boxed.data + SEAL_NONCE_BYTES, boxed.len - SEAL_NONCE_BYTES);
        good = box_open(&b, in, buf_extend(&text, in.len)); /* the tag's bytes are over */
        if (good)
            form_put(token->form, bytes_of(text.data, in.len - SEAL_TAG_BYTES), out);
        secret_forget(under, sizeof(under));
        secret_forget(text.data, text.len);
    }
    buf_finish(&boxed);
    buf_finish(&text);
    return good;
}
