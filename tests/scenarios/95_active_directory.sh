#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Accounts in Active Directory's dialect, in Debian's samba-ad-dc: a domain of its own, whose ports are in a
# network of its own and whose socket is a file. It is killed on the way.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 14
reason=
[ "$(id -u)" = 0 ] || reason='not root'
command -v ldapsearch > /dev/null && [ -x /usr/sbin/samba ] || reason='no samba-ad-dc or ldap-utils'
/usr/bin/python3 -c 'import samba.provision' 2> /dev/null || reason='no python3-samba'
unshare --net true 2> /dev/null || reason='no network of its own'
if [ -n "$reason" ]; then
    for what in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do skip "Active Directory, $what" "$reason"; done
    exit 0
fi
DC=$(mktemp -d /tmp/octavo-domain.XXXXXX) # a socket's path is short
trap 'finish; rm -rf "$DC"' EXIT
PASSWORD=Secret-1234
mkdir "$DC/run" "$WORK/up" "$WORK/up/onboarding"
(umask 077 && echo "$PASSWORD" > "$WORK/up/onboarding/directory.key")

# A domain controller of one process: no shares, so no lists of who may do what on this file system.
/usr/bin/python3 - domain provision --realm=EXAMPLE.ORG --domain=EXAMPLE --server-role=dc --dns-backend=NONE \
    --adminpass="$PASSWORD" --targetdir="$DC" --host-ip=127.0.0.1 --host-name=dc1 \
    --option='server services = ldap' --option='interfaces = lo' --option='bind interfaces only = yes' \
    --option="pid directory = $DC/run" --option="ncalrpc dir = $DC/run/ncalrpc" \
    --option="winbindd socket directory = $DC/run/winbind" --option="ntp signd socket directory = $DC/run/ntp" \
    --option="log file = $DC/log" > "$WORK/provision.log" 2>&1 <<'END' || { tail -n 5 "$WORK/provision.log" | say; exit 1; }
import sys
import samba.provision
samba.provision.setsysvolacl = lambda *a, **k: None
from samba.netcmd.main import cmd_sambatool
sys.exit(cmd_sambatool()._run("samba-tool", *sys.argv[1:]))
END
sed -i 's,\[global\],&\n\ttls enabled = no\n\tldap server require strong auth = no,' "$DC/etc/smb.conf"
dc_start() {
    start "$WORK/samba.log" unshare --net sh -c "ip link set lo up; exec samba -i -M single -s '$DC/etc/smb.conf'"
    dc=$last
}
URI="ldapi://$(echo "$DC/private/ldapi" | sed 's,/,%2F,g')"
found() { # found FILTER ATTRIBUTE: its values, in order
    timeout 20 ldapsearch -LLL -o ldif-wrap=no -x -H "$URI" -D administrator@example.org -w "$PASSWORD" \
        -b dc=example,dc=org "$1" "$2" 2> /dev/null | sed -n "s/^$2: //p" | sort | tr '\n' ' '
}
answers() { [ -n "$(found '(sAMAccountName=administrator)' sAMAccountName)" ]; }
dc_start
wait_for 120 answers || exit 1

start "$WORK/vendor.log" python3 tests/scenarios/vendor_double.py "$WORK" --calm
wait_for 20 test -s "$WORK/vendor.port" || exit 1
EDGE="ldapi:$DC/private/ldapi?base=dc=example\,dc=org\&dialect=ad\&groups=department\&bind=administrator@example.org"
sed "s,127.0.0.1:8592,127.0.0.1:$(cat "$WORK/vendor.port"),; s,poll_ms: 3600000,poll_ms: 500,
    s,url: \"ldif:.*,url: \"$EDGE\"\n        secret_file: directory.key\n        breaker: { failures: 3\, wait: 500ms }\n        retry: { first: 100ms\, most: 1s },
    s,workers: 1 .*,workers: 4," src/systems/onboarding/octavo.yaml > "$WORK/onboarding.yaml"
