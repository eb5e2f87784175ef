#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The user's own PostgreSQL as what the caches are of: the rows that are there are read in chunks while
# others are being written, then its log is followed, though the CRM is killed; and when its slot is
# dropped, or its log was removed, that is said, and what was deleted meanwhile is deleted.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 19

bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | tail -n 1)
if [ -z "$bin" ]; then
    for n in $(seq 19); do skip "capture $n" "PostgreSQL is not installed (tools/packages/test.txt)"; done
    exit 0
fi
HOME_PG=$(mktemp -d /tmp/octavo-pg.XXXXXX)
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
pg_end() { as "$bin/pg_ctl" -D "$HOME_PG/data" -m immediate stop > /dev/null 2>&1; rm -rf "$HOME_PG"; }
trap 'pg_end; finish' EXIT
[ "$(id -u)" != 0 ] || chown postgres "$HOME_PG"
user=$(as id -un)
sql() { as "$bin/psql" -q -X -A -t -v ON_ERROR_STOP=1 -h "$HOME_PG" -p 54329 -d postgres "$@"; }
as "$bin/initdb" -D "$HOME_PG/data" -A trust -E UTF8 --locale=C > /dev/null || exit 1
pg_start() {
    as "$bin/pg_ctl" -D "$HOME_PG/data" -w -l "$HOME_PG/log" -o "-k $HOME_PG -c listen_addresses='' -c port=54329 \
        -c fsync=off -c wal_level=logical -c max_slot_wal_keep_size=32MB -c min_wal_size=32MB -c max_wal_size=48MB" start > /dev/null
}
pg_start || exit 1
sql > "$WORK/said" << 'S' || exit 1
CREATE TABLE client (code text PRIMARY KEY, name text, email text, city text, spent bigint, since date, vip bool, doc text);
ALTER TABLE client ALTER email SET STORAGE EXTERNAL;
INSERT INTO client SELECT to_char(i, 'FM00000'), 'Client ' || i, repeat('c', CASE i % 10 WHEN 0 THEN 3000 ELSE 1 END) || i || '@example.org', 'Brno', i, '2026-01-01', i % 2 = 0,
    repeat(md5(i::text), 200) FROM generate_series(1, 4000) i;
CREATE TABLE other (id int PRIMARY KEY);
CREATE PUBLICATION octavo FOR TABLE client, other;
S

sed -e 's|127.0.0.1:8590|127.0.0.1:0|; s|127.0.0.1:6380|127.0.0.1:0|; s|127.0.0.1:8591|127.0.0.1:0|; s|, .snapshot.||' \
    -e 's|state: fold|state: fold\n    snapshot_every: 500ms|' \
    -e 's|^      rest:$|      table: { url: "pgoutput:octavo_crm?table=client\&key=code\&publication=octavo\&type=customer-captured", every: 10ms }\n      rest:|' \
    src/systems/caching/octavo.yaml > "$WORK/caching.yaml"
mkdir -p "$WORK/up/caching"
echo "host=$HOME_PG port=54329 dbname=postgres user=$user" > "$WORK/up/caching/postgresql"
caching() { "$OCTAVO" caching "$@" --file "$WORK/caching.yaml" --dir "$WORK/up"; }
pid_of() { sed -n "s/.*process_started name=$1 pid=\([0-9]*\).*/\1/p" "$WORK/up.log" | tail -n 1; }
up_start() {
    start "$WORK/up.log" "$OCTAVO" up caching --file "$WORK/caching.yaml" --dir "$WORK/up" --port 0
    up=$last
}
up_stop() { kill -TERM "$up" && wait "$up"; }
table() { sql -c "SELECT code, name, email, city, spent, since FROM client ORDER BY code COLLATE \"C\"" > "$WORK/table"; }
crm() {
    caching ls --json | python3 -c '
import json, sys
rows = []
for line in sys.stdin:
    row = json.loads(line)
    f = ["" if v is None else str(v) for v in row["fields"]]
    rows.append([row["id"], f[0], f[1], f[4], f[11], f[12]])
for row in sorted(rows):
    print("|".join(row))' > "$WORK/crm"
}
same() { table; crm; cmp -s "$WORK/table" "$WORK/crm"; }
differs() { same || { diff "$WORK/table" "$WORK/crm" | head -n 5; wc -l "$WORK/table" "$WORK/crm"; tail -n 5 "$WORK/up.log"; return 1; }; }
whole() { wait_for 60 same; differs; }
audited() { caching audit > "$WORK/audit" 2>&1 && grep -q ' 0 rows behind, 0 wrong' "$WORK/audit"; }

