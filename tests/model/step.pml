/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The step: inputs are taken in groups, a group commits once, and what it lets out leaves after.
 *
 *   here                      there
 *   log[], read               the partition, and the consumer's place in it (kafka.c)
 *   position, watermark       places.c and lanes.c: `now`, in memory
 *   group                     what the open group changed: rows.c, outbox.c (task_begin .. commit)
 *   stored_*                  the store, changed by commit() and flush() alone (commit.c)
 *   waiting                   rows that the relay has and has not sent (turn.c, let_out)
 *   told                      the offset mirrored to Kafka for lag tools (turn.c, mirror_slot)
 *   events, answers           what the world has seen
 *
 * A record holds a lane sequence, 1..SEQUENCES, or 0: an event that has no handler here. The log is
 * any log at all: repeats and gaps as an upstream relay, or a fault, may leave them. Beside records
 * there are requests, whose asker asks until it is answered. An input is a sequence or a request;
 * handling it writes its row and sends one event. The process may die between any two actions.
 *
 * Invariants: no acknowledged input without its commit (an event, an answer, a mirrored offset);
 * no commit twice; at the end the rows and events are those of a run without a crash.
 *
 * Broken on purpose, and what then fails:
 *   BROKEN_ANSWER_BEFORE_COMMIT    no answer without its commit
 *   BROKEN_EVENT_BEFORE_COMMIT     no event without its commit
 *   BROKEN_MIRROR_AHEAD            no mirrored offset without its commit
 *   BROKEN_POSITION_APART          no commit twice
 *   BROKEN_WATERMARK_NOT_STORED    no commit twice
 *   BROKEN_OUTBOX_APART            as if nothing had crashed
 *   BROKEN_REFUSAL_DROPS_GROUP     nobody waits for ever
 * Sizes, every run ends: RECORDS=3
 * Sizes, deep: RECORDS=5 CRASHES=3
 *
 * Not here: the content of rows, timers (requests in all but name), the hash that verifies a
 * position, a store that fails (the process stops: a crash). */

#ifndef RECORDS
#define RECORDS 4
#endif
#define SEQUENCES 3
#define REQUEST 4 /* the input that is no record */
#define INPUTS 4
#define GROUP_MAX 3
#ifndef CRASHES
#define CRASHES 2
#endif

#define BIT(input) (1 << (input))
#define HAS(set, input) (((set) >> (input)) & 1)
#define RECORDS_AFTER(input) (BIT(SEQUENCES + 1) - BIT(input + 1))
#define SET(set, input) set = set | BIT(input)

byte log[RECORDS];
byte wanted; /* the set of inputs that a run without a crash handles */

byte stored_position, stored_watermark, stored_rows, stored_outbox;
byte commits[INPUTS + 1];

byte read, position, watermark, group, group_size, group_position, group_watermark;
byte waiting;
byte told, events, crashes;
bool to_answer, answered;

inline check() {
    assert(told <= stored_position); /* no mirrored offset without its commit */
    assert((events & ~stored_rows) == 0); /* no event without its commit */
    assert(!answered || HAS(stored_rows, REQUEST)); /* no answer without its commit */
}

/* Any log, and what its reader must make of it: the lane rule of lanes.c, lane_judge(). */
inline log_make() {
    byte at = 0, last = 0;
    do
    :: at < RECORDS ->
        select(i : 0 .. SEQUENCES);
        log[at] = i;
        if
        :: i > 0 && (last == 0 || i == last + 1) -> last = i; SET(wanted, i)
        :: else
        fi;
        at++
    :: else -> break
    od;
    at = 0;
    last = 0;
    SET(wanted, REQUEST)
}

inline handle(input) {
    assert(input > SEQUENCES || ((stored_rows | group) & RECORDS_AFTER(input)) == 0); /* in order */
    SET(group, input);
#ifdef BROKEN_EVENT_BEFORE_COMMIT
    SET(events, input);
#endif
}

