# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A CRM, a broker and two caches are killed at random while customers are written and read.

    caching_kills.py UP-LOG KILLS [SEED]

Judged here, from what was asked and what was answered alone:
  - nothing is read that was not written: a version of a customer is one value, whoever tells it;
  - no cache goes back: what one of them told once is never followed by an older version from it, also
    not after it was killed and has come back, and what was deleted stays so until it is made again;
  - a write that was waited for by its token is read as it was written, or not told at all;
  - in the end both caches have what the CRM has, customer by customer.
"""
import os
import random
import re
import signal
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caching_client import Crm, Error, Resp  # noqa: E402

CACHES = ("operational-data-cache.0", "operational-data-cache.1")
IDS_A_WRITER = 12
WRITERS = 2


class House:
    """What runs: pids and ports, as `octavo up` has told them last."""

    def __init__(self, log):
        self.log = log

    def last(self, pattern):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            found = re.findall(pattern, log.read(), re.M)
        return int(found[-1]) if found else 0

    def pid(self, name):
        if name == "broker" and os.environ.get("NODE_PID"):  # Apache Kafka's, see tests/kafka/beside
            with open(os.environ["NODE_PID"], encoding="ascii") as file:
                return int(file.read())
        return self.last(rf"process_started name={re.escape(name)} pid=(\d+)")

    def port(self, name):
        return self.last(rf"^octavo up: {re.escape(name)} on 127\.0\.0\.1:(\d+)$")


class Book:
    """What was written, and what was read of it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.tried = {}  # id -> names that were sent, whether answered or not
        self.names = {}  # (id, version) -> name
        self.highest = {}  # (cache, id) -> highest version that it has told
        self.wrong = []
        self.reads = self.writes = self.refused = self.waited = 0

    def fault(self, text):
        if len(self.wrong) < 20:
            self.wrong.append(text)

    def try_name(self, customer, name):
        with self.lock:
            self.tried.setdefault(customer, set()).add(name)

    def told(self, who, customer, version, name):
        """The value of a version; the same whoever tells it."""
        with self.lock:
            if name not in self.tried.get(customer, ()):
                self.fault(f"{who} told {customer} v{version} {name!r}, which nobody has written")
            known = self.names.setdefault((customer, version), name)
            if known != name:
                self.fault(f"{who} told {customer} v{version} {name!r}, it was {known!r}")

    def read(self, cache, customer, row):
        self.reads += 1
        if not row:
            return
        version = int(row["version"])
        self.told(cache, customer, version, row["name"])
        with self.lock:
            before = self.highest.get((cache, customer), 0)
            if version < before:
                self.fault(f"{cache} went back: {customer} v{version} after v{before}")
            self.highest[cache, customer] = max(version, before)


def connect(house, cache):
    return Resp(house.port(cache), timeout=5)


class Reader(threading.Thread):
    """Reads customers from one cache, one after the other; what is no answer is no fault."""

    def __init__(self, house, book, cache, stop):
        super().__init__(daemon=True)
        self.house, self.book, self.cache, self.stop = house, book, cache, stop
        self.random = random.Random(cache)

    def run(self):
        connection = None
        while not self.stop.is_set():
            customer = name_of(self.random.randrange(WRITERS), self.random.randrange(IDS_A_WRITER))
            try:
                connection = connection or connect(self.house, self.cache)
                self.book.read(self.cache, customer, connection.row(f"customer:{customer}"))
            except Error:  # LOADING
                self.book.refused += 1
                time.sleep(0.02)
            except (OSError, ConnectionError, ValueError):
                connection = None
                time.sleep(0.05)


def name_of(writer, number):
    return f"w{writer}-{number}"


