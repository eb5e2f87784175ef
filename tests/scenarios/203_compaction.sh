#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A compacted topic: the newest value of each key survives compaction, a kill -9 in the middle of
# it, and a zombie: an owner that was stopped while it wrote, and wakes when another has published
# and the log was compacted, changes nothing (issue 3's story, with librdkafka for the relay).
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 11
story_build rdkafka_transactions || exit 1
tool=build/scenarios/rdkafka_transactions
broker_start

table() { # the newest value of each key, as a reader of it all sees it
    k -C -t "${1:-table}" -p 0 -o beginning -e -K = 2> /dev/null | awk -F= '{ v[$1] = $2 }
        END { for (key in v) if (v[key] != "") print key "=" v[key] }' | sort
}
records() { k -C -t table -p 0 -o beginning -e 2> /dev/null | wc -l; }
# Each key has its round's value: rounds FROM TO
rounds() {
    for round in $(seq "$1" "$2"); do
        for key in $(seq 1 50); do echo "key$key=round$round"; done
    done | k -P -t table -p 0 -K = -X batch.num.messages=10 -X linger.ms=0
}
wanted() { for key in $(seq 1 50); do echo "key$key=round$1"; done | sort; }

check 'a compacted topic is made' timeout 30 $tool topic "$BROKER" table cleanup.policy=compact \
    segment.bytes=2000 min.cleanable.dirty.ratio=0 delete.retention.ms=1000
refused() { ! timeout 30 $tool topic "$BROKER" odd cleanup.policy=shred > "$WORK/said" 2>&1; }
check 'one with a policy that is none is refused' refused
rounds 1 20
check 'it is compacted' wait_for 30 in_file 'partition_compacted partition=.*table-0' "$WORK/broker.log"
fewer() { [ "$(records)" -lt 500 ]; }
check 'a thousand records become a few' wait_for 30 fewer
check 'and each key has its newest value' is "$(table)" "$(wanted 20)"

broker_kill
OCTAVO_CRASH=compaction_after_file:1 broker_start
rounds 21 30 > /dev/null 2>&1 &
writer=$!
died_by_itself() { ! kill -0 "$broker_pid" 2> /dev/null; }
check 'the broker dies within a compaction' wait_for 60 died_by_itself
wait "$broker_pid" 2> /dev/null
broker_start
wait $writer
check 'each key still has its newest value' is "$(table)" "$(wanted 30)"

# The zombie. Its transaction is open when it is stopped.
timeout 30 $tool topic "$BROKER" relayed cleanup.policy=compact segment.bytes=300 \
    min.cleanable.dirty.ratio=0 > /dev/null 2>&1
mkfifo "$WORK/line"
start "$WORK/stall.log" sh -c "exec timeout 100 $tool stall $BROKER relayed relay-0 account old < '$WORK/line'"
exec 3> "$WORK/line"
wait_for 30 in_file written "$WORK/stall.log"
stopped=$(pgrep -P "$last" | head -n 1)
kill -STOP "${stopped:-$last}"
check 'a new owner publishes' timeout 60 $tool put "$BROKER" relayed relay-0 account new
for i in 1 2 3 4 5 6; do echo "other=$i" | k -P -t relayed -p 0 -K =; done
check 'the log is compacted' wait_for 30 in_file 'partition_compacted partition=.*relayed-0' "$WORK/broker.log"
kill -CONT "${stopped:-$last}"
echo go >&3
exec 3>&-
check 'the zombie is told that it is fenced' wait_for 60 in_file fenced "$WORK/stall.log"
broker_kill
broker_start
check 'and the newest value survives a cold start' is "$(table relayed | grep account)" account=new
broker_stop
