#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A running system is asked how it is: by octavo status, by an orchestrator's probes, by Prometheus,
# and by who read the OpenAPI document. Then a process of it is gone, and the answer says so.
. tests/scenarios/lib.sh
plan 15
DOC=docs/openapi/octavo.json

# A check that ends with 77 is skipped, and what it said is the reason.
check_or_skip() { # check_or_skip NAME COMMAND...
    name=$1
    shift
    "$@" > "$WORK/tried" 2>&1
    if [ $? = 77 ]; then
        skip "$name" "$(cat "$WORK/tried")"
    else
        check "$name" "$@"
    fi
}

openapi() { python3 tests/scenarios/openapi_check.py "$@"; }
door() { echo "$WORK/up/accounts/$1.0.sock"; }
ask() { python3 -c '
import http.client, socket, sys
c = http.client.HTTPConnection("localhost", timeout=10)
c.sock = socket.socket(socket.AF_UNIX)
c.sock.connect(sys.argv[1])
c.request("GET", sys.argv[2])
print(c.getresponse().read().decode())' "$@"; }
status() { "$OCTAVO" status accounts --dir "$WORK/up" "$@" > "$WORK/status"; }
says() { grep -q "$1" "$WORK/status" || { cat "$WORK/status"; return 1; }; }
ends_with() { # ends_with CODE COMMAND...
    wanted=$1
    shift
    "$@"
    is $? "$wanted"
}
json_says() { status --json; python3 -c "
import json, sys
s = json.load(open('$WORK/status'))
sys.exit(0 if $1 else str(s))"; }
metric() { ask "$1" /metrics | grep -q "$2"; }

every_metric_is_documented() {
    for name in $(sed -n 's/^METRIC(\([a-z_]*\),.*/\1/p' src/base/metrics.def); do
        grep -q "^| .$name. |" docs/operate/seeing.md || { echo "$name"; return 1; }
    done
}
check "every metric has its line in docs/operate/seeing.md" every_metric_is_documented
check_or_skip "the document is OpenAPI" openapi document $DOC

start "$WORK/up.log" "$OCTAVO" up accounts --dir "$WORK/up" --port 0
up=$last
wait_for 30 in_file 'is ready' "$WORK/up.log" || exit 1
all_ready() { status; }
check "a system that is up is ready" wait_for 30 all_ready
check "each process has its line" says '^transaction-processor.0 .* ready$'
check "as JSON it has every process" json_says 's["ready"] and len(s["processes"]) == 4'
check_or_skip "a gateway answers as the document says" openapi answers $DOC "$(door atm)"
check_or_skip "so does a processor" openapi answers $DOC "$(door transaction-processor)"

"$OCTAVO" accounts open 1 --currency CZK --card 9999990000005765 --dir "$WORK/up" > /dev/null
handled() { metric "$(door transaction-processor)" '^octavo_inputs_total{.*result="handled"} [1-9]'; }
check "what is handled is counted" wait_for 10 handled
check "the lag is there under the name that dashboards know" \
    metric "$(door transaction-processor)" '^kafka_consumergroup_lag_sum{consumergroup="accounts.transaction-processor"'
check "the broker shows its topics" \
    metric "$WORK/up/broker/broker.sock" '^kafka_topic_partitions{topic="account-transaction"} 4'

# The broker goes and stays away: its supervisor is stopped first.
broker=$(pgrep -f "broker --dir $WORK/up/broker") # of this scenario's directory alone
kill -STOP "$up" && kill -9 $broker
not_ready() { ask "$(door atm)" /readyz | grep -q 'the broker is away'; }
check "without a broker a service is not ready, and says why" wait_for 30 not_ready
is_alive() { ask "$(door atm)" /livez | grep -q true; }
check "and it is alive" is_alive
kill -CONT "$up"
check "with its broker back it is ready again" wait_for 60 all_ready

kill -TERM "$up" && wait "$up"
check "after a stop nothing runs, by exit code" ends_with 1 status
check "and by name" says '^atm  *not running$'