start "$WORK/up.log" "$OCTAVO" up onboarding --file "$WORK/onboarding.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
onboarding() { timeout 60 "$OCTAVO" onboarding "$@" --file "$WORK/onboarding.yaml" --dir "$WORK/up"; }
states_are() { [ "$(onboarding ls --state "$1" --json | wc -l)" = "$2" ]; }
is_out() { [ "$(found '(cn=dept-d001)' member | grep -o 'CN=Users' | wc -l)" = 3 ]; }
control_is() { [ "$(found "(employeeNumber=$1)" userAccountControl)" = "$2 " ]; }

{
    echo employee,given,family,start,department,title
    for i in 1 2 3 4 5 6 7 8; do echo "1000$i,Anna,Nováková,2001-05-01,d00$((i % 2)),Clerk"; done
    echo '20001,Bertil,"Åström, jr.",2099-05-01,"R+D, Brno",'
    echo '20002,Jan,Administrator,2001-05-01,"R+D, Brno",'
    echo '20003,Eva,Malá,2001-05-01,Domain Admins,'
} > "$WORK/hires.csv"
check 'eleven are hired' onboarding import "$WORK/hires.csv"
check 'and all are onboarded' wait_for 120 states_are onboarded 11
check 'eight of one name have eight logins' is "$(found '(employeeNumber=1000*)' sAMAccountName)" \
    'anovakova anovakova2 anovakova3 anovakova4 anovakova5 anovakova6 anovakova7 anovakova8 '
check 'they can be used' is "$(found '(employeeNumber=1000*)' userAccountControl | tr ' ' '\n' | sort -u | tr -d '\n')" 512
check 'half of them are in the group of each department' is "$(found '(cn=dept-d000)' member | grep -o 'CN=Users' | wc -l)" 4
check 'who has not begun has an account that cannot be used, and is not in the group with those who have' is \
    "$(found '(employeeNumber=20001)' userAccountControl)$(found '(cn=dept-R+D, Brno)' member)" \
    '514 CN=jadministrator,CN=Users,DC=example,DC=org '
check 'a department that is called as an administrator'"'"'s group is another group' is \
    "$(found '(cn=Domain Admins)' member | grep -c emala)$(found '(cn=dept-Domain Admins)' member)" \
    '0CN=emala,CN=Users,DC=example,DC=org '
check 'the name of a person for whom it is kept' is "$(found '(userPrincipalName=jadministrator@example.org)' employeeNumber)" '20002 '

# What an administrator did stays: another place, and a password that does not expire.
dn=$(found '(employeeNumber=10001)' distinguishedName)
login=$(found '(employeeNumber=10001)' sAMAccountName)
printf 'dn: %s\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 66048\n-\n\ndn: %s\nchangetype: modrdn\nnewrdn: cn=Anna Novakova\ndeleteoldrdn: 1\n' \
    "${dn% }" "${dn% }" | ldapmodify -x -H "$URI" -D administrator@example.org -w "$PASSWORD" > "$WORK/said" 2>&1
kill -9 "$dc"
wait "$dc" 2> /dev/null
check 'one goes while the domain controller is dead' onboarding ask terminate 10001 --reason 'went elsewhere'
dc_start
check 'when it is back the account is disabled' wait_for 60 control_is 10001 66050
check 'and leaves its group' wait_for 20 is_out
check 'who comes back has the old account, open' sh -c "
    timeout 60 '$OCTAVO' onboarding ask rehire 10001 --start 2001-06-01 --file '$WORK/onboarding.yaml' --dir '$WORK/up'"
check 'as it was before' wait_for 60 control_is 10001 66048
check 'and there is one, with the old login' is "$(found '(employeeNumber=10001)' sAMAccountName)" "$login"
kill -TERM "$up"
wait "$up"
kill -9 "$dc" 2> /dev/null
