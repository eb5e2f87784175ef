/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Anomaly Detection as a task: what raises an alert, what clears it, and what does neither. */
#include "iot_fixture.h"

#include "base/random.h"

#include <inttypes.h>

static char *yaml_with(const char *settings) {
    static const char before[] =
        "      # limits: temperature > 80 clear 75; humidity < 20; pressure/min < -5\n";
    const char *at = strstr(iot_system.declaration, before);
    CHECK(at != NULL);
    return text_format("%.*s%s%s", (int)(at - iot_system.declaration), iot_system.declaration,
                       settings, at + sizeof(before) - 1);
}

static void watch_open(struct plant *p, const char *settings) {
    char *yaml = yaml_with(settings);
    plant_open_on(p, yaml, "anomaly-detection", iot_detection_handlers);
    free(yaml);
}

/* Its values go up and down by one, one each second. */
static void calm(struct plant *p, const char *device, int values) {
    for (int i = 0; i < values; i++) {
        p->now_ms += 1000;
        value_measured(p, device, p->now_ms, i % 2 ? "20" : "21");
    }
}

TEST(a_jump_is_one_alert_that_is_cleared_when_it_is_calm_again) {
    struct plant p;
    watch_open(&p, "");
    calm(&p, "pump", 300);
    CHECK_INT((long long)said_times(&p, "anomaly-"), 0);
    for (int i = 0; i < 50; i++) {
        p.now_ms += 1000;
        value_measured(&p, "pump", p.now_ms, "900");
    }
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 1);
    calm(&p, "pump", 4000);
    CHECK_INT((long long)said_times(&p, "anomaly-cleared"),
              (long long)said_times(&p, "anomaly-raised"));
    plant_close(&p);
}

TEST(an_alert_is_named_by_device_metric_rule_and_time) {
    struct plant p;
    char wanted[100];
    watch_open(&p, "      limits: \"t > 80\"\n");
    value_measured(&p, "boiler", p.now_ms + 5, "81");
    (void)snprintf(wanted, sizeof(wanted), "\"alert\":\"boiler/t/> 80/%lld\"",
                   (long long)p.now_ms + 5);
    CHECK_CONTAINS(buf_text(&p.said), wanted);
    plant_close(&p);
}

TEST(a_value_that_flaps_ten_thousand_times_is_one_alert) {
    struct plant p;
    watch_open(&p, "      limits: \"t > 80 clear 75\"\n");
    for (int i = 0; i < 10000; i++) {
        p.now_ms += 1000;
        value_measured(&p, "boiler", p.now_ms, i % 2 ? "70" : "82");
    }
    CHECK_INT((long long)said_times(&p, "\"rule\":\"> 80\""), 1);
    for (int i = 0; i < 61; i++) {
        p.now_ms += 1000;
        value_measured(&p, "boiler", p.now_ms, "75");
    }
    CHECK_INT((long long)said_times(&p, "\"rule\":\"> 80\""), 2);
    plant_close(&p);
}

TEST(a_value_between_clear_and_level_neither_raises_nor_clears) {
    struct plant p;
    watch_open(&p, "      limits: \"t > 80 clear 75\"\n");
    for (int i = 0; i < 100; i++)
        value_measured(&p, "boiler", p.now_ms += 1000, "80");
    CHECK_INT((long long)said_times(&p, "> 80"), 0);
    value_measured(&p, "boiler", p.now_ms += 1000, "80.000001");
    for (int i = 0; i < 200; i++)
        value_measured(&p, "boiler", p.now_ms += 1000, "76");
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 1);
    CHECK_INT((long long)said_times(&p, "anomaly-cleared"), 0);
    plant_close(&p);
}

TEST(a_rate_is_what_a_value_changes_by_in_a_minute) {
    struct plant p;
    watch_open(&p, "      limits: \"t/min > 5 clear 2\"\n");
    value_measured(&p, "boiler", p.now_ms += 60000, "1000");
    value_measured(&p, "boiler", p.now_ms += 60000, "1005");
    value_measured(&p, "boiler", p.now_ms, "1500");
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 0);
    value_measured(&p, "boiler", p.now_ms += 30000, "1503");
    value_measured(&p, "boiler", p.now_ms += 30000, "1506");
    CHECK_CONTAINS(buf_text(&p.said), "\"rule\":\"/min > 5\"");
    for (int i = 0; i < 3; i++)
        value_measured(&p, "boiler", p.now_ms += 60000, "1507");
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 1);
    CHECK_INT((long long)said_times(&p, "anomaly-cleared"), 1);
    plant_close(&p);
}

