# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""The processes under test: the one place that knows command lines, files and crash points.

A process is ready when it has written its port file. It keeps the port it got first over every
restart, as the terminals keep its address.
"""

import json
import os
import re
import signal
import subprocess
import time

BROKER, PROCESSOR, GATEWAY = "broker", "transaction-processor", "atm"
GOVERNOR, COMMUNICATIONS = "limit-governor", "customer-communications"
NAMES = (BROKER, PROCESSOR, GATEWAY, GOVERNOR, COMMUNICATIONS)
TOPIC = "account-transaction"
EDGE_URL = "iso8583://127.0.0.1:{port}?dialect=iso87"
READY_LIMIT_S = 30


class Broken(Exception):
    """The house cannot go on: a process does not start, or ends by itself."""


def crash_points(root):
    """[(name, "broker" | "service" | "gateway")] as crash_points.def lists them; those of other
    kinds (effects, folds, parking) lie on paths that this bank does not go."""
    with open(os.path.join(root, "src/base/crash_points.def"), encoding="utf-8") as f:
        rows = re.findall(r'^CRASH_POINT_ROW\((\w+),\s*"(\w+):', f.read(), re.M)
    if not rows:
        raise Broken("crash_points.def lists no crash point")
    return [row for row in rows if row[1] in ("broker", "service", "gateway")]


class Process:
    def __init__(self, house, name):
        self.house = house
        self.name = name
        self.child = None
        self.armed = None
        self.port = 0
        self.kills = 0          # by us
        self.log_path = os.path.join(house.dir, "log", f"{name}.log")
        self.port_file = os.path.join(house.dir, "run", f"{name}.port")

    def arguments(self):
        h = self.house
        if self.name == BROKER:
            return [h.binary, "broker", "--dir", os.path.join(h.dir, "broker"),
                    "--port", str(self.port), "--port-file", self.port_file]
        arguments = [h.binary, "run", "accounts", "--service", self.name,
                     "--broker", h.bootstrap(), "--dir", h.dir, "--port-file", self.port_file]
        if h.declaration:
            arguments += ["--file", h.declaration]
        if self.name == GATEWAY:
            arguments += ["--edge", "atm=" + EDGE_URL.format(port=self.port)]
        return arguments

    def start(self, crash=None):
        """Does not wait. crash: "point:n"."""
        assert self.child is None
        environment = {k: v for k, v in os.environ.items() if k != "OCTAVO_CRASH"}
        if crash:
            environment["OCTAVO_CRASH"] = crash
        self.armed = crash
        if os.path.exists(self.port_file):
            os.unlink(self.port_file)
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(self.arguments(), env=environment, stderr=log,
                                          stdout=log, stdin=subprocess.DEVNULL,
                                          start_new_session=True)

    def is_ready(self):
        try:
            with open(self.port_file, encoding="ascii") as f:
                port = int(f.read())
        except (FileNotFoundError, ValueError):
            return False
        if self.port and port != self.port:
            raise Broken(f"{self.name} came back on port {port}, its clients know {self.port}")
        self.port = port
        return True

    def ended(self):
        """None while it runs; else its return code (negative: the signal)."""
        return self.child.poll() if self.child else 0

    def kill(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
            self.kills += 1
        return self.reap()

    def reap(self):
        code = self.child.wait()
        self.child = None
        return code

    def stop(self, limit_s=20):
        """The clean way; returns its code."""
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(limit_s)
        except subprocess.TimeoutExpired as e:
            raise Broken(f"{self.name} does not stop on SIGTERM within {limit_s} s") from e
        return self.reap()

    def last_words(self):
        try:
            with open(self.log_path, "rb") as f:
                return f.read()[-1500:].decode("utf-8", "replace")
        except FileNotFoundError:
            return ""


class House:
    def __init__(self, root, binary, dir, declaration=None, kafka=False):
        self.root = root
        self.binary = binary
        self.dir = dir
        self.declaration = declaration
        for folder in ("run", "log", "broker"):
            os.makedirs(os.path.join(dir, folder), exist_ok=True)
        self.processes = {name: Process(self, name) for name in NAMES}
        if kafka:
            from kafka import Cluster  # it is made of what stands here
            self.processes[BROKER] = Cluster(self)

    def __getitem__(self, name):
        return self.processes[name]

    def bootstrap(self):
        if hasattr(self[BROKER], "bootstrap"):
            return self[BROKER].bootstrap()
        return f"127.0.0.1:{self[BROKER].port}"

    def wait_ready(self, name, limit_s=READY_LIMIT_S):
        process = self[name]
        until = time.monotonic() + limit_s
        while not process.is_ready():
            code = process.ended()
            if code is not None:
                if code == -signal.SIGKILL and process.armed:
                    return False  # the crash point came before it was ready
                raise Broken(f"{name} ended with {code} before it was ready\n{process.last_words()}")
            if time.monotonic() > until:
                raise Broken(f"{name} is not ready after {limit_s} s\n{process.last_words()}")
            time.sleep(0.005)
        return True

    def start_all(self):
        for name in NAMES:
            self[name].start()
            self.wait_ready(name)

    def stop_all(self):
        """In the order of dependence; the codes by name."""
        return {name: self[name].stop() for name in reversed(NAMES) if self[name].child}

    def destroy(self):
        for process in self.processes.values():
            if hasattr(process, "destroy"):
                process.destroy()
            elif process.child:
                process.child.kill()
                process.reap()

    # ---- commands

    def command(self, *arguments):
        common = ["--dir", self.dir, "--broker", self.bootstrap()]
        if self.declaration:
            common += ["--file", self.declaration]
        done = subprocess.run([self.binary, *arguments, *common], capture_output=True, text=True,
                              timeout=60, check=False)
        if done.returncode:
            raise Broken(f"octavo {' '.join(arguments)} ended with {done.returncode}\n"
                         f"{done.stdout}{done.stderr}")
        return done.stdout

    def open_accounts(self, cards):
        path = os.path.join(self.dir, "run", "accounts.txt")
        with open(path, "w", encoding="ascii") as f:
            f.writelines(f"{account} {currency} {card}\n" for card, account, currency in cards)
        self.command("accounts", "open", "--from", path)
        os.unlink(path)  # it holds card numbers

    # ---- the topic, through a foreign client

    def kcat(self, *arguments, limit_s=60):
        done = subprocess.run(["kcat", "-b", self.bootstrap(), *arguments], capture_output=True,
                              timeout=limit_s, check=False)
        if done.returncode:
            raise Broken(f"kcat {' '.join(arguments)}: {done.stderr.decode('utf-8', 'replace')}")
        return done.stdout

    def topics(self):
        metadata = json.loads(self.kcat("-L", "-J"))
        return {t["topic"]: len(t["partitions"]) for t in metadata["topics"]}

    def dump(self, topic):
        """Records as kcat's JSON, in offset order of each partition."""
        lines = self.kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J").splitlines()
        return [json.loads(line) for line in lines if line]
