#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# octavo verify on brokers that are not its own: on a cluster that somebody lends, and on nodes whose
# commands it is given. Any broker will do for that; `make test-kafka` does it with Apache Kafka.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 8

verify() { timeout 200 "$OCTAVO" verify "$@" --dir "$WORK/data"; }
topics() { kcat -q -b "$BROKER" -L | sed -n 's/^  topic "\([a-z-]*\)" .*/\1/p'; }
refused() { # refused CODE TEXT ARGUMENT...
    code=$1 text=$2
    shift 2
    verify "$@" > "$WORK/refused" 2>&1
    is $? "$code" && in_file "$text" "$WORK/refused"
}
held_twice() {
    for seed in 1 2; do
        verify accounts --broker "$BROKER" --seed $seed --for 2s --faults kill,poison > "$WORK/lent" || { cat "$WORK/lent"; return 1; }
    done
}

broker_start
check 'lent and of its own at once is told' refused 2 'not both' accounts --broker "$BROKER" --node true
check 'a cluster is lent, and lent again' held_twice
check 'its own kills are not among the faults' in_file 'HELD: seed 2, ' "$WORK/lent"
check 'the topics of a run are gone' is "$(topics)" ''
echo '{}' | kcat -q -b "$BROKER" -P -t limit-alert
check 'where a topic stands nothing is done' \
    refused 3 "topic limit-alert is at $BROKER, and may be somebody's" accounts --broker "$BROKER" --for 3s
check 'and it stays' is "$(topics)" limit-alert

NODE="$OCTAVO broker --dir \"\$NODE_DIR\" --port \$PORT --advertise \$ADVERTISE --port-file \"\$PORT_FILE\""
check 'a node is started and killed by its command' \
    verify accounts --node "$NODE" --seed 3 --for 3s --faults broker-kill
cp "$WORK/said" "$WORK/report"
check 'and that is counted' in_file "^faults: broker-kill [1-9]" "$WORK/report"
