#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# docs/tutorial.md, done: its commands are taken out of the page itself and run, block by block, in an
# empty directory. What it promises is looked at, and it must not take five minutes.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
started_at=$SECONDS
page=$PWD/docs/tutorial.md
mkdir "$WORK/bin" "$WORK/here"
ln -s "$(realpath "$OCTAVO")" "$WORK/bin/octavo"
PATH=$(realpath "$WORK/bin"):$PATH
blocks=$(grep -c '^```sh$' "$page")
plan $((blocks + 4))
cd "$WORK/here" || exit 1
WORK=$(realpath ..)
trap 'kill $(jobs -p) 2> /dev/null; wait; cd "$WORK/../.."; finish' EXIT

block() { # block N: the Nth ```sh of the page
    awk -v wanted="$1" '/^```sh$/ { in_block = ++n == wanted; next } /^```$/ { in_block = 0 } in_block' "$page"
}

# In this shell, so that what a block starts or defines is there for the next. `set -e` would not hold
# inside a condition: the ERR trap counts what fails.
for n in $(seq "$blocks"); do
    block "$n" > "$WORK/block"
    wrong=0
    trap 'wrong=$((wrong + 1))' ERR
    [ "$n" != "$blocks" ] || sed -i '/^wait$/s/.*/wait || :/' "$WORK/block"
    . "$WORK/block" > "$WORK/block.$n" 2>&1
    trap - ERR
    check "block $n: $(grep -v '^cat\|^#' "$WORK/block" | head -n 1)" sh -c "cat '$WORK/block.$n'; exit $wrong"
done
check 'a test of the new service shows its timer' grep -q '"type":"parcel-labelled"' "$WORK"/block.*
check 'every order is packed once, whoever was killed' grep -q '^4000 parcels, 0 packed twice$' "$WORK"/block.*
check 'a replay finds every task equal' is "$(cat "$WORK"/block.* | grep -c 'EQUAL')" 8
check 'in less than five minutes' test $((SECONDS - started_at)) -lt 300
