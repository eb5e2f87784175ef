#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Personal data of onboarding is sealed: no file of a run tells a name, a birth date or a login in the clear but
# those that are others' (the directory, the carrier's files); who is erased is nowhere readable any more.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 15

start "$WORK/vendor.log" python3 tests/scenarios/vendor_double.py "$WORK"
wait_for 20 test -s "$WORK/vendor.port" || exit 1
sed "s,127.0.0.1:8592,127.0.0.1:$(cat "$WORK/vendor.port"),; s,poll_ms: 3600000,poll_ms: 300," \
    src/systems/onboarding/octavo.yaml > "$WORK/onboarding.yaml"
up_start() {
    start "$WORK/up.log" "$OCTAVO" up onboarding --file "$WORK/onboarding.yaml" --dir "$WORK/up" --port 0
    up=$last
    wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
}
onboarding() { timeout 60 "$OCTAVO" onboarding "$@" --file "$WORK/onboarding.yaml" --dir "$WORK/up"; }
states() { onboarding ls --state "$1" --json | wc -l; }
states_are() { [ "$(states "$1")" = "$2" ]; }
shows() { onboarding ls --json | grep "\"employee\":\"$1\"" | grep -q "$2"; }
desk() { # desk KEY VERB EMPLOYEE JSON: status and body
    python3 -c '
import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
c.request("POST" if sys.argv[5] else "GET", f"/employees/{sys.argv[4]}" + (f"/{sys.argv[3]}" if sys.argv[3] else ""), sys.argv[5],
          {"Content-Type": "application/json", "Idempotency-Key": sys.argv[2]})
a = c.getresponse()
print(a.status, a.read().decode())' "$(sed -n 's/^octavo up: hr-onboarding on 127.0.0.1:\([0-9]*\)$/\1/p' "$WORK/up.log")" "$@"
}
says() { desk "$1" "$2" "$3" "$4" | tee "$WORK/desk" | grep -q -- "$5" || { cat "$WORK/desk"; return 1; }; }
clear_text() { # clear_text FOLDER [WITHOUT...]: files that have a name, a birth date or a login, and which
    python3 - "$@" << 'PY'
import os, sys
needles = [b"xanthippopoulos", b"zebedeus", b"1953-09-02", b"19530902", b"xanthippop", b"quirinalis", b"1961-11-30"]
hits, files = [], 0
for place, folders, names in os.walk(sys.argv[1]):
    folders[:] = [f for f in folders if f not in sys.argv[2:]]
    for name in names:
        path = os.path.join(place, name)
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as f:
            text = f.read().lower()
        files += 1
        hits += [f"{path}: {n.decode()}" for n in needles if n in text]
print(f"{len(hits)} hits in {files} files" if files > 10 or hits else "too few files")
print("\n".join(hits))
PY
}
nothing_clear() {
    clear_text "$WORK/up" directory 834 > "$WORK/hits"
    ! grep -qi 'xanthipp\|zebedeus\|quirinalis' "$WORK/up.log" && grep -q '^0 hits' "$WORK/hits" || { cat "$WORK/hits"; return 1; }
}
key_is_gone() { # every slot of the employee is zeros but for its state and whose it was
    python3 - "$WORK/up/onboarding/personal.keys" "$1" << 'PY'
import hashlib, sys
with open(sys.argv[1], "rb") as f:
    slots = f.read()
mine = [slots[i:i + 512] for i in range(512, len(slots), 512) if slots[i + 8:i + 40] == hashlib.sha256(sys.argv[2].encode()).digest()]
sys.exit(0 if mine and all(s[0] == 2 and not any(s[40:504]) for s in mine) else f"{len(mine)} slots")
PY
}

