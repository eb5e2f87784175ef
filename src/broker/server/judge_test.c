/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The judge, and that it finds each anomaly that is planted in a clean history. */
#include "judge_test.h"

#include "base/bytes.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROW(array, count, capacity)                                                               \
    ((array) = memory_grow((array), (count), &(capacity), sizeof(*(array))))

int judge_send(struct judge *j, const struct sent *s) {
    GROW(j->sent, j->sent_count, j->sent_capacity);
    j->sent[j->sent_count++] = *s;
    return (int)j->sent_count - 1;
}

int judge_txn(struct judge *j) {
    GROW(j->txns, j->txn_count, j->txn_capacity);
    j->txns[j->txn_count++] = UNKNOWN;
    return (int)j->txn_count - 1;
}

size_t judge_offset(struct judge *j, const struct told_offset *o) {
    GROW(j->offsets, j->offset_count, j->offset_capacity);
    j->offsets[j->offset_count++] = *o;
    return j->offset_count - 1;
}

void judge_see(struct judge *j, const struct seen *s) {
    GROW(j->seen, j->seen_count, j->seen_capacity);
    j->seen[j->seen_count++] = *s;
}

void judge_find(struct judge *j, const struct seen *s) {
    GROW(j->found, j->found_count, j->found_capacity);
    j->found[j->found_count++] = *s;
}

void judge_finish(struct judge *j) {
    free(j->sent);
    free(j->txns);
    free(j->seen);
    free(j->offsets);
    free(j->found);
    *j = (struct judge){ 0 };
}

/* What was found of each value. */
struct place {
    int times;
    int64_t offset;
    bool committed;
};

static const char *told(char *story, const char *verdict, const struct sent *s, int64_t value,
                        int64_t offset) {
    (void)snprintf(story, 256, "%s: value %lld of producer %d, partition %d, offset %lld", verdict,
                   (long long)value, s->producer, s->partition, (long long)offset);
    return verdict;
}

/* What stands in the log was sent there, once, and stands in order. */
static const char *places_fill(const struct judge *j, struct place *places, char *story) {
    static const struct sent nobody = { 0 };
    for (size_t i = 0; i < j->found_count; i++) {
        const struct seen *f = &j->found[i];
        if (f->value < 0 || (size_t)f->value >= j->sent_count)
            return told(story, "never sent", &nobody, f->value, f->offset);
        const struct sent *s = &j->sent[f->value];
        struct place *p = &places[f->value];
        if (s->partition != f->partition)
            return told(story, "wrong partition", s, f->value, f->offset);
        if (p->times++)
            return told(story, "duplicate", s, f->value, f->offset);
        if (i && j->found[i - 1].partition == f->partition && j->found[i - 1].offset >= f->offset)
            return told(story, "offset conflict", s, f->value, f->offset);
        p->offset = f->offset;
        p->committed = f->committed;
    }
    return NULL;
}

static const char *sent_verdict(const struct sent *s, const struct place *p, int64_t value,
                                char *story) {
    if (s->outcome == DONE && !p->times)
        return told(story, "lost", s, value, s->offset);
    if (s->outcome == DONE && p->offset != s->offset)
        return told(story, "offset conflict", s, value, p->offset);
    if (s->outcome == REFUSED && p->times)
        return told(story, "refused yet there", s, value, p->offset);
    if (s->txn == NO_TXN && p->times && !p->committed)
        return told(story, "hidden", s, value, p->offset);
    return NULL;
}

static const char *txn_verdict(const struct judge *j, const struct place *places, int64_t value,
                               char *story) {
    const struct sent *s = &j->sent[value];
    const struct place *p = &places[value];
    enum outcome end = j->txns[s->txn];
    if (end == REFUSED && p->committed)
        return told(story, "aborted read", s, value, p->offset);
    if (end == DONE && s->outcome == DONE && !p->committed)
        return told(story, "lost commit", s, value, p->offset);
    for (int64_t other = 0; other < value; other++)
        if (j->sent[other].txn == s->txn && places[other].times && p->times
            && places[other].committed != p->committed)
            return told(story, "torn transaction", s, value, p->offset);
    return NULL;
}

