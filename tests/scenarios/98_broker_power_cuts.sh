#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The power goes, CUTS times (12), while librdkafka's clients work: what an ext4 file system has given to
# its device by then is mounted again, and all that was acknowledged must be on it.
# Skipped where there is no root or no loop device.
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build/scenarios
cc -std=c17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -o build/scenarios/broker_clients \
    tests/scenarios/broker_clients.c $(pkg-config --cflags --libs rdkafka) || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 tests/kills/broker.py cuts --count "${CUTS:-12}" \
    ${SEED:+--seed "$SEED"} --binary "${OCTAVO:-build/release/octavo}"
code=$?
[ $code != 77 ] || exit 0
exit $code
