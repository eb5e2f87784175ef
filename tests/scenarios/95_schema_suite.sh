#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The validator passes the required part of the official JSON Schema test suite, draft-07, for what it
# documents. The suite is taken out of the source package of a validator that carries it, once.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 2
suite=build/json-schema-suite
fetch() {
    python3 -m venv "$WORK/venv" && (cd "$WORK" &&
        timeout 120 venv/bin/pip download -q --no-deps --no-binary jsonschema jsonschema==4.17.3) &&
        mkdir -p "$suite" && tar -xzf "$WORK/jsonschema-4.17.3.tar.gz" -C "$suite" --strip-components=1
} > "$WORK/fetched" 2>&1
ls "$suite"/json/tests/draft7/*.json > /dev/null 2>&1 || fetch || {
    skip 'the official suite agrees' 'the suite cannot be fetched'
    skip 'and most of it is about what is documented' 'the suite cannot be fetched'
    exit 0
}
variant=$(basename "$(dirname "$OCTAVO")")
program=build/$variant/scenarios/schema_suite
make -s V="$variant" "$program" > "$WORK/made" 2>&1 || exit 1
check 'the official suite agrees' sh -c "$program '$suite'/json/tests/draft7/*.json"
check 'and most of it is about what is documented' test "$(sed -n 's/ passed 0 failed .*//p' "$WORK/said")" -gt 780
