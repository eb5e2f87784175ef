#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A line to sshd's port argv[1]; its own port is in the file argv[2]. Its first connection is lost when
the client begins to sign in: what follows its NEWKEYS is a request for the service, under 128 bytes with
its MAC, and then the user's key."""
import os
import socket
import sys
import threading

NEWKEYS, SERVICE_MOST = 21, 128


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for s in (source, sink):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def sealed_bytes(said):
    """How many bytes follow the NEWKEYS of what a client said so far."""
    at = said.find(b"\n") + 1
    while at and len(said) >= at + 6:
        kind, at = said[at + 5], at + 4 + int.from_bytes(said[at : at + 4], "big")
        if kind == NEWKEYS:
            return max(0, len(said) - at)
    return 0


def lose(client, server):
    said = b""
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    while data := client.recv(65536):
        said += data
        if sealed_bytes(said) > SERVICE_MOST:
            print("cut", flush=True)
            break
        server.sendall(data)
    for s in (client, server):
        s.shutdown(socket.SHUT_RDWR)


listener = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[2] + ".new", "w", encoding="ascii") as f:
    f.write("%d\n" % listener.getsockname()[1])
os.rename(sys.argv[2] + ".new", sys.argv[2])
work = lose
while True:
    near = listener.accept()[0]
    far = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    if work is pump:
        threading.Thread(target=pump, args=(far, near), daemon=True).start()
    threading.Thread(target=work, args=(near, far), daemon=True).start()
    work = pump
