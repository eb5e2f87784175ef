#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A vendor of background checks: orders under the customer's reference, and signed webhooks.

vendor_double.py DIR: writes DIR/vendor.port; reads DIR/hook.url and DIR/hook.key (secrets, a line
each) anew for each webhook; appends to DIR/orders each order that is made and each that is cancelled.

It is as bad as real ones are. Of its orders, by a hash of the reference: some break the connection
after the order is made and before it is answered; some say 503 first; some send their webhook before
the answer, some twice, some with old news after new, and one in eleven none at all. GET tells the
truth. A reference that ends with the digit of --adverse is found "consider"; the others are clear.
A forged webhook, and one with an old timestamp, go out with each real one and must be refused:
DIR/refused counts those that were."""
import argparse
import base64
import hashlib
import hmac
import http.client
import http.server
import json
import os
import threading
import time
import urllib.parse

parser = argparse.ArgumentParser()
parser.add_argument("dir")
parser.add_argument("--adverse", default="x", help="last digit of an employee that is found consider")
parser.add_argument("--calm", action="store_true")
options = parser.parse_args()
lock = threading.Lock()
orders = {}
tried = set()


def path(name):
    return os.path.join(options.dir, name)


def append(name, line):
    with lock, open(path(name), "a", encoding="utf-8") as f:
        f.write(line + "\n")


def dice(reference, sides):
    return int(hashlib.sha256(reference.encode()).hexdigest(), 16) % sides


def hook_send(body, id, key=None, age=0):
    """The status, or None: nobody is there."""
    try:
        with open(path("hook.url"), encoding="ascii") as f:
            url = urllib.parse.urlsplit(f.read().strip())
        with open(path("hook.key"), "rb") as f:
            secret = f.read()
    except FileNotFoundError:
        return None
    stamp = str(int(time.time()) - age)
    content = f"{id}.{stamp}.".encode() + body
    mac = base64.b64encode(hmac.new(key or secret, content, hashlib.sha256).digest()).decode()
    try:
        c = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
        c.request("POST", url.path, body, {
            "Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": stamp,
            "webhook-signature": "v1,bm90IHRoaXMgb25l v1," + mac})
        return c.getresponse().status
    except (OSError, http.client.HTTPException):
        return None


def announce(reference):
    """Sent again until it is taken, three times at most: the poll makes up for the rest."""
    for status in ("complete", "pending") if not options.calm and dice(reference, 5) == 0 else ("complete",):
        body = json.dumps({"type": "report." + status, "reference": reference, "status": status}).encode()
        id = f"msg_{reference}_{status}"
        if not options.calm and hook_send(body, id, b"another secret") == 401:
            append("refused", f"forged {reference}")
        if not options.calm and hook_send(body, id, age=3600) == 401:
            append("refused", f"old {reference}")
        for _ in range(3):
            if hook_send(body, id) == 200:
                break
            time.sleep(0.3)
        if not options.calm and dice(reference, 4) == 0:
            hook_send(body, id)


def complete(reference):
    with lock:
        order = orders[reference]
        if order["status"] != "pending":
            return
        order["status"] = "complete"
        order["result"] = "consider" if order["employee"].endswith(options.adverse) else "clear"
    if options.calm or dice(reference, 11):
        announce(reference)


class Vendor(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        reference = body["reference"]
        bad = -1 if options.calm else dice(reference, 7)
        if bad == 0 and reference not in tried:
            tried.add(reference)
            self.answer(503, {"error": "busy"})
            return
        append("posts", reference)
        with lock:
            known = reference in orders
            if not known:
                orders[reference] = {"reference": reference, "employee": body["employee"],
                                     "status": "pending"}
        if not known:
            append("orders", f"made {reference} {body['employee']}")
            if bad == 1:
                complete(reference)  # its webhook comes before our answer
            else:
                threading.Timer(0.05, complete, [reference]).start()
            if bad == 2:
                self.close_connection = True
                self.connection.close()
                return
        self.answer(409 if known else 201, orders[reference])

    def reference(self):
        return self.path.rsplit("/", 1)[1]

    def do_GET(self):
        order = orders.get(self.reference())
        self.answer(200 if order else 404, order or {"error": "no such order"})

    def do_DELETE(self):
        with lock:
            order = orders.get(self.reference())
            can = order and order["status"] in ("pending", "canceled")
            first = can and order["status"] == "pending"
            if can:
                order["status"] = "canceled"
        if first:
            append("orders", f"cancelled {self.reference()} {order['employee']}")
        self.answer(200 if can else 409 if order else 404, order or {"error": "no such order"})

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # who called was killed


server = Server(("127.0.0.1", 0), Vendor)
with open(path("vendor.port.new"), "w", encoding="ascii") as port_file:
    port_file.write(str(server.server_port))
os.rename(path("vendor.port.new"), path("vendor.port"))
server.serve_forever()
