#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A packet of QoS 2 is one event, also when the gateway is killed -9 between its steps; and what was
acknowledged is in the log at once, not in a store of ours only."""

import os
import socket
import struct
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
sys.path.insert(0, os.path.join(ROOT, "tests/kills"))
sys.dont_write_bytecode = True

from fleet import Fleet, packet, text  # noqa: E402
from iot import IotHouse               # noqa: E402

failed = 0
number = 0


def check(name, good):
    global failed, number
    number += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {number} - {name}", flush=True)


class Device(Fleet):
    """One that is driven by hand."""

    def __init__(self, port):
        super().__init__("by-hand", port, [], 0, 1)

    def open(self, clean):
        """Whether the gateway had kept a session."""
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        flags = b"\x02" if clean else b"\x00"
        self.socket.sendall(packet(0x10, text("MQTT") + b"\x04" + flags + b"\x00\x00"
                                   + text("by-hand")))
        self.left = b""
        head, body = self.receive()
        assert head == 0x20 and body[1] == 0, (head, body)
        return body[0] == 1

    def step(self, head, body, wanted):
        self.socket.sendall(packet(head, body))
        got = self.receive()
        assert got == (wanted, struct.pack("!H", 7)), got

    def publish(self, again=False):
        self.step(0x3c if again else 0x34,
                  text("devices/pump/t") + struct.pack("!H", 7) + b"5", 0x50)

    def release(self):
        self.step(0x62, struct.pack("!H", 7), 0x70)


def in_log(house):
    return len([r for r in house.dump("telemetry-event") if "octavo.tick" not in r["headers"]])


def main():
    print("1..6")
    with tempfile.TemporaryDirectory(prefix="octavo-qos2-") as dir:
        binary = os.environ.get("OCTAVO", os.path.join(ROOT, "build/asan/octavo"))
        house = IotHouse(ROOT, os.path.abspath(binary), dir)
        try:
            for name in ("broker", "iot-device"):
                house[name].start()
                house.wait_ready(name)
            device = Device(house["iot-device"].port)
            check("a session that is new is none that was kept", not device.open(clean=False))
            device.publish()
            check("what is acknowledged is in the log", in_log(house) == 1)
            house["iot-device"].kill()
            house["iot-device"].start()
            house.wait_ready("iot-device")
            check("the session outlives a kill of the gateway", device.open(clean=False))
            device.publish(again=True)
            device.publish(again=True)
            device.release()
            device.release()
            check("the same packet again, and again, is one event", in_log(house) == 1)
            device.publish()
            device.release()
            check("its number is free when it is released", in_log(house) == 2)
            device.publish()
            device.socket.close()
            kept = device.open(clean=True)
            device.publish()
            check("a clean session forgets what was held", not kept and in_log(house) == 4)
        finally:
            house.destroy()
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