class Writer(threading.Thread):
    """The only writer of its customers: what it was answered is what is there."""

    def __init__(self, house, book, number, stop):
        super().__init__(daemon=True)
        self.house, self.book, self.number, self.stop = house, book, number, stop
        self.random = random.Random(number)
        self.lives = {}  # id -> version, of those that are there

    def ask(self, method, path, body):
        """Until it is answered, with one key."""
        key = uuid.uuid4().hex
        while True:
            try:
                status, answer = Crm(self.house.port("crm"), timeout=5)(method, path, body, key)
                if status not in (409, 503, 504) or "detail" in answer and "there" in answer["detail"]:
                    return status, answer
            except (OSError, ValueError):
                pass
            time.sleep(0.05)

    def one(self):
        customer = name_of(self.number, self.random.randrange(IDS_A_WRITER))
        name = f"{customer}/{uuid.uuid4().hex}"
        self.book.try_name(customer, name)
        deleted = False
        if customer not in self.lives:
            status, answer = self.ask("POST", "/customers", {"id": customer, "name": name})
            good = status == 201
        elif self.random.random() < 0.15:
            status, answer = self.ask("DELETE", f"/customers/{customer}", None)
            good, deleted = status == 200, True
        else:
            body = {"name": name, "if_match": self.lives[customer]}
            status, answer = self.ask("PATCH", f"/customers/{customer}", body)
            good = status == 200
        if not good:
            self.book.fault(f"{customer} was answered {status} {answer}")
            return
        self.book.writes += 1
        if deleted:
            self.lives.pop(customer)
        else:
            self.lives[customer] = answer["version"]
            self.book.told("the CRM", customer, answer["version"], name)
        if self.random.random() < 0.5:
            self.read_back(customer, answer, None if deleted else name)

    def read_back(self, customer, answer, name):
        try:
            connection = connect(self.house, self.random.choice(CACHES))
            if connection("WAIT", answer["token"], 3000) != 1:
                raise ValueError("WAIT was answered, and not with 1")
            row = connection.row(f"customer:{customer}")
            connection.close()
        except (Error, OSError, ConnectionError):
            return
        self.book.waited += 1
        got = row.get("name"), row.get("version")
        wanted = (name, str(answer["version"])) if name else (None, None)
        if got != wanted:
            self.book.fault(f"{customer} was read as {got} behind its token, wanted {wanted}")

    def run(self):
        while not self.stop.is_set():
            self.one()


def killed(house, name):
    """Kills it, and waits until another has taken its place."""
    pid = house.pid(name)
    os.kill(pid, signal.SIGKILL)
    end = time.time() + 60
    while house.pid(name) == pid and time.time() < end:
        time.sleep(0.05)
    return house.pid(name) != pid


def goes_on(book):
    """Something was written and read since: a kill into a standstill would prove nothing."""
    writes, reads, end = book.writes, book.reads, time.time() + 60
    while (book.writes < writes + 3 or book.reads < reads + 100) and time.time() < end:
        time.sleep(0.02)
    return book.writes > writes and book.reads > reads


def all_rows(connection):
    rows, cursor = {}, "0"
    while True:
        cursor, keys = connection("SCAN", cursor, "COUNT", 100)
        for key in keys:
            row = connection.row(key)
            rows[key.partition(":")[2]] = (row["version"], row["name"])
        if cursor == "0":
            return rows


def settled(house, wanted):
    """Both caches come to what is wanted; the last they told if they do not."""
    end = time.time() + 60
    got = {}
    while time.time() < end:
        try:
            for cache in CACHES:
                got[cache] = all_rows(connect(house, cache))
            if all(got[cache] == wanted for cache in CACHES):
                return None
        except (Error, OSError, ConnectionError) as error:
            got["error"] = error
        time.sleep(0.2)
    return f"in the end the caches have {got}, the CRM has {wanted}"


def main():
    house, kills = House(sys.argv[1]), int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    dice, book, stop = random.Random(seed), Book(), threading.Event()
    writers = [Writer(house, book, number, stop) for number in range(WRITERS)]
    readers = [Reader(house, book, cache, stop) for cache in CACHES]
    for thread in writers + readers:
        thread.start()
    for _ in range(kills):
        time.sleep(dice.uniform(0.05, 0.5))
        if not goes_on(book):
            book.fault("nothing is written or read any more")
        name = dice.choice(("crm", "broker") + CACHES)
        if not killed(house, name):
            book.fault(f"{name} did not come back")
    time.sleep(1)
    stop.set()
    for thread in writers + readers:
        thread.join(60)
        if thread.is_alive():
            book.fault("a writer or reader is stuck")
    wanted = {}
    for writer in writers:
        for customer, version in writer.lives.items():
            wanted[customer] = (str(version), book.names[customer, version])
    off = settled(house, wanted)
    if off:
        book.fault(off)
    print(f"seed {seed}: {kills} kills, {book.writes} writes, {book.reads} reads, "
          f"{book.waited} waited for, {book.refused} refused, {len(book.wrong)} wrong")
    for text in book.wrong:
        print(text)
    return 1 if book.wrong or not book.reads or not book.waited else 0


if __name__ == "__main__":
    sys.exit(main())
