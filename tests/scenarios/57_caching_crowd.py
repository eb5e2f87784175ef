#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Ten thousand connections to a cache that do no good - silent ones, ones that stop within a request, ones
that ask for much more than they read, a byte at a time or none - cost little memory, and an honest reader is
answered beside them.
"""
import importlib.machinery
import importlib.util
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join("tests", "scenarios"))
from caching_client import Crm, Resp  # noqa: E402

os.environ["OCTAVO"] = os.path.abspath(os.environ.get("OCTAVO", "build/asan/octavo"))
SILENT, HALF, DEAF, SLOW = 6000, 3920, 40, 40
ALL = SILENT + HALF + DEAF + SLOW
ASKED, TRIPS, MEMORY_MAX_MB, LIMIT_S = 20000, 300, 160, 60
GET = b"*2\r\n$7\r\nHGETALL\r\n$14\r\ncustomer:00001\r\n"


def bench():
    loader = importlib.machinery.SourceFileLoader("bench_caching", "bench/caching")
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_caching", loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def trips(port):
    """Seconds of each round trip of a reader that does it right, and whether all were the customer."""
    took, right, reader = [], True, Resp(port, timeout=LIMIT_S)
    for _ in range(TRIPS):
        began = time.monotonic()
        right = reader.row("customer:00001")["name"] == "Jana" and right
        took.append(time.monotonic() - began)
    reader.close()
    return sorted(took)[TRIPS * 99 // 100] * 1000, right


def crowd(port):
    """From several addresses, so that ports are no matter."""
    sockets = []
    for i in range(ALL):
        s = socket.socket()
        if i >= SILENT + HALF:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.bind((f"127.0.0.{2 + i % 8}", 0))
        s.settimeout(LIMIT_S)
        s.connect(("127.0.0.1", port))
        s.setblocking(False)
        if SILENT <= i < SILENT + HALF:
            s.send(b"*2\r\n$7\r\nHGETALL\r\n$999\r\npart of it")
        elif i >= SILENT + HALF:
            try:
                for _ in range(ASKED // 1000):
                    s.send(GET * 1000)
            except BlockingIOError:
                pass  # the cache takes no more of it
        sockets.append(s)
    for s in sockets[-SLOW:]:
        try:
            s.recv(1)
        except BlockingIOError:
            pass
    return sockets


def check(number, name, well, said):
    if not well:
        print(f"# {said}")
    print(f"{'ok' if well else 'not ok'} {number} - {name}", flush=True)
    return 0 if well else 1


def run(work):
    caching, bad, sockets = bench(), 0, []
    house = caching.House(work)
    try:
        cache, port = house.pid("operational-data-cache"), house.port("operational-data-cache")
        row = {"id": "00001", "name": "Jana", "street": "x" * 200}
        token = Crm(house.port("crm"))("POST", "/customers", row)[1]["token"]
        reader = Resp(port, timeout=LIMIT_S)
        reader("WAIT", token, 60000)
        quiet, _ = trips(port)
        before = caching.resident(cache)
        sockets = crowd(port)
        beside, right = trips(port)
        grown = (caching.resident(cache) - before) / 1e6
        print(f"# figure: {ALL} connections that do no good: {grown:.1f} MB more, {1000 * grown / ALL:.1f} KB each; an "
              f"honest reader's p99 {quiet:.2f} ms before, {beside:.2f} ms beside them")
        roomy = 8 if "asan" in os.environ["OCTAVO"] else 1  # what a sanitizer keeps beside each allocation
        bad += check(1, f"{ALL} of them cost less than {MEMORY_MAX_MB} MB", grown < roomy * MEMORY_MAX_MB, f"{grown} MB")
        bad += check(2, "and an honest reader is answered beside them", right, "another customer was read")
        for s in sockets:
            s.close()
        bad += check(3, "one that waited all the while is answered too", reader("PING") == "PONG", "no PONG")
        house.up.send_signal(signal.SIGTERM)
        bad += check(4, "it stops cleanly", house.up.wait(LIMIT_S) == 0, "it did not end with 0")
    finally:
        for s in sockets:
            s.close()
        if house.up.poll() is None:
            house.up.send_signal(signal.SIGTERM)
            house.up.wait(LIMIT_S)
    print("1..4")
    return bad


def main():
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files[1] != resource.RLIM_INFINITY and files[1] < 2 * ALL:
        print(f"1..0 # skip a process may have {files[1]} open files here")
        return 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * ALL, files[1]))
    work = tempfile.mkdtemp(prefix="octavo-crowd-")
    bad = 1
    try:
        bad = run(work)
    finally:
        if bad:
            print(f"# files kept in {work}")
        else:
            shutil.rmtree(work)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
