#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A fleet publishes by MQTT while the broker and every service of iot are killed -9 at random. Then
what was acknowledged is looked for in the topic, and rollups and alerts in the stores are held
against a fold of the topic."""

import argparse
import glob
import json
import os
import random
import sqlite3
import sys
import tempfile
import time

from fleet import Fleet
from house import Broken, House, Process
from iot_fold import Fold

SERVICES = ("iot-device", "telemetry-processor", "rollup-store", "anomaly-detection",
            "alert-desk", "device-state")
NAMES = ("broker",) + SERVICES
URL = ("mqtt://127.0.0.1:{port}?topics=devices/{{device}}/{{metric}},devices/{{device}}"
       "&commands=devices/{{device}}/command&reported=devices/{{device}}/reported")


class IotProcess(Process):
    def arguments(self):
        if self.name == "broker":
            return super().arguments()
        h = self.house
        arguments = [h.binary, "run", "iot", "--service", self.name, "--broker", h.bootstrap(),
                     "--dir", h.dir, "--port-file", self.port_file]
        if self.name == "iot-device":
            arguments += ["--edge", "mqtt=" + URL.format(port=self.port)]
        return arguments


class IotHouse(House):
    def __init__(self, root, binary, dir):
        super().__init__(root, binary, dir)
        self.processes = {name: IotProcess(self, name) for name in NAMES}

    def start_all(self):
        for name in NAMES:
            self[name].start()
            self.wait_ready(name)

    def rows(self, service, sql):
        found = []
        for path in sorted(glob.glob(os.path.join(self.dir, "iot", f"iot.{service}.1.*.db"))):
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
            try:
                found += connection.execute(sql).fetchall()
            finally:
                connection.close()
        return found

    def rollups(self):
        return {(row[0], row[1]): row[2:] for row in self.rows(
            "rollup-store",
            'SELECT key, sub, "count", "sum", "min", "max", "first", first_time, "last", '
            'last_time, squares, (SELECT counts FROM sketch s WHERE s.key = r.key AND s.sub = r.sub) '
            'FROM rollup r')}

    def alerts(self):
        return {row[0]: list(row[1:]) for row in self.rows(
            "alert-desk", "SELECT sub, state, raised, cleared, feature, score FROM alert")}


def differences(is_there, wanted):
    """(missing, too many, different)"""
    missing = [k for k in wanted if k not in is_there]
    more = [k for k in is_there if k not in wanted]
    other = [k for k in wanted if k in is_there and tuple(is_there[k]) != tuple(wanted[k])]
    return missing, more, other


def kill_one(house, chance):
    name = chance.choice(NAMES)
    house[name].kill()
    time.sleep(chance.random() * 0.1)
    house[name].start()
    house.wait_ready(name)


def drive(house, fleets, kills, chance):
    done = 0
    while done < kills and any(f.is_alive() for f in fleets):
        time.sleep(0.05 + chance.random() * 0.3)
        kill_one(house, chance)
        done += 1
    for fleet in fleets:
        fleet.join(300)
        if fleet.error or fleet.is_alive():
            raise Broken(f"{fleet.name}: {fleet.error or 'does not end'}")
    return done


def settle(house, limit_s=60):
    """Until stores and fold are equal, or for limit_s; then what is still off."""
    fold = Fold([dict(r, payload=json.loads(r["payload"]))
                 for r in house.dump("telemetry-event")])
    until = time.monotonic() + limit_s
    while True:
        rollups = differences(house.rollups(), fold.rows_with_sketches())
        alerts = differences(house.alerts(), fold.alerts)
        if not any(rollups + alerts) or time.monotonic() > until:
            return fold, rollups, alerts
        time.sleep(0.2)


def judge(house, fleets):
    acknowledged = {m for f in fleets for m in f.acknowledged}
    records = [json.loads(r["payload"]) for r in house.dump("telemetry-event")
               if "octavo.tick" not in r["headers"]]
    there = {(e["device"], e["boot"], e["seq"]) for e in records}
    lost = acknowledged - there
    fold, rollups, alerts = settle(house)
    counted = sum(r.count for key, r in fold.rollups.items() if "/1d/" in key[1])
    wanted = 2 * len(there)
    print(f"# {len(acknowledged)} messages acknowledged, {len(records)} in the topic, "
          f"{sum(f.repeats for f in fleets)} were sent twice, {sum(f.connects for f in fleets)} "
          f"connections, {len(fold.rollups)} rollups, {len(fold.alerts)} alerts")
    print(f"# lost {len(lost)}, points {counted} of {wanted}; rollups missing, too many, other: "
          f"{[len(x) for x in rollups]}; alerts: {[len(x) for x in alerts]}")
    return (not lost and counted == wanted and len(fold.alerts) > 0
            and not any(rollups) and not any(alerts))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default="build/release/octavo")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--messages", type=int, help="of each of 15 devices")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    a = parser.parse_args()
    messages = a.messages or max(300, 15 * a.kills)    # 140 are silent, then some must be alarms
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    chance = random.Random(a.seed)
    print("1..1")
    with tempfile.TemporaryDirectory(prefix="octavo-iot-") as dir:
        house = IotHouse(root, os.path.abspath(a.binary), dir)
        try:
            house.start_all()
            fleets = [Fleet(f"fleet-{n}", house["iot-device"].port,
                            [f"d{n}-{i}" for i in range(5)], messages, a.seed + n)
                      for n in range(3)]
            for fleet in fleets:
                fleet.start()
            killed = drive(house, fleets, a.kills, chance)
            good = judge(house, fleets)
        except Broken as e:
            print("".join(f"# {line}\n" for line in str(e).splitlines()), end="")
            killed, good = 0, False
        finally:
            house.destroy()
    print(f"{'ok' if good else 'not ok'} 1 - after {killed} kills nothing is lost, nothing counts "
          f"twice, and rollups and alerts are a fold of the topic (seed {a.seed})")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
