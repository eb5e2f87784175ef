#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Kills the processes of the system extracts with -9, at random and at crash points, while runs are due
every second; then looks at what the partner got.

  python3 tests/kills/extracts.py --kills 20 --seed 1 [--binary build/release/octavo] [--dir DIR]

A watcher looks at the partner's folder all the time, as a partner does: a name that is seen has its whole
content at once, and a done-file is never there before its file. The bytes that a file must have are made
here, from the run's interval. Ends with TAP; exit code 0 when everything held.
"""

import argparse
import csv
import hashlib
import io
import json
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import threading
import time

from house import BROKER, Broken, House, Process
from kills import tap

SCHEDULER, PROCESSORS = "extract-scheduler.0", ("extract-processor.0", "extract-processor.1")
MEMBERS = (BROKER, SCHEDULER) + PROCESSORS
ROWS = 20000
EXTRACTS = 3
OWNERS = {"extract": PROCESSORS, "deliver": PROCESSORS, "effects": PROCESSORS + (SCHEDULER,),
          "service": PROCESSORS + (SCHEDULER,), "broker": (BROKER,)}
COMMON = ("produce_before_reply", "wal_before_write", "wal_after_write", "wal_after_sync",
          "offset_commit_before_reply")  # those of a broker that come within a moment


class Member(Process):
    """`name` is SERVICE.INSTANCE."""

    def arguments(self):
        if self.name == BROKER:
            return super().arguments()
        service, instance = self.name.rsplit(".", 1)
        return [self.house.binary, "run", "extracts", "--service", service, "--instance", instance,
                "--broker", self.house.bootstrap(), "--dir", self.house.dir,
                "--port-file", self.port_file]


def database(path):
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE posting (entry INTEGER PRIMARY KEY, account TEXT, amount INTEGER, note TEXT)")
    db.executemany("INSERT INTO posting VALUES (?, ?, ?, ?)",
                   ((i, f"A{i % 97}", i * 31 % 100000, None if i % 3 else f'a "note", {i}')
                    for i in range(ROWS)))
    db.commit()


def wanted(path, interval):
    """The bytes of a run's file, by another writer of CSV."""
    out = io.StringIO()
    out.write("entry,account,amount,note,since,up_to\r\n")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in sqlite3.connect(path).execute("SELECT entry, account, amount, note FROM posting ORDER BY entry"):
        writer.writerow(["" if c is None else c for c in row] + list(interval))
    return out.getvalue().encode()


