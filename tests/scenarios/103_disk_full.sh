#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A full disk: producers are told, readers go on, and with room again so do the producers.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 5
mkdir "$WORK/broker"
if ! mount -t tmpfs -o size=200m tmpfs "$WORK/broker" 2> /dev/null; then
    for name in 'producers are told' 'readers go on' 'topics are listed' 'room again' 'nothing is lost'; do
        skip "$name" 'a small file system cannot be mounted here'
    done
    exit 0
fi
trap 'umount -l "$WORK/broker"; finish' EXIT
broker_start
seq 1 1000 | k -P -t t -p 0
head -c 1000000000 /dev/zero > "$WORK/broker/ballast" 2> /dev/null

seq -f '%0200.0f' 1001 11000 | timeout 60 kcat -q -b "$BROKER" -P -t t -p 0 -X message.timeout.ms=4000 \
    > "$WORK/full.log" 2>&1
check 'producers are told' test $? != 0
k -C -t t -p 0 -o beginning -e > "$WORK/out"
seq 1 1000 > "$WORK/wanted"
head -n 1000 "$WORK/out" > "$WORK/first"
check 'readers go on' cmp "$WORK/wanted" "$WORK/first"
k -L > "$WORK/list"
check 'topics are listed' in_file 'topic "t" with 4 partitions' "$WORK/list"
rm "$WORK/broker/ballast"
again() { echo again | timeout 20 kcat -q -b "$BROKER" -P -t t -p 0 -X message.timeout.ms=2000; }
check 'with room again, producers go on' wait_for 30 again
broker_kill
broker_start
k -C -t t -p 0 -o beginning -e > "$WORK/out"
head -n 1000 "$WORK/out" > "$WORK/first"
check 'nothing acknowledged is lost' cmp "$WORK/wanted" "$WORK/first"
