/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What one handler sees of the world: its event, and the task's rows behind it (octavo.h).
 *
 * Nothing a handler does wrong ends the process here. The first fault is written down, the later
 * calls of the step do nothing, and step_run returns E_handler with the story. */
#ifndef OCTAVO_RUNTIME_STEP_H
#define OCTAVO_RUNTIME_STEP_H

#include "runtime/task.h"
#include "runtime/traceparent.h"
#include "values/json.h"

enum {
    FIELDS_MAX = 64,            /* of an event: what values/json.h reads */
    OUT_BYTES_MAX = 900 * 1024, /* key and value of an event: below any broker's record limit */
    OUT_NAME_MAX = 1024,        /* a key */
};

struct octavo_step {
    struct task *task;
    const struct input *in;
    enum { JSON_UNREAD, JSON_READ, JSON_BAD } json_state;

    enum { BUILDING_NOTHING, BUILDING_EVENT, BUILDING_REPLY, BUILDING_EFFECT } building;
    struct bytes asker, answers;   /* headers of the event being built */
    struct bytes topic, type, key; /* of what is being built, in the task's arena */
    struct buf *value;             /* its JSON as it grows: the task's */
    size_t field_count;
    size_t edge; /* of an effect; its id, in the task's arena */
    struct bytes effect_id;
    const struct lane *lane; /* of the event ended last, and its place in it */
    int64_t sequence;
    bool tombstone;                          /* the event being built has no value */
    char traceparent[TRACEPARENT_CHARS + 1]; /* of its events; "": not traced */
    bool trace_known;
    int64_t outputs; /* events and effects built so far: the ordinal of their ids */

    enum error error;   /* of the store; its story is this thread's */
    struct buf *reason; /* the task's: of the first fault, or of a refusal */
    bool faulty;        /* its later calls do nothing */
    bool unfit;         /* the fault is not the handler's: what the event holds is too large */
    bool changed;       /* something that only a commit can keep */

    /* Large, and looked at only as far as they were written: step_init leaves them as they are. */
    struct json json;
    uint64_t fields[FIELDS_MAX]; /* hashes of the names of what is being built */
};

/* Clearing three kilobytes for every event was a tenth of a step. */
void step_init(struct octavo_step *s, struct task *t, const struct input *in);

/* What comes from outside, for a story or a line of the log: no space and no control character. */
void shown_copy(char *out, size_t size, struct bytes text);

enum step_verdict { STEP_DONE, STEP_RETRY, STEP_PARK };

/* Runs the handler on the step, and undoes what it did unless it is STEP_DONE; then the reason says
 * why. The caller has set its task, input, value and reason, and finishes its json when that was
 * read. E_handler: a mistake in the handler, or it must not go on. */
enum error step_run(struct octavo_step *s, const struct octavo_handler *handler,
                    enum step_verdict *verdict) MUST_CHECK;

/* true, false or null as a field, which a program may put and a handler in C may not. */
enum step_other { STEP_NULL, STEP_TRUE, STEP_FALSE };
void step_put_other(struct octavo_step *s, const char *field, enum step_other value);

/* ---- for step_effects.c */
bool step_building_begin(struct octavo_step *s, const char *what);
void step_fault(struct octavo_step *s, const char *what);
void step_effect_end(struct octavo_step *s);

#endif
