// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Octavo authors
// Another's MQTT, from npm. `packets READER [SEED] [COUNT]`: what mqtt-packet writes, mqtt_reader reads as it
// was meant; what is changed by a byte or two and we take, it reads alike; what we write,
// mqtt-packet reads. `fleet PORT DEVICE COUNT`: MQTT.js publishes with each QoS, in a session that is kept.
// `hear PORT DEVICE`: it is told a command.
const { execFileSync } = require('child_process')

let state = 1
function random (below) { // xorshift, so that a seed repeats
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5
  return (state >>> 0) % below
}
const hex = b => Buffer.from(b === undefined || b === null ? '' : b).toString('hex')
const word = () => ['pump', 'žluť', 'a/b', '', 'x'.repeat(random(300)), '日本'][random(6)]
const topic = () => word() || 't'

function packetMake () {
  const id = 1 + random(65535)
  switch (random(8)) {
    case 0: {
      const p = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: random(2) === 1, clientId: word() || 'c', keepalive: random(65536) }
      if (random(2)) p.will = { topic: topic(), payload: Buffer.from(word()), qos: random(3), retain: random(2) === 1 }
      if (random(2)) { p.username = word() || 'u'; p.password = Buffer.from(word() || 'p') }
      return p
    }
    case 1: return { cmd: 'subscribe', messageId: id, subscriptions: [...Array(1 + random(5))].map(() => ({ topic: topic(), qos: random(3) })) }
    case 2: return { cmd: 'unsubscribe', messageId: id, unsubscriptions: [...Array(1 + random(5))].map(topic) }
    case 3: return { cmd: 'pubrel', messageId: id }
    case 4: return { cmd: ['puback', 'pubrec', 'pubcomp'][random(3)], messageId: id }
    case 5: return { cmd: ['pingreq', 'disconnect'][random(2)] }
    default: {
      const qos = random(3)
      return { cmd: 'publish', topic: topic(), payload: Buffer.from(word() + random(1e9)), qos, retain: random(2) === 1, dup: qos > 0 && random(2) === 1, messageId: qos ? id : undefined }
    }
  }
}

// As mqtt_reader prints it.
function told (p) {
  const types = { puback: 4, pubrec: 5, pubrel: 6, pubcomp: 7, pingreq: 12, disconnect: 14 }
  const flag = b => b ? 1 : 0
  switch (p.cmd) {
    case 'connect': return ['connect', 'other=0', `clean=${flag(p.clean)}`, `keepalive=${p.keepalive}`, `will=${flag(p.will)}`, `qos=${p.will ? p.will.qos : 0}`,
      `client=${hex(p.clientId)}`, `topic=${hex(p.will && p.will.topic)}`, `payload=${hex(p.will && p.will.payload)}`, `user=${hex(p.username)}`, `password=${hex(p.password)}`].join('\t')
    case 'publish': return ['publish', `qos=${p.qos}`, `dup=${flag(p.dup)}`, `retain=${flag(p.retain)}`, `id=${p.messageId || 0}`, `topic=${hex(p.topic)}`, `payload=${hex(p.payload)}`].join('\t')
    case 'subscribe': return ['subscribe', `id=${p.messageId}`, ...p.subscriptions.map(s => `filter=${hex(s.topic)}`), ...p.subscriptions.map(s => `qos=${s.qos}`)].join('\t')
    case 'unsubscribe': return ['unsubscribe', `id=${p.messageId}`, ...p.unsubscriptions.map(t => `filter=${hex(t)}`)].join('\t')
    case 'pingreq': case 'disconnect': return `type${types[p.cmd]}`
    default: return `type${types[p.cmd]}\tid=${p.messageId}`
  }
}

function theirs (bytes) { // undefined: it refuses, or it is not whole
  const { parser } = require('mqtt-packet')
  const found = []
  const p = parser({ protocolVersion: 4 })
  p.on('packet', x => found.push(x))
  p.on('error', () => found.push(undefined))
  try { if (p.parse(bytes)) return undefined } catch (e) { return undefined }
  return found.length === 1 ? found[0] : undefined
}

function fail (what, ...more) { console.error(what, ...more); process.exit(1) }

