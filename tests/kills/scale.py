#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""The processor goes from one process to four and back to two while cash machines work; one of
them is stopped in its tracks beyond its session and wakes as a zombie. Then the books are judged.

  python3 tests/kills/scale.py [--seed 1] [--binary build/release/octavo] [--dir DIR]

Who owns a task is what FILE.db.lock says: the fence, not the broker's opinion.
"""

import glob
import os
import shutil
import signal
import sys
import tempfile
import time

import judge
import kills
import stores
from house import NAMES, PROCESSOR, Broken, House, Process

OWNERS_LIMIT_S = 60
TASKS = 4


class Instance(Process):
    """A further process of the processor: its own name in the group."""

    def __init__(self, house, number):
        super().__init__(house, PROCESSOR)
        self.number = number
        self.log_path = os.path.join(house.dir, "log", f"{PROCESSOR}.{number}.log")
        self.port_file = os.path.join(house.dir, "run", f"{PROCESSOR}.{number}.port")

    def arguments(self):
        return super().arguments() + ["--instance", str(self.number)]


def lock_owner(path):
    """The pid inside, if its process holds the lock: /proc/locks names inode and pid."""
    inode = os.stat(path).st_ino
    with open("/proc/locks", encoding="ascii") as f:
        for line in f:
            fields = line.split()
            if fields[1] == "FLOCK" and fields[5].rsplit(":", 1)[1] == str(inode):
                return int(fields[4])
    return None


def owners(house):
    """task -> pid"""
    pattern = os.path.join(house.dir, "accounts", f"accounts.{PROCESSOR}.1.*.db.lock")
    found = {}
    for path in glob.glob(pattern):
        pid = lock_owner(path)
        if pid:
            found[int(path.split(".")[-3])] = pid
    return found


class Scale:
    def __init__(self, options, house):
        self.run = kills.Run(options, house)
        self.house = house
        self.steps = []
        self.instances = {0: house[PROCESSOR]}

    def pids(self, numbers):
        return {self.instances[n].child.pid for n in numbers}

    def wait_owned_by(self, numbers, what):
        """Every task is owned by one of these, and each of these owns one; then answers flow."""
        begin = time.monotonic()
        wanted = self.pids(numbers)
        while True:
            now = owners(self.house)
            if len(now) == TASKS and set(now.values()) == wanted:
                break
            if time.monotonic() > begin + OWNERS_LIMIT_S:
                self.steps.append((what, [f"after {OWNERS_LIMIT_S} s the owners are {now}, wanted "
                                          f"{sorted(wanted)}"]))
                return
            time.sleep(0.02)
        taken = time.monotonic() - begin
        self.run.all_up()
        self.run.say(f"figure: {what}: owned after {taken:.1f} s")
        self.steps.append((what, []))

    def start(self, number):
        if number not in self.instances:
            self.instances[number] = Instance(self.house, number)
        self.instances[number].start()

    def scale(self):
        self.wait_owned_by([0], "one process owns all four tasks")
        for number in (1, 2, 3):
            self.start(number)
        self.wait_owned_by([0, 1, 2, 3], "four processes own one task each")
        self.pause(1)
        self.instances[2].stop()
        self.wait_owned_by([0, 1, 3], "one that leaves gives its task away")
        self.instances[3].kill()
        self.wait_owned_by([0, 1], "one that is killed loses its task")
        self.start(3)
        self.start(2)
        self.wait_owned_by([0, 1, 2, 3], "and four again")

    def pause(self, number):
        """Stopped beyond its session. It keeps its locks, so nobody takes its tasks; woken it finds
        out, gives them up or is given them again, and nothing it held is done twice."""
        child = self.instances[number].child
        held = [task for task, pid in owners(self.house).items() if pid == child.pid]
        child.send_signal(signal.SIGSTOP)
        time.sleep(9)  # the fault itself: longer than the session of 6 s
        still = [task for task, pid in owners(self.house).items() if pid == child.pid]
        self.steps.append(("a process that is stopped keeps its fence",
                           [] if still == held and held else [f"held {held}, then {still}"]))
        child.send_signal(signal.SIGCONT)
        self.wait_owned_by([0, 1, 2, 3], "woken again it finds its place")

    def finish(self):
        self.run.quiesce()
        for number, process in self.instances.items():
            if number and process.child:
                code = process.stop()
                if code:
                    self.run.surprises.append(f"instance {number} stopped with {code}")
        return self.run.collect()

    def destroy(self):
        for process in self.instances.values():
            if process.child:
                process.child.send_signal(signal.SIGCONT)
                process.child.kill()
                process.reap()


def results_of(scale, books, events):
    run = scale.run
    findings, figures = judge.judge(books, run.history.transactions, events, stores.POSTED_TYPES,
                                    stores.REVERSED_TYPES)
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(figures["outcomes"].items()))
    run.say(f"figure: {len(run.history.transactions)} transactions: {outcomes}; lost "
            f"{figures['lost']}, repeated {figures['repeated']}")
    results = scale.steps + [(f"{name} ({findings.looked_at[name]} looked at)", found)
                             for name, found in findings.checks.items()]
    results.append(("terminals heard nothing odd", run.history.oddities))
    results.append(("no process ended or stayed behind by itself", run.surprises))
    results.append(("there was something to judge",
                    [] if figures["outcomes"].get("approved", 0) > 200 else ["too few answers"]))
    return results


def main():
    sys.argv += ["--kills", "0"]
    options = kills.options_read()
    dir = options.dir or tempfile.mkdtemp(prefix="octavo-scale-")
    house = House(options.root, options.binary, dir, options.declaration)
    scale = Scale(options, house)
    scale.run.say(f"seed {options.seed}, data in {dir}")
    bad = 1
    try:
        scale.run.open_bank()
        scale.scale()
        bad = kills.tap(results_of(scale, *scale.finish()))
    except Broken as e:
        kills.tap([("the house goes on", str(e).splitlines())])
    finally:
        scale.destroy()
        house.destroy()
        if not bad and not options.dir:
            shutil.rmtree(dir)
        else:
            scale.run.say(f"files kept in {dir}; again with --seed {options.seed}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
