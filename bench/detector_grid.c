// rooms: detect base
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which constants the detector has, and what they are worth: its own code with every combination of
 * a grid of round values, over the labelled series in DIR (laid out as NAB is), by the standard
 * score of all alarms at the threshold itself.
 *
 *   detector_grid DIR           ../shared/data/nab
 *
 * Prints the best for all series, the best for every other file of each group and what those
 * constants score on the rest, and the same the other way round; and what each constant costs when
 * it alone is another. docs/decisions/0011 quotes it. */
static double level_rate, drift_rate, step_rate, threshold;
static int quiet;
#define LEVEL_RATE level_rate
#define DRIFT_RATE drift_rate
#define STEP_RATE step_rate
#define DETECTOR_THRESHOLD threshold
#define DETECTOR_QUIET quiet

#include "detect/detector.c" /* NOLINT(bugprone-suspicious-include) */ /* no copy */

#include "base/bytes.h"
#include "base/disk.h"
#include "detect/nab.h"

#include <stdio.h>
#include <stdlib.h>

enum { SERIES_MAX = 100, SETS = 3, CONSTANTS = 5, VALUES_MAX = 5, FILE_MAX = 16 << 20 };
enum { HALF_A, HALF_B, ALL };

struct labelled {
    char group[NAB_NAME_CHARS + 1];
    int half;
    size_t count;
    double *values;
    float *scores;
    struct nab_window windows[NAB_WINDOWS_MAX];
    size_t window_count;
};

static struct {
    const char *dir;
    struct labelled series[SERIES_MAX];
    size_t count;
} data;

static const struct {
    const char *name;
    double values[VALUES_MAX]; /* the chosen one first; 0: no more */
} grid[CONSTANTS] = {
    { "short mean", { 0.14, 0.1, 0.2 } },   { "long mean", { 0.02, 0.01, 0.03 } },
    { "square step", { 0.1, 0.07, 0.14 } }, { "threshold", { 3.6, 3.2, 4.0 } },
    { "quiet", { 140, 100, 120, 150 } },
};

/* ---- reading */

static const char *row_find(const char *text, const char *time) {
    size_t len = strcspn(text, ",");
    while (*text && strncmp(text, time, len) != 0) {
        text += strcspn(text, "\n");
        text += *text == '\n';
        len = strcspn(text, ",");
    }
    return text;
}

static size_t row_number(const char *text, const char *at) {
    size_t n = 0;
    for (; text < at; text++)
        n += *text == '\n';
    return n;
}

static void values_read(struct labelled *s, const char *text) {
    s->values = memory_get((strlen(text) / 4 + 1) * sizeof(*s->values));
    for (; *text; text += *text == '\n') {
        text += strcspn(text, ",");
        s->values[s->count++] = strtod(text + 1, NULL);
        text += strcspn(text, "\n");
    }
    s->scores = memory_get((s->count + 1) * sizeof(*s->scores));
}

static void half_find(struct labelled *s) {
    int place = 0;
    for (const struct labelled *other = s; other-- > data.series;)
        place += strcmp(other->group, s->group) == 0;
    s->half = place % 2;
}

static bool on_label(void *context, const struct nab_label *label) {
    struct buf file = { 0 };
    char path[1024];
    (void)context;
    (void)snprintf(path, sizeof(path), "%s/data/%s", data.dir, label->file);
    if (data.count == SERIES_MAX || disk_read_whole(disk_real(), path, FILE_MAX, &file))
        return data.count < SERIES_MAX; /* a part of the labelled files is a set, too */
    struct labelled *s = &data.series[data.count++];
    const char *rows = strchr(buf_text(&file), '\n') + 1;
    (void)snprintf(s->group, sizeof(s->group), "%.*s", (int)strcspn(label->file, "/"), label->file);
    half_find(s);
    values_read(s, rows);
    for (size_t i = 0; i < label->count; i++)
        s->windows[s->window_count++] =
            (struct nab_window){ row_number(rows, row_find(rows, label->times[i][0])),
                                 row_number(rows, row_find(rows, label->times[i][1])) };
    buf_finish(&file);
    return true;
}

