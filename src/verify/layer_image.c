/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The layer as a file inside the binary: who verifies needs nothing beside it. */
#include "preload.h"

#ifndef LAYER_IMAGE /* for who only reads this file */
#define LAYER_IMAGE "/dev/null"
#endif

/* clang-format off */
__asm__(".section .rodata\n"
        ".balign 16\n"
        "layer_image_begin: .incbin \"" LAYER_IMAGE "\"\n"
        "layer_image_end:\n"
        ".byte 0\n"
        ".previous\n");
/* clang-format on */
extern const uint8_t layer_image_begin[] __attribute__((visibility("hidden")));
extern const uint8_t layer_image_end[] __attribute__((visibility("hidden")));

struct bytes layer_image(void) {
    return bytes_of(layer_image_begin,
                    (size_t)((uintptr_t)layer_image_end - (uintptr_t)layer_image_begin));
}
