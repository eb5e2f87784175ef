# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A cash machine of its own making: ISO 8583:1987 over TCP, and a history of what it saw.

It shares no code with Octavo, not even the dialect file: the fields it uses are written down here
once more, so that a mistake over there is not repeated. What it asks and what it hears is the
outside world's truth that judge.py holds against the books.

A transaction ends in one of these ways, and only then does the next begin:
  answered   a code came; 91 and declines end it too
  reversed   no answer came in time, or the notes did not come out: 0400 until 0410 says 00

A hold (0100) is another transaction than its completion (0220), which is sent until it is
acknowledged, as every advice is: the cash is out.
"""

import random
import socket
import struct
import threading
import time

# number: (kind, length); "ll" and "lll" carry their length before them, "b" is binary
FIELDS = {
    2: ("ll", 19), 3: ("fixed", 6), 4: ("fixed", 12), 7: ("fixed", 10), 11: ("fixed", 6),
    12: ("fixed", 6), 13: ("fixed", 4), 32: ("ll", 11), 37: ("fixed", 12), 38: ("fixed", 6),
    39: ("fixed", 2), 41: ("fixed", 8), 42: ("fixed", 15), 44: ("ll", 25), 49: ("fixed", 3),
    54: ("lll", 120), 70: ("fixed", 3), 90: ("fixed", 42), 95: ("fixed", 42), 103: ("ll", 28),
}


class Malformed(Exception):
    pass


def pack(mti, fields):
    """One message with its length header."""
    highest = max(fields)
    bits = 0
    size = 128 if highest > 64 else 64
    if size == 128:
        bits |= 1 << 127
    body = b""
    for number in sorted(fields):
        kind, length = FIELDS[number]
        text = fields[number].encode("ascii")
        if kind == "fixed":
            if len(text) != length:
                raise Malformed(f"field {number} has {len(text)} characters, not {length}")
        else:
            if len(text) > length:
                raise Malformed(f"field {number} is too long")
            text = str(len(text)).zfill(len(kind)).encode("ascii") + text
        bits |= 1 << (size - number)
        body += text
    message = mti.encode("ascii") + bits.to_bytes(size // 8, "big") + body
    return struct.pack(">H", len(message)) + message


def unpack(message):
    """(mti, fields) of a message without its length header."""
    if len(message) < 12:
        raise Malformed("shorter than MTI and bitmap")
    mti = message[:4].decode("ascii")
    size = 128 if message[4] & 0x80 else 64
    bits = int.from_bytes(message[4:4 + size // 8], "big")
    at = 4 + size // 8
    fields = {}
    for number in range(2, size + 1):
        if not bits >> (size - number) & 1:
            continue
        if number not in FIELDS:
            raise Malformed(f"an answer with field {number}")
        kind, length = FIELDS[number]
        if kind != "fixed":
            digits = len(kind)
            length = int(message[at:at + digits].decode("ascii"))
            at += digits
        if at + length > len(message):
            raise Malformed(f"field {number} ends behind the message")
        fields[number] = message[at:at + length].decode("ascii")
        at += length
    if at != len(message):
        raise Malformed(f"{len(message) - at} bytes too many")
    return mti, fields


class Line:
    """A connection to the gateway; every trouble is ConnectionError, no answer is TimeoutError."""

    def __init__(self, address):
        self.address = address
        self.socket = None

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def send(self, data):
        try:
            if not self.socket:
                self.socket = socket.create_connection(self.address, timeout=1)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(data)
        except OSError as e:
            self.close()
            raise ConnectionError(str(e)) from e

    def _exactly(self, count, until):
        data = b""
        while len(data) < count:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(count - len(data))
            except socket.timeout as e:
                raise TimeoutError from e
            except OSError as e:
                raise ConnectionError(str(e)) from e
            if not more:
                raise ConnectionError("closed by the gateway")
            data += more
        return data

    def receive(self, until):
        """The next message. A time-out in the middle of one would lose the thread: closed then."""
        try:
            length, = struct.unpack(">H", self._exactly(2, until))
            return unpack(self._exactly(length, until + 1))
        except (ConnectionError, TimeoutError, Malformed):
            self.close()
            raise


class History:
    """What all terminals asked and heard, by transaction id. Only grows."""

    def __init__(self):
        self.lock = threading.Lock()
        self.transactions = {}
        self.oddities = []  # answers that no correct gateway gives
        self.answers = 0
        self.retries = 0
        self.reconnects = 0

    def asked(self, id, **facts):
        with self.lock:
            assert id not in self.transactions
            self.transactions[id] = dict(facts, id=id, codes=[], reversal=None, reversal_asked=False)

    def heard(self, id, code):
        with self.lock:
            self.transactions[id]["codes"].append(code)
            self.answers += 1

    def reversing(self, id):
        with self.lock:
            self.transactions[id]["reversal_asked"] = True

    def partly(self, id, actual):
        """Only so much came out, and that was acknowledged."""
        with self.lock:
            self.transactions[id]["actual"] = actual

    def reversed(self, id, code):
        with self.lock:
            self.transactions[id]["reversal"] = code

    def odd(self, text):
        with self.lock:
            self.oddities.append(text)

    def count(self, name):
        with self.lock:
            setattr(self, name, getattr(self, name) + 1)


class Terminal(threading.Thread):
    """One machine, one transaction after the other, until told to stop.

    patience_s: how long a withdrawal waits for its answer, connections lost and retried included.
    all_kinds: holds, advices, transfers, parts and inquiries besides withdrawals and deposits.
    """

    def __init__(self, number, address, cards, history, seed, patience_s=8.0, pause_s=0.02,
                 all_kinds=False):
        super().__init__(name=f"terminal {number}", daemon=True)
        self.terminal = f"KILL{number:04d}"
        self.line = Line(address)
        self.cards = cards  # [(card number, account, currency)]
        self.history = history
        self.random = random.Random(f"{seed}/{number}")
        self.number = number
        self.patience_s = patience_s  # one in five waits only a third of it, and reverses
        self.pause_s = pause_s
        self.all_kinds = all_kinds
        self.stan = 0
        self.ending = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.ending.is_set():
                self.transaction()
                self.ending.wait(self.random.random() * 2 * self.pause_s)
        except Exception as e:  # a bug of ours must not look like a quiet terminal
            self.failure = f"{self.terminal}: {type(e).__name__}: {e}"
        self.line.close()

    # ---- messages

    def next_stan(self):
        self.stan += 1
        return f"{self.stan:06d}"

    def request(self):
        """(id, fields, facts) of a new withdrawal or deposit."""
        now = time.gmtime()
        card, account, currency = self.random.choice(self.cards)
        deposit = self.random.random() < 0.4
        amount = self.random.randrange(1, 200 if deposit else 300) * 100
        stan = self.next_stan()
        rrn = f"{self.number:04d}{self.stan:08d}"
        fields = {
            2: card, 3: "210000" if deposit else "010000", 4: f"{amount:012d}",
            7: time.strftime("%m%d%H%M%S", now), 11: stan, 12: time.strftime("%H%M%S", now),
            13: time.strftime("%m%d", now), 37: rrn, 41: self.terminal, 49: currency,
        }
        id = f"{self.terminal}-{time.strftime('%Y%m%d', now)}-{stan}-{rrn}"
        facts = {"kind": "deposit" if deposit else "withdrawal", "account": account,
                 "amount": amount, "currency": currency}
        return id, fields, facts

    def message_about(self, fields, mti):
        """A message whose original is that one."""
        again = {n: fields[n] for n in (2, 3, 4, 12, 13, 37, 41, 49)}
        again[7] = time.strftime("%m%d%H%M%S", time.gmtime())
        again[11] = self.next_stan()
        again[90] = mti + fields[11] + fields[7] + "0" * 22
        return again

    # ---- asking

    def exchange(self, mti, repeat_mti, fields, until):
        """Sends until an answer comes; its code, or None when time is up."""
        first = True
        while time.monotonic() < until:
            try:
                if not first:
                    self.history.count("retries")
                self.line.send(pack(mti if first or self.random.random() < 0.5 else repeat_mti,
                                    fields))
                return self.answer(mti, fields, until)
            except TimeoutError:
                return None
            except Malformed as e:
                self.history.odd(f"{self.terminal}: an answer that cannot be read: {e}")
                return None
            except ConnectionError:
                self.history.count("reconnects")
                time.sleep(0.02 + self.random.random() * 0.1)
            first = False
        return None

    def answer(self, mti, fields, until):
        wanted = mti[:2] + ("10" if mti[2] == "0" else "30")
        while True:
            got, answer = self.line.receive(until)
            if answer.get(11) != fields[11] or answer.get(37) != fields[37]:
                continue  # a late answer to an earlier message of this connection
            for number in (3, 4, 41, 49):
                if answer.get(number) != fields.get(number):
                    self.history.odd(f"{self.terminal}: field {number} came back as "
                                     f"{answer.get(number)!r}, not {fields.get(number)!r}")
            if got != wanted or 39 not in answer:
                self.history.odd(f"{self.terminal}: {mti} was answered by {got} {answer}")
                raise Malformed("not the answer")
            if 2 in answer:
                self.history.odd(f"{self.terminal}: the card number came back")
            return answer[39]

    def reverse(self, id, fields, mti="0200"):
        """Until it is acknowledged: a machine that has notes in its shutter does not give up."""
        message = self.message_about(fields, mti)
        self.history.reversing(id)
        while True:
            code = self.exchange("0400", "0401", message, time.monotonic() + 3)
            if code == "00":
                self.history.reversed(id, code)
                return
            if code is not None and code != "91":
                self.history.reversed(id, code)
                self.history.odd(f"{id}: its reversal was answered {code}")
                return
            time.sleep(0.1)

    def advise(self, id, mti, message):
        """Until it is acknowledged; anything but 00 and 91 is odd."""
        while True:
            code = self.exchange(mti, mti[:3] + "1", message, time.monotonic() + 3)
            if code == "00":
                return
            if code not in (None, "91"):
                self.history.odd(f"{id}: its {mti} was answered {code}")
                return
            time.sleep(0.1)

    # ---- kinds of transactions

    def hold(self):
        """A hold, and the completion of a part of it."""
        id, fields, facts = self.request()
        fields[3] = "000000"
        self.history.asked(id, **dict(facts, kind="hold"))
        code = self.exchange("0100", "0101", fields, time.monotonic() + self.patience_s)
        if code is None:
            self.reverse(id, fields, "0100")
            return
        self.history.heard(id, code)
        if code != "00":
            return
        done = self.message_about(fields, "0100")
        actual = self.random.randrange(1, facts["amount"] // 100 + 1) * 100
        done[4] = f"{actual:012d}"
        if self.random.random() < 0.3:
            del done[90]  # the retrieval reference is enough
        own = f"{id.rsplit('-', 2)[0]}-{done[11]}-{done[37]}-A"
        self.history.asked(own, **dict(facts, kind="withdrawal", amount=actual))
        self.advise(own, "0220", done)
        self.history.heard(own, "00")

    def offline_deposit(self):
        id, fields, facts = self.request()
        fields[3] = "210000"
        self.history.asked(f"{id}-A", **dict(facts, kind="deposit"))
        self.advise(id, "0220", fields)
        self.history.heard(f"{id}-A", "00")

    def transfer(self):
        id, fields, facts = self.request()
        fields[3] = "400000"
        to = self.random.choice([account for _, account, _ in self.cards
                                 if account != facts["account"]])
        fields[103] = to
        self.history.asked(id, **dict(facts, kind="transfer", to=to))
        code = self.exchange("0200", "0201", fields, time.monotonic() + self.patience_s)
        if code is None:
            self.reverse(id, fields)
        else:
            self.history.heard(id, code)

    def inquiry(self):
        _, fields, _ = self.request()
        fields[3] = "310000"
        del fields[4]
        code = self.exchange("0200", "0201", fields, time.monotonic() + self.patience_s)
        if code not in (None, "00", "91"):
            self.history.odd(f"{self.terminal}: an inquiry was answered {code}")

    def part(self, id, fields, facts):
        """Not all of the notes came out."""
        message = self.message_about(fields, "0200")
        actual = self.random.randrange(1, facts["amount"] // 100 + 1) * 100
        message[95] = f"{actual:012d}" + "0" * 30
        self.advise(id, "0420", message)
        self.history.partly(id, actual)

    def transaction(self):
        dice = self.random.random() if self.all_kinds else 1
        for chance, kind in ((0.10, self.hold), (0.20, self.transfer), (0.25, self.inquiry),
                             (0.29, self.offline_deposit)):
            if dice < chance:
                kind()
                return
        self.cash()

    def cash(self):
        id, fields, facts = self.request()
        self.history.asked(id, **facts)
        if self.random.random() < 0.01:  # the reversal overtakes: the original must not move money
            self.reverse(id, fields)
        patience = self.patience_s / (3 if self.random.random() < 0.2 else 1)
        code = self.exchange("0200", "0201", fields, time.monotonic() + patience)
        if code is not None:
            self.history.heard(id, code)
        if code is None:
            self.reverse(id, fields)
        elif code == "00" and self.random.random() < 0.04:  # the notes did not come out
            self.reverse(id, fields)
        elif self.all_kinds and code == "00" and facts["kind"] == "withdrawal" \
                and self.random.random() < 0.06:
            self.part(id, fields, facts)
        elif code != "91" and self.random.random() < 0.08:  # the same again: the same answer
            self.repeat(id, fields)

    def repeat(self, id, fields):
        self.line.close() if self.random.random() < 0.5 else None
        code = self.exchange("0200", "0201", fields, time.monotonic() + self.patience_s)
        if code is not None:
            self.history.heard(id, code)
