/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* version "-" trace-id "-" parent-id "-" flags, in small hex digits. */
#include "runtime/traceparent.h"

#include "values/digest.h"

#include <stdio.h>
#include <string.h>

enum { TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53, SAMPLED = 1, MILLION = 1000000 };

static int digit_of(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False: a character is no digit, or all of them are 0, which stands for nothing. */
static bool hex_read(const uint8_t *text, uint8_t *out, size_t len) {
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high * 16 + low);
        any |= out[i];
    }
    return any != 0;
}

void hex_write(const uint8_t *bytes, size_t len, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = 0;
}

/* Later versions begin as 00 does and may go on behind another '-'. */
static bool has_form(struct bytes t) {
    static const size_t dashes[] = { 2, 35, 52 };
    int high = t.len >= TRACEPARENT_CHARS ? digit_of(t.data[0]) : -1;
    int low = high >= 0 ? digit_of(t.data[1]) : -1;
    if (low < 0 || high * 16 + low == 0xff)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (t.data[dashes[i]] != '-')
            return false;
    if (high + low == 0)
        return t.len == TRACEPARENT_CHARS;
    return t.len == TRACEPARENT_CHARS || t.data[TRACEPARENT_CHARS] == '-';
}

/* False: it is none, or not sampled. */
static bool parent_read(struct step_trace *out, struct bytes t) {
    uint8_t flags = 0;
    return has_form(t) && hex_read(t.data + TRACE_AT, out->trace, TRACE_BYTES)
           && hex_read(t.data + SPAN_AT, out->parent, SPAN_BYTES)
           && hex_read(t.data + FLAGS_AT, &flags, 1) && flags & SAMPLED;
}

static void derive(const char *what, const struct trace_source *s, uint8_t *out, size_t len) {
    struct buf seed = { 0 };
    uint8_t digest[SHA256_BYTES];
    buf_put_text(&seed, what);
    buf_put_byte(&seed, 0);
    buf_put_bytes(&seed, s->input_id);
    sha256(buf_bytes(&seed), digest);
    memcpy(out, digest, len);
    out[len - 1] |= 1; /* never all zero */
    buf_finish(&seed);
}

static bool root_find(struct step_trace *out, const struct trace_source *s) {
    derive("trace", s, out->trace, TRACE_BYTES);
    memset(out->parent, 0, SPAN_BYTES);
    uint32_t chance = (uint32_t)out->trace[0] << 24 | (uint32_t)out->trace[1] << 16
                      | (uint32_t)out->trace[2] << 8 | out->trace[3];
    return (uint64_t)chance * MILLION >> 32 < (uint64_t)s->ppm;
}

bool step_trace_find(struct step_trace *out, const struct trace_source *source) {
    if (!source->traceparent.len && source->ppm <= 0)
        return false;
    bool traced =
        source->traceparent.len ? parent_read(out, source->traceparent) : root_find(out, source);
    if (traced)
        derive(source->service, source, out->span, SPAN_BYTES);
    return traced;
}

void step_trace_write(const struct step_trace *t, char out[TRACEPARENT_CHARS + 1]) {
    char trace[2 * TRACE_BYTES + 1], span[2 * SPAN_BYTES + 1];
    hex_write(t->trace, TRACE_BYTES, trace);
    hex_write(t->span, SPAN_BYTES, span);
    (void)snprintf(out, TRACEPARENT_CHARS + 1, "00-%s-%s-01", trace, span);
}
