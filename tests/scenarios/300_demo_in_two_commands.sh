#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# What a newcomer sees: the bank runs, two processes are killed under it, the result opens with a
# sentence, and each command it suggests works as it stands - while the bank is up, and after it.
. tests/scenarios/lib.sh
plan 15
command -v sqlite3 > /dev/null && command -v kcat > /dev/null || exit 1

sentence='^[0-9,]* withdrawals; I killed the processor and the broker; '
sentence=$sentence'lost 0, repeated 0, the books balance to 0\.00$'

demo() { # demo DIR OPTION...; what it says goes to DIR.out and DIR.err
    dir=$1
    shift
    "$OCTAVO" demo accounts --dir "$dir" --port 0 "$@" > "$dir.out" 2> "$dir.err"
}

first_line() { grep -m1 . "$1"; }
opens_with_the_sentence() { first_line "$1" | grep -q "$sentence"; }

days_are_as_the_fold_expects() { # and there are some
    set -- $(sed -n 's/,//g; s/^  account-days equal *\([0-9]*\) of .* expects \([0-9]*\)$/\1 \2/p' "$1")
    [ "${1:-0}" -gt 0 ] && is "$1" "$2"
}

# The Nth command below "Try next:", as it was printed.
suggested() { sed -n "/^Try next:/,\$ s/^  //p" "$1" | sed -n "${2}p"; }
execute() { sh -c "$(suggested "$1" "$2")"; }
books_are_clean() { execute "$1" 1 | tee "$WORK/books" && grep -qx 'faults 0' "$WORK/books"; }
postings_are_shown() { is "$(execute "$1" 2 | wc -l)" 5; }
topic_is_listed() { timeout 20 kcat -L -b "$1" | grep -q 'topic "account-transaction" with 4'; }

starts_again() { # the third command, until it is ready; then its broker is asked
    start "$WORK/up.out" sh -c "exec $(suggested "$1" 3) --port 0"
    wait_for 30 in_file 'is ready' "$WORK/up.out" || return
    topic_is_listed "$(sed -n 's/.*broker on //p' "$WORK/up.out")"
}

check "the demo ends with 0" demo "$WORK/bank" --transactions 3000 --quit
check "the result opens with the sentence" opens_with_the_sentence "$WORK/bank.out"
check "all balances sum to 0" grep -q '^  sum of all balances  *0$' "$WORK/bank.out"
check "account-days are what a fold expects" days_are_as_the_fold_expects "$WORK/bank.out"
check "steps are numbered from 1" grep -q '^ 1  input: ' "$WORK/bank.err"
check "the commands name octavo as it was called" \
    is "$(suggested "$WORK/bank.out" 1)" "$OCTAVO accounts audit --dir $WORK/bank"
check "after it the books are clean" books_are_clean "$WORK/bank.out"
check "after it the ledger is read with sqlite3" postings_are_shown "$WORK/bank.out"
check "after it the bank is started again" starts_again "$WORK/bank.out"
replay_is_equal() {
    "$OCTAVO" replay accounts --dir "$WORK/bank" 2> /dev/null | tee "$WORK/replay"
    is "$(grep -c ': EQUAL' "$WORK/replay")" 13
}
check "what was taken in under the kills gives the same again" replay_is_equal
kill -TERM "$last" && wait "$last"
check "no 4th command" is "$(suggested "$WORK/bank.out" 4)" ""

start "$WORK/demo.log" "$OCTAVO" demo accounts --dir "$WORK/it's up" --port 0 --transactions 600 --stay
check "with --stay it stays up" wait_for 60 in_file 'Ctrl-C ends it' "$WORK/demo.log"
check "while it is up the books are clean" books_are_clean "$WORK/demo.log"
check "while it is up the ledger is read with sqlite3" postings_are_shown "$WORK/demo.log"
lists_topics() { execute "$WORK/demo.log" 3 | grep -q 'topic "account-transaction" with 4'; }
check "while it is up kcat lists its topic" lists_topics
kill -INT "$last" && wait "$last"
