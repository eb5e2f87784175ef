# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""An Apache Kafka cluster of three in the broker's place: a kill takes one node, the next one each time.

To the rest of the house it is the process "broker". What our broker promises by a sync, a cluster
promises by its replicas: two of three hold a record before it is acknowledged.
"""

import os
import random
import signal
import socket
import subprocess

from house import BROKER, Process

NODES = 3


def free_ports(count):
    """Below those that clients get: none must sit on one before its node is there, or while it is away."""
    doors, dice = [], random.SystemRandom()
    while len(doors) < count:
        door = socket.socket()
        try:
            door.bind(("127.0.0.1", dice.randrange(10000, 32000)))
            doors.append(door)
        except OSError:
            door.close()
    ports = [door.getsockname()[1] for door in doors]
    for door in doors:
        door.close()
    return ports


class Node(Process):
    def __init__(self, house, number, ports, voters):
        super().__init__(house, f"kafka{number}")
        self.number, self.port, self.voters = number, ports[number - 1], voters

    def arguments(self):
        return [os.path.join(self.house.root, "tests/kafka/node"), os.path.join(self.house.dir, self.name),
                str(self.port), self.port_file, str(self.number), self.voters]


class Cluster(Process):
    """child is None while a node is away; the node killed last is the one that start() brings back."""

    def __init__(self, house):
        self.nodes, self.victim = [], 0
        super().__init__(house, BROKER)
        ports, doors = free_ports(NODES), free_ports(NODES)
        voters = ",".join(f"{i + 1}@127.0.0.1:{door}" for i, door in enumerate(doors))
        self.nodes = [Node(house, i + 1, ports, voters) for i in range(NODES)]

    @property
    def child(self):
        return self.nodes[0].child if self.nodes and all(n.child for n in self.nodes) else None

    @child.setter
    def child(self, value):
        assert value is None

    def bootstrap(self):
        return ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def start(self, crash=None):
        assert not crash, "Apache Kafka has no crash points of ours"
        for node in self.nodes:
            if not node.child:
                node.start()

    def is_ready(self):
        return all([node.is_ready() for node in self.nodes])

    def ended(self):
        codes = [node.ended() for node in self.nodes if node.child]
        return next((code for code in codes if code is not None), None)

    def kill(self):
        node = self.nodes[self.victim]
        self.victim = (self.victim + 1) % NODES
        self.kills += 1
        return node.kill()

    def reap(self):
        return [node.reap() for node in self.nodes if node.child and node.ended() is not None][0]

    def stop(self, limit_s=60):
        for node in self.nodes:
            node.child.send_signal(signal.SIGTERM)
        codes = set()
        for node in self.nodes:
            try:
                node.child.wait(limit_s)
            except subprocess.TimeoutExpired:  # the last of a quorum waits for the others
                node.child.kill()
            codes.add(node.reap())
        return 0 if codes <= {0, 143, -signal.SIGKILL} else codes

    def destroy(self):
        for node in self.nodes:
            if node.child:
                node.child.kill()
                node.reap()

    def last_words(self):
        return "\n".join(f"{node.name}: {node.last_words()}" for node in self.nodes)
