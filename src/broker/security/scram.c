/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SCRAM's four messages, of which two are read and two are written:
 *
 *   client  n,,n=USER,r=CNONCE
 *   server  r=CNONCE SNONCE,s=SALT,i=ITERATIONS
 *   client  c=biws,r=CNONCE SNONCE,p=PROOF
 *   server  v=SIGNATURE
 *
 * librdkafka before 2.6.1 writes its own nonce twice in front of ours, as in r=CNONCE CNONCE
 * SNONCE. That is accepted: it still holds all of ours, which is what proves that the answer is
 * new. Nothing else is. Channel binding and extensions that must be understood (m=) are refused. */
#include "scram.h"

#include "base/check.h"
#include "values/base64.h"

#include <string.h>

/* ---- keys */

void scram_keys_make(enum digest kind, struct bytes password, struct scram_keys *keys) {
    uint8_t salted[DIGEST_MAX], client[DIGEST_MAX];
    struct password_salt salt = { bytes_of(keys->salt, SCRAM_SALT_BYTES), keys->iterations };
    struct bytes salted_bytes = bytes_of(salted, digest_size(kind));
    digest_password(kind, password, &salt, salted);
    digest_hmac(kind, salted_bytes, bytes_text("Client Key"), client);
    digest_hash(kind, bytes_of(client, digest_size(kind)), keys->stored);
    digest_hmac(kind, salted_bytes, bytes_text("Server Key"), keys->server);
    secret_forget(salted, sizeof(salted));
    secret_forget(client, sizeof(client));
}

bool scram_keys_fit(enum digest kind, struct bytes password, const struct scram_keys *keys) {
    struct scram_keys made = *keys;
    scram_keys_make(kind, password, &made);
    return secrets_equal(bytes_of(made.stored, digest_size(kind)),
                         bytes_of(keys->stored, digest_size(kind)));
}

void scram_finish(struct scram *s) {
    buf_finish(&s->bare);
    buf_finish(&s->header);
    buf_finish(&s->first);
    secret_forget(&s->keys, sizeof(s->keys));
}

/* ---- reading */

/* Takes what stands before the next comma, and the comma; the last part has none. */
static struct bytes take_part(struct bytes *rest) {
    const uint8_t *comma = rest->len ? memchr(rest->data, ',', rest->len) : NULL;
    size_t len = comma ? (size_t)(comma - rest->data) : rest->len;
    struct bytes part = bytes_of(rest->data, len);
    size_t taken = comma ? len + 1 : len;
    *rest = bytes_of(rest->data + taken, rest->len - taken);
    return part;
}

/* "n=text" gives text; false: it is another attribute or an empty one. */
static bool attribute(struct bytes part, char name, struct bytes *value) {
    if (part.len < 3 || part.data[0] != (uint8_t)name || part.data[1] != '=')
        return false;
    *value = bytes_part(part, 2, part.len - 2);
    return true;
}

/* =2C is a comma, =3D is an equals sign, nothing else begins with one. */
static bool name_read(struct bytes text, char name[USER_NAME_MAX + 1]) {
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '=') {
            if (text.len - i < 3)
                return false;
            bool comma = memcmp(text.data + i, "=2C", 3) == 0;
            if (!comma && memcmp(text.data + i, "=3D", 3) != 0)
                return false;
            c = comma ? ',' : '=';
            i += 2;
        }
        if (c < 0x20 || c == 0x7f || len == USER_NAME_MAX)
            return false;
        name[len++] = (char)c;
    }
    name[len] = 0;
    return len > 0;
}

static bool nonce_is_good(struct bytes nonce) {
    for (size_t i = 0; i < nonce.len; i++)
        if (nonce.data[i] < 0x21 || nonce.data[i] > 0x7e)
            return false;
    return nonce.len > 0;
}

/* "n,," or "y,,", or with "a=USER" between the commas. */
static bool header_read(struct scram *s, struct bytes *rest, char asked[USER_NAME_MAX + 1]) {
    struct bytes whole = *rest, value;
    struct bytes binding = take_part(rest);
    if (!bytes_is_text(binding, "n") && !bytes_is_text(binding, "y"))
        return false;
    struct bytes identity = take_part(rest);
    asked[0] = 0;
    if (identity.len && !(attribute(identity, 'a', &value) && name_read(value, asked)))
        return false;
    buf_clear(&s->header);
    buf_put_bytes(&s->header, bytes_part(whole, 0, whole.len - rest->len));
    return s->header.len > 2 && s->header.data[s->header.len - 1] == ',';
}

