#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A flipped bit in a stopped broker's directory: audit finds it, repair says what it costs, and does it.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 14
broker_start
for i in 1 2 3 4 5; do
    echo "record-$i" | k -P -t t -p 0
done
audit() { "$OCTAVO" broker audit "$WORK/broker" > "$WORK/audit" 2>&1; }
repair() { "$OCTAVO" broker repair "$WORK/broker" "$@" > "$WORK/audit" 2>&1; }
audit
check 'a broker that runs is not audited, code 3' is $? 3
broker_stop
audit
check 'a clean directory is audited, code 0' is $? 0
check 'and what was read is told' in_file '1 segments, 5 batches, 5 records' "$WORK/audit"

segment="$WORK/broker/t-0/00000000000000000000.log"
at=$(grep -obUa record-3 "$segment" | cut -d: -f1)
printf 'X' | dd of="$segment" bs=1 seek="$at" conv=notrunc 2> /dev/null
audit
check 'a flipped byte is found, code 1' is $? 1
check 'by file and offset' in_file 'offsets 2 to 2: its checksum' "$WORK/audit"
repair
check 'a repair first says what would be lost, code 1' is $? 1
check 'and has changed nothing' in_file 'nothing is changed yet' "$WORK/audit"
repair --now
check 'with --now it is done' is $? 0
audit
check 'and nothing is found any more' is $? 0
broker_start
k -C -t t -p 0 -o beginning -e > "$WORK/out"
check 'every other record is there' sh -c 'test "$(tr "\n" " " < "$1")" = "record-1 record-2 record-4 record-5 "' sh "$WORK/out"
broker_stop

# What no repair can bring back is not promised.
broker_kept="$WORK/kept"
cp -r "$WORK/broker" "$broker_kept"
rm "$WORK/broker/octavo.meta"
audit
check 'a directory without its octavo.meta is not read, code 3' is $? 3
check 'and is told what was lost' in_file 'octavo.meta was lost: put it back from a copy' "$WORK/audit"
rm -rf "$WORK/broker" && mv "$broker_kept" "$WORK/broker"
broker_start
echo record-6 | k -P -t t -p 0
broker_kill
rm "$(ls "$WORK"/broker/wal-* | head -n 1)"
audit
check 'a file of the log that is missing is found, code 1' is $? 1
check 'and no repair is advised' in_file 'a repair cannot mend it' "$WORK/audit"
