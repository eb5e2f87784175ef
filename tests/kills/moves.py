#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Tasks of the reference system's notifier move between two processes while effects of theirs wait, are
tried or have just happened: a second process comes, the first is killed, comes back, the second leaves.
Mails are slow, so that some always wait. What came out is counted as in reference.py.

  python3 tests/kills/moves.py [--seed 1] [--binary build/release/octavo] [--dir DIR]

Who owns a task is what FILE.db.lock says.
"""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import reference
from house import Broken
from kills import tap
from postman import Postman
from scale import lock_owner

TASKS = 4
PENDING = 20  # effects that wait at least when tasks are made to move, and that move with them in all
OWNERS_LIMIT_S = 60
FIRST, SECOND = "notifier", "notifier.1"


class SlowPostman(Postman):
    """Honest, as windows are another test's matter, and in no hurry while tasks move."""
    wait_s = 0.4

    def take(self, lines):
        time.sleep(self.wait_s)
        return super().take(lines)


class Moves:
    def __init__(self, run, house):
        self.run, self.house = run, house
        self.steps = []
        self.moved = 0

    def owners(self):
        """task -> the name of the process that has its lock"""
        pids = {self.house[n].child.pid: n for n in (FIRST, SECOND) if self.house[n].child}
        pattern = os.path.join(self.house.dir, "reference", "reference.notifier.1.*.db.lock")
        found = {int(p.split(".")[-3]): pids.get(lock_owner(p)) for p in glob.glob(pattern)}
        return {task: name for task, name in found.items() if name}

    def pending(self):
        """Effects in the stores, by task."""
        h = self.house
        done = subprocess.run([h.binary, "effects", "ls", "reference", "notifier", "--dir", h.dir,
                               "--file", h.declaration, "--json", "--limit", "100000"],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise Broken(f"octavo effects ls ended with {done.returncode}: {done.stderr}")
        tasks = {}
        for effect in json.loads(done.stdout)["effects"]:
            tasks[effect["task"]] = tasks.get(effect["task"], 0) + 1
        return tasks

    def wait_pending(self):
        until = time.monotonic() + OWNERS_LIMIT_S
        while True:
            waiting = self.pending()
            if sum(waiting.values()) >= PENDING:
                return waiting
            if time.monotonic() > until:
                raise Broken(f"too few effects wait: {waiting}")
            time.sleep(0.02)

    def move(self, what, names, act):
        """Done while effects wait in every task; then each of `names` owns a task, nobody else."""
        waiting, before = self.wait_pending(), self.owners()
        act()
        begin = time.monotonic()
        while len(self.owners()) < TASKS or set(self.owners().values()) != set(names):
            if time.monotonic() > begin + OWNERS_LIMIT_S:
                self.steps.append((what, [f"the owners are {self.owners()}"]))
                return
            time.sleep(0.02)
        after = self.owners()
        moved = [t for t in after if after[t] != before.get(t)]
        effects = sum(waiting.get(t, 0) for t in moved)
        self.moved += effects
        self.run.say(f"figure: {what}: {len(moved)} tasks with {effects} waiting effects moved in "
                     f"{time.monotonic() - begin:.1f} s")
        self.steps.append((what, [] if moved else ["no task has moved"]))
        time.sleep(0.5)

    def start(self, name):
        self.house[name].start()
        self.house.wait_ready(name)

    def leave(self, name):
        code = self.house[name].stop()
        if code:
            self.run.surprises.append(f"{name} stopped with {code}")

    def all(self):
        self.move("a second process takes tasks over", (FIRST, SECOND), lambda: self.start(SECOND))
        self.move("one that is killed loses its tasks", (SECOND,), lambda: self.run.kill(FIRST))
        self.move("back, it is given some again", (FIRST, SECOND), lambda: self.start(FIRST))
        self.move("one that leaves gives its tasks away", (FIRST,), lambda: self.leave(SECOND))
        self.steps.append(("effects moved with their tasks",
                           [] if self.moved >= PENDING else [f"only {self.moved}"]))


def main():
    sys.argv += ["--kills", "0", "--rate", "60"]
    options = reference.options_read()
    dir = os.path.abspath(options.dir) if options.dir else tempfile.mkdtemp(prefix="octavo-moves-")
    postman = SlowPostman(options.seed)
    postman.is_bad = False
    house = reference.Reference(options.root, options.binary, dir, postman)
    house.processes[SECOND] = reference.Member(house, SECOND)
    run = reference.Run(options, house)
    run.say(f"seed {options.seed}, data in {dir}")
    feeder = reference.Feeder(house.orders, options.seed, options.rate)
    operator = reference.Operator(house)
    moves, bad = Moves(run, house), 1
    try:
        for name in house.processes:
            if name != SECOND:
                moves.start(name)
        feeder.start()
        operator.start()
        moves.all()
        postman.wait_s = 0
        for thread in (feeder, operator):
            thread.ending.set()
            thread.join()
        run.quiesce(len(feeder.amounts), operator)
        results = moves.steps + reference.judge(run, feeder.amounts, feeder.parked)
        run.say(f"figure: {len(feeder.amounts)} orders; {run.figure}")
        bad = tap(results)
    except Broken as e:
        tap([("the system goes on after every move", str(e).splitlines())])
    finally:
        feeder.ending.set()
        operator.ending.set()
        house.destroy()
        postman.close()
        if not bad and not options.dir:
            shutil.rmtree(dir)
        else:
            run.say(f"files kept in {dir}; again with --seed {options.seed}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
