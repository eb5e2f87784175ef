/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Not yet: the four codecs. */
#include "compression.h"

enum error decompress(enum batch_codec codec, struct bytes packed, size_t max_bytes,
                      struct buf *out) {
    (void)packed, (void)max_bytes, (void)out;
    return fail(E_unsupported, "codec %d", (int)codec);
}
