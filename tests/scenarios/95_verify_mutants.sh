#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# octavo verify finds mutants of the whole binary: MUTANTS of them (4), chosen by OCTAVO_SEED.
cd "$(dirname "$0")/../.." || exit 1
exec tests/mutants/verify