/* Those of one producer and partition stand as they were sent. */
static const char *order_verdict(const struct judge *j, const struct place *places, char *story) {
    int64_t last[8][JUDGE_PARTITIONS];
    memset(last, -1, sizeof(last));
    for (size_t v = 0; v < j->sent_count; v++) {
        const struct sent *s = &j->sent[v];
        int64_t *before = &last[s->producer][s->partition];
        if (!places[v].times)
            continue;
        if (places[v].offset <= *before)
            return told(story, "reordered", s, (int64_t)v, places[v].offset);
        *before = places[v].offset;
    }
    return NULL;
}

/* What a reader saw while it ran is there for good. */
static const char *seen_verdict(const struct judge *j, const struct place *places, char *story) {
    for (size_t i = 0; i < j->seen_count; i++) {
        const struct seen *s = &j->seen[i];
        const struct sent *of = &j->sent[s->value];
        const struct place *p = &places[s->value];
        if (!p->times)
            return told(story, "seen and lost", of, s->value, s->offset);
        if (p->offset != s->offset || of->partition != s->partition)
            return told(story, "offset conflict", of, s->value, s->offset);
        if (s->committed && !p->committed)
            return told(story, "aborted read", of, s->value, s->offset);
    }
    return NULL;
}

static bool offset_counts(const struct judge *j, const struct told_offset *o) {
    return o->outcome == DONE && (o->txn == NO_TXN || j->txns[o->txn] == DONE);
}

static bool offset_may(const struct judge *j, const struct told_offset *o) {
    return o->outcome != REFUSED && (o->txn == NO_TXN || j->txns[o->txn] != REFUSED);
}

/* The last one that was acknowledged, or one after it that may have happened. */
static const char *offsets_verdict(const struct judge *j, char *story) {
    for (int g = 0; g < JUDGE_GROUPS; g++) {
        bool may = true;
        for (size_t i = 0; i < j->offset_count; i++) {
            const struct told_offset *o = &j->offsets[i];
            if (o->group != g)
                continue;
            if (offset_counts(j, o))
                may = o->offset == j->found_offsets[g];
            else if (offset_may(j, o) && o->offset == j->found_offsets[g])
                may = true;
        }
        bool asked = j->found_offsets[g] == -1;
        for (size_t i = 0; i < j->offset_count; i++)
            asked = asked
                    || (j->offsets[i].group == g && j->offsets[i].offset == j->found_offsets[g]
                        && offset_may(j, &j->offsets[i]));
        if (may && asked)
            continue;
        (void)snprintf(story, 256, "lost offset: group %d is at %lld", g,
                       (long long)j->found_offsets[g]);
        return "lost offset";
    }
    return NULL;
}

const char *judge_verdict(const struct judge *j, char story[256]) {
    struct place *places = memory_get((j->sent_count + 1) * sizeof(*places));
    const char *verdict = places_fill(j, places, story);
    for (size_t v = 0; v < j->sent_count && !verdict; v++) {
        verdict = sent_verdict(&j->sent[v], &places[v], (int64_t)v, story);
        if (!verdict && j->sent[v].txn != NO_TXN)
            verdict = txn_verdict(j, places, (int64_t)v, story);
    }
    if (!verdict)
        verdict = order_verdict(j, places, story);
    if (!verdict)
        verdict = seen_verdict(j, places, story);
    if (!verdict)
        verdict = offsets_verdict(j, story);
    free(places);
    return verdict;
}

/* ---- a clean history, and one anomaly in it at a time */

/* Ten plain records in two partitions, a committed transaction of two, an aborted one of two. */
static void given_history(struct judge *j) {
    int64_t next[JUDGE_PARTITIONS] = { 0 };
    *j = (struct judge){ 0 };
    int done = judge_txn(j), not_done = judge_txn(j);
    j->txns[done] = DONE;
    j->txns[not_done] = REFUSED;
    for (int i = 0; i < 14; i++) {
        int txn = i < 10 ? NO_TXN : i < 12 ? done : not_done;
        struct sent s = { txn == NO_TXN ? 0 : 1, i % 2, txn, DONE, next[i % 2]++ };
        (void)judge_send(j, &s);
    }
    for (int p = 0; p < 2; p++)
        for (int i = p; i < 14; i += 2)
            judge_find(j, &(struct seen){ p, i / 2, i, i < 12 });
    judge_see(j, &(struct seen){ 0, 2, 4, true });
    (void)judge_offset(j, &(struct told_offset){ 0, 1, NO_TXN, DONE });
    (void)judge_offset(j, &(struct told_offset){ 0, 2, NO_TXN, DONE });
    (void)judge_offset(j, &(struct told_offset){ 1, 5, done, DONE });
    (void)judge_offset(j, &(struct told_offset){ 1, 6, not_done, DONE });
    j->found_offsets[0] = 2;
    j->found_offsets[1] = 5;
}

