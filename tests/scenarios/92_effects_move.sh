#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Tasks move between two processes of a service while effects of theirs wait: keyed, natural and
# queryable ones happen once, blind ones again only within the windows that are printed.
cd "$(dirname "$0")/../.." || exit 1
binary=${OCTAVO:-build/release/octavo}
variant=$(basename "$(dirname "$binary")")
make -s V="$variant" "build/$variant/reference.so" 1>&2 || exit 1
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/kills/moves.py ${SEED:+--seed "$SEED"} --binary "$binary"
