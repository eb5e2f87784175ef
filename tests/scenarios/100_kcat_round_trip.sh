#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# kcat, as packaged, against the broker: listing, producing and consuming what Kafka's clients send.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 17
broker_start

k -L > "$WORK/list"
check 'kcat -L shows one broker and its port' in_file "broker 1 at $BROKER (controller)" "$WORK/list"

printf 'one\ntwo\nthree\n' > "$WORK/in"
k -P -t plain < "$WORK/in"
k -C -t plain -o beginning -e > "$WORK/out"
sort "$WORK/out" > "$WORK/sorted"
sort "$WORK/in" > "$WORK/wanted"
check 'what is produced is consumed' cmp "$WORK/wanted" "$WORK/sorted"
k -L -t plain > "$WORK/list"
check 'a topic asked for by a producer has four partitions' in_file 'with 4 partitions' "$WORK/list"

k -P -t keyed -p 2 -K : -H name=value -H empty= <<'IN'
key:value
:no key
tomb:
IN
k -C -t keyed -p 2 -o beginning -e -f '%p %o %K %k %S %s %h\n' > "$WORK/out"
cat > "$WORK/wanted" <<'OUT'
2 0 3 key 5 value name=value,empty=
2 1 0  6 no key name=value,empty=
2 2 4 tomb 0  name=value,empty=
OUT
check 'keys, headers, offsets and partitions come back as sent' diff "$WORK/wanted" "$WORK/out"

seq 1 20000 > "$WORK/in"
for codec in none gzip snappy lz4 zstd; do
    k -P -t "codec-$codec" -p 0 -z $codec -X linger.ms=200 < "$WORK/in"
    k -C -t "codec-$codec" -p 0 -o beginning -e > "$WORK/out"
    check "20,000 messages survive $codec in order" cmp "$WORK/in" "$WORK/out"
done
# librdkafka sends them uncompressed, and says nothing, when it does not find the versions it looks for.
# What waited for its topic to be made may go alone first, and one message packs to more than it is.
codec_sent() { # codec_sent NAME NUMBER: the codec of most records
    is "$(cat "$(segments "codec-$1-0")/"*.log | python3 -c '
import collections, struct, sys
log, at, found = sys.stdin.buffer.read(), 0, collections.Counter()
while at + 61 <= len(log) and struct.unpack_from(">i", log, at + 8)[0] > 0:
    found[log[at + 22] & 7] += struct.unpack_from(">i", log, at + 57)[0]
    at += 12 + struct.unpack_from(">i", log, at + 8)[0]
print(found.most_common(1)[0][0] if found else "none")')" "$2"
}
check 'gzip is gzip on the wire and on the disk' codec_sent gzip 1
check 'snappy is snappy' codec_sent snappy 2
check 'lz4 is lz4' codec_sent lz4 3
check 'zstd is zstd' codec_sent zstd 4

head -c 900000 /dev/zero | tr '\0' 'x' > "$WORK/large"
k -P -t large -p 0 "$WORK/large"
k -C -t large -p 0 -o beginning -e -D '' > "$WORK/out"
check 'a message of 900,000 bytes comes back whole' cmp "$WORK/large" "$WORK/out"

k -C -t codec-none -p 0 -o -5 -e > "$WORK/out"
check 'the last five are found from the end' is "$(tr '\n' ' ' < "$WORK/out")" \
    '19996 19997 19998 19999 20000 '
check 'an offset asked for by time is the first of its time' \
    is "$(timeout 20 kcat -b "$BROKER" -Q -t codec-none:0:0 2>&1)" 'codec-none [0] offset 0'

check 'SIGTERM is a clean stop with exit code 0' broker_stop
