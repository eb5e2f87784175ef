// rooms: detect base
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a value costs the detector, over so many series in turn.
 *
 *   detector [SERIES] [VALUES]      100000 series, 100 values each
 *
 * Prints `name value unit`. */
#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "detect/detector.h"

#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
    long series = count > 1 ? strtol(arguments[1], NULL, 10) : 100000;
    long values = count > 2 ? strtol(arguments[2], NULL, 10) : 100;
    struct detector *detectors = memory_get((size_t)series * sizeof(*detectors));
    struct random random = random_seeded(1);
    long alarms = 0;
    int64_t begun_ns = clock_steady_ns(clock_real());
    for (long v = 0; v < values; v++)
        for (long i = 0; i < series; i++)
            alarms += detector_take(&detectors[i], (double)random_below(&random, 1000)).alarm;
    int64_t took_ns = clock_steady_ns(clock_real()) - begun_ns;
    (void)printf("detector_value %.1f ns\n", (double)took_ns / (double)(series * values));
    (void)printf("detector_series %zu bytes\n", sizeof(*detectors));
    (void)printf("detector_alarms %ld alarms\n", alarms);
    free(detectors);
    return 0;
}
