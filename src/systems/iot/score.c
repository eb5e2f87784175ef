/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* score DIR: the detector over labelled series, each read once from its first line to its last, as
 * a device would have sent it. DIR is laid out as NAB is: data/GROUP/FILE.csv of timestamp,value,
 * and windows.json (or labels/combined_windows.json). */
#include "iot.h"

#include "detect/detector.h"
#include "detect/nab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DONE = 0, FOUND_WRONG = 1, USAGE = 2, FAILED = 3 };

enum { LABELS_BYTES_MAX = 1 << 20, SERIES_MAX = 1000, ROWS_MAX = 10000000, LINE_CHARS = 512 };
enum { PATH_CHARS = 1024, ANSWERS = 2, BASELINE_QUIET = 100 };

struct row {
    char time[NAB_TIME_CHARS + 1];
    double value;
};

struct scored {
    char file[NAB_NAME_CHARS + 1];
    struct row *rows;
    size_t count, room;
    float *scores[ANSWERS]; /* the detector's, and the baseline's */
    struct nab_window windows[NAB_WINDOWS_MAX];
    size_t window_count;
    size_t hits, alarms, outside; /* windows with an alarm; alarms; those in no window */
};

struct scoring {
    struct octavo_session *session;
    const char *dir;
    struct scored *series;
    size_t count;
    bool failed;
};

static void *room_get(void *old, size_t size) {
    void *got = realloc(old, size);
    if (!got)
        abort();
    return got;
}

/* ---- reading */

static bool line_read(char *line, struct row *row) {
    char *comma = strchr(line, ','), *end;
    size_t len = comma ? (size_t)(comma - line) : 0;
    if (!len || len > NAB_TIME_CHARS)
        return false;
    memcpy(row->time, line, len);
    row->time[len] = 0;
    row->value = strtod(comma + 1, &end);
    return end != comma + 1;
}

static bool rows_read(struct scored *s, FILE *in) {
    char line[LINE_CHARS];
    if (!fgets(line, sizeof(line), in)) /* the names of the columns */
        return false;
    while (fgets(line, sizeof(line), in)) {
        if (s->count == s->room) {
            s->room = s->room ? s->room * 2 : 4096;
            s->rows = room_get(s->rows, s->room * sizeof(*s->rows));
        }
        if (s->count == ROWS_MAX || !line_read(line, &s->rows[s->count]))
            return false;
        s->count++;
    }
    return s->count > 0;
}

/* Labels tell fractions of a second that rows do not. */
static bool window_find(struct scored *s, const char (*times)[NAB_TIME_CHARS + 1]) {
    struct nab_window w = { s->count, s->count };
    for (size_t row = 0; row < s->count && w.last == s->count; row++) {
        size_t len = strlen(s->rows[row].time);
        if (w.first == s->count && strncmp(s->rows[row].time, times[0], len) == 0)
            w.first = row;
        if (w.first < s->count && strncmp(s->rows[row].time, times[1], len) == 0)
            w.last = row;
    }
    if (w.last == s->count)
        return false;
    s->windows[s->window_count++] = w;
    return true;
}

static bool series_complain(struct scoring *s, const char *file, const char *why) {
    octavo_print(s->session, "octavo iot score: %s: %s\n", file, why);
    s->failed = true;
    return false;
}

static bool on_label(void *context, const struct nab_label *label) {
    struct scoring *s = context;
    char path[PATH_CHARS];
    if (s->count == SERIES_MAX)
        return series_complain(s, label->file, "more series than can be scored at once");
    if (strstr(label->file, ".."))
        return series_complain(s, label->file, "no name of a file below data/");
    (void)snprintf(path, sizeof(path), "%s/data/%s", s->dir, label->file);
    FILE *in = fopen(path, "r");
    if (!in)
        return true; /* a part of the labelled files is a set, too */
    struct scored *made = &s->series[s->count++];
    (void)snprintf(made->file, sizeof(made->file), "%s", label->file);
    bool good = rows_read(made, in);
    (void)fclose(in);
    if (!good)
        return series_complain(s, path, "a line is not timestamp,value");
    for (size_t i = 0; i < label->count; i++)
        if (!window_find(made, label->times[i]))
            return series_complain(s, path, "the times of its label are no rows of it");
    return true;
}

