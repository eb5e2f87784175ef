#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A system with an HTTP interface of its own takes the place of a directory: each account is posted under the key
# of its effect, in the clear, and again with the same key when the line breaks.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 4
cat > "$WORK/double.py" <<'END'
import http.server
import os
import sys

seen = set()


class Accounts(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        key = self.headers["Idempotency-Key"]
        with open(sys.argv[2], "a", encoding="utf-8") as calls:
            calls.write(f"{key} {body}\n")
        if key not in seen:  # done, and not told
            seen.add(key)
            self.connection.close()
            return
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Accounts)
with open(sys.argv[1] + ".new", "w", encoding="utf-8") as port_file:
    port_file.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
END
start "$WORK/double.log" python3 "$WORK/double.py" "$WORK/accounts.port" "$WORK/calls"
start "$WORK/vendor.log" python3 tests/scenarios/vendor_double.py "$WORK" --calm
wait_for 20 test -s "$WORK/vendor.port" && wait_for 20 test -s "$WORK/accounts.port" || exit 1
mkdir "$WORK/up"
sed "s,127.0.0.1:8592,127.0.0.1:$(cat "$WORK/vendor.port"),; s,poll_ms: 3600000,poll_ms: 500,
    s,url: \"ldif:.*,url: \"http://127.0.0.1:$(cat "$WORK/accounts.port")/accounts\"\n        retry: { first: 50ms\, most: 500ms },
    s,class: natural  *# who is.*,class: keyed," src/systems/onboarding/octavo.yaml > "$WORK/onboarding.yaml"
check 'the declaration is good' "$OCTAVO" lint "$WORK/onboarding.yaml"
start "$WORK/up.log" "$OCTAVO" up onboarding --file "$WORK/onboarding.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
onboarding() { timeout 60 "$OCTAVO" onboarding "$@" --file "$WORK/onboarding.yaml" --dir "$WORK/up"; }
states_are() { [ "$(onboarding ls --state "$1" --json | wc -l)" = "$2" ]; }
printf 'employee,given,family,start,department\n10001,Eva,Mala,2001-05-01,d001\n10002,Jan,Maly,2001-05-01,d002\n' > "$WORK/hires.csv"
onboarding import "$WORK/hires.csv" > /dev/null || exit 1
check 'two are onboarded' wait_for 60 states_are onboarded 2
check 'each was posted in the clear, and again with its own key' is \
    "$(sed 's/[^ ]* //' "$WORK/calls" | sort | uniq -c | sed 's/^ *//')" \
    '2 {"employee":"10001","given":"Eva","family":"Mala","department":"d001","title":"","state":"enabled"}
2 {"employee":"10002","given":"Jan","family":"Maly","department":"d002","title":"","state":"enabled"}'
check 'so each has one' is "$(cut -d ' ' -f 1 "$WORK/calls" | sort -u | wc -l)" 2
kill -TERM "$up"
wait "$up"
