#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A customer's mails go to a mail server by SMTP: each once, also when the server was away meanwhile;
# an address that it refuses for good is not written to again until it is set again.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
command -v kcat > /dev/null || exit 1
plan 6
python= # Debian's own has Debian's packages
for which in python3 /usr/bin/python3; do
    "$which" -c 'import aiosmtpd' 2> /dev/null && python=$which && break
done
if [ -z "$python" ]; then
    for n in 1 2 3 4 5 6; do skip "mail of a bank $n" 'python3-aiosmtpd is not installed'; done
    exit 0
fi

DIR=$WORK/bank
mail_start() {
    start "$WORK/mail.log" "$python" tests/scenarios/mail_double.py "$WORK/mail.port" "$WORK/mails"
    mail_pid=$last
    wait_for 20 test -s "$WORK/mail.port"
}
: > "$WORK/mails"
mail_start || exit 1
sed "s,url: \"smtp+folder:[^\"]*\",url: \"smtp://127.0.0.1:$(cat "$WORK/mail.port")?from=bank@example.org\"\n        retry: { first: 100ms\, most: 1s }\n        breaker: { failures: 2\, wait: 500ms }," \
    src/systems/accounts/octavo.yaml > "$WORK/accounts.yaml"
bank() { timeout 60 "$OCTAVO" accounts "$@" --dir "$DIR" --file "$WORK/accounts.yaml"; }
start "$WORK/up.log" "$OCTAVO" up accounts --dir "$DIR" --file "$WORK/accounts.yaml" --port 0
up_pid=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
BROKER=$(sed -n 's/.*broker on //p' "$WORK/up.log")

deposit() { # deposit ACCOUNT REQUEST
    printf '%s|%s\n' "$1" "{\"request\":\"$2\",\"account\":\"$1\",\"amount\":100,\"currency\":\"203\"}" |
        k -P -t account-transaction -K '|' -X partitioner=murmur2 -H 'ce_type=deposit-requested' -H "ce_id=hand-$2"
}
mails_are() { [ "$(wc -l < "$WORK/mails")" = "$1" ]; }
noticed() { bank notices ls "$1" --json > "$WORK/told" && grep -q "$2" "$WORK/told"; }

bank open 4711 --currency CZK --card 9999990000005765 > /dev/null &&
    bank open 4712 --currency CZK --card 9999990000005773 > /dev/null &&
    wait_for 20 bank preference set 4711 --email jana@example.org > /dev/null &&
    wait_for 20 bank preference set 4712 --email nobody@example.org > /dev/null || exit 1
deposit 4711 d1
check 'a mail arrives' wait_for 60 mails_are 1
check 'and its notice is done' wait_for 60 noticed 4711 '"state":"done"'
kill -9 "$mail_pid"
wait "$mail_pid" 2> /dev/null
for n in 2 3 4; do deposit 4711 "d$n"; done
wait_for 60 noticed 4711 'd4:credit:mail' || exit 1
mail_start || exit 1
check 'what happened while the server was away arrives when it is back' wait_for 60 mails_are 4
check 'each once, with an id of its own' is "$(cut -d ' ' -f 1,2 "$WORK/mails" | sort -u | grep -c '^jana@example.org <')" 4
deposit 4712 e1
check 'an address that is refused for good' wait_for 60 noticed 4712 '"state":"refused"'
deposit 4712 e2
deposit 4711 d5
wait_for 60 mails_are 5
check 'is not written to again' is "$(bank notices ls 4712 --json | grep -c '"state"')" 1
kill -TERM "$up_pid"
wait "$up_pid"
