/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Base64 (RFC 4648, section 4): with padding, without line ends. */
#ifndef OCTAVO_VALUES_BASE64_H
#define OCTAVO_VALUES_BASE64_H

#include "base/bytes.h"

void base64_put(struct buf *out, struct bytes data);
/* Appends what `text` stands for; false when it is not exactly what base64_put writes, and then
 * `out` is as before. */
bool base64_read(struct bytes text, struct buf *out);

#endif
