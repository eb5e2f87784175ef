#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A broker with --no-auto-create makes no topic because somebody asks for it.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
command -v kcat > /dev/null || exit 1
plan 3
broker_start
check 'by default a topic is made for who writes to it' sh -c "echo a | timeout 30 kcat -q -P -b $BROKER -t made"
broker_stop
broker_start --no-auto-create
check 'with --no-auto-create it is not' sh -c \
    "! echo a | timeout 30 kcat -q -P -b $BROKER -t wanted -X topic.metadata.propagation.max.ms=100"
check 'what is there goes on' sh -c "echo b | timeout 30 kcat -q -P -b $BROKER -t made"
broker_stop
