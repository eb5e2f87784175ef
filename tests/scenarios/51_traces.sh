#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A traced order: the desk begins its trace, the event carries it, the counter goes on in it, and both
# tell a collector. A collector that goes away is told of, and orders are taken all the same.
. tests/scenarios/lib.sh
plan 5

cc -shared -fPIC -std=c17 -Wall -Wextra -Werror -Iinclude -o "$WORK/shop.so" tests/scenarios/shop.c || exit 1
sed 's/^topics:/trace: 1\ntopics:/' tests/scenarios/shop.yaml > "$WORK/shop.yaml"
cp tests/scenarios/order-asked.json "$WORK"
start "$WORK/collector.log" python3 tests/scenarios/otlp_collector.py collect "$WORK/collector.port" "$WORK/spans"
collector=$last
wait_for 20 test -s "$WORK/collector.port" || exit 1
OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$(cat "$WORK/collector.port")
export OTEL_EXPORTER_OTLP_ENDPOINT
start "$WORK/up.log" "$OCTAVO" up shop --file "$WORK/shop.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
DESK=$(sed -n 's/^octavo up: desk on 127.0.0.1:\([0-9]*\)$/\1/p' "$WORK/up.log")
BROKER=$(sed -n 's/^octavo up: broker on //p' "$WORK/up.log")
headers() { k -C -t orders -o beginning -e -f '%h\n' > "$WORK/headers" && has_lines "$WORK/headers" "$1"; }
judged() { headers 40 && python3 tests/scenarios/otlp_collector.py judge "$WORK/spans" "$WORK/headers" 40; }
orders() { python3 -c '
import http.client, sys
for n in range(int(sys.argv[2]), int(sys.argv[3])):
    c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
    c.request("POST", f"/customers/customer-{n % 10}/orders", "{\"amount\":1}",
              {"Idempotency-Key": f"o-{n}", "Content-Type": "application/json"})
    assert c.getresponse().status == 201' "$DESK" "$@"; }

check "forty orders are taken" orders 0 40
check "each is one trace: asked for, sent, counted" wait_for 30 judged
kill -9 "$collector"
check "without its collector the desk takes orders" orders 40 60
check "and says that spans are lost" wait_for 20 in_file 'spans_lost service=shop.desk' "$WORK/up.log"
up_stop() { kill -TERM "$up" && wait "$up"; }
check "it stops cleanly" up_stop
