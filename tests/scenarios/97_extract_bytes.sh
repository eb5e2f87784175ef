#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A processor is killed -9 at twenty byte positions of a large file. The file is the one that an undisturbed run
# makes; where the rows were changed meanwhile it is all of one snapshot. ROWS and CUTS from the environment.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 5

ROWS=${ROWS:-400000} CUTS=${CUTS:-20}
DIR=$WORK/data ARCHIVE=$WORK/data/extracts/archive
mkdir -p "$DIR/extracts" "$WORK/acme"
x() { timeout 60 "$OCTAVO" extracts "$@" --dir "$DIR" --broker "$BROKER"; }
python3 - "$WORK/bank.db" "$ROWS" << 'P' || exit 1
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE TABLE version (n INTEGER)")
db.execute("INSERT INTO version VALUES (1)")
db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
db.executemany("INSERT INTO t VALUES (?, ?)", ((i, "row %d of so many" % i) for i in range(int(sys.argv[2]))))
db.commit()
P
# The version of every row is looked up as it is read: two snapshots in one file would show.
printf '[t]\nsource = bank\nquery = SELECT a, b, (SELECT n FROM version WHERE a >= 0) AS version FROM t ORDER BY a\nnewline = lf\nheader = no\npartner = acme\n' > "$WORK/x.conf"
printf 'bank sqlite:%s/bank.db\nacme file://%s/acme\n' "$PWD/$WORK" "$PWD/$WORK" > "$DIR/extracts/places"
sed 's|retry: { first: 1s, most: 5m }|retry: { first: 100ms, most: 500ms }|' src/systems/extracts/octavo.yaml > "$WORK/octavo.yaml"
broker_start
processor_start() {
    rm -f "$WORK/$1.port"
    start "$WORK/$1.log" "$OCTAVO" run extracts --service "$1" --broker "$BROKER" --dir "$DIR" --file "$WORK/octavo.yaml" \
        --port-file "$WORK/$1.port"
    wait_for 60 test -s "$WORK/$1.port"
}
processor_start extract-scheduler && processor_start extract-processor || exit 1
processor=$last
x apply "$WORK/x.conf" > /dev/null
known() { x ls --json | grep -q '"extract":"t"'; }
wait_for 60 known || exit 1

hour=0
run() { # one more run; its name is $run, its moment $utc
    hour=$((hour + 1))
    nominal=$(printf '2026-11-%02dT%02d:00:00Z' $((hour / 24 + 1)) $((hour % 24)))
    utc=$(echo "$nominal" | tr -d ':-')
    run=t@$utc.1
    x run t --at "$nominal" > /dev/null
}
delivered() { test -e "$WORK/acme/t-$utc-1.csv.done"; }
version() { python3 -c 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=30); db.execute("UPDATE version SET n = n + 1"); db.commit()' "$WORK/bank.db"; }

run
check 'an undisturbed run makes a file' wait_for 60 delivered
cp "$WORK/acme/t-$utc-1.csv" "$WORK/first"
bytes=$(wc -c < "$WORK/first")
cuts=0 changed=0 mixed=0 other=0
while [ $cuts -lt "$CUTS" ] && [ $hour -lt $((CUTS * 2 + 2)) ]; do
    run
    # Every second time the rows are of another version when the processor comes back.
    if /usr/bin/python3 tests/scenarios/kill_at.py "$ARCHIVE" "$run" $((1 + bytes * (cuts * 4 + 1) / (CUTS * 5))) "$processor" >> "$WORK/cuts"; then
        wait "$processor" 2> /dev/null
        cuts=$((cuts + 1))
        if [ $((cuts % 2)) = 0 ]; then
            version
            changed=$((changed + 1))
        fi
        processor_start extract-processor || exit 1
        processor=$last
    fi
    wait_for 120 delivered || break
    file=$WORK/acme/t-$utc-1.csv
    [ "$(cut -d, -f3 < "$file" | sort -u | wc -l)" = 1 ] || mixed=$((mixed + 1))
    cut -d, -f1,2 < "$WORK/first" | cmp -s - "$WORK/rows" 2> /dev/null || cut -d, -f1,2 < "$WORK/first" > "$WORK/rows"
    cut -d, -f1,2 < "$file" | cmp - "$WORK/rows" || other=$((other + 1))
    [ "$changed" -gt 0 ] || cmp "$file" "$WORK/first" || other=$((other + 1))
    rm "$file"
done
check "a processor is killed at $CUTS byte positions" is $cuts "$CUTS"
sort -n "$WORK/cuts" | tr '\n' ' ' | sed "s/^/# of $bytes bytes: /"
echo
check 'each file has every row once, byte by byte' is "$other" 0
check 'and is of one snapshot' is "$mixed" 0
left() { is "$(find "$ARCHIVE" "$WORK/acme" -name '*.part' | wc -l)" 0 && is "$(find "$ARCHIVE" -name '*.data' | wc -l)" "$hour"; }
check 'nothing that was begun is left' left
exit $failed
