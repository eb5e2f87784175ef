#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Other people's clients read a cache as they are: redis-cli, redis-benchmark, hiredis, python3-redis, and
# ioredis and node-redis where node finds them (NODE_PATH).
. tests/scenarios/lib.sh
plan 8

sed -e 's|127.0.0.1:8590|127.0.0.1:0|; s|127.0.0.1:6380|127.0.0.1:0|; s|127.0.0.1:8591|127.0.0.1:0|' \
    src/systems/caching/octavo.yaml > "$WORK/caching.yaml"
start "$WORK/up.log" "$OCTAVO" up caching --file "$WORK/caching.yaml" --dir "$WORK/up" --port 0
up=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
port_of() { sed -n "s/^octavo up: $1 on 127.0.0.1:\([0-9]*\)$/\1/p" "$WORK/up.log" | tail -n 1; }
CRM=$(port_of crm)
PORT=$(port_of operational-data-cache)
caught_up() { grep -q fold_caught_up "$WORK/up.log"; }
wait_for 30 caught_up || exit 1
timeout 60 python3 - "$CRM" "$PORT" > "$WORK/made" 2>&1 << 'END' || { say < "$WORK/made"; exit 1; }
import sys
sys.path.insert(0, "tests/scenarios")
from caching_client import Crm, Resp
crm, cache = Crm(int(sys.argv[1])), Resp(int(sys.argv[2]))
for number in range(50):
    status, answer = crm("POST", "/customers", {"id": f"c{number:04}", "name": "Ann Brown", "purchases": number,
                                                "email": f"c{number}@example.org", "city": ("Brno", "Prague")[number % 2]})
    assert status == 201, answer
    assert cache("WAIT", answer["token"], 20000) == 1
END

by_cli() {
    for version in -2 -3; do
        redis-cli "$version" -p "$PORT" HGETALL customer:c0007 > "$WORK/said"
        grep -q 'Ann Brown' "$WORK/said" && grep -q 'c7@example.org' "$WORK/said" || return 1
        is "$(redis-cli "$version" -p "$PORT" FIND customer email c7@example.org)" customer:c0007 || return 1
    done
    is "$(redis-cli -p "$PORT" --scan --pattern 'customer:c00*' | sort -u | wc -l)" 50
}
by_benchmark() { redis-benchmark -p "$PORT" -n 2000 -c 20 -P 8 -r 50 --csv HGETALL customer:c0001 > "$WORK/said" && grep -q '^"HGETALL' "$WORK/said"; }
if command -v redis-benchmark > /dev/null; then
    check "redis-cli reads, finds and scans in both versions" by_cli
    check "redis-benchmark asks" by_benchmark
else
    skip "redis-cli reads, finds and scans in both versions" "redis-tools is not installed"
    skip "redis-benchmark asks" "redis-tools is not installed"
fi

by_hiredis() {
    cat > "$WORK/reader.c" << 'END'
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
    redisContext *c = redisConnect("127.0.0.1", atoi(arguments[count - 1]));
    if (!c || c->err)
        return 1;
    for (int i = 0; i < 50; i++)
        redisAppendCommand(c, "HGET customer:c%04d purchases", i);
    for (int i = 0; i < 50; i++) {
        redisReply *r;
        if (redisGetReply(c, (void **)&r) || r->type != REDIS_REPLY_STRING || atoi(r->str) != i)
            return 2;
        freeReplyObject(r);
    }
    redisReply *r = redisCommand(c, "SET a b");
    if (!r || r->type != REDIS_REPLY_ERROR || strncmp(r->str, "READONLY", 8) != 0)
        return 3;
    freeReplyObject(r);
    redisFree(c);
    return 0;
}
END
    # shellcheck disable=SC2046
    gcc -o "$WORK/reader" "$WORK/reader.c" $(pkg-config --cflags --libs hiredis) && "$WORK/reader" "$PORT"
}
if pkg-config --exists hiredis 2> /dev/null; then
    check "hiredis reads a pipeline" by_hiredis
else
    skip "hiredis reads a pipeline" "libhiredis-dev is not installed"
