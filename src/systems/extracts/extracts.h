/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The system "extracts": scheduled files for partners. README.md says what it promises. */
#ifndef OCTAVO_SYSTEMS_EXTRACTS_H
#define OCTAVO_SYSTEMS_EXTRACTS_H

#include "octavo.h"

extern const struct octavo_system extracts_system;
extern const char extracts_files[]; /* events/, as app/parts.h reads them */

extern const struct octavo_handler extract_scheduler_handlers[];
extern const struct octavo_handler extract_processor_handlers[];

int extracts_apply(struct octavo_session *s, int count, char **arguments);
int extracts_dry_run(struct octavo_session *s, int count, char **arguments);
/* Between the two stand the fields of a definition, or `definition`; the rows are printed. */
void extracts_look_begin(struct octavo_session *s);
bool extracts_look(struct octavo_session *s);
int extracts_list(struct octavo_session *s, int count, char **arguments);
int extracts_next(struct octavo_session *s, int count, char **arguments);
int extracts_run(struct octavo_session *s, int count, char **arguments);
int extracts_backfill(struct octavo_session *s, int count, char **arguments);
int extracts_state(struct octavo_session *s, int count, char **arguments); /* pause, resume, drop */
int extracts_show(struct octavo_session *s, int count, char **arguments);
int extracts_again(struct octavo_session *s, int count, char **arguments); /* retry, resend */
int extracts_hold(struct octavo_session *s, int count, char **arguments);  /* hold, release */
int extracts_tail(struct octavo_session *s, int count, char **arguments);
int extracts_audit(struct octavo_session *s, int count, char **arguments);

/* Columns of the scheduler's table extract, in the order of octavo.yaml. */
enum extract_column {
    EXTRACT_DEFINITION,
    EXTRACT_SCHEDULE,
    EXTRACT_ZONE,
    EXTRACT_GAP,
    EXTRACT_OVERLAP,
    EXTRACT_CATCH_UP,
    EXTRACT_PARTNER,
    EXTRACT_FILE,
    EXTRACT_DONE,
    EXTRACT_LATE,
    EXTRACT_DAYS,
    EXTRACT_HOLIDAYS,
    EXTRACT_STATE,
    EXTRACT_NEXT,
    EXTRACT_UNTIL,
    EXTRACT_MISSED,
    EXTRACT_COLUMNS,
};

/* Of the processor's table run. */
enum run_column {
    RUN_EXTRACT,
    RUN_STATE,
    RUN_PARTNER,
    RUN_NAME,
    RUN_DONE,
    RUN_FROM,
    RUN_UNTIL,
    RUN_DEFINITION,
    RUN_ROWS,
    RUN_BYTES,
    RUN_SHA256,
    RUN_PATH,
    RUN_ORIGIN,
    RUN_REASON,
    RUN_SCHEDULED,
    RUN_PRODUCED,
    RUN_DELIVERED,
    RUN_SENDS,
    RUN_REPEATS,
    RUN_KEPT_UNTIL,
    RUN_EVENT,
    RUN_DELAYED,
    RUN_COLUMNS,
};

/* Until when a row is kept that is of no use from now on, by the setting keep_days. */
struct octavo_value kept_until(struct octavo_step *s);

/* 20261123T010000Z, closed by a zero: how a moment stands in names of runs and files. */
enum { MOMENT_CHARS = 32 };
void moment_write(int64_t ms, char out[MOMENT_CHARS]);
/* 2026-11-23T01:00:00Z or without the clock, or milliseconds since 1970; false: none of them. */
bool moment_read(const char *text, int64_t *ms);
/* 90s, 30m, 2h, 1d; false: it is none of them, or over 99999 of its unit. */
bool duration_read(struct octavo_text text, int64_t *ms);

#endif
