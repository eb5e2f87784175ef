#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# The whole of onboarding as it is shipped: hires come from a file and by HTTP, each gets an account, an
# insurance and a background check; one that is taken back leaves no orphan; slapd takes the directory.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
command -v python3 > /dev/null || exit 1
plan 17

start "$WORK/vendor.log" python3 tests/scenarios/vendor_double.py "$WORK" --adverse 7
wait_for 20 test -s "$WORK/vendor.port" || exit 1
sed "s,127.0.0.1:8592,127.0.0.1:$(cat "$WORK/vendor.port"),; s,poll_ms: 3600000,poll_ms: 1000," \
    src/systems/onboarding/octavo.yaml > "$WORK/onboarding.yaml"
start "$WORK/up.log" "$OCTAVO" up onboarding --file "$WORK/onboarding.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
port_of() { sed -n "s/^octavo up: $1 on 127.0.0.1:\([0-9]*\)$/\1/p" "$WORK/up.log"; }
echo "http://127.0.0.1:$(port_of background-check)/webhooks" > "$WORK/hook.url"
ln -s "$PWD/$WORK/up/onboarding/webhook.key" "$WORK/hook.key" 2> /dev/null ||
    ln -s "$WORK/up/onboarding/webhook.key" "$WORK/hook.key"
onboarding() { timeout 60 "$OCTAVO" onboarding "$@" --file "$WORK/onboarding.yaml" --dir "$WORK/up"; }
desk() { # desk KEY VERB EMPLOYEE JSON: status and body
    python3 -c '
import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
c.request("POST", f"/employees/{sys.argv[4]}/{sys.argv[3]}", sys.argv[5],
          {"Content-Type": "application/json", "Idempotency-Key": sys.argv[2]})
a = c.getresponse()
print(a.status, a.read().decode())' "$(port_of hr-onboarding)" "$@"
}
says() { desk "$1" "$2" "$3" "$4" | tee "$WORK/desk" | grep -q -- "$5" || { cat "$WORK/desk"; return 1; }; }
states() { onboarding ls --state "$1" --json | wc -l; }
states_are() { [ "$(states "$1")" = "$2" ]; }

cat > "$WORK/hires.csv" << 'CSV'
employee,given,family,birth,start,department,title,hours
10001,Georgi,Facello,1953-09-02,2001-06-26,d005,Senior Engineer,40
10002,Jürgen,"Weiß, von",1964-06-02,2099-11-21,d007,Staff,40
10003,Parto,Bamford,1959-12-03,1986-02-30,d004,Senior Engineer,40
10004,Юрий,Facello,1954-05-01,2099-12-01,d004,Engineer,10
10005,,Maliniak,1955-01-21,2099-09-12,d003,Staff,40
10007,Tzvetan,Zielinski,1957-05-23,2099-02-10,d008,Staff,40
CSV
check 'a file is imported, its bad rows are told and left out' sh -c "
    '$OCTAVO' onboarding import '$WORK/hires.csv' --file '$WORK/onboarding.yaml' --dir '$WORK/up' > '$WORK/said.out' 2> '$WORK/said.err'
    test \$? = 1 && grep -q ':4: start is a day' '$WORK/said.err' && grep -q ':6: given is a name' '$WORK/said.err' &&
    grep -q '4 hires requested, 2 rows left out' '$WORK/said.out'"
check 'three of four are onboarded' wait_for 30 states_are onboarded 3
check 'and the one whose check found something is looked at by a person' wait_for 10 states_are review 1
check 'the same file again hires nobody' sh -c "
    '$OCTAVO' onboarding import '$WORK/hires.csv' --file '$WORK/onboarding.yaml' --dir '$WORK/up' > /dev/null 2>&1
    '$OCTAVO' onboarding ls --file '$WORK/onboarding.yaml' --dir '$WORK/up' | grep -qx '4 hires'"
check 'a hire by HTTP is accepted' says k1 hire 20001 \
    '{"given":"Anna","family":"Root","start":"2099-01-01"}' '^202 .*"version":1'
check 'asked again with its key it is the same' says k1 hire 20001 \
    '{"given":"Anna","family":"Root","start":"2099-01-01"}' '^202 .*"version":1'
check 'with another body it is refused' says k1 hire 20001 \
    '{"given":"Anna","family":"Other","start":"2099-01-01"}' '^422 '
check 'what cannot be is told in words' says k2 hire 20002 \
    '{"given":"Anna","family":"Root","start":"soon"}' '^400 .*start is a day'
check 'it is onboarded' wait_for 30 states_are onboarded 4
check 'a hire is taken back' says k3 rescind 20001 '{"reason":"went elsewhere"}' '^202 .*"version":2'
check 'and all of it is undone' wait_for 30 states_are rescinded 1
check 'a person decides on the check' sh -c "
    '$OCTAVO' onboarding skip 10007 check --reason 'cleared by the board' --file '$WORK/onboarding.yaml' --dir '$WORK/up'"
wait_for 30 states_are onboarded 4 || exit 1
check 'the audit agrees' onboarding audit
# the vendor is elsewhere than the shipped file says, and every port is free: a service that is started again must
# find both as it did at first
killed=$(cat "$WORK/up/onboarding/onboarding.background-check.1.0.db.lock")
kill -9 "$killed"
is_another() { [ "$(cat "$WORK/up/onboarding/onboarding.background-check.1.0.db.lock")" != "$killed" ]; }
check 'the service at the vendor is killed and started again' wait_for 30 is_another
check 'and orders go on' says k4 hire 30001 '{"given":"Eva","family":"Mala","start":"2099-01-01"}' '^202 '
wait_for 30 states_are onboarded 5 || exit 1
if command -v slapadd > /dev/null || [ -x /usr/sbin/slapadd ]; then
    mkdir -p "$WORK/slapd"
    cat > "$WORK/slapd.conf" << CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=example,dc=org"
directory $WORK/slapd
CONF
    accounts=$WORK/up/onboarding/directory
    check 'slapd takes the directory as it is' sh -c "
        PATH=\$PATH:/usr/sbin; cat $accounts/0-base.ldif $accounts/people/*.ldif $accounts/groups/*.ldif | slapadd -q -f '$WORK/slapd.conf' &&
        slapcat -f '$WORK/slapd.conf' | grep -c '^employeeNumber' | grep -qx 6"
else
    skip 'slapd takes the directory as it is' 'no slapd'
fi
if command -v node > /dev/null && [ -d build/npm/node_modules/node-x12 ]; then
    NODE_PATH=build/npm/node_modules node tests/scenarios/x12_peer.js "$WORK"/up/onboarding/834/*.edi > "$WORK/members"
    check 'another reader of X12 finds who is insured, and all counts right' is \
        "$(cut -d ' ' -f 1,2 "$WORK/members" | sort | tr '\n' ' ')" \
        '10001 021 10002 021 10007 021 20001 021 20001 024 30001 021 '
else
    skip 'another reader of X12 finds who is insured, and all counts right' 'no node-x12: tools/npm-packages'
fi
kill -TERM "$up"
wait "$up"
