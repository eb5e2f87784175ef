/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The promises of caching: one answer to a key, reads that were written and never go back, and in
 * the end the cache is the source, which is what was acknowledged last. */
#include "check.h"

/* One answer to a key, and each version of a customer once. */
void check_versions(const struct evidence *e, struct verdict *v) {
    struct tally answers = { 0 }, versions = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_change || r->kind == HISTORY_invoke)
            continue;
        struct tally_place *answer = tally_at(&answers, r->id);
        uint64_t told = tally_mix((uint64_t)r->value + 1, r->kind);
        v->looked_at++;
        if (answer->note && answer->note != told)
            verdict_wrong(v, r->id, "%s is answered with version %lld after another answer",
                          evidence_called(e, r->id), (long long)r->value);
        answer->note = told;
        if (r->kind != HISTORY_ok)
            continue;
        struct tally_place *version =
            tally_at(&versions, tally_mix(r->key, (uint64_t)r->value + 1));
        if (version->note && version->note != r->id)
            verdict_wrong(v, r->id, "version %lld of %s is the answer to two requests",
                          (long long)r->value, evidence_called(e, r->key));
        version->note = r->id;
    }
    tally_finish(&answers);
    tally_finish(&versions);
}

static void written_gather(const struct evidence *e, struct tally *written) {
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation == HISTORY_change)
            tally_at(written, tally_mix(r->key, (uint64_t)r->place + 7))->note = 1;
    }
}

/* A reader sees what was written, each version with one content, and no line goes back: neither to
 * an older version nor, behind a deletion, to one from before it. */
void check_reads(const struct evidence *e, struct verdict *v) {
    struct tally written = { 0 }, contents = { 0 }, newest = { 0 };
    written_gather(e, &written);
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_read)
            continue;
        struct tally_place *last = tally_at(&newest, tally_mix(r->key, r->process + 1U));
        uint64_t wrong = v->wrong;
        v->looked_at++;
        if (r->value == 0) {
            last->note = 1; /* gone: what comes next is newer */
            continue;
        }
        struct tally_place *content = tally_at(&contents, tally_mix(r->key, (uint64_t)r->value));
        if (!tally_find(&written, tally_mix(r->key, (uint64_t)r->place + 7)))
            verdict_wrong(v, r->key, "%s is read with %lld, which nobody wrote",
                          evidence_called(e, r->key), (long long)r->place);
        else if (content->note && content->sum != r->place)
            verdict_wrong(v, r->key, "version %lld of %s is read with two contents",
                          (long long)r->value, evidence_called(e, r->key));
        else if (r->value < last->sum || (last->note && r->value == last->sum))
            verdict_wrong(v, r->key, "%s is read at version %lld after version %lld%s",
                          evidence_called(e, r->key), (long long)r->value, (long long)last->sum,
                          last->note ? ", which was deleted" : "");
        content->note = 1;
        content->sum = r->place;
        last->sum = r->value;
        last->note = 0;
        if (v->wrong && !wrong)
            v->time_ns = r->time_ns;
    }
    tally_finish(&written);
    tally_finish(&contents);
    tally_finish(&newest);
}

/* A caller is the only one of its customers and asks one thing after the other: what it was told
 * last, the source has, and the cache. */
void check_converged(const struct evidence *e, struct verdict *v) {
    struct tally last = { 0 }, sources = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation == HISTORY_change && r->kind == HISTORY_ok)
            *tally_at(&last, r->key) =
                (struct tally_place){ r->key, r->place, r->place < 0 ? 0 : (uint64_t)r->value };
        if (r->operation == HISTORY_source)
            *tally_at(&sources, r->key) =
                (struct tally_place){ r->key, r->place, (uint64_t)r->value };
    }
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_cached)
            continue;
        const struct tally_place *told = tally_find(&last, r->key);
        const struct tally_place *source = tally_find(&sources, r->key);
        int64_t version = source ? (int64_t)source->note : 0,
                told_of = told ? (int64_t)told->note : 0;
        v->looked_at++;
        if (version != told_of || (source && told && source->sum != told->sum))
            verdict_wrong(v, r->key, "%s was acknowledged at version %lld, the source has %lld",
                          evidence_called(e, r->key), (long long)told_of, (long long)version);
        else if (r->value != version || (source && r->place != source->sum))
            verdict_wrong(v, r->key, "%s is at version %lld in the source and at %lld in the cache",
                          evidence_called(e, r->key), (long long)version, (long long)r->value);
    }
    tally_finish(&last);
    tally_finish(&sources);
}

const struct check checks_caching[] = {
    { "versions", "a key has one answer, a version one request", ANSWER(3), check_versions },
    { "reads", "what is read was written, and no reader goes back", ANSWER(1) | ANSWER(6),
      check_reads },
    { "converged", "in the end the cache is the source, and that what was acknowledged last",
      ANSWER(2) | ANSWER(5), check_converged },
    { NULL, NULL, 0, NULL },
};
