// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Octavo authors
// npm's iso_8583 as a cash machine: what it writes we read, what we answer it reads. Exits 77 without the library.
//   iso8583_peer.js PORT CARD
const net = require('net');
let Iso;
try { Iso = require('iso_8583'); } catch (e) { process.exit(77); }
const [port, card] = process.argv.slice(2);
const now = new Date().toISOString().replace(/[-:T]/g, ''); // YYYYMMDDhhmmss
const base = { 2: card, 7: now.slice(4, 14), 12: now.slice(8, 14), 13: now.slice(4, 8), 41: 'NODEATM1', 49: '203' };
const asked = (mti, stan, more) => Object.assign({ 0: mti, 11: stan, 37: 'NODE00' + stan }, base, more);
const original = stan => '0200' + stan + base[7] + '0'.repeat(22);
const story = [
  [{ 0: '0800', 7: base[7], 11: '000001', 70: '001' }, '0810', '00'],
  [asked('0200', '000002', { 3: '210000', 4: '000000050000' }), '0210', '00'],
  [asked('0200', '000003', { 3: '010000', 4: '000000020000' }), '0210', '00'],
  [asked('0420', '000004', { 3: '010000', 4: '000000020000', 37: 'NODE00000003', 90: original('000003'),
    95: '000000015000' + '0'.repeat(30) }), '0430', '00'],
  [asked('0200', '000005', { 3: '310000' }), '0210', '00', '0001203C0000000350000002203C000000035000'],
];
function fail(text) { console.log(text); process.exit(1); }
const line = net.connect(+port, '127.0.0.1');
line.on('error', e => fail(e.message));
let heard = Buffer.alloc(0);
let at = -1;
function next() {
  if (++at === story.length) { line.end(); process.exit(0); }
  const bytes = new Iso(story[at][0]).getBufferMessage();
  if (bytes.error) fail(bytes.error);
  line.write(bytes);
}
line.on('connect', next);
line.on('data', data => {
  heard = Buffer.concat([heard, data]);
  if (heard.length < 2 || heard.length < 2 + heard.readUInt16BE(0)) return;
  const length = 2 + heard.readUInt16BE(0);
  const answer = new Iso().getIsoJSON(heard.subarray(0, length));
  heard = heard.subarray(length);
  const [sent, mti, code, amounts] = story[at];
  if (answer[0] !== mti || answer[39] !== code || answer[11] !== sent[11]) fail(JSON.stringify([sent[0], answer]));
  if (amounts && answer[54] !== amounts) fail('balances ' + answer[54]);
  next();
});
setTimeout(() => fail('no answer to message ' + at), 20000);
