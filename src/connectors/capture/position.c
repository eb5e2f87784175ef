/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A position is read as strictly as it is written: what is not ours is told, not guessed. */
#include "capture/position.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool capture_lsn_read(const char *text, uint64_t *out) {
    unsigned high, low;
    int used = 0;
    if (sscanf(text, "%8X/%8X%n", &high, &low, &used) != 2 || text[used])
        return false;
    *out = (uint64_t)high << 32 | low;
    return true;
}

static bool rest_read(struct capture_position *p, const char *at) {
    p->whole = strcmp(at, "whole") == 0;
    if (p->whole || strcmp(at, "rows") == 0)
        return true;
    if (strncmp(at, "rows ", 5) != 0 || strlen(at + 5) > CAPTURE_KEY_BYTES)
        return false;
    p->has_key = true;
    memcpy(p->key, at + 5, strlen(at + 5) + 1);
    return true;
}

enum error capture_position_read(struct capture_position *out, struct bytes text) {
    char copy[CAPTURE_POSITION_BYTES], lsn[24];
    int used = 0;
    *out = (struct capture_position){ 0 };
    if (text.len < sizeof(copy)) {
        memcpy(copy, text.data, text.len);
        copy[text.len] = 0;
        if (sscanf(copy, "%" SCNu64 " %20[0-9A-F/] %" SCNu64 " %" SCNu64 " %n", &out->system, lsn,
                   &out->skip, &out->snapshot, &used)
                == 4
            && used && capture_lsn_read(lsn, &out->lsn) && rest_read(out, copy + used))
            return E_ok;
    }
    return fail(E_diverged, "a position \"%.*s\" that is none of a capture",
                (int)(text.len < 60 ? text.len : 60), (const char *)text.data);
}

struct bytes capture_position_text(const struct capture_position *p,
                                   char out[CAPTURE_POSITION_BYTES]) {
    int len = snprintf(
        out, CAPTURE_POSITION_BYTES, "%" PRIu64 " %X/%X %" PRIu64 " %" PRIu64 " %s%s%s", p->system,
        (unsigned)(p->lsn >> 32), (unsigned)(p->lsn & 0xffffffff), p->skip, p->snapshot,
        p->whole ? "whole" : "rows", p->has_key ? " " : "", p->has_key ? p->key : "");
    return bytes_of(out, (size_t)len);
}
