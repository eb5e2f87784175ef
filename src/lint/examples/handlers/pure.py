# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The same, with the time of the event.
import json
import sys

sys.stdin.readline()
print(json.dumps({"octavo": 1, "handles": ["order-placed"]}), flush=True)
for line in sys.stdin:
    event = json.loads(line)
    row = {"amount": event["data"]["total"], "billed": event["time"] // 1000}
    print(json.dumps({"n": event["n"], "rows": {"invoice": {"": row}}}), flush=True)
