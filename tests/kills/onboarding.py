#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Hires in flight, every process of the system killed at random and at crash points, and then the
outside world is judged: the directory's files, the carrier's files, the vendor's orders.

    onboarding.py --binary build/release/octavo --hires 100 --kills 20 [--slapd] [--seed N]

Whoever asks at the desk asks again with the same Idempotency-Key until there is an answer, as HR
would. Some hires are amended, moved, rescinded, rehired; some are found "consider" by the vendor and
so rescinded by the system. The judge knows nothing of the system's own rows but the state that it
claims for each hire; all else is read where others would read it."""
import argparse
import base64
import collections
import glob
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BROKER, HR = "broker", "hr-onboarding"
SERVICES = (HR, "network-user-creation", "benefits-enrollment", "background-check")
ENDS = ("onboarded", "rescinded", "terminated")
ADVERSE = "7"


class Process:
    def __init__(self, house, name):
        self.house, self.name = house, name
        self.child, self.port = None, 0
        self.port_file = os.path.join(house.dir, f"{name}.port")

    def arguments(self):
        h = self.house
        if self.name == BROKER:
            return [h.binary, "broker", "--dir", os.path.join(h.dir, "broker"), "--port", str(self.port),
                    "--port-file", self.port_file]
        arguments = [h.binary, "run", "onboarding", "--service", self.name, "--file", h.file,
                     "--broker", f"127.0.0.1:{h.processes[BROKER].port}", "--dir", h.dir,
                     "--port-file", self.port_file]
        if self.name == HR:
            arguments += ["--edge", f"desk=http://127.0.0.1:{self.port}?deadline=5s"]
        if self.name == SERVICES[3]:
            arguments += ["--edge", f"webhooks=http://127.0.0.1:{self.port}?signed=webhook"]
        return arguments

    def start(self, crash=None):
        environment = {k: v for k, v in os.environ.items() if k != "OCTAVO_CRASH"}
        if crash:
            environment["OCTAVO_CRASH"] = crash
        if os.path.exists(self.port_file):
            os.unlink(self.port_file)
        with open(os.path.join(self.house.dir, f"{self.name}.log"), "ab") as log:
            self.child = subprocess.Popen(self.arguments(), env=environment, stdout=log, stderr=log,
                                          stdin=subprocess.DEVNULL)

    def wait_ready(self, armed=False):
        until = time.monotonic() + 60
        while True:
            try:
                with open(self.port_file, encoding="ascii") as f:
                    self.port = int(f.read())
                    return True
            except (FileNotFoundError, ValueError):
                pass
            code = self.child.poll()
            if code is not None:
                if armed and code == -signal.SIGKILL:
                    return False  # the crash point came before it was ready
                sys.exit(f"{self.name} ended with {code} before it was ready; see {self.house.dir}")
            if time.monotonic() > until:
                sys.exit(f"{self.name} is not ready after 60 s; see {self.house.dir}")
            time.sleep(0.01)

    def kill(self):
        self.child.kill()
        self.child.wait()


class Slapd:
    """Debian's directory server on a socket of its own, killed like the others."""
    name = "slapd"

    def __init__(self, house):
        self.dir, self.child = os.path.join(house.dir, "slapd"), None
        os.makedirs(os.path.join(self.dir, "db"))
        self.conf, self.socket = os.path.join(self.dir, "conf"), os.path.join(self.dir, "ldapi")
        with open(self.conf, "w", encoding="ascii") as f:
            for schema in ("core", "cosine", "nis", "inetorgperson"):
                f.write(f"include /etc/ldap/schema/{schema}.schema\n")
            f.write("modulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\n"
                    "suffix dc=example,dc=org\nrootdn cn=admin,dc=example,dc=org\nrootpw secret\n"
                    f"directory {self.dir}/db\nindex uid,employeeNumber eq\n")
        base = ("dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\n"
                "o: example\n\ndn: ou=people,dc=example,dc=org\nobjectClass: organizationalUnit\n"
                "ou: people\n\ndn: ou=groups,dc=example,dc=org\nobjectClass: organizationalUnit\n"
                "ou: groups\n")
        subprocess.run(["/usr/sbin/slapadd", "-f", self.conf], input=base, text=True, check=True)

    def start(self, crash=None):
        assert not crash
        where = "ldapi://" + self.socket.replace("/", "%2F")
        self.child = subprocess.Popen(["/usr/sbin/slapd", "-d", "0", "-h", where, "-f", self.conf],
                                      stdin=subprocess.DEVNULL)

    def wait_ready(self, _=False):
        until = time.monotonic() + 30
        while self.search("objectClass=organization") is None:
            if time.monotonic() > until:
                sys.exit("slapd is not ready after 30 s")
            time.sleep(0.05)
        return True

    def kill(self):
        self.child.kill()
        self.child.wait()

    def search(self, what, *names):
        """Entries as {name: first value}; None: nobody answers. As its administrator, who has no limits."""
        done = subprocess.run(["ldapsearch", "-LLL", "-x", "-D", "cn=admin,dc=example,dc=org", "-w", "secret",
                               "-o", "ldif-wrap=no", "-H", "ldapi://" + self.socket.replace("/", "%2F"),
                               "-b", "dc=example,dc=org", what, *names],
                              capture_output=True, text=True, timeout=60, check=False)
        return None if done.returncode else [entry(text) for text in done.stdout.split("\n\n") if text.strip()]


