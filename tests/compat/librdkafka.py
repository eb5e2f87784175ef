#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""librdkafka's own test suite against `octavo broker`.

    tests/compat/librdkafka.py [--mode MODE] [--jobs N] [--keep] [NUMBER...]

The suite is built by tests/compat/fetch_librdkafka from Debian's source package; nothing of it is in this
tree. Some of its tests make topics of three replicas, which they do not use: the broker takes these as
one. Every test gets a broker of its own, so that a failure tells of this test alone. Modes are
those of the suite: `plain`, `idempotent` (-P, every producer), `noautocreate` (-s, a broker
with --no-auto-create), `quick` (-Q).

tests/compat/librdkafka.txt says of every number that does not pass why. A number that fails
and is not in it is red; so is one that passes though it is in it: then the line goes. One whose
reason begins with `sometimes` may do either. TAP.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import time

TREE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
SUITE = os.path.join(TREE, "build", "compat", "librdkafka", "tests")
EXPECTED = os.path.join(TREE, "tests", "compat", "librdkafka.txt")
OCTAVO = os.environ.get("OCTAVO", os.path.join(TREE, "build", "release", "octavo"))
MODES = {
    "plain": [],
    "idempotent": ["-P"],
    "noautocreate": ["-s", "noautocreate"],
    "quick": ["-Q"],
}
BROKER_OPTIONS = {"noautocreate": ["--no-auto-create"]}
LIMIT_SECONDS = 600
READY_SECONDS = 20
KAFKA_VERSION = "3.9.0"  # what the suite believes to talk to


def expected(mode):
    """number -> reason, of those that do not pass in this mode."""
    reasons = {}
    with open(EXPECTED, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                continue
            number, modes, reason = line.rstrip("\n").split(None, 2)
            if modes == "all" or mode in modes.split(","):
                reasons[number] = reason
    return reasons


def numbers():
    with open(os.path.join(SUITE, "test.c"), encoding="utf-8") as file:
        found = re.findall(r"^_TEST_DECL\((\d{4})_", file.read(), re.M)
    return sorted(set(n for n in found if not n.startswith("8")))


class Broker:
    def __init__(self, folder, mode):
        os.makedirs(folder)
        self.port_file = os.path.join(folder, "port")
        self.log = open(os.path.join(folder, "broker.log"), "wb")
        command = [OCTAVO, "broker", "--dir", os.path.join(folder, "data"), "--port", "0",
                   "--port-file", self.port_file, "--accept-replicas", "3"] + BROKER_OPTIONS.get(mode, [])
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    def port(self):
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if os.path.exists(self.port_file) and os.path.getsize(self.port_file):
                with open(self.port_file, encoding="utf-8") as file:
                    return int(file.read())
            time.sleep(0.02)
        raise RuntimeError("the broker is not ready")

    def stop(self):
        """Whether it still lived, and ended well."""
        if self.process.poll() is not None:
            return False
        self.process.terminate()
        try:
            return self.process.wait(20) == 0
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False


def run_suite(folder, number, mode, port):
    conf = os.path.join(folder, "test.conf")
    with open(conf, "w", encoding="utf-8") as file:
        file.write(f"bootstrap.servers=127.0.0.1:{port}\n")
    environment = dict(os.environ, RDKAFKA_TEST_CONF=conf, TESTS=number, TEST_KAFKA_VERSION=KAFKA_VERSION,
                       KAFKA_PATH=os.path.join(TREE, "build", "kafka-tools"), BROKERS=f"127.0.0.1:{port}",
                       LD_LIBRARY_PATH=f"{SUITE}/../src:{SUITE}/../src-cpp")
    with open(os.path.join(folder, "suite.log"), "wb") as log:
        process = subprocess.Popen([os.path.join(SUITE, "test-runner"), "-p1", *MODES[mode]], cwd=SUITE, stdout=log,
                                   stderr=log, stdin=subprocess.DEVNULL, env=environment, start_new_session=True)
        try:
            return process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None


def verdict(folder, code):
    with open(os.path.join(folder, "suite.log"), encoding="utf-8", errors="replace") as file:
        text = re.sub(r"\x1b\[[0-9;]*m", "", file.read())
    if code is None:
        return "failed", f"ran longer than {LIMIT_SECONDS} s"
    states = re.findall(r"\|\s+\d{4}_\S+\s+\|\s+(\w+)", text)
    if code == 0 and states and all(s == "SKIPPED" for s in states):
        why = re.findall(r"SKIPPING TEST: (.*)", text)
        return "skipped", why[-1] if why else "the suite skips it"
    if code == 0 and "PASSED" in states:
        return "passed", ""
    why = re.findall(r"^### Test \S+ (?:.*?)failed.*?:\s*(.*?)(?: ###)?$", text, re.M) or re.findall(r"TEST FAILURE\n###.*\n(.*)", text)
    return "failed", (why[0] if why else f"exit status {code}")[:200]


def one(number, mode, work):
    folder = os.path.join(work, f"{mode}-{number}")
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    broker = Broker(folder, mode)
    try:
        state, why = verdict(folder, run_suite(folder, number, mode, broker.port()))
    except RuntimeError as e:
        state, why = "failed", str(e)
    if not broker.stop():
        state, why = "failed", "the broker did not live to its end: " + why
    broker.log.close()
    return number, state, why, time.monotonic() - began, folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mode", choices=MODES, default="quick")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="keep the files of those that pass, too")
    parser.add_argument("numbers", nargs="*")
    options = parser.parse_args()
    if not os.path.exists(os.path.join(SUITE, "test-runner")):
        print("1..0 # skip the suite is not built: tests/compat/fetch_librdkafka")
        return 0
    known = expected(options.mode)
    wanted = options.numbers or numbers()
    work = os.path.join(TREE, "build", "compat", "work")
    print(f"1..{len(wanted)}", flush=True)
    red = passed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for number, state, why, seconds, folder in pool.map(lambda n: one(n, options.mode, work), wanted):
            name = f"{number} ({options.mode})"
            print(f"# took {seconds:.3f} s", flush=True)
            if state == "passed" and number in known and not known[number].startswith("sometimes"):
                print(f"# it passes: tests/compat/librdkafka.txt says \"{known[number]}\"\nnot ok {name}")
                red += 1
            elif state == "passed":
                print(f"ok {name}")
                passed += 1
            elif number in known or state == "skipped":
                print(f"# skip: {known.get(number, why)}\nok {name} # SKIP")
            else:
                print(f"# {why}\n# files in {folder}\nnot ok {name}")
                red += 1
                continue
            if not options.keep:
                shutil.rmtree(folder, ignore_errors=True)
    print(f"# figure: librdkafka's tests in mode {options.mode}: {passed} of {len(wanted)} pass")
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
