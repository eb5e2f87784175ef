# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# python3-kafka over TLS with a password: sends one message, reads it back. Exits 77 without the library.
import sys

try:
    import kafka
except ImportError:
    sys.exit(77)

port, mechanism, password, ca = sys.argv[1:5]
how = dict(bootstrap_servers="127.0.0.1:" + port, security_protocol="SASL_SSL", ssl_cafile=ca,
           sasl_mechanism=mechanism, sasl_plain_username="alice", sasl_plain_password=password)
said = b"from python by " + mechanism.encode()
producer = kafka.KafkaProducer(max_block_ms=10000, **how)
producer.send("python", said).get(10)
consumer = kafka.KafkaConsumer("python", auto_offset_reset="earliest", consumer_timeout_ms=10000, **how)
for message in consumer:
    if message.value == said:
        sys.exit(0)
sys.exit("it did not come back")
