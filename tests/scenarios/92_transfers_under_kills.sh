#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Money goes between accounts of all partitions, holds expire, transfers are taken back, and the
# ledger dies at each of its crash points, again and again: 24 times, or KILLS. At rest nothing is
# held, clearings are zero, no money is lost or made, and the books are what the topic told.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
command -v kcat > /dev/null || exit 1
plan 9

DIR=$WORK/bank
ACCOUNTS=8
KILLS=${KILLS:-24}
POINTS="step_before_commit step_after_commit relay_after_produce relay_after_ack"
broker_start
bank() { timeout 60 "$OCTAVO" accounts "$@" --dir "$DIR" --broker "$BROKER"; }
ledger() { start "$WORK/ledger.log" "$OCTAVO" run accounts --service transaction-processor \
    --dir "$DIR" --broker "$BROKER"; ledger=$last; }

# Lines TYPE KEY JSON on the standard input, as any program may write them.
sent=0
publish() {
    while read -r type key json; do
        sent=$((sent + 1))
        printf '%s|%s\n' "$key" "$json" > "$WORK/record"
        k -P -t account-transaction -K '|' -X partitioner=murmur2 -H "ce_type=$type" \
            -H "ce_id=sent-$sent" "$WORK/record" -l
    done
}
opening() {
    for n in $(seq $ACCOUNTS); do
        echo "account-open-requested C$n {\"account\":\"C$n\",\"currency\":\"203\",\"card\":\"T$n\"}"
        echo "deposit-requested C$n {\"request\":\"d$n\",\"account\":\"C$n\",\"amount\":100000,\"currency\":\"203\"}"
    done
}
# Three transfers, one of them to nobody and one taken back, and a hold that lasts a second.
wave() { # wave NUMBER
    a=$(($1 % ACCOUNTS + 1)) b=$((($1 + 3) % ACCOUNTS + 1)) c=$((($1 + 5) % ACCOUNTS + 1))
    ends=$(($(date +%s) * 1000 + 1000))
    echo "transfer-requested C$a {\"request\":\"t$1\",\"account\":\"C$a\",\"to\":\"C$b\",\"amount\":700,\"currency\":\"203\"}"
    echo "transfer-requested C$b {\"request\":\"u$1\",\"account\":\"C$b\",\"to\":\"C$c\",\"amount\":900,\"currency\":\"203\"}"
    echo "reversal-requested C$b {\"request\":\"u$1-R\",\"original\":\"u$1\",\"account\":\"C$b\",\"amount\":900}"
    echo "transfer-requested C$c {\"request\":\"v$1\",\"account\":\"C$c\",\"to\":\"nobody$1\",\"amount\":50,\"currency\":\"203\"}"
    echo "authorization-requested C$a {\"request\":\"h$1\",\"account\":\"C$a\",\"amount\":30,\"currency\":\"203\",\"expires\":$ends}"
}

ledger
wait_for 20 k -L -t account-transaction > /dev/null
opening | publish
opened() { bank ls --json > "$WORK/ls" 2> /dev/null; [ "$(grep -c '"balance":100000' "$WORK/ls")" = $ACCOUNTS ]; }
check 'the accounts are open' wait_for 30 opened
kill -9 "$ledger"
wait "$ledger" 2> /dev/null

# Each life gets a wave, dies at a point of its turn, and another one takes up what it left.
waves=0 deaths=0
die_at() { # die_at POINT COUNT
    export OCTAVO_CRASH="$1:$2"
    ledger
    unset OCTAVO_CRASH
    for turn in $(seq 40); do
        has_ended "$ledger" && break
        [ "$turn" -gt 12 ] || { waves=$((waves + 1)); wave $waves | publish; }
        sleep 0.1
    done
    has_ended "$ledger" || { kill -9 "$ledger"; echo "not at $1:$2"; }
    wait "$ledger" 2> /dev/null
    deaths=$((deaths + 1))
}
all_die() {
    count=0
    while [ $deaths -lt "$KILLS" ]; do
        count=$((count % 3 + 1))
        for point in $POINTS; do
            [ $deaths -ge "$KILLS" ] || die_at "$point" $count
        done
    done
}
all_die > "$WORK/dying" 2>&1
check "the ledger died $KILLS times" is "$deaths" "$KILLS"
check 'and at the points it was told to' sh -c "! cat '$WORK/dying' | grep ."

ledger
at_rest() {
    bank ls --json > "$WORK/ls" 2> /dev/null
    ! grep -q '"held":[1-9]' "$WORK/ls" && settled
}
# Every transfer has been answered: the last of each account told is no beginning.
settled() {
    bank tail 2> /dev/null > "$WORK/tail"
    began=$(grep -c '"type":"transfer-begun"' "$WORK/tail")
    ended=$(grep -o '"type":"transaction-\(posted\|declined\)".*\\"kind\\":\\"transfer\\"' "$WORK/tail" | grep -o 'request\\":\\"[tuv][0-9]*' | sort -u | wc -l)
    [ "$ended" -ge "$((waves * 3))" ] && [ "$began" -ge 1 ]
}
check 'at last nothing is held and every transfer is answered' wait_for 60 at_rest
audit() { bank audit --from-log > "$WORK/audit" 2>&1; grep -qx 'faults 0' "$WORK/audit" || { cat "$WORK/audit"; return 1; }; }
check 'the books are clean, and what the topic told' wait_for 30 audit
clearing() { bank trial-balance > "$WORK/trial"; grep '^clearing' "$WORK/trial" | awk '{ exit $3 != $4 }'; }
check 'clearings net to zero' clearing
total() { sed -n 's/.*"balance":\([0-9]*\).*/\1/p' "$WORK/ls" | awk '{ s += $1 } END { print s }'; }
check 'no money is lost or made' is "$(bank ls --json > "$WORK/ls"; total)" $((ACCOUNTS * 100000))
# A wave's t moves 700 and its u comes back: each account's balance is what its waves say.
expected() {
    awk -v n=$ACCOUNTS -v waves=$waves 'BEGIN {
        for (i = 1; i <= n; i++) b[i] = 100000
        for (w = 1; w <= waves; w++) { b[w % n + 1] -= 700; b[(w + 3) % n + 1] += 700 }
        for (i = 1; i <= n; i++) print "C" i, b[i] }' | sort
}
balances() { sed -n 's/.*"account":"\([^"]*\)".*"balance":\([0-9-]*\).*/\1 \2/p' "$WORK/ls" | sort; }
check 'each account has what its transfers say' is "$(balances)" "$(expected)"
check 'the ledger ends cleanly' sh -c "kill -TERM $ledger"
wait "$ledger"
