#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# PostgreSQL as the source of extracts, Debian's own server on a socket: its rows are PostgreSQL's own CSV, what
# is committed late is in exactly one file, and a column or a server that is gone is a state with a reason.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 15

bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | tail -n 1)
if [ -z "$bin" ]; then
    for n in $(seq 15); do skip "PostgreSQL $n" "PostgreSQL is not installed (tools/packages/test.txt)"; done
    exit 0
fi
HOME_PG=$(mktemp -d /tmp/octavo-pg.XXXXXX)
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
pg_end() { as "$bin/pg_ctl" -D "$HOME_PG/data" -m immediate stop > /dev/null 2>&1; rm -rf "$HOME_PG"; }
trap 'pg_end; finish' EXIT
[ "$(id -u)" != 0 ] || chown postgres "$HOME_PG"
user=$(as id -un)
pg_start() {
    as "$bin/pg_ctl" -D "$HOME_PG/data" -w -l "$HOME_PG/log" \
        -o "-k $HOME_PG -c listen_addresses='' -c port=54329 -c fsync=off" start > /dev/null
}
sql() { as "$bin/psql" -q -X -A -t -v ON_ERROR_STOP=1 -h "$HOME_PG" -p 54329 -d postgres "$@"; }
as "$bin/initdb" -D "$HOME_PG/data" -A trust -E UTF8 --locale=C > /dev/null || exit 1
pg_start || exit 1
sql > "$WORK/said" << 'S' || exit 1
CREATE TABLE kinds (id int PRIMARY KEY, name text, price numeric, ratio float8, day date, at timestamptz,
                    raw bytea, ok boolean, doc jsonb, list text[]);
