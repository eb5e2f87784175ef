#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The reference system - source, rows, timers, effects of every class, a fold - is killed -9 at random
# and at crash points under load, and what came out is counted. KILLS, EACH (hits of every crash point) and SEED from the
# environment.
cd "$(dirname "$0")/../.." || exit 1
binary=${OCTAVO:-build/release/octavo}
variant=$(basename "$(dirname "$binary")")
make -s V="$variant" "build/$variant/reference.so" 1>&2 || exit 1
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/kills/reference.py --kills "${KILLS:-20}" --each "${EACH:-0}" \
    ${SEED:+--seed "$SEED"} \
    --binary "$binary"
