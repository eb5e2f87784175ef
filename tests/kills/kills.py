#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Kills broker, processor and gateway with -9, at random and at every crash point, while cash
machines work; then the books are judged.

  python3 tests/kills/kills.py --kills 20 --seed 1 [--binary build/release/octavo] [--dir DIR]

A kill is a SIGKILL of ours, or of the process itself at an armed crash point. With fewer kills than
it takes to visit every crash point the seed chooses which ones; the figure says which were hit.
Ends with TAP; exit code 0 when everything held.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter

import judge
import planted
import stores
from house import (BROKER, COMMUNICATIONS, GATEWAY, GOVERNOR, NAMES, PROCESSOR, TOPIC, Broken, House,
                   crash_points)
from terminal import History, Terminal

CURRENCY = "203"
EMAIL = "customer@example.org"
HOT_VISITS = 25         # a crash point is armed for its 1st to 25th visit
RARE = {"timer_after_commit", "wal_after_settle", "checkpoint_before_rename",
        "checkpoint_after_rename"}
EXTRA_ROUNDS = 3        # for a crash point that was armed and not hit
PROGRESS_LIMIT_S = 60


class Run:
    def __init__(self, options, house):
        self.options = options
        self.house = house
        self.random = random.Random(f"kills {options.seed}")
        self.history = History()
        self.terminals = []
        self.points = [p for p in crash_points(options.root)
                       if not options.kafka or p[1] != "broker"]
        self.hits = Counter()
        self.kills = Counter()
        self.recoveries = []
        self.surprises = []
        self.cards = []

    def say(self, text):
        print(f"# {text}", flush=True)

    # ---- the bank

    def open_bank(self):
        self.house.start_all()
        for i in range(self.options.accounts):
            account = f"{1000 + i}"
            card = with_check_digit(f"4000{self.options.seed % 10**6:06d}{i:05d}")
            self.cards.append((card, account, CURRENCY))
        self.house.open_accounts(self.cards)
        until = time.monotonic() + 30
        while stores.cards_known(self.house) < len(self.cards):
            if time.monotonic() > until:
                raise Broken("the gateway does not learn the cards")
            time.sleep(0.02)
        for number, (_, account, _) in enumerate(self.cards):
            self.house.command("accounts", "preference", "set", account, "--email", EMAIL)
            if number % 3 == 0:
                self.house.command("accounts", "limit", "set", account, "daily", "--period", "day",
                                   "--amount", "500000")
        address = ("127.0.0.1", self.house[GATEWAY].port)
        for number in range(self.options.terminals):
            self.terminals.append(Terminal(number, address, self.cards, self.history,
                                           self.options.seed, patience_s=self.options.patience,
                                           all_kinds=True))
        for terminal in self.terminals:
            terminal.start()

    # ---- faults

    def schedule(self):
        """A list of ("kill", names) and ("crash", point, owner), shuffled by the seed."""
        count = self.options.kills
        points = self.points[:]
        self.random.shuffle(points)
        crashes = max(len(points), count // 3) if count >= 2 * len(points) else count // 2
        steps = [("crash", *points[i % len(points)]) for i in range(crashes)]
        while sum(len(s[1]) if s[0] == "kill" else 2 for s in steps) < count:
            dice = self.random.random()
            size = 1 if dice < 0.7 else 2 if dice < 0.9 else 3
            steps.append(("kill", self.random.sample(NAMES, size)))
        self.random.shuffle(steps)
        return steps

    def kill(self, name):
        """Its return code; a death of its own that nobody ordered is a surprise."""
        process = self.house[name]
        code = process.ended()
        if code is not None:
            self.surprise(name, process.reap(), process)
            return code
        self.kills[name] += 1
        return process.kill()

    def surprise(self, name, code, process):
        self.surprises.append(f"{name} ended by itself with {code}")
        self.say(f"{name} ended by itself with {code}:")
        for line in process.last_words().splitlines()[-8:]:
            self.say(f"  {line}")
        if len(self.surprises) > 10:
            raise Broken("too many processes end by themselves")

    def random_kill(self, names):
        time.sleep(self.random.random() * 0.8)
        for name in names:
            self.kill(name)
        time.sleep(self.random.random() ** 3)
        for name in self.random.sample(names, len(names)):
            self.house[name].start()
        self.all_up()

    def owner(self, kind):
        if kind == "broker":
            return BROKER
        return GATEWAY if kind == "gateway" else self.random.choice((PROCESSOR, GATEWAY))

    def crash(self, point, kind):
        """Restarts the owner armed and waits for its death."""
        name = self.owner(kind)
        process = self.house[name]
        visits = 1 if point in RARE else self.random.randrange(1, HOT_VISITS)
        self.kill(name)
        self.kill(self.random.choice((GOVERNOR, COMMUNICATIONS)))  # with it, and back after it
        if point == "timer_after_commit":  # a deadline passes only when nobody decides
            self.kill(PROCESSOR)
        process.start(f"{point}:{visits}")
        hit = self.await_death(process, point)
        if hit:
            self.hits[point] += 1
            self.kills[name] += 1
        for other in NAMES:
            if not self.house[other].child:
                self.house[other].start()
        self.all_up()
        return hit

    def await_death(self, process, point):
        """True when it died at its point; else it is gone as well, by our hand."""
        limit = 45 if point == "timer_after_commit" else 10
        begin = time.monotonic()
        stop_after = 0.7 if point in RARE - {"timer_after_commit"} else limit - 4
        stopped = False
        while time.monotonic() < begin + limit:
            code = process.ended()
            if code is not None:
                process.reap()
                if code == -signal.SIGKILL:
                    return True
                if not stopped:
                    self.surprises.append(f"{process.name} ended with {code}, armed for {point}")
                return False
            if not stopped and time.monotonic() > begin + stop_after:
                process.child.send_signal(signal.SIGTERM)  # some points lie on the way out
                stopped = True
            time.sleep(0.01)
        self.kills[process.name] += 1
        process.kill()
        return False

    def all_up(self):
        """Ready, and answering: that is what recovered means."""
        begin = time.monotonic()
        for name in NAMES:
            self.house.wait_ready(name)
        answers = self.history.answers
        while self.history.answers < answers + len(self.terminals):
            for name in NAMES:
                code = self.house[name].ended()
                if code is not None:
                    self.surprise(name, self.house[name].reap(), self.house[name])
                    self.house[name].start()
                    self.house.wait_ready(name)
            if time.monotonic() > begin + PROGRESS_LIMIT_S:
                raise Broken(f"no terminal was answered for {PROGRESS_LIMIT_S} s after a fault")
            time.sleep(0.01)
        self.recoveries.append(time.monotonic() - begin)

    def total_kills(self):
        return sum(self.kills.values())

    def inflict(self):
        steps = self.schedule()
        for number, step in enumerate(steps):
            if step[0] == "kill":
                self.random_kill(step[1])
            else:
                self.crash(step[1], step[2])
            if number % 10 == 9:
                self.say(f"{self.total_kills()} kills, {len(self.history.transactions)} "
                         f"transactions, {sum(self.hits.values())} crash points hit")
        visited = {step[1] for step in steps if step[0] == "crash"}
        for _ in range(EXTRA_ROUNDS):
            for point, kind in self.points:
                if point in visited and not self.hits[point]:
                    self.crash(point, kind)
        while self.total_kills() < self.options.kills:
            self.random_kill([self.random.choice(NAMES)])

    # ---- the end

    def quiesce(self):
        for terminal in self.terminals:
            terminal.ending.set()
        until = time.monotonic() + 60
        for terminal in self.terminals:
            terminal.join(max(0.1, until - time.monotonic()))
        self.surprises += [t.failure for t in self.terminals if t.failure]
        self.surprises += [f"{t.terminal} never came to an end" for t in self.terminals
                           if t.is_alive()]
        until = time.monotonic() + 30
        while not stores.is_drained(self.house):
            if time.monotonic() > until:
                self.surprises.append("after 30 s of rest an outbox still holds events or a "
                                      "service lags")
                break
            time.sleep(0.1)

    def collect(self):
        """Stops everything cleanly; the books and the topic."""
        for name in (GATEWAY, PROCESSOR, GOVERNOR, COMMUNICATIONS):
            code = self.house[name].stop()
            if code:
                self.surprises.append(f"{name} stopped with {code}")
        events = stores.read_events(self.house.dump(TOPIC))
        self.alerts = stores.read_events(self.house.dump("limit-alert"))
        code = self.house[BROKER].stop()
        if code:
            self.surprises.append(f"broker stopped with {code}")
        return stores.read_books(self.house.dir), events


def with_check_digit(digits):
    """Luhn."""
    total = 0
    for i, c in enumerate(reversed(digits)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return digits + str(-total % 10)


def plant(books, history, events, seed):
    """Anomalies in these very books, one at a time, that the judge failed to find."""
    dice = random.Random(seed)
    moved = {leg.transaction for leg in books.legs}  # what is approved may be a hold or a read
    approved = [id for id in sorted(history)
                if judge.outcome(history[id]) == "approved" and id in moved]
    if not approved:
        return ["no approved transaction that moved money to plant anything on"]
    id = dice.choice(approved)
    legs = [leg for leg in books.legs if leg.transaction == id]
    last = max(leg.entry for leg in books.legs if leg.task == legs[0].task)
    twice = [leg._replace(entry=last + 1) for leg in legs]
    refused = dict(history, **{id: dict(history[id], codes=["91"])})
    without_event = [e for e in events if e.fields.get("request") != id]
    cases = [
        ("a lost posting", [leg for leg in books.legs if leg.transaction != id], history, events),
        ("a posting twice", books.legs + twice, history, events),
        ("a lost leg", [leg for leg in books.legs if leg is not legs[0]], history, events),
        ("a 91 that moved money", books.legs, refused, events),
        ("a lost event", books.legs, history, without_event),
    ]
    return [f"{name}: {id}" for name, some_legs, heard, some_events in cases
            if not judge.judge(books._replace(legs=some_legs), heard, some_events,
                               stores.POSTED_TYPES, stores.REVERSED_TYPES)[0].wrong()]


def tap(results):
    bad = 0
    for number, (sentence, wrong) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {sentence}")
        for line in wrong[:10]:
            print(f"#   {line}")
        if len(wrong) > 10:
            print(f"#   and {len(wrong) - 10} more")
        bad += bool(wrong)
    print(f"1..{len(results)}")
    return bad


def report(run, verdict, unfound, seconds):
    findings, figures = verdict
    o = run.options
    missing = [p for p, _ in run.points if not run.hits[p]]
    all_hit = "yes" if not missing else "no, missing: " + ", ".join(missing)
    kills = ", ".join(f"{name} {run.kills[name]}" for name in NAMES)
    recoveries = sorted(run.recoveries) or [0]
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(figures["outcomes"].items()))
    run.say(f"figure: seed {o.seed}, {run.total_kills()} kills ({kills}) in {seconds:.0f} s")
    run.say(f"figure: {len(run.history.transactions)} transactions: {outcomes}; lost {figures['lost']}, "
            f"repeated {figures['repeated']}")
    run.say(f"terminals: {run.history.reconnects} connections lost, {run.history.retries} requests "
            f"repeated; topic: {figures['repeats_in_topic']} events repeated, equal")
    run.say(f"figure: from restart to answers: median {recoveries[len(recoveries) // 2]:.2f} s, longest "
            f"{recoveries[-1]:.2f} s")
    run.say("figure: crash points: " + ", ".join(f"{p} {run.hits[p]}" for p, _ in run.points))
    run.say(f"figure: every crash point hit: {all_hit}")
    results = [(f"{name} ({findings.looked_at[name]} looked at)", found)
               for name, found in findings.checks.items()]
    results.append(("terminals heard nothing odd", run.history.oddities))
    results.append(("no process ended or stayed behind by itself", run.surprises))
    results.append(("no card number stands in any file",
                    stores.cards_in_files(run.house.dir, [c for c, _, _ in run.cards])))
    references = stores.mail_references(run.house.dir)
    run.say(f"figure: {len(references)} mails; {figures['compared']} decisions derived again")
    results.append(("the governor derives what the ledger decided",
                    judge.governor_faults(run.alerts, figures["compared"])))
    results.append(("each posting is told to its customer in one mail, and nothing else is",
                    judge.notice_faults(run.events, references)))
    results.append((f"{o.kills} kills were made",
                    [] if run.total_kills() >= o.kills else [f"only {run.total_kills()}"]))
    if o.kills >= 2 * len(run.points):
        results.append(("every crash point was hit", missing))
    results.append(("the judge finds what is planted in these very books", unfound))
    results.append(("there was something to judge",
                    [] if figures["outcomes"].get("approved", 0) > o.kills else ["too few answers"]))
    return tap(results)


def options_read():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--kills", type=int, default=20)
    p.add_argument("--seed", type=int, default=None)
    p.add_argument("--terminals", type=int, default=12)
    p.add_argument("--accounts", type=int, default=24)
    p.add_argument("--patience", type=float, default=12.0, help="seconds a terminal waits")
    p.add_argument("--binary", default=os.path.join(root, "build/release/octavo"))
    p.add_argument("--declaration", default=None, help="an octavo.yaml instead of the shipped one")
    p.add_argument("--kafka", action="store_true", help="three nodes of Apache Kafka for the broker")
    p.add_argument("--dir", default=None, help="data directory; kept. Default: a new one, removed "
                                               "when all held")
    o = p.parse_args()
    o.root = root
    if o.seed is None:
        o.seed = int(time.time()) % 10**6
    return o


def main():
    options = options_read()
    broken_judge = [f"{s}: {w}" for s, w in planted.self_test() if w]
    if broken_judge:
        print("\n".join(["# the judge itself is broken"] + broken_judge))
        return 1
    dir = options.dir or tempfile.mkdtemp(prefix="octavo-kills-")
    house = House(options.root, options.binary, dir, options.declaration, options.kafka)
    run = Run(options, house)
    run.say(f"seed {options.seed}, {options.kills} kills, data in {dir}")
    begin = time.monotonic()
    bad = 1
    try:
        run.open_bank()
        run.inflict()
        run.quiesce()
        books, events = run.collect()
        run.events = events
        verdict = judge.judge(books, run.history.transactions, events,
                              stores.POSTED_TYPES, stores.REVERSED_TYPES)
        unfound = plant(books, run.history.transactions, events, options.seed)
        bad = report(run, verdict, unfound, time.monotonic() - begin)
    except Broken as e:
        for line in str(e).splitlines():
            run.say(line)
        tap([("the house goes on after every fault", [str(e).splitlines()[0]])])
    finally:
        house.destroy()
        if not bad and not options.dir:
            shutil.rmtree(dir)
        else:
            run.say(f"files kept in {dir}; again with --seed {options.seed}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
