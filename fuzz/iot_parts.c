// rooms: systems/iot runtime connectors base
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any text as parts of windows: what is one is written and read again. */
#include "iot/part.h"

#include "base/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void part_try(const struct part *p) {
    char room[2 * PART_CHARS];
    struct line line = { room, 0 };
    struct part again;
    if (p->metric.len > 128)
        return;
    part_put(&line, p);
    assert(line.len <= PART_CHARS);
    struct octavo_text left = { room, line.len };
    assert(part_take(&left, &again) && left.len == 0);
    assert(again.level == p->level && again.begin_ms == p->begin_ms);
    assert(again.rollup.count == p->rollup.count && again.rollup.sum == p->rollup.sum);
    assert(memcmp(&again.rollup.squares, &p->rollup.squares, sizeof(again.rollup.squares)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct octavo_text left = { (const char *)data, size };
    struct rollup all = { 0 };
    struct part p;
    while (part_take(&left, &p)) {
        part_try(&p);
        rollup_merge(&all, &p.rollup);
        (void)rollup_variance(&all);
    }
    return 0;
}