# Writers: each transaction changes some, two at a time, one of them slow to commit.
writer() { # SEED COUNT
    python3 - "$1" "$2" << 'P' | sql > "$WORK/writer.$1" 2>&1
import random, sys
r = random.Random(int(sys.argv[1]))
for n in range(int(sys.argv[2])):
    print("BEGIN;")
    for code in sorted(r.sample(range(1, 4400), 3)):
        kind = r.random()
        if kind < 0.2:
            print(f"DELETE FROM client WHERE code = '{code:05}';")
        elif kind < 0.3:
            print(f"UPDATE client SET code = code || 'x' WHERE code = '{code:05}' AND NOT EXISTS (SELECT 1 FROM client WHERE code = '{code:05}x');")
        else:
            print(f"INSERT INTO client VALUES ('{code:05}', 'New', NULL, 'Praha', {n}, '2026-02-02') ON CONFLICT (code)"
                  f" DO UPDATE SET spent = client.spent + 1, city = 'Plzen';")
    if r.random() < 0.1:
        print("SELECT pg_sleep(0.2);")
    print("ROLLBACK;" if r.random() < 0.1 else "COMMIT;")
P
}
writer 1 60 & one=$!
writer 2 60 & two=$!
up_start
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
ready_again() { [ "$(grep -c 'service_ready service=crm' "$WORK/up.log")" -ge "$1" ]; }
kills() {
    for n in 1 2 3; do
        wait_for 30 ready_again "$n" || return 1
        sleep "0.$n"
        kill -9 "$(pid_of crm)" || return 1
        sleep 0.3
    done
}
check "the CRM is killed three times while it reads the table and others write" kills
wait "$one" "$two"
check "and in the end it has every row as the table has it" whole
check "the caches have what it has" wait_for 30 audited
changed() {
    sql -c "UPDATE client SET spent = 777, doc = doc WHERE code = '00007'; INSERT INTO client VALUES ('zz', 'Zuzana', 'z@example.org')" &&
        whole
}
check "what is committed then follows" changed
renamed() { sql -c "UPDATE client SET code = 'zy' WHERE code = 'zz'" && whole && ! grep -q '^zz|' "$WORK/crm"; }
check "a key that is changed is another row" renamed
# A column of which the log says only that it is as it was.
moved() { sql -c "UPDATE client SET code = 'tb' WHERE code = 'ta'" && whole && grep -q '^tb|T|eee' "$WORK/crm"; }
gaps() { grep -c 'reason="a key was changed of a row' "$WORK/up.log"; }
sql -c "INSERT INTO client VALUES ('ta', 'T', repeat('e', 3000))"
before=$(gaps)
check "a key is changed of a row with a column stored out of line, and it keeps it" moved
check "and that all was read again for it was said" wait_for 30 in_file 'reason="a key was changed of a row' "$WORK/up.log"
whole_identity() {
    before=$(gaps)
    sql -c "ALTER TABLE client REPLICA IDENTITY FULL; UPDATE client SET code = 'tc' WHERE code = 'tb'" && whole &&
        grep -q '^tc|T|eee' "$WORK/crm" && is "$(gaps)" "$before" && sql -c "ALTER TABLE client REPLICA IDENTITY DEFAULT"
}
check "with REPLICA IDENTITY FULL the log has it, and nothing is read again" whole_identity

