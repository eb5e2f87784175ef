// rooms: values connectors connectors/deliver
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any address of a partner behind HTTP: it is taken apart, or told; what is asked of has a host. */
#include "base/check.h"
#include "deliver/web_address.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct web_address address;
    char *text = text_copy_bytes(bytes_of(data, size));
    if (web_address_read(&address, text, "/nonexistent") == E_ok) {
        assert(*address.host && !strpbrk(address.host, "/?#@ "));
        assert(!*address.path || address.path[0] == '/');
        web_address_finish(&address);
    }
    free(text);
    return 0;
}
