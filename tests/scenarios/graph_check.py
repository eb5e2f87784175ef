# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Holds `octavo graph --json` (standard input) against the mission's drawing of the system (a file of
tests/golden/mission): every box and arrow of it is there, and whatever else is there says why."""
import json
import re
import sys

golden = json.load(open(sys.argv[1]))
graph = json.load(sys.stdin)
wrong = []


def plain(title):
    return re.sub(r"[^a-z0-9]+", "-", title.lower())


boxes = {plain(b["title"]): b for b in graph["boxes"]}
titles = {b["name"] + "/" + b["kind"]: plain(b["title"]) for b in graph["boxes"]}


def title_of(name, other):
    """Services and topics may share a name; an arrow has one of each."""
    kinds = [k for k in ("service", "topic", "outside") if name + "/" + k in titles]
    if len(kinds) > 1:
        other_is_topic = other + "/topic" in titles
        kinds = [k for k in kinds if (k == "topic") != other_is_topic]
    return titles[name + "/" + kinds[0]]


arrows = {}
for a in graph["arrows"]:
    arrows[title_of(a["from"], a["to"]), title_of(a["to"], a["from"])] = a
used = set()

for b in golden["boxes"]:
    box = boxes.get(plain(b["title"]))
    if not box:
        wrong.append("no box %s" % b["title"])
    elif b["kind"] == "topic" and box["kind"] != "topic":
        wrong.append("%s is no topic" % b["title"])
    elif box["kind"] == "service" and box["replicas"] < b["count"]:
        wrong.append("%s stands there %d times" % (b["title"], b["count"]))
    used.add(plain(b["title"]))

for a in golden["arrows"]:
    way = plain(a["from"]), plain(a["to"])
    if way in arrows:
        used.add(way)
    elif a["drawn"] == "<" and way[::-1] in arrows:
        used.add(way[::-1])
    else:
        wrong.append("no arrow %s -> %s" % (a["from"], a["to"]))

for title, box in boxes.items():
    if title not in used and not box.get("added"):
        wrong.append("%s is not in the drawing and does not say why it is there" % box["name"])
for way, a in arrows.items():
    if way not in used and not a.get("added"):
        wrong.append("%s -> %s is not in the drawing and does not say why" % (a["from"], a["to"]))

print("\n".join(wrong))
sys.exit(1 if wrong else 0)
