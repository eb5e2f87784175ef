/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What happens when an assert fails: one line, then a core. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *condition, const char *file, int line) {
    (void)fprintf(stderr, "octavo: bug: %s is false at %s:%d\n", condition, file, line);
    abort();
}
