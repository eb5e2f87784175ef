#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The processor goes from one process to four, to two, to four while terminals work, and one of them
# is stopped beyond its session and wakes as a zombie: nothing is lost, nothing is done twice.
cd "$(dirname "$0")/../.." || exit 1
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/kills/scale.py ${SEED:+--seed "$SEED"} \
    --binary "${OCTAVO:-build/release/octavo}"
