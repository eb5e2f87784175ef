#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# TLS and users: librdkafka, python3-kafka and kafkajs get in with the right password and nobody else does.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 25

certificate() { # certificate NAME: of $WORK/ca
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$WORK/$1.key" \
        -out "$WORK/$1.csr" 2> /dev/null
    openssl x509 -req -in "$WORK/$1.csr" -CA "$WORK/ca.pem" -CAkey "$WORK/ca.key" -CAcreateserial -days 2 \
        -extfile "$WORK/names" -out "$WORK/$1.pem" 2> /dev/null
    chmod 600 "$WORK/$1.key"
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca \
    -keyout "$WORK/ca.key" -out "$WORK/ca.pem" 2> /dev/null
echo 'subjectAltName=IP:127.0.0.1' > "$WORK/names"
certificate broker
certificate client

user() { "$OCTAVO" broker user "$@" --users "$WORK/users"; }
fails_with() { # fails_with CODE PATTERN COMMAND...
    code=$1 pattern=$2
    shift 2
    "$@" > "$WORK/out" 2>&1
    is $? "$code" && in_file "$pattern" "$WORK/out"
}
echo 'correct horse' > "$WORK/password"
check 'a user is made with a password from a file' user add alice --password-file "$WORK/password"
check 'and from standard input' sh -c "echo 'battery staple' | $OCTAVO broker user add bob --users $WORK/users --password-file -"
check 'users are listed' is "$(user ls | tr '\n' ' ')" 'alice bob '
check 'their file is its owner'"'"'s alone' is "$(stat -c %a "$WORK/users")" 600
check 'no password is in it' sh -c "! grep -E 'horse|staple' $WORK/users"
check 'a password is not taken from the arguments' fails_with 2 'wrong usage' user add carol secret-word
check 'a removed user must exist' fails_with 3 'no user carol' user rm carol

open="$OCTAVO broker --dir $WORK/open --port 0 --bind 0.0.0.0"
tls="--tls-cert $WORK/broker.pem --tls-key $WORK/broker.key"
check 'a wide address is refused without TLS' fails_with 3 'try: --tls-cert' $open --users "$WORK/users"
check 'a wide address is refused without users' fails_with 3 'or --tls-client-ca' $open $tls
chmod 644 "$WORK/broker.key"
check 'a key that everybody may read is refused' fails_with 2 'chmod 600' $open $tls --users "$WORK/users"
chmod 600 "$WORK/broker.key"

broker_start $tls --users "$WORK/users"
k_as() { # k_as USER PASSWORD MECHANISM [OPTION...]
    as=$1 by=$2 mechanism=$3
    shift 3
    timeout 20 kcat -b "$BROKER" -X security.protocol=sasl_ssl -X ssl.ca.location="$WORK/ca.pem" \
        -X sasl.mechanism="$mechanism" -X sasl.username="$as" -X sasl.password="$by" "$@"
}
for mechanism in PLAIN SCRAM-SHA-256 SCRAM-SHA-512; do
    seq 1 20000 > "$WORK/in"
    k_as alice 'correct horse' $mechanism -P -t "t-$mechanism" -p 0 < "$WORK/in"
    k_as bob 'battery staple' $mechanism -C -t "t-$mechanism" -p 0 -o beginning -e -q > "$WORK/out"
    check "kcat: 20,000 messages by $mechanism over TLS" cmp "$WORK/in" "$WORK/out"
    k_as alice 'correct horsf' $mechanism -L -m 2 > "$WORK/out" 2>&1
    check "kcat: a wrong password by $mechanism is told so" in_file 'the user or the password is wrong' "$WORK/out"
done
check 'a client without TLS gets nothing' fails_with 1 'Failed to acquire metadata' timeout 5 kcat -b "$BROKER" -L -m 2
check 'and the log says why' in_file 'tls_failed .* why=wrong_version_number' "$WORK/broker.log"

peer() { # peer NAME COMMAND...: 77 says that the library is absent
    name=$1
    shift
    timeout 60 "$@" > "$WORK/out" 2>&1
    case $? in
    77) skip "$name" 'its library is not installed' ;;
    0) ok "$name" ;;
    *) check "$name" sh -c "cat $WORK/out; false" ;;
    esac
}
python=/usr/bin/python3
for mechanism in PLAIN SCRAM-SHA-512; do
    peer "python3-kafka sends and reads by $mechanism" \
        $python tests/scenarios/security_client.py "$PORT" $mechanism 'correct horse' "$WORK/ca.pem"
done
for mechanism in plain scram-sha-256; do
    if command -v node > /dev/null; then
        peer "kafkajs sends and reads by $mechanism" \
            node tests/scenarios/security_client.js "$PORT" $mechanism 'correct horse' "$WORK/ca.pem"
    else
        skip "kafkajs sends and reads by $mechanism" 'there is no node'
    fi
done

# 300 that say nothing, 300 that say nonsense: an honest client does not notice.
python3 - "$PORT" > "$WORK/idle" 2>&1 <<'PY' &
import socket, sys, time
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10) for _ in range(600)]
for s in held[:300]:
    s.sendall(b"\x16\x03\x01\x02\x00\x01")
print("held", flush=True)
time.sleep(5)
PY
started="$started $!"
wait_for 10 in_file held "$WORK/idle"
seq 1 1000 > "$WORK/in"
k_as alice 'correct horse' SCRAM-SHA-256 -P -t honest -p 0 < "$WORK/in"
k_as alice 'correct horse' SCRAM-SHA-256 -C -t honest -p 0 -o beginning -e -q > "$WORK/out"
check 'among 600 half-open connections an honest client is served' cmp "$WORK/in" "$WORK/out"

broker_stop
broker_start $tls --tls-client-ca "$WORK/ca.pem"
seq 1 10 | timeout 20 kcat -q -b "$BROKER" -X security.protocol=ssl -X ssl.ca.location="$WORK/ca.pem" \
    -X ssl.certificate.location="$WORK/client.pem" -X ssl.key.location="$WORK/client.key" -P -t t -p 0
check 'a client with a certificate of the CA is let in without a password' is $? 0
check 'SIGTERM is a clean stop' broker_stop
