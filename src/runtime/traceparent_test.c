/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/traceparent.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

static struct step_trace step;

static bool finds(const char *traceparent, int32_t ppm, const char *id) {
    struct trace_source s = { ppm, "shop.desk", bytes_text(id), bytes_text(traceparent) };
    return step_trace_find(&step, &s);
}

static void check_hex(const uint8_t *bytes, size_t len, const char *wanted) {
    char text[64];
    hex_write(bytes, len, text);
    CHECK_TEXT(text, wanted);
}

static const char sampled[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(a_step_goes_on_in_the_trace_that_brought_its_input) {
    char out[TRACEPARENT_CHARS + 1];
    CHECK(finds(sampled, 0, "id-1"));
    check_hex(step.trace, TRACE_BYTES, "4bf92f3577b34da6a3ce929d0e0e4736");
    check_hex(step.parent, SPAN_BYTES, "00f067aa0ba902b7");
    step_trace_write(&step, out);
    CHECK_INT((long long)strlen(out), TRACEPARENT_CHARS);
    CHECK(memcmp(out, "00-4bf92f3577b34da6a3ce929d0e0e4736-", 36) == 0);
    CHECK_TEXT(out + 52, "-01");
    uint8_t span[SPAN_BYTES];
    memcpy(span, step.span, SPAN_BYTES);
    CHECK(memcmp(span, step.parent, SPAN_BYTES) != 0);
    CHECK(finds(out, 0, "id-2")); /* what was written is read again */
    CHECK(memcmp(step.parent, span, SPAN_BYTES) == 0);
    CHECK(memcmp(step.span, span, SPAN_BYTES) != 0);
    CHECK(finds(sampled, 0, "id-1")); /* and derived again the same */
    CHECK(memcmp(step.span, span, SPAN_BYTES) == 0);
}

TEST(what_is_not_sampled_or_no_traceparent_is_not_traced) {
    static const char *const none[] = {
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "x",
    };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        CHECK(!finds(none[i], 1000000, "id-1"));
    CHECK(finds("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03-more", 0, "id-1"));
}

TEST(an_input_without_a_trace_begins_one_as_often_as_declared) {
    static const int32_t shares[] = { 0, 10000, 500000, 1000000 };
    for (size_t i = 0; i < 4; i++) {
        int traced = 0;
        for (int n = 0; n < 20000; n++) {
            char id[32];
            (void)snprintf(id, sizeof(id), "order-%d", n);
            traced += finds("", shares[i], id);
        }
        int wanted = shares[i] / 50;
        CHECK(traced >= wanted - 300 && traced <= wanted + 300);
        CHECK(shares[i] != 0 || traced == 0);
        CHECK(shares[i] != 1000000 || traced == 20000);
    }
    CHECK(finds("", 1000000, "order-1"));
    check_hex(step.parent, SPAN_BYTES, "0000000000000000");
}
