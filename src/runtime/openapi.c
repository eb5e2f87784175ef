/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* docs/openapi/octavo.json, as the process serves it: the document and the program cannot part. */
#include "runtime/openapi.h"

__asm__(".section .rodata\n"
        "openapi_begin: .incbin \"docs/openapi/octavo.json\"\n"
        "openapi_end: .byte 0\n"
        ".previous\n");

extern const uint8_t openapi_begin[], openapi_end[];

struct bytes openapi_document(void) {
    /* cppcheck-suppress comparePointers */
    return bytes_of(openapi_begin, (size_t)(openapi_end - openapi_begin));
}
