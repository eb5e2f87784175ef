/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Schedules: when something is due next, by a zone's clock on the wall or by time that passes.
 *
 *   30 2 * * 1-5        cron: minute, hour, day of month, month, day of week (0 or 7: Sunday)
 *   15 30 2 * * *       six fields: seconds first
 *   0 6 L * *           L: the last day of the month
 *   @every 15m          s, m, h or d; counted from 1970, so that it depends on nothing
 *   @hourly @daily @weekly @monthly @yearly
 *
 * A field is *, numbers, ranges a-b, steps a-b/n, lists of these; names of months and days. Where
 * both days are restricted, either will do, as cron has it.
 *
 * A clock on the wall leaves times out and shows others twice. A time in the gap is due when the
 * clock is put forward (run_after), or not at all (skip). A time that comes twice is due the first
 * time, the second, or both; without a word: both where the hour is *, else the first. Pure: the
 * answer depends on the arguments and zone_version() alone. */
#ifndef OCTAVO_VALUES_CRON_H
#define OCTAVO_VALUES_CRON_H

#include "base/bytes.h"

enum { CRON_TEXT_MAX = 128 };

enum cron_gap { CRON_RUN_AFTER, CRON_SKIP };
enum cron_overlap { CRON_AS_USUAL, CRON_FIRST, CRON_SECOND, CRON_BOTH };

struct cron {
    uint64_t seconds, minutes, hours, days, months, weekdays; /* a bit for each */
    bool last_day, days_restricted, weekdays_restricted, hours_any;
    int64_t every_ms; /* @every; then nothing of the above counts */
    enum cron_gap gap;
    enum cron_overlap overlap;
    char zone[64];
};

/* NULL, or what is wrong with it, for a person; empty policies stay as they are. */
const char *cron_read(struct cron *out, struct bytes text, struct bytes zone);
const char *cron_policies_read(struct cron *c, struct bytes gap, struct bytes overlap);
/* The first due moment after after_ms, or the last before before_ms; false: there is none within
 * nine years. */
bool cron_next(const struct cron *c, int64_t after_ms, int64_t *out_ms);
bool cron_previous(const struct cron *c, int64_t before_ms, int64_t *out_ms);

#endif
