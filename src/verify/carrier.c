/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* As much of X12 as the envelopes, INS and REF*0F need. A file is counted and closed rightly, or
 * nothing of it is taken. */
#include "carrier.h"

#include "base/check.h"
#include "base/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 20000, FILE_BYTES_MAX = 4 << 20, ELEMENTS_MAX = 20, ISA_BYTES = 106 };

struct folder {
    char **names;
    size_t count;
};

static void on_name(void *context, const char *name) {
    struct folder *f = context;
    size_t len = strlen(name);
    bool ours = len > 8 && strncmp(name, "834-", 4) == 0 && strcmp(name + len - 4, ".edi") == 0;
    if (ours && f->count < FILES_MAX)
        f->names[f->count++] = text_copy(name);
}

/* 1000 n + partition: those of a partition one after the other. */
static int by_control(const void *a, const void *b) {
    long long x = strtoll(*(char *const *)a + 4, NULL, 10);
    long long y = strtoll(*(char *const *)b + 4, NULL, 10);
    if (x % 1000 != y % 1000)
        return x % 1000 < y % 1000 ? -1 : 1;
    return (x > y) - (x < y);
}

/* ---- one file */

struct segment {
    struct bytes all[ELEMENTS_MAX];
    size_t count;
};

static bool segment_take(struct bytes *left, struct segment *out) {
    const uint8_t *end = left->len ? memchr(left->data, '~', left->len) : NULL;
    out->count = 0;
    if (!end)
        return false;
    struct bytes s = bytes_of(left->data, (size_t)(end - left->data));
    *left = bytes_of(end + 1, left->len - s.len - 1);
    while (out->count < ELEMENTS_MAX) {
        const uint8_t *star = s.len ? memchr(s.data, '*', s.len) : NULL;
        size_t len = star ? (size_t)(star - s.data) : s.len;
        out->all[out->count++] = bytes_of(s.data, len);
        if (!star)
            break;
        s = bytes_of(star + 1, s.len - len - 1);
    }
    return true;
}

static bool is(const struct segment *s, size_t element, const char *text) {
    return element < s->count && bytes_is_text(s->all[element], text);
}

static long number_of(struct bytes text) {
    char *copy = text_copy_bytes(text);
    long number = strtol(copy, NULL, 10);
    free(copy);
    return number;
}

struct file_reading {
    struct history *history;
    const char *name;
    char kind[3]; /* of the newest INS: 21, 01, 24 */
    long control, st, counted, said, ends;
};

static void segment_judge(struct file_reading *f, const struct segment *s, bool tells) {
    f->counted += f->st > 0;
    if (is(s, 0, "ISA") && s->count > 13)
        f->control = number_of(s->all[13]);
    if (is(s, 0, "ST"))
        f->st = f->counted = 1;
    if (is(s, 0, "SE") && s->count > 1) {
        f->said = number_of(s->all[1]);
        f->st = -f->counted;
    }
    if (is(s, 0, "IEA") && s->count > 2 && number_of(s->all[2]) == f->control)
        f->ends = 1;
    if (is(s, 0, "INS") && s->count > 3)
        (void)snprintf(f->kind, sizeof(f->kind), "%.*s", 2,
                       s->all[3].len == 3 ? (const char *)s->all[3].data + 1 : "??");
    if (!tells || !is(s, 0, "REF") || !is(s, 1, "0F") || s->count < 3)
        return;
    struct history_record r = { .kind = HISTORY_seen,
                                .operation = HISTORY_coverage,
                                .id = history_text(f->history, f->name),
                                .key = history_name(f->history, s->all[2]) };
    memcpy(r.code, f->kind, 2);
    history_put(f->history, r);
}

static void segments_pass(struct file_reading *f, struct bytes text, bool tells) {
    struct segment s;
    while (segment_take(&text, &s))
        segment_judge(f, &s, tells);
}

void carrier_file_read(const char *name, struct bytes text, struct history *h) {
    struct file_reading f = { .history = h, .name = name };
    segments_pass(&f, text, false);
    bool whole = text.len > ISA_BYTES && text.data[ISA_BYTES - 1] == '~' && f.ends
                 && f.said == -f.st && f.control == strtol(name + 4, NULL, 10);
    if (whole) {
        segments_pass(&(struct file_reading){ .history = h, .name = name }, text, true);
        return;
    }
    struct history_record r = { .kind = HISTORY_seen,
                                .operation = HISTORY_coverage,
                                .id = history_text(h, name),
                                .code = "??" };
    history_put(h, r);
}

enum error carrier_read(const char *folder, struct history *h) {
    struct folder f = { .names = memory_get(FILES_MAX * sizeof(char *)) };
    bool there = false;
    enum error e = disk_exists(disk_real(), folder, &there);
    if (!e && there)
        e = disk_list(disk_real(), folder, on_name, &f);
    if (f.count)
        qsort(f.names, f.count, sizeof(f.names[0]), by_control);
    for (size_t i = 0; i < f.count; i++) {
        char *path = text_format("%s/%s", folder, f.names[i]);
        struct buf text = { 0 };
        if (!e)
            e = disk_read_whole(disk_real(), path, FILE_BYTES_MAX, &text);
        if (!e)
            carrier_file_read(f.names[i], buf_bytes(&text), h);
        buf_finish(&text);
        free(path);
        free(f.names[i]);
    }
    free(f.names);
    return e;
}