class Watcher(threading.Thread):
    """A partner: remembers the digest that each name had when it was first seen."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.seen, self.faults, self.stop = folder, {}, [], False

    def look(self):
        # done-files first: what is there by then must have its file
        names = [n for n in os.listdir(self.folder) if not n.startswith(".")]
        for name in names:
            path = os.path.join(self.folder, name)
            if name.endswith(".done") and not os.path.exists(path[:-5]):
                self.faults.append(f"{name} is there, and its file is not")
            if name not in self.seen:
                with open(path, "rb") as f:
                    self.seen[name] = hashlib.sha256(f.read()).hexdigest()

    def run(self):
        while not self.stop:
            self.look()
            time.sleep(0.002)


class Story:
    def __init__(self, options, root):
        self.options, self.random = options, random.Random(options.seed)
        self.house = House(root, os.path.abspath(options.binary), options.dir)
        self.house.processes = {name: Member(self.house, name) for name in MEMBERS}
        self.bank = os.path.join(options.dir, "bank.db")
        self.acme = os.path.join(options.dir, "acme")
        self.points = [p for p in crash_points_of(root) if p[1] != "broker" or p[0] in COMMON]
        self.hits = {}

    def prepare(self):
        os.makedirs(os.path.join(self.options.dir, "extracts"))
        os.makedirs(self.acme)
        database(self.bank)
        with open(os.path.join(self.options.dir, "extracts", "places"), "w", encoding="ascii") as f:
            f.write(f"bank sqlite:{self.bank}\nacme file://{self.acme}\n")
        conf = os.path.join(self.options.dir, "extracts.conf")
        with open(conf, "w", encoding="ascii") as f:
            for n in range(EXTRACTS):
                f.write(f"[x{n}]\nschedule = @every 1s\nsource = bank\npartner = acme\n"
                        "query = SELECT entry, account, amount, note, :from_ms AS since, :until_ms AS up_to\n"
                        "        FROM posting ORDER BY entry\n")
        return conf

    def start(self, name, crash=None):
        self.house[name].start(crash)
        self.house.wait_ready(name)

    def runs(self):
        """What was scheduled: {run: (extract, from, until)}."""
        found = {}
        for record in self.house.dump("extract-scheduled"):
            value = json.loads(record["payload"])
            if "nominal" in value:
                found[value["run"]] = (value["extract"], value["from"], value["until"])
        return found

    def kill_once(self):
        name = self.random.choice(MEMBERS)
        points = [p for p, kind in self.points if name in OWNERS[kind]]
        if points and self.random.random() < 0.7:
            kinds = sorted({kind for p, kind in self.points if p in points})
            kind = self.random.choice(kinds)
            point = self.random.choice([p for p in points if (p, kind) in self.points])
            self.house[name].kill()
            self.start(name, f"{point}:{self.random.randint(1, 4)}")
            until = time.monotonic() + 4
            while self.house[name].ended() is None and time.monotonic() < until:
                time.sleep(0.01)
            if self.house[name].ended() is not None:
                self.hits[point] = self.hits.get(point, 0) + 1
        else:
            time.sleep(self.random.random() * 0.7)
        self.house[name].kill()
        self.start(name)

    def settle(self):
        """Nothing more is scheduled; everything that was is delivered."""
        for n in range(EXTRACTS):
            self.house.command("extracts", "pause", f"x{n}")
        until, before = time.monotonic() + self.options.rest, None
        while True:
            paused = self.house.command("extracts", "ls", "--json").count('"state":"paused"') == EXTRACTS
            rows = [json.loads(line) for line in
                    self.house.command("extracts", "ls", "--runs", "--json").splitlines()]
            runs = self.runs() if paused else {}
            if paused and runs == before and len(rows) == len(runs) \
                    and all(r["state"] == "delivered" for r in rows):
                return runs
            if time.monotonic() > until:
                left = [r["run"] + " " + r["state"] + " " + r["reason"] for r in rows if r["state"] != "delivered"]
                raise Broken(f"not at rest: {len(rows)} of {len(runs)} runs, {left[:5]}")
            before = runs if paused else None
            time.sleep(0.5)

    def play(self):
        conf = self.prepare()
        for name in MEMBERS:
            self.start(name)
        watcher = Watcher(self.acme)
        watcher.start()
        self.house.command("extracts", "apply", conf)
        for _ in range(self.options.kills):
            self.kill_once()
        runs = self.settle()
        audit = self.house.command("extracts", "audit")
        codes = self.house.stop_all_members()
        watcher.stop = True
        watcher.join()
        watcher.look()
        return runs, watcher, audit, codes


def crash_points_of(root):
    with open(os.path.join(root, "src/base/crash_points.def"), encoding="utf-8") as f:
        rows = re.findall(r'^CRASH_POINT_ROW\((\w+),\s*"(\w+):', f.read(), re.M)
    return [row for row in rows if row[1] in OWNERS]


def stop_all_members(self):
    return {name: self[name].stop() for name in reversed(MEMBERS) if self[name].child}


House.stop_all_members = stop_all_members


def judge(story, runs, watcher, audit, codes):
    names = {}
    for run, (extract, since, until) in runs.items():
        moment, revision = run.split("@")[1].split(".")
        names[f"{extract}-{moment}-{revision}.csv"] = (run, since, until)
    there = set(os.listdir(story.acme))
    digests = {name: hashlib.sha256(wanted(story.bank, (since, until))).hexdigest()
               for name, (run, since, until) in names.items()}
    def content(name):
        with open(os.path.join(story.acme, name), "rb") as f:
            return f.read()
    lost = sorted(n for n in names if n not in there)
    odd = sorted(n for n in there if n not in names and not (n.endswith(".done") and n[:-5] in names))
    wrong = sorted(n for n in names if n in there and hashlib.sha256(content(n)).hexdigest() != digests[n])
    half = sorted(n for n, digest in watcher.seen.items() if n in digests and digest != digests[n])
    undone = sorted(n for n in names if n + ".done" not in there
                    or content(n + ".done") != f"{digests[n]}  {n}\n".encode())
    gaps = []
    for extract in {r[0] for r in runs.values()}:
        intervals = sorted((r[1], r[2]) for r in runs.values() if r[0] == extract)
        gaps += [f"{extract} {a} {b}" for a, b in zip(intervals, intervals[1:]) if a[1] != b[0]]
        gaps += [f"{extract} {a} is of no length" for a in intervals if a[0] >= a[1]]
    return [
        (f"{len(runs)} runs of {EXTRACTS} extracts were scheduled",
         [] if len(runs) >= EXTRACTS * 3 else ["too few to say anything"]),
        ("intervals hang together, none has no length", gaps),
        ("lost 0: every run's file is with the partner", lost),
        ("repeated 0: nothing else is there, no temporary file either", odd),
        ("every file has the bytes of an undisturbed run", wrong),
        ("every name had all its bytes when it was first seen", half),
        ("every file has its done-file with its digest", undone),
        ("no done-file was ever there before its file", watcher.faults),
        ("the audit finds nothing", [] if "faults 0" in audit and "failed 0" in audit else [audit]),
        ("every process ends cleanly", [] if not any(codes.values()) else [str(codes)]),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--rest", type=float, default=90)
    parser.add_argument("--binary", default="build/release/octavo")
    parser.add_argument("--dir")
    options = parser.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    kept = options.dir
    options.dir = os.path.abspath(kept or tempfile.mkdtemp(prefix="octavo-extracts-"))
    os.makedirs(options.dir, exist_ok=True)
    print(f"# seed {options.seed}, {options.kills} kills", flush=True)
    story = Story(options, root)
    try:
        result = story.play()
        code = tap(judge(story, *result))
        print("# crash points reached: " + ", ".join(f"{p} {n}" for p, n in sorted(story.hits.items())))
    except Broken as e:
        print("1..1\nnot ok 1 - the house stands\n# " + str(e).replace("\n", "\n# "))
        code = 1
    finally:
        story.house.destroy()
    if code == 0 and not kept:
        shutil.rmtree(options.dir)
    else:
        print(f"# files kept in {options.dir}")
    return code


if __name__ == "__main__":
    sys.exit(main())
