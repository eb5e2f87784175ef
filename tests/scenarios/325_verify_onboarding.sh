#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# octavo verify on New Employee Onboarding, with one seed.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 3

check 'under the faults of a seed all of it holds' timeout 200 "$OCTAVO" verify onboarding --seed 4 --for 5s \
    --faults kill,crash-point,outside-lossy,outside-lying --dir "$WORK/data"
say < "$WORK/said"
cp "$WORK/said" "$WORK/report"
all_held() { is "$(grep -cE '^  [1-8]  .* HELD ' "$WORK/report")" 8; }
check 'each of the eight answers is held' all_held
check 'forged webhooks came, and none was taken' in_file ' [1-9][0-9]* forged webhooks refused' "$WORK/report"
