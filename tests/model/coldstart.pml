/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A cold start from a compacted topic: a reader begins at the beginning of what compaction has left,
 * while the relay may be sending rows again, and must end with the newest value of every key.
 *
 *   here                    there
 *   log[], end              the partition: the lane sequence at each offset, 0 where compaction took
 *                           it out; an event's key is its sequence modulo KEYS
 *   acked, next             the relay: rows acknowledged, and the one it sends next (relay.c)
 *   read, value[]           the reader and its rows (task.c, record_take)
 *
 * The relay sends 1..EVENTS in order and may begin again at its first unacknowledged row, as often
 * as REWINDS says. Compaction cleans a prefix of any length at any time (the active segment is not
 * looked at): of each key the newest record of that prefix stays.
 *
 * The lane's watermark must not be used here. Take A1 B2 A3 and B2 again: compaction removes the
 * first B2, for its repeat is newer; the reader takes A3 and then calls the only B2 there is a
 * repeat. So on a compacted topic every record is taken, and the last one of a key wins.
 *
 * Invariant: at rest the reader has the newest value of every key.
 *
 * Broken on purpose, and what then fails:
 *   BROKEN_WATERMARK_USED    the newest of every key
 * Sizes, deep: EVENTS=5 REWINDS=3 CLEANINGS=3 */

#define KEYS 2
#ifndef EVENTS
#define EVENTS 4
#endif
#ifndef REWINDS
#define REWINDS 2
#endif
#ifndef CLEANINGS
#define CLEANINGS 2
#endif
#define LOG_MAX (EVENTS * (REWINDS + 1))

byte log[LOG_MAX], end;
byte acked, next = 1, rewinds, cleanings;
byte read, mark, value[KEYS];

inline compact(to) {
    at = 0;
    do
    :: at < to ->
        later = at + 1;
        do
        :: later < to && log[at] > 0 && log[later] > 0 && log[later] % KEYS == log[at] % KEYS -> log[at] = 0
        :: later < to && !(log[at] > 0 && log[later] > 0 && log[later] % KEYS == log[at] % KEYS) -> later++
        :: later >= to -> break
        od;
        at++
    :: else -> break
    od;
    at = 0;
    later = 0
}

inline record_take(s) {
    if
    :: s == 0
#ifdef BROKEN_WATERMARK_USED
    :: s > 0 && s <= mark
    :: s > mark -> mark = s; value[s % KEYS] = s
#else
    :: s > 0 -> value[s % KEYS] = s
#endif
    fi
}

active proctype partition() {
    byte at, later, to;
    do
    :: d_step { next <= EVENTS -> log[end] = next; end++; next++ }
    :: d_step { acked + 1 < next -> acked++ }
    :: d_step { acked < EVENTS && rewinds < REWINDS -> rewinds++; next = acked + 1 }
    :: atomic { cleanings < CLEANINGS && end > 1 -> cleanings++; select(to : 2 .. end);
            d_step { compact(to); to = 0 } }
    :: d_step { read < end -> record_take(log[read]); read++ }
    :: acked == EVENTS && read == end -> break
    od;
    assert(value[EVENTS % KEYS] == EVENTS && value[(EVENTS - 1) % KEYS] == EVENTS - 1) /* the newest of every key */
}