up_start
cat > "$WORK/hires.csv" << 'CSV'
employee,given,family,birth,start,department,title,hours
10001,Zebedeus,Xanthippopoulos,1953-09-02,2001-06-26,d005,Senior Engineer,40
10009,Zebedeus,Xanthippopoulos,1953-09-02,2001-06-26,d005,x {sealed:1:family:AAAA},40
10002,Anna,"Quirinalis ""Q""",1961-11-30,2099-11-21,d007,Staff,40
CSV
onboarding import "$WORK/hires.csv" > "$WORK/import" 2>&1
check 'hires come from a file, but for a row that looks sealed, which is told with its line' sh -c "
    grep -q 'hires.csv:3: a text must not look as sealed data does' '$WORK/import' &&
    grep -q '^2 hires requested, 1 rows left out' '$WORK/import'"
rm "$WORK/hires.csv"
check 'and by HTTP' says k1 hire 20001 '{"given":"Zebedeus","family":"Quirinalis","birth":"1953-09-02","start":"2099-01-01"}' '^202 '
check 'what is sealed is judged before, in words' says k2 hire 20002 \
    '{"given":"","family":"Xanthippopoulos","start":"2099-01-01"}' '^400 .*/given: '
check 'a text that looks sealed is refused' says k3 hire 20002 \
    '{"given":"A","family":"B","start":"2099-01-01","title":"{sealed:1:family:AAAA}"}' '^400 .*look as sealed data'
check 'all are onboarded' wait_for 30 states_are onboarded 3
check 'the desk and the verbs show the login, the directory and the carrier have the names' sh -c "
    '$OCTAVO' onboarding ls --file '$WORK/onboarding.yaml' --dir '$WORK/up' | grep -q zxanthippopoulos &&
    grep -q '^sn: Xanthippopoulos' '$WORK/up/onboarding/directory/people/zxanthippopoulos.ldif' &&
    cat '$WORK/up/onboarding/834/'*.edi | grep -q 'NM1.IL.1.Xanthippopoulos.Zebedeus.*DMG.D8.19530902.U' &&
    cat '$WORK/up/onboarding/834/'*.edi | grep -q 'NM1.IL.1.Quirinalis \"Q\".Anna'"
check 'the desk tells the login by HTTP' says look '' 10001 '' '"login":"zxanthippopoulos"'
check 'no file of the run has any of it in the clear' nothing_clear
check 'who is hired cannot be erased' sh -c "
    '$OCTAVO' onboarding erase 20001 --file '$WORK/onboarding.yaml' --dir '$WORK/up' 2>&1 | grep -q 'is onboarded: only who was rescinded'"
onboarding ask rescind 20001 --reason 'never came' > /dev/null
wait_for 30 states_are rescinded 1 || exit 1
check 'who never started is erased' sh -c "
    '$OCTAVO' onboarding erase 20001 --file '$WORK/onboarding.yaml' --dir '$WORK/up' | grep -q '^1 keys destroyed'"
check 'it has an account' sh -c "
    grep -l '^employeeNumber: 20001' '$WORK'/up/onboarding/directory/people/*.ldif > '$WORK/file'"
check 'nothing of its key is left' key_is_gone 20001
wait_for 30 states_are erased 1 || exit 1
check 'its account has lost its name, and is disabled' sh -c "
    grep -q '^cn: erased erased' '$(cat "$WORK/file")' && grep -q '^shadowExpire: 1$' '$(cat "$WORK/file")'"
kill -9 "$up"
wait "$up" 2> /dev/null
wait_for 20 sh -c "! '$OCTAVO' status --dir '$WORK/up' 2> /dev/null | grep -q ready" || true
up_start
check 'after a restart it is told as erased, the others as they are' sh -c "
    '$OCTAVO' onboarding ls --json --file '$WORK/onboarding.yaml' --dir '$WORK/up' > '$WORK/ls' &&
    grep '\"20001\"' '$WORK/ls' | grep -q '\"login\":\"erased\"' && grep '\"10001\"' '$WORK/ls' | grep -q zxanthippopoulos"
check 'and still no file tells more' nothing_clear
kill -TERM "$up"
wait "$up"
