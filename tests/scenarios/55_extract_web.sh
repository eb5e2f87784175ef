#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Partners behind HTTP: one that takes PUT, with faults, and S3, which is OpenStack Swift's s3api (it verifies
# every signature by itself). The file is there once and whole whatever the line does.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 18

HERE=$PWD/$WORK DIR=$WORK/data WEB=$WORK/web
mkdir -p "$DIR/extracts" "$WEB"
start "$WORK/web.log" /usr/bin/python3 tests/scenarios/web_partner.py "$HERE/web" "$WORK/web.port" "$WORK/fault" 'letter-of-acme'
swift=
if /usr/bin/python3 -c 'import swift.common.middleware.s3api' 2> /dev/null; then
    swift=yes
    start "$WORK/swift.log" /usr/bin/python3 tests/scenarios/swift_server.py "$WORK/swift" "$WORK/swift.port"
fi
echo letter-of-acme > "$DIR/extracts/acme.token"
echo somebody > "$DIR/extracts/wrong.token"
echo test:tester testing > "$DIR/extracts/store.key"
echo test:tester guessed > "$DIR/extracts/wrong.key"
x() { timeout 60 "$OCTAVO" extracts "$@" --dir "$DIR" --broker "$BROKER"; }
python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
db.executemany("INSERT INTO t VALUES (?, ?)", ((i, "row %d of many" % i) for i in range(60000)))
db.commit()' "$WORK/bank.db" || exit 1
wait_for 60 test -s "$WORK/web.port" || exit 1
[ -z "$swift" ] || wait_for 120 test -s "$WORK/swift.port" || { say < "$WORK/swift.log"; exit 1; }
web=127.0.0.1:$(cat "$WORK/web.port") s3=127.0.0.1:$(cat "$WORK/swift.port" 2> /dev/null || echo 1)
s3_store="s3://feeds/in%20box?endpoint=http://$s3&region=us-east-1"
guard="&guard=no" # Swift does not know If-None-Match of a PUT
cat > "$DIR/extracts/places" <<P
bank sqlite:$HERE/bank.db
acme http://$web/in?token=acme.token&stall=2
stranger http://$web/in?token=wrong.token
store $s3_store&key=store.key$guard
guesser $s3_store&key=wrong.key
P
for partner in acme stranger store guesser; do
    printf '[%s]\nsource = bank\nquery = SELECT a, b FROM t ORDER BY a\npartner = %s\nfile = t-{utc}+%%.csv\n' $partner $partner
done > "$WORK/x.conf"
sed 's|retry: { first: 1s, most: 5m }|retry: { first: 100ms, most: 500ms }|' src/systems/extracts/octavo.yaml > "$WORK/octavo.yaml"
broker_start
for service in extract-scheduler extract-processor; do
    start "$WORK/$service.log" "$OCTAVO" run extracts --service $service --broker "$BROKER" --dir "$DIR" \
        --file "$WORK/octavo.yaml" --port-file "$WORK/$service.port"
done
for service in extract-scheduler extract-processor; do
    wait_for 60 test -s "$WORK/$service.port" || exit 1
done
x apply "$WORK/x.conf" > /dev/null
known() { [ "$(x ls --json | grep -c '"extract":')" = 4 ]; }
wait_for 30 known

