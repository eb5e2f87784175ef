/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the verbs share. */
#include "arguments.h"

#include "extracts.h"

#include <stdio.h>
#include <string.h>

int moment_option(struct octavo_session *s, const char *name, const char *text, int64_t *ms) {
    if (!text || moment_read(text, ms))
        return DONE;
    return octavo_usage_error(s, "%s is 2026-11-23, 2026-11-23T01:00:00Z or milliseconds", name);
}

const char *moment_text(int64_t ms, char out[32]) {
    char moment[MOMENT_CHARS];
    moment_write(ms, moment);
    if (ms <= 0)
        (void)snprintf(out, 32, "-");
    else
        (void)snprintf(out, 32, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", moment, moment + 4, moment + 6,
                       moment + 9, moment + 11, moment + 13);
    return out;
}
