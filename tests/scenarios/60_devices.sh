#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Devices that speak MQTT by another's client: what they publish is rolled up once, what cannot be
# read is kept, an anomaly is one alert; and the detector is as good as it says on labelled series.
. tests/scenarios/lib.sh
plan 25
data=${OCTAVO_DATA:-../shared/data}
sed -e 's/127.0.0.1:1883/127.0.0.1:0/' -e 's/127.0.0.1:808[67]/127.0.0.1:0/' -e 's/ticks: 1s/ticks: 500ms/' -e 's/silence_seconds: 300/silence_seconds: 2/' \
    -e 's/# limits: .*/limits: pressure > 80 clear 75/' -e 's/flush_seconds: 2/flush_seconds: 1/' -e 's/hold_seconds: 60/hold_seconds: 5/' \
    -e 's/# settings:/settings:/' -e 's/#   notify: [^ ]*/  notify: someone@example.org/' \
    src/systems/iot/octavo.yaml > "$WORK/iot.yaml"
start "$WORK/up.log" "$OCTAVO" up iot --dir "$WORK/d" --port 0 --file "$WORK/iot.yaml"
up=$last
wait_for 60 in_file "iot is ready" "$WORK/up.log" || exit 1
port=$(sed -n 's/^octavo up: iot-device.0 on 127.0.0.1:\([0-9]*\)$/\1/p' "$WORK/up.log")

iot() { "$OCTAVO" iot "$@" --dir "$WORK/d" --file "$WORK/iot.yaml"; }
publish() { timeout 60 mosquitto_pub -p "$port" "$@"; }
says() { # says PATTERN COMMAND...: within a while
    pattern=$1
    shift
    wait_for 30 sh -c "\"\$@\" 2>&1 | grep -q -- '$pattern'" sh "$OCTAVO" iot "$@" --dir "$WORK/d" --file "$WORK/iot.yaml"
}

if command -v mosquitto_pub > /dev/null; then
    check "a scalar by QoS 1" publish -t devices/pump-7/temperature -m 21.5 -q 1
    check "several metrics by QoS 2, in a session that is kept" \
        publish -t devices/pump-7 -m '{"temperature":22.25,"humidity":40,"boot":1,"seq":5}' -q 2 -i pump-7 -c
    publish -t devices/pump-7 -m '{"temperature":22.25,"humidity":40,"boot":1,"seq":5}' -q 1
    check "the message that was sent twice counts once" says '"count":2,"sum":43.75,"min":21.5' \
        rollups pump-7 temperature --level 1d --json
    check "and is told as a repeat" says '3 messages *1 repeats' ls
    publish -t devices/pump-7 -m '21,5' -q 1
    publish -t somewhere/else -m '1' -q 1
    publish -t "devices/$(printf '%0200d' 0)/t" -m '1' -q 1
    check "what is no JSON is kept with its bytes" says 'it is no JSON","bytes":"MjEsNQ=="' dead
    check "so is what is not as its schema says, with the field that is wrong" \
        says '"reason":"/device: maxLength is 128","bytes":"MQ=="' dead
    check "so is what no template of a topic fits" says 'no template of a topic fits' dead
    { for i in 1 2 3 4 5 6 7; do seq -f '%g.5' 1 40; done; seq 900 960; } |
        publish -t devices/line/load -l -q 1
    check "341 values are rolled up" says '"count":341,' rollups line load --level 1d --json
    check "a jump is one alert" says 'open .* line/load: 90' alerts
    alert=$(iot alerts line --json | sed -n 's/.*"alert":"\([^"]*anomaly[^"]*\)".*/\1/p')
    check "one mail tells of it" sh -c "
        for i in \$(seq 100); do grep -ls 'Subject: open: $alert' $WORK/d/iot/mail/*.eml > $WORK/mails && break; sleep 0.1; done
        cat $WORK/mails; test \$(wc -l < $WORK/mails) = 1"
    check "an alert that nobody raised is told to be none" sh -c "
        '$OCTAVO' iot ack line/load/anomaly/5 --dir '$WORK/d' --file '$WORK/iot.yaml' 2>&1 | grep -q 'there is no alert line/load/anomaly/5'"
    iot ack "$alert" --by jana
    check "somebody has seen it" says '"acknowledged":1[0-9]*,"mails":1' alerts line --json
    check "a device that says nothing more is told by time alone" says 'open .* pump-7/: *silence' alerts pump-7
    publish -t devices/pump-7/temperature -m 21 -q 1
    check "and is back with its next word" says 'cleared .* pump-7/: *silence' alerts pump-7
    now=$(date +%s)
    for n in 1 2 3 4 5 6 7 8; do # flaps around its limit, then keeps it for longer than the hold time
        echo "{\"time\":$((now + n)),\"pressure\":$((79 + n % 2 * 3))}"
    done > "$WORK/flaps"
    { cat "$WORK/flaps"; echo "{\"time\":$((now + 10)),\"pressure\":70}"; echo "{\"time\":$((now + 16)),\"pressure\":70}"; } |
        publish -t devices/boiler -l -q 1
    check "what flaps around its limit is one alert" sh -c "
        for i in \$(seq 100); do '$OCTAVO' iot alerts boiler --dir $WORK/d --file $WORK/iot.yaml > $WORK/flapped
            grep -q '^cleared .*boiler/pressure: 82 > 80' $WORK/flapped && break; sleep 0.1; done
        cat $WORK/flapped; test \$(grep -c 'pressure: ' $WORK/flapped) = 1 && grep -q ^cleared $WORK/flapped"
else
    for name in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do skip "devices $name" "no mosquitto_pub"; done
fi
if command -v mosquitto > /dev/null && command -v mosquitto_pub > /dev/null; then
    its=$((20000 + $$ % 10000))
    printf 'listener %s 127.0.0.1\nallow_anonymous true\nconnection up\naddress 127.0.0.1:%s\ntopic devices/# out 1\n' \
        $its "$port" > "$WORK/mosquitto.conf"
    start "$WORK/mosquitto.log" mosquitto -c "$WORK/mosquitto.conf"
    wait_for 20 mosquitto_pub -p $its -q 1 -t devices/bridged/t -m 1.5 2> /dev/null
    check "a Mosquitto bridge hands over what it was told" says '"count":1,"sum":1.5' \
        rollups bridged t --level 1d --json
else
    skip "a Mosquitto bridge hands over what it was told" "no mosquitto"
fi
posted() { # posted PATH BODY: the status
    OCTAVO_PORT=$web python3 -c '
import os, sys, urllib.error, urllib.request
url = "http://127.0.0.1:" + os.environ["OCTAVO_PORT"] + sys.argv[1]
try:
    print(urllib.request.urlopen(url, sys.argv[2].encode(), 60).status)
except urllib.error.HTTPError as e:
    print(e.code, e.read().decode())' "$@"
}
web=$(sed -n 's/.*edge_listens edge=http port=\([0-9]*\).*/\1/p' "$WORK/up.log" | head -1)
now=$(date +%s)
{
    posted '/write?precision=s' "posted,boot=1,seq=1 load=3,volts=4i $now
posted,boot=1,seq=1 load=3,volts=4i $now"
    posted /telemetry '[{"device":"posted","load":5,"boot":1,"seq":2}]'
    posted /write 'posted load=5
posted load='
} > "$WORK/posted"
check "lines and objects are posted, and what is no line is told with its number" \
    sh -c "test \$(grep -c ^204 $WORK/posted) = 2 && grep -q '^400 .*line 2: a field' $WORK/posted"
