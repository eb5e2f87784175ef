#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# octavo new writes systems that lint clean and whose tests pass; where events are not needed it writes
# nothing until told why. octavo test finds what a system does otherwise, and what it does by chance.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 16
OCTAVO=$(realpath "$OCTAVO")
cd "$WORK" || exit 1
WORK=$PWD
new() { "$OCTAVO" new "$@" < /dev/null > "$WORK/new.out" 2>&1; }
says() { grep -q -- "$1" "$WORK/$2.out" || { cat "$WORK/$2.out"; return 1; }; }
tested() { "$OCTAVO" test "$@" > "$WORK/test.out" 2> "$WORK/log"; }
refused() { # refused CODE COMMAND...
    wanted=$1
    shift
    "$@"
    is $? "$wanted"
}

new shop
check 'a new system lints clean' "$OCTAVO" lint shop/octavo.yaml
check 'and its test passes' tested shop
new shop2 --language c
make -s -C shop2
check 'so does one in C, which does the same' tested shop2
check 'what is there already is not written over' refused 3 new shop
check 'where events are not needed nothing is written' \
    refused 1 new none --answer 4=no:small --answer 5=no:one --answer 8=no:internal
check 'and it says what to do instead' says 'create table request' new
check 'nothing at all' refused 1 test -e none
check 'unless told why' new none --answer 4=no:small --answer 5=no:one --answer 8=no:internal \
    --why 'AVD2=the second system comes in May'
begun() { # begun NAME SYSTEM: it lints clean, its test passes, by its file too, and it can be drawn
    new "$1" --like "$2" && "$OCTAVO" lint "$1/octavo.yaml" && "$OCTAVO" test "$1" --accept &&
        tested "$1/octavo.yaml" && "$OCTAVO" graph "$1/octavo.yaml" --json | grep -q "\"system\": *\"$1\""
}
for system in accounts caching extracts iot onboarding; do
    check "one like $system lints clean, its test passes, and it can be drawn" begun "my-$system" $system
done
sed -i 's/LIMIT = 100000/LIMIT = 1000/' shop/orders.py
refused 1 tested shop
check 'a system that does otherwise is told with the first difference' says 'line 1:' test
sed -i 's/LIMIT = 1000/import time\nLIMIT = time.time_ns() % 1000 + 2000/; s/"over the limit"/str(LIMIT)/' shop/orders.py
refused 1 tested shop
check 'and one that looks at a clock by its rule' says '^IDE6 ' test
printf '{"topic":"order","typ":"order-placed"}\n' > shop/tests/wrong.jsonl
tested shop
check 'a wrong line is told with its place' grep -q 'shop/tests/wrong.jsonl:1: it has a member' "$WORK/log"
cd - > /dev/null || exit 1
