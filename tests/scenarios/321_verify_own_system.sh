#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# octavo verify on a system of one's own: right, it holds; with a count in memory instead of a row it
# is broken, and the message names handler, effect and fault.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 13

till() { # till NAME [FLAG]: a folder with the object, its declaration and its events
    mkdir -p "$WORK/$1"
    cc -shared -fPIC -Iinclude ${2:+"$2"} -o "$WORK/$1/till.so" tests/scenarios/till.c || exit 1
    cp tests/scenarios/till.yaml "$WORK/$1/"
    printf '# TYPE KEY JSON\nsale ann {"amount":5}\nsale bob {"amount":7}\nsale cyd {"amount":11}\n' > "$WORK/$1/sales.txt"
}
verify() { # verify CODE NAME [OPTION...]
    wanted=$1 which=$2
    shift 2
    timeout 120 "$OCTAVO" verify till --file "$WORK/$which/till.yaml" --dir "$WORK/data-$which" "$@" \
        > "$WORK/$which.report" 2>&1
    is $? "$wanted" || { tail -n 20 "$WORK/$which.report"; return 1; }
}

till right
check 'a till that is right holds' verify 0 right --seed 5 --for 3s --faults kill,crash-point
check 'its effects were looked at' in_file 'effects [1-9]' "$WORK/right.report"
till memory -DMEMORY
check 'one that counts in memory is broken' verify 1 memory --seed 5 --for 3s --faults kill \
    --junit "$WORK/memory.xml" --svg "$WORK/memory.svg"
took=$(sed -n 's/^BROKEN: seed 5, .* \([0-9]*\) s in all$/\1/p' "$WORK/memory.report")
check 'within 30 s, its run without faults included' test "${took:-31}" -le 30
check 'handler and edge are named' in_file 'till (.*till.so:till), edge slips, keyed: ' "$WORK/memory.report"
check 'and the fault before it' in_file 'the fault before it: kill of till' "$WORK/memory.report"
check 'and how to see it again' in_file 'again: octavo verify till --seed 5 --for 3s --faults kill' "$WORK/memory.report"
check 'replaying it differs, too' in_file 'BROKEN: replay' "$WORK/memory.report"
cat > "$WORK/junit.py" <<'EOF'
import sys, xml.dom.minidom
suite = xml.dom.minidom.parse(sys.argv[1]).documentElement
cases = suite.getElementsByTagName("testcase")
failures = {f.getAttribute("message"): f.firstChild.data for f in suite.getElementsByTagName("failure")}
assert int(suite.getAttribute("tests")) == len(cases) and int(suite.getAttribute("failures")) == len(failures)
assert int(suite.getAttribute("skipped")) == len(suite.getElementsByTagName("skipped"))
assert "edge slips, keyed: " in failures["effects"] and "replay" in failures
EOF
check 'a build server sees the same' python3 "$WORK/junit.py" "$WORK/memory.xml"
cat > "$WORK/svg.py" <<'EOF'
import re, sys, xml.dom.minidom
picture = xml.dom.minidom.parse(sys.argv[1]).documentElement
kills = [t.parentNode for t in picture.getElementsByTagName("title") if t.firstChild.data.startswith("kill")]
assert len(kills) == int(re.search(r"^faults: kill (\d+)$", open(sys.argv[2]).read(), re.M).group(1))
rows = {t.firstChild.data: int(t.getAttribute("y")) for t in picture.getElementsByTagName("text")}
assert all(0 < rows["till"] - int(kill.getAttribute("y")) < 20 for kill in kills), kills[0].toxml()
assert picture.getElementsByTagName("polyline")[0].getAttribute("points").count(",") > 100
EOF
check 'and the timeline has each kill, in its row' python3 "$WORK/svg.py" "$WORK/memory.svg" "$WORK/memory.report"
verify 1 memory --seed 5 --for 3s --faults kill --shrink
check 'of its faults one is enough' in_file '^fewer faults, 1 of .* --only [0-9]*$' "$WORK/memory.report"
sed -i 's/^sale bob.*/sale bob/' "$WORK/right/sales.txt"
check 'a line that is no event is told with its place' verify 3 right --seed 5 --for 3s
check 'file, line and what is wanted' in_file 'sales.txt:3: a line is TYPE KEY JSON' "$WORK/right.report"
