/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Patterns of keys as Redis has them: * ? [a-z] [^a] and \ before what stands for itself. */
#ifndef OCTAVO_CONNECTORS_RESP_GLOB_H
#define OCTAVO_CONNECTORS_RESP_GLOB_H

#include "base/bytes.h"

/* In time of the product of both lengths at most, whatever stands in the pattern. */
bool glob_matches(struct bytes pattern, struct bytes text);

#endif
