# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# For scenarios with a broker, read by them with `.`: TAP, bounded waiting, a broker that is started,
# killed and started again. Everything lives in one directory that goes when the scenario ends well.
set -u
OCTAVO=${OCTAVO:-build/${V:-asan}/octavo}
export ASAN_OPTIONS="${ASAN_OPTIONS:-abort_on_error=1:disable_coredump=1}"
mkdir -p build
WORK=$(mktemp -d build/scenario.XXXXXX)
number=0 failed=0 started=

say() { sed 's/^/# /'; }

finish() {
    code=$?
    for pid in $started; do
        kill -9 "$pid" 2> /dev/null && wait "$pid" 2> /dev/null
    done
    if [ $failed = 0 ] && [ $code = 0 ]; then
        rm -rf "$WORK"
    else
        echo "# files kept in $WORK"
        [ ! -f "$WORK/broker.log" ] || tail -n 20 "$WORK/broker.log" | say
    fi
}
trap finish EXIT
trap 'exit 1' INT TERM

plan() { echo "1..$1"; }

ok() { # ok NAME
    number=$((number + 1))
    echo "ok $number - $1"
}

check() { # check NAME COMMAND...: its output is shown when it fails
    name=$1
    shift
    if "$@" > "$WORK/said" 2>&1; then
        ok "$name"
        return
    fi
    say < "$WORK/said"
    number=$((number + 1)) failed=$((failed + 1))
    echo "not ok $number - $name"
}

skip() { # skip NAME REASON
    number=$((number + 1))
    echo "# skip: $2"
    echo "ok $number - $1 # SKIP"
}

is() { # is GOT WANTED
    [ "$1" = "$2" ] || {
        echo "got    '$1'"
        echo "wanted '$2'"
        return 1
    }
}

wait_for() { # wait_for SECONDS COMMAND...: until it succeeds
    left=$(($1 * 20))
    shift
    until "$@"; do
        left=$((left - 1))
        [ $left -gt 0 ] || {
            echo "waited in vain for: $*"
            return 1
        }
        sleep 0.05
    done
}

has_lines() { [ "$(wc -l < "$1")" -ge "$2" ]; } # has_lines FILE COUNT
has_ended() { ! kill -0 "$1" 2> /dev/null; }
in_file() { grep -q -- "$1" "$2"; }

# Starts a program behind this shell; its pid is $last.
start() { # start LOG COMMAND...
    log=$1
    shift
    "$@" >> "$log" 2>&1 &
    last=$!
    started="$started $last"
}

# The port stays below the range from which clients get theirs: a client must not sit on it while
# the broker is away. The first start says which one; later starts want the same.
PORT=
broker_start() { # broker_start [OPTION...]
    rm -f "$WORK/port"
    if [ "${PEER:-}" = kafka ]; then # make test-kafka: a scenario that Apache Kafka fails is a wrong one
        start "$WORK/broker.log" tests/kafka/node "$WORK/kafka" "${PORT:-$((20000 + $$ % 10000))}" "$WORK/port"
        broker_pid=$last
        wait_for 60 test -s "$WORK/port" || exit 1
        PORT=$(cat "$WORK/port")
        BROKER=127.0.0.1:$PORT
        return
    fi
    start "$WORK/broker.log" "$OCTAVO" broker --dir "$WORK/broker" \
        --port "${PORT:-$((20000 + $$ % 10000))}" --port-file "$WORK/port" "$@"
    broker_pid=$last
    wait_for 20 test -s "$WORK/port" || exit 1 # the trap shows its log
    PORT=$(cat "$WORK/port")
    BROKER=127.0.0.1:$PORT
}

broker_kill() {
    kill -9 "$broker_pid"
    wait "$broker_pid" 2> /dev/null
}

broker_stop() { # clean; fails when the broker's exit code is not 0 (a JVM's is 143)
    kill -TERM "$broker_pid"
    wait "$broker_pid"
    stopped=$?
    [ $stopped = 0 ] || { [ "${PEER:-}" = kafka ] && [ $stopped = 143 ]; }
}

ours() { [ "${PEER:-}" != kafka ]; } # what only our broker has, as its crash points
segments() { if ours; then echo "$WORK/broker/$1"; else echo "$WORK/kafka/log/$1"; fi; } # of TOPIC-PARTITION

# kcat, quiet, with a limit on its time.
k() { timeout 60 kcat -q -b "$BROKER" "$@"; }

# Compiled once a run: librdkafka as an application uses it.
story_build() { # story_build [NAME]
    source=tests/scenarios/${1:-rdkafka_story}.c
    story=build/scenarios/${1:-rdkafka_story}
    mkdir -p build/scenarios
    if [ ! -x "$story" ] || [ "$source" -nt "$story" ]; then
        cc -std=c17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -o "$story.$$" \
            "$source" $(pkg-config --cflags --libs rdkafka) &&
            mv "$story.$$" "$story"
    fi
}