check "and count once" says '"count":2,"sum":8,' rollups posted load --level 1d --json
view=$(sed -n 's/^octavo up: rollup-store.* on 127.0.0.1:\([0-9]*\)$/\1/p' "$WORK/up.log")
check "and are drawn" python3 -c '
import sys, time, urllib.request
base = "http://127.0.0.1:" + sys.argv[1] + "/devices/posted/metrics/load/"
page = urllib.request.urlopen(base + "chart/1s", timeout=60)
assert page.headers["Content-Type"].startswith("text/html") and b"<svg" in page.read()
now = int(time.time()) * 1000
day = urllib.request.urlopen(base + f"from/{now - 86400000}/to/{now + 86400000}/points/1", timeout=60).read()
assert b" 2 3 5 3 5 4;" in day, day' "$view"
check "this machine is a device, too" timeout 60 "$OCTAVO" iot host --http-port "$web" --every 1 --count 1
check "with its load and its memory" says '^memory_percent .* 1 points' show "host-$(cat /proc/sys/kernel/hostname)"
check "a fleet by our own client is acknowledged whole" sh -c "
    '$OCTAVO' iot simulate --mqtt-port $port --devices 20 --readings 2000 --json | grep -q '\"acknowledged\":2000,'"
check "it stops cleanly" sh -c "kill -TERM $up; while kill -0 $up 2> /dev/null; do sleep 0.05; done"
check "the demo loses nothing and repeats nothing under three kills" sh -c "
    '$OCTAVO' demo iot --dir $WORK/demo --port 0 --inputs 3000 --quit --json 2> $WORK/demo.log |
        grep -q '\"readings\":3000,\"lost\":0,\"repeated\":0,'"
if [ -f "$data/nab/windows.json" ]; then
    check "66 or more of NAB's 100, without a look ahead" sh -c "
        '$OCTAVO' iot score '$data/nab' | awk '\$1 == \"detector\" { exit !(\$2 >= 66) }'"
else
    skip "66 or more of NAB's 100, without a look ahead" "no $data/nab"
fi
exit $failed