function packets (reader, seed, count) {
  const mqtt = require('mqtt-packet')
  state = Number(seed) || 1
  const made = [...Array(Number(count) || 3000)].map(packetMake)
  const bytes = made.map(p => mqtt.generate(p))
  const changed = bytes.map(b => {
    const copy = Buffer.from(b)
    for (let n = 1 + random(2); n > 0; n--) copy[2 + random(Math.max(1, copy.length - 2))] = random(256)
    return copy.subarray(0, b.length)
  })
  const writes = []
  for (let i = 0; i < 200; i++) {
    writes.push([`write connack ${random(2)} 0`, p => p.cmd === 'connack' && p.returnCode === 0])
    const id = 1 + random(65535)
    const type = [4, 5, 7, 11][random(4)]
    const cmd = { 4: 'puback', 5: 'pubrec', 7: 'pubcomp', 11: 'unsuback' }[type]
    writes.push([`write id ${type} ${id}`, p => p.cmd === cmd && p.messageId === id])
    const many = 1 + random(20)
    const code = [0, 1, 128][random(3)]
    writes.push([`write suback ${id} ${many} ${code}`, p => p.cmd === 'suback' && p.messageId === id && p.granted.length === many && p.granted.every(g => g === code)])
    const qos = random(2)
    const size = random(40000)
    writes.push([`write publish ${qos} ${id} ${size}`, p => p.cmd === 'publish' && p.topic === 'devices/pump/command' && p.qos === qos && (!qos || p.messageId === id) && p.payload.length === size])
    writes.push(['write pingresp', p => p.cmd === 'pingresp'])
  }
  const input = [...bytes, ...changed].map(b => b.toString('hex')).concat(writes.map(w => w[0])).join('\n') + '\n'
  const output = execFileSync(reader, { input, maxBuffer: 1 << 28 }).toString().split('\n')
  made.forEach((p, i) => { if (output[i] !== told(p)) fail(`packet ${i}:`, bytes[i].toString('hex'), output[i], told(p)) })
  let both = 0
  changed.forEach((b, i) => {
    const ours = output[bytes.length + i]
    const other = theirs(b)
    if (ours === 'bad' || /^connect\tother=1/.test(ours)) return // the second is answered with code 1
    both++
    if (!other || ours !== told(other)) fail(`changed packet ${i}:`, b.toString('hex'), ours, other && told(other))
  })
  writes.forEach((w, i) => {
    const line = output[bytes.length + changed.length + i]
    const p = theirs(Buffer.from(line, 'hex'))
    if (!p || !w[1](p)) fail(w[0], line, JSON.stringify(p))
  })
  console.log(`${made.length} read alike, ${both} changed ones too; ${writes.length} of ours read`)
}

function fleet (port, device, count) {
  const mqtt = require('mqtt')
  const client = mqtt.connect({ host: '127.0.0.1', port: Number(port), clientId: `${device}-js`, clean: false, will: { topic: `devices/${device}/gone`, payload: '1', qos: 1, retain: false } })
  let left = Number(count)
  client.on('error', e => fail(e.message))
  client.on('connect', () => {
    for (let n = 0; n < Number(count); n++) {
      client.publish(`devices/${device}`, JSON.stringify({ load: n, boot: 1, seq: n }), { qos: 1 + n % 2 }, e => {
        if (e) fail(e.message)
        if (--left === 0) process.exit(0) // without DISCONNECT: the will is told
      })
    }
  })
}

function hear (port, device) { // prints the first command, and ends when it is acknowledged
  const client = require('mqtt').connect({ host: '127.0.0.1', port: Number(port), clientId: `${device}-hears` })
  client.on('error', e => fail(e.message))
  client.on('message', (topic, payload) => { console.log(topic, payload.toString()); setImmediate(() => client.end()) })
  client.subscribe('devices/+/command', { qos: 1 }, (e, granted) => {
    if (!e && granted[0].qos !== 128) fail('it may hear everybody')
    client.subscribe(`devices/${device}/command`, { qos: 1 }, (e, granted) => { if (e || granted[0].qos !== 1) fail('not granted') })
  })
}

const [verb, ...rest] = process.argv.slice(2)
if (verb === 'packets') packets(...rest)
else if (verb === 'fleet') fleet(...rest)
else if (verb === 'hear') hear(...rest)
else fail('packets READER [SEED] [COUNT] | fleet PORT DEVICE COUNT | hear PORT DEVICE')
