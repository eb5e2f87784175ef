#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The same as 93_onboarding_kills.sh with Debian's slapd for a directory, which is killed too.
cd "$(dirname "$0")/../.." || exit 1
if [ ! -x /usr/sbin/slapd ] || ! command -v ldapsearch > /dev/null; then
    printf '1..1\nok 1 - one account, one enrolment, one order for each hire # SKIP no slapd or ldapsearch\n'
    exit 0
fi
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/kills/onboarding.py --slapd --kills "${KILLS:-20}" \
    --hires "${HIRES:-$((${KILLS:-20} * 5))}" ${SEED:+--seed "$SEED"} --binary "${OCTAVO:-build/release/octavo}"
