#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Broker, scheduler and both processors of the extracts are killed -9 at random and at crash points; the
# partner gets every file once, whole, its done-file last. KILLS and SEED from the environment.
cd "$(dirname "$0")/../.." || exit 1
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/kills/extracts.py --kills "${KILLS:-12}" ${SEED:+--seed "$SEED"} \
    --binary "${OCTAVO:-build/release/octavo}"
