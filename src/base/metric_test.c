/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/metric.h"

#include "base/clock.h"
#include "base/event.h"
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static struct buf out;
static struct buf labels;

static void check_has(const char *part) {
    if (!strstr(buf_text(&out), part))
        CHECK_TEXT(buf_text(&out), part);
}

TEST(a_metric_has_its_head_once_and_a_line_for_each_sample) {
    struct metric_page page = { .out = &out };
    metric_label(&labels, "topic", bytes_text("orders"));
    metric_label_int(&labels, "partition", 3);
    metric_int(&page, M_kafka_consumergroup_lag, &labels, 12);
    metric_int(&page, M_kafka_consumergroup_lag, NULL, -1);
    metric_ms(&page, M_octavo_lag_seconds, NULL, 1234);
    CHECK_TEXT(
        buf_text(&out),
        "# HELP kafka_consumergroup_lag "
        "Current Approximate Lag of a ConsumerGroup at Topic/Partition\n"
        "# TYPE kafka_consumergroup_lag gauge\n"
        "kafka_consumergroup_lag{topic=\"orders\",partition=\"3\"} 12\n"
        "kafka_consumergroup_lag -1\n"
        "# HELP octavo_lag_seconds how long the oldest unread record of a partition may have "
        "waited, at most\n"
        "# TYPE octavo_lag_seconds gauge\n"
        "octavo_lag_seconds 1.234\n");
}

TEST(a_label_may_hold_any_text) {
    struct metric_page page = { .out = &out };
    metric_label(&labels, "event", bytes_text("a\"b\\c\nd"));
    metric_int(&page, M_octavo_log_events_total, &labels, 1);
    check_has("{event=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(fractions_are_written_with_a_point_and_their_sign) {
    struct metric_page page = { .out = &out };
    metric_ms(&page, M_octavo_lag_seconds, NULL, -5);
    metric_ms(&page, M_octavo_lag_seconds, NULL, -61005);
    metric_ms(&page, M_octavo_lag_seconds, NULL, 0);
    metric_ms(&page, M_octavo_lag_seconds, NULL, 1790000000001);
    check_has("\noctavo_lag_seconds -0.005\noctavo_lag_seconds -61.005\noctavo_lag_seconds 0.000\n"
              "octavo_lag_seconds 1790000000.001\n");
}

TEST(a_histogram_counts_each_duration_in_its_bucket_and_all_above) {
    struct metric_page page = { .out = &out };
    struct histogram h = { 0 };
    histogram_add(&h, 100000); /* on the bound */
    histogram_add(&h, 100001);
    histogram_add(&h, 3000000);
    histogram_add(&h, 11000000000);
    metric_label(&labels, "service", bytes_text("s"));
    metric_histogram(&page, M_octavo_commit_seconds, &labels, &h);
    check_has("octavo_commit_seconds_bucket{service=\"s\",le=\"0.0001\"} 1\n");
    check_has("octavo_commit_seconds_bucket{service=\"s\",le=\"0.0002\"} 2\n");
    check_has("octavo_commit_seconds_bucket{service=\"s\",le=\"0.002\"} 2\n");
    check_has("octavo_commit_seconds_bucket{service=\"s\",le=\"0.005\"} 3\n");
    check_has("octavo_commit_seconds_bucket{service=\"s\",le=\"10.0\"} 3\n");
    check_has("octavo_commit_seconds_bucket{service=\"s\",le=\"+Inf\"} 4\n");
    check_has("octavo_commit_seconds_sum{service=\"s\"} 11.003200001\n");
    check_has("octavo_commit_seconds_count{service=\"s\"} 4\n");
}

TEST(a_process_shows_its_time_its_memory_and_its_log) {
    struct metric_page page = { .out = &out };
    event_log(EV_checkpoint_written, "lsn=1"); /* debug: counted, not printed */
    metric_process(&page);
    check_has("octavo_log_events_total{event=\"checkpoint_written\",level=\"debug\"} 1\n");
    check_has("# TYPE process_cpu_seconds_total counter\n");
    const char *memory = strstr(buf_text(&out), "\nprocess_resident_memory_bytes ");
    CHECK(memory && strtoll(memory + 31, NULL, 10) > 100000);
    int64_t age_ms = clock_wall_ms(clock_real()) - clock_process_start_ms();
    CHECK(age_ms >= 0 && age_ms < 60000);
}