static bool data_read(const char *dir) {
    struct buf labels = { 0 };
    char path[1024];
    data.dir = dir;
    (void)snprintf(path, sizeof(path), "%s/windows.json", dir);
    bool good = !disk_read_whole(disk_real(), path, FILE_MAX, &labels)
                && nab_labels_read(buf_text(&labels), labels.len, on_label, NULL) && data.count > 1;
    buf_finish(&labels);
    return good;
}

/* ---- scoring */

static double set_score(int set) {
    struct nab_series some[SERIES_MAX];
    struct nab_result result = { 0 };
    size_t taken = 0;
    for (size_t i = 0; i < data.count; i++)
        if (set == ALL || data.series[i].half == set)
            some[taken++] =
                (struct nab_series){ data.series[i].scores, data.series[i].count,
                                     data.series[i].windows, data.series[i].window_count };
    return nab_score(some, taken, &nab_profiles[0], 0, &result) ? result.at : 0;
}

static void constants_try(const int at[CONSTANTS], double scores[SETS]) {
    level_rate = grid[0].values[at[0]];
    drift_rate = grid[1].values[at[1]];
    step_rate = grid[2].values[at[2]];
    threshold = grid[3].values[at[3]];
    quiet = (int)grid[4].values[at[4]];
    for (size_t i = 0; i < data.count; i++) {
        struct detector d = { 0 };
        for (size_t row = 0; row < data.series[i].count; row++) {
            struct detector_verdict v = detector_take(&d, data.series[i].values[row]);
            data.series[i].scores[row] = v.alarm ? (float)(v.score / DETECTOR_SCORE_MAX) : 0;
        }
    }
    for (int set = 0; set < SETS; set++)
        scores[set] = set_score(set);
}

static bool next(int at[CONSTANTS]) {
    for (int c = 0; c < CONSTANTS; c++) {
        if (++at[c] < VALUES_MAX && grid[c].values[at[c]] != 0)
            return true;
        at[c] = 0;
    }
    return false;
}

static void best_print(const char *what, const int at[CONSTANTS], const double scores[SETS]) {
    (void)printf("%-14s", what);
    for (int c = 0; c < CONSTANTS; c++)
        (void)printf(" %s %g,", grid[c].name, grid[c].values[at[c]]);
    (void)printf(" half A %.2f, half B %.2f, all %.2f\n", scores[HALF_A], scores[HALF_B],
                 scores[ALL]);
}

static void ones_print(void) {
    double scores[SETS];
    for (int c = 0; c < CONSTANTS; c++)
        for (int v = 1; v < VALUES_MAX && grid[c].values[v] != 0; v++) {
            int at[CONSTANTS] = { 0 };
            at[c] = v;
            constants_try(at, scores);
            (void)printf("%s %g instead of %g: %.2f\n", grid[c].name, grid[c].values[v],
                         grid[c].values[0], scores[ALL]);
        }
}

int main(int count, char **arguments) {
    static const char *const names[SETS] = { "best of half A", "best of half B", "best of all" };
    int at[CONSTANTS] = { 0 }, best[SETS][CONSTANTS] = { { 0 } };
    double scores[SETS], found[SETS][SETS] = { { 0 } };
    if (!data_read(count > 1 ? arguments[1] : "../shared/data/nab")) {
        (void)fprintf(stderr, "detector_grid: no labelled series there\n");
        return 77;
    }
    do {
        constants_try(at, scores);
        for (int set = 0; set < SETS; set++)
            if (scores[set] > found[set][set]) {
                memcpy(best[set], at, sizeof(at));
                memcpy(found[set], scores, sizeof(scores));
            }
    } while (next(at));
    constants_try((int[CONSTANTS]){ 0 }, scores);
    best_print("chosen", (int[CONSTANTS]){ 0 }, scores);
    for (int set = 0; set < SETS; set++)
        best_print(names[set], best[set], found[set]);
    ones_print();
    return 0;
}
