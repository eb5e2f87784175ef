#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A customer is made, changed and deleted at the CRM, and read from a cache by Redis's protocol: by
# the token that the write was answered with, so that it is never read too early.
. tests/scenarios/lib.sh
plan 13

sed -e 's|127.0.0.1:8590|127.0.0.1:0|; s|127.0.0.1:6380|127.0.0.1:0|; s|127.0.0.1:8591|127.0.0.1:0|; s|replicas: 1|replicas: 2|' \
    src/systems/caching/octavo.yaml > "$WORK/caching.yaml"
start "$WORK/up.log" "$OCTAVO" up caching --file "$WORK/caching.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
port_of() { sed -n "s/^octavo up: $1 on 127.0.0.1:\([0-9]*\)$/\1/p" "$WORK/up.log" | tail -n 1; }
CRM=$(port_of crm)
ONE=$(port_of operational-data-cache.0)
TWO=$(port_of operational-data-cache.1)
client() { timeout 100 python3 tests/scenarios/caching_client.py "$@"; }
caching() { "$OCTAVO" caching "$@" --file "$WORK/caching.yaml" --dir "$WORK/up"; }
caught_up() { [ "$(grep -c fold_caught_up "$WORK/up.log")" -ge "$1" ]; }

check "both caches catch up" wait_for 30 caught_up 2
check "a customer's life is read after each write, by its token" client story "$CRM" "$ONE"
same() { python3 -c '
import sys
sys.path.insert(0, "tests/scenarios")
from caching_client import Resp
one, two = (Resp(int(port)).row("customer:00001") for port in sys.argv[1:])
sys.exit(one != two or not one)' "$ONE" "$TWO"; }
check "the other cache comes to the same" wait_for 20 same
if command -v redis-cli > /dev/null; then
    by_redis_cli() {
        for version in -2 -3; do
            redis-cli "$version" -p "$ONE" HGETALL customer:00001 | grep -q Prague || return 1
        done
        redis-cli -p "$ONE" SET a b | grep -q READONLY
    }
    check "redis-cli reads it in both versions" by_redis_cli
else
    skip "redis-cli reads it in both versions" "redis-tools is not installed"
fi
READ=$(sed -n 's/.*edge_listens edge=read port=\([0-9]*\).*/\1/p' "$WORK/up.log" | head -n 1)
check "it is read over HTTP by its version, and who has that is told so" client http "$READ"
check "hostile bytes are refused and the other callers do not notice" client hostile "$ONE"
client fill "$CRM" 40 > "$WORK/fill.log" 2>&1 || say < "$WORK/fill.log"
kept() { [ "$(caching audit --json 2> /dev/null | grep -c '"source":41,"ranges_off":0,"behind":0,"wrong":0')" = 2 ]; }
check "the snapshots of both come to what the CRM has" wait_for 30 kept
shows() { caching show 00001 | grep -q '^cache 1 .*version 4' && caching ls | grep -q f00039; }
check "the verbs tell of it" shows
broker=$(sed -n 's/.*process_started name=broker pid=\([0-9]*\).*/\1/p' "$WORK/up.log" | tail -n 1)
check "with the broker still, what may be too old is an error, and data again when it goes on" client stale "$ONE" "$broker"
personal() { grep -c 'jana\|Ann' "$WORK/up.log"; [ "$(grep -c 'Ann' "$WORK/up.log")" = 0 ]; }
check "no name stands in the log" personal
up_stop() { kill -TERM "$up" && wait "$up"; }
check "it stops cleanly" up_stop

# The broker's log is lost, and with it what the snapshots were made of.
rm -rf "$WORK/up/broker"
start "$WORK/again.log" "$OCTAVO" up caching --file "$WORK/caching.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/again.log" || exit 1
refused() { [ "$(grep -c 'fold_refused.*cluster' "$WORK/again.log")" = 2 ]; }
check "snapshots of a log that is no more are put aside by both" wait_for 30 refused
lacking() { [ "$(caching audit --json 2> /dev/null | grep -c '"source":41,.*"behind":41,')" = 2 ]; }
repaired() {
    wait_for 30 lacking && caching audit --repair > "$WORK/repair" && grep -q 'told again by the CRM, if it has the edge csv:repair-customer?key=id&type=customer-repair;' "$WORK/repair" &&
        wait_for 60 kept
}
check "the audit says what they lack, and has the CRM tell it again" repaired
