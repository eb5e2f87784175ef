/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* CRC-32C (Castagnoli, RFC 3720 appendix B.4), as record batches and log frames use it. */
#ifndef OCTAVO_WIRE_CHECKSUM_H
#define OCTAVO_WIRE_CHECKSUM_H

#include "base/bytes.h"

/* Uses the SSE4.2 instruction where there is one, tables elsewhere; both give the same result. */
uint32_t crc32c(struct bytes bytes);
uint32_t crc32c_more(uint32_t crc,
                     struct bytes bytes); /* crc32c(a+b) = crc32c_more(crc32c(a), b) */
uint32_t crc32c_by_table(uint32_t crc,
                         struct bytes bytes); /* crc32c_more without the instruction */

#endif