TEST(of_two_values_at_one_time_the_first_counts_and_a_rate_that_is_kept_clears) {
    struct plant p;
    watch_open(&p, "      limits: \"t/min > 5 clear 2\"\n");
    value_measured(&p, "boiler", p.now_ms += 60000, "1000");
    value_measured(&p, "boiler", p.now_ms += 60000, "1010");
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 1);
    for (int i = 0; i < 10; i++) { /* each is told twice, by two messages */
        value_measured(&p, "boiler", p.now_ms += 20000, "1010");
        value_measured(&p, "boiler", p.now_ms, "1011");
    }
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 1);
    CHECK_INT((long long)said_times(&p, "anomaly-cleared"), 1);
    plant_close(&p);
}

/* ---- silence */

TEST(a_device_that_is_silent_for_ever_is_told_once_by_time_alone) {
    struct plant p;
    watch_open(&p, "");
    value_measured(&p, "pump", p.now_ms, "1");
    ticked(&p, 299999);
    CHECK_INT((long long)said_times(&p, "silence"), 0);
    ticked(&p, 1);
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 1);
    for (int i = 0; i < 100; i++)
        ticked(&p, 86400000);
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 1);
    plant_close(&p);
}

TEST(silence_is_raised_at_the_set_time_and_not_when_the_device_comes_back) {
    struct plant p;
    watch_open(&p, "");
    int64_t heard_ms = p.now_ms;
    char wanted[64];
    value_measured(&p, "pump", heard_ms, "1");
    ticked(&p, 7200000);
    (void)snprintf(wanted, sizeof(wanted), "\"time\":%lld", (long long)heard_ms + 300000);
    CHECK_CONTAINS(buf_text(&p.said), wanted);
    plant_close(&p);
}

TEST(what_comes_in_the_millisecond_of_the_silence_clears_it) {
    struct plant p;
    watch_open(&p, "");
    value_measured(&p, "pump", p.now_ms, "1");
    ticked(&p, 300000);
    value_measured(&p, "pump", p.now_ms, "2");
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 1);
    CHECK_INT((long long)said_times(&p, "anomaly-cleared"), 1);
    ticked(&p, 300000);
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 2);
    plant_close(&p);
}

TEST(one_device_that_speaks_does_not_speak_for_another) {
    struct plant p;
    watch_open(&p, "");
    value_measured(&p, "dead", p.now_ms, "1");
    for (int i = 0; i < 60; i++) {
        p.now_ms += 10000;
        value_measured(&p, "alive", p.now_ms, "1");
    }
    CHECK_INT((long long)said_times(&p, "dead//silence"), 1);
    CHECK_INT((long long)said_times(&p, "alive//silence"), 0);
    plant_close(&p);
}

TEST(with_a_silence_of_zero_a_device_may_be_silent) {
    struct plant p;
    char *yaml = text_copy(iot_system.declaration), *at = strstr(yaml, "silence_seconds: 300");
    text_overwrite(at, "silence_seconds: 0  ");
    plant_open_on(&p, yaml, "anomaly-detection", iot_detection_handlers);
    free(yaml);
    value_measured(&p, "pump", p.now_ms, "1");
    ticked(&p, 86400000);
    CHECK_INT((long long)said_times(&p, "silence"), 0);
    plant_close(&p);
}

/* The service is started again with another setting; "0  " and "300" are equally long. */
static void silence_set(struct plant *p, const char *seconds) {
    char *yaml = text_copy(iot_system.declaration), *at = strstr(yaml, "silence_seconds: 300");
    bool saved = false;
    text_overwrite(at + strlen("silence_seconds: "), seconds);
    CHECK_OK(task_save(p->task, p->now_ms));
    CHECK_OK(task_saved(p->task, true, &saved));
    CHECK(saved);
    CHECK_OK(task_rest(p->task, true));
    task_close(p->task);
    schemas_close(p->schemas);
    declaration_destroy(p->declaration);
    CHECK_OK(declaration_read(&p->declaration, "octavo.yaml", bytes_text(yaml)));
    p->schemas = promised_open(p->declaration, "src/systems/iot");
    p->options.declaration = p->declaration;
    p->options.service = declaration_service(p->declaration, "anomaly-detection");
    plant_start(p);
    free(yaml);
}