INSERT INTO kinds VALUES
  (1, NULL, 1.10, 0.1, '2026-11-23', '2026-11-23 01:00:00.000001+00', '\x00ff', true, '{"a": [1, null]}', '{a,"b c"}'),
  (2, '', 'NaN', 'NaN', '0044-03-15 BC', 'infinity', '', false, '"x"', '{}'),
  (3, 'NULL', 1e500, 'Infinity', 'infinity', '-infinity', NULL, NULL, NULL, NULL),
  (4, E'a "quoted", field\nwith\r\nends\tand \\ tabs', -0.0, 1e-300, NULL, NULL, NULL, NULL, NULL, NULL),
  (5, U&'\FEFFbom and \+01F600', 123456789012345678901234567890.123456789, 0.1::float8 + 0.2, NULL, NULL, NULL, NULL, NULL, NULL),
  (6, ' blanks ', 1, 1, NULL, NULL, NULL, NULL, NULL, NULL), (7, '=cmd|x', 1, 1, NULL, NULL, NULL, NULL, NULL, NULL),
  (8, '\.', 1, 1, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE wide AS SELECT i AS id, md5(i::text) AS name, i * 1.01 AS price FROM generate_series(1, 50000) i;
CREATE TABLE posting (id serial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
S

DIR=$WORK/data
mkdir -p "$DIR/extracts" "$WORK/acme"
x() { timeout 60 "$OCTAVO" extracts "$@" --dir "$DIR" --broker "$BROKER"; }
cat > "$DIR/extracts/places" <<P
warehouse postgresql://$user@/postgres?host=$HOME_PG&port=54329
acme file://$PWD/$WORK/acme
P
cat > "$WORK/x.conf" <<'C'
[kinds]
source  = warehouse
query   = SELECT * FROM kinds ORDER BY id
newline = lf
file    = {extract}-{revision}.csv
partner = acme
[wide]
source  = warehouse
query   = SELECT id, name, price FROM wide ORDER BY id -- the whole of it
newline = lf
file    = {extract}-{revision}.csv
partner = acme
[posting]
schedule = @every 2s
source  = warehouse
query   = SELECT id FROM posting WHERE at >= :from AND at < :until ORDER BY id
header  = no
newline = lf
partner = acme
[fat]
source  = warehouse
query   = SELECT id, repeat('x', CASE id WHEN 2 THEN 300000000 ELSE 1 END) AS text FROM kinds ORDER BY id
partner = acme
C
sed 's|retry: { first: 1s, most: 5m }|retry: { first: 200ms, most: 1s }|' src/systems/extracts/octavo.yaml > "$WORK/octavo.yaml"
broker_start
for service in extract-scheduler extract-processor; do
    start "$WORK/$service.log" "$OCTAVO" run extracts --service $service --broker "$BROKER" --dir "$DIR" \
        --file "$WORK/octavo.yaml" --port-file "$WORK/$service.port"
done
for service in extract-scheduler extract-processor; do
    wait_for 60 test -s "$WORK/$service.port" || exit 1
done
x apply "$WORK/x.conf" > /dev/null
known() { [ "$(x ls --json | grep -c '"extract"')" = 4 ]; }
wait_for 30 known

# A row of each second, and one whose transaction takes longer than an interval.
rows() { for n in $(seq 12); do sql -c 'INSERT INTO posting DEFAULT VALUES'; sleep 0.5; done; }
late() { sql -c "BEGIN; INSERT INTO posting DEFAULT VALUES; SELECT pg_sleep(5); COMMIT" > /dev/null; }
rows > "$WORK/rows.log" 2>&1 & rows_pid=$!
late > "$WORK/late.log" 2>&1 & late_pid=$!

run() { x run "$1" --at "$2" > /dev/null; }
state() { x show "$1" | grep -qx "  state           $2"; }
run kinds 2026-11-23T00:00:00Z; run wide 2026-11-23T00:00:00Z
check 'every kind of value is extracted' wait_for 40 state kinds@20261123T000000Z.1 delivered
back() { # the file read again by PostgreSQL is the table
    chmod o+r "$WORK/acme/kinds-1.csv"
    sql -c 'CREATE TABLE back (LIKE kinds)' && sql -c 'COPY back FROM STDIN (FORMAT csv, HEADER)' < "$WORK/acme/kinds-1.csv" &&
        [ "$(sql -c 'SELECT count(*) FROM kinds k JOIN back b ON k IS NOT DISTINCT FROM b')" = 8 ]
}
check 'and read again by PostgreSQL it is what it was, NULL and all' back
check 'fifty thousand rows are extracted' wait_for 40 state wide@20261123T000000Z.1 delivered
sql -c 'COPY (SELECT id, name, price FROM wide ORDER BY id) TO STDOUT (FORMAT csv, HEADER)' > "$WORK/psql.csv"
check "byte by byte what PostgreSQL's own COPY writes" cmp "$WORK/psql.csv" "$WORK/acme/wide-1.csv"

wait "$rows_pid"; wait "$late_pid"
check 'every row was committed, one of them late' is "$(sql -c 'SELECT count(*) FROM posting')" 13
told() { cat "$WORK"/acme/posting-*.csv 2> /dev/null | wc -l; }
all_told() { [ "$(told)" -ge 13 ]; }
check 'all of them come to the partner' wait_for 40 all_told
x pause posting > /dev/null
calm() { ! x ls --runs --json | grep -q '"extract":"posting","state":"\(extracting\|delivering\)"'; }
wait_for 30 calm
check 'each in exactly one file' is "$(cat "$WORK"/acme/posting-*.csv | sort -n | uniq -c | awk '{ n[$1]++ } END { print n[1], length(n) }')" '13 1'

most() { awk '/VmHWM/ { print $2 }' "/proc/$last/status"; } # KiB, of the processor
before=$(most)
run fat 2026-11-23T00:00:00Z
check 'a field of 300 MB is a failed run' wait_for 60 state fat@20261123T000000Z.1 failed
check 'that says how long it is' sh -c "'$OCTAVO' extracts show fat@20261123T000000Z.1 --dir $DIR | grep -q 'a field of 300000000 bytes in column 2: over 16 MiB'"
check 'and it never was in memory' test $(($(most) - before)) -lt 65536

sql -c 'ALTER TABLE wide DROP COLUMN price'
run wide 2026-11-24T00:00:00Z
check 'a column that is gone is a failed run' wait_for 30 state wide@20261124T000000Z.1 failed
check 'that names it' sh -c "'$OCTAVO' extracts show wide@20261124T000000Z.1 --dir $DIR | grep -q 'column \"price\" does not exist'"

as "$bin/pg_ctl" -D "$HOME_PG/data" -m immediate stop > /dev/null
run kinds 2026-11-25T00:00:00Z
check 'a run whose server is away waits for it' wait_for 30 state kinds@20261125T000000Z.1 extracting
pg_start
check 'and is made once it is back' wait_for 60 state kinds@20261125T000000Z.1 delivered
audited() { x audit > "$WORK/audit"; grep -qx 'faults 0' "$WORK/audit" && grep -q 'failed 2,' "$WORK/audit"; }
check 'the audit finds the failed runs and nothing else' wait_for 10 audited
exit $failed
