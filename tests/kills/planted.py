# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Proof that the judge can fail: honest books pass, and each planted anomaly is found by the check
that is meant to find it. Run it alone: python3 tests/kills/planted.py (TAP)."""

import copy
import sys

import judge
from judge import Books, Event, Leg

POSTED, REVERSED = {"account-posted"}, {"account-reversed"}
CASH = "cash:203"


class Story:
    """A small honest day: deposits, withdrawals, a decline, a 91 that was taken back, a reversal."""

    def __init__(self):
        self.legs, self.events, self.history, self.balances = [], [], {}, {}
        self.sequence, self.held = {}, {"a": (0, 0)}

    def event(self, task, type, fields):
        sequence = self.sequence[task] = self.sequence.get(task, 0) + 1
        self.events.append(Event(task, len(self.events), f"e{task}-{sequence}", f"/p/{task}",
                                 sequence, type, "key", fields))

    def post(self, task, id, account, amount, kind="posting", contra=CASH):
        at = sum(leg.task == task for leg in self.legs)
        for offset, (name, value) in enumerate(((account, amount), (contra, -amount))):
            by = id if kind == "posting" else id + "-R"
            self.legs.append(Leg(task, at + offset + 1, id, by, kind, name, value, "203"))
            key = (task, name, "203")
            self.balances[key] = self.balances.get(key, 0) + value
        fields = {"request": id} if kind == "posting" else {"request": id + "-R", "original": id}
        fields["entry"] = at + 1
        self.event(task, "account-posted" if kind == "posting" else "account-reversed", fields)

    def ask(self, id, account, amount, codes, reversal=None):
        kind = "deposit" if amount > 0 else "withdrawal"
        self.history[id] = {"id": id, "kind": kind, "account": account, "amount": abs(amount),
                            "currency": "203", "codes": codes, "reversal": reversal,
                            "reversal_asked": reversal is not None}

    def books(self):
        return Books(self.legs, self.balances, {}, self.held)


def honest():
    s = Story()
    for task, account in ((0, "a"), (1, "b")):
        s.ask(f"d{account}", account, 1000, ["00"])
        s.post(task, f"d{account}", account, 1000)
    s.ask("w1", "a", -300, ["00", "00"])
    s.post(0, "w1", "a", -300)
    s.ask("w2", "b", -5000, ["51"])
    s.event(1, "account-declined", {"request": "w2"})
    s.ask("w3", "a", -100, ["91"])
    s.post(0, "w3", "a", -100)
    s.post(0, "w3", "a", 100, "reversal")
    s.ask("w4", "b", -200, ["00"], "00")
    s.post(1, "w4", "b", -200)
    s.post(1, "w4", "b", 200, "reversal")
    s.ask("w5", "b", -200, [], "00")
    s.event(1, "account-reversed", {"request": "w5-R", "original": "w5", "entry": 0})
    s.ask("d2", "b", 400, ["00"], "00")  # spent before it is taken back: suspense gives the rest
    s.post(1, "d2", "b", 400)
    s.ask("w7", "b", -1300, ["00"])
    s.post(1, "w7", "b", -1300)
    s.ask("h1", "a", -50, ["00"])  # a hold moves nothing, its completion does
    s.history["h1"]["kind"] = "hold"
    s.ask("h1-A", "a", -30, ["00"])
    s.post(0, "h1-A", "a", -30)
    s.ask("t1", "a", -100, ["00"])
    s.history["t1"].update(kind="transfer", to="b")
    s.post(0, "t1", "a", -100, contra="clearing:203")
    s.post(1, "t1/credit", "b", 100, contra="clearing:203")
    s.ask("w8", "b", -100, ["00"])  # of which 60 came out
    s.history["w8"]["actual"] = 60
    s.post(1, "w8", "b", -100)
    s.post(1, "w8", "b", 40, "reversal")
    at = s.legs[-1].entry
    for n, (account, value) in enumerate((("b", -100), (CASH, 100), ("suspense:203", -300),
                                          (CASH, 300)), 1):
        s.legs.append(Leg(1, at + n, "d2", "d2-R", "reversal", account, value, "203"))
        key = (1, account, "203")
        s.balances[key] = s.balances.get(key, 0) + value
    s.event(1, "account-reversed", {"request": "d2-R", "original": "d2", "entry": at + 1})
    take_back_a_spent_transfer(s)
    return s


def take_back_a_spent_transfer(s):
    """b has 30 of the 100 left: it returns them, suspense the other 70, and a has all of it back."""
    s.ask("t2", "a", -100, ["00"], "00")
    s.history["t2"].update(kind="transfer", to="b")
    s.post(0, "t2", "a", -100, contra="clearing:203")
    s.post(1, "t2/credit", "b", 100, contra="clearing:203")
    s.ask("w9", "b", -110, ["00"])
    s.post(1, "w9", "b", -110)
    s.post(1, "t2/return", "b", -30, contra="clearing:203")
    at = s.legs[-1].entry
    for n, (account, value) in enumerate((("suspense:203", -70), ("clearing:203", 70)), 1):
        s.legs.append(Leg(1, at + n, "t2/return", "t2/return", "posting", account, value, "203"))
        key = (1, account, "203")
        s.balances[key] = s.balances.get(key, 0) + value
    s.post(0, "t2", "a", 100, "reversal", contra="clearing:203")


def replace(list, index, **changes):
    list[index] = list[index]._replace(**changes)


def lose_a_leg(s):
    leg = s.legs.pop()
    s.balances[(leg.task, leg.account, leg.currency)] -= leg.amount


def post_twice(s):
    s.post(0, "w1", "a", -300)


def return_twice(s):
    s.post(1, "t2/return", "b", -30, contra="clearing:203")


def post_in_two_tasks(s):
    s.post(1, "w1", "a", -300)


def reverse_twice(s):
    s.post(0, "w3", "a", 100, "reversal")
    for at in (-2, -1):
        replace(s.legs, at, by="w3-R2")


def take_a_reversal_from_nobody(s):
    s.ask("d9", "a", 500, [], "00")
    s.post(0, "d9", "a", 500)


def forget_an_approved_one(s):
    s.legs = [leg for leg in s.legs if leg.transaction != "w1"]
    s.balances[(0, "a", "203")] += 300
    s.balances[(0, CASH, "203")] -= 300


def post_another_amount(s):
    for i, leg in enumerate(s.legs):
        if leg.transaction == "w1":
            replace(s.legs, i, amount=leg.amount // 3)
    s.balances[(0, "a", "203")] += 200
    s.balances[(0, CASH, "203")] -= 200


def forget_half_of_a_transfer(s):
    s.legs = [leg for leg in s.legs if leg.transaction != "t1/credit"]


def credit_somebody_else(s):
    for i, leg in enumerate(s.legs):
        if leg.transaction == "t1/credit" and leg.account == "b":
            replace(s.legs, i, account="c")


def give_back_nothing_of_a_part(s):
    s.history["w8"]["actual"] = 100


def post_a_hold(s):
    s.post(0, "h1", "a", -50)


def keep_the_money_of_a_91(s):
    s.ask("w6", "a", -50, ["91"])
    s.post(0, "w6", "a", -50)


def keep_the_transfer_of_a_91(s):
    s.history["t1"]["codes"] = ["91"]


def keep_the_money_of_a_reversal(s):
    s.ask("w6", "a", -50, [], "00")
    s.post(0, "w6", "a", -50)


def move_on_a_decline(s):
    s.ask("w6", "a", -50, ["51"])
    s.post(0, "w6", "a", -50)


def move_unasked(s):
    s.post(0, "w6", "a", -50)


def change_a_balance(s):
    s.balances[(0, "a", "203")] += 1
    s.balances[(0, CASH, "203")] -= 1


def change_the_sum(s):
    s.balances[(0, "a", "203")] += 1


def overdraw(s):
    s.ask("w6", "a", -9000, ["00"])
    s.post(0, "w6", "a", -9000)


def leave_money_in_a_clearing(s):
    for entry, (account, value) in enumerate((("suspense:203", -7), ("clearing:203", 7)), 50):
        s.legs.append(Leg(0, entry, "w1", "w1", "posting", account, value, "203"))
        key = (0, account, "203")
        s.balances[key] = s.balances.get(key, 0) + value


def forget_a_hold(s):
    s.held["a"] = (0, 300)


def number_with_a_gap(s):
    replace(s.legs, -1, entry=99)


def lose_an_event(s):
    s.events = [e for e in s.events if e.fields.get("request") != "w1"]


def lose_the_last_event(s):
    s.events.pop()


def announce_twice(s):
    s.event(0, "account-posted", {"request": "w1"})


def handle_a_repeat_again(s):
    event = next(e for e in s.events if e.fields.get("request") == "w1")
    s.event(0, event.type, event.fields)
    replace(s.events, -1, id=event.id)


def announce_what_is_not(s):
    s.event(0, "account-posted", {"request": "w9"})


def repeat_with_another_content(s):
    s.events.append(s.events[2]._replace(offset=99, fields={"request": "w3"}))


def publish_out_of_order(s):
    at = [i for i, e in enumerate(s.events) if e.task == 0]
    s.events[at[0]], s.events[at[1]] = s.events[at[1]], s.events[at[0]]


def answer_in_two_ways(s):
    s.history["w1"]["codes"] = ["51", "00"]


def leave_one_open(s):
    s.ask("w6", "a", -50, [])


def never_acknowledge(s):
    s.ask("w6", "a", -50, [])
    s.history["w6"]["reversal_asked"] = True


PLANTED = [
    (lose_a_leg, "every posting sums to zero"),
    (post_twice, "no transaction id twice"),
    (return_twice, "no transaction id twice"),
    (post_in_two_tasks, "no transaction id twice"),
    (reverse_twice, "no transaction id twice"),
    (take_a_reversal_from_nobody, "a reversed transaction nets to zero"),
    (forget_an_approved_one, "every approved answer is in the ledger, with its account and amount"),
    (post_another_amount, "every approved answer is in the ledger, with its account and amount"),
    (forget_half_of_a_transfer,
     "every approved answer is in the ledger, with its account and amount"),
    (credit_somebody_else, "every approved answer is in the ledger, with its account and amount"),
    (give_back_nothing_of_a_part,
     "every approved answer is in the ledger, with its account and amount"),
    (post_a_hold, "every approved answer is in the ledger, with its account and amount"),
    (keep_the_money_of_a_91, "no 91 leaves money moved"),
    (keep_the_transfer_of_a_91, "no 91 leaves money moved"),
    (keep_the_money_of_a_reversal, "a reversed transaction nets to zero"),
    (move_on_a_decline, "no decline moves money"),
    (move_unasked, "no posting that no terminal asked for"),
    (change_a_balance, "balances are the fold of the postings"),
    (change_the_sum, "the sum of all balances is 0 in each currency"),
    (overdraw, "no account was ever overdrawn"),
    (leave_money_in_a_clearing, "clearings net to zero at rest"),
    (forget_a_hold, "an account holds what its holds are"),
    (number_with_a_gap, "log entries count from 1 without gaps"),
    (lose_an_event, "each entry has its event, once"),
    (lose_an_event, "a lane's sequences are contiguous and a repeat is equal"),
    (lose_the_last_event, "each entry has its event, once"),
    (announce_twice, "each entry has its event, once"),
    (handle_a_repeat_again, "an event's id stands at one place of one lane"),
    (announce_what_is_not, "each event that tells of money has its entry"),
    (repeat_with_another_content, "a lane's sequences are contiguous and a repeat is equal"),
    (publish_out_of_order, "a lane's sequences are contiguous and a repeat is equal"),
    (answer_in_two_ways, "a repeated request gets the same answer"),
    (leave_one_open, "every transaction came to an end"),
    (never_acknowledge, "every transaction came to an end"),
]


def verdict(s):
    return judge.judge(s.books(), s.history, s.events, POSTED, REVERSED)


def beside_the_books():
    """The same of mails and of the governor, whose checks stand apart."""
    def event(type, request):
        return Event(0, 0, "e", None, None, type, "1000", {"request": request})

    events = [event("transaction-posted", "p"), event("transaction-posted", "q"),
              event("transaction-reversed", "v")]
    cases = [
        ("mails for each posting and a reversal pass", judge.notice_faults(events, ["p", "q", "v"]), 0),
        ("a reversal need not be told", judge.notice_faults(events, ["p", "q"]), 0),
        ("the judge finds a mail that was lost", judge.notice_faults(events, ["p"]), 1),
        ("the judge finds a mail that came twice", judge.notice_faults(events, ["p", "q", "q"]), 1),
        ("the judge finds a mail about nothing", judge.notice_faults(events, ["p", "q", "x"]), 1),
        ("a governor that agrees passes", judge.governor_faults([], 5), 0),
        ("the judge finds a divergence",
         judge.governor_faults([event("decision-diverged", "p")], 5), 1),
        ("the judge finds that nothing was derived", judge.governor_faults([], 0), 1),
    ]
    return [(sentence, "" if len(found) == wanted else f"{found}")
            for sentence, found, wanted in cases]


def self_test():
    """[(sentence, what went wrong or "")]"""
    results = []
    findings, figures = verdict(honest())
    results.append(("honest books pass", str(findings.wrong() or "")))
    all_checks = set(findings.checks)
    for plant, name in PLANTED:
        s = copy.deepcopy(honest())
        plant(s)
        found = verdict(s)[0].wrong()
        sentence = f"the judge finds it when someone would {plant.__name__.replace('_', ' ')}"
        results.append((sentence, "" if name in found else f"\"{name}\" held; found: {found}"))
    untested = all_checks - {name for _, name in PLANTED}
    results.append(("each check is proved able to fail", ", ".join(sorted(untested))))
    s = honest()
    s.events.append(s.events[0]._replace(offset=50))
    figures = verdict(s)[1]
    results.append(("an equal repeat in the topic is counted and allowed",
                    "" if figures["repeats_in_topic"] == 1 and not verdict(s)[0].wrong()
                    else str(figures)))
    return results + beside_the_books()


def main():
    bad = 0
    results = self_test()
    for number, (sentence, wrong) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {sentence}")
        if wrong:
            print(f"# {wrong}")
            bad += 1
    print(f"1..{len(results)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
