#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# An idempotent producer goes on while the broker is killed -9 again and again, by the clock and at
# each of the log's crash points: every acknowledged message is there once, where it was promised,
# in the order it was sent.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
if ours; then plan 12; else plan 5; fi
story_build || exit 1

judge() {
    k -C -t t -o beginning -e -f '%p %o %s\n' > "$WORK/read"
    sort "$WORK/read" > "$WORK/read.sorted"
    sort "$WORK/promised" > "$WORK/wanted"
    check "$1: all that was promised is where it was promised" \
        is "$(comm -23 "$WORK/wanted" "$WORK/read.sorted" | wc -l)" 0
    check "$1: each number is there once" \
        is "$(awk '{ print $3 }' "$WORK/read" | sort | uniq -d | wc -l)" 0
    check "$1: numbers and offsets rise in each partition" awk '
        ($1 in number) && ($3 <= number[$1] || $2 <= offset[$1]) { print; bad = 1 }
        { number[$1] = $3; offset[$1] = $2 }
        END { exit bad }' "$WORK/read"
}

count=8000
: > "$WORK/promised"
broker_start
k -L -t t > /dev/null
start "$WORK/story.log" build/scenarios/rdkafka_story "$BROKER" t $count 2000 "$WORK/promised"
producer=$last
for lines in 1000 2000 3000 4000 5000 6000 7000; do
    wait_for 60 has_lines "$WORK/promised" $lines
    broker_kill
    broker_start
done
check 'the producer ends well over seven kills' wait $producer
check 'it promised them all' is "$(wc -l < "$WORK/promised")" $count
judge 'kills'

broker_stop
ours || exit 0 # the rest arms crash points
rm -rf "$WORK/broker"
: > "$WORK/promised"
hits=0
arm() { # the broker dies at this point, is started again without, goes on
    OCTAVO_CRASH=$1 broker_start
    [ -n "${producer_runs:-}" ] || {
        k -L -t t > /dev/null
        start "$WORK/story.log" build/scenarios/rdkafka_story "$BROKER" t $count 2000 "$WORK/promised"
        producer=$last producer_runs=yes
    }
    if wait_for 20 has_ended "$broker_pid"; then
        hits=$((hits + 1))
    else
        broker_kill
    fi
    wait "$broker_pid" 2> /dev/null
}
for point in wal_before_write:50 wal_after_write:50 wal_after_sync:50 wal_after_settle:50 \
    produce_before_reply:50; do
    arm $point
done
broker_start
check 'five crash points were hit' is $hits 5
check 'the producer ends well over five crash points' wait $producer
check 'it promised them all' is "$(wc -l < "$WORK/promised")" $count
judge 'crash points'
check 'and the broker stops cleanly' broker_stop
