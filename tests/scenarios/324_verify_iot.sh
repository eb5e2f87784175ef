#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# octavo verify on IoT, with one seed; then rollups and alerts once more, folded by Python from what
# stood in the topic.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 4

check 'under the faults of a seed all of it holds' timeout 200 "$OCTAVO" verify iot --seed 9 --for 5s \
    --faults kill,line-reset,broker-kill --dir "$WORK/data" --history "$WORK/history.jsonl"
say < "$WORK/said"
cp "$WORK/said" "$WORK/report"
check 'the last line says so' sh -c "tail -n 1 '$WORK/report' | grep -q '^HELD: seed 9, '"
check 'its own checks have looked at something' in_file ' kept [1-9].* windows [1-9]' "$WORK/report"
check 'a fold in another language is the same' python3 tests/kills/iot_history.py "$WORK/history.jsonl"
