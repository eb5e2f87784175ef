# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A broker whose disk fails: by the library of `octavo verify` in front of libc (src/verify/layer.h) while
it runs, by bits and ends of its files while it does not. What fails must be named, and nothing that was
acknowledged may go.
"""

import glob
import mmap
import os
import re
import signal
import struct
import subprocess
import time

MAGIC = 0x4F4C6179E83A91C5
SYNC_ERROR, WRITE_ERROR, DISK_FULL, TORN_WRITE = 1, 2, 3, 4
FIELDS = struct.Struct("<QiiiiiI512s512s512s")  # struct layer_control
AT_PID, AT_FAULT, AT_VISITS, AT_HITS, AT_DICE, AT_WHERE = 12, 16, 20, 24, 28, 32 + 1024
HIT_S, END_S, FULL_S = 20, 10, 1.0
NAMES = ("sync error", "write error", "disk full", "torn write", "bit flip", "truncation")


class Layer:
    """Arms faults in a process that was started with `environment`."""

    def __init__(self, library, dir, folder):
        control, journal = os.path.join(folder, "layer.control"), os.path.join(folder, "layer.journal")
        with open(journal, "wb"):
            pass
        with open(control, "wb") as file:
            file.write(FIELDS.pack(MAGIC, 0, 0, 0, 0, 0, 0, os.path.realpath(dir).encode(), journal.encode(), b""))
        with open(control, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        self.environment = {"OCTAVO_LAYER": control, "LD_PRELOAD": library}

    def put(self, at, value):
        self.memory[at:at + 4] = struct.pack("<I", value)

    def arm(self, pid, fault, visits, dice):
        self.put(AT_HITS, 0)
        self.put(AT_VISITS, visits)
        self.put(AT_DICE, dice)
        self.put(AT_PID, pid)
        self.put(AT_FAULT, fault)

    def disarm(self):
        self.put(AT_FAULT, 0)

    def hits(self):
        return struct.unpack("<i", self.memory[AT_HITS:AT_HITS + 4])[0]

    def where(self):
        return os.path.basename(self.memory[AT_WHERE:AT_WHERE + 512].split(b"\0")[0].decode())


class DiskFaults:
    """`run` is told of what is wrong, and restarts."""

    def __init__(self, run, broker, clients, layer):
        self.run, self.broker, self.clients, self.layer = run, broker, clients, layer
        self.dice = run.dice

    def wrong(self, what):
        self.run.wrong.setdefault("named", []).append(f"{what}; it said: {self.broker.last_words()[-600:]}")

    def ended(self, within_s):
        try:
            return self.broker.child.wait(within_s)
        except subprocess.TimeoutExpired:
            return None

    def struck(self):
        until = time.monotonic() + HIT_S
        while not self.layer.hits() and time.monotonic() < until and self.broker.child.poll() is None:
            time.sleep(0.005)
        return self.layer.hits() > 0

    def strike(self, fault, visits):
        self.layer.arm(self.broker.child.pid, fault, visits, self.dice.randrange(1 << 31))
        hit = self.struck()
        if not hit:
            self.layer.disarm()
            self.wrong(f"fault {fault} was never met")
        return hit

    def error(self, fault):
        """It ends, says which file, and is not silent about it."""
        if not self.strike(fault, self.dice.randrange(1, 30)):
            return
        code = self.ended(END_S)
        if code is None and fault == SYNC_ERROR:
            self.wrong(f"it goes on after a failed sync of {self.layer.where()}")
        elif code is not None and code <= 0:
            self.wrong(f"it ended with {code} after an error of {self.layer.where()}")
        elif code is not None and self.layer.where() not in self.broker.last_words():
            self.wrong(f"it ended, and did not name {self.layer.where()}")
        self.broker.kill()
        self.broker.start()

    def full(self):
        """It refuses, lives, is read, and goes on when there is room."""
        self.layer.arm(self.broker.child.pid, DISK_FULL, 1, 0)
        time.sleep(FULL_S)
        code, rows = self.broker.child.poll(), self.run.read_some(self.broker.port)
        self.layer.disarm()
        if code is not None:
            self.wrong(f"a full disk ended it with {code}")
            self.broker.start()
        elif not rows:
            self.wrong("with a full disk nothing can be read")

    def torn(self):
        if self.strike(TORN_WRITE, self.dice.randrange(1, 30)) and self.ended(END_S) != -signal.SIGKILL:
            self.wrong("a torn write did not end it")
        self.broker.kill()
        self.broker.start()

    def damage(self, cuts):
        """What lies still changes: the audit says where, and with the right bytes it is clean again."""
        self.broker.stop()
        logs = [p for p in glob.glob(os.path.join(self.broker.dir, "*", "*.log")) if os.path.getsize(p) > 100]
        path = self.dice.choice(sorted(logs))
        with open(path, "rb") as file:
            whole = file.read()
        size, at = len(whole), self.dice.randrange(len(whole))
        rest = whole[at:]
        with open(path, "r+b") as file:
            file.seek(at)
            if cuts:
                file.truncate(at)
            else:
                file.write(bytes([rest[0] ^ 1 << self.dice.randrange(8)]))
        self.audited(path, at, size)
        with open(path, "r+b") as file:
            file.seek(at)
            file.write(rest)
        self.broker.start()

    def audited(self, path, at, size):
        said = subprocess.run([self.run.options.binary, "broker", "audit", self.broker.dir], capture_output=True,
                              text=True, check=False, timeout=60)
        partition = os.path.basename(os.path.dirname(path))
        if said.returncode == 0 or not re.search(re.escape(partition), said.stdout + said.stderr):
            self.wrong(f"the audit does not see that {path} is damaged at {at} of {size}: {said.returncode}: "
                       f"{(said.stdout + said.stderr)[-400:]}")

    def one(self):
        """The kinds by turns, in an order of the dice."""
        left = self.run.kinds or self.dice.sample(NAMES, len(NAMES))
        name, self.run.kinds = left[0], left[1:]
        if name in ("sync error", "write error"):
            self.error(SYNC_ERROR if name == "sync error" else WRITE_ERROR)
        elif name == "disk full":
            self.full()
        elif name == "torn write":
            self.torn()
        else:
            self.damage(name == "truncation")
        return name
