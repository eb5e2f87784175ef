// rooms: verify base
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The verifier's own reader of ISO 8583 answers: what comes from a gateway that is judged. */
#include "verify/atm_message.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct atm_message m;
    const char *why;
    int len = atm_message_unpack(&m, bytes_of(data, size), &why);
    if (len > 0) {
        struct buf again = { 0 };
        atm_message_pack(&m, &again);
        struct atm_message same;
        if (atm_message_unpack(&same, buf_bytes(&again), &why) != (int)again.len)
            abort(); /* what it has read it can write */
        buf_finish(&again);
    }
    return 0;
}
