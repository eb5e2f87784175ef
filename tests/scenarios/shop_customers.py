# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Customers of the shop (shop.c), who ask again until they are answered, always with the same key.

  shop_customers.py order DESK COUNT        COUNT orders of ten customers, each amount 1
  shop_customers.py totals COUNTERS COUNT   of each customer one counter tells COUNT / 10, the others 421
  shop_customers.py ask DESK PATH STATUS [HEADER...]   one POST, its status

DESK is a port, COUNTERS ports with commas between.
"""
import http.client
import json
import sys
import time


def call(port, method, path, headers, body=None):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        c.request(method, path, body, headers)
        answer = c.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        c.close()


def order(port, number):
    headers = {"Idempotency-Key": f"order-{number}", "Content-Type": "application/json"}
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            status, said = call(port, "POST", f"/customers/customer-{number % 10}/orders", headers, '{"amount":1}')
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)  # the desk is being started again
            continue
        if status in (200, 201):
            assert said["customer"] == f"customer-{number % 10}" and said["amount"] == 1, said
            return status
        assert status in (503, 504), (status, said)
        time.sleep(0.05)
    raise SystemExit(f"order {number} was never answered")


def totals(ports, count):
    for n in range(10):
        said = [call(port, "GET", f"/customers/customer-{n}", {}) for port in ports]
        told = [body for status, body in said if status == 200]
        others = [body for status, body in said if status == 421]
        if len(told) != 1 or len(told) + len(others) != len(ports):
            return f"customer-{n}: {said}"
        if told[0] != {"orders": count // 10, "amount": count // 10}:
            return f"customer-{n}: {told[0]}"
        if any("which this process does not own" not in o["detail"] for o in others):
            return f"customer-{n}: {others}"
    return 0


def main():
    what, ports = sys.argv[1], [int(p) for p in sys.argv[2].split(",")]
    if what == "order":
        first = sum(order(ports[0], n) == 201 for n in range(int(sys.argv[3])))
        again = sum(order(ports[0], n) == 200 for n in range(int(sys.argv[3])))
        print(f"{first} answered as new, {again} known again")
        return 0 if again == int(sys.argv[3]) else 1
    if what == "totals":
        return totals(ports, int(sys.argv[3]))
    headers = dict(h.split(": ", 1) for h in sys.argv[5:])
    status, said = call(ports[0], "POST", sys.argv[3], headers)
    print(status, said)
    return 0 if status == int(sys.argv[4]) else 1


sys.exit(main())
