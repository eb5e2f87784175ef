#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A database behind unixODBC as the source of extracts: Debian's MariaDB and its driver, on a socket.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 8

driver=$(ls /usr/lib/*/odbc/libmaodbc.so 2> /dev/null | head -n 1)
if [ -z "$driver" ] || [ ! -x /usr/sbin/mariadbd ]; then
    for n in $(seq 8); do skip "ODBC $n" "odbc-mariadb or mariadb-server-core is not installed (tools/packages/test.txt)"; done
    exit 0
fi
HERE=$PWD/$WORK DIR=$WORK/data
HOME_SQL=$(mktemp -d /tmp/octavo-sql.XXXXXX)
trap 'rm -rf "$HOME_SQL"; finish' EXIT
mkdir -p "$DIR/extracts" "$HOME_SQL/data" "$HOME_SQL/tmp" "$WORK/acme"
# What it makes first: a user for us, and the rows.
cat > "$HOME_SQL/rows.sql" << 'S'
CREATE DATABASE bank CHARACTER SET utf8mb4;
USE bank;
CREATE TABLE kinds (id INT PRIMARY KEY, name TEXT, price DECIMAL(30,9), ratio DOUBLE, day DATE, at DATETIME(6), raw BLOB);
INSERT INTO kinds VALUES
  (1, NULL, 1.10, 0.5, '2026-11-23', '2026-11-23 01:00:00.000001', 0x00ff),
  (2, '', -0.000000001, 1e-300, NULL, NULL, ''),
  (3, 'a "quoted", field\nof two lines', 123456789012345678901.123456789, -2, NULL, NULL, NULL),
  (4, CONVERT(UNHEX('C3A9F09F9880') USING utf8mb4), 0, 0, NULL, NULL, NULL);
CREATE TABLE wide (id INT PRIMARY KEY, text LONGTEXT);
INSERT INTO wide SELECT seq, REPEAT('x', seq * 1000) FROM (WITH RECURSIVE n AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM n WHERE seq < 200) SELECT seq FROM n) many;
CREATE TABLE fat (id INT PRIMARY KEY, text LONGTEXT);
INSERT INTO fat VALUES (1, 'thin'), (2, REPEAT('x', 17 << 20));
CREATE TABLE broken (id INT, text VARCHAR(20) CHARACTER SET latin1);
S
tr '\n' ' ' < "$HOME_SQL/rows.sql" | sed 's/; */;\n/g' > "$HOME_SQL/first.sql"
as_root=
[ "$(id -u)" != 0 ] || as_root=--user=root
# --skip-grant-tables: its own system tables are not there, and nothing of them is wanted.
start "$WORK/sql.log" /usr/sbin/mariadbd --no-defaults $as_root --datadir="$HOME_SQL/data" --tmpdir="$HOME_SQL/tmp" \
    --socket="$HOME_SQL/s" --skip-networking --skip-grant-tables --innodb-flush-log-at-trx-commit=0 --init-file="$HOME_SQL/first.sql" \
    --pid-file="$HOME_SQL/pid" --max-allowed-packet=64M --innodb-buffer-pool-size=32M --innodb-log-file-size=128M
database=$last
wait_for 120 grep -q 'ready for connections' "$WORK/sql.log" || { say < "$WORK/sql.log"; exit 1; }

x() { timeout 60 "$OCTAVO" extracts "$@" --dir "$DIR" --broker "$BROKER"; }
cat > "$DIR/extracts/places" <<P
bank odbc:Driver=$driver;Socket=$HOME_SQL/s;Database=bank;Charset=utf8mb4;Option=1048576;Pwd=never-told
late odbc:writers=none;Driver=$driver;Socket=$HOME_SQL/s;Database=bank;Charset=utf8mb4
nowhere odbc:Driver=$driver;Socket=$HOME_SQL/none;Database=bank;Pwd=never-told
acme file://$HERE/acme
P
section() { printf '[%s]\nsource = %s\nquery = %s\nnewline = lf\nfile = {extract}.csv\npartner = acme\n' "$@"; }
{
    section kinds bank 'SELECT * FROM kinds ORDER BY id'
    section wide bank 'SELECT id, text FROM wide ORDER BY id'
    section fat bank 'SELECT id, text FROM fat ORDER BY id'
    section wrong bank 'SELECT nothing FROM kinds'
    section window bank 'SELECT id FROM kinds WHERE at < :until'
    section known late 'SELECT id FROM kinds WHERE at >= :from AND at < :until'
    section away nowhere 'SELECT id FROM kinds'
} > "$WORK/x.conf"
sed 's|retry: { first: 1s, most: 5m }|retry: { first: 100ms, most: 500ms }|' src/systems/extracts/octavo.yaml > "$WORK/octavo.yaml"
broker_start
for service in extract-scheduler extract-processor; do
    start "$WORK/$service.log" "$OCTAVO" run extracts --service $service --broker "$BROKER" --dir "$DIR" \
        --file "$WORK/octavo.yaml" --port-file "$WORK/$service.port"
done
for service in extract-scheduler extract-processor; do
    wait_for 60 test -s "$WORK/$service.port" || exit 1
done
x apply "$WORK/x.conf" > /dev/null
known() { [ "$(x ls --json | grep -c '"extract":')" = 7 ]; }
wait_for 60 known

run() { # run EXTRACT [TIME]
    run=$1@20261123T010001Z.1
    x run "$1" --at 2026-11-23T01:00:01Z > /dev/null
}
state() { x show "$run" | grep -qx "  state           $1"; }
ends() { wait_for 60 state "$1"; }
fails() { ends failed && x show "$run" | grep '  reason' | tee "$WORK/why" | grep -q "$1" && ! grep -q never-told "$WORK/why"; }

cat > "$WORK/wanted" << 'W'
id,name,price,ratio,day,at,raw
1,,1.100000000,0.5,2026-11-23,2026-11-23 01:00:00.000001,\x00ff
2,"",-0.000000001,1e-300,,,\x
3,"a ""quoted"", field
of two lines",123456789012345678901.123456789,-2,,,
4,é😀,0.000000000,0,,,
W
run kinds
kinds() { ends delivered && diff "$WORK/wanted" "$WORK/acme/kinds.csv"; }
check 'rows of MariaDB become a file, type by type' kinds
wide() {
    run wide
    ends delivered && is "$(wc -c < "$WORK/acme/wide.csv")" $((8 + 9 + 90 * 2 + 101 * 3 + 200 * 2 + 201 * 100 * 1000))
}
check 'fields that come in many pieces are whole' wide
run fat
check 'a field over 16 MiB ends the run, and says where' fails 'row 2: a field in column 2: over 16 MiB'
run wrong
check 'a wrong query is told in the words of the database' fails "Unknown column 'nothing'"
run window
check 'an interval of which nobody knows who still writes into it is refused' fails 'nobody can see who may still write into the interval'
window() { run known && ends delivered && is "$(cat "$WORK/acme/known.csv")" "$(printf 'id\n1')"; }
check 'until somebody says that nobody does' window
run away
away() { "$OCTAVO" effects ls extracts --dir "$DIR" | grep 'away@' | tee "$WORK/why" | grep -q 'odbc: connecting' && ! grep -q never-told "$WORK/why"; }
check 'a database that is away is waited for, and no password is told' wait_for 30 away
sed -i "s|^nowhere .*|nowhere odbc:Driver=$driver;Socket=$HOME_SQL/s;Database=bank|" "$DIR/extracts/places"
check 'and asked when it is there' ends delivered
kill -9 "$database"
exit $failed
