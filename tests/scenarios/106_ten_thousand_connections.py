#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Ten thousand connections that do no good - silent ones, ones that stop within a frame, ones that
ask and never read - cost the broker little memory, and an honest client is served beside them.
"""
import os
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

OCTAVO = os.path.abspath(os.environ.get("OCTAVO", "build/asan/octavo"))
SILENT, HALF, DEAF, DEAF_FETCHES = 4000, 3500, 2200, 300
ALL = SILENT + HALF + DEAF + DEAF_FETCHES
MEMORY_MAX_MB, TRIPS, LIMIT_S = 64, 300, 60


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


def frame(key, version, body):
    whole = struct.pack(">hhi", key, version, 7) + string("crowd") + body
    return struct.pack(">i", len(whole)) + whole


API_VERSIONS = frame(18, 0, b"")
# every record of partition 0, up to a mebibyte
FETCH = frame(1, 4, struct.pack(">iiiib", -1, 100, 1, 1 << 20, 0) + struct.pack(">i", 1) + string("t")
              + struct.pack(">iiqi", 1, 0, 0, 1 << 20))


def memory_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1]) / 1024


def receive(s, size):
    data = b""
    while len(data) < size:
        more = s.recv(size - len(data))
        if not more:
            raise OSError("the broker has closed an honest connection")
        data += more
    return data


def trips(port):
    """Seconds of each round trip of a client that does it right."""
    took = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as s:
        for _ in range(TRIPS):
            began = time.monotonic()
            s.sendall(API_VERSIONS)
            receive(s, struct.unpack(">i", receive(s, 4))[0])
            took.append(time.monotonic() - began)
    return sorted(took)


def crowd(port):
    """From several addresses, so that ports are no matter."""
    sockets = []
    for i in range(ALL):
        s = socket.socket()
        s.bind((f"127.0.0.{2 + i % 8}", 0))
        s.connect(("127.0.0.1", port))
        if i < HALF:
            s.sendall(struct.pack(">i", 1 << 20) + b"part of it")
        elif i < HALF + DEAF:
            s.sendall(API_VERSIONS * 20)
        elif i < HALF + DEAF + DEAF_FETCHES:
            s.sendall(FETCH * 4)
        sockets.append(s)
    return sockets


def check(number, name, well, said=""):
    if said and not well:
        print(f"# {said}")
    print(f"{'ok' if well else 'not ok'} {number} - {name}", flush=True)
    return 0 if well else 1


def run(dir):
    port_file = os.path.join(dir, "port")
    with open(os.path.join(dir, "log"), "wb") as log:
        broker = subprocess.Popen([OCTAVO, "broker", "--dir", os.path.join(dir, "data"), "--port", "0", "--port-file",
                                   port_file, "--connections", "12000"], stdout=log, stderr=log)
    bad, sockets = 0, []
    try:
        until = time.monotonic() + LIMIT_S
        while not (os.path.exists(port_file) and os.path.getsize(port_file)) and time.monotonic() < until:
            time.sleep(0.02)
        with open(port_file, encoding="ascii") as file:
            port = int(file.read())
        fed = subprocess.run(["kcat", "-q", "-b", f"127.0.0.1:{port}", "-P", "-t", "t", "-p", "0", "-X",
                              "batch.size=60000"], check=True,
                             input=b"".join(b"%d%s\n" % (i, b"x" * 1000) for i in range(3000)), timeout=LIMIT_S)
        quiet = trips(port)
        before = memory_mb(broker.pid)
        sockets = crowd(port)
        beside = trips(port)
        grown = memory_mb(broker.pid) - before
        p99 = [took[TRIPS * 99 // 100] * 1000 for took in (quiet, beside)]
        print(f"# figure: {ALL} connections that do no good: {grown:.1f} MB more, {1024 * grown / ALL:.1f} KB each; an "
              f"honest client's p99 {p99[0]:.2f} ms before, {p99[1]:.2f} ms beside them")
        roomy = 8 if "asan" in OCTAVO else 1  # what a sanitizer keeps beside each allocation
        bad += check(1, f"{ALL} of them cost less than {MEMORY_MAX_MB} MB", grown < roomy * MEMORY_MAX_MB,
                     f"{grown:.1f} MB")
        bad += check(2, "and an honest client is answered beside them", fed.returncode == 0 and len(beside) == TRIPS)
        read = subprocess.run(["kcat", "-q", "-b", f"127.0.0.1:{port}", "-C", "-t", "t", "-o", "beginning", "-e"],
                              check=True, capture_output=True, timeout=LIMIT_S)
        bad += check(3, "and reads all of its records", read.stdout.count(b"\n") == 3000)
        for s in sockets:
            s.close()
        trips(port)
        broker.terminate()
        bad += check(4, "when they are gone the broker stops cleanly", broker.wait(LIMIT_S) == 0)
    finally:
        broker.kill()
        broker.wait()
        for s in sockets:
            s.close()
    print("1..4")
    return bad


def main():
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files[1] != resource.RLIM_INFINITY and files[1] < 2 * ALL:
        print(f"1..0 # skip a process may have {files[1]} open files here")
        return 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * ALL, files[1]))
    dir = tempfile.mkdtemp(prefix="octavo-crowd-")
    bad = 1
    try:
        bad = run(dir)
    finally:
        if bad:
            print(f"# files kept in {dir}")
        else:
            shutil.rmtree(dir)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
