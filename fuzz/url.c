// rooms: connectors
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any text as the address of an edge: taken apart or refused, never a crash. */
#include "connectors/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const known[] = { "from", "table", NULL };
    static const struct url_form form = { "file", known, "file:FOLDER" };
    struct url u;
    char *text = text_copy_bytes(bytes_of(data, size));
    if (!url_read(&u, &form, text)) {
        free(url_path(&u, "data"));
        url_finish(&u);
    }
    free(text);
    return 0;
}