static char *labels_load(const char *dir, size_t *len) {
    static const char *const places[] = { "windows.json", "labels/combined_windows.json" };
    char path[PATH_CHARS];
    FILE *in = NULL;
    for (size_t i = 0; !in && i < sizeof(places) / sizeof(*places); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, places[i]);
        in = fopen(path, "r");
    }
    if (!in)
        return NULL;
    char *text = room_get(NULL, LABELS_BYTES_MAX);
    *len = fread(text, 1, LABELS_BYTES_MAX, in);
    (void)fclose(in);
    return text;
}

/* ---- judging */

static void detector_judge(struct scored *s) {
    struct detector d = { 0 };
    float *scores = s->scores[0] = room_get(NULL, s->count * sizeof(*scores));
    for (size_t i = 0; i < s->count; i++) {
        struct detector_verdict v = detector_take(&d, s->rows[i].value);
        scores[i] = v.alarm ? (float)(v.score / DETECTOR_SCORE_MAX) : 0;
    }
}

/* What it is compared with: how many standard deviations a value is off all that were. */
static void baseline_judge(struct scored *s) {
    float *scores = s->scores[1] = room_get(NULL, s->count * sizeof(*scores));
    double mean = 0, square = 0;
    int quiet = 0;
    for (size_t i = 0; i < s->count; i++) {
        double off = s->rows[i].value - mean;
        double deviation = i > 1 ? sqrt(square / (double)(i - 1)) : 0;
        double score = deviation > 0 ? fmin(fabs(off) / deviation, DETECTOR_SCORE_MAX) : 0;
        scores[i] = quiet == 0 && score >= 3 ? (float)(score / DETECTOR_SCORE_MAX) : 0;
        quiet = scores[i] > 0 ? BASELINE_QUIET : quiet > 0 ? quiet - 1 : 0;
        mean += off / (double)(i + 1);
        square += off * (s->rows[i].value - mean);
    }
}

static bool in_window(const struct scored *s, size_t row, size_t *window) {
    for (*window = 0; *window < s->window_count; (*window)++)
        if (row >= s->windows[*window].first && row <= s->windows[*window].last)
            return true;
    return false;
}

static void alarms_count(struct scored *s) {
    size_t window;
    bool hit[NAB_WINDOWS_MAX] = { false };
    for (size_t row = nab_probation(s->count); row < s->count; row++) {
        if (!(s->scores[0][row] > 0))
            continue;
        s->alarms++;
        if (!in_window(s, row, &window))
            s->outside++;
        else
            hit[window] = true;
    }
    for (size_t i = 0; i < s->window_count; i++)
        s->hits += hit[i];
}

/* ---- telling */

/* Rows stand five minutes apart in nearly all of them; where they do not, a day is what its dates
 * say. */
static double days_of(const struct scored *s) {
    int from[3] = { 0 }, to[3] = { 0 };
    (void)sscanf(s->rows[0].time, "%d-%d-%d", &from[0], &from[1], &from[2]);
    (void)sscanf(s->rows[s->count - 1].time, "%d-%d-%d", &to[0], &to[1], &to[2]);
    double days = (to[0] - from[0]) * 365.25 + (to[1] - from[1]) * 30.44 + (to[2] - from[2]) + 1;
    return days > 1 ? days : 1;
}

/* Every other file of a group is one half, so that both have something of each. */
static int place_in_group(const struct scoring *s, size_t i) {
    const char *file = s->series[i].file;
    size_t len = strcspn(file, "/");
    int place = 0;
    while (i-- > 0 && strncmp(s->series[i].file, file, len + 1) == 0)
        place++;
    return place;
}

static bool set_score(const struct scoring *s, int answer, int half, struct nab_result *out) {
    struct nab_series *set = calloc(s->count ? s->count : 1, sizeof(*set));
    size_t taken = 0;
    if (!set)
        abort();
    bool good = true;
    for (size_t i = 0; i < s->count; i++)
        if (half < 0 || place_in_group(s, i) % 2 == half)
            set[taken++] = (struct nab_series){ s->series[i].scores[answer], s->series[i].count,
                                                s->series[i].windows, s->series[i].window_count };
    for (int p = 0; good && p < NAB_PROFILES; p++)
        good = nab_score(set, taken, &nab_profiles[p], 0, &out[p]);
    free(set);
    return good;
}

static void set_print(const struct scoring *s, const char *name, int answer, int half) {
    struct nab_result r[NAB_PROFILES];
    if (!set_score(s, answer, half, r))
        return;
    if (octavo_json_wanted(s->session))
        octavo_print(s->session,
                     "{\"set\":\"%s\",\"standard\":%.2f,\"low_fp\":%.2f,\"low_fn\":%.2f,"
                     "\"threshold\":%.4f,\"all_alarms\":%.2f}\n",
                     name, r[0].score, r[1].score, r[2].score, r[0].threshold, r[0].at);
    else
        octavo_print(s->session, "%-24s %8.2f %8.2f %8.2f %10.4f %10.2f\n", name, r[0].score,
                     r[1].score, r[2].score, r[0].threshold, r[0].at);
}

