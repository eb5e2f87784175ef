// rooms: runtime
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A parked input may be any bytes of a damaged disk; what is taken, packed again, is the same. */
#include "base/check.h"
#include "runtime/parked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in;
    struct buf again = { 0 };
    if (parked_unpack(bytes_of(data, size), &in))
        return 0;
    parked_pack(&again, &in);
    assert(bytes_equal(buf_bytes(&again), bytes_of(data, size)));
    buf_finish(&again);
    return 0;
}
