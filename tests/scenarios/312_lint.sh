#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Lint as people and programs call it: exit codes, places, JSON, colours only where they are wanted,
# and the plain alternative that it prints is SQL that runs. Explain tells what makes the answers true.
. tests/scenarios/lib.sh
plan 26
examples=src/lint/examples

ends() { # ends CODE COMMAND...
    wanted=$1
    shift
    "$@" > "$WORK/out" 2> "$WORK/error"
    code=$?
    cat "$WORK/out" "$WORK/error"
    is $code "$wanted"
}
tells() { ends "$1" "$OCTAVO" lint $2 && grep -qF -- "$3" "$WORK/out"; }

check "the shipped systems are clean, or say why not" ends 0 "$OCTAVO" lint --all
check "so is the reference system" ends 0 "$OCTAVO" lint tests/reference/octavo.yaml
check "a finding has its place" tells 1 $examples/ORD4.fails.yaml "ORD4.fails.yaml:25:36"
check "a clean file says so" tells 0 $examples/ORD4.passes.yaml "ORD4.passes.yaml: clean"
check "an older version is held against it" \
    tells 1 "$examples/SCH2.fails.yaml --against $examples/SCH2.before.yaml" "is required now"
mkdir -p "$WORK/now" "$WORK/now/released"
cp -r $examples/schemas "$WORK/now/released"
cp $examples/SCH1.before.yaml "$WORK/now/released/octavo.yaml"
cp -r $examples/schemas "$WORK/now"
(echo "compatible_with: released/octavo.yaml" && cat $examples/SCH1.fails.yaml) > "$WORK/now/octavo.yaml"
check "so is the one that the file itself names" tells 1 "$WORK/now/octavo.yaml" "SCH1 a schema that no longer takes"
sed -i "s,released/,relaesed/," "$WORK/now/octavo.yaml"
check "and one that is not there is told" ends 2 "$OCTAVO" lint "$WORK/now/octavo.yaml"
check "JSON is JSON" sh -c "'$OCTAVO' lint --json $examples/TXN1.fails.yaml accounts | python3 -m json.tool"
check "a rule is explained" tells 0 '--explain TXN3' 'pivot'
check "all of them are listed" tells 0 '--explain all' 'AVD1  a topic with one writer'
check "a rule that is none is wrong usage" ends 2 "$OCTAVO" lint --explain XYZ1
check "so is no target" ends 2 "$OCTAVO" lint
check "and a file that is not there" ends 2 "$OCTAVO" lint "$WORK/none.yaml"
check "a file that cannot be meant is refused with its place" sh -c "
    echo 'sistem: a' > $WORK/wrong.yaml; '$OCTAVO' lint $WORK/wrong.yaml 2>&1 | grep 'wrong.yaml:1:1'"
large() { # every command says the same of a file that is no declaration by its size
    head -c 1100000 /dev/zero | tr '\0' a > "$WORK/large.yaml"
    for command in lint explain graph echo 'topics plan' 'export kafka' test 'up x --file' 'replay x --file' \
        'status x --file' 'park ls x --file'; do
        ends 2 "$OCTAVO" $command "$WORK/large.yaml" && grep -q 'at most 1 MiB' "$WORK/error" || return 1
    done
}
check "one of more than a MiB is refused by every command alike" large
check "no colours in a pipe" sh -c "! '$OCTAVO' lint $examples/ORD4.fails.yaml | grep -q \"\$(printf '\\033')\""
if command -v script > /dev/null; then
    check "nor on a terminal with NO_COLOR" sh -c "
        ! NO_COLOR=1 script -qec \"'$OCTAVO' lint $examples/ORD4.fails.yaml\" /dev/null | grep -q \"\$(printf '\\033')\""
else
    skip "nor on a terminal with NO_COLOR" "no script(1)"
