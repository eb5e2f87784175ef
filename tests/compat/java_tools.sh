#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Apache Kafka's own tools and test clients, as Maven has them, against our broker: the client library that
# most of the world uses, and the people's fingers that know these commands.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
tests/kafka/tools > "$WORK/fetch" 2>&1 || { echo "1..0 # skip $(tail -n 1 "$WORK/fetch")"; exit 0; }
plan 21
broker_start
tool() { # tool TOOL ARGUMENT...
    called=$1
    shift
    timeout 90 "build/kafka-tools/bin/kafka-$called.sh" "$@"
}
says() { # says TEXT NAME ARGUMENT...: the tool ends well and its output has a line like TEXT
    text=$1
    shift
    tool "$@" > "$WORK/tool" 2>&1
    code=$?
    cat "$WORK/tool"
    [ $code = 0 ] && grep -qE -- "$text" "$WORK/tool"
}
at="--bootstrap-server $BROKER"

check 'the Java client takes our table of versions' says 'Produce\(0\):' broker-api-versions $at
check 'a topic is made' says 'Created topic orders' topics $at --create --topic orders --partitions 3
check 'and described' says 'PartitionCount: 3' topics $at --describe --topic orders
seq 1 5000 > "$WORK/numbers"
check 'the console producer writes' sh -c "timeout 60 build/kafka-tools/bin/kafka-console-producer.sh $at --topic orders < '$WORK/numbers'"
tool console-consumer $at --topic orders --from-beginning --max-messages 5000 --group readers 2> "$WORK/error" | sort -n > "$WORK/read"
check 'the console consumer reads each once' cmp "$WORK/numbers" "$WORK/read"
check 'its group is listed' says '^readers$' consumer-groups $at --list
check 'and has no lag' says 'readers +orders +[0-9]+ +[0-9]+ +[0-9]+ +0 ' consumer-groups $at --describe --group readers
tool get-offsets $at --topic orders > "$WORK/offsets" 2> "$WORK/error"
check 'ends of partitions are told' is "$(awk -F: '{ n += $3 } END { print n }' "$WORK/offsets")" 5000
check 'a setting is changed' says 'Completed updating' configs $at --alter --entity-type topics --entity-name orders --add-config retention.ms=100000000
check 'and shown' says 'retention.ms=100000000' configs $at --describe --entity-type topics --entity-name orders
check 'a setting of the broker is changed while it runs' says 'Completed updating' configs $at --alter --entity-type brokers --entity-name 1 \
    --add-config log.retention.ms=86400000
check 'and shown, over what it would be' says 'log.retention.ms=86400000.*DYNAMIC_BROKER_CONFIG:log.retention.ms=86400000' \
    configs $at --describe --entity-type brokers --entity-name 1
check 'log directories are described' says '"partition":"orders-0"' log-dirs $at --describe
check 'the verifiable producer is acknowledged all' says '"sent":20000,"acked":20000' verifiable-producer $at --topic from --max-messages 20000 --acks -1
check 'the verifiable consumer reads them' says '"name":"shutdown_complete"' verifiable-consumer $at --topic from --group-id verifiers --max-messages 20000
check 'messages are copied in transactions with aborts among them' says '"remaining":0' message-copier --broker-list "$BROKER" \
    --input-topic from --input-partition 0 --output-topic to --transactional-id copier --consumer-group copiers \
    --transaction-size 200 --enable-random-aborts --use-group-metadata --group-mode
tool console-consumer $at --topic from --from-beginning --timeout-ms 5000 2> "$WORK/error" | sort -n > "$WORK/read"
tool console-consumer $at --topic to --from-beginning --timeout-ms 5000 --isolation-level read_committed 2> "$WORK/error" | sort -n > "$WORK/copied"
check 'and a read_committed reader sees each once' cmp "$WORK/read" "$WORK/copied"
check 'records are deleted' sh -c "echo '{\"partitions\":[{\"topic\":\"from\",\"partition\":0,\"offset\":10}],\"version\":1}' > '$WORK/delete.json' &&
    timeout 60 build/kafka-tools/bin/kafka-delete-records.sh $at --offset-json-file '$WORK/delete.json' | grep -q 'low_watermark: 10'"
check 'the broker stops cleanly' broker_stop
says_whole() { says 'payload: ' dump-log --files "$1" --print-data-log && ! grep -qiE 'corrupt|invalid|mismatch' "$WORK/tool"; }
check 'its segments are read by DumpLogSegments' says_whole "$(find "$WORK/broker" -path '*/to-*' -name '*.log' -size +0 | head -n 1)"
check 'and the index of the transactions that were aborted, too' says 'version: 0 producerId: [0-9]+ firstOffset: [0-9]+ lastOffset: [0-9]+ lastStableOffset: [1-9]' \
    dump-log --files "$(find "$WORK/broker" -path '*/to-*' -name '*.txnindex' -size +0 | head -n 1)"
[ $failed = 0 ]
