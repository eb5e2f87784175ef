/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Ids of outputs, and the hash by which a position recognises its record. */
#include "runtime/ids.h"

#include "base/check.h"
#include "runtime/task.h"
#include "values/digest.h"

#include <endian.h>
#include <string.h>

void id_derive(struct buf *scratch, const struct id_seed *seed, int64_t nth,
               char out[DERIVED_ID_CHARS + 1]) {
    static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint8_t digest[SHA256_BYTES];
    buf_clear(scratch);
    buf_put(scratch, seed->system, strlen(seed->system) + 1);
    buf_put(scratch, seed->service, strlen(seed->service) + 1);
    buf_put_bytes(scratch, seed->input_id);
    buf_put_byte(scratch, 0);
    buf_put_decimal(scratch, nth);
    sha256(buf_bytes(scratch), digest);
    for (size_t i = 0; i < DERIVED_ID_CHARS; i++) {
        size_t bit = i * 5; /* 130 bits from the front, 5 at a time */
        unsigned pair = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];
        out[i] = crockford[pair >> (11 - bit % 8) & 31];
    }
    out[DERIVED_ID_CHARS] = 0;
}

static uint64_t hash_add(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

/* Eight bytes a turn, little-endian; the length first, so that null, empty and zeros differ. */
static uint64_t hash_add_bytes(uint64_t hash, struct bytes bytes) {
    assert(bytes.data || !bytes.len);
    hash = hash_add(hash, bytes.data ? bytes.len : UINT64_MAX);
    for (size_t i = 0; i < bytes.len; i += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes.data + i, bytes.len - i < 8 ? bytes.len - i : 8);
        hash = hash_add(hash, le64toh(word));
    }
    return hash;
}

/* Its definition is part of the store's format: positions keep it. */
uint64_t record_hash(struct bytes key, struct bytes value, int64_t timestamp_ms) {
    uint64_t hash = hash_add_bytes(0xcbf29ce484222325u, key);
    return hash_add(hash_add_bytes(hash, value), (uint64_t)timestamp_ms);
}
