# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A gateway in miniature, in memory, that loses connections, to prove that terminals, history and
judge agree with each other: honest, everything holds; dishonest in one way, it is found.

Run it alone: python3 tests/kills/doubles.py (TAP)."""

import random
import socketserver
import struct
import sys
import threading
import time

import judge
from judge import Books, Event, Leg
from terminal import History, Terminal, pack, unpack

CASH = "cash:203"


class Bank:
    """fault: None, or the dishonesty."""

    def __init__(self, fault, seed):
        self.lock = threading.Lock()
        self.random = random.Random(seed)
        self.fault = fault
        self.legs, self.events = [], []
        self.balances, self.answers, self.posted, self.reversed = {}, {}, {}, set()

    def post(self, id, account, amount, kind):
        parts = [(account, amount)]
        spent = -amount - self.balances.get((0, account, "203"), 0)
        if kind == "reversal" and spent > 0:  # suspense gives what the account no longer has
            parts = [(account, amount + spent)] * (spent < -amount) + [("suspense:203", -spent)]
        for name, value in [leg for part in parts for leg in (part, (CASH, -part[1]))]:
            by = id if kind == "posting" else id + "-R"
            self.legs.append(Leg(0, len(self.legs) + 1, id, by, kind, name, value, "203"))
            self.balances[(0, name, "203")] = self.balances.get((0, name, "203"), 0) + value
        n = len(self.events) + 1
        fields = {"request": id} if kind == "posting" else {"original": id, "entry": n}
        self.events.append(Event(0, n, f"e{n}", "/bank", n, kind, account, fields))

    def ask(self, id, account, amount):
        if id in self.answers and self.fault != "posts repeats again":
            return self.answers[id]
        if id in self.reversed and self.fault != "forgets early reversals":
            code = "68"
        elif self.balances.get((0, account, "203"), 0) + amount < 0:
            code = "51"
        elif self.random.random() < 0.02:
            code = "91"
            if self.fault == "keeps the money of a 91":
                self.post(id, account, amount, "posting")
        else:
            code = "00"
            if not (self.fault == "loses approved ones" and self.random.random() < 0.02):
                self.post(id, account, amount, "posting")
                self.posted[id] = (account, amount)
        self.answers[id] = code
        return code

    def reverse(self, id):
        if id in self.reversed:
            return
        self.reversed.add(id)
        if id in self.posted and self.fault != "ignores reversals":
            account, amount = self.posted[id]
            self.post(id, account, -amount, "reversal")

    def message(self, mti, fields):
        amount = int(fields[4]) * (1 if fields[3].startswith("21") else -1)
        stan = fields[90][4:10] if mti[1] == "4" else fields[11]
        day = time.strftime("%Y", time.gmtime()) + fields[13]
        id = f"{fields[41]}-{day}-{stan}-{fields[37]}"
        with self.lock:
            code = "00"
            if mti[1] == "4":
                self.reverse(id)
            else:
                code = self.ask(id, fields[2][-4:], amount)
        answer = {n: fields[n] for n in (3, 4, 7, 11, 12, 13, 37, 41, 49)}
        answer[39] = code
        return pack(mti[:2] + "10", answer)


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        bank = self.server.bank
        while True:
            header = self.exactly(2)
            if not header:
                return
            message = self.exactly(struct.unpack(">H", header)[0])
            if not message:
                return
            dice = bank.random.random()
            if dice < 0.05:
                return  # lost before it was taken
            answer = bank.message(*unpack(message))
            if dice < 0.10:
                return  # taken, and the answer lost
            if dice < 0.13:
                continue  # taken, and never answered
            self.request.sendall(answer)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                more = self.request.recv(count - len(data))
            except OSError:
                return b""  # a terminal that hung up
            if not more:
                return b""
            data += more
        return data


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def day_at(bank, transactions):
    with Server(("127.0.0.1", 0), Handler) as server:
        server.bank = bank
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        history = History()
        cards = [(f"40000000000{i}", f"000{i}", "203") for i in range(1, 5)]
        terminals = [Terminal(n, server.server_address, cards, history, "doubles", 0.3, 0.001)
                     for n in range(1, 9)]
        for t in terminals:
            t.start()
        while len(history.transactions) < transactions and not any(t.failure for t in terminals):
            time.sleep(0.01)
        for t in terminals:
            t.ending.set()
        for t in terminals:
            t.join(20)
        server.shutdown()
    assert not any(t.failure for t in terminals), [t.failure for t in terminals]
    assert not history.oddities, history.oddities[:3]
    findings, figures = judge.judge(Books(bank.legs, bank.balances), history.transactions,
                                    bank.events, {"posting"}, {"reversal"})
    return findings.wrong(), figures


CASES = [
    (None, None),
    ("posts repeats again", "no transaction id twice"),
    ("keeps the money of a 91", "no 91 leaves money moved"),
    ("loses approved ones", "every approved answer is in the ledger, with its account and amount"),
    ("ignores reversals", "a reversed transaction nets to zero"),
    ("forgets early reversals", "a reversed transaction nets to zero"),
]


def main():
    bad = 0
    for number, (fault, check) in enumerate(CASES, 1):
        wrong, figures = day_at(Bank(fault, 1), 400)
        good = check in wrong if fault else not wrong
        bad += not good
        sentence = f"a bank that {fault} is found out" if fault else "an honest bank is found honest"
        print(f"{'ok' if good else 'not ok'} {number} - {sentence}")
        print(f"# {figures}; found: {sorted(wrong)}")
    print(f"1..{len(CASES)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
