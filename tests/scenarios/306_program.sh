#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A handler is a Python program: killed, it and its service, in the middle of the work, it counts each
# order once and in order; the event that it cannot take is parked with what it said; a replay of what
# it did is equal.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 8
declaration=$WORK/shop.yaml
cp tests/scenarios/program_shop.py "$WORK/shop.py" && chmod +x "$WORK/shop.py"
cat > "$declaration" << 'END'
system: shop
topics:
  order: { partitions: 4 }
  counted: { partitions: 4 }
  thanked: { partitions: 1 }
services:
  counter:
    handler: program:./shop.py
    consumes: [order]
    produces: [counted, thanked]
    group_max: 100
    park: { retries: 0 }
    tables: { customer: { columns: { orders: int, spent: int } } }
END
broker_start
service() {
    start "$WORK/service.log" "$OCTAVO" run shop --service counter --file "$declaration" \
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
rm "$WORK/ready"
service
check 'every order is counted after a kill of the program and of the service' wait_for 60 counted 1000
check 'each of them once' is "$(grep -o '"number":[0-9]*' "$WORK/counted" | sort | uniq -c | awk '$1 != 1' | wc -l)" 0
check 'those of a customer in order' is "$(sort -s -k1,1 "$WORK/counted" |
    sed 's/^\([^ ]*\) .*"orders":\([0-9]*\).*/\1 \2/' |
    awk '$2 != (++seen[$1]) { bad++ } END { print bad + 0 }')" 0
thanked() { [ "$(k -C -t thanked -o beginning -e -f '%k\n' | sort -u | wc -l)" = 50 ]; }
check 'its timers fire for every customer' wait_for 60 thanked
printf 'c1\t{"number":2001,"total":13}\nc1\t{"number":2002,"total":1}\nc2\t{"number":2003,"total":1}\n' |
    k -P -t order -K "$(printf '\t')" -H ce_type=order-placed -X partitioner=murmur2_random
wait_for 60 counted 1001
parked() {
    "$OCTAVO" park ls shop counter --file "$declaration" --dir "$WORK/data" > "$WORK/parked" 2>&1
    grep -q 'nobody orders for 13' "$WORK/parked"
}
check 'an event that it cannot take is parked with what it said' wait_for 30 parked
check 'and the one behind it waits, the others do not' is \
    "$(grep -c '"number":200[123]' "$WORK/counted") $(grep -c '"number":2003' "$WORK/counted")" '1 1'
check 'a replay asks the program again and finds the same' "$OCTAVO" replay shop --file "$declaration" \
    --broker "$BROKER" --dir "$WORK/data"
