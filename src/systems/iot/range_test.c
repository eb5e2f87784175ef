/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Queries of rollup-store, over rows that it has made itself. */
#include "iot_fixture.h"

#include "range.h"

#include "runtime/query.h"

static void store_open(struct plant *p) {
    plant_open(p, "rollup-store", iot_keeper_handlers);
    told(p, "rollup-changed", "pump",
         "{\"device\":\"pump\",\"series\":\"7000000 1795435203000 3 0 t<b>;\",\"parts\":"
         "\"1s 1795435200000 1 1000000 1795435200000 t<b>;1s 1795435201000 1 5000000 1795435201000 "
         "t<b>;1s 1795435203000 1 7000000 1795435203000 t<b>;\"}");
    CHECK_INT(p->taken, TAKEN_HANDLED);
}

static const char *asked(struct plant *p, const char *type, const char *json) {
    static struct buf reply;
    struct input in = { .kind = INPUT_REQUEST,
                        .type = bytes_text(type),
                        .id = bytes_text("q"),
                        .key = bytes_text("pump"),
                        .json = bytes_text(json),
                        .time_ms = p->now_ms };
    buf_clear(&reply);
    if (task_query(p->task, &in, &reply))
        return error_story();
    return buf_text(&reply);
}

TEST(windows_of_a_range_are_told_and_those_without_a_point_are_not) {
    struct plant p;
    store_open(&p);
    CHECK_CONTAINS(asked(&p, "query:range",
                         "{\"metric\":\"t<b>\",\"from\":\"1795435200500\",\"to\":\"1795435204000\","
                         "\"points\":\"4\"}"),
                   "\"level\":\"1s\",\"step_ms\":1000,\"columns\":\"begin count min max first last "
                   "mean\",\"windows\":\"1795435200000 1 1 1 1 1 1;1795435201000 1 5 5 5 5 5;"
                   "1795435203000 1 7 7 7 7 7;\"");
    plant_close(&p);
}

TEST(fewer_points_than_windows_join_them) {
    struct plant p;
    store_open(&p);
    CHECK_CONTAINS(asked(&p, "query:range",
                         "{\"metric\":\"t<b>\",\"from\":\"1795435200000\",\"to\":\"1795435204000\","
                         "\"points\":\"2\"}"),
                   "\"step_ms\":2000,\"columns\":\"begin count min max first last mean\","
                   "\"windows\":\"1795435200000 2 1 5 1 5 3;1795435202000 1 7 7 7 7 7;\"");
    plant_close(&p);
}

TEST(a_range_takes_the_finest_level_that_is_not_too_much) {
    struct range r;
    CHECK(range_choose(&r, 0, 5000000, 1000) && r.level == 0 && r.step_ms == 5000);
    CHECK(range_choose(&r, 0, 5001000, 1000) && r.level == 1 && r.step_ms == 60000);
    CHECK(range_choose(&r, 0, INT64_C(86400000) * 365, 100) && r.level == 4);
    CHECK(!range_choose(&r, 0, INT64_C(86400000) * 6000, 100));
    CHECK(range_choose(&r, -1, 1, 1) && r.from_ms == -1000 && r.step_ms == 2000);
}

TEST(what_is_no_range_is_refused) {
    static const char *const bad[] = {
        "{\"metric\":\"t\",\"from\":\"5\",\"to\":\"5\",\"points\":\"1\"}",
        "{\"metric\":\"t\",\"from\":\"0\",\"to\":\"5\",\"points\":\"0\"}",
        "{\"metric\":\"t\",\"from\":\"0\",\"to\":\"5\",\"points\":\"1001\"}",
        "{\"metric\":\"t\",\"from\":\"x\",\"to\":\"5\",\"points\":\"1\"}",
        "{\"metric\":\"t\",\"from\":\"-9000000000000000000\",\"to\":\"5\",\"points\":\"1\"}",
        "{\"metric\":\"\",\"from\":\"0\",\"to\":\"5\",\"points\":\"1\"}",
        "{}",
    };
    struct plant p;
    store_open(&p);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        CHECK_CONTAINS(asked(&p, "query:range", bad[i]), "from and to are ms since 1970");
    plant_close(&p);
}

TEST(the_chart_has_a_piece_for_what_hangs_together_and_no_markup_of_others) {
    struct plant p;
    store_open(&p);
    const char *page = asked(&p, "query:chart", "{\"metric\":\"t<b>\",\"level\":\"1s\"}");
    size_t pieces = 0;
    for (const char *at = page; (at = strstr(at, "class=\\\"m\\\"")); at++)
        pieces++;
    CHECK_INT((long long)pieces, 2);
    CHECK_CONTAINS(page, "<h1>pump: t&lt;b&gt;</h1>");
    CHECK(!strstr(page, "t<b>"));
    CHECK_CONTAINS(asked(&p, "query:chart", "{\"metric\":\"t<b>\",\"level\":\"2s\"}"),
                   "the level is 1s, 1m, 15m, 1h or 1d");
    CHECK_CONTAINS(asked(&p, "query:chart", "{\"metric\":\"u\",\"level\":\"1s\"}"),
                   "nothing was heard");
    plant_close(&p);
}
