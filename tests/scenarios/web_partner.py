#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A partner that takes files by PUT, and does what networks and servers do.

    web_partner.py FOLDER PORTFILE CONTROL TOKEN

CONTROL says what happens, once, and is taken away then:  cut N (the line is gone after N bytes of a file),
reply (the file is kept, its answer never comes), full, denied, moved, idle (S3's word for a
line on which nothing came), stall (nothing is read any more).
A file appears whole or not at all, and over none that is there. Each request is a line on stdout.
"""
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

folder, port_file, control, token = sys.argv[1:]


def fault():
    try:
        with open(control, encoding="ascii") as f:
            return f.read().split()
    except FileNotFoundError:
        return []


class Partner(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        print(self.command, self.path, status, flush=True)

    def path_of(self):
        if self.headers.get("Authorization") != "Bearer " + token:
            self.close_connection = True
            self.say(401)
            return None
        return os.path.join(folder, unquote(os.path.basename(self.path)))

    def drop(self):
        os.unlink(control)
        self.close_connection = True
        self.connection.close()

    def content(self, path):
        """None: the line went away meanwhile."""
        wanted, got, what = int(self.headers["Content-Length"]), b"", fault()
        while len(got) < wanted:
            if what and what[0] == "cut" and len(got) >= int(what[1]) and ".done" not in path:
                self.drop()
                return None
            piece = self.rfile.read(min(4096, wanted - len(got)))
            if not piece:
                return None
            got += piece
        return got

    def do_PUT(self):
        path, what = self.path_of(), fault()
        if not path:
            return
        if what and what[0] in ("full", "denied", "moved", "idle"):
            os.unlink(control)
            self.close_connection = True
            status = {"full": 507, "denied": 403, "moved": 301, "idle": 400}[what[0]]
            text = b"<Error><Code>RequestTimeout</Code></Error>" if status == 400 else b"not now\n"
            self.say(status, [("Location", "http://elsewhere.example/")], text)
            return
        if what == ["stall"]:
            os.unlink(control)
            time.sleep(20)
        content = self.content(path)
        if content is None:
            return
        if os.path.exists(path):
            self.say(412)
            return
        with open(path + ".new", "wb") as f:
            f.write(content)
        os.rename(path + ".new", path)
        if what == ["reply"]:
            self.drop()
            return
        self.say(201)

    def do_GET(self):
        path = self.path_of()
        if not path:
            return
        if not os.path.exists(path):
            self.say(404)
            return
        with open(path, "rb") as f:
            content = f.read()
        if self.command == "HEAD":
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
        else:
            self.say(200, (), content)  # whole, whatever Range says: a server may

    do_HEAD = do_GET

    def do_DELETE(self):
        path = self.path_of()
        if path:
            there = os.path.exists(path)
            if there:
                os.unlink(path)
            self.say(204 if there else 404)


server = ThreadingHTTPServer(("127.0.0.1", 0), Partner)
server.daemon_threads = True
with open(port_file + ".new", "w", encoding="ascii") as f:
    f.write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()
