#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# What is no Kafka request, sent to the port: one line in the log, a closed connection, nobody harmed.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 7
broker_start

# Sends hexadecimal bytes; succeeds when the broker closes the connection within ten seconds.
send() {
    python3 - "$PORT" "$1" <<'PY'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
s.sendall(bytes.fromhex(sys.argv[2]))
s.settimeout(10)
try:
    answer = s.recv(4096)
except ConnectionResetError:
    answer = b""
sys.exit(f"answered {answer!r}" if answer else 0)
PY
}
http=474554202f20485454502f312e310d0a0d0a
check 'a browser is closed' send $http
check 'the log names it' wait_for 5 in_file 'client_refused peer=127.0.0.1:[0-9]* why=http' "$WORK/broker.log"
check 'a TLS handshake is closed' send 16030100a5010000a10303
check 'a frame of two gigabytes is closed' send 7fffffff00120000
check 'a count that lies is closed' send 0000000e000300010000000100007fffffff

python3 - "$PORT" <<'PY' &
import os, random, socket, sys
chance = random.Random(7)
for i in range(300):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    body = os.urandom(chance.randrange(8, 400))
    key = chance.choice([0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 18, 19, 22])
    body = key.to_bytes(2, "big") + chance.randrange(0, 10).to_bytes(2, "big") + body[4:]
    try:
        s.sendall(len(body).to_bytes(4, "big") + body)
    except OSError:
        pass
    s.close()
PY
noise=$!
seq 1 5000 > "$WORK/in"
k -P -t t -p 0 < "$WORK/in"
wait $noise
k -C -t t -p 0 -o beginning -e > "$WORK/out"
check 'a client beside 300 that send noise is served' cmp "$WORK/in" "$WORK/out"
check 'the broker has not noticed more than that' broker_stop
