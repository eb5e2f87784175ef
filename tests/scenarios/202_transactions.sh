#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Transactions with librdkafka's own transactional producer: every message is copied from topic to
# topic exactly once while transactions are aborted and the broker is killed -9, now and then just
# when the end of one is durable and not yet answered; a zombie is fenced; what is left open is
# aborted by its timeout, also when the broker was killed meanwhile.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 11
story_build rdkafka_transactions || exit 1
copier=build/scenarios/rdkafka_transactions
broker_start
count=2000
seq 1 $count | k -P -t from -p -1
k -L -t to > /dev/null
k -L -t killed > /dev/null
k -L -t hanging > /dev/null
seq 1 $count > "$WORK/wanted"

read_committed() { # read_committed TOPIC: what such a consumer sees, sorted
    k -C -t "$1" -o beginning -e -X isolation.level=read_committed 2> /dev/null | sort -n
}
lines_of() { k -C -t "$1" -o beginning -e -X "isolation.level=$2" 2> /dev/null | wc -l; }

check 'a copier ends well' \
    timeout 120 $copier copy "$BROKER" from to copier $count 100 5
read_committed to > "$WORK/seen"
check 'a read_committed reader sees each message once' cmp "$WORK/seen" "$WORK/wanted"
more() { [ "$(lines_of to read_uncommitted)" -gt $count ]; }
check 'one that reads all sees aborted copies too' more

# The same under kills. The copier needs nobody's help: what is unknown it aborts and does again.
broker_kill
OCTAVO_CRASH=end_txn_before_reply:5 broker_start
start "$WORK/copy.log" timeout 150 $copier copy "$BROKER" from killed survivor $count 20 11
pid=$last
died_by_itself() { ! kill -0 "$broker_pid" 2> /dev/null; }
if ours; then
    check 'the broker dies when an end is durable and not answered' wait_for 60 died_by_itself
    wait "$broker_pid" 2> /dev/null
    broker_start
else
    skip 'the broker dies when an end is durable and not answered' 'only ours has crash points'
fi
reached() { [ "$(lines_of killed read_committed)" -ge "$1" ]; }
for lines in 200 500 900; do
    wait_for 60 reached $lines
    broker_kill
    broker_start
done
check 'a copier ends well through kills' wait $pid
read_committed killed > "$WORK/seen"
check 'and again each message is there once' cmp "$WORK/seen" "$WORK/wanted"
check 'its last line tells what it did' grep -q "^copied $count transactions" "$WORK/copy.log"

# Two producers of one id.
check 'a zombie hears that it is fenced' timeout 60 $copier zombie "$BROKER" fenced
check 'and what it wrote is seen by nobody' is "$(read_committed fenced)" 'of the owner'

# One that dies within its transaction: all behind it waits for its timeout of 3 s.
mkfifo "$WORK/line"
start "$WORK/hang.log" sh -c "$copier hang $BROKER hanging lost < '$WORK/line'"
exec 3> "$WORK/line"
check 'a producer writes within a transaction' wait_for 20 in_file written "$WORK/hang.log"
exec 3>&- # it dies
echo behind | k -P -t hanging -p 0
broker_kill
broker_start
shows() { [ "$(read_committed hanging)" = behind ]; }
check 'its timeout ends it though the broker was killed' wait_for 30 shows
broker_stop
