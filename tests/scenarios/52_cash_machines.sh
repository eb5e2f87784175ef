#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Everything that cash machines and programs may ask of a bank, a machine that was away, and no card number anywhere.
cd "$(dirname "$0")/../.." || exit 1
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/scenarios/cash_machines.py
