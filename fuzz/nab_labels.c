// rooms: detect base
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any text as a file of labels. */
#include "detect/nab.h"

#include "base/check.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_label(void *context, const struct nab_label *label) {
    assert(label->count <= NAB_WINDOWS_MAX && strlen(label->file) <= NAB_NAME_CHARS);
    return ++*(int *)context < 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int labels = 0;
    (void)nab_labels_read((const char *)data, size, on_label, &labels);
    return 0;
}
