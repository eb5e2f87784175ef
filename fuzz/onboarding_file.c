// rooms: systems/onboarding runtime
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What HR and an operator write: a list of plans and a day. A plan that is taken begins between the
 * first day and the 91st. */
#include "onboarding/day.h"
#include "onboarding/plan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct plan plan;
    const char *why;
    int64_t day;
    char *line = malloc(size + 1), text[DAY_CHARS];
    if (!line)
        return 0;
    if (size)
        memcpy(line, data, size);
    line[size] = 0;
    if (plan_choose(line, octavo_text(""), &plan, &why)
        && (plan_begins(&plan, 20000) < 20000 || plan_begins(&plan, 20000) > 20090))
        abort();
    struct octavo_text whole = { line, size };
    if (day_read(whole, &day) && !octavo_text_is(whole, day_text(text, day)))
        abort();
    free(line);
    return 0;
}
