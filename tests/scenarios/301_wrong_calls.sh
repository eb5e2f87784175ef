#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# People mistype, start things twice and point at the wrong directory: each is answered at once with
# what is wrong and what to do, and what runs already is not disturbed.
. tests/scenarios/lib.sh
plan 26

# says WANTED_CODE TEXT COMMAND...: it ends so, and standard error has the text
says() {
    wanted=$1 text=$2
    shift 2
    timeout 20 "$@" > /dev/null 2> "$WORK/error"
    code=$?
    cat "$WORK/error"
    is $code "$wanted" && grep -qF -- "$text" "$WORK/error"
}
once() { is "$(grep -c "$1" "$2")" 1; }

check "a port that is no number is refused" \
    says 2 '--port x: a whole number up to 65535' "$OCTAVO" up accounts --port x
check "so is a count with letters" \
    says 2 '--terminals 5x: a whole number up to 1000' "$OCTAVO" demo accounts --terminals 5x
check "an option that is not known is named" \
    says 2 'octavo: wrong usage: --wrong: there is no such option' "$OCTAVO" up accounts --wrong
check "and leads to the help" says 2 'try: octavo up --help' "$OCTAVO" up accounts -w
check "help of a command is its help" sh -c "test \"\$('$OCTAVO' help lint)\" = \"\$('$OCTAVO' lint --help)\""
check "of none it is told" says 2 'no command or system lnit' "$OCTAVO" help lnit
check "what is neither a system nor a file is told, with where they are" \
    says 2 'acounts: neither a system of this binary nor a file' "$OCTAVO" explain acounts
check "so of what is exported" says 2 'acounts: neither a system' "$OCTAVO" export kafka acounts
check "and what is no export is told what there is" says 2 'asyncapi or kafka' "$OCTAVO" export foo accounts
(cd "$WORK" && exec "$OCTAVO" new many) > /dev/null
seq -f "$WORK/many/tests/%g.jsonl" 10001 | xargs touch
check "more tests than it reads are told" says 2 'more than 10000 tests' "$OCTAVO" test "$WORK/many"
check "a shipped system is tested by a copy" says 2 'octavo new mine --like iot' "$OCTAVO" test iot
check "an option without its value too" \
    says 2 'octavo: wrong usage: --dir: a value is wanted' "$OCTAVO" park ls accounts --dir
check "a declaration that is not there is wrong usage" \
    says 2 "--file $WORK/none.yaml: there is no such file" "$OCTAVO" up accounts --file "$WORK/none.yaml"
check "up without a system says so" says 2 'one SYSTEM is wanted' "$OCTAVO" up
check "a directory without data is no clean ledger" \
    says 3 "not found: $WORK/none/accounts" "$OCTAVO" accounts audit --dir "$WORK/none"
check "nor is it one where nothing is parked" \
    says 3 "not found: $WORK/none/accounts: no accounts has run there" \
    "$OCTAVO" park ls accounts --dir "$WORK/none"
check "or where no effect waits" \
    says 3 "not found: $WORK/none/accounts" "$OCTAVO" effects ls accounts --dir "$WORK/none"
check "a service without a broker says so" \
    says 2 "no broker runs in $WORK/none" "$OCTAVO" run accounts --service atm --dir "$WORK/none"
check "and none of them makes the directory" test ! -e "$WORK/none"

: > "$WORK/empty.yaml"
check "an empty declaration is refused with its place" \
    says 2 'empty.yaml:1:1: expected a declaration' \
    "$OCTAVO" up accounts --dir "$WORK/up" --file "$WORK/empty.yaml"
sed 's/accounts\.atm/accounts.atn/' src/systems/accounts/octavo.yaml > "$WORK/wrong.yaml"
check "a service that refuses its configuration ends up" \
    says 2 'atm refuses to start' \
    "$OCTAVO" up accounts --dir "$WORK/up" --port 0 --file "$WORK/wrong.yaml"
check "and is started once, not again and again" once 'no handler accounts.atn' "$WORK/error"

start "$WORK/up.log" "$OCTAVO" up accounts --dir "$WORK/up" --port 0
up=$last
wait_for 30 in_file 'is ready' "$WORK/up.log" || exit 1
check "a second up on its directory is refused" \
    says 3 "runs in $WORK/up already" "$OCTAVO" up accounts --dir "$WORK/up" --port 0
check "and the first is still found" \
    "$OCTAVO" accounts open 1 --currency CZK --card 9999990000005765 --dir "$WORK/up"

"$OCTAVO" demo accounts --dir "$WORK/bank" --port 0 --transactions 20 --no-kill --stay > "$WORK/bank.log" 2>&1 &
started="$started $!"
wait_for 30 in_file 'Ctrl-C ends it' "$WORK/bank.log" || exit 1
check "a second demo leaves the first its files" \
    says 3 "runs in $WORK/bank already" "$OCTAVO" demo accounts --dir "$WORK/bank" --port 0 --quit
kill -TERM "$up" "${started##* }" && wait "$up"
check "after a stop nobody publishes to a port that may be another's by now" \
    says 3 'no broker is known to publish to' \
    "$OCTAVO" accounts open 2 --currency CZK --card 9999990000005773 --dir "$WORK/up"
