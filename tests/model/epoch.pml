/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Take-over on PostgreSQL: a row holds the task's epoch, and whoever raised it last owns the task.
 * Every transaction of an owner locks that row FOR SHARE, then compares it with the epoch it took; a
 * take-over is an UPDATE of the row, which waits until such transactions have ended.
 *
 *   here                 there
 *   epoch                the row; its committed value
 *   shared[i]            the transaction of process i holds the row FOR SHARE
 *   mine[i]              the epoch that i took
 *   within[i]            i has begun a transaction, compared, and written; it is not committed
 *   position[i]          the task in the memory of i, read from the store after the take-over
 *
 * Who asks for the task, and when, is left open: both may, at any time, TAKES times. A process may
 * stop anywhere (it just waits), and its connection may break, which ends its transaction.
 *
 * A plain read of the row is of a snapshot: the owner reads 1, the take-over commits 2, and the
 * owner commits what it wrote under 1. And the state must be read by a statement that begins after
 * the UPDATE has come back: in a transaction at REPEATABLE READ the snapshot is older than the wait
 * for the lock, and what the owner before committed meanwhile is not in it (only its row lock was
 * waited for, so PostgreSQL sees no conflict). READ COMMITTED, or a transaction of its own.
 *
 * Invariant: no commit after the fence is lost, so each record is committed once.
 *
 * Broken on purpose, and what then fails:
 *   BROKEN_PLAIN_READ         no commit after the fence is lost
 *   BROKEN_COMPARED_ONCE      no commit after the fence is lost
 *   BROKEN_REPEATABLE_READ    no commit twice
 * Sizes, deep: RECORDS=6 TAKES=12 BREAKS=8 */

#ifndef RECORDS
#define RECORDS 4
#endif
#ifndef TAKES
#define TAKES 6
#endif
#ifndef BREAKS
#define BREAKS 3
#endif

byte epoch, takes, breaks;
byte fence = 2; /* who took it last */
byte stored_position, commits[RECORDS];
byte mine[2], position[2];
bool owns[2], loaded[2], within[2], shared[2];

inline step_end(i) {
    within[i] = false;
    shared[i] = false
}

/* The fence is lost or the connection is: caches, outbox and workers go. */
inline drop_all(i) {
    step_end(i);
    owns[i] = false;
    loaded[i] = false;
    mine[i] = 0;
    position[i] = 0
}

inline take_over(i) {
    takes++;
    epoch++;
    mine[i] = epoch;
    fence = i;
    owns[i] = true
}

inline begin(i) {
    if
    :: epoch != mine[i] -> drop_all(i)
    :: else ->
        within[i] = true;
#ifndef BROKEN_PLAIN_READ
        shared[i] = true
#endif
    fi
}

inline commit(i) {
    assert(fence == i); /* no commit after the fence is lost */
    assert(stored_position == position[i] && commits[position[i]] == 0); /* no commit twice */
    commits[position[i]]++;
    position[i]++;
    stored_position = position[i];
    step_end(i)
}

#define OVER (stored_position == RECORDS)
#ifdef BROKEN_COMPARED_ONCE
#define COMPARED(i) within[i] = true
#else
#define COMPARED(i) begin(i)
#endif

proctype process(byte i) {
    byte other = 1 - i;
    do
#ifdef BROKEN_REPEATABLE_READ
    :: d_step { !OVER && !owns[i] && !loaded[i] && takes < TAKES -> position[i] = stored_position; loaded[i] = true }
    :: d_step { !owns[i] && loaded[i] && !shared[other] && takes < TAKES -> take_over(i) }
#else
    :: d_step { !OVER && !owns[i] && !shared[other] && takes < TAKES -> take_over(i) }
    :: d_step { owns[i] && !loaded[i] -> position[i] = stored_position; loaded[i] = true }
#endif
    :: d_step { owns[i] && loaded[i] && !within[i] && position[i] < RECORDS -> COMPARED(i) }
    :: d_step { within[i] -> commit(i) }
    :: d_step { owns[i] && breaks < BREAKS && takes < TAKES -> breaks++; drop_all(i) }
    :: OVER || (takes == TAKES && !owns[i]) -> break
    od
}

init {
    atomic {
        run process(0);
        run process(1)
    }
}