/* The record of a value, as it is found at the end. */
static struct seen *found_of(struct judge *j, int value) {
    for (size_t i = 0; i < j->found_count; i++)
        if (j->found[i].value == value)
            return &j->found[i];
    return NULL;
}

static void found_drop(struct judge *j, int value) {
    size_t at = (size_t)(found_of(j, value) - j->found);
    memmove(&j->found[at], &j->found[at + 1], (j->found_count - at - 1) * sizeof(j->found[0]));
    j->found_count--;
}

static void check_verdict(struct judge *j, const char *wanted) {
    char story[256] = "";
    const char *verdict = judge_verdict(j, story);
    CHECK_TEXT(verdict ? verdict : "clean", wanted);
    judge_finish(j);
}

TEST(the_judge_has_nothing_against_a_clean_history) {
    struct judge j;
    given_history(&j);
    check_verdict(&j, "clean");
}

TEST(the_judge_finds_a_lost_record_and_one_that_is_there_twice) {
    struct judge j;
    given_history(&j);
    found_drop(&j, 6);
    check_verdict(&j, "lost");
    given_history(&j);
    judge_find(&j, &(struct seen){ 1, 9, 3, true });
    check_verdict(&j, "duplicate");
}

TEST(the_judge_finds_a_record_at_another_offset_than_was_told) {
    struct judge j;
    given_history(&j);
    j.sent[13].offset = 17;
    check_verdict(&j, "offset conflict");
    given_history(&j);
    j.seen[0].offset = 3;
    check_verdict(&j, "offset conflict");
}

TEST(the_judge_finds_two_records_of_a_producer_in_the_wrong_order) {
    struct judge j;
    given_history(&j);
    j.sent[4].outcome = j.sent[6].outcome = UNKNOWN;
    found_of(&j, 4)->value = 100;
    found_of(&j, 6)->value = 4;
    found_of(&j, 100)->value = 6;
    j.seen_count = 0;
    check_verdict(&j, "reordered");
}

TEST(the_judge_finds_an_aborted_read_at_the_end_and_while_it_ran) {
    struct judge j;
    given_history(&j);
    found_of(&j, 12)->committed = true;
    check_verdict(&j, "aborted read");
    given_history(&j);
    judge_see(&j, &(struct seen){ 0, 6, 12, true });
    check_verdict(&j, "aborted read");
    given_history(&j);
    judge_see(&j, &(struct seen){ 0, 6, 12, false }); /* who reads all may see it */
    check_verdict(&j, "clean");
}

TEST(the_judge_finds_a_transaction_that_is_lost_or_torn) {
    struct judge j;
    given_history(&j);
    found_of(&j, 10)->committed = found_of(&j, 11)->committed = false;
    check_verdict(&j, "lost commit");
    given_history(&j);
    j.txns[0] = UNKNOWN;
    found_of(&j, 11)->committed = false;
    check_verdict(&j, "torn transaction");
}

TEST(the_judge_finds_what_was_refused_and_is_there_and_what_was_seen_and_is_not) {
    struct judge j;
    given_history(&j);
    j.sent[5].outcome = REFUSED;
    check_verdict(&j, "refused yet there");
    given_history(&j);
    j.sent[4].outcome = UNKNOWN;
    found_drop(&j, 4);
    check_verdict(&j, "seen and lost");
}

TEST(the_judge_finds_a_committed_offset_that_went_back_or_was_never_asked_for) {
    struct judge j;
    given_history(&j);
    j.found_offsets[0] = 1;
    check_verdict(&j, "lost offset");
    given_history(&j);
    j.found_offsets[1] = 6; /* of the aborted transaction */
    check_verdict(&j, "lost offset");
    given_history(&j);
    j.found_offsets[0] = 77;
    check_verdict(&j, "lost offset");
    given_history(&j);
    (void)judge_offset(&j, &(struct told_offset){ 0, 3, NO_TXN, UNKNOWN });
    j.found_offsets[0] = 3; /* nobody was told, but it may be */
    check_verdict(&j, "clean");
}
