/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The relay: committed events go from the outbox over a lane to the next hop, once and in order.
 *
 *   here                    there
 *   committed, deleted      the outbox in the store: rows 1..committed, less 1..deleted (commit.c)
 *   popped                  rows wholly acknowledged, in memory (relay.c, pop_acked)
 *   sent, acked             what the producer was given and what it reported (row_send, on_delivered)
 *   producer                which producer this is: the n-th librdkafka handle, so the n-th id
 *   wire[n]                 its requests on the way to the broker; they outlive it
 *   newest[n], kept[n]      the broker's state of that id: last sequence, and all (producer_state.c)
 *   mark                    the next hop's watermark of the lane (lanes.c, lane_judge)
 *
 * A producer's own sequences begin with the first event it is given; as it is given events in the
 * order of the lane, the lane's sequence stands for both here. librdkafka has IN_FLIGHT requests
 * under way and sends again, in order, what failed. The broker may refuse a request for now (too few
 * replicas) while it takes the next; an acknowledgement may be lost; a connection may break; the
 * process may die anywhere, with requests of it still on the way. The next hop is judged when the
 * log grows: it reads nothing else. What its own crash does is in step.pml.
 *
 * A broker takes any first sequence of an id it does not know (Kafka does, and so do we). So of two
 * requests in flight the second may be taken alone, and stand in the log before the first. In the
 * middle of a lane the next hop sees a gap; at its beginning it cannot. Hence relay.c holds the
 * second event of a lane until the first is acknowledged.
 *
 * Invariants: no lane gap or repeat past the watermark; nothing is lost.
 *
 * Broken on purpose, and what then fails:
 *   BROKEN_SECOND_BEFORE_FIRST_ACKED    no lane gap
 *   BROKEN_DELETED_WHEN_SENT            no lane gap
 *   BROKEN_GAP_TAKEN                    no lane gap
 *   BROKEN_REPEAT_TAKEN                 no repeat past the watermark
 *   BROKEN_NEW_PRODUCER_GOES_ON         nobody waits for ever
 * Sizes, every run ends: EVENTS=3
 * Sizes, deep: EVENTS=5
 *
 * Not here: several lanes in one relay (all of them stop and go again together), compacted topics
 * (compacted.pml), restored stores. */

#ifndef EVENTS
#define EVENTS 4
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#define PRODUCERS (1 + FAULTS + CRASHES)
#define IN_FLIGHT 3

#define BIT(n) (1 << (n))
#define HAS(set, n) (((set) >> (n)) & 1)

byte committed, deleted;             /* the sender's store */
byte producer, popped, sent, acked;  /* its memory; acked is a set */
bool failed;                         /* the producer must be replaced */
chan wire[PRODUCERS] = [IN_FLIGHT] of { byte };
byte newest[PRODUCERS], kept[PRODUCERS]; /* the broker; kept is a set */
byte mark;                           /* the next hop */
byte faults, crashes;

/* lanes.c: not above the watermark is a repeat, beyond the next a gap, the first of a lane its next. */
inline next_hop_reads(s) {
    if
    :: mark == 0 || s == mark + 1 -> assert(s == mark + 1); mark = s /* no lane gap */
#ifdef BROKEN_GAP_TAKEN
    :: mark > 0 && s > mark + 1 -> assert(s == mark + 1); mark = s /* no lane gap */
#endif
#ifdef BROKEN_REPEAT_TAKEN
    :: mark > 0 && s <= mark -> assert(s > mark) /* no repeat past the watermark */
#endif
    :: else
    fi
}

inline append(n, s) {
    newest[n] = s;
    kept[n] = kept[n] | BIT(s);
    next_hop_reads(s)
}

/* librdkafka sends again from the first that is not acknowledged. */
inline send_again() {
    sent = popped;
    do
    :: HAS(acked, sent + 1) -> sent++
    :: else -> break
    od;
    skip
}

/* One request arrives. ok: the acknowledgement arrives too. */
inline request_judge(n, s, ok) {
    if
    :: newest[n] == 0 || s == newest[n] + 1 -> append(n, s)
    :: HAS(kept[n], s) /* a duplicate: acknowledged again, not appended */
    :: else ->         /* out of order: fatal for the head of the line, else behind one that failed */
        ok = false;
        if
        :: n == producer && s == popped + 1 -> failed = true
        :: else
        fi
    fi;
    if
    :: n == producer && ok -> acked = acked | BIT(s)
    :: n == producer && !ok -> send_again()
    :: else
    fi
}

inline connection_breaks(n) {
    do
    :: nempty(wire[n]) -> wire[n]?s
    :: empty(wire[n]) -> break
    od;
    s = 0
}

#define FAULT (nempty(wire[n]) && n == producer && faults < FAULTS)

proctype connection(byte n) {
    byte s;
    bool ok;
end:
    do
    :: d_step { nempty(wire[n]) -> wire[n]?s; ok = true; request_judge(n, s, ok); s = 0; ok = 0 }
    :: d_step { FAULT -> faults++; wire[n]?s; request_judge(n, s, ok); s = 0 } /* answer lost */
    :: d_step { FAULT -> faults++; s = 0; wire[n]?s; send_again(); s = 0 } /* refused, for now */
    :: atomic { FAULT -> faults++; connection_breaks(n); send_again() }
    :: atomic { nempty(wire[n]) && n != producer -> connection_breaks(n) }
    od
}

/* relay.c, rewind_rows(): every row not wholly acknowledged goes again, acknowledged or not. */
inline producer_replace() {
    failed = false;
    producer++;
    acked = 0;
#ifndef BROKEN_NEW_PRODUCER_GOES_ON
    sent = popped
#endif
}

inline crash() {
    crashes++;
    failed = false;
    producer++;
    acked = 0;
    popped = deleted;
    sent = deleted
}

#ifdef BROKEN_SECOND_BEFORE_FIRST_ACKED
#define HELD false
#else
#define HELD (sent == 1 && popped == 0 && !HAS(acked, 1))
#endif
#define MAY_SEND (!failed && sent < committed && sent - popped < IN_FLIGHT && nfull(wire[producer]))

init {
    byte i;
    atomic {
        for (i : 0 .. PRODUCERS - 1) {
            run connection(i)
        }
        i = 0
    }
    do
    :: d_step { committed < EVENTS -> committed++ }
    :: d_step { MAY_SEND && !HELD -> sent++; 
            if :: !HAS(acked, sent) -> wire[producer]!sent :: else fi }
    :: d_step { HAS(acked, popped + 1) -> popped++ }
#ifdef BROKEN_DELETED_WHEN_SENT
    :: d_step { deleted < sent -> deleted = sent }
#else
    :: d_step { deleted < popped -> deleted = popped }
#endif
    :: d_step { failed -> producer_replace() }
    :: d_step { !failed && popped < sent && faults < FAULTS -> faults++; producer_replace() }
    :: d_step { crashes < CRASHES -> crash() }
    :: deleted == EVENTS -> break
    od;
    assert(mark == EVENTS) /* nothing is lost */
}
