#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Effects of a user's own system: done once whatever dies, nothing parked while the outside is away, and
# an operator sees, retries and drops what was refused, with the service running or not.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 16

cat > "$WORK/post.c" <<'C'
#include <octavo.h>
static enum octavo_outcome on_letter(struct octavo_step *s) {
    struct octavo_text name = octavo_text(""), edge = octavo_text("box");
    (void)octavo_event_text(s, "name", &name);
    octavo_effect_begin(s, octavo_event_text(s, "far", &edge) ? "far" : "box", "letter");
    octavo_put_text(s, "name", name);
    octavo_put_text(s, "content", octavo_event_id(s));
    octavo_end(s);
    return OCTAVO_DONE;
}
static const struct octavo_handler handlers[] = { { "letter", on_letter }, { NULL, NULL } };
static const struct octavo_service services[] = { { "post", handlers }, { NULL, NULL } };
static const struct octavo_command commands[] = { { NULL, NULL, NULL, NULL } };
const struct octavo_system octavo_system = { .size = sizeof(octavo_system), .api = OCTAVO_API,
    .name = "office", .services = services, .commands = commands };
C
cat > "$WORK/office.yaml" <<Y
system: office
topics: { letters: { partitions: 4 } }
services:
  post:
    handler: ./post.so:post
    consumes: [letters]
    edges:
      box: { url: "file:box", class: natural, retry: { first: 100ms, most: 500ms } }
      far: { url: "file://$PWD/$WORK/far", class: queryable, retry: { first: 100ms, most: 500ms },
             breaker: { failures: 3, wait: 500ms } }
Y
cc -shared -fPIC -Iinclude -o "$WORK/post.so" "$WORK/post.c" || exit 1

post_start() {
    rm -f "$WORK/post.port"
    start "$WORK/post.log" "$OCTAVO" run office --service post --file "$WORK/office.yaml" --broker "$BROKER" \
        --dir "$WORK/data" --port-file "$WORK/post.port"
    post_pid=$last
    wait_for 60 test -s "$WORK/post.port"
}
post_stop() { kill -TERM "$post_pid" && wait "$post_pid"; }
effects() { "$OCTAVO" effects "$@" --dir "$WORK/data" --file "$WORK/office.yaml"; }
letter() { # letter ID KEY NAME [FAR]
    echo "$2:{\"name\":\"$3\"${4:+,\"far\":\"yes\"}}" |
        k -P -t letters -K: -H "ce_id=$1" -H ce_type=letter -H ce_source=here
}
lies() { [ "$(cat "$WORK/data/office/box/$1" 2> /dev/null)" = "$2" ]; }
shows() { effects ls office --json | grep -q -- "$1"; }

broker_start
k -L > "$WORK/said"
post_start
i=0
while [ $i -lt 40 ]; do
    letter "id-$i" "key-$((i % 8))" "a/$i"
    i=$((i + 1))
done
all_lie() { [ "$(find "$WORK/data/office/box/a" -type f 2> /dev/null | wc -l)" = 40 ]; }
check 'each of 40 letters becomes a file' wait_for 60 all_lie
check 'and says the id of its event' lies a/17 id-17
check 'nothing waits any more' wait_for 20 shows '"edge":"box","class":"natural","waiting":0,"tried":0,"parked":0'

letter id-x key-x a/17
letter id-y key-x b/1
check 'a file with other content is refused, and parks its key' wait_for 30 shows '"parked":1'
effect=$(effects ls office --json | sed -n 's/.*"id":"\([0-9A-Z]*\)".*"state":"parked".*/\1/p')
check 'the list says why' in_file 'other content' "$(effects ls office > "$WORK/list"; echo "$WORK/list")"
check 'one is shown whole' in_file '"content":"id-x"' "$(effects show office post "$effect" > "$WORK/shown"; echo "$WORK/shown")"
lies b/1 id-y && echo 'not ok: the key did not wait'
rm "$WORK/data/office/box/a/17"
check 'it is retried once the cause is gone' effects retry office post "$effect"
check 'and the next of its key goes on' wait_for 30 lies b/1 id-y
check 'what is not there is told by the exit code' test "$(effects retry office post NOBODY > /dev/null; echo $?)" = 1

letter id-z key-z a/3
letter id-w key-z b/2
wait_for 30 shows '"parked":1' > /dev/null
check 'a service stops with effects that wait' post_stop
check 'without it a parked one is dropped from its store' effects drop office post --all
post_start
check 'and the next goes on when the service is back' wait_for 30 lies b/2 id-w

i=0
while [ $i -lt 20 ]; do
    letter "far-$i" "key-$((i % 5))" "$i" yes
    i=$((i + 1))
done
check 'an edge that is away opens its breaker' wait_for 30 shows '"edge":"far".*"parked":0.*"breaker":"open"'
kill -9 "$post_pid"
mkdir "$WORK/far"
post_start
far_lie() { [ "$(find "$WORK/far" -type f 2> /dev/null | wc -l)" = 20 ]; }
check 'killed, and the edge back: each of 20 lies there' wait_for 60 far_lie
python3 - "$WORK/data/office/post.0.sock" > "$WORK/metrics" << 'P'
import http.client, socket, sys
c = http.client.HTTPConnection("localhost", timeout=10)
c.sock = socket.socket(socket.AF_UNIX)
c.sock.connect(sys.argv[1])
c.request("GET", "/metrics")
print(c.getresponse().read().decode())
P
check 'the metrics name the edges' in_file 'octavo_effects_total{service="post",edge="far",result="done"}' "$WORK/metrics"
post_stop
check 'a replay of all that, kills and orders too, does the same again' "$OCTAVO" replay office --service post \
    --file "$WORK/office.yaml" --dir "$WORK/data" --broker "$BROKER"
