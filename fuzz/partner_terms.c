// rooms: values connectors connectors/deliver
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any words behind a partner's address: they are read, or told; a closed partner says until when.
 */
#include "base/check.h"
#include "deliver/terms.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct terms terms = { 0 };
    char *words = text_copy_bytes(bytes_of(data, size));
    if (terms_of_words(words, 1795435200000, &terms) == E_ok && terms.closed)
        assert(terms.again_ms > 0);
    free(words);
    return 0;
}
