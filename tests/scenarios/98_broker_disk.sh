#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The broker's disk fails under librdkafka's clients: syncs and writes with EIO, no room, writes that are
# torn; and, while it is stopped, flipped bits and cut files. What fails is named, and what was
# acknowledged stays. DISKS times (12), each kind by turns.
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build/scenarios
cc -std=c17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -o build/scenarios/broker_clients \
    tests/scenarios/broker_clients.c $(pkg-config --cflags --libs rdkafka) || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 tests/kills/broker.py disk --count "${DISKS:-12}" \
    ${SEED:+--seed "$SEED"} --binary "${OCTAVO:-build/release/octavo}"
code=$?
[ $code != 77 ] || exit 0
exit $code