# Rows that no event can hold.
crm_was=$(pid_of crm)
wrong() {
    sql -c "INSERT INTO client (code, doc) VALUES ('big', repeat('d', 2000000)), (repeat('k', 250), 'long'), ('', 'empty')" || return 1
    sql -c "INSERT INTO client VALUES ('ok', 'Behind them')" || return 1
    wait_for 30 crm_has '^ok|Behind them|' || return 1
    sql -c "UPDATE client SET doc = 'small' WHERE code = 'big'; DELETE FROM client WHERE code IN ('big', repeat('k', 250), '')" && whole &&
        is "$(pid_of crm)" "$crm_was"
}
crm_has() { crm; grep -q "$1" "$WORK/crm"; }
check "a row that is too large, and keys too long and empty, stop nobody" wrong

nothing() { sql -c "UPDATE client SET spent = spent" && sleep 1 && whole && is "$(caching ls --json | grep -c '"version":1,')" "$versions"; }
versions=$(caching ls --json | grep -c '"version":1,')
check "a write that changes nothing makes no versions" nothing

# A server that is not promoted yet is one to wait for.
standby() {
    as "$bin/pg_ctl" -D "$HOME_PG/data" -m immediate -w stop > /dev/null && as touch "$HOME_PG/data/standby.signal" && pg_start || return 1
    wait_for 30 in_file 'source_failed .*error=network' "$WORK/up.log" && sleep 2 || return 1
    as "$bin/pg_ctl" -D "$HOME_PG/data" -w promote > /dev/null || return 1
    sql -c "INSERT INTO client VALUES ('promoted', 'P')" && whole && is "$(pid_of crm)" "$crm_was"
}
check "a standby is waited for until it is promoted" standby

sql -c "TRUNCATE client; INSERT INTO client VALUES ('t1', 'After'), ('t2', NULL)"
check "a truncated table leaves what is in it" whole
check "and that was said" in_file 'source_gap .*reason="the table was truncated"' "$WORK/up.log"

sql -c "INSERT INTO client SELECT to_char(i, 'FM00000'), 'Client ' || i FROM generate_series(1, 500) i"
wait_for 60 same
up_stop
sql -c "SELECT pg_drop_replication_slot('octavo_crm'); DELETE FROM client WHERE code < '00100'; UPDATE client SET name = 'Moved' WHERE code > '00450'" > "$WORK/said"
sql -c "INSERT INTO client (code, doc) VALUES ('00200 big', repeat('d', 2000000)), (repeat('0', 250), 'long'), ('', 'empty')"
up_start
wait_for 60 in_file 'source_gap .*reason="no slot"' "$WORK/up.log"
wait_for 60 crm_has '|Moved|'
sql -c "DELETE FROM client WHERE code IN ('00200 big', repeat('0', 250), '')"
check "with its slot gone all is read again, and who was deleted meanwhile is deleted" whole
check "and that was said" in_file 'source_gap .*reason="no slot"' "$WORK/up.log"

up_stop
sql > "$WORK/said" 2>&1 << 'S'
DELETE FROM client WHERE code = '00200';
CREATE TABLE ballast AS SELECT 0 AS n;
DO $$ BEGIN FOR i IN 1..12 LOOP INSERT INTO ballast VALUES (i); PERFORM pg_switch_wal(); END LOOP; END $$;
CHECKPOINT;
S
up_start
log_lost() { whole && tail -n 40 "$WORK/up.log" | grep -q 'source_gap .*reason="its log was removed"'; }
check "with its log removed by the server too" log_lost
check "it stops cleanly" up_stop

# A slot that somebody else may need is not dropped.
mkdir -p "$WORK/other/caching"
cp "$WORK/up/caching/postgresql" "$WORK/other/caching"
start "$WORK/other.log" "$OCTAVO" up caching --file "$WORK/caching.yaml" --dir "$WORK/other" --port 0
check "a slot that is there is not taken by another CRM" wait_for 60 in_file 'slot octavo_crm is there already' "$WORK/other.log"
check "and is as it was" is "$(sql -c "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'octavo_crm'")" 1
kill -TERM "$last" 2> /dev/null
wait "$last"
exit $failed
