// rooms: runtime
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any text as an octavo.yaml, and any bytes as an outbox row: an answer, never a crash. */
#include "declaration/declaration.h"
#include "runtime/outbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct declaration *d;
    if (!declaration_read(&d, "octavo.yaml", bytes_of(data, size)))
        declaration_destroy(d);
    struct cursor in = cursor_on(bytes_of(data, size));
    struct out_event event;
    while (cursor_left(&in) && !outbox_unpack(&in, &event))
        ;
    return 0;
}
