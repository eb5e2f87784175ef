# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""systemd in miniature: starts a command with Type=notify and a watchdog, prints what it tells, and
sends SIGTERM some seconds after it is ready.

  systemd_double.py SECONDS SOCKET COMMAND...
"""
import os
import signal
import socket
import subprocess
import sys
import time

seconds, path, command = float(sys.argv[1]), sys.argv[2], sys.argv[3:]
door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
door.bind(os.path.abspath(path))
door.settimeout(0.2)
child = subprocess.Popen(command, env=dict(os.environ, NOTIFY_SOCKET=os.path.abspath(path), WATCHDOG_USEC="3000000"))
end = None
while child.poll() is None:
    try:
        print("told:", door.recv(4096).decode(), flush=True)
        end = end or time.monotonic() + seconds
    except socket.timeout:
        pass
    if end and time.monotonic() > end:
        child.send_signal(signal.SIGTERM)
        end = time.monotonic() + 3600
sys.exit(child.returncode)
