#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The drawings the systems came from: every box and arrow of them is in the system as it is declared
# now, and whatever was added says why. And each form of the drawing is what it says it is.
. tests/scenarios/lib.sh
plan 12

contains() { # contains SYSTEM
    "$OCTAVO" graph "$1" --json > "$WORK/$1.json" && python3 tests/scenarios/graph_check.py \
        "tests/golden/mission/$1.json" < "$WORK/$1.json"
}
for system in extracts iot onboarding accounts caching; do
    if [ $system = accounts ] && ! "$OCTAVO" graph accounts --json | grep -q customer-communications; then
        skip "$system contains the drawing it came from" "its customer communications are not there yet"
    elif "$OCTAVO" graph $system --json > /dev/null 2>&1; then
        check "$system contains the drawing it came from" contains $system
    else
        skip "$system contains the drawing it came from" "not shipped yet"
    fi
done
check "the check can fail" sh -c "
    ! python3 tests/scenarios/graph_check.py tests/golden/mission/caching.json < $WORK/accounts.json"
check "text has the boxes" sh -c "'$OCTAVO' graph accounts | grep -q '^| ATM  *+--'"
check "mermaid begins as mermaid does" sh -c "'$OCTAVO' graph accounts --mermaid | sed 1q | grep -qx 'flowchart LR'"
if command -v dot > /dev/null; then
    check "graphviz takes the dot" sh -c "'$OCTAVO' graph accounts --dot | dot -Tsvg > /dev/null"
else
    skip "graphviz takes the dot" "no dot"
fi
check "the SVG is XML" sh -c "'$OCTAVO' graph accounts --svg | python3 -c '
import sys, xml.dom.minidom
xml.dom.minidom.parse(sys.stdin)'"
check "the picture of the README is what is declared" sh -c "'$OCTAVO' graph accounts --svg | cmp - docs/accounts.svg"
check "two targets are wrong usage" sh -c "
    '$OCTAVO' graph accounts iot; test \$? = 2"
exit $failed
