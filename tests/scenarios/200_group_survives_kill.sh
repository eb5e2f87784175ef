#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A group of two kcat members while the broker is killed -9 in the middle, several times: every
# message that was acknowledged reaches the group, and the members find together again.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 6
story_build || exit 1
broker_start
k -L -t t > /dev/null # creates it

member() { # member NAME
    # What kcat complains of stands apart: in one file it lands in the middle of a line now and then.
    start "$WORK/$1.log" sh -c 'exec "$@" 2> "$0"' "$WORK/$1.errors" kcat -E -b "$BROKER" -u -f '%p %o %s\n' -G g -X auto.offset.reset=earliest \
        -X session.timeout.ms=6000 -X reconnect.backoff.max.ms=200 \
        -X auto.commit.interval.ms=200 t
}
member a
a=$last
member b
b=$last
of_member() { grep -E '^[0-9]+ [0-9]+ [0-9]+$' "$WORK/$1.log"; }
both_read() { [ -n "$(of_member a)" ] && [ -n "$(of_member b)" ]; }

count=6000
: > "$WORK/promised"
start "$WORK/story.log" build/scenarios/rdkafka_story "$BROKER" t $count 1000 "$WORK/promised"
producer=$last
check 'both members read' wait_for 30 both_read
for lines in 1500 3000 4500; do
    wait_for 60 has_lines "$WORK/promised" $lines
    broker_kill
    broker_start
done
check 'the producer ends well: every message was acknowledged' wait $producer
check 'it promised them all' is "$(wc -l < "$WORK/promised")" $count

sort -u "$WORK/promised" > "$WORK/wanted"
all_read() {
    { of_member a; of_member b; } | sort -u > "$WORK/read"
    [ -z "$(comm -23 "$WORK/wanted" "$WORK/read")" ]
}
check 'the group has read all that was promised' wait_for 60 all_read
check 'and nothing else' is "$(comm -13 "$WORK/wanted" "$WORK/read" | wc -l)" 0
kill $a $b
wait $a $b 2> /dev/null

# Who comes back later begins where the group was: the committed offsets outlived the kills too.
timeout 60 kcat -q -b "$BROKER" -u -e -f '%p %o %s\n' -G g -X auto.offset.reset=earliest t \
    > "$WORK/later" 2> /dev/null
check 'a member that comes later reads none of it again' is "$(wc -l < "$WORK/later")" 0
