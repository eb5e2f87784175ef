/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Telemetry Processor and Rollup store together: what comes out is what all points at once would
 * have been. */
#include "iot_fixture.h"

#include "base/random.h"
#include "rollup.h"

struct mill {
    struct plant processor, store;
};

static void mill_open(struct mill *m) {
    plant_open(&m->store, "rollup-store", iot_keeper_handlers);
    plant_open(&m->processor, "telemetry-processor", iot_processor_handlers);
    m->processor.reader = &m->store;
}

static void mill_close(struct mill *m) {
    plant_close(&m->processor);
    plant_close(&m->store);
}

static const char *rollup_of(struct mill *m, const char *device, int level, int64_t time_ms) {
    char name[ROLLUP_SUB_CHARS], sub[ROLLUP_SUB_CHARS];
    struct octavo_text t = rollup_sub(name, octavo_text("t"), level, time_ms);
    (void)snprintf(sub, sizeof(sub), "%.*s", (int)t.len, t.data);
    return look(&m->store, device, "rollup", sub);
}

TEST(a_point_is_in_its_five_windows_once_time_has_passed) {
    struct mill m;
    mill_open(&m);
    value_measured(&m.processor, "pump", NOON_MS + 61001, "21.5");
    CHECK_TEXT(rollup_of(&m, "pump", 0, NOON_MS + 61001), "{}");
    ticked(&m.processor, 2000);
    for (int level = 0; level < LEVELS; level++)
        CHECK_CONTAINS(rollup_of(&m, "pump", level, NOON_MS + 61001),
                       "\"count\":\"1\",\"sum\":\"21.5\",\"min\":\"21.5\",\"max\":\"21.5\"");
    CHECK_CONTAINS(look(&m.store, "pump", "series", "t"), "\"last\":\"21.5\"");
    CHECK_CONTAINS(look(&m.store, "pump", "device", ""), "\"messages\":\"1\",\"repeats\":\"0\"");
    mill_close(&m);
}

TEST(what_nobody_adds_to_is_told_once) {
    struct mill m;
    mill_open(&m);
    value_measured(&m.processor, "pump", NOON_MS, "1");
    ticked(&m.processor, 2000);
    ticked(&m.processor, 86400000);
    CHECK_INT((long long)said_times(&m.processor, "rollup-changed"), 1);
    mill_close(&m);
}

TEST(a_message_that_is_told_five_times_counts_once) {
    struct mill m;
    mill_open(&m);
    for (int i = 0; i < 5; i++) {
        measured(&m.processor, "pump", 7, "1795435200000 2 t");
        ticked(&m.processor, 3000);
    }
    CHECK_CONTAINS(rollup_of(&m, "pump", 4, NOON_MS), "\"count\":\"1\",\"sum\":\"2\"");
    CHECK_CONTAINS(look(&m.store, "pump", "device", ""), "\"messages\":\"5\",\"repeats\":\"4\"");
    mill_close(&m);
}

TEST(a_late_point_corrects_its_window_by_one_more_event) {
    struct mill m;
    mill_open(&m);
    value_measured(&m.processor, "pump", NOON_MS, "1");
    value_measured(&m.processor, "pump", NOON_MS + 5000, "2");
    ticked(&m.processor, 86400000);
    CHECK_CONTAINS(rollup_of(&m, "pump", 1, NOON_MS), "\"count\":\"2\",\"sum\":\"3\"");
    value_measured(&m.processor, "pump", NOON_MS + 1000, "40");
    ticked(&m.processor, 86400000);
    CHECK_INT((long long)said_times(&m.processor, "rollup-changed"), 2);
    CHECK_CONTAINS(rollup_of(&m, "pump", 1, NOON_MS),
                   "\"count\":\"3\",\"sum\":\"43\",\"min\":\"1\",\"max\":\"40\",\"first\":\"1\"");
    CHECK_CONTAINS(rollup_of(&m, "pump", 1, NOON_MS), "\"last\":\"2\"");
    CHECK_CONTAINS(look(&m.store, "pump", "series", "t"), "\"late\":\"1\"");
    mill_close(&m);
}

TEST(a_clock_ten_years_ahead_moves_no_window_but_its_own_points) {
    struct mill m;
    mill_open(&m);
    value_measured(&m.processor, "good", NOON_MS, "1");
    value_measured(&m.processor, "mad", NOON_MS + INT64_C(315360000000), "5");
    value_measured(&m.processor, "mad", 1700000, "6");
    value_measured(&m.processor, "good", NOON_MS + 1, "2");
    ticked(&m.processor, 2000);
    CHECK_CONTAINS(rollup_of(&m, "good", 0, NOON_MS), "\"count\":\"2\",\"sum\":\"3\"");
    CHECK_CONTAINS(rollup_of(&m, "mad", 0, NOON_MS), "\"count\":\"2\",\"sum\":\"11\"");
    CHECK_CONTAINS(look(&m.store, "mad", "device", ""), "\"clock_wrong\":\"2\"");
    CHECK_CONTAINS(look(&m.store, "good", "device", ""), "\"clock_wrong\":\"0\"");
    mill_close(&m);
}

TEST(a_clock_an_hour_behind_is_told_by_its_skew_and_no_other_is) {
    struct mill m;
    mill_open(&m);
    for (int i = 0; i < 10; i++) {
        m.processor.now_ms += 1000;
        value_measured(&m.processor, "late", m.processor.now_ms - 3600000 - i % 3 * 400, "1");
        value_measured(&m.processor, "good", m.processor.now_ms - i % 3 * 400, "1");
    }
    ticked(&m.processor, 2000);
    CHECK_CONTAINS(look(&m.store, "late", "device", ""), "\"skew\":\"3600");
    CHECK_CONTAINS(look(&m.store, "good", "device", ""), "\"skew\":\"0\"");
    mill_close(&m);
}

