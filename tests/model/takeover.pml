/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Take-over on the embedded store: a task moves between processes, and the lock on FILE.lock is the
 * fence. The broker's opinion who owns the task is only an invitation to ask for the lock.
 *
 *   here                 there
 *   invited              the broker's assignment; it changes at will, as sessions time out
 *   locked[f]            who holds flock on the file with inode f; the kernel frees it when he dies
 *   named                the inode that the path FILE.lock leads to
 *   opened[i]            the inode that process i has open (store/sqlite/files.c)
 *   position[i]          the task in the memory of i (task.c); holds[i]: its store is open
 *   group[i]             the open group has taken a record and is not committed
 *
 * A stopped process (SIGSTOP, a long pause) needs no action of its own: every process may wait
 * anywhere while the others go on. A supervisor may kill either at any time.
 *
 * Invariant: no commit after the fence is lost, so each record is committed once.
 *
 * Broken on purpose, and what then fails:
 *   BROKEN_ASSIGNMENT_TRUSTED           no commit after the fence is lost
 *   BROKEN_LOCK_FILE_REMOVED            no commit after the fence is lost
 *   BROKEN_LOCK_LET_GO_FIRST            no commit after the fence is lost
 *   BROKEN_MEMORY_KEPT                  no commit twice
 *   BROKEN_POSITION_READ_BEFORE_LOCK    no commit twice
 * Sizes, deep: RECORDS=5 MOVES=10 KILLS=6 */

#ifndef RECORDS
#define RECORDS 4
#endif
#ifndef MOVES
#define MOVES 6
#endif
#ifndef KILLS
#define KILLS 3
#endif
#define NOBODY 2
#define FILES 4

byte invited = 0, moves, kills;
byte named, locked[FILES] = NOBODY;
byte fence = NOBODY; /* who took it last */

byte stored_position, commits[RECORDS];
byte opened[2], position[2];
bool has_opened[2], holds[2], loaded[2], group[2];

#ifdef BROKEN_ASSIGNMENT_TRUSTED
#define IS_FREE(f) true
#else
#define IS_FREE(f) (locked[f] == NOBODY)
#endif

inline let_go(i) {
    if
    :: locked[opened[i]] == i -> locked[opened[i]] = NOBODY
    :: else
    fi;
    has_opened[i] = false;
    opened[i] = 0;
    holds[i] = false
}

inline forget(i) {
#ifndef BROKEN_MEMORY_KEPT
    loaded[i] = false;
    position[i] = 0;
#endif
    group[i] = false
}

inline commit(i) {
    assert(fence == i); /* no commit after the fence is lost */
    assert(stored_position == position[i] && commits[position[i]] == 0); /* no commit twice */
    commits[position[i]]++;
    position[i]++;
    stored_position = position[i];
    group[i] = false
}

#define OVER (stored_position == RECORDS)

proctype process(byte i) {
    do
    :: d_step { !OVER && invited == i && !has_opened[i] -> has_opened[i] = true; opened[i] = named }
    :: d_step { has_opened[i] && !holds[i] && IS_FREE(opened[i]) ->
            locked[opened[i]] = i; holds[i] = true; fence = i }
#ifdef BROKEN_POSITION_READ_BEFORE_LOCK
    :: d_step { has_opened[i] && !holds[i] && !loaded[i] -> position[i] = stored_position; loaded[i] = true }
#endif
    :: d_step { holds[i] && !loaded[i] -> position[i] = stored_position; loaded[i] = true }
    :: d_step { holds[i] && loaded[i] && !group[i] && invited == i && position[i] < RECORDS -> group[i] = true }
    :: d_step { group[i] -> commit(i) }
    /* Revoked (service.c, on_revoked): what is open is committed first, then the lock is let go. */
#ifdef BROKEN_LOCK_LET_GO_FIRST
    :: d_step { holds[i] && invited != i && group[i] -> let_go(i) }
#endif
    :: d_step { has_opened[i] && invited != i && !group[i] ->
#ifdef BROKEN_LOCK_FILE_REMOVED
            if :: holds[i] && named < FILES - 1 -> named++ :: else fi;
#endif
            let_go(i); forget(i) }
    :: d_step { has_opened[i] && kills < KILLS -> kills++; let_go(i); loaded[i] = false;
            position[i] = 0; group[i] = false }
    :: OVER && !group[i] -> break
    od
}

init {
    atomic {
        run process(0);
        run process(1)
    }
    do
    :: d_step { !OVER && moves < MOVES -> moves++; invited = 1 - invited }
    :: OVER -> break
    od
}
