#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The CRM, the broker and two caches are killed at random while customers are written and read
# (KILLS, 20 times; OCTAVO_SEED says in which order): nobody is told anything wrong. And the judge can
# tell: fed with a cache that lies, it says so.
. tests/scenarios/lib.sh
plan 4

sed -e 's|127.0.0.1:8590|127.0.0.1:0|; s|127.0.0.1:6380|127.0.0.1:0|; s|127.0.0.1:8591|127.0.0.1:0|; s|replicas: 1|replicas: 2|' \
    -e "s|^broker: embedded|broker: ${BOOTSTRAP:-embedded}|" -e 's|state: fold|state: fold\n    snapshot_every: 500ms|' \
    src/systems/caching/octavo.yaml > "$WORK/caching.yaml"
start "$WORK/up.log" "$OCTAVO" up caching --file "$WORK/caching.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1

check "the judge sees a cache that goes back, a value nobody wrote, and one told in two ways" \
    python3 -c '
import sys
sys.path.insert(0, "tests/scenarios")
from caching_kills import Book
def wrong(*rows):
    book = Book()
    for name in ("one", "two"):
        book.try_name("a", name)
    for cache, version, name in rows:
        book.read(cache, "a", {"version": version, "name": name})
    return len(book.wrong)
assert wrong(("c", "1", "one"), ("c", "2", "two"), ("d", "1", "one")) == 0
assert wrong(("c", "2", "two"), ("c", "1", "one")) == 1
assert wrong(("c", "1", "three")) == 1
assert wrong(("c", "1", "one"), ("d", "1", "two")) == 1'
check "nobody is told anything wrong under ${KILLS:-20} kills" \
    timeout 900 python3 tests/scenarios/caching_kills.py "$WORK/up.log" "${KILLS:-20}" ${OCTAVO_SEED:-}
say < "$WORK/said"
audited() { "$OCTAVO" caching audit --file "$WORK/caching.yaml" --dir "$WORK/up" > "$WORK/audit" 2>&1 &&
    [ "$(grep -c ' 0 rows behind, 0 wrong' "$WORK/audit")" = 2 ]; }
check "both snapshots come to what the CRM has" wait_for 30 audited
up_stop() { kill -TERM "$up" && wait "$up"; }
check "it stops cleanly" up_stop
