#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A bank that runs, and somebody with kcat who writes broken events into its topic. Their account is
# parked, the others go on; processes are killed between; what waits keeps its order, and is done
# once, when the broken event is dropped - by a running bank and by one that is stopped.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
command -v kcat > /dev/null || exit 1
plan 23

DIR=$WORK/bank
bank() { # bank VERB...
    verb=$1
    shift
    timeout 60 "$OCTAVO" "$verb" "$@" --dir "$DIR"
}
up() {
    : > "$WORK/up.log"
    start "$WORK/up.log" "$OCTAVO" up accounts --dir "$DIR" --port "$((21000 + $$ % 8000))"
    up_pid=$last
    wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
    BROKER=$(sed -n 's/.*broker on //p' "$WORK/up.log")
}
down() {
    kill -TERM "$up_pid"
    wait "$up_pid"
}

sent=0
send() { # send TYPE KEY JSON: as any other program may write
    sent=$((sent + 1))
    printf '%s|%s\n' "$2" "$3" | k -P -t account-transaction -K '|' -X partitioner=murmur2 \
        -H "ce_type=$1" -H "ce_id=forged-$$-$sent"
}
move() { # move KIND ACCOUNT REQUEST AMOUNT
    send "$1-requested" "$2" \
        "{\"request\":\"$3\",\"account\":\"$2\",\"amount\":$4,\"currency\":\"203\"}"
}
balance() { bank accounts ls --json | sed -n "s/.*\"account\":\"$1\".*\"balance\":\\([0-9-]*\\).*/\\1/p"; }
has() { [ "$(balance "$1")" = "$2" ]; }
parked() { bank park ls accounts transaction-processor --json; }
parked_is() { # parked_is KEY COUNT
    parked | grep -q "\"key\":\"$1\",\"count\":$2,"
}
nothing_parked() { parked | grep -q '"keys":\[\]'; }
processor_pid() { pgrep -P "$up_pid" -f 'run accounts --service transaction-processor'; }
kill_processor() {
    old=$(processor_pid)
    kill -9 "$old" && wait_for 10 is_new
}
is_new() { new=$(processor_pid) && [ -n "$new" ] && [ "$new" != "$old" ]; }

up
for a in A1 B2 C3; do
    bank accounts open $a --currency 203 --card 4$(printf '%015d' "${a#?}") --name "$a" > /dev/null
done
check 'three accounts are open' wait_for 20 has C3 0
move deposit A1 a1 1000
move deposit B2 b1 1000
check 'money comes in' wait_for 20 has B2 1000

# An event without its fields, one that is no JSON, and events of the same accounts behind them.
send withdrawal-requested A1 '{"account":"A1"}'
send deposit-requested C3 'this is no event'
move withdrawal A1 a2 600
move withdrawal A1 a3 600
move withdrawal B2 b2 400
check 'the others go on' wait_for 20 has B2 600
check 'the forged account is parked with all that follows' wait_for 20 parked_is A1 3
check 'poison is parked' wait_for 20 parked_is C3 1
check 'nothing of it has moved' has A1 1000
check 'its reason is told' sh -c \
    "'$OCTAVO' park show accounts transaction-processor A1 --dir '$DIR' | grep -q 'no request'"
check 'poison is shown with its bytes' sh -c \
    "'$OCTAVO' park show accounts transaction-processor C3 --dir '$DIR' | grep -q 'this is no event'"

kill_processor
check 'killed, it waits still' wait_for 20 parked_is A1 3
move withdrawal A1 a4 100
check 'and what comes later joins the end' wait_for 20 parked_is A1 4
retry_fails() { ! bank park retry accounts transaction-processor A1 > "$WORK/retry"; }
check 'a retry of what is not mended fails again' retry_fails
check 'and says why' in_file 'failed again: no request' "$WORK/retry"
check 'a key that is not parked is told' is \
    "$(bank park drop accounts transaction-processor B2)" 'B2 is not parked in transaction-processor'

check 'it is dropped' bank park drop accounts transaction-processor A1
kill_processor
# 1000 - 600; the second 600 is declined; - 100. Another order would decline another one.
check 'what waited is done once, in its order' wait_for 20 has A1 300
check 'A1 is parked no more, and show says so' is \
    "$(bank park show accounts transaction-processor A1)" 'A1 is not parked in transaction-processor'

# The same with the bank stopped: the command does the step itself.
move deposit C3 c1 50
check 'poison keeps its followers' wait_for 20 parked_is C3 2
check 'the bank stops cleanly' down
check 'a stopped bank shows what is parked' parked_is C3 2
check 'and drops it' bank park drop accounts transaction-processor C3
check 'what waited behind it is done' has C3 50
up
check 'nothing is parked, and the bank is up again' nothing_parked
clean() { bank accounts audit > "$WORK/audit"; grep -qx 'faults 0' "$WORK/audit" || { cat "$WORK/audit"; return 1; }; }
check 'the books are clean' wait_for 20 clean
down
