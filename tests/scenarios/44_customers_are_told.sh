#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The whole of accounts: a customer wants mails and calls, and gets one of each for a withdrawal; with
# customer-communications killed in between none is lost, and what comes again has the same key. Limits
# are set, hold exactly, and the governor derives what the ledger decides.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
command -v kcat > /dev/null && command -v python3 > /dev/null || exit 1
plan 16

DIR=$WORK/bank
start "$WORK/hook.log" python3 tests/scenarios/hook_double.py "$WORK/hook.port" "$WORK/calls"
wait_for 20 test -s "$WORK/hook.port" || exit 1
: > "$WORK/calls"
sed "s,http+to:https://,http+to:http://127.0.0.1:$(cat "$WORK/hook.port")/," \
    src/systems/accounts/octavo.yaml > "$WORK/accounts.yaml"
bank() { timeout 60 "$OCTAVO" "$@" --dir "$DIR" --file "$WORK/accounts.yaml"; }
start "$WORK/up.log" "$OCTAVO" up accounts --dir "$DIR" --file "$WORK/accounts.yaml" --port 0
up_pid=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
BROKER=$(sed -n 's/.*broker on //p' "$WORK/up.log")

move() { # move KIND REQUEST AMOUNT
    printf '%s|%s\n' 4711 "{\"request\":\"$2\",\"account\":\"4711\",\"amount\":$3,\"currency\":\"203\"}" |
        k -P -t account-transaction -K '|' -X partitioner=murmur2 -H "ce_type=$1-requested" -H "ce_id=hand-$2"
}
calls() { sort -u "$WORK/calls" | wc -l; }
mails() { find "$DIR" -name '*.eml' | wc -l; }
calls_are() { [ "$(calls)" = "$1" ]; }
mails_are() { [ "$(mails)" = "$1" ]; }
events() { # events TOPIC TYPE
    k -C -t "$1" -o beginning -e -f '%h %s\n' | grep "ce_type=$2[,  ]"
}
told() { [ -n "$(events "$1" "$2")" ]; }

check 'five processes make the system' is "$(pgrep -P "$up_pid" | wc -l)" 5
bank accounts open 4711 --currency CZK --card 9999990000005765 --name 'Jana Novakova' > /dev/null
wait_for 5 told account-transaction account-opened || exit 1
check 'a customer says what she wants' bank accounts preference set 4711 --email jana@example.org \
    --webhook "http://127.0.0.1:$(cat "$WORK/hook.port")/jana" --locale cs --zone Europe/Prague
wait_for 5 told account-transaction preference-set || exit 1
move deposit d1 100000
move withdrawal w1 30000
check 'a deposit and a withdrawal are two calls' wait_for 20 calls_are 2
check 'and two mails' wait_for 20 mails_are 2
check 'each mail in her language, with its id' is \
    "$(cat $(find "$DIR" -name '*.eml') | tr -d '\r' | grep -c '^Subject: =?UTF-8?B?\|^Message-ID: <[A-Z0-9]*@')" 4
check 'the notices are listed with their outcome' wait_for 20 sh -c \
    "'$OCTAVO' accounts notices ls 4711 --dir '$DIR' --file '$WORK/accounts.yaml' --json | grep -c '\"state\":\"done\"' | grep -qx 4"

communications() { pgrep -P "$up_pid" -f 'service customer-communications'; }
is_new() { new=$(communications) && [ -n "$new" ] && [ "$new" != "$old" ]; }
for round in 1 2 3; do
    for n in 1 2 3 4 5 6; do move withdrawal "r$round-$n" 100; done &
    old=$(communications)
    kill -9 "$old"
    wait_for 20 is_new
    wait $!
done
check 'after kills no call is lost' wait_for 60 calls_are 20
check 'nor a mail' wait_for 60 mails_are 20
check 'what was called again had the same key' is \
    "$(cut -d ' ' -f 2,3 "$WORK/calls" | sort -u | wc -l)" "$(cut -d ' ' -f 1 "$WORK/calls" | sort -u | wc -l)"

check 'a limit is set' bank accounts limit set 4711 daily --period day --amount 40000
wait_for 5 told account-transaction limit-changed
move withdrawal l1 8200
move withdrawal l2 1
wait_for 5 told account-transaction transaction-declined
check 'it holds to its last unit' sh -c \
    "$(printf '%s' "k() { timeout 60 kcat -q -b '$BROKER' \"\$@\"; }"); k -C -t account-transaction -o beginning -e -f '%s\n' | grep -c '\"request\":\"l1\".*\"code\":\"00\"\|\"request\":\"l2\".*\"code\":\"61\"' | grep -qx 2"
check 'the breach is told' wait_for 5 told limit-alert limit-breached
check 'the state of the account is published' wait_for 5 told limit-state limit-state
check 'limits and what is used are listed' sh -c \
    "'$OCTAVO' accounts limit ls 4711 --dir '$DIR' --file '$WORK/accounts.yaml' | tee '$WORK/limits' | grep -q '^4711  *00  *daily .* 40000 ' && grep -q ' 40000 ' '$WORK/limits'"
check 'the governor derives what the ledger decided' is "$(events limit-alert decision-diverged)" ''
check 'in no topic, store or log stands a card number' sh -c "! grep -rqa 9999990000005765 '$DIR'"
kill -TERM "$up_pid"
wait "$up_pid"
