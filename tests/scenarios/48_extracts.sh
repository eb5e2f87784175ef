#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Extracts as an operator sees them: a file of definitions, runs at their times and when asked, files with
# partners, another system's file, and what cannot be made says why.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 31

DIR=$WORK/data PLACES=$WORK/data/extracts/places
mkdir -p "$DIR/extracts/handed/out" "$WORK/acme"
x() { timeout 60 "$OCTAVO" extracts "$@" --dir "$DIR" --broker "$BROKER"; }
python3 - "$WORK/bank.db" <<'P' || exit 1
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE posting (entry INTEGER PRIMARY KEY, account TEXT, amount INTEGER, note TEXT)")
db.executemany("INSERT INTO posting VALUES (?, ?, ?, ?)",
               [(i, "A%d" % (i % 7), i * 100, None if i % 3 else 'a "note", %d' % i) for i in range(1, 2001)])
db.commit()
P
cat > "$PLACES" <<P
bank sqlite:$PWD/$WORK/bank.db
acme file://$PWD/$WORK/acme
beta file:beta?mode=0644
handed file:handed
P
cat > "$WORK/extracts.conf" <<'C'
[ledger]
schedule = @every 1s
source   = bank
query    = SELECT entry, account, amount, note FROM posting
           ORDER BY entry
partner  = acme
catch_up = latest
[monthly]
schedule = 0 6 L * *
zone     = Europe/Prague
source   = bank
query    = SELECT account, sum(amount) AS total FROM posting GROUP BY account ORDER BY account
file     = monthly-{date}-{revision}.csv
partner  = acme
[broken]
source   = bank
query    = SELECT nobody FROM posting
partner  = acme
C
broker_start
for service in extract-scheduler extract-processor; do
    start "$WORK/$service.log" "$OCTAVO" run extracts --service $service --broker "$BROKER" --dir "$DIR" \
        --port-file "$WORK/$service.port"
done
for service in extract-scheduler extract-processor; do
    wait_for 60 test -s "$WORK/$service.port" || exit 1
done

