#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A handler as a stranger writes it: orders are counted a customer, and every third one is a surprise.
import json
import sys


def handle(event):
    if event["type"] == "timer:thank":
        return {"events": [{"topic": "thanked", "type": "customer-thanked", "data": {"due": event["time"]}}]}
    row = event["rows"]["customer"].get("", {"orders": 0, "spent": 0})
    row["orders"] += 1
    row["spent"] += event["data"]["total"]
    answer = {"rows": {"customer": {"": row}}, "events": [
        {"topic": "counted", "type": "order-counted",
         "data": {"number": event["data"]["number"], "orders": row["orders"], "spent": row["spent"]}}]}
    if row["orders"] == 20:
        answer["timers"] = [{"name": "thank", "at": event["time"]}]
    if event["data"].get("total") == 13:
        raise ValueError("nobody orders for 13")
    return answer


sys.stdin.readline()
print(json.dumps({"octavo": 1, "handles": ["order-placed", "timer:thank"]}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps({"n": asked["n"], **handle(asked)}), flush=True)
