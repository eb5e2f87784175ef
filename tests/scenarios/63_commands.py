#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""The way back to devices, while the gateway, who decides and the broker are killed -9: every command is taken
under its one name, in order; what was taken is not sent again; a session that is kept stays subscribed."""

import json
import os
import socket
import struct
import sys
import tempfile
import threading

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
sys.path.insert(0, os.path.join(ROOT, "tests/kills"))
sys.dont_write_bytecode = True

from fleet import packet, text   # noqa: E402
from iot import IotHouse         # noqa: E402

COMMANDS = 12
NAMES = ("broker", "iot-device", "device-state")
failed = 0
number = 0


def check(name, good, said=""):
    global failed, number
    number += 1
    failed += not good
    if not good:
        print(f"# {said}")
    print(f"{'ok' if good else 'not ok'} {number} - {name}", flush=True)


class Listener(threading.Thread):
    """A device that comes back whenever its connection breaks, and takes what it is told."""

    def __init__(self, port, wanted):
        super().__init__(daemon=True)
        self.port, self.wanted, self.heard, self.kept, self.error = port, wanted, [], 0, None
        self.subscribed = False
        self.silent = False     # takes nothing: it hears and goes

    def receive(self):
        while True:
            size, at, shift = 0, 1, 0
            while at < len(self.left):
                size |= (self.left[at] & 127) << shift
                shift, at = shift + 7, at + 1
                if not self.left[at - 1] & 128:
                    if len(self.left) >= at + size:
                        head, body = self.left[0], self.left[at:at + size]
                        self.left = self.left[at + size:]
                        return head, body
                    break
            data = self.socket.recv(65536)
            if not data:
                raise OSError("gone")
            self.left += data

    def session(self):
        self.left = b""
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        self.socket.sendall(packet(0x10, text("MQTT") + b"\x04\x00\x00\x3c" + text("listener")))
        head, body = self.receive()
        if head != 0x20 or body[1]:
            raise OSError("not let in")
        self.kept += body[0]
        if not (self.subscribed and body[0]):
            self.socket.sendall(packet(0x82, b"\x00\x01" + text("devices/pump/command") + b"\x01"))
        while self.wanted - len(set(self.heard)) > 0:
            head, body = self.receive()
            if head == 0x90:
                self.subscribed = True
            if head & 0xf0 != 0x30:
                continue
            size = struct.unpack("!H", body[:2])[0]
            self.heard.append(json.loads(body[4 + size:])["text"])
            if not self.silent:
                self.socket.sendall(packet(0x40, body[2 + size:4 + size]))

    def run(self):
        for _ in range(2000):
            try:
                self.session()
                self.socket.sendall(b"\xe0\x00")
                self.socket.close()
                return
            except OSError as e:
                self.error = e
                threading.Event().wait(0.05)
        self.error = "it never heard all"


def states(house):
    return {row[0]: row[1] for row in house.rows("device-state", "SELECT text, state FROM command")}


def settled(house, want, limit=400):
    for _ in range(limit):
        if want(states(house)):
            return True
        threading.Event().wait(0.05)
    return False


def main():
    print("1..5")
    with tempfile.TemporaryDirectory(prefix="octavo-commands-") as dir:
        binary = os.environ.get("OCTAVO", os.path.join(ROOT, "build/asan/octavo"))
        house = IotHouse(ROOT, os.path.abspath(binary), dir)
        try:
            for name in NAMES:
                house[name].start()
                house.wait_ready(name)
            listener = Listener(house["iot-device"].port, COMMANDS)
            listener.start()
            for n in range(COMMANDS):
                house.command("iot", "command", "pump", f"c{n:02}")
                if n % 4 == 3:
                    victim = NAMES[n // 4 % 3]
                    house[victim].kill()
                    house[victim].start()
                    house.wait_ready(victim)
            listener.join(120)
            wanted = [f"c{n:02}" for n in range(COMMANDS)]
            first = list(dict.fromkeys(listener.heard))
            check("every command comes, in the order they were given, whoever is killed", first == wanted,
                  f"{listener.heard} {listener.error}")
            check("and is told as delivered", settled(house, lambda s: list(s.values()) == ["delivered"] * COMMANDS),
                  states(house))
            timed = [t for t in ("device-command", "telemetry-event")
                     if any("octavo.tick" in r["headers"] for r in house.dump(t))]
            check("ticks go where silence is judged, not here", timed == ["telemetry-event"], timed)
            check("the session that was kept stayed subscribed", listener.kept > 0, listener.kept)
            house.command("iot", "command", "pump", "last")
            deaf = Listener(house["iot-device"].port, 1)
            deaf.silent = True
            deaf.start()
            deaf.join(60)
            after = Listener(house["iot-device"].port, 1)
            after.start()
            after.join(60)
            delivered = settled(house, lambda s: s.get("last") == "delivered")
            check("what was heard and not taken is told again, and nothing else is",
                  deaf.heard == ["last"] and after.heard == ["last"] and delivered,
                  f"{deaf.heard} {after.heard} {states(house)}")
        finally:
            house.destroy()
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
