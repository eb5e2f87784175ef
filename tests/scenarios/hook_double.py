#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A customer's server: writes KEY REQUEST NOTICE of each call to a file, then answers; of every
seventh key it breaks the first connection without an answer, as a server that dies does.

hook_double.py PORT_FILE CALLS_FILE"""
import http.server
import json
import sys

seen = set()


class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        with open(sys.argv[2], "a", encoding="utf-8") as calls:
            calls.write(f"{key} {body['request']} {body['notice']}\n")
        first = key not in seen
        seen.add(key)
        if first and len(seen) % 7 == 0:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
with open(sys.argv[1], "w", encoding="utf-8") as port_file:
    port_file.write(str(server.server_port))
server.serve_forever()
