#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Stands between sshd and Debian's sftp-server, and does what networks and servers do. The file named in
argv[1] says what, once, and is taken away when it has happened:

  cut N          the line is gone after N bytes from the client
  rename-reply   a rename is done, its answer never comes, the line is gone
  full           the server has no room for what is written
"""
import os
import select
import struct
import subprocess
import sys

control = sys.argv[1]
RENAME, WRITE, STATUS = 18, 6, 101
server = subprocess.Popen(["/usr/lib/openssh/sftp-server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def fault():
    try:
        with open(control, encoding="ascii") as f:
            return f.read().split()
    except FileNotFoundError:
        return []


def happened():
    os.unlink(control)
    server.kill()
    os._exit(1)


def packets(held):
    """Whole packets of what is held, and the rest."""
    found = []
    while len(held) >= 4:
        size = 4 + struct.unpack(">I", held[:4])[0]
        if len(held) < size:
            break
        found.append(held[:size])
        held = held[size:]
    return found, held


def put(fd, data):
    while data:
        data = data[os.write(fd, data):]


asked = told = b""
passed, renames = 0, set()
while True:
    ready = select.select([0, server.stdout.fileno()], [], [])[0]
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            server.stdin.close()
            break
        passed += len(data)
        wanted = fault()
        if wanted[:1] == ["cut"] and passed > int(wanted[1]):
            happened()
        found, asked = packets(asked + data)
        for packet in found:
            if wanted == ["full"] and packet[4] == WRITE:
                body = bytes([STATUS]) + packet[5:9] + struct.pack(">I", 4) + struct.pack(">I", 7) + b"no room" + struct.pack(">I", 0)
                put(1, struct.pack(">I", len(body)) + body)
                os.path.exists(control) and os.unlink(control)
                continue
            if packet[4] == RENAME:
                renames.add(packet[5:9])
            put(server.stdin.fileno(), packet)
    if server.stdout.fileno() in ready:
        data = os.read(server.stdout.fileno(), 65536)
        if not data:
            break
        found, told = packets(told + data)
        for packet in found:
            if packet[4] == STATUS and packet[5:9] in renames and fault() == ["rename-reply"]:
                happened()
            put(1, packet)
server.wait()
