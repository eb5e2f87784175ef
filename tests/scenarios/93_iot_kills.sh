#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Devices publish while broker and services of iot are killed -9: nothing that was acknowledged is
# lost, nothing counts twice, rollups and alerts equal a fold of the topic by another program.
# KILLS and SEED from the environment.
cd "$(dirname "$0")/../.." || exit 1
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/kills/iot.py --kills "${KILLS:-20}" \
    ${SEED:+--seed "$SEED"} \
    --binary "${OCTAVO:-build/release/octavo}"
