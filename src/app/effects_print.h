/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What `octavo effects ls` and `show` print; order.h has the contract. */
#ifndef OCTAVO_APP_EFFECTS_PRINT_H
#define OCTAVO_APP_EFFECTS_PRINT_H

#include "order.h"

enum error effects_print(const struct order_call *c, int64_t *shown) MUST_CHECK;

#endif
