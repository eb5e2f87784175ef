#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# octavo up watches over its processes: one that hangs is killed and started again, several of a
# service share its tasks, and a start that waits is ended by the first signal. Watched itself, it
# says what systemd wants to hear.
. tests/scenarios/lib.sh
plan 18

up_start() { # up_start LOG OPTION...
    log=$1
    shift
    start "$log" "$OCTAVO" up accounts --dir "$WORK/up" --port 0 "$@"
    up=$last
}
up_stop() { kill -TERM "$up" && wait "$up"; }
status() { "$OCTAVO" status accounts --dir "$WORK/up" > "$WORK/status" || { cat "$WORK/status"; return 1; }; }
# The pid of a process, from its last start in the log.
pid_of() { sed -n "s/.*process_started name=$1 pid=//p" "$WORK/up.log" | tail -n 1; }
is_another() { [ "$(pid_of "$1")" != "$2" ]; }
tasks_are() { status && is "$(awk '/^transaction-processor/ { print $3 }' "$WORK/status" | xargs)" "$1"; }
says() { # says WANTED_CODE TEXT COMMAND...
    wanted=$1 text=$2
    shift 2
    timeout 20 "$@" > /dev/null 2> "$WORK/error"
    code=$?
    cat "$WORK/error"
    is $code "$wanted" && grep -qF -- "$text" "$WORK/error"
}

# ---- a process that hangs
up_start "$WORK/up.log" --replicas transaction-processor=2
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
check "two processes of a service share its four tasks" wait_for 30 tasks_are "2 2"
hung=$(pid_of transaction-processor.1)
kill -STOP "$hung"
check "one that gives no sign of life is noticed" \
    wait_for 25 in_file "process_silent name=transaction-processor.1 pid=$hung" "$WORK/up.log"
check "it is killed and started again" wait_for 10 is_another transaction-processor.1 "$hung"
check "and the tasks are shared again" wait_for 60 tasks_are "2 2"
check "the others were left alone" is "$(grep -c process_silent "$WORK/up.log")" 1
broker=$(pid_of broker)
kill -STOP "$broker"
check "a broker that hangs is killed, too" wait_for 25 in_file "process_silent name=broker" "$WORK/up.log"
check "and the system is ready again" wait_for 60 status

# ---- who was stopped himself judges nobody
before=$(grep -c process_silent "$WORK/up.log")
kill -STOP "$up"
sleep 12
kill -CONT "$up"
sleep 3
check "a supervisor that was stopped kills nobody for it" \
    is "$(grep -c process_silent "$WORK/up.log")" "$before"
check "it stops cleanly" up_stop
check "and leaves no socket behind" is "$(find "$WORK/up" -name '*.sock' | wc -l)" 0

# ---- wrong counts
up_says() { says 2 "$2" "$OCTAVO" up accounts --dir "$WORK/up" --port 0 --replicas "$1"; }
check "a service that is not declared has no replicas" up_says nobody=2 'nobody=2: SERVICE=N is wanted'
check "a count is a number" up_says atm=x 'a count from 1 to 100 is wanted'
check "a service with tasks has at most as many" up_says atm=2 'the service declares 1 tasks'

# ---- a start that waits
sed 's/^broker: .*/broker: 127.0.0.1:1/' src/systems/accounts/octavo.yaml > "$WORK/away.yaml"
grep -q '^broker: 127.0.0.1:1' "$WORK/away.yaml" || exit 1
start "$WORK/away.log" "$OCTAVO" up accounts --dir "$WORK/away" --file "$WORK/away.yaml"
away=$last
wait_for 20 in_file 'process_started' "$WORK/away.log" || exit 1
kill -INT "$away"
check "Ctrl-C ends a start that waits for its broker" wait_for 10 has_ended "$away"
check "and says so" in_file 'was stopped before it was ready' "$WORK/away.log"

# ---- watched itself
start "$WORK/systemd.log" python3 tests/scenarios/systemd_double.py 6 "$WORK/systemd.sock" \
    "$OCTAVO" up accounts --dir "$WORK/up" --port 0
wait "$last"
check "it tells systemd that it is ready, lives and stops" \
    is "$(sed -n 's/^told: //p' "$WORK/systemd.log" | uniq | xargs | sed "s,^WATCHDOG=1 ,,")" "READY=1 WATCHDOG=1 STOPPING=1"

# ---- descriptors
start "$WORK/demo.log" "$OCTAVO" demo accounts --dir "$WORK/bank" --port 0 --transactions 20 --no-kill --stay
demo=$last
wait_for 60 in_file 'Ctrl-C ends it' "$WORK/demo.log" || exit 1
processor=$(pgrep -P "$demo" -f transaction-processor)
check "a child holds its log once" \
    is "$(ls -l "/proc/$processor/fd" | grep -c 'log/transaction-processor.log')" 1
kill -INT "$demo"
check "and ends with its parent" wait_for 30 has_ended "$processor"
wait "$demo"