bool scram_read_first(struct scram *s, struct bytes message) {
    char asked[USER_NAME_MAX + 1];
    struct bytes rest = message, name, nonce;
    if (message.len > SASL_TOKEN_MAX || !header_read(s, &rest, asked))
        return false;
    buf_clear(&s->bare);
    buf_put_bytes(&s->bare, rest);
    struct bytes first = take_part(&rest); /* m= would stand here */
    if (!attribute(first, 'n', &name) || !name_read(name, s->user))
        return false;
    if (asked[0] && strcmp(asked, s->user) != 0)
        return false;
    if (!attribute(take_part(&rest), 'r', &nonce) || !nonce_is_good(nonce))
        return false;
    buf_clear(&s->first);
    buf_put_text(&s->first, "r=");
    buf_put_bytes(&s->first, nonce);
    s->client_nonce_len = nonce.len;
    return true;
}

void scram_put_first(struct scram *s, struct bytes nonce, struct buf *out) {
    buf_put_bytes(&s->first, nonce);
    s->nonce_len = s->first.len - 2;
    buf_put_text(&s->first, ",s=");
    base64_put(&s->first, bytes_of(s->keys.salt, SCRAM_SALT_BYTES));
    buf_print(&s->first, ",i=%d", s->keys.iterations);
    buf_put_bytes(out, buf_bytes(&s->first));
}

static bool nonce_is_ours(const struct scram *s, struct bytes nonce) {
    struct bytes wanted = bytes_of(s->first.data + 2, s->nonce_len);
    if (bytes_equal(nonce, wanted))
        return true;
    struct bytes clients = bytes_part(wanted, 0, s->client_nonce_len);
    return nonce.len == clients.len + wanted.len
           && bytes_equal(bytes_part(nonce, 0, clients.len), clients)
           && bytes_equal(bytes_part(nonce, clients.len, wanted.len), wanted);
}

static bool binding_is_header(const struct scram *s, struct bytes binding) {
    struct buf wanted = { 0 };
    base64_put(&wanted, buf_bytes(&s->header));
    bool same = bytes_equal(binding, buf_bytes(&wanted));
    buf_finish(&wanted);
    return same;
}

/* Splits off the proof; `unproven` is what stands before its comma. */
static bool read_proof(const struct scram *s, struct bytes message, struct bytes *unproven,
                       uint8_t proof[DIGEST_MAX]) {
    struct buf decoded = { 0 };
    struct bytes binding, nonce, value, rest = message;
    if (!attribute(take_part(&rest), 'c', &binding) || !binding_is_header(s, binding))
        return false;
    if (!attribute(take_part(&rest), 'r', &nonce) || !nonce_is_ours(s, nonce))
        return false;
    struct bytes part;
    do { /* extensions may stand between */
        *unproven = bytes_part(message, 0, message.len - rest.len - 1);
        part = take_part(&rest);
    } while (rest.len);
    bool good = attribute(part, 'p', &value) && base64_read(value, &decoded)
                && decoded.len == digest_size(s->kind);
    if (good)
        memcpy(proof, decoded.data, decoded.len);
    buf_finish(&decoded);
    return good;
}

static void put_signature(const struct scram *s, struct bytes exchange, struct buf *out) {
    uint8_t signature[DIGEST_MAX];
    size_t size = digest_size(s->kind);
    digest_hmac(s->kind, bytes_of(s->keys.server, size), exchange, signature);
    buf_put_text(out, "v=");
    base64_put(out, bytes_of(signature, size));
}

bool scram_read_last(struct scram *s, struct bytes message, struct buf *out) {
    uint8_t proof[DIGEST_MAX], signature[DIGEST_MAX], stored[DIGEST_MAX];
    size_t size = digest_size(s->kind);
    struct buf exchange = { 0 };
    struct bytes unproven;
    if (message.len > SASL_TOKEN_MAX || !read_proof(s, message, &unproven, proof))
        return false;
    buf_put_bytes(&exchange, buf_bytes(&s->bare));
    buf_put_byte(&exchange, ',');
    buf_put_bytes(&exchange, buf_bytes(&s->first));
    buf_put_byte(&exchange, ',');
    buf_put_bytes(&exchange, unproven);
    digest_hmac(s->kind, bytes_of(s->keys.stored, size), buf_bytes(&exchange), signature);
    for (size_t i = 0; i < size; i++)
        proof[i] ^= signature[i]; /* now the client's key */
    digest_hash(s->kind, bytes_of(proof, size), stored);
    bool proven = secrets_equal(bytes_of(stored, size), bytes_of(s->keys.stored, size));
    if (proven)
        put_signature(s, buf_bytes(&exchange), out);
    buf_finish(&exchange);
    secret_forget(proof, sizeof(proof));
    return proven;
}