hour=0
run() { # one more run of an extract; its name is $run
    hour=$((hour + 1))
    nominal=$(printf '2026-11-%02dT01:00:00Z' $hour)
    run=$1@$(echo "$nominal" | tr -d ':-').1
    x run "$1" --at "$nominal" > /dev/null
}
state() { x show "$run" | grep -qx "  state           $1"; }
why() { x show "$run" | grep '  reason' | grep -q "$1"; }
ends() { wait_for 60 state "$1"; } # ends STATE
whole() { (cd "$WEB" && sha256sum --quiet -c ./*.done) && is "$(ls -A "$WEB" | wc -l)" $((2 * $1)); }

run acme
check 'a file is put' ends delivered
check 'whole, with its done-file' whole 1
check 'it is the file that SQLite made' sh -c "[ \"\$(cat $WEB/*.csv | wc -l)\" = 60001 ]"
cuts() {
    for n in 0 5000 900000; do
        echo "cut $n" > "$WORK/fault"
        run acme
        ends delivered && [ ! -e "$WORK/fault" ] || return 1
    done
}
check 'the line is cut at three places, and the file comes all the same' cuts
echo reply > "$WORK/fault"
run acme
check 'the answer is lost' ends delivered
check 'and every file is there once' whole 5
later() {
    for what in full idle stall; do
        echo $what > "$WORK/fault"
        run acme
        ends delivered && [ ! -e "$WORK/fault" ] || return 1
    done
}
check 'a server that is full, heard nothing, or says nothing any more is tried again' later
moved() {
    echo moved > "$WORK/fault"
    run acme
    ends undelivered && why 'it answers 301: not now'
}
check 'a redirect is not followed, and is told' moved
stranger() {
    run stranger
    ends undelivered && why 'it answers 401'
}
check 'a wrong token is refused, once' stranger
taken() {
    run acme
    ends delivered
    rm "$WEB/"*"$(echo "$run" | cut -d@ -f2 | cut -d. -f1)"*
    x resend "$run" > /dev/null
    back() { [ "$(x show "$run" --json | grep -o '"sends":[0-9]*')" = '"sends":2' ] && state delivered; }
    wait_for 30 back && whole 9
}
check 'what the partner lost is sent again' taken

if [ -z "$swift" ]; then
    for n in $(seq 8); do skip "S3 $n" "python3-swift is not installed (tools/packages/test.txt)"; done
    exit $failed
fi
look() { /usr/bin/python3 tests/scenarios/swift_ask.py "$s3" "$@"; } # look METHOD NAME
run store
no_bucket() {
    waiting() { "$OCTAVO" effects ls extracts --dir "$DIR" | grep -q 'it answers 404'; }
    wait_for 30 waiting && look PUT ''
}
check 'a bucket that is not there yet is waited for' no_bucket
check 'and the file is put when it is' ends delivered
same() {
    look GET "$1" > "$WORK/got" && is "$(sha256sum < "$WORK/got" | cut -d' ' -f1)" "$(x show "$run" --json | grep -o '"sha256":"[0-9a-f]*' | cut -d'"' -f4)"
}
name() { printf '/in%%20box/t-202611%02dT010000Z%%2B%%25.csv' "$1"; }
check 'whole, under a name that wants care' same "$(name $hour)"
done_file() { look GET "$(name $hour).done" > "$WORK/done" && is "$(cut -c1-64 "$WORK/done")" "$(sha256sum < "$WORK/got" | cut -c1-64)"; }
check 'with its done-file' done_file
run guesser
guessed() { ends undelivered && why 'it answers 403'; }
check 'a wrong secret is refused, once' guessed
# A name that is taken: by ours it is done, by another file it is never touched.
guess() { # guess PLACE: the operator mends the line and tries again
    echo "guesser $1" | sed 's/&/\\&/g; s/.*/s|^guesser .*|&|/' > "$WORK/edit"
    sed -i -f "$WORK/edit" "$DIR/extracts/places"
    x retry "$run" > /dev/null
}
guess "$s3_store&key=store.key"
unguarded() { wait_for 30 why 'it answers 501: NotImplemented' && why 'add guard=no'; }
check 'a server that cannot refuse a name that is taken says so' unguarded
guess "$s3_store&key=store.key$guard"
check 'and an operator who mends the line tries again' ends delivered
theirs() {
    printf theirs | look PUT "$(name $((hour + 1)))" || return 1
    run store
    ends undelivered && why 'is there with other content' && is "$(look GET "$(name $hour)")" theirs
}
check "another's file under that name is never touched" theirs
exit $failed
