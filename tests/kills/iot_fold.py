# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""What telemetry-processor and anomaly-detection should have made of the topic, folded again from
its records: the same rules, none of the code."""

import math
from decimal import Decimal, ROUND_HALF_UP

LEVELS = (("1s", 1000), ("1m", 60000), ("15m", 900000), ("1h", 3600000), ("1d", 86400000))
AHEAD_MS, BEHIND_MS = 10 * 60 * 1000, 366 * 24 * 3600 * 1000
KNOWN, QUIET, THRESHOLD, MOST = 64, 140, 3.6, 20.0


def millionths(text):
    return int((Decimal(text) * 1000000).to_integral_value(ROUND_HALF_UP))


def decimal(value):
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole, rest = divmod(value, 1000000)
    return f"{sign}{whole}" + (f".{rest:06d}".rstrip("0") if rest else "")


def once(records):
    """A lane's repeats are dropped, as every reader of Octavo's does."""
    highest = {}
    for record in records:
        headers = dict(zip(record["headers"][::2], record["headers"][1::2]))
        if headers["ce_type"] == "octavo.tick":
            continue
        lane = (record["partition"], headers["ce_source"])
        sequence = int(headers["ce_sequence"])
        if sequence > highest.get(lane, -1):
            highest[lane] = sequence
            yield record


class Seen:
    """Which messages of a device were here: two boots, 64 sequences back each."""

    def __init__(self):
        self.boots = []  # newest first: [boot, high, set of sequences]

    def is_repeat(self, boot, sequence):
        if len(self.boots) == 2 and boot != self.boots[0][0] and boot == self.boots[1][0]:
            return self.take(self.boots[1], sequence)
        if not self.boots or boot != self.boots[0][0]:
            self.boots = [[boot, sequence, {sequence}]] + self.boots[:1]
            return False
        return self.take(self.boots[0], sequence)

    @staticmethod
    def take(window, sequence):
        if sequence > window[1]:
            window[1] = sequence
        elif window[1] - sequence >= KNOWN or sequence in window[2]:
            return True
        window[2].add(sequence)
        return False


def bucket(value):
    """The highest bit of the number and the four behind it."""
    if not value:
        return 0
    high = abs(value).bit_length() - 1
    cut = int(abs(value) * 16 / 2 ** high) if high < 4 else abs(value) >> (high - 4)
    return (1 + high * 16 + cut % 16) * (1 if value > 0 else -1)


class Rollup:
    def __init__(self):
        self.count = self.sum = self.squares = 0
        self.buckets = {}

    def add(self, value, time):
        self.count += 1
        self.sum += value
        self.squares += value * value
        self.buckets[bucket(value)] = self.buckets.get(bucket(value), 0) + 1
        if self.count == 1:
            self.min = self.max = self.first = self.last = value
            self.first_time = self.last_time = time
            return
        self.min, self.max = min(self.min, value), max(self.max, value)
        if time < self.first_time:
            self.first, self.first_time = value, time
        if time >= self.last_time:
            self.last, self.last_time = value, time

    def sketch(self):
        return ",".join(f"{b}:{n}" for b, n in sorted(self.buckets.items()))

    def row(self):
        return (self.count, decimal(self.sum), decimal(self.min), decimal(self.max),
                decimal(self.first), self.first_time, decimal(self.last), self.last_time,
                str(self.squares))


class Spread:
    def __init__(self):
        self.mean = self.variance = 0.0
        self.count = 0

    def take(self, x):
        deviation, off = math.sqrt(self.variance), x - self.mean
        score = 0.0
        if self.count and off != 0:
            score = abs(off) / deviation if deviation > 0 else MOST
        self.count += 1
        weight = 1.0 / self.count
        self.mean += weight * off
        self.variance = (1 - weight) * (self.variance + weight * off * off)
        return min(score, MOST)


class Detector:
    def __init__(self):
        self.count = self.quiet = 0
        self.level = self.drift = self.step = self.unit = 0.0
        self.spreads = {"level": Spread(), "drift": Spread(), "noise": Spread()}

    def take(self, value):
        """(alarm, calm, score, feature)"""
        if not self.count:
            self.first = self.previous = value
            self.quiet = QUIET
        self.count += 1
        evenly, x = 1.0 / self.count, value - self.first
        self.level += max(0.14, evenly) * (x - self.level)
        self.drift += max(0.02, evenly) * (x - self.drift)
        step, self.previous = value - self.previous, value
        self.step += max(0.1, evenly) * (step * step - self.step)
        if self.unit == 0 and self.step > 0 and self.count >= 3:
            self.unit = self.step
        scores = [(self.spreads["level"].take(self.level), "level"),
                  (self.spreads["drift"].take(self.drift), "drift")]
        if self.unit:
            scores.append((self.spreads["noise"].take(math.log(max(self.step / self.unit, 1e-12))),
                           "noise"))
        score, feature = max(scores, key=lambda s: s[0])
        if self.quiet:
            self.quiet -= 1
            return False, False, score, feature
        if score >= THRESHOLD:
            self.quiet = QUIET
            return True, False, score, feature
        return False, True, score, feature


class Fold:
    """Every record of the topic, each partition in its order."""

    def __init__(self, records):
        self.rollups, self.alerts, self.messages = {}, {}, {}
        self.seen, self.series = {}, {}
        for record in once(records):
            self.reading(record["payload"])

    def reading(self, event):
        device = event["device"]
        if "seq" in event:
            seen = self.seen.setdefault(device, Seen())
            if seen.is_repeat(event["boot"], event["seq"]):
                return
        for point in event["points"].split(";"):
            time, value, metric = point.split(" ", 2)
            time = int(time)
            if not event["received"] - BEHIND_MS <= time <= event["received"] + AHEAD_MS:
                time = event["received"]
            self.point(device, metric, value, time)

    def point(self, device, metric, value, time):
        for level, length in LEVELS:
            key = (device, f"{metric}/{level}/{time - time % length}")
            self.rollups.setdefault(key, Rollup()).add(millionths(value), time)
        series = self.series.setdefault((device, metric), [Detector(), None, None])
        if series[1] is not None and time < series[1]:
            return
        series[1] = time
        alarm, calm, score, feature = series[0].take(float(value))
        if alarm and not series[2]:
            series[2] = f"{device}/{metric}/anomaly/{time}"
            self.alerts[series[2]] = ["open", time, 0, feature, f"{score:.2f}"]
        elif calm and series[2]:
            self.alerts[series[2]][0] = "cleared"
            self.alerts[series[2]][2] = time
            series[2] = None

    def rows(self):
        return {key: rollup.row() for key, rollup in self.rollups.items()}

    def rows_with_sketches(self):
        """One value has none."""
        return {key: rollup.row() + (rollup.sketch() if rollup.count > 1 else None,)
                for key, rollup in self.rollups.items()}
