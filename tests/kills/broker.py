#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""The broker alone under librdkafka's clients: idempotent producers, transactions, a reader. It is killed
with -9, its disk loses power or fails (broker_disk.py), and what is there afterwards is held against what the clients heard.

    tests/kills/broker.py kills --count 50 --seed 1
    tests/kills/broker.py cuts --count 15 --seed 1      (root: ext4 on a loop device)
    tests/kills/broker.py disk --count 12 --seed 1
    tests/kills/broker.py cuts --must-find lost         red unless just that is found

A cut: the data lie on an ext4 file system whose device is a file. The broker is stopped for the moment
that it takes to copy this file, so the copy holds what the kernel has given to the device by then and
nothing of what it still had in memory: all that is not synced is gone. The copy is mounted, another
broker starts there (every third time it is killed at once, and the device copied again), is read and
audited. TAP; exit code 0 when all held, 77 when cuts cannot be made here.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import broker_disk
import broker_history
from house import crash_points

PARTITIONS = 6
TOPIC = "history"
TRANSACTORS = 2
ROLES = [("transact", 0), ("transact", 1), ("produce", 10), ("produce", 11), ("follow", 20)]
ROUND = {"kills": 25, "cuts": 10, "disk": 24}  # then clients and broker begin anew, or histories would grow for ever
IMAGE_BYTES = 3 << 30              # mostly holes
READY_S, READ_S, SETTLE_S = 30, 90, 0.01
RARE = ("checkpoint", "compaction", "offset_commit")  # not reached in the life of a second


class Broken(Exception):
    pass


def run(*command, limit=60):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=limit)
    if done.returncode:
        raise Broken(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr[-800:]}")
    return done.stdout


class Broker:
    def __init__(self, options, dir, log, port=0):
        self.options, self.dir, self.log, self.port = options, dir, log, port
        self.child, self.environment = None, {}

    def start(self, crash=None, wait=True):
        port_file = self.log + ".port"
        if os.path.exists(port_file):
            os.unlink(port_file)
        environment = dict(os.environ, **self.environment, **({"OCTAVO_CRASH": crash} if crash else {}))
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen([self.options.binary, "broker", "--dir", self.dir, "--port",
                                           str(self.port), "--port-file", port_file],
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        if wait:
            self.wait_ready(port_file)
        return self

    def wait_ready(self, port_file):
        begin = time.monotonic()
        while not (os.path.exists(port_file) and os.path.getsize(port_file)):
            if self.child.poll() is not None:
                if self.child.returncode == -signal.SIGKILL:
                    return  # at its crash point
                raise Broken(f"the broker ended with {self.child.returncode}: {self.last_words()}")
            if time.monotonic() > begin + READY_S:
                raise Broken("the broker is not ready")
            time.sleep(0.002)
        with open(port_file, encoding="utf-8") as file:
            self.port = int(file.read())

    def kill(self):
        self.child.kill()
        self.child.wait()

    def stop(self):
        self.child.terminate()
        code = self.child.wait(READY_S)
        if code:
            raise Broken(f"the broker stopped with {code}: {self.last_words()}")

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-1500:]


def reserved_port(dice):
    """Below the range from which clients get theirs."""
    return dice.randrange(12000, 30000)


