#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Mail goes to a real mail server (chasquid): STARTTLS, login, delivery; it waits while the server is
# away and while the password is wrong, and each comes once. The server is the one that is installed,
# or is unpacked from its Debian package into build/ and run from there: nothing is installed for it.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 6

chasquid_find() { # sets $bin
    bin=$(dirname "$(command -v chasquid)" 2> /dev/null)
    [ -x "$bin/chasquid" ] && [ -x "$bin/chasquid-util" ] && return
    bin=build/chasquid/usr/bin
    [ -x $bin/chasquid ] && return
    mkdir -p build/chasquid && (cd build/chasquid && apt-get download chasquid && dpkg -x chasquid_*.deb .) \
        > "$WORK/said" 2>&1
}
if ! chasquid_find || ! command -v openssl > /dev/null; then
    for n in 1 2 3 4 5 6; do skip "mail $n" 'neither chasquid nor its package, or no openssl'; done
    exit 0
fi

mail=$PWD/$WORK/mail box=$PWD/$WORK/box
port=$((30000 + $$ % 9000))
mkdir -p "$mail/certs/mail.test" "$mail/domains/reference.test" "$mail/data" "$box"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$mail/certs/mail.test/privkey.pem" -out "$mail/certs/mail.test/fullchain.pem" 2> /dev/null
cat > "$mail/chasquid.conf" << EOF
hostname: "mail.test"
smtp_address: "127.0.0.1:$((port + 1))"
submission_address: "127.0.0.1:$port"
data_dir: "$mail/data"
mail_log_path: "<stderr>"
mail_delivery_agent_bin: "/bin/sh"
mail_delivery_agent_args: "-c"
mail_delivery_agent_args: "cat > \$(mktemp $box/mail.XXXXXX)"
EOF
for user in customer desk; do
    "$bin/chasquid-util" -C="$mail" user-add $user@reference.test --password=right > /dev/null || exit 1
done
mail_start() {
    start "$WORK/mail.log" "$bin/chasquid" -config_dir="$mail"
    mail_pid=$last
    wait_for 20 in_file "listening on 127.0.0.1:$port (submission)" "$WORK/mail.log"
}

variant=$(basename "$(dirname "$OCTAVO")")
make -s V="$variant" "build/$variant/reference.so" > "$WORK/said" 2>&1 || exit 1
cp "build/$variant/reference.so" "$WORK"
url="smtp://localhost:$port?from=desk@reference.test\\&tls=required\\&ca=$mail/certs/mail.test/fullchain.pem"
sed "s,url: \"smtp+folder:[^\"]*\",secret_file: mail.secret\, retry: { first: 100ms\, most: 1s }\, breaker: { failures: 2\, wait: 500ms }\, url: \"$url\"," \
    "build/$variant/reference.yaml" > "$WORK/reference.yaml"
mkdir -p "$WORK/data/reference"
orders=$WORK/data/reference/orders.db
sqlite3 "$orders" 'CREATE TABLE orders (id INTEGER PRIMARY KEY, account TEXT, amount INTEGER, park INTEGER)'
order() { # order FROM TO: every fourth of them is a mail
    sqlite3 "$orders" "WITH RECURSIVE n (i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
        INSERT INTO orders SELECT i, 'account-' || (i % 5), i, 0 FROM n"
}
run() {
    start "$WORK/$1.log" "$OCTAVO" run reference --service "$1" --file "$WORK/reference.yaml" \
        --broker "$BROKER" --dir "$WORK/data"
}
mails() { ls "$box" | wc -l; }
mails_are() { [ "$(mails)" = "$1" ]; }
told() { k -C -t told -o beginning -e -f '%s\n' > "$WORK/told" && [ "$(grep -c '"mail"' "$WORK/told")" = "$1" ]; }

echo 'desk@reference.test:wrong' > "$WORK/data/reference/mail.secret"
broker_start
mail_start
for service in gateway ledger notifier; do run $service; done
notifier=$last
order 1 40
check 'with a wrong password nothing is sent, and nothing else waits' wait_for 60 in_file 'auth failed' "$WORK/mail.log"
wait_for 60 sh -c "[ \$(ls $WORK/data/reference/desk 2> /dev/null | wc -l) = 10 ]"
mails_are 0 || exit 1
kill -TERM "$notifier"
wait "$notifier"
echo 'desk@reference.test:right' > "$WORK/data/reference/mail.secret"
run notifier
check 'with the right one each waiting mail is delivered over TLS' wait_for 60 mails_are 10
check 'and each outcome is told' wait_for 60 told 10
kill -9 "$mail_pid"
wait "$mail_pid" 2> /dev/null
order 41 80
wait_for 60 sh -c "[ \$(ls $WORK/data/reference/desk | wc -l) = 20 ]"
: > "$WORK/mail.log"
mail_start
check 'what came while the server was away is delivered when it is back' wait_for 60 mails_are 20
check 'each mail once, with an id of its own and its order in the subject' is \
    "$(cat "$box"/* | tr -d '\r' | sed -n 's/^Message-ID: //p' | sort -u | wc -l) $(cat "$box"/* | tr -d '\r' |
        sed -n 's/^Subject: order-//p' | sort -n | tr '\n' ' ')" \
    "20 $(seq 3 4 80 | tr '\n' ' ')"
check 'the password stands in no log' sh -c "! grep -rlE 'right|cmlnaHQ' $WORK/*.log"
