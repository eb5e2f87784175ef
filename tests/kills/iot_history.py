#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""iot_history.py FILE: what `octavo verify iot --history FILE` has seen in the topic, folded again by
iot_fold.py, against the rollups and alerts that it has read from the stores: squares, too."""
import json
import sys

from iot_fold import Fold


def readings(records):
    """Those of a lane that were written again are known by their sequence."""
    for r in records:
        if r["operation"] == "reading":
            device, boot, sequence = r["id"].split(" ")
            received = max(int(p.split(" ")[0]) for p in r["other"].split(";"))
            yield {"partition": r["process"],
                   "headers": ["ce_type", "reading-taken", "ce_source", r["lane"], "ce_sequence", r["value"]],
                   "payload": {"device": device, "boot": int(boot), "seq": int(sequence),
                               "points": r["other"], "received": received}}


def row_of(text):
    words = text.split(" ")
    return (int(words[0]), *words[1:5], int(words[5]), words[6], int(words[7]), words[8])


def compare(what, there, wanted):
    missing, more = wanted.keys() - there.keys(), there.keys() - wanted.keys()
    other = [key for key in wanted if key in there and there[key] != wanted[key]]
    print(f"# {what}: {len(there)} there, missing {len(missing)}, too many {len(more)}, other {len(other)}")
    for key in [*missing, *more, *other][:5]:
        print(f"#   {key}: {there.get(key)}, wanted {wanted.get(key)}")
    return not missing and not more and not other


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        records = [json.loads(line) for line in f]
    fold = Fold(readings(records))
    rollups, alerts = {}, {}
    for r in records:
        if r["operation"] == "rollup":
            device, window = r["id"].split(" ", 1)
            rollups[device, window] = row_of(r["other"])
        elif r["operation"] == "alert":
            alerts[r["id"]] = (r["value"], r["place"])
    good = compare("rollups", rollups, fold.rows()) and len(rollups) > 0
    good = compare("alerts", alerts, {k: (a[1], a[2]) for k, a in fold.alerts.items()}) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
