#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Kills and power cuts of the broker alone find the mutants that they must: one, with MUTANTS=all those of the list.
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build/scenarios
cc -std=c17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -o build/scenarios/broker_clients \
    tests/scenarios/broker_clients.c $(pkg-config --cflags --libs rdkafka) || exit 1
exec tests/mutants/broker
