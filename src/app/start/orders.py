#!/usr/bin/env python3
"""The handlers of service orders: one JSON object a line in, one out (docs/formats/program.md).

A handler is a pure function of the event and the rows of its key: no clock, no random number, no
file. What it returns is committed with the event, once, whatever dies.
"""
import json
import sys

LIMIT = 100000


def on_order_placed(event):
    order = event["data"]
    if event["rows"]["order"].get(""):
        return {}  # this order is known already: the first answer stands
    if order["total"] > LIMIT:
        return {
            "rows": {"order": {"": {"state": "refused", "total": order["total"]}}},
            "events": [{"topic": "order", "type": "order-refused",
                        "data": {"order": order["order"], "reason": "over the limit"}}],
        }
    return {
        "rows": {"order": {"": {"state": "accepted", "total": order["total"]}}},
        "events": [{"topic": "order", "type": "order-accepted", "data": order}],
    }


HANDLERS = {"order-placed": on_order_placed}

sys.stdin.readline()  # what is declared
print(json.dumps({"octavo": 1, "handles": list(HANDLERS)}), flush=True)
for line in sys.stdin:
    event = json.loads(line)
    print(json.dumps({"n": event["n"], **HANDLERS[event["type"]](event)}), flush=True)
