#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Other people's MQTT as it is: what mqtt-packet writes we read as it was meant, and the reverse; Paho's C
# client and MQTT.js publish with QoS 1 and 2 in sessions that are kept, and each reading counts once; they and
# mosquitto_sub hear what their device is told.
. tests/scenarios/lib.sh
plan 9
export NODE_PATH="${NODE_PATH:-$PWD/build/npm/node_modules}"
variant=$(basename "$(dirname "$OCTAVO")")
reader=build/$variant/scenarios/mqtt_reader
seed=${SEED:-$(date +%s)}
if node -e 'require("mqtt-packet")' 2> /dev/null; then
    make -s V="$variant" "$reader" > "$WORK/made" 2>&1 || { say < "$WORK/made"; exit 1; }
    check "mqtt-packet and we read each other's packets, whole and damaged (seed $seed)" \
        timeout 120 node tests/scenarios/mqtt_peer.js packets "$reader" "$seed"
else
    skip "mqtt-packet and we read each other's packets" "node does not find mqtt-packet"
fi

sed -e 's/127.0.0.1:1883/127.0.0.1:0/' -e 's/127.0.0.1:808[67]/127.0.0.1:0/' -e 's/flush_seconds: 2/flush_seconds: 1/' \
    -e 's/ticks: 1s/ticks: 500ms/' src/systems/iot/octavo.yaml > "$WORK/iot.yaml"
start "$WORK/up.log" "$OCTAVO" up iot --dir "$WORK/d" --port 0 --file "$WORK/iot.yaml"
wait_for 60 in_file "iot is ready" "$WORK/up.log" || exit 1
port=$(sed -n 's/^octavo up: iot-device.0 on 127.0.0.1:\([0-9]*\)$/\1/p' "$WORK/up.log")
says() { # says PATTERN COMMAND...: within a while
    pattern=$1
    shift
    wait_for 30 sh -c "\"\$@\" 2>&1 | grep -q -- '$pattern'" sh "$OCTAVO" iot "$@" --dir "$WORK/d" --file "$WORK/iot.yaml"
}

iot() { "$OCTAVO" iot "$@" --dir "$WORK/d" --file "$WORK/iot.yaml"; }

if pkg-config --exists libpaho-mqtt3c 2> /dev/null || [ -f /usr/include/MQTTClient.h ]; then
    gcc -o "$WORK/paho" tests/scenarios/mqtt_paho.c -lpaho-mqtt3c || exit 1
    iot command by-paho flush > "$WORK/asked"
    check "Paho's C client is acknowledged, its session is kept, and it is told a command" sh -c "
        timeout 60 '$WORK/paho' '$port' by-paho 100 | grep '^devices/by-paho/command .*\"text\":\"flush\"'"
    check "which is delivered by that" says 'flush *delivered' state by-paho
    check "each of its readings counts once" says '"count":100,"sum":4950,' rollups by-paho load --level 1d --json
else
    skip "Paho's C client is acknowledged, its session is kept, and it is told a command" "libpaho-mqtt-dev is not installed"
    skip "which is delivered by that" "libpaho-mqtt-dev is not installed"
    skip "each of its readings counts once" "libpaho-mqtt-dev is not installed"
fi

if node -e 'require("mqtt")' 2> /dev/null; then
    check "MQTT.js is acknowledged" timeout 60 node tests/scenarios/mqtt_peer.js fleet "$port" by-js 300
    check "each of its readings counts once" says '"count":300,"sum":44850,' rollups by-js load --level 1d --json
    iot command by-js stop > "$WORK/asked"
    check "it may hear its device's commands alone" sh -c "
        timeout 60 node tests/scenarios/mqtt_peer.js hear '$port' by-js | grep '^devices/by-js/command .*\"text\":\"stop\"'"
    check "and its will is told when it is gone without a word" says '^gone ' show by-js
else
    skip "MQTT.js is acknowledged" "node does not find mqtt"
    skip "each of its readings counts once" "node does not find mqtt"
    skip "it may hear its device's commands alone" "node does not find mqtt"
    skip "and its will is told when it is gone without a word" "node does not find mqtt"
fi
if command -v mosquitto_sub > /dev/null; then
    iot desire pump-7 interval 30 > "$WORK/asked"
    check "mosquitto_sub hears what its device is wished to be" sh -c "
        timeout 60 mosquitto_sub -p $port -t devices/pump-7/command -C 1 | grep '{\"version\":1,\"name\":\"interval\",\"value\":\"30\"}'"
else
    skip "mosquitto_sub hears what its device is wished to be" "no mosquitto_sub"
fi
exit $failed
