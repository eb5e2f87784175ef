#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Asks the Swift of swift_server.py by its own interface, which is another one than S3's.

    swift_ask.py HOST METHOD NAME       the content of a PUT from stdin, of a GET to stdout
"""
import sys
import urllib.request

host, method, name = sys.argv[1:]


def ask(method_, path, headers, content=None):
    request = urllib.request.Request(f"http://{host}{path}", content, headers, method=method_)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers, answer.read()


signed_in, _ = ask("GET", "/auth/v1.0", {"X-Auth-User": "test:tester", "X-Auth-Key": "testing"})
sent = sys.stdin.buffer.read() if method == "PUT" and name else b"" if method == "PUT" else None
_, got = ask(method, "/v1/AUTH_test/feeds" + name, {"X-Auth-Token": signed_in["X-Auth-Token"]}, sent)
sys.stdout.buffer.write(got)
