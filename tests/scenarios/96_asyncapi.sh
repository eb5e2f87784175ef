#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# What `octavo export asyncapi` writes of each service is what AsyncAPI's own JSON Schema describes, as
# its npm package has it; and the same each time.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 4
specs=build/asyncapi-specs
schema="$specs/schemas/3.0.0-without-\$id.json"
fetch() {
    (cd "$WORK" && timeout 120 npm pack @asyncapi/specs) && mkdir -p "$specs" &&
        tar -xzf "$WORK"/asyncapi-specs-*.tgz -C "$specs" --strip-components=1
} > "$WORK/fetched" 2>&1
[ -s "$schema" ] || fetch || {
    for name in 'every service of accounts' 'a new system' 'what is none is refused' 'the same each time'; do
        skip "$name" 'AsyncAPI'\''s schemas cannot be fetched'
    done
    exit 0
}
directory=$(dirname "$OCTAVO")
make -s V="$(basename "$directory")" "build/$(basename "$directory")/scenarios/schema_suite" > "$WORK/made" 2>&1 || exit 1
is_described() { "$directory/scenarios/schema_suite" --value "$1" "$schema"; }
exported() { # exported SYSTEM: every service that its index names
    "$OCTAVO" export asyncapi "$1" > "$WORK/index" || return 1
    for service in $(grep -o '"service":"[^"]*"' "$WORK/index" | cut -d'"' -f4); do
        "$OCTAVO" export asyncapi "$1" --service "$service" > "$WORK/$service.json" || return 1
        is_described "$WORK/$service.json" || return 1
    done
}
check 'every service of accounts' exported accounts
binary=$(realpath "$OCTAVO")
(cd "$WORK" && "$binary" new shop < /dev/null > /dev/null)
check 'a new system, with its schemas' exported "$WORK/shop/octavo.yaml"
sed 's/"action":"send"/"action":"shout"/' "$WORK/orders.json" > "$WORK/wrong.json"
check 'what is none is refused' sh -c "! '$directory/scenarios/schema_suite' --value '$WORK/wrong.json' '$schema'"
"$OCTAVO" export asyncapi "$WORK/shop/octavo.yaml" --service orders > "$WORK/again.json"
check 'the same each time' cmp "$WORK/orders.json" "$WORK/again.json"
