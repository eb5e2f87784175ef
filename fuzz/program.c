// rooms: program values
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a hostile program may say: its first line, and its answers. */
#include "program/answer.h"
#include "program/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena = { 0 };
    struct answer answer;
    struct hello hello;
    if (!answer_read(&answer, &arena, bytes_of(data, size)) && answer.events)
        for (const struct json_tree *e = answer.events->first; e; e = e->next)
            (void)answer_text(&arena, e, "topic");
    (void)!hello_read(&hello, &arena, bytes_of(data, size));
    arena_finish(&arena);
    return 0;
}