def entry(ldif):
    values = {}
    for line in ldif.splitlines():
        if ":: " in line:
            name, value = line.split(":: ", 1)
            values.setdefault(name, base64.b64decode(value).decode())
        elif ": " in line:
            name, value = line.split(": ", 1)
            values.setdefault(name, value)
    return values


class House:
    def __init__(self, options):
        self.slapd, self.killed, self.kills = None, 0, options.kills
        self.dir = tempfile.mkdtemp(prefix="octavo-onboarding-")
        self.binary = os.path.abspath(options.binary)
        self.file = os.path.join(self.dir, "onboarding.yaml")
        self.vendor = subprocess.Popen(
            [sys.executable, os.path.join(ROOT, "tests/scenarios/vendor_double.py"), self.dir,
             *(["--calm"] if getattr(options, "calm", False) else ["--adverse", ADVERSE])])
        vendor_port = os.path.join(self.dir, "vendor.port")
        until = time.monotonic() + 30
        while not os.path.exists(vendor_port) and time.monotonic() < until:
            time.sleep(0.02)
        with open(vendor_port, encoding="ascii") as f:
            self.declare(int(f.read()))
        self.processes = {name: Process(self, name) for name in (BROKER, *SERVICES)}
        if options.slapd:
            self.slapd = Slapd(self)
            self.processes = {"slapd": self.slapd, **self.processes}
            os.makedirs(os.path.join(self.dir, "onboarding"), mode=0o700)
            key = os.path.join(self.dir, "onboarding", "directory.key")
            with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as f:
                f.write("secret\n")
            with open(self.file, encoding="utf-8") as f:
                text = f.read()
            old = 'url: "ldif:directory?base=dc=example,dc=org&groups=department"'
            assert old in text
            text = text.replace(old, f'url: "ldapi:{self.slapd.socket}?base=dc=example,dc=org'
                                '&groups=department&bind=cn=admin,dc=example,dc=org"\n        secret_file: directory.key')
            with open(self.file, "w", encoding="utf-8") as f:
                f.write(re.sub("workers: 1 .*", "workers: 4", text))

    def declare(self, vendor_port):
        with open(os.path.join(ROOT, "src/systems/onboarding/octavo.yaml"), encoding="utf-8") as f:
            text = f.read()
        hasty = ("        retry: { first: 50ms, most: 500ms }\n"
                 "        breaker: { failures: 20, wait: 200ms }\n")
        for old, new in ((":8592/", f":{vendor_port}/"), ("adverse: review", "adverse: rescind"),
                         ("poll_ms: 3600000", "poll_ms: 1000"), ("batch_ms: 100 ", "batch_ms: 50 "),
                         ("        deadline: 30d\n", "        deadline: 30d\n" + hasty)):
            assert old in text, old
            text = text.replace(old, new)
        with open(self.file, "w", encoding="utf-8") as f:
            f.write(text)

    def start(self):
        for process in self.processes.values():
            process.start()
            process.wait_ready()
        key = os.path.join(self.dir, "onboarding", "webhook.key")
        os.symlink(key, os.path.join(self.dir, "hook.key"))
        with open(os.path.join(self.dir, "hook.url"), "w", encoding="ascii") as f:
            f.write(f"http://127.0.0.1:{self.processes[SERVICES[3]].port}/webhooks")

    def command(self, *arguments):
        return subprocess.run([self.binary, "onboarding", *arguments, "--file", self.file, "--dir", self.dir,
                               "--broker", f"127.0.0.1:{self.processes[BROKER].port}"],
                              capture_output=True, text=True, timeout=120, check=False)

    def end(self, keep):
        for process in self.processes.values():
            if process.child and process.child.poll() is None:
                process.kill()
        self.vendor.kill()
        self.vendor.wait()
        if keep:
            print(f"files kept in {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)


class Desk(threading.Thread):
    """Somebody of HR, with a part of the hires."""

    def __init__(self, house, employees, seed):
        super().__init__(daemon=True)
        self.house, self.employees = house, employees
        self.random = random.Random(seed)
        self.accepted = collections.Counter()
        self.rehired = collections.Counter()
        self.fault = None

    def ask(self, employee, verb, body):
        key = f"{verb}-{employee}-{self.random.getrandbits(40):x}"
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                c = http.client.HTTPConnection("127.0.0.1", self.house.processes[HR].port, timeout=10)
                c.request("POST", f"/employees/{employee}/{verb}", json.dumps(body),
                          {"Content-Type": "application/json", "Idempotency-Key": key})
                answer = c.getresponse()
                value = json.loads(answer.read())
                if answer.status == 202:
                    self.accepted[employee] += 1
                    return True
                if answer.status == 409 and "being handled" not in value.get("detail", ""):
                    return False  # as the adverse result came between: a rightful answer
                if answer.status not in (409, 503, 504):
                    raise RuntimeError(f"{verb} of {employee}: {answer.status} {value}")
            except (OSError, http.client.HTTPException, ValueError):
                pass
            time.sleep(0.05)
        raise RuntimeError(f"{verb} of {employee} was never answered")

    def run(self):
        try:
            for i, employee in enumerate(self.employees):
                while self.house.killed < i * self.house.kills // len(self.employees):
                    time.sleep(0.01)  # so that some are on their way whenever something dies
                self.one(employee)
        except Exception as e:  # told by the main thread
            self.fault = e

    def one(self, employee):
        n, dice = int(employee), self.random.random()
        self.ask(employee, "hire", {
            "given": "Anna", "family": f"Novak{n % 5}", "birth": "1990-02-28", "department": f"d{n % 9:03}",
            "start": "2001-05-01" if n % 4 == 0 else "2099-05-01", "hours": 10 if n % 10 == 9 else 40})
        if dice < 0.1:
            self.ask(employee, "amend", {"title": "Engineer"})
        elif dice < 0.2:
            self.ask(employee, "move", {"start": "2098-01-15"})
        elif dice < 0.45:
            gone = self.ask(employee, "terminate" if n % 4 == 0 else "rescind", {"reason": "went elsewhere"})
            if gone and dice < 0.33 and self.ask(employee, "rehire", {"start": "2099-09-01"}):
                self.rehired[employee] += 1


# ---- the judge

class Judge:
    def __init__(self, house, hires, desks):
        self.house, self.wrong = house, []
        self.hires = hires
        self.accepted = sum((d.accepted for d in desks), collections.Counter())
        self.rehired = sum((d.rehired for d in desks), collections.Counter())

    def say(self, text):
        self.wrong.append(text)

    def check(self, good, text):
        if not good:
            self.say(text)

    def entries(self):
        if self.house.slapd:
            return self.house.slapd.search("objectClass=posixAccount")
        found = []
        for name in glob.glob(os.path.join(self.house.dir, "onboarding/directory/people/*.ldif")):
            with open(name, encoding="ascii") as f:
                found.append(entry(f.read()))
            self.check(os.path.basename(name) == found[-1]["uid"] + ".ldif", f"{name} is not of its uid")
        return found

    def directory(self):
        accounts, numbers = collections.defaultdict(list), collections.Counter()
        for values in self.entries():
            accounts[values["employeeNumber"]].append(values)
            numbers[values["uidNumber"]] += 1
        for number, count in numbers.items():
            self.check(count == 1, f"uidNumber {number} is {count} accounts'")
        for employee in accounts:
            self.check(employee in self.hires, f"an orphan: the account of {employee}")
        for employee, hire in self.hires.items():
            have = accounts[employee]
            self.check(len(have) == 1, f"{employee} has {len(have)} accounts")
            for a in have:
                on = a["shadowExpire"] == "-1"
                self.check(hire["state"] == "onboarded" or not on, f"{employee} is {hire['state']}, enabled")
                self.check(a["uid"] == hire["login"], f"{employee}: {a['uid']} is not {hire['login']}")
        return len(numbers)

    def carrier(self):
        files, covered = 0, {}
        names = glob.glob(os.path.join(self.house.dir, "onboarding/834/834-*.edi"))
        for name in sorted(names, key=lambda n: (n[-7:], n)):
            with open(name, encoding="ascii") as f:
                text = f.read()
            files += 1
            segments = [s.split("*") for s in text.strip().split("~")][:-1]
            self.check(text[105] == "~", f"{name}: ISA is not 106 bytes")
            self.check(segments[0][13] in name, f"{name} is not called by its control number")
            st = [s[0] for s in segments].index("ST")
            se = [s[0] for s in segments].index("SE")
            self.check(int(segments[se][1]) == se - st + 1, f"{name}: SE counts wrongly")
            self.check(segments[-1][0] == "IEA" and segments[-1][2] == segments[0][13], f"{name}: IEA")
            kind = None
            for s in segments:
                if s[0] == "INS":
                    kind = s[3]
                if s[0] == "REF" and s[1] == "0F":
                    self.member(name, s[2], kind, covered)
        for employee, hire in self.hires.items():
            eligible = int(employee) % 10 != 9
            wanted = hire["state"] == "onboarded" and eligible
            self.check(covered.get(employee, False) == wanted,
                       f"{employee} is {hire['state']}, insured: {covered.get(employee, False)}")
        return files

    def member(self, name, employee, kind, covered):
        was = covered.get(employee, False)
        self.check(employee in self.hires, f"{name}: an orphan, {employee}")
        self.check(was == (kind != "021"), f"{name}: {kind} of {employee}, who was insured: {was}")
        covered[employee] = kind != "024"

    def vendor(self):
        made, cancelled = collections.defaultdict(list), set()
        with open(os.path.join(self.house.dir, "orders"), encoding="ascii") as f:
            for line in f:
                what, reference, employee = line.split()
                if what == "made":
                    made[employee].append(reference)
                else:
                    cancelled.add(reference)
        for employee, hire in self.hires.items():
            have = made[employee]
            self.check(len(set(have)) == len(have), f"{employee}: an order was made twice")
            most = 1 + self.rehired[employee]
            self.check(1 <= len(have) <= most or (hire["state"] != "onboarded" and not have),
                       f"{employee} has {len(have)} orders, {most} hires")
            if hire["state"] == "onboarded":
                self.check(hire["reference"] in have and hire["reference"] not in cancelled,
                           f"{employee} is onboarded by the order {hire['reference']}, which is not there")
                self.check(not employee.endswith(ADVERSE), f"{employee} is onboarded, found consider")
        return sum(map(len, made.values()))

    def topic(self):
        done = subprocess.run(["kcat", "-b", f"127.0.0.1:{self.house.processes[BROKER].port}", "-C", "-t",
                               "employee-hired", "-o", "beginning", "-e", "-q", "-f", "%h\t%k %s\n"],
                              capture_output=True, text=True, timeout=60, check=True)
        last, seen = collections.Counter(), set()
        for line in done.stdout.splitlines():
            headers, rest = line.split("\t", 1)
            employee, value = rest.split(" ", 1)
            id = re.search(r"ce_id=([^,]*)", headers).group(1)
            if id in seen:
                continue  # sent again after a crash: readers know it by its lane
            seen.add(id)
            version = json.loads(value)["version"]
            self.check(version == last[employee] + 1, f"{employee}: version {version} after {last[employee]}")
            last[employee] = version
        for employee, hire in self.hires.items():
            self.check(last[employee] == hire["version"], f"{employee}: HR is at another version than the topic")
            extra = last[employee] - self.accepted[employee]
            self.check(0 <= extra <= 2, f"{employee}: {last[employee]} versions of {self.accepted[employee]} asked")


def crash_points():
    with open(os.path.join(ROOT, "src/base/crash_points.def"), encoding="utf-8") as f:
        rows = re.findall(r'^CRASH_POINT_ROW\((\w+),\s*"(\w+):', f.read(), re.M)
    return [name for name, kind in rows if kind in ("service", "gateway", "effects", "personal")]


def kill_some(house, options, dice, desks):
    points, kills = crash_points(), collections.Counter()
    for _ in range(options.kills):
        process = house.processes[dice.choice((*house.processes, *SERVICES))]
        time.sleep(dice.uniform(0.05, 0.4))
        crash = f"{dice.choice(points)}:{dice.randint(1, 5)}" if process.name in SERVICES and dice.random() < 0.5 else None
        process.kill()
        kills[process.name] += 1
        house.killed += 1
        if process.name == "slapd":
            time.sleep(dice.uniform(0.2, 1.0))
        process.start(crash)
        process.wait_ready(bool(crash))
        if crash:
            until = time.monotonic() + 1
            while process.child.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            kills["at a crash point"] += process.child.poll() is not None
            process.kill()
            process.start()
            process.wait_ready()
    return kills


def settle(house, count, limit_s):
    until = time.monotonic() + limit_s
    while True:
        done = house.command("ls", "--json")
        if done.returncode:
            sys.exit(f"octavo onboarding ls: {done.stderr}")
        hires = {h["employee"]: h for h in map(json.loads, done.stdout.splitlines())}
        open_ = [h for h in hires.values() if h["state"] not in ENDS]
        if len(hires) == count and not open_:
            return hires
        if time.monotonic() > until:
            for h in open_[:10]:
                print("# still open:", h)
            return hires
        time.sleep(0.2)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--binary", default="build/release/octavo")
    p.add_argument("--hires", type=int, default=100)
    p.add_argument("--kills", type=int, default=20)
    p.add_argument("--seed", type=int, default=None)
    p.add_argument("--slapd", action="store_true", help="the directory is Debian's slapd, and dies too")
    p.add_argument("--keep", action="store_true")
    options = p.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"1..1\n# seed {seed}, {options.hires} hires, {options.kills} kills", flush=True)
    dice = random.Random(seed)
    house, bad = House(options), True
    try:
        house.start()
        employees = [str(10001 + i) for i in range(options.hires)]
        desks = [Desk(house, employees[i::4], dice.random()) for i in range(4)]
        for desk in desks:
            desk.start()
        kills = kill_some(house, options, dice, desks)
        for desk in desks:
            desk.join()
            if desk.fault:
                raise desk.fault
        hires = settle(house, options.hires, 120)
        judge = Judge(house, hires, desks)
        judge.check(len(hires) == options.hires, f"{len(hires)} hires of {options.hires}")
        for employee, hire in hires.items():
            judge.check(hire["state"] in ENDS, f"{employee} is {hire['state']}: not at an end")
        accounts, files, orders = judge.directory(), judge.carrier(), judge.vendor()
        judge.topic()
        audit = house.command("audit")
        judge.check(audit.returncode == 0, f"octavo onboarding audit: {audit.stdout[-400:]}{audit.stderr[-400:]}")
        states = collections.Counter(h["state"] for h in hires.values())
        print(f"# {dict(states)}; {accounts} accounts, {files} files, {orders} orders; {dict(kills)}")
        for text in judge.wrong[:20]:
            print("# wrong:", text)
        bad = bool(judge.wrong)
    finally:
        house.end(bad or options.keep)
    print(f"{'not ok' if bad else 'ok'} 1 - one account, one enrolment, one order for each hire, whatever died")
    return bad


if __name__ == "__main__":
    sys.exit(main())
