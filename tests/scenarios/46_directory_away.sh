#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A directory server that is away while hundreds are hired: the other two services finish, nothing is parked,
# and when it is back everybody has one account. One person whom it refuses stops nobody.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 8
if [ ! -x /usr/sbin/slapd ] || ! command -v ldapsearch > /dev/null; then
    for what in 1 2 3 4 5 6 7 8; do skip "a directory that is away, $what" 'no slapd or ldapsearch'; done
    exit 0
fi
HIRES=200
PLACE=$(mktemp -d /tmp/octavo-directory.XXXXXX) # a socket's path is short
SOCKET=$PLACE/ldapi
mkdir "$PLACE/db" "$WORK/up" "$WORK/up/onboarding"
{
    for schema in core cosine nis inetorgperson; do echo "include /etc/ldap/schema/$schema.schema"; done
    printf 'modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload unique\ndatabase mdb\n'
    printf 'suffix dc=example,dc=org\nrootdn cn=admin,dc=example,dc=org\nrootpw secret\n'
    printf 'directory %s/db\nindex uid,employeeNumber eq\n' "$PLACE"
    printf 'overlay unique\nunique_uri ldap:///ou=people,dc=example,dc=org?sn?sub?(sn=Refused)\n'
} > "$PLACE/conf"
(umask 077 && echo secret > "$WORK/up/onboarding/directory.key")
printf 'dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: example\n
dn: ou=people,dc=example,dc=org\nobjectClass: organizationalUnit\nou: people\n
dn: uid=other,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: other\ncn: other\nsn: Refused\n' |
    /usr/sbin/slapadd -f "$PLACE/conf" || exit 1
slapd_start() {
    start "$WORK/slapd.log" /usr/sbin/slapd -d 0 -h "ldapi://$(echo "$SOCKET" | sed 's,/,%2F,g')" -f "$PLACE/conf"
}
entries() { ldapsearch -LLL -x -H "ldapi://$(echo "$SOCKET" | sed 's,/,%2F,g')" -b ou=people,dc=example,dc=org "$@"; }

start "$WORK/vendor.log" python3 tests/scenarios/vendor_double.py "$WORK" --calm
wait_for 20 test -s "$WORK/vendor.port" || exit 1
sed "s,127.0.0.1:8592,127.0.0.1:$(cat "$WORK/vendor.port"),; s,poll_ms: 3600000,poll_ms: 500,
    s,url: \"ldif:.*,url: \"ldapi:$SOCKET?base=dc=example\,dc=org\&bind=cn=admin\,dc=example\,dc=org\"\n        secret_file: directory.key\n        breaker: { failures: 3\, wait: 500ms }\n        retry: { first: 100ms\, most: 1s },
    s,workers: 1 .*,workers: 4," src/systems/onboarding/octavo.yaml > "$WORK/onboarding.yaml"
start "$WORK/up.log" "$OCTAVO" up onboarding --file "$WORK/onboarding.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
onboarding() { timeout 60 "$OCTAVO" onboarding "$@" --file "$WORK/onboarding.yaml" --dir "$WORK/up"; }
states() { onboarding ls --state "$1" --json | wc -l; }
states_are() { [ "$(states "$1")" = "$2" ]; }
waits_for_account_alone() {
    [ "$(onboarding ls --json | grep -c '"account":"","benefits":"done","check":"done"')" = $((HIRES + 1)) ]
}

{
    echo employee,given,family,start
    i=0
    while [ $i -lt $HIRES ]; do
        i=$((i + 1))
        echo "$((10000 + i)),Anna,Novak,2001-05-01"
    done
    echo 20000,Karl,Refused,2001-05-01
} > "$WORK/hires.csv"
check 'hundreds are hired with the directory away' onboarding import "$WORK/hires.csv"
check 'the other two services finish, and it is told what each hire waits for' wait_for 60 waits_for_account_alone
check 'the breaker is open' in_file breaker_opened "$WORK/up.log"
check 'and nothing is parked' sh -c \
    "! grep -q effect_parked '$WORK/up.log' && ! '$OCTAVO' park ls onboarding --file '$WORK/onboarding.yaml' --dir '$WORK/up' | grep -q E1"
slapd_start
check 'when it is back everybody is onboarded' wait_for 60 states_are onboarded $HIRES
check 'but the one whom it refuses, in words' sh -c "
    '$OCTAVO' onboarding show 20000 --file '$WORK/onboarding.yaml' --dir '$WORK/up' | grep -q 'account *failed .*the directory says: Constraint violation'"
check 'each has one account and a number of its own' is \
    "$(entries '(employeeNumber=1*)' employeeNumber uidNumber | awk '/^employeeNumber/ {e[$2]++} /^uidNumber/ {u[$2]++}
        END {n = 0; for (x in e) n++; m = 0; for (x in u) m++; print n, m}')" "$HIRES $HIRES"
check 'the audit agrees' onboarding audit
kill -TERM "$up"
wait "$up"
rm -rf "$PLACE"