class Clients:
    def __init__(self, options, broker, folder):
        self.options, self.folder, self.children = options, folder, []
        for role, number in ROLES:
            with open(self.path(role, number), "ab") as out, open(os.path.join(folder, "clients.log"), "ab") as log:
                self.children.append(subprocess.Popen(
                    [options.clients, role, f"127.0.0.1:{broker.port}", TOPIC, str(PARTITIONS), str(number)],
                    stdin=subprocess.DEVNULL, stdout=out, stderr=log))

    def path(self, role, number):
        return os.path.join(self.folder, f"{role}-{number}")

    def sizes(self):
        return [os.path.getsize(self.path(*role)) for role in ROLES]

    def heard(self, sizes=None):
        """By this moment: a line that is only begun does not count."""
        heard = broker_history.Heard()
        for role, size in zip(ROLES, sizes or self.sizes()):
            with open(self.path(*role), "rb") as file:
                text = file.read(size)
            heard.add(text[: text.rfind(b"\n") + 1].decode())
        return heard

    def acked(self):
        return len(self.heard().acked)

    def stop(self):
        """Those that write first: the reader gets to see the end."""
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(40)
            except subprocess.TimeoutExpired as e:
                child.kill()
                raise Broken("a client does not end") from e
            if child.returncode:
                with open(os.path.join(self.folder, "clients.log"), encoding="utf-8", errors="replace") as file:
                    raise Broken(f"a client ended with {child.returncode}: {file.read()[-800:]}")

    def destroy(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()


def read(options, port):
    """[(value, partition, offset)] of what is committed."""
    text = run(options.clients, "read", f"127.0.0.1:{port}", TOPIC, str(PARTITIONS), str(TRANSACTORS), limit=READ_S)
    heard = broker_history.Heard().add(text)
    return heard.read


class Run:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.dice = random.Random(f"broker {options.mode} {options.seed}")
        self.wrong = {}
        self.figures = {"acknowledged": 0, "transactions": 0, "read while it ran": 0, "judged": 0}
        self.hits, self.done, self.rounds, self.slowest_s = 0, 0, 0, 0.0
        self.mounted, self.kinds, self.struck = [], [], {}
        self.points = ["end_txn_before_reply"]
        self.points += [p for p, kind in crash_points(options.root) if kind == "broker" and not p.startswith(RARE)]

    def say(self, text):
        print(f"# {text}", flush=True)

    def judge(self, heard, seen, when):
        self.figures["judged"] += len(seen)
        for check, found in broker_history.judge(heard, seen).items():
            self.wrong.setdefault(check, []).append(f"{when}: {len(found)}: {'; '.join(found[:5])}")

    def count(self, heard):
        self.rounds += 1
        self.figures["acknowledged"] += len(heard.acked)
        self.figures["transactions"] += len(heard.committed)
        self.figures["read while it ran"] += len(heard.read)

    def begin(self, dir, layer=None):
        folder = os.path.join(self.folder, f"round-{self.rounds}")
        os.makedirs(folder)
        broker = Broker(self.options, dir, os.path.join(folder, "broker.log"), reserved_port(self.dice))
        broker.environment = layer.environment if layer else {}
        broker.start()
        run(self.options.clients, "make", f"127.0.0.1:{broker.port}", TOPIC, str(PARTITIONS), "0")
        return broker, Clients(self.options, broker, folder)

    def await_acks(self, clients, more):
        """Goes on once so many were acknowledged since."""
        before, until = clients.acked(), time.monotonic() + READY_S
        while clients.acked() < before + more:
            if time.monotonic() > until:
                raise Broken(f"nothing is acknowledged any more for {READY_S} s")
            time.sleep(0.02)

    # ---- kills

    def kill_once(self, broker):
        if self.dice.random() < 0.4:
            point = f"{self.dice.choice(self.points)}:{self.dice.randrange(1, 60)}"
            broker.kill()
            broker.start(point)
            try:
                broker.child.wait(2)
                self.hits += 1
            except subprocess.TimeoutExpired:
                broker.kill()
        else:
            time.sleep(self.dice.random() * 0.3)
            broker.kill()
        begin = time.monotonic()
        if self.dice.random() < 0.2:  # once more, while it recovers
            broker.start(wait=False)
            time.sleep(self.dice.random() * 0.02)
            broker.kill()
            self.done += 1
        broker.start()
        self.slowest_s = max(self.slowest_s, time.monotonic() - begin)
        self.done += 1

    def end_judged(self, dir, broker, clients):
        """The clients end, what they heard is held against the log, and the files are audited."""
        clients.stop()
        heard = clients.heard()
        self.judge(heard, read(self.options, broker.port), f"round {self.rounds}")
        self.count(heard)
        broker.stop()
        run(self.options.binary, "broker", "audit", dir)

    def kill_round(self):
        dir = os.path.join(self.folder, "data")
        broker, clients = self.begin(dir)
        try:
            self.await_acks(clients, 50)
            until = min(self.options.count, self.done + ROUND["kills"])
            while self.done < until:
                self.kill_once(broker)
                if self.dice.random() < 0.5:
                    self.await_acks(clients, 20)
            self.await_acks(clients, 20)
            self.end_judged(dir, broker, clients)
        finally:
            clients.destroy()
            broker.kill()
        shutil.rmtree(dir)

    # ---- a disk that fails

    def read_some(self, port):
        """Lines of what can be read of one partition, by a reader that writes nothing."""
        return run("kcat", "-q", "-b", f"127.0.0.1:{port}", "-C", "-t", TOPIC, "-p", "0", "-o", "beginning",
                   "-c", "20", "-e").splitlines()

    def disk_round(self):
        dir = os.path.join(self.folder, "data")
        os.makedirs(dir)
        layer = broker_disk.Layer(self.options.layer, dir, self.folder)
        broker, clients = self.begin(dir, layer)
        faults = broker_disk.DiskFaults(self, broker, clients, layer)
        try:
            self.await_acks(clients, 50)
            until = min(self.options.count, self.done + ROUND["disk"])
            while self.done < until:
                name = faults.one()
                self.struck[name] = self.struck.get(name, 0) + 1
                self.done += 1
                self.await_acks(clients, 20)
            self.end_judged(dir, broker, clients)
        finally:
            clients.destroy()
            broker.kill()
        shutil.rmtree(dir)

    # ---- power cuts

    def mount(self, image):
        at = tempfile.mkdtemp(prefix="mount-", dir=self.folder)
        run("mount", "-t", "ext4", "-o", "loop,commit=300,noatime", image, at)
        self.mounted.append(at)
        return at

    def unmount(self, at):
        run("umount", "-l", at)
        self.mounted.remove(at)
        os.rmdir(at)

    def copy(self, image, to):
        run("cp", "--sparse=always", image, to)
        return to

    def recover(self, image, heard, when):
        """Starts on what is left, reads it, audits it."""
        log = os.path.join(self.folder, "after.log")
        at = self.mount(image)
        broker = Broker(self.options, os.path.join(at, "broker"), log)
        try:
            broker.start()
            self.judge(heard, read(self.options, broker.port), when)
            broker.stop()
            run(self.options.binary, "broker", "audit", broker.dir)
        except Broken as e:
            check = "lost" if " is gone: " in str(e) else "recovered"
            self.wrong.setdefault(check, []).append(f"{when}: {e}")
        finally:
            broker.kill()
        self.unmount(at)

    def cut_again(self, image):
        """The power goes while it recovers, too."""
        at = self.mount(image)
        broker = Broker(self.options, os.path.join(at, "broker"), os.path.join(self.folder, "again.log"))
        broker.start(wait=False)
        time.sleep(self.dice.random() * 0.04)
        broker.kill()
        again = self.copy(image, image + ".again")
        self.unmount(at)
        os.unlink(image)
        return again

    def cut_once(self, device, broker, clients):
        time.sleep(self.dice.random() * 0.5)
        broker.child.send_signal(signal.SIGSTOP)
        time.sleep(SETTLE_S)  # a sync it is in comes to its end
        sizes = clients.sizes()
        image = self.copy(device, os.path.join(self.folder, "image"))
        broker.child.send_signal(signal.SIGCONT)
        heard = clients.heard(sizes)
        if self.dice.random() < 1 / 3:
            image = self.cut_again(image)
            self.hits += 1
        self.recover(image, heard, f"cut {self.done}, after {len(heard.acked)} acknowledgements")
        os.unlink(image)
        self.done += 1

    def cut_round(self):
        device = os.path.join(self.folder, "device")
        with open(device, "wb") as file:
            file.truncate(IMAGE_BYTES)
        run("mkfs.ext4", "-q", "-F", "-m", "0", device)
        at = self.mount(device)
        run("sync", "-f", at)
        broker, clients = self.begin(os.path.join(at, "broker"))
        try:
            self.await_acks(clients, 50)
            until = min(self.options.count, self.done + ROUND["cuts"])
            while self.done < until and not (self.wrong and self.options.must_find):
                self.cut_once(device, broker, clients)
                self.await_acks(clients, 20)
            self.count(clients.heard())
        finally:
            clients.destroy()
            broker.kill()
        self.unmount(at)
        os.unlink(device)

    def whole(self):
        round = {"kills": self.kill_round, "cuts": self.cut_round, "disk": self.disk_round}[self.options.mode]
        while self.done < self.options.count and not self.wrong:
            round()

    def close(self):
        for at in self.mounted:
            subprocess.run(["umount", "-l", at], check=False)


def why_not(options, folder):
    """Why power cuts cannot be made here, or None."""
    if options.mode == "disk" and not os.path.exists(options.layer):
        return f"{options.layer} is not built"
    if options.mode != "cuts":
        return None
    if os.geteuid():
        return "a loop device needs root"
    for tool in ("mkfs.ext4", "losetup", "mount"):
        if not shutil.which(tool):
            return f"there is no {tool}"
    try:
        image = os.path.join(folder, "try")
        with open(image, "wb") as file:
            file.truncate(64 << 20)
        run("mkfs.ext4", "-q", "-F", image)
        at = tempfile.mkdtemp(dir=folder)
        run("mount", "-t", "ext4", "-o", "loop,commit=300", image, at)
        run("umount", at)
        os.unlink(image)
    except (Broken, OSError) as e:
        return f"no ext4 on a loop device: {e}".replace("\n", " ")
    return None


def work_folder(mode):
    """Devices of cuts lie in memory where there is room: the disk under them is not what is tried."""
    memory = "/dev/shm"
    if mode == "cuts" and os.path.isdir(memory) and os.access(memory, os.W_OK):
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize > 3 << 30:
            return tempfile.mkdtemp(prefix="octavo-broker-", dir=memory)
    return tempfile.mkdtemp(prefix="octavo-broker-")


def options_read():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("mode", choices=("kills", "cuts", "disk"))
    p.add_argument("--count", type=int, default=15)
    p.add_argument("--seed", type=int, default=int(time.time()) % 10**6)
    p.add_argument("--binary", default=os.path.join(root, "build/release/octavo"))
    p.add_argument("--must-find", default=None, metavar="CHECK", help="for a mutant")
    o = p.parse_args()
    o.root = root
    o.binary = os.path.abspath(o.binary)
    o.layer = os.path.join(os.path.dirname(o.binary), "layer.so")
    o.clients = os.path.join(root, "build/scenarios/broker_clients")
    return o


def report(work, seconds):
    o, f = work.options, work.figures
    what = {"kills": f"kills, {work.hits} of them at crash points", "disk": "disk faults",
            "cuts": f"power cuts, {work.hits} of them once more while it recovered"}[o.mode]
    work.say(f"figure: broker, seed {o.seed}: {work.done} {what}, in {seconds:.0f} s")
    if work.struck:
        work.say("figure: " + ", ".join(f"{name} {count}" for name, count in sorted(work.struck.items())))
    work.say(f"figure: {f['acknowledged']} acknowledged, {f['transactions']} transactions, {f['judged']} records judged, "
             f"{f['read while it ran']} read while it ran"
             + (f"; ready after {work.slowest_s:.2f} s at the latest" if o.mode == "kills" else ""))
    if o.must_find:
        found = o.must_find in work.wrong
        print(f"{'ok' if found else 'not ok'} 1 - {o.mode} find that something is {o.must_find}")
        work.say(f"found: {work.wrong}"[:600])
        print("1..1")
        return 0 if found else 1
    checks = broker_history.CHECKS + (("named",) if o.mode == "disk" else ("recovered",))
    for number, check in enumerate(checks, 1):
        wrong = work.wrong.get(check, [])
        print(f"{'not ok' if wrong else 'ok'} {number} - {o.mode}: nothing {check}"
              .replace("nothing recovered", "every time it starts again and its audit finds nothing")
              .replace("nothing named", "what fails is named, and never silent"))
        for line in wrong[:5]:
            work.say(f"  {line}"[:1500])
    enough = work.done >= o.count and f["acknowledged"] > 10 * work.done
    print(f"{'ok' if enough else 'not ok'} {len(checks) + 1} - {work.done} {o.mode} were made, with something to judge")
    print(f"1..{len(checks) + 1}")
    return 0 if enough and not work.wrong else 1


def main():
    options = options_read()
    blind = broker_history.self_test(options.seed)
    if blind:
        print("\n".join(["not ok 1 - the judge finds what is planted"] + [f"# {line}" for line in blind[:10]]))
        return 1
    folder = work_folder(options.mode)
    reason = why_not(options, folder)
    if reason:
        shutil.rmtree(folder)
        print(f"1..0 # skip {reason}")
        return 77
    work, bad, begin = Run(options, folder), 1, time.monotonic()
    try:
        work.whole()
        bad = report(work, time.monotonic() - begin)
    except Broken as e:
        work.say(str(e).replace("\n", "\n# "))
        print(f"not ok 1 - {options.mode}: the broker goes on after every fault\n1..1")
    finally:
        work.close()
        if bad:
            work.say(f"files kept in {folder}; again with --seed {options.seed}")
        else:
            shutil.rmtree(folder)
    return bad


if __name__ == "__main__":
    sys.exit(main())