TEST(what_is_no_number_is_counted_and_does_no_more_harm) {
    struct mill m;
    mill_open(&m);
    measured(&m.processor, "pump", -1,
             "1795435200000 nan t;1795435200000 1e300 t;1795435200000 4 t");
    ticked(&m.processor, 2000);
    CHECK_CONTAINS(rollup_of(&m, "pump", 4, NOON_MS), "\"count\":\"1\",\"sum\":\"4\"");
    CHECK_CONTAINS(look(&m.store, "pump", "device", ""), "\"unread\":\"2\"");
    mill_close(&m);
}

TEST(a_value_that_cannot_be_cut_is_passed_by_whole) {
    struct mill m;
    mill_open(&m);
    measured(&m.processor, "pump", -1, "1795435200000 4 t;nothing");
    ticked(&m.processor, 2000);
    CHECK_TEXT(rollup_of(&m, "pump", 4, NOON_MS), "{}");
    CHECK_INT((long long)task_counts(m.processor.task).poison, 1);
    mill_close(&m);
}

TEST(a_thousand_points_in_a_thousand_windows_are_told_in_several_events) {
    struct mill m;
    struct buf points = { 0 };
    mill_open(&m);
    for (int i = 0; i < 1000; i++)
        buf_print(&points, "%s%lld %d t", i ? ";" : "", (long long)NOON_MS - 1000 * i, i);
    measured(&m.processor, "pump", -1, buf_text(&points));
    ticked(&m.processor, 2000);
    CHECK(said_times(&m.processor, "rollup-changed") > 5);
    CHECK_CONTAINS(rollup_of(&m, "pump", 4, NOON_MS), "\"count\":\"1000\",\"sum\":\"499500\"");
    CHECK_CONTAINS(rollup_of(&m, "pump", 0, NOON_MS - 999000), "\"count\":\"1\",\"sum\":\"999\"");
    buf_finish(&points);
    mill_close(&m);
}

TEST(four_hundred_metrics_of_a_device_are_all_held_and_all_told) {
    struct mill m;
    mill_open(&m);
    for (int round = 0; round < 2; round++) {
        struct buf points = { 0 };
        for (int i = 0; i < 400; i++)
            buf_print(&points, "%s%lld %d the-metric-of-number-%d", i ? ";" : "",
                      (long long)NOON_MS, i, i);
        measured(&m.processor, "pump", -1, buf_text(&points));
        buf_finish(&points);
    }
    ticked(&m.processor, 2000);
    for (int i = 0; i < 400; i += 57) {
        char sub[64];
        (void)snprintf(sub, sizeof(sub), "the-metric-of-number-%d/1d/%lld", i,
                       (long long)(NOON_MS - 43200000));
        CHECK_CONTAINS(look(&m.store, "pump", "rollup", sub), "\"count\":\"2\"");
    }
    mill_close(&m);
}

/* ---- any order, any crash */

enum { DEVICES = 3, MESSAGES = 400 };

struct message {
    int device;
    int64_t sequence, time_ms, value;
};

/* Some messages late, some twice. */
static size_t messages_make(struct random *r, struct message *out) {
    size_t count = 0;
    for (int i = 0; i < MESSAGES; i++) {
        struct message m = { (int)random_below(r, DEVICES), i,
                             NOON_MS - 1000 * (int64_t)random_below(r, 300),
                             (int64_t)random_below(r, 2000000000) - 1000000000 };
        out[count++] = m;
        if (random_below(r, 3) == 0)
            out[count++] = m;
    }
    return count;
}

static void message_tell(struct plant *p, const struct message *m) {
    char device[16], points[100], room[DECIMAL_CHARS];
    struct octavo_text value = decimal_write(room, m->value);
    (void)snprintf(device, sizeof(device), "d%d", m->device);
    (void)snprintf(points, sizeof(points), "%lld %.*s t", (long long)m->time_ms, (int)value.len,
                   value.data);
    measured(p, device, m->sequence, points);
}

static void check_windows(struct mill *m, const struct message *messages, size_t count) {
    for (int device = 0; device < DEVICES; device++)
        for (int level = 0; level < LEVELS; level++) {
            struct rollup whole = { 0 };
            char wanted[64], name[16], room[DECIMAL_CHARS];
            bool seen[MESSAGES] = { false };
            for (size_t i = 0; i < count; i++) {
                const struct message *one = &messages[i];
                if (one->device != device || seen[one->sequence]
                    || rollup_begin(level, one->time_ms) != rollup_begin(level, NOON_MS - 1))
                    continue;
                seen[one->sequence] = true;
                rollup_add(&whole, one->value, one->time_ms);
            }
            struct octavo_text sum = decimal_write(room, whole.sum);
            (void)snprintf(name, sizeof(name), "d%d", device);
            (void)snprintf(wanted, sizeof(wanted), "\"count\":\"%lld\",\"sum\":\"%.*s\"",
                           (long long)whole.count, (int)sum.len, sum.data);
            if (whole.count)
                CHECK_CONTAINS(rollup_of(m, name, level, NOON_MS - 1), wanted);
        }
}

TEST(repeats_late_points_and_any_order_come_out_as_one_fold) {
    static struct message messages[2 * MESSAGES];
    struct random r = random_seeded(test_seed());
    struct mill m;
    size_t count = messages_make(&r, messages);
    mill_open(&m);
    for (size_t i = 0; i < count; i++) {
        message_tell(&m.processor, &messages[i]);
        if (random_below(&r, 30) == 0)
            ticked(&m.processor, (int64_t)random_below(&r, 4000));
    }
    ticked(&m.processor, 10000);
    check_windows(&m, messages, count);
    mill_close(&m);
}
