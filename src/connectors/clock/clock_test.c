/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Looking at the clock is an effect. */
#include "clock/clock.h"

#include "base/clock.h"
#include "base/test.h"
#include "values/json.h"

TEST(it_tells_the_time_of_the_wall_clock) {
    struct connector *c;
    struct sink_options options = { .url = "clock:wall" };
    struct buf told = { 0 };
    struct effect_answer a = { .verdict = EFFECT_UNKNOWN, .told = &told };
    struct effect_request r = { .attempt = 1 };
    struct json json;
    int64_t now = 0, before = clock_wall_ms(clock_real());
    CHECK_OK(clock_sink.open(&c, &options));
    clock_sink.perform(c, &r, &a);
    CHECK_INT(a.verdict, EFFECT_DONE);
    CHECK_OK(json_read(&json, buf_bytes(&told)));
    CHECK(json_get_int(&json, "now_ms", &now));
    CHECK(now >= before && now <= clock_wall_ms(clock_real()));
    json_finish(&json);
    clock_sink.close(c);
    buf_finish(&told);
}

TEST(another_clock_than_the_walls_is_refused) {
    struct connector *c;
    struct sink_options options = { .url = "clock:sun" };
    CHECK_ERROR(clock_sink.open(&c, &options), E_config);
    CHECK_STORY("it is no `wall`");
}
