#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Broker, processor and gateway are killed -9 at random and at crash points, and the books are judged.
# KILLS and SEED from the environment: a tenth of the soak by default, another seed every time.
cd "$(dirname "$0")/../.." || exit 1
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/kills/kills.py --kills "${KILLS:-20}" ${SEED:+--seed "$SEED"} \
    --binary "${OCTAVO:-build/release/octavo}"