fi

by_python() {
    timeout 60 /usr/bin/python3 - "$PORT" << 'END'
import sys
import redis
r = redis.Redis(port=int(sys.argv[1]), decode_responses=True)
assert r.ping() and r.hgetall("customer:c0003")["email"] == "c3@example.org"
with r.pipeline(transaction=False) as pipe:
    for number in range(50):
        pipe.hget(f"customer:c{number:04}", "purchases")
    assert pipe.execute() == [str(n) for n in range(50)]
assert len(set(r.scan_iter("customer:*", count=7))) == 50
assert r.execute_command("HFIND", "customer", "email", "c9@example.org")
try:
    r.set("a", "b")
    raise SystemExit("it let itself be written to")
except redis.exceptions.ReadOnlyError:
    pass
END
}
if /usr/bin/python3 -c 'import redis' 2> /dev/null; then
    check "python3-redis reads, scans and is told that it may not write" by_python
else
    skip "python3-redis reads, scans and is told that it may not write" "python3-redis is not installed"
fi

by_ioredis() {
    timeout 60 node -e '
const Redis = require("ioredis");
const r = new Redis({ port: Number(process.argv[1]), maxRetriesPerRequest: 1 });
(async () => {
    const row = await r.hgetall("customer:c0003");
    if (row.email !== "c3@example.org") throw new Error(JSON.stringify(row));
    const all = await Promise.all([...Array(50).keys()].map(n => r.hget(`customer:c${String(n).padStart(4, "0")}`, "purchases")));
    if (all.some((v, n) => Number(v) !== n)) throw new Error(all.join());
    await r.set("a", "b").then(() => { throw new Error("written"); }, e => { if (!/READONLY/.test(e.message)) throw e; });
    process.exit(0);
})().catch(e => { console.error(e); process.exit(1); });' "$PORT"
}
by_node_redis() {
    timeout 60 node -e '
const { createClient } = require("redis");
const r = createClient({ socket: { port: Number(process.argv[1]), host: "127.0.0.1" } });
(async () => {
    await r.connect();
    const row = await r.hGetAll("customer:c0003");
    if (row.email !== "c3@example.org") throw new Error(JSON.stringify(row));
    const all = await Promise.all([...Array(50).keys()].map(n => r.hGet(`customer:c${String(n).padStart(4, "0")}`, "purchases")));
    if (all.some((v, n) => Number(v) !== n)) throw new Error(all.join());
    await r.set("a", "b").then(() => { throw new Error("written"); }, e => { if (!/READONLY/.test(e.message)) throw e; });
    process.exit(0);
})().catch(e => { console.error(e); process.exit(1); });' "$PORT"
}
for client in ioredis redis; do
    by=by_$client name=$client
    [ $client = ioredis ] || by=by_node_redis name=node-redis
    if node -e "require('$client')" 2> /dev/null; then
        check "$name reads and is told that it may not write" $by
    else
        skip "$name reads and is told that it may not write" "node does not find $client"
    fi
done

# ---- what they ask by HTTP
READ=$(sed -n 's/.*edge_listens edge=read port=\([0-9]*\).*/\1/p' "$WORK/up.log" | head -n 1)
by_http() {
    timeout 60 python3 - "$READ" << 'END'
import json, sys, urllib.request
def get(target):
    with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}{target}") as answer:
        return json.load(answer)
many = get("/customers?ids=c0001,none,c0002")["rows"]
assert [row and row["id"] for row in many] == ["c0001", None, "c0002"], many
assert get("/customers?email=c9@example.org")["rows"][0]["id"] == "c0009"
found, after = [], "0"
while after:
    page = get(f"/customers?city=Brno&limit=7&after={after}")
    found += [row["id"] for row in page["rows"]]
    after = page.get("next")
assert sorted(found) == [f"c{n:04}" for n in range(0, 50, 2)], found
END
}
check "many are read over HTTP by ids, by address and by city, page by page" by_http
up_stop() { kill -TERM "$up" && wait "$up"; }
check "it stops cleanly" up_stop
