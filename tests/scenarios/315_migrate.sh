#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A running bank moves to another broker: its ledger dies with events that nobody has acknowledged, the
# migration is killed at each of its crash points, and afterwards money goes on moving there. Every
# record is there as it was, groups go on where they were, debits are credits, nothing is done twice.
# TARGET=kafka moves it to Apache Kafka (make test-kafka).
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
command -v kcat > /dev/null || exit 1
plan 24

DIR=$WORK/bank
ACCOUNTS=8
broker_start
OLD=$BROKER
rm -f "$WORK/port"
if [ "${TARGET:-}" = kafka ]; then
    start "$WORK/target.log" tests/kafka/node "$WORK/kafka" $((PORT + 1)) "$WORK/port"
else
    start "$WORK/target.log" "$OCTAVO" broker --dir "$WORK/target" --port 0 --port-file "$WORK/port"
fi
target=$last
wait_for 60 test -s "$WORK/port" || exit 1
NEW=127.0.0.1:$(cat "$WORK/port")

bank() { timeout 60 "$OCTAVO" accounts "$@" --dir "$DIR" --broker "$BROKER"; }
migrate() { timeout 120 "$OCTAVO" migrate "$@" --from "$OLD" --to "$NEW"; }
service() { # service NAME
    start "$WORK/$1.log" "$OCTAVO" run accounts --service "$1" --dir "$DIR" --broker "$BROKER"
}
publish() { # lines TYPE KEY JSON
    while read -r type key json; do
        sent=$((sent + 1))
        printf '%s|%s\n' "$key" "$json" > "$WORK/record"
        k -P -t account-transaction -K '|' -X partitioner=murmur2 -H "ce_type=$type" \
            -H "ce_id=sent-$sent" "$WORK/record" -l
    done
}
sent=0
opening() {
    for n in $(seq $ACCOUNTS); do
        echo "account-open-requested C$n {\"account\":\"C$n\",\"currency\":\"203\",\"card\":\"T$n\"}"
        echo "deposit-requested C$n {\"request\":\"d$n\",\"account\":\"C$n\",\"amount\":100000,\"currency\":\"203\"}"
    done
}
wave() { # wave NUMBER: money goes from an account to another, most of them in other partitions
    a=$(($1 % ACCOUNTS + 1)) b=$((($1 + 3) % ACCOUNTS + 1))
    echo "transfer-requested C$a {\"request\":\"t$1\",\"account\":\"C$a\",\"to\":\"C$b\",\"amount\":700,\"currency\":\"203\"}"
}
waves() { for n in $(seq "$1" "$2"); do wave "$n"; done | publish; }
told() { # told TEXT COMMAND...: it fails and says so
    text=$1
    shift
    "$@" > "$WORK/story" 2>&1 && { echo 'it did not fail'; return 1; }
    grep -q -- "$text" "$WORK/story" || { cat "$WORK/story"; return 1; }
}

service transaction-processor && ledger=$last
service limit-governor && governor=$last
wait_for 20 k -L -t account-transaction > /dev/null
opening | publish
opened() { bank ls --json > "$WORK/ls" 2> /dev/null; [ "$(grep -c '"balance":100000' "$WORK/ls")" = $ACCOUNTS ]; }
check 'the bank is open' wait_for 30 opened
limits() { for n in 1 2 3 4 5 6; do bank limit set C$n daily --period day --amount 40000000 || return 1; done; }
wait_for 30 limits > "$WORK/limits" 2>&1
waves 1 12
posted() { [ "$(bank tail 2> /dev/null | grep -c '"type":"transaction-posted"')" -ge "$1" ]; }
check 'money moves' wait_for 30 posted 20

check 'a bank that runs is not moved' told 'try: stop service' migrate accounts --dir "$DIR"
kill -9 "$ledger"
wait "$ledger" 2> /dev/null
OCTAVO_CRASH=relay_after_produce:3 && export OCTAVO_CRASH
service transaction-processor && ledger=$last
unset OCTAVO_CRASH
waves 13 20
check 'the ledger dies with events that nobody has acknowledged' wait_for 30 has_ended "$ledger"
waves 21 24 # requests that it has not read
used() { k -C -t limit-state -o beginning -e -f '%k\n' > "$WORK/used" && [ "$(wc -l < "$WORK/used")" -ge 6 ]; }
check 'limits are used' wait_for 30 used
kill -TERM "$governor"
wait "$governor"

# Another reader, that has read some; and one that still reads.
timeout 60 kcat -q -b "$OLD" -G watcher -X auto.offset.reset=earliest -c 20 account-transaction > "$WORK/read" 2> /dev/null
start "$WORK/reader.log" kcat -q -b "$OLD" -G busy -X auto.offset.reset=earliest account-transaction
reader=$last
joined() { migrate --wait 0 > "$WORK/story" 2>&1; grep -q 'group busy has 1 members' "$WORK/story"; }
check 'while somebody reads, nothing is moved' wait_for 30 joined
kill -TERM "$reader"
wait "$reader"

