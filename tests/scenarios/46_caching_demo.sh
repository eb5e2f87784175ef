#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The demo of caching: CDNOW's customers (or made-up ones) are in the cache, though it, the CRM and
# the broker are killed on the way.
. tests/scenarios/lib.sh
plan 2

demo() { timeout 100 "$OCTAVO" demo caching --dir "$WORK/demo" --port 0 --inputs 900 --json > "$WORK/demo.json" 2> "$WORK/demo.err" < /dev/null; }
check "the demo ends with 0" demo
grep -c 'kill -9' "$WORK/demo.err" > "$WORK/kills"
counts() { grep -q '^{"purchases":900,.*"lost":0,"repeated":0,"refused":0,' "$WORK/demo.json" && is "$(cat "$WORK/kills")" 3; }
check "nothing is lost or repeated under three kills" counts