static void scores_print(const struct scoring *s) {
    size_t rows = 0, windows = 0, hits = 0, outside = 0;
    double days = 0;
    for (size_t i = 0; i < s->count; i++) {
        rows += s->series[i].count;
        windows += s->series[i].window_count;
        hits += s->series[i].hits;
        outside += s->series[i].outside;
        days += days_of(&s->series[i]);
    }
    if (!octavo_json_wanted(s->session))
        octavo_print(s->session, "%-24s %8s %8s %8s %10s %10s\n", "NAB 1.1", "standard", "low FP",
                     "low FN", "threshold", "all alarms");
    set_print(s, "detector", 0, -1);
    set_print(s, "detector, half A", 0, 0);
    set_print(s, "detector, half B", 0, 1);
    set_print(s, "baseline: 3 deviations", 1, -1);
    if (!octavo_json_wanted(s->session))
        octavo_print(s->session,
                     "%zu series, %zu rows, %zu of %zu windows found, %zu alarms outside: %.3f a "
                     "device-day\n",
                     s->count, rows, hits, windows, outside, (double)outside / days);
}

static bool result_write(const struct scored *s, const char *dir) {
    char path[PATH_CHARS], group[NAB_NAME_CHARS + 1];
    size_t window;
    const char *slash = strchr(s->file, '/');
    (void)snprintf(group, sizeof(group), "%.*s", slash ? (int)(slash - s->file) : 0, s->file);
    (void)snprintf(path, sizeof(path), "%s/%s", dir, group);
    (void)mkdir(path, 0777); /* what is wrong with it is told by what follows */
    (void)snprintf(path, sizeof(path), "%s/%s/octavo_%s", dir, group, slash ? slash + 1 : s->file);
    FILE *out = fopen(path, "w");
    if (!out)
        return false;
    (void)fputs("timestamp,value,anomaly_score,label\n", out);
    for (size_t i = 0; i < s->count; i++)
        (void)fprintf(out, "%s,%.17g,%.9g,%d\n", s->rows[i].time, s->rows[i].value,
                      (double)s->scores[0][i], in_window(s, i, &window) ? 1 : 0);
    return fclose(out) == 0;
}

static bool results_write(struct scoring *s, const char *dir) {
    (void)mkdir(dir, 0777);
    for (size_t i = 0; i < s->count; i++)
        if (!result_write(&s->series[i], dir))
            return series_complain(s, dir, "a result cannot be written there");
    return true;
}

static void scoring_finish(struct scoring *s) {
    for (size_t i = 0; i < s->count; i++) {
        free(s->series[i].rows);
        for (int a = 0; a < ANSWERS; a++)
            free(s->series[i].scores[a]);
    }
    free(s->series);
}

static int series_score(struct scoring *s, const char *out) {
    if (!s->failed && !s->count)
        (void)series_complain(s, s->dir, "none of the labelled files is there, below data/");
    if (s->failed)
        return FAILED;
    for (size_t i = 0; i < s->count; i++) {
        detector_judge(&s->series[i]);
        baseline_judge(&s->series[i]);
        alarms_count(&s->series[i]);
    }
    scores_print(s);
    return !out || results_write(s, out) ? DONE : FAILED;
}

int iot_score(struct octavo_session *session, int count, char **arguments) {
    const char *out = NULL;
    struct scoring s = { .session = session };
    const struct octavo_option options[] = { { "--out", &out, NULL }, { NULL, NULL, NULL } };
    size_t len = 0;
    (void)count;
    if (octavo_arguments_read(session, arguments, &(struct octavo_words){ "DIR", &s.dir }, options)
        != DONE)
        return USAGE;
    char *labels = labels_load(s.dir, &len);
    if (!labels)
        return octavo_usage_error(session,
                                  "%s: neither windows.json nor "
                                  "labels/combined_windows.json is there",
                                  s.dir);
    s.series = calloc(SERIES_MAX, sizeof(*s.series));
    if (!s.series)
        abort();
    if (!nab_labels_read(labels, len, on_label, &s))
        (void)series_complain(&s, s.dir, "its labels are not {FILE: [[TIME, TIME], ...]}");
    int code = series_score(&s, out);
    scoring_finish(&s);
    free(labels);
    return code;
}
