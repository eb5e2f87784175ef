# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Devices on one MQTT connection, in a thread: they publish with QoS 1 or 2, swap and repeat
messages, come back after every broken connection and send again what nobody acknowledged."""

import json
import random
import socket
import struct
import threading
import time

WINDOW = 40
PACE_S = 0.006      # between two messages, so that there is something to be killed


class Gone(Exception):
    """The connection is no more."""


def text(data):
    data = data.encode()
    return struct.pack("!H", len(data)) + data


def packet(head, body):
    length, left = b"", len(body)
    while True:
        length += bytes([left % 128 | (128 if left > 127 else 0)])
        left //= 128
        if not left:
            return bytes([head]) + length + body


class Fleet(threading.Thread):
    def __init__(self, name, port, devices, messages, seed):
        super().__init__(daemon=True)
        self.name, self.port = name, port
        self.random = random.Random(seed)
        self.plan = self.messages(devices, messages)
        self.acknowledged = []      # (device, boot, seq)
        self.waiting = {}           # packet id -> (qos, topic, payload, identity, state)
        self.next_id = 0
        self.connects = self.repeats = 0
        self.error = None

    def messages(self, devices, count):
        """In the order they are sent: time passes for all, values wander, some jump."""
        plan, now = [], int(time.time() * 1000) - count * 1000
        for n in range(count):
            for device in devices:
                boot, seq = 1 + (n >= count // 2), n
                value = 20 + self.random.gauss(0, 0.5) + (30 if n % 230 > 200 else 0)
                late = self.random.random() < 0.02
                event = {"time": now + n * 1000 - (7000 if late else 0), "boot": boot, "seq": seq,
                         "temperature": round(value, 3), "level": n % 7}
                plan.append((device, boot, seq, json.dumps(event)))
        for at in range(0, len(plan) - 30, 30):     # swapped, within what is known again
            if self.random.random() < 0.5:
                part = plan[at:at + 30]
                self.random.shuffle(part)
                plan[at:at + 30] = part
        return plan

    # ---- the wire

    def connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.socket.sendall(packet(0x10, text("MQTT") + b"\x04\x00\x00\x3c" + text(self.name)))
        self.left = b""
        if self.receive()[0] != 0x20:
            raise Gone
        self.connects += 1

    def receive(self):
        while True:
            if len(self.left) >= 2 and len(self.left) >= 2 + self.left[1]:
                size = 2 + self.left[1]
                found, self.left = self.left[:size], self.left[size:]
                return found[0], found[2:]
            data = self.socket.recv(65536)
            if not data:
                raise Gone
            self.left += data

    def send(self, number, again):
        qos, topic, payload, _, state = self.waiting[number]
        if state == "released":
            self.socket.sendall(packet(0x62, struct.pack("!H", number)))
            return
        head = 0x30 | qos << 1 | (8 if again else 0)
        self.socket.sendall(packet(head, text(topic) + struct.pack("!H", number)
                                   + payload.encode()))

    def take(self):
        head, body = self.receive()
        number = struct.unpack("!H", body[:2])[0]
        if number not in self.waiting:
            return
        qos, topic, payload, identity, state = self.waiting[number]
        if head == 0x50 and qos == 2:
            self.waiting[number] = (qos, topic, payload, identity, "released")
            self.send(number, False)
        elif head == (0x40 if qos == 1 else 0x70):
            self.acknowledged.append(identity)
            del self.waiting[number]

    # ---- the day of a fleet

    def publish(self, device, boot, seq, payload):
        self.next_id = self.next_id % 60000 + 1
        self.waiting[self.next_id] = (self.random.choice((1, 1, 2)), f"devices/{device}", payload,
                                      (device, boot, seq), "sent")
        self.send(self.next_id, False)
        time.sleep(PACE_S)

    def work(self):
        self.connect()
        for number in list(self.waiting):
            self.send(number, True)
        while self.plan or self.waiting:
            while self.plan and len(self.waiting) < WINDOW:
                message = self.plan[0]
                self.publish(*message)
                self.plan.pop(0)
                if self.random.random() < 0.05:
                    self.repeats += 1
                    self.publish(*message)
            self.take()

    def run(self):
        until = time.monotonic() + 300
        while time.monotonic() < until:
            try:
                self.work()
                self.socket.close()
                return
            except (Gone, OSError):
                time.sleep(0.05)
        self.error = f"{len(self.waiting)} messages were never acknowledged"
