/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Transaction numbers of 32 bits go round; they are compared as PostgreSQL does, by half a round.
 */
#include "capture/visible.h"

#include <stdlib.h>

enum { RUNNING_MAX = 100000 };

enum error snapshot_read(struct snapshot *out, const char *text) {
    size_t capacity = 0;
    char *end;
    *out = (struct snapshot){ 0 };
    out->xmin = strtoull(text, &end, 10);
    if (*end == ':')
        out->xmax = strtoull(end + 1, &end, 10);
    bool good = *end == ':' && out->xmin && out->xmax >= out->xmin;
    for (end += good; good && *end;) {
        uint64_t xid = strtoull(end, &end, 10);
        good = xid && out->count < RUNNING_MAX && (!*end || *end == ',');
        out->running = memory_grow(out->running, out->count, &capacity, sizeof(*out->running));
        out->running[out->count++] = xid;
        end += good && *end == ',';
    }
    if (good)
        return E_ok;
    snapshot_finish(out);
    return fail(E_malformed, "postgresql: \"%.60s\" is no snapshot", text);
}

void snapshot_finish(struct snapshot *s) {
    free(s->running);
    *s = (struct snapshot){ 0 };
}

static bool is_before(uint32_t a, uint64_t b) {
    return (int32_t)(a - (uint32_t)b) < 0;
}

bool snapshot_sees(const struct snapshot *s, uint32_t xid) {
    if (is_before(xid, s->xmin))
        return true;
    for (size_t i = 0; i < s->count; i++)
        if ((uint32_t)s->running[i] == xid)
            return false;
    return is_before(xid, s->xmax);
}

void streamed_add(struct streamed *s, uint32_t xid) {
    s->xids[s->count++ % STREAMED_KEPT] = xid;
}

bool snapshot_sees_streamed(const struct snapshot *s, const struct streamed *streamed) {
    size_t kept = streamed->count < STREAMED_KEPT ? streamed->count : STREAMED_KEPT;
    for (size_t i = 0; i < kept; i++)
        if (!snapshot_sees(s, streamed->xids[i]))
            return false;
    return true;
}
