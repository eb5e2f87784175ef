// rooms: lint
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A handler's file, an object or a program. */
#include "lint/impure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const paths[] = { "a.so", "a.py", "a.js" };
    struct impure found;
    for (size_t i = 0; i < 3; i++)
        (void)impure_find(paths[i], bytes_of(data, size), &found);
    return 0;
}