check 'a file of definitions is read and judged' x apply "$WORK/extracts.conf" --check
sed 's/@every 1s/61 * * * */' "$WORK/extracts.conf" > "$WORK/wrong.conf"
x apply "$WORK/wrong.conf" > "$WORK/out" 2>&1
check 'one with a mistake is told by its line' in_file 'wrong.conf:1: \[ledger\]: its minutes' "$WORK/out"
printf '[a]\nsuorce = bank\n' > "$WORK/wrong.conf"
x apply "$WORK/wrong.conf" > "$WORK/out" 2>&1
check 'a misspelt option too' in_file 'wrong.conf:2: there is no option "suorce"' "$WORK/out"
x apply "$WORK/extracts.conf" --dry-run > "$WORK/out" 2>&1
dry() { in_file 'no such column: nobody' "$WORK/out" && is "$(grep -c '^[0-9]*,A[0-9]' "$WORK/out")" 10 && in_file '^A6,' "$WORK/out"; }
check 'a dry run shows ten rows of each, and what is wrong' dry
check 'and it is handed over' x apply "$WORK/extracts.conf"
known() { [ "$(x ls --json | grep -c '"extract"')" = 3 ]; }
check 'the scheduler knows three extracts' wait_for 30 known
delivered() { [ "$(x ls --runs --json | grep -c '"extract":"ledger","state":"delivered"')" -ge "$1" ]; }
defined() { x dry-run ledger > "$WORK/out" && is "$(wc -l < "$WORK/out")" 11; }
check 'what is defined is run dry, too' defined
check 'runs are made at their times and delivered' wait_for 40 delivered 2
check 'ledger pauses' x pause ledger
first=$(find "$WORK/acme" -name 'ledger-*.csv' | sort | head -1)
whole() { [ "$(wc -l < "$first")" = 2001 ] && (cd "$WORK/acme" && sha256sum --quiet -c ./*.done); }
check 'each file is whole, and its done-file says so' whole
reads_back() {
    python3 - "$WORK/bank.db" "$first" <<'P'
import csv, sqlite3, sys
rows = list(csv.reader(open(sys.argv[2], newline="", encoding="utf-8")))
want = [tuple("" if c is None else str(c) for c in r)
        for r in sqlite3.connect(sys.argv[1]).execute("SELECT * FROM posting ORDER BY entry")]
sys.exit(rows[0] != ["entry", "account", "amount", "note"] or [tuple(r) for r in rows[1:]] != want)
P
}
check 'and its rows are the rows of the table' reads_back
check 'the next runs of a month are its last days' sh -c \
    "$OCTAVO extracts next monthly --from 2027-01-15 --count 2 --dir $DIR | grep -c '2027-01-31T05:00:00Z\|2027-02-28T05:00:00Z' | grep -qx 2"
check 'a run that is asked for' x run monthly --at 2026-10-31T05:00:00Z
run=monthly@20261031T050000Z
state() { x show "$1" | grep -qx "  state           $2"; }
check 'is made, by the name of its day' wait_for 30 state $run.1 delivered
check 'under the name it was given' test -s "$WORK/acme/monthly-20261031-1.csv"
x run monthly --at 2026-10-31T05:00:00Z > /dev/null
x run monthly --at 2026-10-31T05:00:00Z --again > /dev/null
check 'asked for again it is made as the next revision only where that is said' wait_for 30 state $run.2 delivered
check 'a third one is not there' sh -c "! '$OCTAVO' extracts show $run.3 --dir $DIR 2> /dev/null"
x run broken --at 2026-10-31T05:00:00Z > /dev/null
check 'a wrong query is a failed run that says why' wait_for 30 state broken@20261031T050000Z.1 failed
check 'by the column' sh -c "'$OCTAVO' extracts show broken@20261031T050000Z.1 --dir $DIR | grep -q 'no such column: nobody'"

printf '# of a year\n2026-12-24 # eve\n2026-12-25\n' > "$WORK/holidays"
printf '[days]\nsource = bank\nquery = SELECT 1\nschedule = 0 6 * * *\ndays = business\nholidays = @%s\n' "$WORK/holidays" > "$WORK/days.conf"
check 'holidays may stand in a file' x apply "$WORK/days.conf" --check
sed -i 's/^2026-12-25/25.12.2026/' "$WORK/holidays"
x apply "$WORK/days.conf" > "$WORK/out" 2>&1
check 'what is no date in it is told' in_file 'its holidays are dates' "$WORK/out"

sed 's/^partner.*/partner = beta/; /^\[monthly/,$d; s/\[ledger/[held/; /^schedule/d; /^catch_up/d' "$WORK/extracts.conf" > "$WORK/held.conf"
x apply "$WORK/held.conf" > /dev/null
known4() { [ "$(x ls --json | grep -c '"extract"')" = 4 ]; }
wait_for 30 known4
check 'a partner is held' x hold beta --reason 'they move'
x run held --at 2026-10-31T05:00:00Z > /dev/null
check 'its file is made and waits' wait_for 30 state held@20261031T050000Z.1 delivering
x hold acmee --json > "$WORK/out" 2>&1
check 'that nobody names a partner is told' sh -c "grep -q '\"known\":false' $WORK/out && grep -q 'no run names the partner acmee' $WORK/out"
check 'it is released' x release beta
check 'and the file comes, to be read by whom it is for' wait_for 30 sh -c \
    "[ \"\$(stat -c %a $DIR/extracts/beta/held-*.csv 2> /dev/null)\" = 644 ] && '$OCTAVO' extracts show held@20261031T050000Z.1 --dir $DIR | grep -qx '  state           delivered'"

printf 'a file of another system\n' > "$DIR/extracts/handed/out/834.edi"
sha=$(sha256sum "$DIR/extracts/handed/out/834.edi" | cut -d' ' -f1)
printf '834-1|{"path":"handed/out/834.edi","sha256":"%s","partner":"acme","key":"834-1"}\n' "$sha" > "$WORK/ready"
k -P -t file-ready -K '|' -X partitioner=murmur2 -H ce_type=file-ready -H ce_id=ready-1 "$WORK/ready" -l
check 'a file of another system is delivered the same way' wait_for 30 state 834-1 delivered
check 'byte by byte' cmp "$DIR/extracts/handed/out/834.edi" "$WORK/acme/834.edi"
check 'its events are told' sh -c "'$OCTAVO' extracts tail $run.1 --dir $DIR --broker $BROKER > $WORK/tail && grep -q '  extract-produced ' $WORK/tail && grep -q '  extract-delivered ' $WORK/tail && ! grep -q ledger $WORK/tail"
check 'and a run names the event that asked for it' sh -c "'$OCTAVO' extracts show $run.1 --dir $DIR | grep -q '  asked for by    .'"
audited() { x audit > "$WORK/audit"; grep -qx 'faults 0' "$WORK/audit" && grep -q 'failed 1,' "$WORK/audit"; }
check 'the audit finds the failed run and nothing else' wait_for 10 audited
exit $failed
