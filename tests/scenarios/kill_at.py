#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""Kills a process once a file that is being written has so many bytes.

    kill_at.py ARCHIVE RUN BYTES PID      prints how many it had then; 1: the run was made before
"""
import glob
import os
import signal
import sys
import time

archive, run, wanted, pid = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
until = time.monotonic() + 60
while time.monotonic() < until:
    if os.path.exists(f"{archive}/{run}/manifest.json"):
        sys.exit(1)
    for part in glob.glob(f"{glob.escape(archive)}/{run}/new-*.part"):
        try:
            size = os.stat(part).st_size
        except FileNotFoundError:
            continue
        if size >= wanted:
            os.kill(pid, signal.SIGKILL)
            print(size)
            sys.exit(0)
    time.sleep(0.0005)
sys.exit(2)
