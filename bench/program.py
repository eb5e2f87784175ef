#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The handler of bench/program.c in Python: a balance and a count of the key of each event.
import json
import sys

sys.stdin.readline()
print('{"octavo":1,"handles":["move"]}', flush=True)
read, write, load, dump = sys.stdin.readline, sys.stdout.write, json.loads, json.dumps
while line := read():
    event = load(line)
    row = event["rows"]["account"].get("") or {"balance": 0, "moves": 0}
    row["balance"] += event["data"]["amount"]
    row["moves"] += 1
    write(dump({"n": event["n"], "rows": {"account": {"": row}}}) + "\n")
    sys.stdout.flush()
