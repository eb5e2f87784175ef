/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Files of NAB: "timestamp,value" below a line of names. What is no number is passed by. */
#include "readings.h"

#include "base/bytes.h"
#include "base/disk.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 4 << 20, INVENTED_VALUES = 2000, INVENTED_DAY = 288 };

static const struct {
    const char *metric, *file;
} files[] = {
    { "temperature", "realKnownCause/ambient_temperature_system_failure.csv" },
    { "demand", "realKnownCause/nyc_taxi.csv" },
    { "latency", "realKnownCause/ec2_request_latency_system_failure.csv" },
    { "load", "realAWSCloudwatch/rds_cpu_utilization_e47b3b.csv" },
    { "occupancy", "realTraffic/occupancy_6005.csv" },
    { "speed", "realTraffic/speed_t4013.csv" },
};

enum { FILES = sizeof(files) / sizeof(*files) };

static void values_read(struct readings_series *s, char *text) {
    size_t capacity = 0;
    char *line = strchr(text, '\n');
    while (line && line[1]) {
        char *comma = strchr(line + 1, ','), *end;
        double value = comma ? strtod(comma + 1, &end) : 0;
        if (comma && end != comma + 1) {
            s->values = memory_grow(s->values, s->count, &capacity, sizeof(*s->values));
            s->values[s->count++] = value;
        }
        line = strchr(line + 1, '\n');
    }
}

static bool file_read(struct readings *r, const char *data, size_t i) {
    struct buf text = { 0 };
    char *path = text_format("%s/nab/data/%s", data, files[i].file);
    enum error e = disk_read_whole(disk_real(), path, FILE_BYTES_MAX, &text);
    struct readings_series *s = &r->series[r->count];
    if (!e)
        values_read(s, (char *)(uintptr_t)buf_text(&text));
    s->metric = files[i].metric;
    r->count += s->count > 0;
    free(path);
    buf_finish(&text);
    return !e;
}

/* A day with noise, and something wrong in its last third. */
static void series_invent(struct readings *r) {
    struct random random = random_seeded(1);
    struct readings_series *s = &r->series[r->count++];
    *s = (struct readings_series){ "temperature", memory_get(INVENTED_VALUES * sizeof(double)),
                                   INVENTED_VALUES };
    for (size_t i = 0; i < s->count; i++) {
        double noise = (double)random_below(&random, 2000) / 1000 - 1;
        s->values[i] = 20 + 5 * sin((double)i * 6.2832 / INVENTED_DAY) + noise;
        s->values[i] += i > s->count * 2 / 3 && i < s->count * 2 / 3 + 20 ? 30 : 0;
    }
}

enum error readings_open(struct readings *out) {
    const char *data = getenv("OCTAVO_DATA");
    *out = (struct readings){ .series = memory_get(FILES * sizeof(*out->series)) };
    for (size_t i = 0; i < FILES; i++)
        if (!file_read(out, data ? data : "../shared/data", i))
            break;
    out->source =
        out->count ? "real series of the Numenta Anomaly Benchmark" : "an invented series";
    if (!out->count)
        series_invent(out);
    return E_ok;
}

void readings_finish(struct readings *r) {
    for (size_t i = 0; i < r->count; i++)
        free(r->series[i].values);
    free(r->series);
    *r = (struct readings){ 0 };
}
