#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A shop takes orders over HTTP while its desk is killed, and each counts once, because customers ask
# again with the same Idempotency-Key. Totals are read from the process that owns them.
. tests/scenarios/lib.sh
plan 11

cc -shared -fPIC -std=c17 -Wall -Wextra -Werror -Iinclude -o "$WORK/shop.so" tests/scenarios/shop.c || exit 1
cp tests/scenarios/shop.yaml tests/scenarios/order-asked.json "$WORK"
start "$WORK/up.log" "$OCTAVO" up shop --file "$WORK/shop.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
port_of() { sed -n "s/^octavo up: $1 on 127.0.0.1:\([0-9]*\)$/\1/p" "$WORK/up.log"; }
DESK=$(port_of desk)
COUNTERS=$(port_of counter.0),$(port_of counter.1)
customers() { timeout 100 python3 tests/scenarios/shop_customers.py "$@"; }
ready() { "$OCTAVO" status shop --file "$WORK/shop.yaml" --dir "$WORK/up" > /dev/null; }
pid_of() { sed -n "s/.*process_started name=$1 pid=//p" "$WORK/up.log" | tail -n 1; }
was_killed() { [ "$(pid_of desk)" != "$1" ]; }

check "all of it is ready" wait_for 30 ready
check "an order without a key is refused" customers ask "$DESK" /customers/a/orders 400
check "an order without an amount is answered by its handler" \
    customers ask "$DESK" /customers/a/orders 422 'Idempotency-Key: none'
check "one that is not as its schema says is told where, before anything is committed" \
    customers ask "$DESK" /customers/a-customer-of-many-characters/orders 400 'Idempotency-Key: long'
check "what is not answered in time is told so" \
    customers ask "$DESK" /forgotten 504 'Idempotency-Key: forgotten'
check "two hundred orders are answered, and known when they come again" customers order "$DESK" 200
check "their owners tell the totals, the others who they are not" wait_for 30 customers totals "$COUNTERS" 200

customers order "$DESK" 600 > "$WORK/customers.log" 2>&1 &
customers_pid=$!
started="$started $customers_pid"
for _ in 1 2 3; do
    desk=$(pid_of desk)
    kill -9 "$desk"
    wait_for 20 was_killed "$desk"
    sleep 0.7
done
check "customers of a desk that is killed three times are all answered" wait "$customers_pid"
check "and no order counts twice or is lost" wait_for 60 customers totals "$COUNTERS" 600
rebound() { # from another name: as a page in a browser would
    python3 -c '
import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
c.request("GET", "/customers/customer-1", headers={"Host": "shop.example"})
sys.exit(0 if c.getresponse().status == 421 else 1)' "$1"; }
check "a name that is not this machine's is not answered" rebound "${COUNTERS%,*}"
up_stop() { kill -TERM "$up" && wait "$up"; }
check "it stops cleanly" up_stop
