# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A handler that is not pure: what it says depends on when it is asked.
import json
import sys
import time

sys.stdin.readline()
print(json.dumps({"octavo": 1, "handles": ["order-placed"]}), flush=True)
for line in sys.stdin:
    event = json.loads(line)
    row = {"amount": event["data"]["total"], "billed": int(time.time())}
    print(json.dumps({"n": event["n"], "rows": {"invoice": {"": row}}}), flush=True)
