# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Cash machines and programs ask a whole bank everything they may ask: holds, completions, advices,
transfers, parts taken back, a machine that was away for days; then every file is searched for card
numbers. Ends with TAP."""

import glob
import http.client
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import shutil

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "kills"))
import terminal  # noqa: E402
from house import GATEWAY, Broken, House  # noqa: E402

terminal.FIELDS.update({15: ("fixed", 4), 35: ("ll", 37), 103: ("ll", 28)})
ADVICES = int(os.environ.get("ADVICES", "5000"))
POISON = 50  # of them
CARDS = [f"99999900000{n:04d}" for n in range(4)]


def luhn(number):
    digits = [int(c) for c in reversed(number)]
    return sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10 == 0


def card_of(start):
    return next(start + str(c) for c in range(10) if luhn(start + str(c)))


def cards_in(text):
    """What could be a card. Times have 13 digits and begin with 17 or 18, or 14 and begin with 20:
    no card does. An account's notes are TIME:LENGTH:REQUEST, one behind the other."""
    return [n for n in re.findall(r"(?<![0-9A-Za-z])\d{13,19}(?![0-9A-Za-z]|:\d+:)", text)
            if luhn(n) and (len(n), n[:2]) not in ((13, "17"), (13, "18"), (14, "20"))]


PEER_CARD, STRANGERS_CARD = card_of("999999000000777"), card_of("999999999999999")


class Machine:
    """One terminal on one line."""

    def __init__(self, house, name, card, days_ago=0):
        self.line = terminal.Line(("127.0.0.1", house[GATEWAY].port))
        self.name, self.card, self.stan = name, card, 0
        self.at = time.gmtime(time.time() - days_ago * 86400)

    def fields(self, processing, amount=None, **more):
        self.stan += 1
        fields = {2: self.card, 3: processing, 7: time.strftime("%m%d%H%M%S", self.at),
                  11: f"{self.stan:06d}", 12: time.strftime("%H%M%S", self.at),
                  13: time.strftime("%m%d", self.at), 37: f"R{self.stan:011d}", 41: self.name,
                  49: "203"}
        if amount is not None:
            fields[4] = f"{amount:012d}"
        fields.update({int(k[1:]): v for k, v in more.items()})
        return fields

    def ask(self, mti, fields):
        self.line.send(terminal.pack(mti, fields))
        return self.hear(fields)

    def hear(self, fields=None):
        while True:
            _, answer = self.line.receive(time.monotonic() + 20)
            if not fields or answer.get(11) == fields[11]:
                return answer

    def code(self, mti, processing, amount=None, **more):
        return self.ask(mti, self.fields(processing, amount, **more))[39]

    def balances(self):
        told = self.ask("0200", self.fields("310000"))[54]
        return [int(told[at + 8:at + 20]) * (-1 if told[at + 7] == "D" else 1) for at in (0, 20)]


def of(mti, fields):
    """What names its original: the same retrieval reference, and field 90."""
    return {"f37": fields[37], "f90": mti + fields[11] + fields[7] + "0" * 22}


