#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The broker alone is killed -9 at random and at its crash points, under librdkafka's clients; then a
# judge of their histories looks for what was lost, repeated, reordered or read though it was aborted.
# Two and a half for each of KILLS (20): they are quick.
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build/scenarios
cc -std=c17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -o build/scenarios/broker_clients \
    tests/scenarios/broker_clients.c $(pkg-config --cflags --libs rdkafka) || exit 1
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/kills/broker.py kills --count $((${KILLS:-20} * 5 / 2)) \
    ${SEED:+--seed "$SEED"} --binary "${OCTAVO:-build/release/octavo}"
