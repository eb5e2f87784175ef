// rooms: values
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The first eight bytes are a moment, the rest a schedule. What is one is due later than asked, and
 * what was due before is before, and next from there. */
#include "base/check.h"
#include "values/cron.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const zones[] = { "UTC", "America/New_York", "Australia/Lord_Howe",
                                         "Pacific/Apia" };
    static const char *const policies[] = { "", "first", "second", "both" };
    struct cron c;
    int64_t ms, next, back;
    if (size < 8)
        return 0;
    memcpy(&ms, data, 8);
    ms &= 0x3ffffffffff; /* until 2109 */
    if (cron_read(&c, bytes_of(data + 8, size - 8), bytes_text(zones[data[0] % 4])))
        return 0;
    const char *fault = cron_policies_read(&c, bytes_text(data[1] & 1 ? "skip" : ""),
                                           bytes_text(policies[data[1] >> 1 & 3]));
    assert(fault == NULL);
    if (!cron_next(&c, ms, &next))
        return 0;
    assert(next > ms);
    if (cron_next(&c, next - 1, &back))
        assert(back == next);
    return 0;
}
