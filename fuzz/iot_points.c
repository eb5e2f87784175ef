// rooms: systems/iot runtime connectors base
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any text as the points of a reading: what is a decimal is written and read again. */
#include "iot/decimal.h"
#include "iot/points.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void value_try(struct octavo_text text) {
    char room[DECIMAL_CHARS];
    int64_t value, again;
    if (!decimal_read(text, &value))
        return;
    assert(value <= DECIMAL_MOST && value >= -DECIMAL_MOST);
    assert(decimal_read(decimal_write(room, value), &again) && again == value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct octavo_text left = { (const char *)data, size };
    struct point p;
    value_try(left);
    while (point_take(&left, &p)) {
        (void)point_clock_judge(&p, 1700000000000);
        value_try(p.value);
    }
    return 0;
}
