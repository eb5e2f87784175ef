/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The promises of file extracts: each run's file is with the partner once, whole, of one snapshot
 * and of its interval, its done-file last; and intervals leave nothing out. */
#include "check.h"

#include <stdlib.h>

enum { ROWS = 40 };

static void file_judge(const struct evidence *e, const struct history_record *file,
                       const struct tally *runs, struct verdict *v) {
    const char *name = evidence_called(e, file->id);
    const struct tally_place *run = tally_find(runs, file->id);
    v->looked_at++;
    if (!run)
        verdict_wrong(v, file->id, "%s is with the partner, and no run is called so", name);
    else if (file->value != ROWS)
        verdict_wrong(v, file->id, "%s has %lld rows of %d", name, (long long)file->value, ROWS);
    else if (file->place < 0)
        verdict_wrong(v, file->id, "%s is of two snapshots", name);
    else if (tally_mix(file->lane, file->key) != run->note)
        verdict_wrong(v, file->id, "%s is of another interval than its run", name);
    else if (!file->process)
        verdict_wrong(v, file->id, "%s has no done-file with its digest", name);
}

void check_files(const struct evidence *e, struct verdict *v) {
    struct tally runs = { 0 }, there = { 0 };
    const struct history *h = e->history;
    for (size_t i = 0; i < h->count; i++) {
        const struct history_record *r = &h->records[i];
        if (r->operation == HISTORY_scheduled)
            tally_at(&runs, r->id)->note = tally_mix((uint64_t)r->value, (uint64_t)r->place);
    }
    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].operation == HISTORY_file) {
            tally_at(&there, h->records[i].id)->note = 1;
            file_judge(e, &h->records[i], &runs, v);
        }
    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].operation == HISTORY_scheduled && !tally_find(&there, h->records[i].id))
            verdict_wrong(v, h->records[i].id, "%s was scheduled, and is not with the partner",
                          evidence_called(e, h->records[i].id));
    tally_finish(&runs);
    tally_finish(&there);
}

/* What a name had when it was first seen it has for ever. */
void check_whole(const struct evidence *e, struct verdict *v) {
    struct tally first = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_glimpse && r->operation != HISTORY_file)
            continue;
        struct tally_place *seen = tally_at(&first, r->id);
        v->looked_at++;
        if (r->value < 0)
            verdict_wrong(v, r->id, "%s was there before its file", evidence_called(e, r->id));
        else if (seen->note && seen->note != r->other)
            verdict_wrong(v, r->id, "%s was seen with another content before",
                          evidence_called(e, r->id));
        seen->note = r->other;
    }
    tally_finish(&first);
}

struct interval {
    uint64_t extract, id;
    int64_t from, until;
};

static int by_extract(const void *a, const void *b) {
    const struct interval *x = a, *y = b;
    if (x->extract != y->extract)
        return x->extract < y->extract ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

static struct interval *intervals_gather(const struct evidence *e, size_t *count) {
    struct interval *all = memory_get((e->history->count + 1) * sizeof(*all));
    struct tally known = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation == HISTORY_scheduled && !tally_at(&known, r->id)->note++)
            all[(*count)++] = (struct interval){ r->key, r->id, r->value, r->place };
    }
    tally_finish(&known);
    return all;
}

/* Each begins where the one before ended: nothing is left out, nothing is told twice. */
void check_intervals(const struct evidence *e, struct verdict *v) {
    size_t count = 0;
    struct interval *all = intervals_gather(e, &count);
    qsort(all, count, sizeof(*all), by_extract);
    for (size_t i = 0; i < count; i++) {
        v->looked_at++;
        if (all[i].from >= all[i].until)
            verdict_wrong(v, all[i].id, "%s is of no time", evidence_called(e, all[i].id));
        else if (i && all[i].extract == all[i - 1].extract && all[i].from != all[i - 1].until)
            verdict_wrong(v, all[i].id, "%s begins at %lld, the one before ended at %lld",
                          evidence_called(e, all[i].id), (long long)all[i].from,
                          (long long)all[i - 1].until);
    }
    free(all);
}

const struct check checks_extracts[] = {
    { "files", "each run's file is with the partner once, of one snapshot, with its done-file",
      ANSWER(1) | ANSWER(3) | ANSWER(5) | ANSWER(8), check_files },
    { "whole", "a name is there with all its bytes or not at all, its done-file last",
      ANSWER(3) | ANSWER(6), check_whole },
    { "intervals", "a run begins where the one before it ended", ANSWER(2) | ANSWER(4),
      check_intervals },
    { NULL, NULL, 0, NULL },
};
