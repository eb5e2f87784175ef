#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# A service that must not go on ends, is started again, ends again - and then `octavo up` says so and
# ends too, instead of sitting there without it. One that only parks goes on.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
command -v kcat > /dev/null || exit 1
plan 5
cat > "$WORK/shop.c" << 'C'
#include <octavo.h>
static enum octavo_outcome on_sold(struct octavo_step *s) {
    int64_t n;
    if (!octavo_event_int(s, "n", &n))
        return octavo_refuse(s, OCTAVO_PARK, "no n");
    return n < 0 ? octavo_refuse(s, OCTAVO_STOP, "the books are broken") : OCTAVO_DONE;
}
static const struct octavo_handler handlers[] = { { "sold", on_sold }, { 0 } };
static const struct octavo_service services[] = { { "till", handlers }, { 0 } };
static const struct octavo_command commands[] = { { 0 } };
const struct octavo_system octavo_system = { sizeof(octavo_system), OCTAVO_API, "shop", 0, services,
                                             commands };
C
cat > "$WORK/shop.yaml" << 'YAML'
system: shop
topics: { sales: { partitions: 3 } }
services:
  till: { handler: "./shop.so:till", consumes: [sales] }
YAML
cc -shared -fPIC -Iinclude -o "$WORK/shop.so" "$WORK/shop.c" || exit 1

send() { printf 'k|%s\n' "$1" | k -P -t sales -K '|' -H ce_type=sold -H "ce_id=$$-$1"; }
: > "$WORK/up.log"
start "$WORK/up.log" "$OCTAVO" up shop --file "$WORK/shop.yaml" --dir "$WORK/data" \
    --port "$((21000 + $$ % 8000))"
up_pid=$last
wait_for 60 in_file 'is ready' "$WORK/up.log" || exit 1
BROKER=$(sed -n 's/.*broker on //p' "$WORK/up.log")
check 'a topic is made as it is declared, not as the broker likes' \
    sh -c "timeout 20 kcat -L -b $BROKER | grep -q 'topic \"sales\" with 3 partitions'"
send '{}'
check 'an event that is wrong parks its key' wait_for 20 in_file 'key_parked' "$WORK/up.log"
printf 'other|{"n":-1}\n' | k -P -t sales -K '|' -H ce_type=sold -H ce_id=stop
check 'a service that cannot live ends octavo up' wait_for 120 has_ended "$up_pid"
wait "$up_pid"
check 'with another exit code than 0' is $? 3
check 'and the reason' in_file 'till has ended .* times in a row as soon as it started' "$WORK/up.log"
