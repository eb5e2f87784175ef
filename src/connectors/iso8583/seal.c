/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The code has eight bytes; on the wire they are sixteen characters where the field is hex. */
#include "seal.h"

#include "values/digest.h"

static size_t seal_size(const struct iso_dialect *d, int number) {
    return d->fields[number].encoding == ISO_HEX ? (size_t)2 * HSM_BLOCK_BYTES : HSM_BLOCK_BYTES;
}

static int field_of(const struct iso_message *m) {
    for (int number = 65; number <= ISO_FIELD_MAX; number++)
        if (m->fields[number].data)
            return 128;
    return 64;
}

enum error seal_dialect_check(const struct iso_dialect *d) {
    static const int numbers[] = { 64, 128 };
    if (d->fields[64].encoding != d->fields[128].encoding)
        return fail(E_config, "dialect %s: fields 64 and 128 differ in encoding", d->name);
    for (size_t i = 0; i < 2; i++) {
        const struct iso_field *f = &d->fields[numbers[i]];
        if (f->known && f->kind == ISO_B && !f->prefix_digits && f->length == HSM_BLOCK_BYTES)
            continue;
        enum error e = fail(E_config,
                            "dialect %s authenticates messages but its field %d is none "
                            "of 8 bytes",
                            d->name, numbers[i]);
        fail_try("field %d b fixed 8 binary mac", numbers[i]);
        return e;
    }
    return E_ok;
}

enum error seal_check(struct hsm *h, const struct iso_dialect *d, struct bytes message,
                      const struct iso_message *m, bool *right) {
    uint8_t made[HSM_BLOCK_BYTES];
    int number = field_of(m);
    struct bytes said = m->fields[number];
    *right = false;
    if (m->broken || said.len != HSM_BLOCK_BYTES || message.len < seal_size(d, number))
        return E_ok;
    TRY(hsm_sign(h, d->mac, bytes_part(message, 0, message.len - seal_size(d, number)), made));
    *right = secrets_equal(said, bytes_of(made, sizeof(made)));
    return E_ok;
}

void seal_prepare(struct iso_message *m) {
    static const uint8_t zeros[HSM_BLOCK_BYTES];
    m->fields[field_of(m)] = bytes_of(zeros, sizeof(zeros));
}

enum error seal_put(struct hsm *h, const struct iso_dialect *d, struct buf *wire, size_t start) {
    static const char hex[] = "0123456789ABCDEF";
    uint8_t made[HSM_BLOCK_BYTES];
    size_t size = seal_size(d, 64); /* both fields are alike: seal_dialect_check */
    struct bytes message =
        bytes_of(wire->data + start + d->header_size, wire->len - start - d->header_size - size);
    TRY(hsm_sign(h, d->mac, message, made));
    uint8_t *at = wire->data + wire->len - size;
    for (size_t i = 0; i < HSM_BLOCK_BYTES; i++) {
        if (size == HSM_BLOCK_BYTES) {
            at[i] = made[i];
            continue;
        }
        at[2 * i] = (uint8_t)hex[made[i] >> 4];
        at[2 * i + 1] = (uint8_t)hex[made[i] & 15];
    }
    return E_ok;
}
