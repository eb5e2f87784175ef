#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Kills the processes of the reference system with -9, at random and at every crash point, while
orders are put into its table; then counts what came out: records, files, mails. Some orders cannot
be booked and park their accounts, until an operator (this program, by `octavo park`) drops them. The
mail server is this program too, and as bad as real ones are.

  python3 tests/kills/reference.py --kills 20 --seed 1 [--binary build/release/octavo] [--dir DIR]

tests/reference/README.md says what there must be. Nothing of Octavo is asked: the records are read
by kcat, the files are files. Ends with TAP; exit code 0 when everything held.
"""

import argparse
import collections
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from house import BROKER, Broken, House, Process
from kills import tap
from postman import Postman

SERVICES = ("gateway", "ledger", "notifier", "summary")
EDGES = ("archive", "slips", "desk", "mail")
OWNERS = {  # who passes the crash points of a kind, by what crash_points.def calls it
    "broker": (BROKER,),
    "service": ("ledger", "notifier", "gateway"),
    "source": ("gateway",),
    "effects": ("notifier",),
    "fold": ("summary",),
    "parking": ("ledger",),
    "snapshot": ("ledger",),
}
ALSO = {"timer_after_commit": ("ledger",)}  # of another kind, and on a way that it goes too
ACCOUNTS = 20
PARKS = 0.005           # of the orders
AT_THE_END = ("checkpoint_before_rename", "checkpoint_after_rename", "wal_after_settle")
SNAPSHOT_ROWS = 100     # commits of a task of the ledger between two copies of its store
RARE = AT_THE_END + ("snapshot_in_place", "snapshot_journal_cut", "park_before_commit",
                     "park_after_commit", "unpark_before_commit", "unpark_after_commit")



class Member(Process):
    """A process of the reference system; `name` is SERVICE or SERVICE.INSTANCE."""

    def arguments(self):
        if self.name == BROKER:
            return super().arguments()
        h = self.house
        service, _, instance = self.name.partition(".")
        return [h.binary, "run", "reference", "--service", service, "--file", h.declaration,
                "--broker", h.bootstrap(), "--dir", h.dir, "--port-file", self.port_file,
                "--instance", instance or "0"]


class Reference(House):
    def __init__(self, root, binary, dir, postman):
        super().__init__(root, binary, dir, os.path.join(dir, "reference.yaml"))
        built = os.path.dirname(binary)
        with open(os.path.join(built, "reference.yaml"), encoding="utf-8") as f:
            text = f.read().replace("./reference.so", os.path.join(built, "reference.so"))
        text = re.sub(r'mail:.*smtp\+folder:mail\?from=(\S+)", ',
                      f'mail: {{ url: "smtp://127.0.0.1:{postman.port}?from=\\1", timeout: 3s, '
                      "retry: { first: 100ms, most: 1s }, breaker: { failures: 5, wait: 500ms }, ",
                      text)
        text = re.sub(r"(\n( +)handler: \S+:ledger\n)",
                      rf"\1\2snapshot_rows: {SNAPSHOT_ROWS}\n", text)
        with open(self.declaration, "w", encoding="utf-8") as f:
            f.write(text)
        self.postman = postman
        os.makedirs(os.path.join(dir, "reference"), exist_ok=True)
        names = (BROKER, "gateway", "ledger", "ledger.1", "notifier", "summary")
        self.processes = {name: Member(self, name) for name in names}
        self.orders = os.path.join(dir, "reference", "orders.db")

    def start_all(self):
        for name in self.processes:
            self[name].start()
            self.wait_ready(name)

    def folder(self, edge):
        path = os.path.join(self.dir, "reference", edge)
        return sorted(n for n in os.listdir(path) if not n.endswith(".part")) \
            if os.path.isdir(path) else []

    def read(self, edge, name):
        with open(os.path.join(self.dir, "reference", edge, name), encoding="utf-8",
                  newline="") as f:
            return f.read()


class Feeder(threading.Thread):
    """Puts orders into the table, some in a transaction, until it is told to end."""

    def __init__(self, path, seed, rate):
        super().__init__()
        self.path, self.rate = path, rate
        self.random = random.Random(f"feeder {seed}")
        self.ending = threading.Event()
        self.amounts = {}       # of those that can be booked
        self.parked = set()
        self.number = 0
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, account TEXT NOT NULL,"
                   " amount INTEGER NOT NULL, park INTEGER NOT NULL)")
        db.commit()
        db.close()

    def run(self):
        db = sqlite3.connect(self.path, timeout=30)
        while not self.ending.wait(0.05):
            for _ in range(self.random.randrange(1, max(2, self.rate // 10))):
                self.number += 1
                amount, park = self.random.randrange(1, 1000), self.random.random() < PARKS
                if park:
                    self.parked.add(self.number)
                else:
                    self.amounts[self.number] = amount
                db.execute("INSERT INTO orders VALUES (?, ?, ?, ?)",
                           (self.number, f"account-{self.number * 7 % ACCOUNTS}", amount, park))
            db.commit()
        db.close()


def crash_points(root):
    """[(name, owners)] of crash_points.def, those on a way that the reference system goes."""
    with open(os.path.join(root, "src/base/crash_points.def"), encoding="utf-8") as f:
        rows = re.findall(r'^CRASH_POINT_ROW\((\w+),\s*"(\w+):', f.read(), re.M)
    return [(name, ALSO.get(name) or OWNERS[kind]) for name, kind in rows
            if kind in OWNERS or name in ALSO]


class Operator(threading.Thread):
    """Drops what is parked, one head at a time, also while processes die under it: a command that
    fails is given again, and one whose answer was lost may have been carried out."""

    def __init__(self, house):
        super().__init__()
        self.house = house
        self.ending = threading.Event()
        self.drops = 0

    def command(self, *words):
        h = self.house
        return subprocess.run([h.binary, "park", *words, "--dir", h.dir, "--file", h.declaration],
                              capture_output=True, text=True, timeout=60, check=False)

    def heads(self):
        listed = self.command("ls", "reference", "ledger", "--json")
        return [] if listed.returncode not in (0, 1) or not listed.stdout.strip() \
            else heads_of(json.loads(listed.stdout))

    def drop_all(self):
        for head in self.heads():
            if "not to be booked" in head["reason"]:  # else it is being tried again
                done = self.command("drop", "reference", "ledger", head["key"])
                self.drops += done.returncode == 0

    def run(self):
        while not self.ending.wait(1.0):
            self.drop_all()


def heads_of(listed):
    return listed if isinstance(listed, list) else next(v for v in listed.values()
                                                        if isinstance(v, list))


class Run:
    def __init__(self, options, house):
        self.options, self.house = options, house
        self.random = random.Random(f"reference {options.seed}")
        self.points = crash_points(options.root)
        self.kills = collections.Counter()
        self.hits = collections.Counter()
        self.surprises = []

    def say(self, text):
        print(f"# {text}", flush=True)

    def kill(self, name):
        process = self.house[name]
        code = process.ended()
        if code is not None:
            process.reap()
            self.surprises.append(f"{name} ended by itself with {code}: {process.last_words()}")
            return
        self.kills[name] += 1
        process.kill()

    def up(self):
        for name, process in self.house.processes.items():
            if not process.child:
                process.start()
        for name in self.house.processes:
            self.house.wait_ready(name)

    def random_kill(self):
        names = self.random.sample(list(self.house.processes),
                                   self.random.choice((1, 1, 1, 2, 2, len(self.house.processes))))
        for name in names:
            self.kill(name)
        time.sleep(self.random.random() ** 3)
        self.random.shuffle(names)
        for name in names:
            self.house[name].start()
        self.up()

    def pause(self):
        """One of them stands still for a while, as on a machine that swaps, and goes on."""
        process = self.house[self.random.choice(list(self.house.processes))]
        process.child.send_signal(signal.SIGSTOP)
        time.sleep(0.3 + 5 * self.random.random() ** 2)
        process.child.send_signal(signal.SIGCONT)
        self.pauses += 1

    pauses = 0

    def crash(self, point, owners):
        name = self.random.choice(owners)
        process = self.house[name]
        self.kill(name)
        process.start(f"{point}:{1 if point in RARE else self.random.randrange(1, 12)}")
        until = time.monotonic() + 8
        stop_at = time.monotonic() + (0.7 if point in AT_THE_END else 6)
        stopped = False
        while process.ended() is None and time.monotonic() < until:
            if not stopped and time.monotonic() > stop_at:
                stopped = True  # some points lie on the way out
                process.child.send_signal(signal.SIGTERM)
            time.sleep(0.01)
        if process.ended() is None:
            self.kill(name)
        else:
            code = process.reap()
            if code == -signal.SIGKILL:
                self.hits[point] += 1
                self.kills[name] += 1
            elif not stopped:
                self.surprises.append(f"{name}, armed for {point}, ended with {code}: "
                                      f"{process.last_words()}")
        self.up()

    def inflict(self):
        points = self.points[:]
        self.random.shuffle(points)
        step = 0
        while sum(self.kills.values()) < self.options.kills:
            time.sleep(0.2 + self.random.random() * 0.8)
            if step % 6 == 5:
                self.pause()
            elif step % 2:
                self.random_kill()
            else:
                self.crash(*points[step // 2 % len(points)])
            step += 1
            if step % 10 == 0:
                self.say(f"{sum(self.kills.values())} kills, {sum(self.hits.values())} crash points")
        for _ in range(3 * self.options.each):
            for point, owners in points:
                if self.hits[point] < self.options.each:
                    self.crash(point, owners)

    def quiesce(self, wanted, operator):
        """Until every order was told and summed up, or nothing has moved for a while."""
        seen, since = -1, time.monotonic()
        while time.monotonic() < since + self.options.patience:
            operator.drop_all()
            told = {r["payload"]["id"] for r in self.records("told")}
            settled = sum(r["payload"].get("settled", 0) for r in self.records("booked"))
            summed = len(self.records("summary"))
            now = len(told) + settled + summed
            if len(told) == wanted and settled == wanted and summed == wanted:
                return
            if now != seen:
                seen, since = now, time.monotonic()
            time.sleep(0.3)

    def records(self, topic):
        """Each once by (ce_source, ce_id), in the order of its partition; a repeat must be equal."""
        seen, kept = {}, []
        for r in self.house.dump(topic):
            names = r["headers"][0::2]
            headers = dict(zip(names, r["headers"][1::2]))
            id = (headers["ce_source"], headers["ce_id"])
            what = (r["partition"], r["key"], r["payload"], headers["ce_sequence"])
            if id in seen:
                if seen[id] != what:
                    raise Broken(f"{topic}: {id} stands there twice and differs")
                self.repeats += 1
                continue
            seen[id] = what
            kept.append({"key": r["key"], "partition": r["partition"], "headers": headers,
                         "type": headers["ce_type"], "payload": json.loads(r["payload"])})
        return kept

    repeats = 0
    figure = ""

    def windows(self, edge):
        h = self.house
        done = subprocess.run([h.binary, "effects", "ls", "reference", "--dir", h.dir, "--file",
                               h.declaration, "--json"], capture_output=True, text=True,
                              timeout=60, check=False)
        if done.returncode not in (0, 1):
            raise Broken(f"octavo effects ls ended with {done.returncode}: {done.stderr}")
        return sum(e["windows"] for e in json.loads(done.stdout)["edges"] if e["edge"] == edge)


# ---- the judge

def counted(found, wanted, what):
    """Complaints: each of `wanted` once in `found`, and nothing else."""
    count = collections.Counter(found)
    wanted = set(wanted)
    lost = sorted(wanted - set(count))
    twice = sorted(i for i, n in count.items() if n > 1)
    strange = sorted(i for i in count if i not in wanted)
    return ([f"{what}: {len(lost)} lost, as {lost[:5]}"] if lost else []) \
        + ([f"{what}: {len(twice)} more than once, as {twice[:5]}"] if twice else []) \
        + ([f"{what}: {len(strange)} that nobody ordered, as {strange[:5]}"] if strange else [])


def lanes(records, topic):
    """The sequences of each lane count from 1 without a gap, per partition."""
    last, wrong = {}, []
    for r in records:
        lane = (r["headers"]["ce_source"], r["partition"])
        sequence = int(r["headers"]["ce_sequence"])
        if sequence != last.get(lane, 0) + 1:
            wrong.append(f"{topic}: lane {lane} has {sequence} after {last.get(lane, 0)}")
        last[lane] = sequence
    return wrong


def orderly(records, topic):
    last, wrong = {}, []
    for r in records:
        if r["payload"]["id"] <= last.get(r["key"], 0):
            wrong.append(f"{topic}: {r['key']} has {r['payload']['id']} after {last[r['key']]}")
        last[r["key"]] = r["payload"]["id"]
    return wrong


def books(records, amounts):
    balance, nth, wrong = collections.Counter(), collections.Counter(), []
    for r in records:
        p, account = r["payload"], r["key"]
        balance[account] += amounts.get(p["id"], 0)
        nth[account] += 1
        if p["balance"] != balance[account] or p["nth"] != nth[account]:
            wrong.append(f"{account}: order {p['id']} says {p}, it should be the "
                         f"{nth[account]}th with {balance[account]}")
    return wrong


def folders(house, amounts):
    """What the files and mails say, by order number, for each edge."""
    found = {edge: [] for edge in EDGES}
    wrong = []
    for edge in EDGES:
        for name in house.folder(edge):
            number, amount, _ = (int(x) for x in house.read(edge, name).split(";"))
            found[edge].append(number)
            if amounts.get(number) != amount or EDGES[number % 4] != edge:
                wrong.append(f"{edge}/{name}: order {number}, amount {amount}")
            if edge in ("slips", "desk") and name != f"order-{number}":
                wrong.append(f"{edge}/{name} holds order {number}")
    return found, wrong


def mails(run, wanted):
    """A blind effect is there at least once, and more often only within the windows that are
    printed; whatever came again is the same mail by its Message-ID."""
    came = list(run.house.postman.mails)
    wrong = counted(set(number for _, number in came), wanted, "mail")
    if len(set(came)) != len(set(number for _, number in came)):
        wrong.append("an order was told by two mails of different ids")
    repeats, windows = len(came) - len(set(came)), run.windows("mail")
    run.figure = f"{len(came)} mails came, {repeats} of them again; windows printed: {windows}; " \
                 f"{run.house.postman.silent} were taken without a word"
    return wrong + ([f"{repeats} mails came again, {windows} windows are printed"]
                    if repeats > windows else [])


def sums(records):
    last, wrong = collections.Counter(), []
    for r in records:
        last[r["key"]] += 1
        if r["payload"]["told"] != last[r["key"]]:
            wrong.append(f"summary: {r['key']} says {r['payload']['told']}, "
                         f"it is the {last[r['key']]}th")
    return wrong


def judge(run, amounts, parked):
    """[(sentence, complaints)]"""
    house, all = run.house, sorted(amounts)
    topics = {t: run.records(t) for t in ("order", "booked", "told", "summary")}
    booked = [r for r in topics["booked"] if r["type"] == "order-booked"]
    settled = sum(r["payload"]["settled"] for r in topics["booked"]
                  if r["type"] == "account-settled")
    found, odd = folders(house, amounts)
    results = [("every order was taken from the table once",
                counted([r["payload"]["id"] for r in topics["order"]], all + sorted(parked),
                        "order")
                + orderly(topics["order"], "order")),
               ("every order was booked once, in order, and the books are right",
                counted([r["payload"]["id"] for r in booked], all, "booked")
                + orderly(booked, "booked") + books(booked, amounts)),
               ("timers settled each booking once",
                [] if settled == len(all) else [f"{settled} settled of {len(all)}"])]
    for edge, way in zip(EDGES[:3], ("keyed", "natural", "queryable")):
        mine = [i for i in all if EDGES[i % 4] == edge]
        results.append((f"every {way} effect is there once",
                        counted(found[edge], mine, edge)))
    results.append(("every blind effect is there, and again only within its printed windows",
                    mails(run, [i for i in all if EDGES[i % 4] == "mail"])))
    results += [("every file says what was ordered", odd),
                ("every outcome came back once, and well",
                 counted([r["payload"]["id"] for r in topics["told"]], all, "told")
                 + [f"told: {r['payload']}" for r in topics["told"]
                    if r["payload"]["outcome"] != "done"]),
                ("the fold counted each once", sums(topics["summary"])
                 + ([] if len(topics["summary"]) == len(all)
                    else [f"{len(topics['summary'])} summed of {len(all)}"])),
                ("no lane has a gap", [w for t, r in topics.items() for w in lanes(r, t)]),
                ("no process ended by itself", run.surprises)]
    return results


def stopped(house):
    """Every service ends well when it is asked to."""
    codes = {name: process.stop() for name, process in house.processes.items() if name != BROKER}
    return [f"{name} ended with {code}" for name, code in codes.items() if code]


def replayed(house):
    """What each service took in, fed to its handlers again, gives the same rows and outputs."""
    wrong = []
    for service in ("gateway", "ledger", "notifier"):
        done = subprocess.run([house.binary, "replay", "reference", "--service", service, "--file",
                               house.declaration, "--dir", house.dir, "--broker",
                               house.bootstrap()], capture_output=True, text=True, timeout=300,
                              check=False)
        lines = done.stdout.splitlines()
        if done.returncode or not lines or any(" EQUAL, " not in line for line in lines):
            wrong.append(f"{service}: {done.returncode} {done.stdout} {done.stderr[-500:]}")
    return wrong


def planted(results_of, amounts):
    """The judge is shown a world with one more order than there was: it must complain."""
    more = dict(amounts)
    more[max(amounts) + 1] = 1
    wrong = [s for s, w in results_of(more) if w]
    return [] if len(wrong) >= 4 else [f"an order that was never made was missed by: {wrong}"]


def report(run, feeder, results, seconds):
    kills = ", ".join(f"{n} {c}" for n, c in sorted(run.kills.items()))
    missing = [p for p, _ in run.points if not run.hits[p]]
    run.say(f"figure: seed {run.options.seed}, {sum(run.kills.values())} kills ({kills}), "
            f"{run.pauses} pauses, {len(feeder.amounts)} orders in {seconds:.0f} s")
    run.say(f"figure: {len(feeder.parked)} orders parked their accounts and were dropped")
    run.say(f"figure: {run.figure}")
    run.say("figure: crash points hit: "
            + (", ".join(f"{p} {c}" for p, c in sorted(run.hits.items())) or "none")
            + (f"; not hit: {', '.join(missing)}" if missing else ""))
    if run.options.each:
        results.append((f"every crash point was hit {run.options.each} times or more",
                        [f"{p}: {run.hits[p]}" for p, _ in run.points
                         if run.hits[p] < run.options.each]))
    results.append((f"{run.options.kills} kills were made and there was something to judge",
                    [] if len(feeder.amounts) > 100 else ["too few orders"]))
    return tap(results)


def options_read():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--kills", type=int, default=20)
    p.add_argument("--seed", type=int, default=None)
    p.add_argument("--each", type=int, default=0, help="hits wanted of every crash point")
    p.add_argument("--rate", type=int, default=200, help="orders a second, about")
    p.add_argument("--patience", type=float, default=40.0, help="seconds without progress")
    p.add_argument("--binary", default=os.path.join(root, "build/release/octavo"))
    p.add_argument("--dir", default=None, help="data directory; kept")
    o = p.parse_args()
    o.root, o.binary = root, os.path.abspath(o.binary)
    o.seed = int(time.time()) % 10**6 if o.seed is None else o.seed
    return o


def main():
    options = options_read()
    dir = os.path.abspath(options.dir) if options.dir else tempfile.mkdtemp(prefix="octavo-reference-")
    postman = Postman(options.seed)
    house = Reference(options.root, options.binary, dir, postman)
    run = Run(options, house)
    run.say(f"seed {options.seed}, {options.kills} kills, data in {dir}")
    begin, bad = time.monotonic(), 1
    feeder = Feeder(house.orders, options.seed, options.rate)
    operator = Operator(house)
    try:
        house.start_all()
        feeder.start()
        operator.start()
        run.inflict()
        for thread in (feeder, operator):
            thread.ending.set()
            thread.join()
        run.quiesce(len(feeder.amounts), operator)
        results = judge(run, feeder.amounts, feeder.parked)
        results.append(("nothing is parked any more", [str(h) for h in operator.heads()]))
        results.append(("the judge misses nothing that is planted",
                        planted(lambda more: judge(run, more, feeder.parked), feeder.amounts)))
        results.append(("services stop when they are asked to", stopped(house)))
        results.append(("replays of the journals are equal", replayed(house)))
        bad = report(run, feeder, results, time.monotonic() - begin)
    except Broken as e:
        for line in str(e).splitlines():
            run.say(line)
        tap([("the system goes on after every fault", [str(e).splitlines()[0]])])
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
