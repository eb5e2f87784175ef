#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A second generation of a service is built beside the first while that runs; one that decides
# otherwise is found; one that does not takes over, killed in the middle of the switch too, and its
# consumers lose nothing and get nothing twice. The first generation never starts again.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 19
variant=$(basename "$(dirname "$OCTAVO")")
make -s V="$variant" "build/$variant/reference.so" > "$WORK/said" 2>&1 || exit 1
cp "build/$variant/reference.so" "build/$variant/reference.yaml" "$WORK" || exit 1
command -v sqlite3 > /dev/null || exit 1
DATA=$WORK/data

run() { # run SERVICE FILE
    rm -f "$WORK/$1.port"
    exec "$OCTAVO" run reference --service "$1" --file "$WORK/$2.yaml" --broker "$BROKER" \
        --dir "$DATA" --port-file "$WORK/$1.port"
}

replay_is() { # replay_is CODE FILE OPTION...
    wanted=$1 file=$2
    shift 2
    timeout 120 "$OCTAVO" replay reference --file "$WORK/$file.yaml" --broker "$BROKER" --dir "$DATA" \
        --service ledger "$@" > "$WORK/replay" 2>&1
    code=$?
    cat "$WORK/replay"
    is $code "$wanted"
}

told() { k -C -t told -o beginning -e -f '%s\n' > "$WORK/told" && [ "$(wc -l < "$WORK/told")" -ge "$1" ]; }
said() { grep -q -- "$1" "$WORK/replay" || { cat "$WORK/replay"; return 1; }; }

orders() { # orders FROM TO
    sqlite3 "$DATA/reference/orders.db" "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY,
        account TEXT, amount INTEGER, park INTEGER); WITH RECURSIVE n (i) AS (SELECT $1 UNION ALL
        SELECT i + 1 FROM n WHERE i < $2) INSERT INTO orders
        SELECT i, 'account-' || (i % 40), i % 7 + 1, i % 200 = 150 FROM n"
}

handler() { # handler NAME SED: a reference.so with another ledger, and its declaration
    sed "$2" tests/reference/reference.c > "$WORK/$1.c"
    cc -shared -fPIC -Iinclude -o "$WORK/$1.so" "$WORK/$1.c" || exit 1
    sed "s,\./reference\.so:ledger,./$1.so:ledger," "$WORK/reference.yaml" > "$WORK/$1.yaml"
}

# Each booked once, none twice, each account's orders counted 1, 2, 3 ...
booked_in_order() {
    k -C -t booked -o beginning -e -f '%k %s\n' | grep '"nth"' > "$WORK/booked"
    sed 's/.*"id":\([0-9]*\).*/\1/' "$WORK/booked" | sort | uniq -d | grep . && return 1
    sed 's/^\(.*\) {.*"nth":\([0-9]*\)}.*/\1 \2/' "$WORK/booked" |
        awk '{ if ($2 != ++nth[$1]) { print "account", $1, "order", $2, "wanted", nth[$1]; exit 1 } }'
}

broker_start
mkdir -p "$DATA/reference"
orders 1 300
for service in gateway ledger notifier; do
    start "$WORK/$service.log" run $service reference
    eval "$service=$last"
done
check 'orders are booked and told' wait_for 30 told 290

handler otherwise 's/account\[BALANCE\]\.integer += o\.amount;/& account[BALANCE].integer += o.number == 45;/'
check 'while it runs, a generation that decides otherwise differs' replay_is 1 otherwise --into 2
names_it() { said 'input *order-placed' && said 'key *account-5$'; }
check 'and what it decided otherwise is named' names_it
check 'a switch wants the service stopped' replay_is 3 otherwise --into 2 --switch
check 'and says so' said 'stop service ledger first'
rm -f "$DATA"/reference/reference.ledger.2.*

# The same decisions, written otherwise.
handler same 's/account\[ORDERS\]\.integer++;/account[ORDERS].integer += 1;/'
check 'a generation that decides the same is built while the first runs' replay_is 0 same --into 2
orders 301 400
check 'the first goes on' wait_for 30 told 390
check 'the second follows' replay_is 0 same --into 2
kill -9 "$ledger" && wait "$ledger" 2> /dev/null
sed '/handler: .*ledger/a\    generation: 2' "$WORK/same.yaml" > "$WORK/early.yaml"
start "$WORK/early.log" run ledger early
wait "$last"
check 'what is being built is not started' in_file 'is being built by a replay' "$WORK/early.log"

for point in switch_prepared:2 switch_closed:2; do
    OCTAVO_CRASH=$point timeout 120 "$OCTAVO" replay reference --file "$WORK/same.yaml" --broker "$BROKER" \
        --dir "$DATA" --service ledger --into 2 --switch > "$WORK/replay" 2>&1
    check "a switch that dies at $point" test $? -gt 128
done
check 'is done again by the same command' replay_is 0 same --into 2 --switch
check 'and once more changes nothing' replay_is 0 same --into 2 --switch
start "$WORK/old.log" run ledger reference
wait "$last"
check 'the first generation does not start again' in_file 'went on from it' "$WORK/old.log"
check 'and says what to declare' in_file 'try: declare `generation: 2` for ledger' "$WORK/old.log"
sed -i '/handler: .*ledger/a\    generation: 2' "$WORK/same.yaml"
start "$WORK/ledger2.log" run ledger same
ledger=$last
orders 401 700
check 'the second takes over where the first ended' wait_for 40 told 680
check 'nothing is booked twice, nothing is missing in between' booked_in_order
check 'no order is told twice' is "$(sed 's/.*"id":\([0-9]*\).*/\1/' "$WORK/told" | sort | uniq -d | wc -l)" 0
check 'and its own replay is equal' replay_is 0 same
