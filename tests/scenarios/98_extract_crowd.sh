#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Two schedulers, one of them stopped and resumed: one event for each run, intervals without gap. Then two hundred
# extracts due at one moment, four processors, a partner that accepts a connection and says nothing: the others'
# files are there while it still stalls. And an extract that ends its processor each time is given up alone.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 12

DIR=$WORK/data
mkdir -p "$DIR/extracts" "$WORK/acme"
x() { timeout 60 "$OCTAVO" extracts "$@" --dir "$DIR" --broker "$BROKER"; }
python3 - "$WORK/bank.db" <<'P' || exit 1
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
db.executemany("INSERT INTO t VALUES (?, ?)", ((i, "row %d" % i) for i in range(1000)))
db.commit()
P
python3 - "$WORK/silent.port" <<'P' &
import socket, sys, os
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(64)
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(s.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
kept = []
while True:
    kept.append(s.accept())
P
started="$started $!"
wait_for 20 test -s "$WORK/silent.port" || exit 1
cat > "$DIR/extracts/places" <<P
bank sqlite:$PWD/$WORK/bank.db
acme file://$PWD/$WORK/acme
slow sftp://us@127.0.0.1:$(cat "$WORK/silent.port")/in?host_key=SHA256:none&key=none&stall=600
P
sed 's|retry: { first: 1s, most: 5m }|retry: { first: 200ms, most: 1s }|' src/systems/extracts/octavo.yaml > "$WORK/octavo.yaml"
service() { # service NAME SERVICE: its pid is $last
    start "$WORK/$1.log" "$OCTAVO" run extracts --service "$2" --broker "$BROKER" --dir "$DIR" \
        --file "$WORK/octavo.yaml" --port-file "$WORK/$1.port" --instance "$1"
}
broker_start
service s1 extract-scheduler; s1=$last
wait_for 60 test -s "$WORK/s1.port" || exit 1
service s2 extract-scheduler; s2=$last
wait_for 60 test -s "$WORK/s2.port" || exit 1

for n in 1 2 3 4 5 6 7 8; do
    printf '[tick%d]\nschedule = @every 1s\nsource = bank\nquery = SELECT %d\n' $n $n
done > "$WORK/ticks.conf"
x apply "$WORK/ticks.conf" > /dev/null
runs() { k -C -t extract-scheduled -e -f '%h\t%s\n' > "$WORK/runs" 2> /dev/null; [ "$(grep -c '"extract":"tick' "$WORK/runs")" -ge "$1" ]; }
check 'two schedulers schedule' wait_for 60 runs 40
kill -STOP "$s1"
sleep 12 # what a stall is made of
kill -CONT "$s1"
all_tick() { # every extract has a run of the last seconds
    runs 1 && python3 - "$WORK/runs" "$1" <<'P'
import json, sys
newest = {}
for line in open(sys.argv[1]):
    r = json.loads(line.split("\t")[1])
    newest[r["extract"]] = max(newest.get(r["extract"], 0), r["until"])
sys.exit(len(newest) != 8 or min(newest.values()) < int(sys.argv[2]) * 1000)
P
}
check 'one is stopped for a while and resumed, and all extracts are scheduled up to now' wait_for 120 all_tick "$(date +%s)"
kill -STOP "$s2"
kill -9 "$s2"; wait "$s2" 2> /dev/null
check 'the other is killed while it is stopped, and its extracts go on' wait_for 120 all_tick "$(date +%s)"
for n in 1 2 3 4 5 6 7 8; do x drop tick$n > /dev/null; done
runs 1
once() {
    python3 - "$WORK/runs" <<'P'
import collections, json, sys
ids = {} # what is sent again after a stall has the id it had: readers drop it
for line in open(sys.argv[1]):
    headers, value = line.split("\t")
    ids[dict(h.split("=", 1) for h in headers.split(","))["ce_id"]] = json.loads(value)
runs = list(ids.values())
twice = [k for k, n in collections.Counter(r["run"] for r in runs).items() if n > 1]
of = collections.defaultdict(list)
for r in runs:
    of[r["extract"]].append((r["from"], r["until"]))
gaps = [e for e, i in of.items() for a, b in zip(sorted(i), sorted(i)[1:]) if a[1] != b[0]]
empty = [e for e, i in of.items() if any(f >= u for f, u in i)]
print(len(runs), "runs; twice", twice, "gaps", gaps, "empty", empty)
sys.exit(bool(twice or gaps or empty))
P
}
check 'each run has one event, and the intervals hang together' once

for n in 1 2 3 4; do service p$n extract-processor; eval "p$n=$last"; done
for n in 1 2 3 4; do wait_for 60 test -s "$WORK/p$n.port" || exit 1; done
busy() { [ "$(x ls --runs --json | grep -c '"state":"extracting"')" -gt 0 ]; }
idle() { ! busy; }
wait_for 120 idle
python3 - > "$WORK/crowd.conf" <<'P'
for n in range(200):
    slow = n % 10 == 0
    print("[crowd%03d]\nschedule = @every 30s\nsource = bank\nquery = SELECT a, b FROM t ORDER BY a\n"
          "file = crowd%03d-{utc}.csv\npartner = %s" % (n, n, "slow" if slow else "acme"))
P
x apply "$WORK/crowd.conf" > /dev/null
first() { x ls --runs --json | grep '"extract":"crowd' > "$WORK/crowd"; [ "$(wc -l < "$WORK/crowd")" -ge 200 ]; }
wait_for 90 first
for n in $(seq -w 0 199); do printf '[crowd%s]\nsource = bank\nquery = SELECT 1\nschedule =\n' "$n"; done > "$WORK/over.conf"
x apply "$WORK/over.conf" > /dev/null # no second time
delivered() { first; [ "$(grep '"partner":"acme"' "$WORK/crowd" | grep -c '"state":"delivered"')" -ge 180 ]; }
check 'two hundred are due at once, and the files of the partner that is well are there' wait_for 180 delivered
stalled() { [ "$(grep '"partner":"slow"' "$WORK/crowd" | grep -c '"state":"delivering"')" -ge 20 ]; }
check 'while the one that says nothing still has to take its own' stalled
whole() { [ "$(find "$WORK/acme" -name 'crowd*.csv' | wc -l)" -ge 180 ] && (cd "$WORK/acme" && sha256sum --quiet -c ./*.done); }
check 'each is whole' whole
python3 - "$WORK/crowd" <<'P' | say
import json, sys
took = sorted(r["delivered"] - r["scheduled"] for r in map(json.loads, open(sys.argv[1])) if r.get("delivered"))
if took:
    print("scheduled to delivered, of %d: half within %d ms, the last %d ms" % (len(took), took[len(took) // 2], took[-1]))
P

for n in 1 2 3 4; do eval "kill -9 \$p$n"; eval "wait \$p$n" 2> /dev/null; done
printf '[poison]\nsource = bank\nquery = SELECT 1\npartner = acme\nfile = poison.csv\n[well]\nsource = bank\nquery = SELECT 2\npartner = acme\nfile = well.csv\n' > "$WORK/p.conf"
x apply "$WORK/p.conf" > /dev/null
known() { [ "$(x ls --json | grep -c '"extract":"poison"\|"extract":"well"')" = 2 ]; }
wait_for 60 known
x run poison --at 2026-11-01T00:00:00Z > /dev/null
ends() { OCTAVO_CRASH=extract_after_file:1 timeout 120 "$OCTAVO" run extracts --service extract-processor --broker "$BROKER" \
    --dir "$DIR" --file "$WORK/octavo.yaml" --instance poison >> "$WORK/poison.log" 2>&1; [ $? != 0 ]; }
five() { for n in 1 2 3 4 5; do ends || return 1; done; }
check 'an extract ends its processor five times' five
service p5 extract-processor
wait_for 60 test -s "$WORK/p5.port" || exit 1
state() { x show "$1" | grep -qx "  state           $2"; }
check 'then it is given up' wait_for 120 state poison@20261101T000000Z.1 failed
check 'with the reason' sh -c "'$OCTAVO' extracts show poison@20261101T000000Z.1 --dir $DIR | grep -q 'begun 5 times in a row'"
x run well --at 2026-11-01T00:00:00Z > /dev/null
check 'others go on' wait_for 60 state well@20261101T000000Z.1 delivered
x retry poison@20261101T000000Z.1 > /dev/null
check 'and an operator may try it again' wait_for 60 state poison@20261101T000000Z.1 delivered
exit $failed
