/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Parking: an event that fails parks its key; the later events of the key queue behind it, all
 * other keys go on. A retry, by a timer or an operator, runs the head of the queue from the store,
 * past dedupe; when it succeeds the next one of the key follows, until the queue is empty.
 *
 *   here                   there
 *   key_of                 the key of the record at that offset; whichever keys the log has
 *   position, stored_*     where the partition stands, in the open group and in the store
 *   parked                 the rows of the table `parked`, as a set: a key's queue is its parked
 *                          records in order of number, which is the order in which they came
 *   waits                  the table of parked keys in memory, so that a later event costs O(1)
 *   handled, dropped       what the rows tell: each record once, or given up by an operator
 *
 * Any attempt may fail, FAILURES times in all. A failed step undoes itself, not the group. The
 * process may die between any two actions; what it had in memory is then as the store has it. The
 * operator may come at once, or only when nothing else is left to do: others must not need him.
 *
 * Invariants: per-key order; nothing parked is lost (a record below the position is handled, parked
 * or dropped); every parked key drains, in order.
 *
 * Broken on purpose, and what then fails:
 *   BROKEN_EVENT_PARKED_ALONE           per-key order: none before it waits
 *   BROKEN_INDEX_NOT_LOADED             per-key order: none before it waits
 *   BROKEN_KEY_FREE_AT_FIRST_SUCCESS    per-key order: none before it waits
 *   BROKEN_NEWEST_RETRIED_FIRST         per-key order: none before it waits
 *   BROKEN_POSITION_APART               nothing is lost
 *   BROKEN_RETRY_THROUGH_DEDUPE         nothing is lost
 *   BROKEN_RETRY_APART                  nothing handled waits to be handled again
 *   BROKEN_WORLD_PARKED                 nobody waits for ever
 * Sizes, every run ends: RECORDS=4
 * Sizes, deep: RECORDS=7 FAILURES=4
 *
 * Not here: the budget (beyond it the partition is read no further), requests of a parked key
 * (refused at once), the journal (tests of the replay compare it). */

#ifndef RECORDS
#define RECORDS 5
#endif
#define KEYS 2
#ifndef FAILURES
#define FAILURES 3
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#define GROUP_MAX 2

#define BIT(n) (1 << (n))
#define HAS(set, n) (((set) >> (n)) & 1)
#define SET(set, n) set = set | BIT(n)
#define UNSET(set, n) set = set & ~BIT(n)
#define BELOW(n) (BIT(n) - 1)

byte log_keys; /* the offsets that have key 1, as a set; the others have key 0 */
bool operator_last;

byte stored_position, stored_handled, stored_parked, stored_dropped;
byte position, handled, parked, dropped, waits, group_size;
byte failures, crashes;

#define OF_KEY(k) ((k) -> log_keys : ~log_keys & BELOW(RECORDS))
#define KEY_OF(n) HAS(log_keys, n)
#define SAME_KEY(n) (OF_KEY(KEY_OF(n)))
#define QUEUE(k) (parked & OF_KEY(k))

inline check() {
    assert((BELOW(stored_position) & ~(stored_handled | stored_parked | stored_dropped)) == 0); /* nothing is lost */
    assert((stored_handled & stored_parked) == 0) /* nothing handled waits to be handled again */
}

inline handle(n) {
    assert(!HAS(handled, n)); /* no event is handled twice */
    assert((SAME_KEY(n) & BELOW(n) & ~(handled | dropped)) == 0); /* per-key order: none before it waits */
    assert((SAME_KEY(n) & handled & ~BELOW(n)) == 0); /* per-key order: none behind it is done */
    SET(handled, n)
}

inline park(n) {
    SET(parked, n);
#ifndef BROKEN_EVENT_PARKED_ALONE
    SET(waits, KEY_OF(n))
#endif
}

inline record_take(fails) {
    group_size++;
    n = position;
    position++;
    if
    :: HAS(waits, KEY_OF(n)) -> park(n)
    :: else ->
        if
        :: fails -> failures++; park(n)
        :: else -> handle(n)
        fi
    fi;
#ifdef BROKEN_POSITION_APART
    stored_position = position;
    stored_handled = stored_handled | (handled & BIT(n));
#endif
    n = 0
}

/* The head of key k's queue, taken again or given up; the key is free when nothing is left. */
inline head_find(k) {
#ifdef BROKEN_NEWEST_RETRIED_FIRST
    n = RECORDS;
    do
    :: !HAS(QUEUE(k), n) -> n--
    :: else -> break
    od;
#else
    n = 0;
    do
    :: !HAS(QUEUE(k), n) -> n++
    :: else -> break
    od;
#endif
    skip
}

inline head_leave(k) {
    UNSET(parked, n);
#ifdef BROKEN_KEY_FREE_AT_FIRST_SUCCESS
    UNSET(waits, k);
#else
    if
    :: QUEUE(k) == 0 -> UNSET(waits, k)
    :: else
    fi;
#endif
    n = 0
}

inline retry(k) {
    group_size++;
    head_find(k);
#ifndef BROKEN_RETRY_THROUGH_DEDUPE
    handle(n);
#endif
#ifdef BROKEN_RETRY_APART
    SET(stored_handled, n);
#endif
    head_leave(k)
}

inline drop(k) {
    group_size++;
    head_find(k);
    SET(dropped, n);
    head_leave(k)
}

inline commit() {
    group_size = 0;
    stored_position = position;
    stored_handled = handled;
    stored_parked = parked;
    stored_dropped = dropped
}

inline crash() {
    crashes++;
    group_size = 0;
    position = stored_position;
    handled = stored_handled;
    parked = stored_parked;
    dropped = stored_dropped;
    waits = 0;
#ifndef BROKEN_INDEX_NOT_LOADED
    waits = (QUEUE(0) != 0 -> 1 : 0) | (QUEUE(1) != 0 -> 2 : 0)
#endif
}

#define ROOM (group_size < GROUP_MAX)
#ifdef BROKEN_WORLD_PARKED
#define READS (position < RECORDS && ROOM && parked == 0)
#else
#define READS (position < RECORDS && ROOM)
#endif
#define OPERATOR(k) (ROOM && QUEUE(k) != 0 && (!operator_last || stored_position == RECORDS))

active proctype task() {
    byte n;
    select(n : 0 .. BIT(RECORDS) - 1);
    log_keys = n;
    select(n : 0 .. 1);
    operator_last = n;
    n = 0;
    do
    :: d_step { READS -> record_take(false); check() }
    :: d_step { READS && failures < FAILURES -> record_take(true); check() }
    :: d_step { OPERATOR(0) -> retry(0); check() }
    :: d_step { OPERATOR(1) -> retry(1); check() }
    :: d_step { OPERATOR(0) -> drop(0); check() }
    :: d_step { OPERATOR(1) -> drop(1); check() }
    :: d_step { (OPERATOR(0) || OPERATOR(1)) && failures < FAILURES -> failures++; group_size++ }
    :: d_step { group_size > 0 -> commit(); check() }
    :: d_step { crashes < CRASHES -> crash(); check() }
    :: stored_position == RECORDS && stored_parked == 0 && group_size == 0 -> break
    od
}
