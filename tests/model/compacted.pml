/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The relay of a compacted topic: the last record of a key wins for ever, so a late record of a
 * process that lost its task must not be appended at all. Kafka's transactional producer fences it:
 * InitTransactions raises the epoch of transactional.id = system.service.partition, and the broker
 * refuses requests of an older one and aborts its transaction.
 *
 *   here                    there
 *   newest, acked           the outbox of one key in the store: values 1..newest, less 1..acked
 *   fence                   who owns the task by the store (takeover.pml, epoch.pml)
 *   broker_epoch, open      the coordinator's epoch of the transactional.id; what is in its transaction
 *   kept                    the last committed record: what compaction leaves, and a cold start reads
 *   upto[i], next[i]        the outbox rows that the relay of process i has in memory
 *   wire[i]                 its requests on the way; they outlive it
 *
 * Both processes may be stopped anywhere (they just wait), an answer may be lost (the relay then takes
 * a new producer), a process may die.
 *
 * A fenced producer must not come back by itself: relay.c replaces a producer that failed, and a new
 * one of the same transactional.id fences the owner and publishes what is old. So the store's fence is
 * looked at between InitTransactions and the first record; not before, as it may be lost between the
 * look and InitTransactions. If it is still ours at that moment, every later owner calls
 * InitTransactions after us, and what we still send is refused.
 *
 * Invariants: nothing acknowledged is replaced by what is older; at rest the newest value is kept.
 * Broken on purpose, and what then fails:
 *   BROKEN_PLAIN_PRODUCER              nothing acknowledged is replaced
 *   BROKEN_FENCED_COMES_BACK           nothing acknowledged is replaced
 *   BROKEN_FENCE_LOOKED_AT_BEFORE      nothing acknowledged is replaced
 * Sizes, every run ends: VALUES=2
 * Sizes, deep: VALUES=4 TAKES=4
 *
 * (An owner that begins with unacknowledged rows sends them again, so a value that was out already
 * may be followed by the one before it, and then by itself: readers drop both by their watermark.) */

#ifndef VALUES
#define VALUES 3
#endif
#ifndef TAKES
#define TAKES 3
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#define NOBODY 2

mtype = { AWAY, TAKEN, NEW_PRODUCER, READY, SENT, ENDING };  /* a process */
mtype = { RECORD, COMMIT };                                  /* a request */
mtype = { NONE, YES, FENCED };                               /* its answer */

byte newest, acked, fence = NOBODY;
byte takes, faults;
byte broker_epoch, open, kept;
mtype state[2] = AWAY, answer[2] = NONE;
byte mine[2], next[2], upto[2];
chan wire[2] = [3] of { mtype, byte, byte };

inline refused(i) {
    if
    :: mine[i] == epoch && state[i] != AWAY -> answer[i] = FENCED
    :: else
    fi
}

inline accepted(i) {
    if
    :: kind == RECORD -> open = value
    :: kind == COMMIT && open != 0 ->
        assert(open >= acked); /* nothing acknowledged is replaced by what is older */
        kept = open;
        open = 0
    :: else
    fi;
    if
    :: mine[i] == epoch && state[i] != AWAY -> answer[i] = YES
    :: else
    fi
}

proctype connection(byte i) {
    mtype kind;
    byte value, epoch;
end:
    do
    :: d_step { nempty(wire[i]) -> wire[i]?kind, value, epoch;
            if
#ifndef BROKEN_PLAIN_PRODUCER
            :: epoch < broker_epoch -> refused(i)
#endif
            :: else -> accepted(i)
            fi;
            kind = 0; value = 0; epoch = 0 }
    od
}

inline drop_all(i) {
    state[i] = AWAY;
    answer[i] = NONE;
    mine[i] = 0;
    next[i] = 0;
    upto[i] = 0
}

inline take_over(i) {
    takes++;
    fence = i;
    state[i] = TAKEN;
    next[i] = acked + 1;
    upto[i] = newest
}

inline producer_open(i) {
    broker_epoch++;
    open = 0; /* the transaction of the one before is aborted */
    mine[i] = broker_epoch;
    answer[i] = NONE;
#ifdef BROKEN_FENCE_LOOKED_AT_BEFORE
    state[i] = READY
#else
    state[i] = NEW_PRODUCER
#endif
}

#ifdef BROKEN_FENCED_COMES_BACK
#define FENCE_IS_OURS(i) true
#else
#define FENCE_IS_OURS(i) (fence == i)
#endif
#ifdef BROKEN_FENCE_LOOKED_AT_BEFORE
#define AFTER_FENCED(i) (fence == i)
#else
#define AFTER_FENCED(i) true
#endif

inline fence_look(i) {
    if
    :: FENCE_IS_OURS(i) -> state[i] = READY
    :: else -> drop_all(i)
    fi
}

inline replace(i) {
    if
    :: AFTER_FENCED(i) -> state[i] = TAKEN; answer[i] = NONE; mine[i] = 0
    :: else -> drop_all(i)
    fi
}

inline answer_take(i) {
    if
    :: answer[i] == FENCED -> replace(i)
    :: answer[i] == YES && state[i] == SENT -> answer[i] = NONE; wire[i]!COMMIT, 0, mine[i]; state[i] = ENDING
    :: answer[i] == YES && state[i] == ENDING -> answer[i] = NONE; state[i] = READY; next[i]++;
        if /* deleting from the outbox is a commit of the store, which has a fence of its own */
        :: fence == i -> acked = next[i] - 1
        :: else
        fi
    fi
}

#define QUIET(i) (state[i] == AWAY || (state[i] == READY && next[i] > upto[i]))
#define OVER (newest == VALUES && acked == VALUES)

proctype process(byte i) {
    do
    :: d_step { state[i] == AWAY && takes < TAKES && !OVER -> take_over(i) }
    :: d_step { state[i] == TAKEN -> producer_open(i) }
    :: d_step { state[i] == NEW_PRODUCER -> fence_look(i) }
    :: d_step { state[i] == READY && fence == i && newest < VALUES -> newest++; upto[i] = newest }
    :: d_step { state[i] == READY && next[i] <= upto[i] && nfull(wire[i]) ->
            wire[i]!RECORD, next[i], mine[i]; state[i] = SENT }
    :: d_step { answer[i] != NONE && nfull(wire[i]) -> answer_take(i) }
    :: d_step { (state[i] == SENT || state[i] == ENDING) && faults < FAULTS -> faults++; replace(i) }
    :: d_step { state[i] != AWAY && faults < FAULTS && takes < TAKES -> faults++; drop_all(i) }
    :: QUIET(i) && OVER -> break
    :: state[i] == AWAY && takes == TAKES && fence != i -> break
    od
}

init {
    atomic {
        run connection(0);
        run connection(1);
        run process(0);
        run process(1)
    }
    (_nr_pr == 3 && empty(wire[0]) && empty(wire[1])) -> assert(kept == VALUES) /* the newest is out */
}
