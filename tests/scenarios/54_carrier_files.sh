#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Two systems on one broker: onboarding writes 834 files and says so by `file-ready`, the extracts system brings
# them to the carrier, who reads them with a reader of its own. Whoever is killed on the way, each comes once.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 6

DIR=$WORK/data
mkdir -p "$DIR/extracts" "$WORK/carrier"
cat > "$DIR/extracts/places" << P
onboarding file://$PWD/$DIR/onboarding/834
CARRIER file://$PWD/$WORK/carrier
P
start "$WORK/vendor.log" python3 tests/scenarios/vendor_double.py "$WORK" --calm
wait_for 20 test -s "$WORK/vendor.port" || exit 1
sed "s,127.0.0.1:8592,127.0.0.1:$(cat "$WORK/vendor.port"),; s,poll_ms: 3600000,poll_ms: 300,
    s,127.0.0.1:859[01],127.0.0.1:0," src/systems/onboarding/octavo.yaml > "$WORK/onboarding.yaml"
broker_start
run() { # run SYSTEM SERVICE [MORE...]
    system=$1 service=$2
    shift 2
    rm -f "$WORK/$service.port"
    start "$WORK/$service.log" "$OCTAVO" run "$system" --service "$service" --broker "$BROKER" --dir "$DIR" \
        --port-file "$WORK/$service.port" "$@"
}
for service in hr-onboarding network-user-creation benefits-enrollment background-check; do
    run onboarding $service --file "$WORK/onboarding.yaml"
    [ $service != benefits-enrollment ] || benefits=$last
done
run extracts extract-processor
processor=$last
for service in hr-onboarding network-user-creation benefits-enrollment background-check extract-processor; do
    wait_for 60 test -s "$WORK/$service.port" || exit 1
done
onboarding() { timeout 60 "$OCTAVO" onboarding "$@" --file "$WORK/onboarding.yaml" --dir "$DIR" --broker "$BROKER"; }
states_are() { [ "$(onboarding ls --state "$1" --json | wc -l)" = "$2" ]; }
all_there() { # what onboarding wrote is what the carrier has
    for file in "$DIR"/onboarding/834/*.edi; do
        cmp -s "$file" "$WORK/carrier/$(basename "$file")" && [ -f "$WORK/carrier/$(basename "$file").done" ] || return 1
    done
}

{
    echo employee,given,family,birth,start
    for i in 10 11 12 13 14 15 16 17 18 19 20 21; do echo "100$i,Anna,Novák,1990-02-28,2099-01-01"; done
} > "$WORK/hires.csv"
check 'twelve are hired' onboarding import "$WORK/hires.csv"
kill -9 "$processor"
check 'onboarding does not wait for who delivers' wait_for 30 states_are onboarded 12
kill -9 "$benefits"
run onboarding benefits-enrollment --file "$WORK/onboarding.yaml"
run extracts extract-processor
check 'every file reaches the carrier as it was written, with its done-file' wait_for 30 all_there
onboarding ask rescind 10010 > /dev/null
wait_for 30 states_are rescinded 1 || exit 1
check 'so does the one that ends a coverage' wait_for 30 all_there
check 'the digest beside each is right' sh -c "cd '$WORK/carrier' && cat ./*.done | sha256sum --quiet -c"
members() { cut -d ' ' -f 1,2 | sort | tr '\n' ' '; }
wanted='10010 021 10010 024 10011 021 10012 021 10013 021 10014 021 10015 021 10016 021 10017 021 10018 021 10019 021 10020 021 10021 021 '
if command -v node > /dev/null && [ -d build/npm/node_modules/node-x12 ]; then
    NODE_PATH=build/npm/node_modules node tests/scenarios/x12_peer.js "$WORK"/carrier/*.edi > "$WORK/members" || exit 1
    check "the carrier's reader of X12 has everybody once, with a name" sh -c "
        [ \"\$(cut -d ' ' -f 1,2 '$WORK/members' | sort | tr '\\n' ' ')\" = '$wanted' ] && ! grep -v 'Novák' '$WORK/members'"
else
    check 'the carrier has everybody once' is "$(cat "$WORK"/carrier/*.edi | tr '~' '\n' |
        awk -F '*' '$1 == "INS" { type = $4 } $1 == "REF" && $2 == "0F" { print $3, type }' | members)" "$wanted"
fi
