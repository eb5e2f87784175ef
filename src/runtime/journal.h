/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The input journal: what a task took in, in the order taken, one line of JSON a commit.
 *
 *   [{"topic":"moves","partition":0,"from":5,"to":17},
 *    {"request":"A1-7","type":"withdrawal-asked","at":1790000000000,"json":{...}},
 *    {"item":"payment/7","edge":"edge:bank","key":"4711","type":"payment","at":1790000000050,
 *     "position":"7","json":{...}},
 *    {"timer":"deadline","key":"A1-6","due":1790000000100}]
 *
 * The first line of a process begins with {"version":"0.1.0"}. journal_forms.def lists every kind.
 *
 * A run of records stands for every record that the partition held from `from` to `to`; repeats
 * and gaps are inside it, as the lanes judge them again at a replay. Where there are fewer records
 * than offsets, `records` says how many: a log that holds fewer now has lost some. A group that was
 * kept without a commit stands in the line of the next commit. */
#ifndef OCTAVO_RUNTIME_JOURNAL_H
#define OCTAVO_RUNTIME_JOURNAL_H

#include "runtime/journal_text.h"
#include "runtime/places.h"

struct journal_run {
    const struct place *place; /* NULL: no run is open */
    int64_t from, to;
    int64_t records; /* fewer than offsets where the log has holes */
};

struct journal {
    const char *version; /* to stand first in the next line; NULL: told already */
    struct buf text;
    size_t kept_len; /* of text, after the last group */
    struct journal_run run;
    struct journal_run kept_run;
};

/* Before the record: its time was too far ahead, and at_ms was taken for it (event_time.h). */
void journal_ahead(struct journal *j, const struct place *place, int64_t offset, int64_t at_ms);
void journal_record(struct journal *j, const struct place *place, int64_t offset);
struct journal_request {
    struct bytes id, type, json;
    int64_t at_ms;
    struct bytes edge, key, position; /* of an item */
};
void journal_request(struct journal *j, const struct journal_request *r);
void journal_item(struct journal *j, const struct journal_request *r);
void journal_timer(struct journal *j, const struct timer_row *t);
struct input;
/* An INPUT_OUTCOME; its type is "effect:EDGE". */
void journal_outcome(struct journal *j, struct bytes outcome, const struct input *in);
/* What an operator did to an effect. */
void journal_command(struct journal *j, const char *command, struct bytes effect, int64_t at_ms);
void journal_unpark(struct journal *j, const struct input *in); /* an INPUT_UNPARK */
bool journal_is_empty(const struct journal *j);
struct bytes journal_line(struct journal *j); /* closes it; valid until the next call */
void journal_keep(struct journal *j);
void journal_stored(struct journal *j);
void journal_drop(struct journal *j);
void journal_finish(struct journal *j);

#endif
