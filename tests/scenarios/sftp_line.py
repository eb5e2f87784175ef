#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A line to sshd's port argv[1]; its own port is in the file argv[2]. One connection, the first that comes
so far, is lost when its client begins to sign in: what follows its NEWKEYS is a request for the service, under 128 bytes with
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


lost = threading.Event()


def relay(client, server):
    """Until its end, or until it is the one that is lost."""
    said = b""
    while data := client.recv(65536):
        said += data if not lost.is_set() else b""
        if not lost.is_set() and sealed_bytes(said) > SERVICE_MOST:
            lost.set()
            print("cut", flush=True)
            return
        server.sendall(data)


def serve(client, server):
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    try:
        relay(client, server)
    except OSError:
        pass
    for s in (client, server):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


listener = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[2] + ".new", "w", encoding="ascii") as f:
    f.write("%d\n" % listener.getsockname()[1])
os.rename(sys.argv[2] + ".new", sys.argv[2])
while True:
    near = listener.accept()[0]
    far = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    threading.Thread(target=serve, args=(near, far), daemon=True).start()
