#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A system of the user's own is a shared object and a declaration: its rows come in, its events go
# out, and an object that is not what it should be is told with what to do.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 8
variant=$(basename "$(dirname "$OCTAVO")")
make -s V="$variant" "build/$variant/reference.so" > "$WORK/said" 2>&1 || exit 1
declaration=$WORK/reference.yaml
cp "build/$variant/reference.so" "build/$variant/reference.yaml" "$WORK" || exit 1

run() { # run SERVICE [DECLARATION]: in this directory's folder
    "$OCTAVO" run reference --service "$1" --file "${2:-$declaration}" --broker "$BROKER" \
        --dir "$WORK/data" --port-file "$WORK/$1.port"
}

told() { # told TEXT SERVICE DECLARATION: the run fails and says so
    run "$2" "$3" > "$WORK/story" 2>&1 && return 1
    grep -q -- "$1" "$WORK/story" || { cat "$WORK/story"; return 1; }
}

object() { # object NAME SOURCE...: a shared object of one line, and the declaration that wants it
    printf '#include <octavo.h>\n%s\n' "$2" > "$WORK/$1.c"
    cc -shared -fPIC -Iinclude -o "$WORK/$1.so" "$WORK/$1.c" &&
        sed "s,\./reference\.so,./$1.so," "$declaration" > "$WORK/$1.yaml"
}

broker_start
sed 's,\./reference\.so,./none.so,' "$declaration" > "$WORK/none.yaml"
sed 's,reference\.so:ledger,reference.so:leger,' "$declaration" > "$WORK/leger.yaml"
check 'an object that is not there is told with where it was looked for' \
    told "$WORK/./none.so: cannot open shared object" ledger "$WORK/none.yaml"
check 'a service that it does not have is told' \
    told 'it has no service "leger"' ledger "$WORK/leger.yaml"
object empty 'int nothing;'
check 'an object without octavo_system is told' \
    told 'try: const struct octavo_system octavo_system' ledger "$WORK/empty.yaml"
object old 'const struct octavo_system octavo_system = { sizeof(octavo_system), OCTAVO_API - 1 };'
check 'an object of another version is told' \
    told 'built for another octavo.h' ledger "$WORK/old.yaml"

mkdir -p "$WORK/data/reference"
sqlite3 "$WORK/data/reference/orders.db" 'CREATE TABLE orders (id INTEGER PRIMARY KEY, account TEXT,
    amount INTEGER, park INTEGER); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
    WHERE i < 500) INSERT INTO orders SELECT i, "account-" || (i % 20), i % 7 + 1, 0 FROM n'
start "$WORK/gateway.log" run gateway
start "$WORK/ledger.log" run ledger
booked() { k -C -t booked -o beginning -e -f '%s\n' > "$WORK/booked" && [ "$(grep -c nth "$WORK/booked")" = "$1" ]; }
check 'each of its 500 rows is booked once' wait_for 60 booked 500
sqlite3 "$WORK/data/reference/orders.db" 'INSERT INTO orders VALUES (501, "account-1", 5, 0)'
check 'a row that is added later too' wait_for 60 booked 501
check 'no number twice' is "$(grep -o '"id":[0-9]*' "$WORK/booked" | sort | uniq -d | wc -l)" 0
settled_sum() { booked 501 && sed -n 's/^{"settled":\([0-9]*\).*/\1/p' "$WORK/booked" |
    awk '{ sum += $1 } END { exit sum != 501 }'; }
check 'and its timers settle every one of them' wait_for 60 settled_sum
