// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Octavo authors
// kafkajs over TLS with a password: sends one message, a group reads it back. Exits 77 without the library.
const fs = require('fs');
let kafkajs;
try { kafkajs = require('kafkajs'); } catch (e) { process.exit(77); }
const [port, mechanism, password, ca] = process.argv.slice(2);
const said = 'from js by ' + mechanism;
const kafka = new kafkajs.Kafka({
  brokers: ['127.0.0.1:' + port], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 0 },
  ssl: { ca: [fs.readFileSync(ca)] }, sasl: { mechanism, username: 'alice', password },
});
async function story() {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'js', messages: [{ value: said }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: 'js-' + mechanism });
  await consumer.connect();
  await consumer.subscribe({ topic: 'js', fromBeginning: true });
  await new Promise(done => consumer.run({
    eachMessage: async ({ message }) => { if (message.value.toString() === said) done(); } }));
  await consumer.disconnect();
}
story().then(() => process.exit(0), error => { console.log(error.message); process.exit(1); });
