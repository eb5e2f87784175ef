#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# In a compacted topic the newest record of a key stays, so a late record of a stalled owner would
# win for ever. An owner is stopped in the middle of its work, another takes over and publishes, the
# log is compacted, the first one wakes: what it still sends is refused, and a cold start of broker
# and reader finds the second one's values. Several times, at moments that the seed chooses.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
rounds=${ROUNDS:-3}
plan $((rounds * 5 + 1))
seed=${SEED:-$(($(date +%s) % 1000003))}
echo "# seed $seed"
variant=$(basename "$(dirname "$OCTAVO")")
relay=build/$variant/scenarios/compacting_relay
make -s V="$variant" "$relay" > "$WORK/build.log" 2>&1 || {
    say < "$WORK/build.log"
    exit 1
}
broker_start

moment() { # the next number of the seed, 0 to 999
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    echo $((seed / 65536 % 1000))
}

ended_fenced() { # ended_fenced PID
    wait "$1"
    is $? 7
}
compactions() { grep -c "partition_compacted .*/$1-0 " "$WORK/broker.log"; }

newest() { # newest TOPIC: the last value of each key that a reader of committed records finds
    k -C -t "$1" -o beginning -e -f '%k %s\n' -X isolation.level=read_committed |
        awk '{ value[$1] = $2 } END { for (key in value) print key, value[key] }' | sort
}
wanted() { # by the second owner, its last row
    for key in 0 1 2 3 4 5 6 7 8 9; do
        echo "k$key {\"by\":\"second\",\"n\":40}"
    done
}
is_newest() { # is_newest TOPIC
    newest "$1" > "$WORK/newest"
    wanted | diff - "$WORK/newest"
}

for round in $(seq "$rounds"); do
    topic=facts-$round
    check "round $round: the topic is made" "$relay" "$BROKER" "$topic" make
    : > "$WORK/first.$round"
    start "$WORK/first.$round" "$relay" "$BROKER" "$topic" zombie.writer.0 first 0
    first=$last
    wait_for 20 has_lines "$WORK/first.$round" $((10 + $(moment) / 10))
    sleep "0.$(moment)" # the moment of the fault, chosen by the seed
    kill -STOP "$first"
    before=$(compactions "$topic")
    check "round $round: the second owner publishes" \
        timeout 60 "$relay" "$BROKER" "$topic" zombie.writer.0 second 40
    compacted() { [ "$(compactions "$topic")" -gt "$before" ]; }
    check "round $round: the log is compacted" wait_for 30 compacted
    kill -CONT "$first"
    check "round $round: the first one wakes, is refused and stops" ended_fenced "$first"
    broker_kill
    broker_start
    check "round $round: after a cold start the newest values are there" is_newest "$topic"
done
check 'the broker stops cleanly' broker_stop
