/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "payload.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 1700000000 };

static struct arena arena;
static struct payload payload;
static struct topic_place of_metric, of_device;

static const char *read_as(const struct topic_place *place, const char *text) {
    of_metric = (struct topic_place){ bytes_text("pump-7"), bytes_text("temperature") };
    of_device = (struct topic_place){ bytes_text("pump-7"), { NULL, 0 } };
    const char *wrong = payload_read(&payload, &arena, place, bytes_text(text), NOW);
    arena_reset(&arena);
    return wrong ? wrong : buf_text(&payload.points);
}

TEST(a_scalar_is_the_value_of_the_topics_metric) {
    CHECK_TEXT(read_as(&of_metric, "21.5"), "1700000000 21.5 temperature");
    CHECK_TEXT(read_as(&of_metric, " -3e2\n"), "1700000000 -3e2 temperature");
    CHECK_TEXT(read_as(&of_metric, "true"), "1700000000 1 temperature");
    CHECK_TEXT(read_as(&of_device, "21.5"), "its topic names no metric");
}

TEST(an_object_tells_value_time_and_identity) {
    CHECK_TEXT(read_as(&of_metric, "{\"value\":1,\"ts\":1600000000,\"seq\":7,\"boot\":3}"),
               "1600000000000 1 temperature");
    CHECK(payload.has_identity && payload.has_boot);
    CHECK_INT(payload.sequence, 7);
    CHECK_INT(payload.boot, 3);
    CHECK_TEXT(read_as(&of_metric, "{\"level\":1}"), "no number named value");
    CHECK(!payload.has_identity);
}

TEST(without_a_metric_every_number_is_a_point) {
    CHECK_TEXT(read_as(&of_device, "{\"a\":1,\"unit\":\"C\",\"on\":false,\"time\":5,\"n\":null}"),
               "5000 1 a;5000 0 on");
    CHECK_TEXT(read_as(&of_device, "{\"values\":{\"a\":1,\"b\":2.50}}"),
               "1700000000 1 a;1700000000 2.50 b");
    CHECK_TEXT(read_as(&of_device, "[{\"a\":1,\"time\":1},{\"a\":2,\"time\":2}]"),
               "1000 1 a;2000 2 a");
}

TEST(seconds_to_nanoseconds_are_told_apart) {
    CHECK_TEXT(read_as(&of_metric, "{\"value\":1,\"time\":1700000000}"),
               "1700000000000 1 temperature");
    CHECK_TEXT(read_as(&of_metric, "{\"value\":1,\"time\":1700000000.25}"),
               "1700000000250 1 temperature");
    CHECK_TEXT(read_as(&of_metric, "{\"value\":1,\"time\":1700000000123}"),
               "1700000000123 1 temperature");
    CHECK_TEXT(read_as(&of_metric, "{\"value\":1,\"time\":1700000000123456}"),
               "1700000000123 1 temperature");
    CHECK_TEXT(read_as(&of_metric, "{\"value\":1,\"time\":1700000000123456789}"),
               "1700000000123 1 temperature");
    CHECK_TEXT(read_as(&of_metric, "{\"value\":1,\"time\":99999999999}"),
               "99999999999000 1 temperature");
    CHECK_TEXT(read_as(&of_metric, "{\"value\":1,\"time\":9100000000000000000}"),
               "its time is no number");
}

TEST(poison_is_refused_with_a_reason) {
    CHECK_TEXT(read_as(&of_metric, ""), "it is empty");
    CHECK_TEXT(read_as(&of_metric, "21,5"), "it is no JSON");
    CHECK_TEXT(read_as(&of_metric, "NaN"), "it is no JSON");
    CHECK_TEXT(read_as(&of_metric, "\xff\xfe"), "it is no JSON");
    CHECK_TEXT(read_as(&of_metric, "\"21.5\""), "it is no number, object or list");
    CHECK_TEXT(read_as(&of_metric, "1e300"), "a value is beyond 10^12");
    CHECK_TEXT(read_as(&of_metric, "-1000000000001"), "a value is beyond 10^12");
    CHECK_TEXT(read_as(&of_metric, "0.123456789012345678901234567890123"),
               "a value has more than 32 characters");
    CHECK_TEXT(read_as(&of_metric, "{\"value\":1,\"time\":\"noon\"}"), "its time is no number");
    CHECK_TEXT(read_as(&of_device, "{}"), "there is no number in it");
    CHECK_TEXT(read_as(&of_device, "[]"), "there is no number in it");
    CHECK_TEXT(read_as(&of_device, "[1]"), "an item of its list is no object");
    CHECK_TEXT(read_as(&of_device, "{\"a;b\":1}"), "the name of a metric is no name");
    CHECK_TEXT(read_as(&of_device, "{\"\":1}"), "the name of a metric is no name");
}

TEST(nesting_without_end_is_no_json) {
    static char deep[4096];
    memset(deep, '[', sizeof(deep) - 1);
    CHECK_TEXT(read_as(&of_device, deep), "it is no JSON");
}

TEST(more_points_than_a_thousand_are_refused) {
    struct buf text = { 0 };
    buf_put_text(&text, "[");
    for (int i = 0; i <= POINTS_MAX; i++)
        buf_put_text(&text, i ? ",{\"a\":1}" : "{\"a\":1}");
    buf_put_text(&text, "]");
    CHECK_TEXT(read_as(&of_device, buf_text(&text)), "more than 1000 points");
    buf_finish(&text);
}

/* ---- topics */

static struct topic_templates templates;

static const char *found(const char *topic) {
    static char text[256];
    struct topic_place place;
    const char *wrong = topic_templates_find(&templates, bytes_text(topic), &place);
    if (wrong)
        return wrong;
    (void)snprintf(text, sizeof(text), "%.*s|%.*s", (int)place.device.len,
                   (const char *)place.device.data, (int)place.metric.len,
                   (const char *)place.metric.data);
    return text;
}

TEST(the_first_template_that_fits_names_device_and_metric) {
    CHECK_OK(topic_templates_read(
        &templates, "devices/{device}/{metric},devices/{device},plant/+/{device}/x/{metric}"));
    CHECK_TEXT(found("devices/pump-7/temperature"), "pump-7|temperature");
    CHECK_TEXT(found("devices/pump-7"), "pump-7|");
    CHECK_TEXT(found("plant/hall/p/x/m"), "p|m");
    CHECK_TEXT(found("plant/hall/p/y/m"), "no template of a topic fits");
    CHECK_TEXT(found("devices"), "no template of a topic fits");
    CHECK_TEXT(found("devices/a/b/c"), "no template of a topic fits");
    CHECK_TEXT(found("devices//m"), "its device is no name");
    CHECK_TEXT(found("devices/a;b/m"), "its device is no name");
    topic_templates_finish(&templates);
}

TEST(templates_that_say_no_device_are_refused_at_the_start) {
    const char *const bad[] = {
        "", "a/b", "{device}/{device}", "{device}/{metric}/{metric}", "{device}/{unit}", "{device},"
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        CHECK_ERROR(topic_templates_read(&templates, bad[i]), E_config);
        topic_templates_finish(&templates);
    }
}