inline group_add() {
    if
    :: group_size == 0 -> group_position = position; group_watermark = watermark
    :: else
    fi;
    group_size++
}

/* task.c, record_take(): first the position, then the lane. */
inline record_take() {
    group_add();
    i = log[read];
    if
    :: read < position /* read before: a repeat */
    :: else ->
        position = read + 1;
        if
        :: i > 0 && (watermark == 0 || i == watermark + 1) -> watermark = i; handle(i)
        :: else /* no handler; a repeat; or a gap, refused, and the watermark stays */
        fi
    fi;
    i = 0;
    read++
}

/* A request that is known gets its stored answer; another one is handled. */
inline request_take() {
    group_add();
    if
    :: !HAS(stored_rows | group, REQUEST) -> handle(REQUEST)
    :: else
    fi;
#ifdef BROKEN_ANSWER_BEFORE_COMMIT
    answered = true;
#else
    to_answer = true
#endif
}

/* Positions and watermarks that wait: with the next commit, or alone (commit.c, task_flush). */
inline flush() {
    stored_position = position;
#ifndef BROKEN_WATERMARK_NOT_STORED
    stored_watermark = watermark;
#endif
}

/* commit.c, task_commit(): everything in one transaction; nothing changed, nothing is written. */
inline commit() {
    if
    :: group != 0 ->
        for (i : 1 .. INPUTS) {
            if
            :: HAS(group, i) -> commits[i]++; assert(commits[i] == 1) /* no commit twice */
            :: else
            fi
        }
        i = 0;
        stored_rows = stored_rows | group;
#ifndef BROKEN_OUTBOX_APART
        stored_outbox = stored_outbox | group;
#endif
#ifndef BROKEN_POSITION_APART
        flush();
#endif
        waiting = waiting | group
    :: else
    fi;
    group = 0;
    group_size = 0
}

inline group_drop() {
    position = group_position;
    watermark = group_watermark;
    group = 0;
    group_size = 0;
    to_answer = false
}

/* Memory is gone; the next process begins with what the store holds. */
inline crash() {
    crashes++;
    group = 0;
    group_size = 0;
    to_answer = false;
    position = stored_position;
    watermark = stored_watermark;
    read = stored_position;
    waiting = stored_outbox & ~events
}

/* The relay sends in order; what the world got before a crash it knows as a repeat: relay.pml. */
inline let_out() {
    i = 1;
    do
    :: !HAS(waiting, i) -> i++
    :: else -> break
    od;
    waiting = waiting & ~BIT(i);
    SET(events, i);
    i = 0
}

#define IDLE (group_size == 0)
#ifdef BROKEN_MIRROR_AHEAD
#define MIRRORED true
#else
#define MIRRORED (stored_position == position)
#endif
#define DONE (read == RECORDS && IDLE && answered && waiting == 0 && told == RECORDS)

active proctype task() {
    byte i;
    log_make();
    do
    :: d_step { read < RECORDS && group_size < GROUP_MAX -> record_take(); check() }
    :: d_step { !answered && !to_answer && group_size < GROUP_MAX -> request_take(); check() }
    :: d_step { !IDLE -> commit(); check() }
    :: d_step { IDLE && to_answer -> to_answer = false; answered = true; check() }
    :: d_step { waiting != 0 -> let_out(); check() }
    :: d_step { IDLE && stored_position < position -> flush(); check() }
    :: d_step { IDLE && MIRRORED && told < position -> told = position; check() }
    :: d_step { crashes < CRASHES -> crash(); check() }
#ifdef BROKEN_REFUSAL_DROPS_GROUP
    :: d_step { !IDLE && crashes < CRASHES -> crashes++; group_drop(); check() }
#endif
    :: DONE -> break
    od;
    assert(stored_position == RECORDS);
    assert(stored_rows == wanted && events == wanted) /* as if nothing had crashed */
}
