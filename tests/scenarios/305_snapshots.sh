#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The ledger's store is copied every few commits while orders come, and the ledger is killed where a
# copy has just been put in place and where the journal is being cut behind it. Whatever is there
# afterwards, a replay finds its beginning and is equal. KILLS says how many of each.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
KILLS=${KILLS:-3}
plan 5
variant=$(basename "$(dirname "$OCTAVO")")
make -s V="$variant" "build/$variant/reference.so" > "$WORK/said" 2>&1 || exit 1
cp "build/$variant/reference.so" "$WORK" || exit 1
sed '/handler: .*ledger/a\    snapshot_rows: 10' "build/$variant/reference.yaml" > "$WORK/reference.yaml"
command -v sqlite3 > /dev/null || exit 1
DATA=$WORK/data
ordered=0

run() { # run SERVICE
    rm -f "$WORK/$1.port"
    exec "$OCTAVO" run reference --service "$1" --file "$WORK/reference.yaml" --broker "$BROKER" \
        --dir "$DATA" --port-file "$WORK/$1.port"
}

order() { # order COUNT
    sqlite3 "$DATA/reference/orders.db" ".timeout 5000" "CREATE TABLE IF NOT EXISTS orders (id INTEGER
        PRIMARY KEY, account TEXT, amount INTEGER, park INTEGER); WITH RECURSIVE n (i) AS (SELECT
        $ordered + 1 UNION ALL SELECT i + 1 FROM n WHERE i < $ordered + $1) INSERT INTO orders
        SELECT i, 'account-' || (i % 40), i % 7 + 1, 0 FROM n" > /dev/null
    ordered=$((ordered + $1))
}

booked() { k -C -t booked -o beginning -e -f '%s\n' | grep '"nth"' > "$WORK/booked"
    [ "$(wc -l < "$WORK/booked")" -ge "$1" ]; }

all_booked() { booked $ordered && [ "$(sed 's/.*"id":\([0-9]*\).*/\1/' "$WORK/booked" | sort -u | wc -l)" = $ordered ]; }

# Orders come in small portions, each a commit or more, until the ledger has died of its crash point.
dies_at() { # dies_at POINT
    export OCTAVO_CRASH="$1:1"
    start "$WORK/ledger.log" run ledger
    unset OCTAVO_CRASH
    ledger=$last
    for turn in $(seq 400); do
        has_ended "$ledger" && return 0
        order 2
        sleep 0.05
    done
    return 1
}

all_die() {
    for i in $(seq "$KILLS"); do
        for point in snapshot_in_place snapshot_journal_cut; do
            dies_at $point || { echo "not at $point"; return 1; }
            wait "$ledger" 2> /dev/null
        done
    done
    return 0
}

broker_start
mkdir -p "$DATA/reference"
order 1
start "$WORK/gateway.log" run gateway
check "the ledger dies $KILLS times at each crash point of a snapshot" all_die
start "$WORK/ledger.log" run ledger
order 200
check 'all orders are booked' wait_for 30 all_booked
# What a relay sends again has its old sequence; each account counts its orders without a gap.
counts_on() {
    k -C -t booked -o beginning -e -f '%k %s\n' | sed -n 's/^\(.*\) {.*"nth":\([0-9]*\)}.*/\1 \2/p' | sort -u |
        sort -k1,1 -k2,2n | awk '{ if ($2 != ++nth[$1]) { print $0, "wanted", nth[$1]; exit 1 } sum++ }
            END { exit sum != '$ordered' }'
}
check 'each once' counts_on
is_cut() { sqlite3 -readonly "$DATA/reference/reference.ledger.1.0.db" 'SELECT min(id) FROM journal' |
    { read -r first && [ "$first" -gt 1 ]; }; }
check 'journals are cut' wait_for 20 is_cut
replay_is_equal() {
    timeout 120 "$OCTAVO" replay reference --file "$WORK/reference.yaml" --broker "$BROKER" --dir "$DATA" \
        --service ledger > "$WORK/replay" 2>&1
    code=$?
    cat "$WORK/replay"
    is $code 0
}
check 'and the replay from the snapshots is equal' replay_is_equal
