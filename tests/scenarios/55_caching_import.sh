#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Customers come from CSV files that are put into a folder, each row once though the CRM is killed; a row
# that cannot be waits for an operator with its file and line.
. tests/scenarios/lib.sh
plan 4

sed -e 's|127.0.0.1:8590|127.0.0.1:0|; s|127.0.0.1:6380|127.0.0.1:0|; s|127.0.0.1:8591|127.0.0.1:0|' \
    -e 's|^      rest:$|      import: { url: "csv:import?key=id\&type=customer-captured", every: 50ms }\n      rest:|' \
    src/systems/caching/octavo.yaml > "$WORK/caching.yaml"
mkdir -p "$WORK/up/caching/import"
FOLDER=$WORK/up/caching/import
rows() { # FIRST LAST NAME
    python3 -c '
import sys
first, last = int(sys.argv[1]), int(sys.argv[2])
print("id,name,city,spent,unknown")
for n in range(first, last):
    print(f"{n:05},\"Name \"\"{n}\"\"\",Brno,{n},x")' "$1" "$2" > "$FOLDER/$3.new" && mv "$FOLDER/$3.new" "$FOLDER/$3.csv"
}
rows 0 3000 1
start "$WORK/up.log" "$OCTAVO" up caching --file "$WORK/caching.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
caching() { "$OCTAVO" caching "$@" --file "$WORK/caching.yaml" --dir "$WORK/up"; }
crm() { sed -n 's/.*process_started name=crm pid=\([0-9]*\).*/\1/p' "$WORK/up.log" | tail -n 1; }
listed() { caching ls --json > "$WORK/ls" && [ "$(wc -l < "$WORK/ls")" = "$1" ]; }
kill -9 "$(crm)"
printf 'id,name,spent\n00001,Other,7\nq,"open,1\n7,Seven,1.5\n03001,After,1\n' > "$FOLDER/2.csv.part"
mv "$FOLDER/2.csv.part" "$FOLDER/2.csv"
check "all rows of both files are customers, though the CRM was killed" wait_for 60 listed 3001
once() {
    [ "$(grep -c '"version":1,' "$WORK/ls")" = 3000 ] && grep -q '"id":"00001","version":2,.*"Other"' "$WORK/ls" &&
        grep -q 'Name \\"17\\"' "$WORK/ls"
}
check "each once: nobody has a version that no row made" once
parked() {
    "$OCTAVO" park ls caching --file "$WORK/caching.yaml" --dir "$WORK/up" > "$WORK/park" 2>&1
    grep -q '2.csv:3.*a quote is not closed' "$WORK/park" && grep -q '7.*column spent is an integer' "$WORK/park"
}
check "two rows wait with what is wrong with them" wait_for 20 parked
up_stop() { kill -TERM "$up" && wait "$up"; }
check "it stops cleanly" up_stop
exit $failed