dies() { # dies POINT COUNT
    OCTAVO_CRASH=$1:$2 migrate accounts --dir "$DIR" > "$WORK/said.$1" 2>&1
    code=$?
    [ $code = 137 ] || { echo "exit code $code"; cat "$WORK/said.$1"; return 1; }
}
check 'it dies with records on their way' dies migrate_writing 40
check 'and behind a topic' dies migrate_topic_copied 2
check 'and before any store is moved' dies migrate_groups_moved 1
check 'and behind a store' dies migrate_store_moved 2
check 'a store that was moved does not go with the old broker' told 'was read from cluster' \
    timeout 60 "$OCTAVO" run accounts --service transaction-processor --dir "$DIR" --broker "$OLD"
check 'and behind the settings of a topic' dies migrate_topic_settled 1
again() { migrate accounts --dir "$DIR" > "$WORK/again" 2>&1 || { cat "$WORK/again"; return 1; }; }
check 'once more, and nothing is left to do' again
check 'it says so' in_file 'moved before' "$WORK/again"

# The same records, wherever the old broker had gaps: markers of transactions.
records() { timeout 60 kcat -q -b "$1" -C -X isolation.level=read_committed -t "$2" -p "$3" -o beginning -e -f '%k %T %h %S %s\n'; }
same() {
    for topic in account-transaction limit-state limit-alert; do
        for p in 0 1 2 3; do
            records "$OLD" $topic $p > "$WORK/old" && records "$NEW" $topic $p > "$WORK/new" &&
                cmp "$WORK/old" "$WORK/new" || { echo "$topic-$p"; return 1; }
        done
    done
}
check 'every record is there, in its partition, with key, time and headers' same
check 'a compacted topic is one again' sh -c \
    "timeout 20 '$OCTAVO' topics diff accounts --broker $NEW | grep limit-state; test \$? = 1"
# kcat commits more than it prints: so what is left for the group is asked of both.
rest() { timeout 60 kcat -q -b "$1" -G watcher -X auto.offset.reset=earliest -e -f '%p %k %s\n' account-transaction | sort; }
rest "$OLD" > "$WORK/rest.old" 2> "$WORK/error"
rest "$NEW" > "$WORK/rest.new" 2>> "$WORK/error"
check 'a group goes on there where it was here' sh -c "test -s '$WORK/rest.old' && cmp '$WORK/rest.old' '$WORK/rest.new'"

BROKER=$NEW
service transaction-processor && ledger=$last
service limit-governor && governor=$last
waves 25 36
answered() {
    bank tail 2> /dev/null > "$WORK/tail"
    [ "$(grep -o 'request\\":\\"t[0-9]*' "$WORK/tail" | sort -u | wc -l)" -ge 36 ] &&
        bank audit --from-log > "$WORK/audit" 2>&1 && grep -qx 'faults 0' "$WORK/audit"
}
check 'the bank goes on there: what was on its way and what comes now' wait_for 60 answered
expected() {
    awk -v n=$ACCOUNTS 'BEGIN {
        for (i = 1; i <= n; i++) b[i] = 100000
        for (w = 1; w <= 36; w++) { b[w % n + 1] -= 700; b[(w + 3) % n + 1] += 700 }
        for (i = 1; i <= n; i++) print "C" i, b[i] }' | sort
}
balances() { bank ls --json | sed -n 's/.*"account":"\([^"]*\)".*"balance":\([0-9-]*\).*/\1 \2/p' | sort; }
arrived() { [ "$(balances)" = "$(expected)" ]; }
check 'each account has what its transfers say, none of them twice' wait_for 30 arrived
clearing() { bank trial-balance > "$WORK/trial"; grep '^clearing' "$WORK/trial" | awk '{ exit $3 != $4 }'; }
check 'debits are credits' clearing
check 'the books are clean, and what the topic told' answered
check 'and its replay is what happened' timeout 120 "$OCTAVO" replay accounts --dir "$DIR" --broker "$NEW" \
    --service transaction-processor
k -C -t account-transaction -o beginning -e -f '%T %h\n' | sort -n |
    sed -n 's/.*ce_id=\([^,]*\),.*ce_type=transaction-posted.*/\1/p' > "$WORK/posted"
traced() { # what has come of it since, with the commits that took it; its own lie before the snapshot
    timeout 60 "$OCTAVO" trace accounts "$(head -n 1 "$WORK/posted")" --dir "$DIR" --broker "$NEW" > "$WORK/tree" 2>&1 || return 1
    cat "$WORK/tree"
    grep -A 1 '[*] transaction-posted' "$WORK/tree" > "$WORK/own" && ! grep -q 'in commit' "$WORK/own" &&
        grep -q 'taken by .* in commit' "$WORK/tree"
}
check 'what moved is traced by its records, what came there with its commits too' traced
check 'a target that has lived on is not written over' told 'its records are not those of' migrate
kill -TERM "$ledger" "$governor"
wait "$ledger" "$governor"
[ "${TARGET:-}" = kafka ] || { kill -TERM "$target" && wait "$target"; }
