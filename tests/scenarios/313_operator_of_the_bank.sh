#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# What an operator of the bank does in a day: opens, sets a line and a fee, freezes, looks at
# statements and at a decline, lets money go from one partition to another while the ledger is
# killed, closes the books and holds them against the topic and the switch's file.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
command -v kcat > /dev/null || exit 1
plan 40

DIR=$WORK/bank
bank() { timeout 60 "$OCTAVO" accounts "$@" --dir "$DIR"; }
start "$WORK/up.log" "$OCTAVO" up accounts --dir "$DIR" --port "$((21000 + $$ % 8000))"
up_pid=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
BROKER=$(sed -n 's/.*broker on //p' "$WORK/up.log")

sent=0
send() { # send TYPE KEY REQUEST FIELDS
    sent=$((sent + 1))
    printf '%s|%s\n' "$2" "{\"request\":\"$3\",\"account\":\"$2\"${4:+,$4}}" |
        k -P -t account-transaction -K '|' -X partitioner=murmur2 -H "ce_type=$1-requested" \
            -H "ce_id=sent-$$-$sent"
}
shows() { bank show "$1" --json > "$WORK/shown" 2>&1; grep -q "$2" "$WORK/shown"; }
says() { # says WORDS VERB...
    words=$1
    shift
    bank "$@" > "$WORK/told" 2>&1
    grep -q -- "$words" "$WORK/told" || { cat "$WORK/told"; return 1; }
}
code_is() { # code_is CODE VERB...
    wanted=$1
    shift
    bank "$@" > "$WORK/told" 2>&1
    is "$?" "$wanted"
}

for n in 1 2 3 4 5 6; do
    bank open "A$n" --currency CZK --card "4$(printf '%015d' "$n")" > /dev/null
done
check 'six accounts are open' wait_for 20 shows A6 '"state":"open"'
send deposit A1 ATM1-20261122-000001-R001 '"amount":100000,"currency":"203","rrn":"R001"'
check 'money comes in' wait_for 20 shows A1 '"balance":100000'

check 'a line is set' says 'overdraft of A1: done' overdraft A1 500.00
check 'and is there' wait_for 20 shows A1 '"overdraft":50000'
check 'a fee is set' says 'fee of A1: done' fee A1 withdrawal 5
send withdrawal A1 ATM1-20261122-000002-R002 '"amount":140000,"currency":"203","rrn":"R002"'
check 'the line is used, the fee is taken' wait_for 20 shows A1 '"balance":-40500'
send withdrawal A1 w3 '"amount":10000,"currency":"203"'
explained() { says 'code       51' explain w3; }
check 'a decline is explained' wait_for 20 explained
check 'with what was available' in_file 'available  95.00' "$WORK/told"
check 'a line that is in use is not taken away' code_is 1 overdraft A1 0
check 'and it is told why' in_file 'refused: more than this is in use' "$WORK/told"
check 'the topic tells why' wait_for 20 says 'more than this is in use' tail A1

start "$WORK/followed" "$OCTAVO" accounts tail A1 --follow --dir "$DIR"
follow_pid=$last
check 'who follows an account sees what has been' wait_for 20 in_file 'more than this is in use' "$WORK/followed"
check 'an account is frozen' says 'freeze of A1: done' freeze A1 --reason 'card stolen'
check 'it is' wait_for 20 shows A1 '"state":"frozen"'
send withdrawal A1 w4 '"amount":1,"currency":"203"'
refused() { says 'code       62' explain w4; }
check 'and gives nothing' wait_for 20 refused
send deposit A1 d5 '"amount":100000,"currency":"203"'
check 'but takes' wait_for 20 shows A1 '"balance":59500'
bank unfreeze A1 > /dev/null
check 'and gives again' wait_for 20 shows A1 '"state":"open"'
check 'who follows has seen what came since' wait_for 20 in_file 'account-changed.*unfrozen' "$WORK/followed"
kill -TERM "$follow_pid"
wait "$follow_pid" 2> /dev/null
check 'and nothing of others' sh -c "! grep -q '\"key\":\"A2\"' '$WORK/followed'"

# Money to five accounts of all partitions, while the ledger dies.
processors() { pgrep -P "$up_pid" -f 'run accounts --service transaction-processor'; }
for n in 2 3 4 5 6; do
    send transfer A1 "t$n" "\"to\":\"A$n\",\"amount\":1000,\"currency\":\"203\""
    [ $((n % 2)) = 1 ] || processors | xargs -r kill -9
done
arrived() { for n in 2 3 4 5 6; do shows "A$n" '"balance":1000,' || return 1; done; }
check 'transfers arrive, whatever dies meanwhile' wait_for 60 arrived
check 'and have left' wait_for 20 shows A1 '"balance":54500,"available":104500,"held":0'
sums() { says 'sum          203 ' trial-balance; }
check 'the trial balance is equal' sums
check 'the books are clean' wait_for 20 says 'faults 0' audit
check 'and are what the topic told' wait_for 20 says 'faults 0' audit --from-log
bank open B1 --currency CZK --card 9999990000005765 > /dev/null
check 'a limit is set as soon as its account is open' code_is 0 limit set B1 daily --period day --amount 1000
check 'one with a bad name is refused' code_is 1 limit set B1 DAILY --period day --amount 1000
check 'and it is told why' in_file 'refused: its limit is no name' "$WORK/told"
check 'so is an account with another card' code_is 1 open B1 --currency CZK --card 9999990000005773
check 'a wish that cannot be' code_is 1 preference set B1 --zone Europe/Nowhere
check 'the end of what has not diverged' code_is 1 limit accept B1
check 'a notice that nobody was sent' code_is 1 notices resend B1 nothing
check 'limits of nobody' code_is 1 limit ls nobody
check 'the events of nobody' code_is 1 tail nobody
check 'a statement has it all' says 'transfer out' statement A1
check 'the balance of yesterday was nothing' says '^0.00 203' balance A1 --at 2020-01-01
check 'a transaction is found by its reference' says 'ATM1-20261122-000002-R002' find --rrn R002
check 'an account with money is not closed' code_is 1 close A1
check 'the topic tells why not' wait_for 20 says 'its balance is not zero' tail A1
printf 'rrn,amount\nR001,-100000\nR002,140000\nd5,-100000\n' > "$WORK/day.csv"
check 'the day is that of the switch' code_is 0 reconcile --switch "$WORK/day.csv"
sed -i 's/140000/139000/' "$WORK/day.csv"
check 'or is not, and it is told' code_is 1 reconcile --switch "$WORK/day.csv"
kill -TERM "$up_pid"
wait "$up_pid"
