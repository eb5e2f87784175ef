#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A partner behind SFTP, Debian's own sshd and sftp-server with faults between the two: the file is there once and
# whole whatever the line does, another host key is never talked to, and another's file is never touched.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 15

if [ ! -x /usr/sbin/sshd ] || [ ! -x /usr/lib/openssh/sftp-server ]; then
    for n in $(seq 15); do skip "SFTP $n" "openssh-server is not installed (tools/packages/test.txt)"; done
    exit 0
fi
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
HERE=$PWD/$WORK DIR=$WORK/data ACME=$WORK/acme
mkdir -p "$DIR/extracts" "$ACME"
ssh-keygen -q -t ed25519 -N '' -f "$WORK/host" && ssh-keygen -q -t ed25519 -N '' -f "$WORK/other" &&
    ssh-keygen -q -t ed25519 -N '' -f "$DIR/extracts/acme.key" || exit 1
chmod 600 "$WORK/host" "$WORK/other"
cp "$DIR/extracts/acme.key.pub" "$WORK/authorized"
SSH_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sshd_start() { # sshd_start HOSTKEY [METHODS]
    printf '%s\n' "Port $SSH_PORT" "ListenAddress 127.0.0.1" "HostKey $HERE/$1" "PidFile none" "UsePAM no" \
        "StrictModes no" "AuthorizedKeysFile $HERE/authorized" "PasswordAuthentication $([ $# = 2 ] && echo yes || echo no)" "AuthenticationMethods ${2:-any}" "PermitRootLogin yes" \
        "Subsystem sftp /usr/bin/python3 $PWD/tests/scenarios/sftp_faults.py $HERE/fault" > "$WORK/sshd.conf"
    : > "$WORK/sshd.log"
    start "$WORK/sshd.log" /usr/sbin/sshd -D -e -f "$HERE/sshd.conf"
    sshd=$last
    wait_for 20 grep -q 'Server listening' "$WORK/sshd.log"
}
sshd_stop() { kill "$sshd"; wait "$sshd" 2> /dev/null; : > "$WORK/sshd.log"; }
sshd_start host
fingerprint=$(ssh-keygen -lf "$WORK/host.pub" | cut -d' ' -f2)

x() { timeout 60 "$OCTAVO" extracts "$@" --dir "$DIR" --broker "$BROKER"; }
python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
db.executemany("INSERT INTO t VALUES (?, ?)", ((i, "row %d of many" % i) for i in range(60000)))
db.commit()' "$WORK/bank.db" || exit 1
cat > "$DIR/extracts/places" <<P
bank sqlite:$HERE/bank.db
acme sftp://$(id -un)@127.0.0.1:$SSH_PORT/$HERE/acme?host_key=$fingerprint&key=acme.key&stall=1
P
printf '[t]\nsource = bank\nquery = SELECT a, b FROM t ORDER BY a\npartner = acme\nfile = t-{utc}.csv\n' > "$WORK/x.conf"
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
known() { x ls --json | grep -q '"extract":"t"'; }
wait_for 30 known

hour=0
run() { # one more run; its name is $run
    hour=$((hour + 1))
    nominal=$(printf '2026-11-01T%02d:00:00Z' $hour)
    run=t@$(echo "$nominal" | tr -d ':-').1
    x run t --at "$nominal" > /dev/null
}
state() { x show "$run" | grep -qx "  state           $1"; }
why() { x show "$run" | grep '  reason'; }
whole() { (cd "$ACME" && sha256sum --quiet -c ./*.done) && [ "$(ls -A "$ACME" | wc -l)" = $((2 * $1)) ]; }

run
check 'a file goes to a server' wait_for 30 state delivered
check 'whole, with its done-file, and nothing beside them' whole 1
check 'it is the file that SQLite made' sh -c "[ \"\$(wc -l < $ACME/t-20261101T010000Z.csv)\" = 60001 ]"
cuts() {
    for n in 500 700000 1200000; do
        echo "cut $n" > "$WORK/fault"
        run
        wait_for 30 state delivered && [ ! -e "$WORK/fault" ] || return 1
    done
}
check 'the line is cut at three places, and the file comes all the same' cuts
check 'once each, and no half file is left' whole 4
echo rename-reply > "$WORK/fault"
run
check 'the answer of a rename is lost' wait_for 30 state delivered
check 'and the file is there once' whole 5
echo full > "$WORK/fault"
run
check 'a server that has no room is tried again' wait_for 30 state delivered

printf 'theirs' > "$ACME/t-20261101T070000Z.csv"
run
check "another's file under that name is never touched" wait_for 30 state undelivered
check 'and the run says why' sh -c "'$OCTAVO' extracts show $run --dir $DIR | grep -q 'is there with other content' && [ \"\$(cat $ACME/t-20261101T070000Z.csv)\" = theirs ]"

sshd_stop
sshd_start other
run
refused() { state undelivered && why | grep -q "shows another host key, SHA256:$(ssh-keygen -lf "$WORK/other.pub" | cut -d: -f2 | cut -d' ' -f1)"; }
check 'another host key is refused, once, with what it was' wait_for 30 refused
sshd_stop
sshd_start host
x retry "$run" > /dev/null
check 'and when the right one is back an operator tries again' wait_for 30 state delivered

sshd_stop
sshd_start host publickey,password
run
more() { state undelivered && why | grep -q 'does not take the key'; }
check 'a server that wants more than the key it has signed with is refused, once' wait_for 30 more
sshd_stop
sshd_start host
start "$WORK/line.log" /usr/bin/python3 tests/scenarios/sftp_line.py "$SSH_PORT" "$WORK/line"
wait_for 20 test -s "$WORK/line"
sed -i "s|:$SSH_PORT/|:$(cat "$WORK/line")/|" "$DIR/extracts/places"
run
check 'the line is lost while we sign in, and the file comes all the same' wait_for 30 state delivered
check 'as it was lost then' grep -q '^cut$' "$WORK/line.log"
sshd_stop
exit $failed
