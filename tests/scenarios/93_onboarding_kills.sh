#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Hires in flight while every process of onboarding is killed, at random and at crash points: one account,
# one enrolment and one order for each of them. KILLS, HIRES and SEED come from the environment.
cd "$(dirname "$0")/../.." || exit 1
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/kills/onboarding.py --kills "${KILLS:-20}" --hires "${HIRES:-$((${KILLS:-20} * 5))}" \
    ${SEED:+--seed "$SEED"} --binary "${OCTAVO:-build/release/octavo}"
