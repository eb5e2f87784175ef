#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A handler is a Python program: killed, it and its service, in the middle of the work, it counts each
# order once and in order; the event that it cannot take is parked with what it said; a replay of what
# it did is equal.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 12
declaration=$WORK/shop.yaml
cp tests/scenarios/program_shop.py "$WORK/shop.py" && chmod +x "$WORK/shop.py"
cat > "$declaration" << 'END'
system: shop
topics:
  order: { partitions: 4 }
  counted: { partitions: 4 }
  thanked: { partitions: 1 }
  tallied: { partitions: 4 }
services:
  counter:
    handler: program:./shop.py
    consumes: [order]
    produces: [counted, thanked]
    group_max: 100
    park: { retries: 0 }
    tables: { customer: { columns: { orders: int, spent: int } } }
  tally: # state in memory, made again from the topic
    handler: program:./tally.py
    state: fold
    snapshot_every: 200ms
    consumes: [order]
    produces: [tallied]
    tables: { customer: { columns: { orders: int } } }
END
cat > "$WORK/tally.py" << 'END'
#!/usr/bin/env python3
import json
import sys


def get(n, table, sub):
    print(json.dumps({"n": n, "get": [table, sub]}), flush=True)
    return json.loads(sys.stdin.readline())["row"]


sys.stdin.readline()
print(json.dumps({"octavo": 1, "handles": ["order-placed"]}), flush=True)
for line in sys.stdin:
    event = json.loads(line)
    row = get(event["n"], "customer", "") or {"orders": 0}
    row["orders"] += 1
    print(json.dumps({"n": event["n"], "rows": {"customer": {"": row}}, "events": [
        {"topic": "tallied", "type": "order-tallied", "data": row}]}), flush=True)
END
chmod +x "$WORK/tally.py"
broker_start
service() { # service [NAME]
    start "$WORK/service.log" "$OCTAVO" run shop --service "${1:-counter}" --file "$declaration" \
        --broker "$BROKER" --dir "$WORK/data" --port-file "$WORK/ready"
    service_pid=$last
}
service
wait_for 60 test -s "$WORK/ready" || exit 1
program_pid() { sed -n 's/.*program_started.* pid=//p' "$WORK/service.log" | tail -n 1; }
# The relay of a killed service sends again what was not acknowledged: the same record, known by its id.
counted() { k -C -t counted -o beginning -e -f '%k %s\n' | awk '!seen[$0]++' > "$WORK/counted"; [ "$(wc -l < "$WORK/counted")" -ge "$1" ]; }
place() { # place FROM TO: order numbers, of 50 customers
    seq "$1" "$2" | awk '{ printf "c%d\t{\"number\":%d,\"total\":%d}\n", $1 % 50, $1, $1 % 7 + 1 }' |
        k -P -t order -K "$(printf '\t')" -H ce_type=order-placed -X partitioner=murmur2_random
}
place 1 300
kill -9 "$(program_pid)"
wait_for 60 counted 200
place 301 1000
kill -9 "$(program_pid)"
wait_for 60 counted 400
kill -9 "$service_pid"
check 'a program ends with its service, and holds nothing of it' wait_for 20 has_ended "$(program_pid)"
next=1001
for point in program_asked program_answered; do # and where it counts most
    rm -f "$WORK/ready"
    place $next $((next + 99))
    next=$((next + 100))
    export OCTAVO_CRASH=$point:40
    service
    unset OCTAVO_CRASH
    check "it dies at $point" wait_for 60 has_ended "$service_pid"
done
rm -f "$WORK/ready"
service
check 'every order is counted after a kill of the program and of the service' wait_for 60 counted 1200
check 'each of them once' is "$(grep -o '"number":[0-9]*' "$WORK/counted" | sort | uniq -c | awk '$1 != 1' | wc -l)" 0
check 'those of a customer in order' is "$(sort -s -k1,1 "$WORK/counted" |
    sed 's/^\([^ ]*\) .*"orders":\([0-9]*\).*/\1 \2/' |
    awk '$2 != (++seen[$1]) { bad++ } END { print bad + 0 }')" 0
thanked() { [ "$(k -C -t thanked -o beginning -e -f '%k\n' | sort -u | wc -l)" = 50 ]; }
check 'its timers fire for every customer' wait_for 60 thanked
printf 'c1\t{"number":2001,"total":13}\nc1\t{"number":2002,"total":1}\nc2\t{"number":2003,"total":1}\n' |
    k -P -t order -K "$(printf '\t')" -H ce_type=order-placed -X partitioner=murmur2_random
wait_for 60 counted 1201
parked() {
    "$OCTAVO" park ls shop counter --file "$declaration" --dir "$WORK/data" > "$WORK/parked" 2>&1
    grep -q 'nobody orders for 13' "$WORK/parked"
}
check 'an event that it cannot take is parked with what it said' wait_for 30 parked
check 'and the one behind it waits, the others do not' is \
    "$(grep -c '"number":200[123]' "$WORK/counted") $(grep -c '"number":2003' "$WORK/counted")" '1 1'
check 'a replay asks the program again and finds the same' "$OCTAVO" replay shop --file "$declaration" \
    --service counter --broker "$BROKER" --dir "$WORK/data"
# A fold: the program asks for its rows, and what it made of the topic is there after a kill.
kill -TERM "$service_pid" && wait "$service_pid"
rm "$WORK/ready"
service tally
tallied() { k -C -t tallied -o beginning -e -f '%k %s\n' | awk '!seen[$0]++' > "$WORK/tallied"; [ "$(wc -l < "$WORK/tallied")" -ge "$1" ]; }
wait_for 60 tallied 300
kill -9 "$service_pid"
rm "$WORK/ready"
service tally
check 'a fold whose handler is a program tallies every order after a kill' wait_for 60 tallied 1203
check 'and each of them once, in order' is "$(sed 's/^\([^ ]*\) .*:\([0-9]*\)}$/\1 \2/' "$WORK/tallied" |
    awk '$2 != (++seen[$1]) { bad++ } END { print bad + 0 }')" 0