TEST(silence_that_was_not_judged_for_a_while_is_judged_again) {
    struct plant p;
    watch_open(&p, "");
    value_measured(&p, "fell-silent", p.now_ms, "1");
    value_measured(&p, "spoke", p.now_ms, "1");
    silence_set(&p, "0  ");
    value_measured(&p, "spoke", p.now_ms += 1000, "2");
    ticked(&p, 600000); /* the timer of before is due */
    silence_set(&p, "300");
    value_measured(&p, "fell-silent", p.now_ms, "3");
    value_measured(&p, "spoke", p.now_ms, "3");
    CHECK_INT((long long)said_times(&p, "anomaly-"), 0);
    ticked(&p, 300000);
    CHECK_INT((long long)said_times(&p, "anomaly-raised fell-silent"), 1);
    CHECK_INT((long long)said_times(&p, "anomaly-raised spoke"), 1);
    plant_close(&p);
}

TEST(a_silence_that_is_open_ends_with_the_next_word_also_when_it_is_judged_no_more) {
    struct plant p;
    watch_open(&p, "");
    value_measured(&p, "pump", p.now_ms, "1");
    ticked(&p, 300000);
    silence_set(&p, "0  ");
    value_measured(&p, "pump", p.now_ms += 1000, "2");
    value_measured(&p, "pump", p.now_ms += 1000, "2");
    CHECK_INT((long long)said_times(&p, "anomaly-cleared"), 1);
    silence_set(&p, "300");
    value_measured(&p, "pump", p.now_ms += 1000, "2");
    CHECK_INT((long long)said_times(&p, "anomaly-cleared"), 1);
    ticked(&p, 300000);
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 2);
    plant_close(&p);
}

/* ---- what is not judged */

TEST(a_repeat_and_a_late_value_are_not_judged) {
    struct plant p;
    char point[64];
    watch_open(&p, "      limits: \"t > 80\"\n");
    (void)snprintf(point, sizeof(point), "%lld 20 t", (long long)p.now_ms);
    measured(&p, "pump", 5, point);
    measured(&p, "pump", 5, "1795435200000 99 t");
    value_measured(&p, "pump", p.now_ms - 1, "99");
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 0);
    value_measured(&p, "pump", p.now_ms, "99");
    CHECK_INT((long long)said_times(&p, "anomaly-raised"), 1);
    plant_close(&p);
}

TEST(devices_that_are_mixed_get_the_alerts_that_they_get_alone) {
    struct plant mixed, alone[2];
    size_t alone_times = 0;
    struct random r = random_seeded(test_seed());
    watch_open(&mixed, "");
    for (int d = 0; d < 2; d++)
        watch_open(&alone[d], "");
    for (int i = 0; i < 1200; i++) {
        char value[32];
        int d = (int)random_below(&r, 2);
        int64_t off = i % 400 > 380 ? 500 : 0;
        (void)snprintf(value, sizeof(value), "%" PRId64, off + (int64_t)random_below(&r, 9));
        mixed.now_ms += 1000;
        alone[d].now_ms = mixed.now_ms;
        value_measured(&mixed, d ? "b" : "a", mixed.now_ms, value);
        value_measured(&alone[d], d ? "b" : "a", mixed.now_ms, value);
    }
    for (int d = 0; d < 2; d++) {
        struct buf lines = { 0 };
        const char *at = buf_text(&alone[d].said);
        for (size_t len; *at; at += len) {
            len = strcspn(at, "\n") + 1;
            buf_clear(&lines);
            buf_put(&lines, at, len);
            CHECK_CONTAINS(buf_text(&mixed.said), buf_text(&lines));
        }
        alone_times += said_times(&alone[d], "anomaly-");
        buf_finish(&lines);
        plant_close(&alone[d]);
    }
    CHECK(alone_times > 0);
    CHECK_INT((long long)said_times(&mixed, "anomaly-"), (long long)alone_times);
    plant_close(&mixed);
}

TEST(settings_that_cannot_be_read_stop_the_service_with_what_is_wrong) {
    struct plant p;
    char *yaml = yaml_with("      limits: \"t >\"\n");
    plant_open_on(&p, yaml, "anomaly-detection", iot_detection_handlers);
    free(yaml);
    struct input in = { .kind = INPUT_RECORD,
                        .type = bytes_text("reading-taken"),
                        .id = bytes_text("i"),
                        .key = bytes_text("pump"),
                        .json = bytes_text("{\"points\":\"1 2 t\",\"received\":5}"),
                        .time_ms = p.now_ms,
                        .topic = bytes_text("telemetry-event") };
    task_begin(p.task);
    CHECK_ERROR(task_take(p.task, &in, &p.taken), E_handler);
    CHECK_STORY("limits");
    task_drop(p.task);
    plant_close(&p);
}