fi
if command -v sqlite3 > /dev/null; then
    {
        for name in id key type body answer at; do echo ".parameter set :$name 1"; done
        for rule in AVD1 AVD3; do
            "$OCTAVO" lint $examples/$rule.fails.yaml | sed -n '/without events/,/^$/p' | sed '1d; s/^ *//'
        done
    } > "$WORK/plain.sql"
    check "the plain alternative is SQL" sqlite3 -bail "$WORK/plain.db" ".read $WORK/plain.sql"
else
    skip "the plain alternative is SQL" "no sqlite3"
fi

mkdir -p "$WORK/data/accounts/verify"
echo '{"when":1795384800000,"seed":7,"seconds":60,"answers":[{"answer":6,"state":"HELD","evidence":"order"}]}' \
    > "$WORK/data/accounts/verify/last.json"
check "an answer is explained with the evidence of the last verification" sh -c "
    '$OCTAVO' explain accounts Q6 --dir $WORK/data | grep 'HELD: order (2026-11-22 22:00 UTC, seed 7, 60 s)'"
check "all eight are, as JSON too" sh -c "
    '$OCTAVO' explain accounts --json | python3 -c 'import json, sys; assert len(json.load(sys.stdin)[\"answers\"]) == 8'"
check "a ninth question is wrong usage" ends 2 "$OCTAVO" explain accounts 9
echo '{"answers":' > "$WORK/data/accounts/verify/last.json"
check "a report that cannot be read is told, and the answers all the same" sh -c "
    '$OCTAVO' explain accounts 6 --dir $WORK/data 2>&1 | grep -q 'while reading' &&
    '$OCTAVO' explain accounts 6 --dir $WORK/data 2> /dev/null | grep -q 'strict for each account'"
check "an echo is a declaration that lint reads the same" sh -c "
    '$OCTAVO' echo accounts --broker kafka1:9092 > $WORK/echo.yaml && '$OCTAVO' lint $WORK/echo.yaml"
check "each value says where it came from" sh -c "
    OCTAVO_STORE=sqlite:elsewhere '$OCTAVO' echo accounts --broker kafka1:9092 > $WORK/sources
    grep -q 'broker: \"kafka1:9092\"  # flag --broker' $WORK/sources &&
    grep -q 'store: \"sqlite:elsewhere\"  # environment OCTAVO_STORE' $WORK/sources &&
    grep -q 'partitions: 4  # octavo.yaml:' $WORK/sources && grep -q '# default' $WORK/sources"
check "a value from elsewhere that is wrong is named by where it came from" sh -c "
    OCTAVO_BROKER=x '$OCTAVO' lint accounts 2>&1 | grep 'environment OCTAVO_BROKER: expected embedded'"
if python3 -c 'import jsonschema, yaml' 2> /dev/null; then
    check "the schema takes the declarations, and no other names" sh -c "
        '$OCTAVO' schema > $WORK/schema.json && python3 -c '
import glob, json, jsonschema, sys, yaml
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
class Strings(yaml.SafeLoader):
    pass
Strings.yaml_implicit_resolvers = {c: [r for r in l if not r[0].endswith((\"float\", \"timestamp\"))]
                                   for c, l in yaml.SafeLoader.yaml_implicit_resolvers.items()}
def keys(v):
    return {str(k): keys(w) for k, w in v.items()} if isinstance(v, dict) else v
for name in glob.glob(\"src/systems/*/octavo.yaml\") + glob.glob(\"src/lint/examples/*.passes.yaml\"):
    declared = keys(yaml.load(open(name), Strings))
    for answer in declared[\"answers\"].values():
        answer[\"choice\"] = {True: \"yes\", False: \"no\"}.get(answer[\"choice\"], answer[\"choice\"])
    jsonschema.validate(declared, schema)
    declared[\"wrong\"] = 1
    assert list(jsonschema.Draft7Validator(schema).iter_errors(declared))' $WORK/schema.json"
else
    skip "the schema takes the declarations, and no other names" "no jsonschema or yaml for python"
fi
exit $failed
