#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# tools/verify: a red seed's line says what was broken, and its folder is kept. The judge is played.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 7
seed=$(($$ + 900000))
kept() { ls -d "${TMPDIR:-/tmp}/octavo-verify-$seed-"* 2> /dev/null; }
play() { # play CODE [REPORT]: what the judge ends with, and the report that it leaves
    cat > "$WORK/judge" <<EOF
#!/bin/sh
mkdir -p "\${8}/played/verify/run-$seed/log"
echo 'the last words' > "\${8}/played/verify/run-$seed/log/broker.log"
echo '  files are kept'
echo 'seed $seed came to its end'
${2:+cat > "\${8}/played/verify/last.json" <<'END'
$2
END}
exit $1
EOF
    chmod +x "$WORK/judge"
    OCTAVO="$WORK/judge" AGAIN=1 SEEDS=1 SEED=$seed FOR=1s SYSTEMS=played tools/verify > "$WORK/$1.tap" 2>&1
}
report() { # report WRONG: of a check that found so many
    cat <<EOF
{"operations":5,"rest_ms":10,"faults":{"kill":2},
 "answers":[{"question":"idempotence","state":"BROKEN"},{"question":"ordering","state":"HELD"}],
 "checks":[{"check":"lanes","looked_at":9,"wrong":0},
  {"check":"once","looked_at":4,"wrong":$1,"first":"a request#7 was\nposted twice"}],"verdict":"HELD"}
EOF
}
play 0 "$(report 0)"
check 'a seed that holds says no more' grep -qx "ok 1 - played holds under seed $seed" "$WORK/0.tap"
check 'and nothing of it is kept' is "$(kept)" ''
play 1 "$(report 2)"
check 'one that is broken says question, check and what' grep -q \
    "^not ok 1 - played holds under seed $seed: BROKEN idempotence: once: a requestNo.7 was posted twice, kept in " "$WORK/1.tap"
check 'its folder is kept' grep -qx 'the last words' "$(kept)/played/verify/run-$seed/log/broker.log"
check 'with what the judge said' grep -qx "seed $seed came to its end" "$(kept)/said.txt"
rm -rf "$(kept)"
play 3
check 'one without a judgement says its last words' grep -q \
    "^not ok 1 - played holds under seed $seed: no judgement, ended with 3: .*seed $seed came to its end" "$WORK/3.tap"
check 'and is kept, too' test -d "$(kept)"
rm -rf "$(kept)" "build/verify/played-$seed" "build/verify/played-$seed"-*
