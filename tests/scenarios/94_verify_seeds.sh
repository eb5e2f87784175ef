#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# octavo verify with seeds of its own each time: SEEDS of them, FOR so long each, from SEED on.
cd "$(dirname "$0")/../.." || exit 1
AGAIN=1 SEEDS=${SEEDS:-1} FOR=${FOR:-20s} SEED=${SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')} exec tools/verify
