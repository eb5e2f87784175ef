#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Declared topics and those of a broker: what differs is told, what is safe is made so, what deletes
# records or moves keys only when it is told to, and what else was set stays.
. tests/scenarios/lib.sh
plan 14

declare_topics() { # declare_topics PARTITIONS RETENTION TOMBSTONES
    cat > "$WORK/shop.yaml" << YAML
system: shop
topics:
  orders: { key: customer, partitions: $1, retention: $2 }
  stock: { key: item, compacted: true, tombstones: $3 }
services:
  billing: { handler: shop.billing, consumes: [orders], tables: { day: { columns: { n: int } } } }
YAML
}
topics() { # topics CODE TEXT VERB OPTION...
    wanted=$1 text=$2 verb=$3
    shift 3
    "$OCTAVO" topics "$verb" "$WORK/shop.yaml" --broker "$BROKER" "$@" > "$WORK/told" 2>&1
    code=$?
    cat "$WORK/told"
    is $code "$wanted" && grep -qF -- "$text" "$WORK/told"
}

broker_start
declare_topics 4 7d 1d
check "a topic that is not there is to be made" topics 1 "to do: make orders with 4 partitions" plan
check "and is told as a difference" topics 1 "stock partitions: declared 4, found no topic" diff
check "planning made nothing" topics 1 "to do: make stock with 4 partitions" plan
check "applying makes them" topics 0 "done: make orders with 4 partitions" apply
check "then everything is as declared" topics 0 "is as declared" plan
declare_topics 4 30d 2d
check "records that stay longer are safe" \
    topics 0 "done: set retention.ms of orders from 604800000 to 2592000000" apply
check "and that is kept, beside what else was set" topics 0 "is as declared" diff
declare_topics 4 forever 2d
check "for ever is longer still" topics 0 "from 2592000000 to -1" apply
declare_topics 4 1d 2d
check "records that would be deleted are not, untold" \
    topics 1 "unsafe: set retention.ms of orders from -1 to 86400000: records older than that" apply
check "and are, when told to" topics 0 "done: set retention.ms" apply --unsafe
declare_topics 8 1d 2d
check "keys that move leave rows behind: not untold" \
    topics 1 "unsafe: set partitions of orders from 4 to 8: keys move to other partitions, and" apply
check "JSON tells the same" sh -c "
    '$OCTAVO' topics plan $WORK/shop.yaml --broker $BROKER --json | python3 -c '
import json, sys
one, = json.load(sys.stdin)[\"differences\"]
assert one[\"declared\"] == \"8\" and one[\"found\"] == \"4\" and not one[\"safe\"], one'"
check "told to, it grows" topics 0 "done: set partitions" apply --unsafe
declare_topics 2 1d 2d
check "and never loses partitions" topics 1 "impossible: set partitions of orders from 8 to 2" apply --unsafe
exit $failed