class Stories:
    def __init__(self, house):
        self.house = house
        self.results = []
        self.cards = CARDS + [PEER_CARD, STRANGERS_CARD]

    def tell(self, sentence, got, wanted):
        ok = got == wanted
        self.results.append(ok)
        print(f"{'ok' if ok else 'not ok'} {len(self.results)} - {sentence}", flush=True)
        if not ok:
            print(f"# got {got!r}, wanted {wanted!r}")

    def skip(self, sentence, why):
        self.results.append(True)
        print(f"ok {len(self.results)} - {sentence} # SKIP {why}", flush=True)

    # ---- at the machine

    def at_the_machine(self):
        m = Machine(self.house, "STORY001", CARDS[0])
        deposit = m.code("0200", "210000", 100000)
        self.tell("a deposit is in both balances", (deposit, m.balances()),
                  ("00", [100000, 100000]))
        hold = m.fields("000000", 30000)
        self.tell("a hold takes from what is available only",
                  (m.ask("0100", hold)[39], m.balances()), ("00", [100000, 70000]))
        done = m.fields("000000", 20000, **of("0100", hold))
        codes = [m.ask(mti, done)[39] for mti in ("0220", "0221")]
        self.tell("its completion posts what was really given, once, and frees the rest",
                  (codes, m.balances()), (["00", "00"], [80000, 80000]))
        hold = m.fields("000000", 10000)
        by_rrn = m.fields("000000", 10000, f37=hold[37])
        self.tell("a completion may name its hold by the retrieval reference alone",
                  ([m.ask("0100", hold)[39], m.ask("0220", by_rrn)[39]], m.balances()),
                  (["00", "00"], [70000, 70000]))
        hold = m.fields("000000", 10000)
        undo = m.fields("000000", 10000, **of("0100", hold))
        self.tell("the reversal of a hold voids it",
                  ([m.ask("0100", hold)[39], m.ask("0400", undo)[39]], m.balances()),
                  (["00", "00"], [70000, 70000]))
        self.withdrawals(m)

    def withdrawals(self, m):
        first = m.fields("010000", 20000)
        part = m.fields("010000", 20000, **of("0200", first), f95="000000005000" + "0" * 30)
        codes = [m.ask("0200", first)[39], m.ask("0420", part)[39], m.ask("0421", part)[39]]
        self.tell("a partial reversal gives back what did not come out, once",
                  (codes, m.balances()), (["00", "00", "00"], [65000, 65000]))
        late = m.fields("010000", 10000)
        early = m.fields("010000", 10000, **of("0200", late))
        codes = [m.ask("0400", early)[39], m.ask("0200", late)[39], m.ask("0401", early)[39]]
        self.tell("an original behind its reversal moves nothing", (codes[0::2], m.balances()),
                  (["00", "00"], [65000, 65000]))
        again = m.fields("010000", 10000, **of("0400", early))
        self.tell("the reversal of a reversal is refused", m.ask("0400", again)[39], "12")
        self.tell("the same request with another amount is refused",
                  m.ask("0201", {**first, 4: f"{30000:012d}"})[39], "94")
        self.tell("a repeat on another line gets the same answer",
                  Machine(self.house, m.name, m.card).ask("0201", first)[39], "00")
        self.tell("cash that was given without asking is posted, be the account below zero",
                  (m.code("0220", "010000", 70000), m.balances()[0]), ("00", -5000))
        self.tell("and so is the cash of nobody's card",
                  Machine(self.house, "STORY003", STRANGERS_CARD).code(
                      "0220", "010000", 100), "00")

    def transfers(self):
        a, b = (Machine(self.house, "STORY002", card) for card in CARDS[1:3])
        b.stan = 500000
        a.code("0200", "210000", 50000)
        code = a.code("0200", "400000", 20000, f103="S2")
        self.tell("a transfer takes here and gives there",
                  (code, a.balances()[0], b.balances()[0]), ("00", 30000, 20000))
        self.tell("one over the balance is declined, and to nobody too",
                  [a.code("0200", "400000", 50000, f103="S2"),
                   a.code("0200", "400000", 100, f103="NOBODY")], ["51", "14"])

    # ---- a machine that was away

    def away(self):
        """Thousands of advices of three days ago, some of which nobody can post."""
        m = Machine(self.house, "AWAY0001", CARDS[3], days_ago=3)
        other, latencies, over = Machine(self.house, "NEAR0001", CARDS[1]), [], threading.Event()

        def look():
            while not over.is_set():
                begun = time.monotonic()
                other.balances()
                latencies.append(time.monotonic() - begun)
                over.wait(0.05)
        looking = threading.Thread(target=look)
        looking.start()
        sent = []
        for i in range(ADVICES):
            fields = m.fields("010000", 100)
            if i % (ADVICES // POISON) == 7:
                fields[4] = "0" * 12
            sent.append(terminal.pack("0220", fields))
        m.line.send(sent[0])
        threading.Thread(target=lambda: [m.line.send(data) for data in sent[1:]]).start()
        codes = {m.hear()[39] for _ in sent}
        for data in sent[:200]:  # 0221 of some of them, as after a lost line
            m.line.send(data.replace(b"0220", b"0221", 1))
        codes |= {m.hear()[39] for _ in range(200)}
        over.set()
        looking.join()
        posted = -100 * (ADVICES - POISON)
        near = Machine(self.house, "NEAR0002", CARDS[3])
        self.tell("thousands of advices of a machine that was away are acknowledged and posted once",
                  (codes, near.balances()[0]), ({"00"}, posted))
        self.tell("the poisoned ones among them are set aside", self.set_aside(), POISON)
        self.tell("the others are answered in time beside it", max(latencies) < 5, True)
        print(f"# the longest of {len(latencies)} inquiries beside it: {max(latencies):.3f} s")

    def stores(self):
        return glob.glob(os.path.join(self.house.dir, "accounts", "*.db"))

    def rows(self, service, query):
        path = next(p for p in self.stores() if f".{service}." in p)
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return db.execute(query).fetchall()

    def set_aside(self):
        return self.rows("atm", "SELECT count(*) FROM set_aside")[0][0]

    # ---- programs

    def teller_port(self):
        with open(self.house[GATEWAY].log_path, encoding="utf-8") as f:
            return int(re.findall(r"edge_listens edge=teller port=(\d+)", f.read())[-1])

    def http(self, method, path, key=None, body=None):
        until = time.monotonic() + 20
        while True:
            try:
                door = http.client.HTTPConnection("127.0.0.1", self.teller_port(), timeout=20)
                headers = {"Idempotency-Key": key} if key else {}
                if body is not None:
                    headers["Content-Type"] = "application/json"
                door.request(method, path, json.dumps(body) if body is not None else None, headers)
                answer = door.getresponse()
                said = json.loads(answer.read())
            except OSError:
                if time.monotonic() > until:
                    raise
                continue
            self.described(method, path, answer, said)
            if answer.status != 503 or time.monotonic() > until:
                return answer.status, said
            time.sleep(0.05)

    def described(self, method, path, answer, said):
        """Every answer is as the document says."""
        kind = answer.getheader("Content-Type")
        if path == "/openapi.json":
            self.document = said
            return
        operation = self.document["paths"]["/accounts/{account}/" + path.rsplit("/", 1)[1]]
        said_of = operation[method.lower()]["responses"]
        response = said_of.get(str(answer.status)) or said_of[f"{answer.status // 100}XX"]
        name = response["$ref"].rsplit("/", 1)[1]
        assert kind in self.document["components"]["responses"][name]["content"], (path, kind)
        if name == "Problem":
            assert said["status"] == answer.status and said["title"], said

    def programs(self):
        status, document = self.http("GET", "/openapi.json")
        self.tell("what programs may ask is described",
                  (status, len([p for p in document["paths"] if p.startswith("/accounts/")])),
                  (200, 7))
        give = {"amount": 1000, "currency": "CZK"}
        path = os.path.join(self.house.dir, "run", "openapi.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(document, f)
        done = subprocess.run([sys.executable, os.path.join(ROOT, "tests/scenarios/openapi_check.py"),
                               "document", path], capture_output=True, text=True, check=False)
        sentence = "and the description is OpenAPI"
        if done.returncode == 77:
            self.skip(sentence, "the python package openapi-spec-validator is not installed")
        else:
            self.tell(sentence, (done.returncode, done.stderr[-300:]), (0, ""))
        self.tell("without an Idempotency-Key a program is told 400",
                  self.http("POST", "/accounts/S0/deposits", None, give)[0], 400)
        self.http("POST", "/accounts/S0/deposits", "deposit-0", dict(give, amount=20000))
        first = self.http("POST", "/accounts/S0/withdrawals", "take-1", give)
        self.tell("a withdrawal over HTTP is answered with what is left",
                  (first[0], first[1]["balance"]), (200, 14000))
        self.tell("another body under its key is told 422",
                  self.http("POST", "/accounts/S0/withdrawals", "take-1", dict(give, amount=1))[0],
                  422)
        self.tell("more than there is is told 402",
                  self.http("POST", "/accounts/S0/withdrawals", "take-2",
                            dict(give, amount=10 ** 9))[0], 402)
        self.tell("an account that is not there is told 404",
                  self.http("POST", "/accounts/NOBODY/withdrawals", "take-3", give)[0], 404)
        hold = self.http("POST", "/accounts/S0/authorizations", "hold-1", give)[1]["request"]
        self.http("POST", "/accounts/S0/completions", "done-1",
                  {"original": hold, "amount": 400, "currency": "CZK"})
        self.http("POST", "/accounts/S0/reversals", "back-1",
                  {"original": first[1]["request"], "currency": "CZK"})
        self.tell("holds, completions and reversals go over HTTP too",
                  self.http("GET", "/accounts/S0/balance")[1]["available"], 14600)
        self.house[GATEWAY].kill()
        self.house[GATEWAY].start()
        self.house.wait_ready(GATEWAY)
        self.tell("a repeat after the gateway was killed gets the same answer",
                  self.http("POST", "/accounts/S0/withdrawals", "take-1", give), first)

    # ---- afterwards

    def peer(self):
        sentence = "npm's iso_8583 asks and understands the answers"
        if not shutil.which("node"):
            self.skip(sentence, "there is no node")
            return
        done = subprocess.run(["node", os.path.join(ROOT, "tests/scenarios/iso8583_peer.js"),
                               str(self.house[GATEWAY].port), PEER_CARD],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 77:
            self.skip(sentence, "the library is not installed")
        else:
            self.tell(sentence, (done.returncode, done.stdout + done.stderr), (0, ""))

    def books(self):
        try:
            faults = re.search(r"^faults +(\d+)", self.house.command("accounts", "audit"), re.M)[1]
        except Broken as e:
            faults = str(e)
        self.tell("the books balance", faults, "0")

    def texts(self):
        """(where, text) of everything that is kept, decoded: topics, stores, logs. Of integers only
        those that are a card which was used: hashes are as long."""
        for topic in self.house.topics():
            yield topic, json.dumps(self.house.dump(topic))
        used = {int(c) for c in self.cards}
        for path in self.stores():
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
                tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
                cells = [c for (t,) in tables for row in db.execute(f'SELECT * FROM "{t}"')
                         for c in row if not isinstance(c, int) or c in used]
            yield path, "\n".join(c.decode("latin-1") if isinstance(c, bytes) else str(c)
                                  for c in cells)
        for path in glob.glob(os.path.join(self.house.dir, "log", "*")):
            with open(path, encoding="utf-8", errors="replace") as f:
                yield path, f.read()

    def no_cards(self):
        """No card that was used stands in any file, and nothing in a text could be one."""
        found = []
        for path in glob.glob(os.path.join(self.house.dir, "**"), recursive=True):
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    data = f.read()
                found += [path for c in self.cards if c.encode() in data]
        for where, text in self.texts():
            found += [f"{where}: {n}" for n in cards_in(text)]
        self.tell("no card number is in any topic, store or log",
                  (found[:5], cards_in(f'{{"a":"{CARDS[0]}"}}')), ([], [CARDS[0]]))


def run(house):
    cards = [(card, f"S{n}", "203") for n, card in enumerate(CARDS)]
    house.start_all()
    house.open_accounts(cards + [(PEER_CARD, "NODE", "203")])
    s = Stories(house)
    until = time.monotonic() + 30
    while s.rows("atm", "SELECT count(*) FROM card")[0][0] < 5 and time.monotonic() < until:
        time.sleep(0.05)
    for story in (s.at_the_machine, s.transfers, s.programs, s.peer, s.away, s.books, s.no_cards):
        story()
    print(f"1..{len(s.results)}")
    return not all(s.results)


def main():
    global CARDS
    CARDS = [card_of(c) for c in CARDS]
    binary = os.environ.get("OCTAVO", f"build/{os.environ.get('V', 'asan')}/octavo")
    os.makedirs("build", exist_ok=True)
    directory = tempfile.mkdtemp(prefix="scenario.", dir="build")
    house = House(ROOT, os.path.realpath(binary), os.path.realpath(directory))
    try:
        failed = run(house)
        if not failed:
            house.stop_all()
    finally:
        house.destroy()
    if failed:
        print(f"# files kept in {directory}")
    else:
        shutil.rmtree(directory)
    return failed


if __name__ == "__main__":
    sys.exit(main())
