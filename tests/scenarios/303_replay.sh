#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# What a system took in is fed again while it runs, after kill -9, with timers, parked inputs and
# effects: everything is equal. A changed handler and a changed row are found and named; a log that
# has lost its records is not checked.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 19
variant=$(basename "$(dirname "$OCTAVO")")
make -s V="$variant" "build/$variant/reference.so" > "$WORK/said" 2>&1 || exit 1
cp "build/$variant/reference.so" "build/$variant/reference.yaml" "$WORK" || exit 1
command -v sqlite3 > /dev/null || exit 1
DATA=$WORK/data

run() { # run SERVICE
    rm -f "$WORK/$1.port"
    "$OCTAVO" run reference --service "$1" --file "$WORK/reference.yaml" --broker "$BROKER" \
        --dir "$DATA" --port-file "$WORK/$1.port"
}

replay() { # replay FILE [OPTION...]: what it says goes to $WORK/replay
    file=$1
    shift
    "$OCTAVO" replay reference --file "$file" --broker "$BROKER" --dir "$DATA" "$@" \
        > "$WORK/replay" 2> "$WORK/replay.err"
    code=$?
    cat "$WORK/replay.err" "$WORK/replay"
    return $code
}

replay_is() { # replay_is CODE FILE [OPTION...]
    wanted=$1
    shift
    replay "$@"
    is $? "$wanted"
}

count() { k -C -t "$1" -o beginning -e -f '%s\n' | grep -c "$2"; }
has() { [ "$(count "$1" "$2")" -ge "$3" ]; }
said() { grep -q -- "$1" "$WORK/replay" || { cat "$WORK/replay"; return 1; }; }

orders() { # orders FROM TO: every 50th is one that parks its account
    sqlite3 "$DATA/reference/orders.db" "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY,
        account TEXT, amount INTEGER, park INTEGER); WITH RECURSIVE n (i) AS (SELECT $1 UNION ALL
        SELECT i + 1 FROM n WHERE i < $2) INSERT INTO orders
        SELECT i, 'account-' || (i % 40), i % 7 + 1, i % 200 = 150 FROM n"
}

broker_start
mkdir -p "$DATA/reference"
orders 1 300
for service in gateway ledger notifier; do
    start "$WORK/$service.log" run $service
    eval "$service=$last"
done
check 'orders are booked and told' wait_for 90 has told outcome 200

# run() is a function in a subshell: its child is the process
kill_service() { pkill -9 -P "$1"; wait "$1" 2> /dev/null; }
kill_service "$ledger"
orders 301 600
start "$WORK/ledger.log" run ledger
ledger=$last
kill_service "$notifier"
start "$WORK/notifier.log" run notifier
notifier=$last
check 'after kills the rest is told' wait_for 90 has told outcome 580
check 'while all of it runs its replay is equal' replay_is 0 "$WORK/reference.yaml"
check 'every task of every service with a store was fed' is "$(grep -c EQUAL "$WORK/replay")" 9
parked() { sqlite3 -readonly "$DATA/reference/reference.ledger.1.$1.db" 'SELECT count(*) FROM parked'; }
check 'some inputs are parked' test $(($(parked 0) + $(parked 1) + $(parked 2) + $(parked 3))) -gt 0
journal_has() { # journal_has SERVICE TEXT
    for db in "$DATA/reference/reference.$1".1.*.db; do
        sqlite3 -readonly "$db" 'SELECT inputs FROM journal'
    done | grep -q -- "$2"
}
check 'timers are in the journal' journal_has ledger '"timer":"settle"'
check 'outcomes are in the journal' journal_has notifier '"outcome":"done"'
check 'items of the source are in the journal' journal_has gateway '"item":'
check 'a process names its version' journal_has ledger '"version":'
json_is_whole() {
    replay "$WORK/reference.yaml" --json --service ledger > /dev/null &&
        python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
sys.exit(not (len(r["tasks"]) == 4 and all(t["verdict"] == "EQUAL" for t in r["tasks"])))' "$WORK/replay"
}
check 'as JSON too' json_is_whole

# From what was told last back to the row that arrived first, and down again.
last_told=$(k -C -t told -p 0 -o -1 -c 1 -e -f '%h\n' | sed 's/.*ce_id=\([^,]*\).*/\1/')
trace() { timeout 60 "$OCTAVO" trace reference "$1" --file "$WORK/reference.yaml" --broker "$BROKER" --dir "$DATA"; }
tree_is_whole() {
    trace "$last_told" > "$WORK/tree" || return 1
    cat "$WORK/tree"
    is "$(sed -n 's/^ *[-*] \([a-z-]*\).*/\1/p' "$WORK/tree" | grep -v summary | tr '\n' ' ')" \
        'order-arrived order-placed order-booked effect order-told '
}
check 'an outcome is traced to the row it began with' tree_is_whole
check 'with the commits that took each of them in' is "$(grep -c 'taken by .* in commit' "$WORK/tree")" 4
check 'an id of nobody is told' is "$(trace nobody 2>&1)" 'octavo: nothing has the id nobody'

# A handler that books one order otherwise.
sed 's/account\[BALANCE\]\.integer += o\.amount;/& if (o.number == 245) account[BALANCE].integer++;/' \
    tests/reference/reference.c > "$WORK/otherwise.c"
cc -shared -fPIC -Iinclude -o "$WORK/otherwise.so" "$WORK/otherwise.c" || exit 1
sed 's,\./reference\.so,./otherwise.so,' "$WORK/reference.yaml" > "$WORK/otherwise.yaml"
check 'a handler that decides otherwise differs' replay_is 1 "$WORK/otherwise.yaml" --service ledger
names_the_decision() { said 'commits differ, the first is commit' && said 'table *account' && said 'key *account-5$' &&
    said 'input *order-placed'; }
check 'commit, input, table and key are named' names_the_decision

# A row changed behind the service's back.
for pid in $gateway $ledger $notifier; do
    pkill -TERM -P "$pid"
    wait "$pid" 2> /dev/null
done
row_of() { for n in 0 1 2 3; do sqlite3 -readonly "$DATA/reference/reference.ledger.1.$n.db" \
    "SELECT $n FROM account WHERE key = 'account-7'"; done; }
task=$(row_of)
by_hand() { # by_hand SQL: a change of the file, which is then made anew, as another's pages have no checksums
    file=$DATA/reference/reference.ledger.1.$task.db
    sqlite3 "$file" "$1" && sqlite3 "$file" .dump | sqlite3 "$file.new" && mv "$file.new" "$file"
}
by_hand "UPDATE account SET balance = balance + 1 WHERE key = 'account-7'" || exit 1
check 'a changed row differs' replay_is 1 "$WORK/reference.yaml" --service ledger --task "$task"
names_the_row() { said 'a row was changed from outside' && said 'key *account-7$' && said 'written by *commit'; }
check 'and is named, with the commit that wrote it last' names_the_row
by_hand "UPDATE account SET balance = balance - 1 WHERE key = 'account-7'" || exit 1
check 'put right, all of it is equal at rest' replay_is 0 "$WORK/reference.yaml"

# The records are gone: another log, with topics of the same name.
broker_stop
mv "$WORK/broker" "$WORK/broker.old"
broker_start
echo x | k -P -t booked -p 0 -k x > /dev/null 2>&1
check 'without its records nothing can be said' replay_is 4 "$WORK/reference.yaml" --service ledger
