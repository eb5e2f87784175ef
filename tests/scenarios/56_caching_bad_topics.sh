#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# What others do to the topics of the customers: records that are no events are passed by, counted and
# told, and nobody waits for them; one of 20 MB does not get in. Partitions that are added under a running
# system change nothing for it, and the next start refuses them.
. tests/scenarios/lib.sh
plan 8

sed -e 's|127.0.0.1:8590|127.0.0.1:0|; s|127.0.0.1:6380|127.0.0.1:0|; s|127.0.0.1:8591|127.0.0.1:0|' \
    src/systems/caching/octavo.yaml > "$WORK/caching.yaml"
sed -e 's|partitions: 4|partitions: 6|' "$WORK/caching.yaml" > "$WORK/grown.yaml"
start "$WORK/up.log" "$OCTAVO" up caching --file "$WORK/caching.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
port_of() { sed -n "s/^octavo up: $1 on 127.0.0.1:\([0-9]*\)$/\1/p" "$WORK/up.log" | tail -n 1; }
BROKER=127.0.0.1:$(sed -n 's/.*broker on 127.0.0.1:\([0-9]*\).*/\1/p' "$WORK/up.log" | head -n 1)
CRM=$(port_of crm)
CACHE=$(port_of operational-data-cache)
ask() { # WORDS...: what the cache answers
    python3 -c '
import sys
sys.path.insert(0, "tests/scenarios")
from caching_client import Resp
print(Resp(int(sys.argv[1]))(*sys.argv[2:]))' "$CACHE" "$@"
}
info() { ask INFO | tr -d '\r' | sed -n "s/^$1://p"; }
has() { [ "$(ask DBSIZE)" = "$1" ]; }
wrote() { timeout 60 python3 tests/scenarios/caching_client.py fill "$CRM" "$1"; }

put() { # TOPIC TYPE VALUE
    printf '%s\n' "$3" | k -P -t "$1" -k poison -H "ce_type=$2" -H "ce_id=$2-$$-$(date +%N)" -H ce_source=/elsewhere
}
poison() {
    put customer-created customer-created '{"id":"poison","version":' &&
        put customer-updated customer-updated '{"id":"poison","version":"one","time":5}' &&
        put customer-updated customer-updated '{"id":"poison","time":5}' &&
        put customer-updated customer-exploded '{"id":"poison","version":1,"time":5}' &&
        printf 'no event at all\n' | k -P -t customer-updated -k poison
}
check "records that are no events get in" poison
told() { [ "$(info passed_by)" -ge 3 ]; }
check "they are passed by and counted" wait_for 30 told
check "and told with what is wrong" in_file 'fold_passed_by .*its value is no event' "$WORK/up.log"
big() {
    head -c 20000000 /dev/zero | tr '\0' x > "$WORK/big"
    ! timeout 60 kcat -q -b "$BROKER" -P -t customer-created -p 0 -k big -X message.max.bytes=100000000 \
        -X message.timeout.ms=2000 "$WORK/big" 2> "$WORK/big.err" && in_file 'client_refused .*frame_too_large' "$WORK/up.log"
}
check "a record of 20 MB is refused by the broker" big
check "customers are written and read beside all that" wrote 20
check "and all of them are here, and no other" wait_for 30 has 20

grown() {
    "$OCTAVO" topics apply "$WORK/grown.yaml" --unsafe --broker "$BROKER" --dir "$WORK/up" > "$WORK/apply" || return 1
    sed 's/f{number/g{number/g' tests/scenarios/caching_client.py > "$WORK/caching_client.py"
    timeout 60 python3 "$WORK/caching_client.py" fill "$CRM" 20 && wait_for 30 has 40
}
check "partitions that are added under them lose nothing" grown
refused() {
    kill -TERM "$up" && wait "$up"
    timeout 60 "$OCTAVO" up caching --file "$WORK/caching.yaml" --dir "$WORK/up" --port 0 > "$WORK/again.log" 2>&1 && return 1
    in_file 'customer-created has 6 partitions, 4 are declared' "$WORK/again.log" || { tail "$WORK/again.log"; return 1; }
}
check "and the next start refuses them, and says which" refused
exit $failed
