// rooms: systems/accounts runtime
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What an operator gives the bank's verbs: a line of the switch's CSV, an amount, a time. */
#include "accounts/arguments.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *fields[CSV_FIELDS], out[OCTAVO_TIME_CHARS];
    int64_t amount, ms;
    char *line = malloc(size + 1);
    if (!line)
        return 0;
    if (size)
        memcpy(line, data, size);
    line[size] = 0;
    if (amount_read(line, octavo_text("203"), &amount) && (amount > INT64_MAX / 2))
        abort();
    if (time_read(line, &ms))
        (void)octavo_time_text(out, ms);
    size_t count = csv_cut(line, fields);
    for (size_t i = 0; i < count; i++)
        if (fields[i] < line || fields[i] + strlen(fields[i]) > line + size)
            abort(); /* a field is a part of its line */
    free(line);
    return 0;
}
