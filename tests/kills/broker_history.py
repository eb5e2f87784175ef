# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""What clients of a broker did and heard (tests/scenarios/broker_clients.c), and whether what is read
at the end can be true.

An outcome that nobody heard is neither: the record may be there or not. Numbers of one incarnation of
a producer rise; it may leave some out, as librdkafka gives up what it cannot send.
"""

import random
from collections import defaultdict

CHECKS = ("lost", "repeated", "reordered", "aborted read", "torn transaction", "offset conflict",
          "never written")


class Heard:
    def __init__(self):
        self.sent = {}                          # value -> (partition, transaction or None)
        self.acked = {}                         # value -> (partition, offset)
        self.committed, self.aborted = set(), set()
        self.read = []                          # (value, partition, offset), as read while it ran
        self.errors = []

    def add(self, text):
        for line in text.splitlines():
            word = line.split(" ")
            if word[0] == "send":
                self.sent[word[1]] = (int(word[2]), word[3] or None)
            elif word[0] == "acked":
                self.acked[word[1]] = (int(word[2]), int(word[3]))
            elif word[0] == "read":
                self.read.append((word[1], int(word[2]), int(word[3])))
            elif word[0] == "committed":
                self.committed.add(word[1])
            elif word[0] == "aborted":
                self.aborted.add(word[1])
            elif word[0] == "error":
                self.errors.append(line)
        return self


def promised(heard):
    """value -> (partition, offset or None) of all that must be there."""
    out = {}
    for value, (partition, transaction) in heard.sent.items():
        if transaction in heard.committed or (value in heard.acked and not transaction):
            out[value] = heard.acked.get(value, (partition, None))
    for value, partition, offset in heard.read:
        out[value] = (partition, offset)
    return out


def places(heard, seen):
    """offset conflict: one place with two values, one value at two places told to somebody."""
    at, wrong = {}, []
    told = [(v, p, o) for v, (p, o) in heard.acked.items() if heard.sent[v][1] not in heard.aborted]
    told += heard.read
    final = {}
    for value, partition, offset in seen:
        if at.setdefault((partition, offset), value) != value:
            wrong.append(f"{partition}:{offset} holds {value} and {at[(partition, offset)]}")
        final.setdefault(value, (partition, offset))
    for value, partition, offset in told:
        if value in final and final[value] != (partition, offset):
            wrong.append(f"{value} was told to be at {partition}:{offset}, is at {final[value]}")
        elif at.get((partition, offset), value) != value:
            wrong.append(f"{partition}:{offset} was told to hold {value}, holds {at[(partition, offset)]}")
    return wrong


def order(rows, what):
    """Offsets rise in a partition, and numbers of an incarnation with them."""
    wrong, number, offset_of = [], {}, {}
    for value, partition, offset in rows:
        producer, incarnation, at = value.split(".")
        key = (producer, incarnation, partition)
        if int(at) <= number.get(key, -1):
            wrong.append(f"{what}: {value} behind number {number[key]} in {partition}")
        if offset <= offset_of.get(partition, -1):
            wrong.append(f"{what}: offset {partition}:{offset} behind {offset_of[partition]}")
        number[key], offset_of[partition] = int(at), offset
    return wrong


def transactions(heard, there):
    """(aborted reads, torn ones)"""
    members = defaultdict(list)
    for value, (_, transaction) in heard.sent.items():
        if transaction:
            members[transaction].append(value)
    aborted, torn = [], []
    for transaction, values in members.items():
        count = sum(value in there for value in values)
        if transaction in heard.aborted and count:
            aborted.append(f"{count} of {transaction} are read, which was aborted")
        elif 0 < count < len(values):
            torn.append(f"{count} of {len(values)} of {transaction} are read")
    for value, _, _ in heard.read:
        if heard.sent.get(value, (0, None))[1] in heard.aborted:
            aborted.append(f"{value} was read while it ran, and aborted")
    return aborted, torn


def judge(heard, seen):
    """check -> what is wrong, for each of CHECKS; `seen` is what is committed, in the order read."""
    counts = defaultdict(int)
    for value, _, _ in seen:
        counts[value] += 1
    wrong = {check: [] for check in CHECKS}
    wrong["lost"] = [f"{value} of {place}" for value, place in promised(heard).items() if value not in counts]
    wrong["repeated"] = [f"{value} is there {count} times" for value, count in counts.items() if count > 1]
    wrong["reordered"] = order(seen, "at the end") + order(heard.read, "while it ran")
    wrong["aborted read"], wrong["torn transaction"] = transactions(heard, counts)
    wrong["offset conflict"] = places(heard, seen)
    wrong["never written"] = [value for value in counts if value not in heard.sent]
    return {check: found for check, found in wrong.items() if found}


# ---- can it fail?

def clean(dice, count):
    """A history without a fault, and what a reader sees: two producers, one of them in transactions."""
    heard, seen, ends = Heard(), [], defaultdict(int)
    for number in range(count):
        producer = dice.randrange(2)
        transaction = f"1/{number // 40}" if producer else None
        fate = "aborted" if producer and number // 40 % 3 == 2 else "committed"
        value, partition = f"{producer}.1.{number}", dice.randrange(3)
        heard.sent[value] = (partition, transaction)
        if not producer and dice.random() < 0.1:  # unknown, and there or not
            if dice.random() < 0.5:
                continue
        else:
            heard.acked[value] = (partition, ends[partition])
        if transaction:
            (heard.aborted if fate == "aborted" else heard.committed).add(transaction)
        if fate == "committed" or not transaction:
            seen.append((value, partition, ends[partition]))
        ends[partition] += 1 + (dice.random() < 0.05)
    heard.read = [row for row in seen if row[0] in heard.acked][: count // 2]
    return heard, seen


def plant(check, dice, heard, seen):
    """The same with one anomaly."""
    seen = list(seen)
    sure = [i for i, row in enumerate(seen) if row[0] in heard.acked and not heard.sent[row[0]][1]]
    behind = {i: j for i in sure for j in reversed(sure) if j > i and seen[j][1] == seen[i][1]}
    i = dice.choice(sorted(behind)[5:])
    value, partition, offset = seen[i]
    if check == "lost":
        del seen[i]
    elif check == "repeated":
        seen.append((value, partition, max(o for _, p, o in seen if p == partition) + 1))
    elif check == "reordered":
        later = behind[i]
        seen[i], seen[later] = ((seen[later][0], partition, offset), (value, partition, seen[later][2]))
    elif check == "aborted read":
        gone = dice.choice([v for v, (_, t) in heard.sent.items() if t in heard.aborted])
        place = heard.sent[gone][0]
        seen.append((gone, place, max([o for _, p, o in seen if p == place]) + 1))
    elif check == "torn transaction":
        rows = [row for row in seen if heard.sent[row[0]][1]]
        seen.remove(dice.choice(rows))
    elif check == "offset conflict":
        heard.acked[value] = (partition, offset + 1)
    elif check == "never written":
        seen.append(("0.1.999999", partition, max(o for _, p, o in seen if p == partition) + 1))
    return judge(heard, seen)


def self_test(seed, histories=200):
    """What is wrong with this judge: alarms about clean histories, planted anomalies it does not name."""
    dice, wrong = random.Random(f"planted {seed}"), []
    for _ in range(histories):
        found = judge(*clean(dice, 300))
        if found:
            wrong.append(f"a clean history is called {found}")
    for check in CHECKS:
        for _ in range(histories // 10):
            found = plant(check, dice, *clean(dice, 300))
            if check not in found:
                wrong.append(f"a planted one, {check}, is called {found or 'clean'}")
    return wrong


if __name__ == "__main__":
    print(self_test(1))
