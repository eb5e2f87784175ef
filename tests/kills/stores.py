# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Reads the stores (SQLite, read-only) and the topic's dump into the judge's plain values.

The only place that knows tables and columns, as src/systems/accounts/octavo.yaml declares them.
"""

import email
import glob
import json
import os
import re
import sqlite3

from house import GATEWAY, PROCESSOR
from judge import Books, Event, Leg

POSTED_TYPES = {"transaction-posted"}
REVERSED_TYPES = {"transaction-reversed"}


def store_files(dir, service="*"):
    """[(service, generation, task, path)]"""
    found = []
    for path in sorted(glob.glob(os.path.join(dir, "accounts", f"accounts.{service}.*.db"))):
        match = re.fullmatch(r"accounts\.(.+)\.(\d+)\.(\d+)\.db", os.path.basename(path))
        if match:
            found.append((match[1], int(match[2]), int(match[3]), path))
    return found


def query(path, sql):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def read_books(dir):
    """A row of `posting` is two legs: account and contra."""
    legs, balances, lines, held = [], {}, {}, {}
    for _, _, task, path in store_files(dir, PROCESSOR):
        originals = dict(query(path, """SELECT sub, original FROM "transaction"
                                        WHERE kind = 'reversal'"""))
        for entry, by, account, amount, contra, contra_amount, currency in query(
                path, """SELECT entry, "transaction", account, amount, contra, contra_amount,
                                currency FROM posting"""):
            kind = "reversal" if by in originals else "posting"
            for name, value in ((account, amount), (contra, contra_amount)):
                legs.append(Leg(task, entry, originals.get(by, by), by, kind, name, value, currency))
        for account, currency, balance in query(
                path, """SELECT sub, currency, balance FROM account
                         UNION ALL SELECT sub, currency, balance FROM internal"""):
            balances[(task, account, currency)] = balance
        holds = dict(query(path, """SELECT key, sum(held) FROM "transaction"
                                    WHERE state IN ('held', 'reversing') GROUP BY key"""))
        for account, overdraft, forced, says in query(
                path, "SELECT sub, overdraft, forced, held FROM account"):
            lines[account] = None if forced else overdraft
            held[account] = (says, holds.get(account, 0))
    return Books(legs, balances, lines, held)


def headers_of(record):
    pairs = record.get("headers") or []
    return dict(zip(pairs[::2], pairs[1::2]))


def read_events(records):
    events = []
    for record in records:
        headers = headers_of(record)
        payload = record.get("payload")
        sequence = headers.get("ce_sequence")
        events.append(Event(record["partition"], record["offset"], headers.get("ce_id"),
                            headers.get("ce_source") if sequence else None,
                            int(sequence) if sequence else None, headers.get("ce_type"),
                            record.get("key"), json.loads(payload) if payload else {}))
    return events


def is_drained(house):
    """No outbox holds anything, and each service has read each partition to its end."""
    for _, _, _, path in store_files(house.dir):
        try:
            if query(path, "SELECT count(*) FROM outbox")[0][0]:
                return False
            if query(path, "SELECT count(*) FROM effect")[0][0]:
                return False
            positions = query(path, "SELECT topic, partition, next_offset FROM position")
        except sqlite3.OperationalError:
            return False  # it is being checkpointed; ask again
        for topic, partition, next_offset in positions:
            end = int(house.kcat("-Q", "-t", f"{topic}:{partition}:-1").split()[-1])
            if next_offset < end:
                return False
    return True


def mail_references(dir):
    """What each mail of the folder is about: the last word of its body."""
    found = []
    for path in glob.glob(os.path.join(dir, "accounts", "mail", "*.eml")):
        with open(path, "rb") as f:
            body = email.message_from_binary_file(f).get_payload(decode=True).decode("utf-8")
        found.append(body.split()[-1])
    return found


def cards_known(house):
    """How many cards the gateway can answer for."""
    try:
        return sum(query(path, "SELECT count(*) FROM card")[0][0]
                   for _, _, _, path in store_files(house.dir, GATEWAY))
    except sqlite3.OperationalError:
        return 0


def cards_in_files(dir, cards):
    """Where a card number stands in clear."""
    found = []
    pattern = re.compile(b"|".join(card.encode("ascii") for card in cards))
    for folder, _, names in os.walk(dir):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                data = f.read()
            match = pattern.search(data)
            if match:
                found.append(f"{os.path.relpath(path, dir)} at {match.start()}: "
                             f"{match[0][:6].decode()}...")
    return found
