# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""The judge: holds the books (SQLite, read-only) and the topic against what the terminals saw.

It knows three published contracts and no code: the tables of octavo.yaml, the id of a request
(TERMINAL-YYYYMMDD-STAN-RRN), and the envelope of an event (ce_id, ce_source, ce_sequence, ce_type).
Everything is first read into plain values (Books, Event), so that every check is a small pure
function, and planted.py can prove of each that it is able to fail.
"""

from collections import Counter, defaultdict, namedtuple

# One leg of a posting. kind is "posting" or "reversal"; `transaction` is the request that is posted
# or taken back, `by` the request that did it: the same, or the reversal.
Leg = namedtuple("Leg", "task entry transaction by kind account amount currency")
# A record of the topic. `task` is its partition.
Event = namedtuple("Event", "task offset id source sequence type key fields")
# balances: {(task, account, currency): minor units}. Customers' accounts have no colon in their name;
# cash:203 is what the machines hold, suspense:203 what nobody could be charged for.
# clearing:203 what is between two halves of a transfer. lines: {account: how far below zero it may go,
# None: it was forced}; held: {account: (what its row says it holds, the sum of its open holds)}.
Books = namedtuple("Books", "legs balances lines held", defaults=({}, {}))


class Findings:
    """Checks by name, each with what it found wrong, and how much it looked at."""

    def __init__(self):
        self.checks = {}
        self.looked_at = {}

    def check(self, name, looked_at=0):
        self.looked_at[name] = looked_at
        return self.checks.setdefault(name, [])

    def wrong(self):
        return {name: found for name, found in self.checks.items() if found}


# What stands against the account that a posting is about. What one account cannot give back alone is
# split between it and suspense, and then stands against the same contra account twice.
CONTRA = ("cash:", "clearing:")


def is_internal(account):
    return ":" in account


def legs_by_posting(books):
    entries = defaultdict(list)
    for leg in books.legs:
        entries[(leg.task, leg.transaction, leg.kind)].append(leg)
    return entries


def moved(books):
    """What each transaction moved, reversals included, seen from outside the machines' cash. The
    halves of a transfer, ID/credit and so on, are of one transaction; its clearing is inside."""
    result = defaultdict(Counter)
    for leg in books.legs:
        if not leg.account.startswith(CONTRA):
            result[leg.transaction.split("/")[0]][(leg.account, leg.currency)] += leg.amount
    return result


def expected(facts):
    """What an approved answer says that moved."""
    amount = facts.get("actual", facts["amount"])
    account, currency = facts["account"], facts["currency"]
    if facts["kind"] == "hold":
        return {}
    if facts["kind"] == "transfer":
        return {(account, currency): -amount, (facts["to"], currency): amount}
    return {(account, currency): amount if facts["kind"] == "deposit" else -amount}


def outcome(facts):
    """What the outside world knows: approved, declined, refused (91), reversed or unknown."""
    codes = facts["codes"]
    if facts["reversal"] == "00":
        return "reversed"
    if facts["reversal_asked"]:
        return "unknown"  # its terminal never got the acknowledgement
    if "00" in codes:
        return "approved"
    if "91" in codes:
        return "refused"
    return "declined" if codes else "unknown"


# ---- the books by themselves

def check_books(books, findings):
    entries = legs_by_posting(books)
    found = findings.check("every posting sums to zero", len(entries))
    for (task, transaction, kind), legs in sorted(entries.items()):
        sums = Counter()
        for leg in legs:
            sums[leg.currency] += leg.amount
        for currency, total in sums.items():
            if total:
                found.append(f"{kind} of {transaction} in task {task}: {total} {currency}")
        if len(legs) < 2:
            found.append(f"{kind} of {transaction} in task {task} has one leg")

    found = findings.check("no transaction id twice", len(entries))
    tasks_of = defaultdict(set)
    for leg in books.legs:
        tasks_of[leg.transaction].add(leg.task)
    for transaction, tasks in sorted(tasks_of.items()):
        if len(tasks) > 1:
            found.append(f"{transaction} stands in tasks {sorted(tasks)}")
    for (task, transaction, kind), legs in sorted(entries.items()):
        accounts = Counter(leg.account for leg in legs if not leg.account.startswith(CONTRA))
        if max(accounts.values(), default=0) > 1:
            found.append(f"{kind} of {transaction} in task {task} stands {max(accounts.values())} times")
        by = {leg.by for leg in legs}
        if len(by) > 1:
            found.append(f"{kind} of {transaction} in task {task} was done by {sorted(by)}")

    found = findings.check("balances are the fold of the postings", len(books.balances))
    fold = Counter()
    for leg in books.legs:
        fold[(leg.task, leg.account, leg.currency)] += leg.amount
    for account in sorted(set(fold) | set(books.balances)):
        if fold[account] != books.balances.get(account, 0):
            found.append(f"{account}: balance {books.balances.get(account)}, postings {fold[account]}")

    found = findings.check("the sum of all balances is 0 in each currency", len(books.balances))
    sums = Counter()
    for (_, _, currency), balance in books.balances.items():
        sums[currency] += balance
    for currency, total in sorted(sums.items()):
        if total:
            found.append(f"{total} {currency}")

    found = findings.check("no account was ever overdrawn", len(books.legs))
    running = Counter()
    for leg in sorted(books.legs, key=lambda leg: (leg.task, leg.entry)):
        account = (leg.task, leg.account, leg.currency)
        running[account] += leg.amount
        line = books.lines.get(leg.account, 0)
        if line is not None and running[account] < -line and not is_internal(leg.account):
            found.append(f"{leg.account}: {running[account]} after {leg.transaction}")

    found = findings.check("clearings net to zero at rest", len(books.balances))
    clearings = Counter()
    for (_, account, currency), balance in books.balances.items():
        if account.startswith("clearing:"):
            clearings[currency] += balance
    found.extend(f"{total} {currency}" for currency, total in sorted(clearings.items()) if total)

    found = findings.check("an account holds what its holds are", len(books.held))
    found.extend(f"{account}: {says} in its row, {holds} in its holds"
                 for account, (says, holds) in sorted(books.held.items()) if says != holds)

    found = findings.check("log entries count from 1 without gaps", len(books.legs))
    numbers = defaultdict(set)
    for leg in books.legs:
        numbers[leg.task].add(leg.entry)
    for task, seen in sorted(numbers.items()):
        if seen != set(range(1, len(seen) + 1)):
            found.append(f"task {task}: {len(seen)} entries, the last is {max(seen)}")


# ---- the books against the terminals

def left_behind(facts, legs):
    """What it has moved in all. What a transfer takes one account, it gives another: who pays counts.
    What a payee has spent by then, suspense gives."""
    if facts["kind"] == "transfer":
        return legs.get((facts["account"], facts["currency"]), 0)
    return sum(legs.values())


def check_history(books, history, findings):
    by_transaction = moved(books)
    outcomes = {id: outcome(facts) for id, facts in history.items()}
    counts = Counter(outcomes.values())

    lost = findings.check("every approved answer is in the ledger, with its account and amount",
                          counts["approved"])
    for id, facts in sorted(history.items()):
        if outcomes[id] != "approved":
            continue
        if dict(by_transaction.get(id, {})) != expected(facts):
            lost.append(f"{id}: approved {expected(facts)}, "
                        f"in the books {dict(by_transaction.get(id, {}))}")

    names = {"refused": "no 91 leaves money moved", "declined": "no decline moves money",
             "reversed": "a reversed transaction nets to zero"}
    for kind, name in names.items():
        found = findings.check(name, counts[kind])
        for id in sorted(history):
            if outcomes[id] == kind and left_behind(history[id], by_transaction.get(id, {})):
                found.append(f"{id}: {history[id]['codes']}, moved {dict(by_transaction[id])}")

    found = findings.check("no posting that no terminal asked for", len(by_transaction))
    for id in sorted(by_transaction):
        if id not in history:
            found.append(f"{id}: {dict(by_transaction[id])}")

    found = findings.check("a repeated request gets the same answer",
                           sum(len(f["codes"]) > 1 for f in history.values()))
    for id, facts in sorted(history.items()):
        if len(set(facts["codes"]) - {"91"}) > 1:  # 91: not now; it says nothing of the outcome
            found.append(f"{id}: {facts['codes']}")

    found = findings.check("every transaction came to an end", len(history))
    found.extend(id for id in sorted(history) if outcomes[id] == "unknown")
    return counts


# ---- the books against the topic

def check_events(books, events, findings, posted_types, reversed_types):
    found = findings.check("a lane's sequences are contiguous and a repeat is equal", len(events))
    lanes = defaultdict(dict)
    repeats = 0
    for event in events:
        if event.source is None:
            continue
        lane = lanes[(event.task, event.source)]
        before = lane.setdefault(event.sequence, event)
        if before is event:
            if event.sequence != max(lane):
                found.append(f"{event.source} partition {event.task}: {event.sequence} for the first "
                             f"time after {max(lane)}")
            continue
        repeats += 1
        if (before.id, before.type, before.fields) != (event.id, event.type, event.fields):
            found.append(f"{event.source} {event.sequence}: repeated with another content")
    for (task, source), lane in sorted(lanes.items()):
        if sorted(lane) != list(range(min(lane), min(lane) + len(lane))):
            found.append(f"{source} partition {task}: {len(lane)} events in "
                         f"{min(lane)}..{max(lane)}")

    found = findings.check("an event's id stands at one place of one lane", len(events))
    places = defaultdict(set)
    for event in events:
        places[event.id].add((event.task, event.source, event.sequence))
    found.extend(f"{id}: {sorted(where, key=str)}" for id, where in sorted(places.items(), key=str)
                 if len(where) > 1)

    first = {event.id: event for event in reversed(events)}
    announced = Counter()
    for event in first.values():
        if event.type in posted_types:
            announced[(event.task, event.fields.get("request"), "posting")] += 1
        elif event.type in reversed_types and event.fields.get("entry"):  # 0: nothing to take back
            announced[(event.task, event.fields.get("original"), "reversal")] += 1
    entries = legs_by_posting(books)
    found = findings.check("each entry has its event, once", len(entries))
    for entry in sorted(entries):
        if announced[entry] != 1:
            found.append(f"{entry[2]} of {entry[1]} in task {entry[0]}: {announced[entry]} events")
    found = findings.check("each event that tells of money has its entry", sum(announced.values()))
    for entry in sorted(announced, key=str):
        if entry not in entries:
            found.append(f"{entry[2]} of {entry[1]} in task {entry[0]}")
    return repeats


def judge(books, history, events, posted_types, reversed_types):
    """Findings, and the figures of the last line."""
    findings = Findings()
    check_books(books, findings)
    counts = check_history(books, history, findings)
    repeats = check_events(books, events, findings, posted_types, reversed_types)
    figures = {
        "outcomes": dict(counts),
        "lost": len(findings.checks["every approved answer is in the ledger, with its account and "
                                    "amount"]),
        "repeated": len(findings.checks["no transaction id twice"]),
        "repeats_in_topic": repeats,
        "compared": sum("limits" in e.fields for e in events),
    }
    return findings, figures


# ---- beside the books

def governor_faults(alerts, compared):
    """A decision that the governor derives otherwise is told in limit-alert."""
    found = [f"{e.fields.get('request')}: {e.fields}" for e in alerts
             if e.type == "decision-diverged"]
    return found or ([] if compared else ["no decision told its limits: nothing was derived"])


def notice_faults(events, references):
    """A mail for each request that was posted; one more at most for each reversal, none twice."""
    posted = {e.fields["request"] for e in events if e.type == "transaction-posted"}
    reversals = {e.fields["request"] for e in events if e.type == "transaction-reversed"}
    told = Counter(references)
    return ([f"{r} was posted and not told" for r in sorted(posted - set(told))]
            + [f"{r} was told {n} times" for r, n in sorted(told.items()) if n > 1]
            + [f"{r} was told and never posted" for r in sorted(set(told) - posted - reversals)])
