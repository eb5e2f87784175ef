#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# One directory, one broker; and what it holds after a clean stop, a kill, a taken port.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 12
broker_start
seq 1 1000 > "$WORK/in"
k -P -t t -p 0 < "$WORK/in"

refused() { # refused TEXT COMMAND...: it fails with code 3 and says the text
    text=$1
    shift
    "$@" > "$WORK/refused" 2>&1
    is $? 3 && in_file "$text" "$WORK/refused" || {
        cat "$WORK/refused"
        return 1
    }
}
check 'a second broker on the same directory is refused' \
    refused 'held by another process' timeout 20 "$OCTAVO" broker --dir "$WORK/broker" --port 0
check 'an address that others could reach is refused' \
    refused 'not a loopback address' timeout 20 "$OCTAVO" broker --dir "$WORK/open" --host 0.0.0.0

"$OCTAVO" broker --port 70000 > "$WORK/said" 2>&1
check 'a port that is none is wrong usage, code 2' is $? 2
check 'octavo broker --help shows an example' sh -c '"$1" broker --help | grep -q "kcat -b"' sh "$OCTAVO"

start "$WORK/second.log" "$OCTAVO" broker --dir "$WORK/second" --port "$PORT" \
    --port-file "$WORK/second.port"
second=$last
wait_for 20 test -s "$WORK/second.port"
check 'a taken port is said' in_file "port_taken port=$PORT" "$WORK/second.log"
check 'and the next free one is taken' test "$(cat "$WORK/second.port")" -gt "$PORT"
kill -TERM $second && wait $second
check 'the first goes on' k -L

check 'a clean stop' broker_stop
broker_start
k -C -t t -p 0 -o beginning -e > "$WORK/out"
check 'everything is there after a clean stop' cmp "$WORK/in" "$WORK/out"
broker_kill
broker_start
k -C -t t -p 0 -o beginning -e > "$WORK/out"
check 'everything is there after a kill' cmp "$WORK/in" "$WORK/out"
check 'the same port again' in_file "broker_ready port=$PORT" "$WORK/broker.log"
echo 1001 >> "$WORK/in"
echo 1001 | k -P -t t -p 0
k -C -t t -p 0 -o beginning -e > "$WORK/out"
check 'and it goes on behind what was there' cmp "$WORK/in" "$WORK/out"
