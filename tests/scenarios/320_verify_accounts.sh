#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# octavo verify on Account Transactions, with one seed: every answer holds, the report says of what
# it was looked at, and nothing is left behind: no process, no file of the run.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 11

DIR=$WORK/data
verify() { timeout 120 "$OCTAVO" verify "$@" --dir "$DIR"; }
refused() { # refused TEXT ARGUMENT...: wrong usage, and why
    text=$1
    shift
    verify "$@" > "$WORK/refused" 2>&1
    is $? 2 && in_file "$text" "$WORK/refused"
}

check 'a kind of fault that does not exist is told' \
    refused 'a kind that does not exist' accounts --faults kill,nonsense
check 'a duration that is none is told' refused 'seconds such as 60s' accounts --for ever
check 'a system that does not exist is told' refused 'no system' nobody
verify list --faults list > "$WORK/list"
check 'the kinds are listed' has_lines "$WORK/list" 10

check 'under the faults of a seed all of it holds' verify accounts --seed 4 --for 8s \
    --svg "$WORK/line.svg" --junit "$WORK/report.xml" --history "$WORK/history.jsonl"
say < "$WORK/said"
cp "$WORK/said" "$WORK/report"
check 'the last line says so' sh -c "tail -n 1 '$WORK/report' | grep -q '^HELD: seed 4, '"
all_held() { is "$(grep -cE '^  [1-8]  .* HELD ' "$WORK/report")" 8; }
check 'each of the eight answers is held' all_held
is_whole() {
    python3 - "$DIR/accounts/verify/last.json" "$WORK/report.xml" "$WORK/line.svg" "$WORK/history.jsonl" <<'EOF'
import json, sys, xml.dom.minidom
last = json.load(open(sys.argv[1]))
assert [a["state"] for a in last["answers"]] == ["HELD"] * 8, last
assert last["seed"] == 4 and last["system"] == "accounts" and sum(last["faults"].values()) > 3, last
assert all(a["evidence"] for a in last["answers"])
suite = xml.dom.minidom.parse(sys.argv[2]).documentElement
assert suite.getAttribute("failures") == "0"
assert xml.dom.minidom.parse(sys.argv[3]).documentElement.tagName == "svg"
records = [json.loads(line) for line in open(sys.argv[4])]
invoked = {r["id"] for r in records if r["kind"] == "invoke"}
assert invoked and all(r["id"] in invoked for r in records if r["kind"] in ("ok", "fail", "info"))
EOF
}
check 'JSON, JUnit, timeline and history are what they should be' is_whole
check 'no card number is in them' sh -c "! grep -rE '4000000004[0-9]{6}' '$WORK/report' '$WORK/history.jsonl' '$DIR'"
check 'the files of the run are gone' is "$(ls "$DIR/accounts/verify")" last.json
nobody_left() { ! grep -qzF -- "$DIR" /proc/[0-9]*/cmdline 2> /dev/null; }
check 'no process is left' nobody_left
