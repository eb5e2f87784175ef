// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Octavo authors
// Another reader of X12 (npm node-x12) reads 834 files: a line for each member: EMPLOYEE TYPE FAMILY,
// and what is wrong with control numbers and counts ends it with 1.
const fs = require('fs')
const { X12Parser } = require('node-x12')

function fail (file, what) {
  console.error(`${file}: ${what}`)
  process.exit(1)
}

for (const file of process.argv.slice(2)) {
  const text = fs.readFileSync(file, 'utf8').trim()
  const interchange = new X12Parser(true).parse(text)
  if (text.indexOf('~') !== 105) fail(file, 'ISA is not 106 characters')
  if (interchange.header.valueOf(13) !== interchange.trailer.valueOf(2)) fail(file, 'ISA13 is not IEA02')
  if (Number(interchange.trailer.valueOf(1)) !== interchange.functionalGroups.length) fail(file, 'IEA01')
  for (const group of interchange.functionalGroups) {
    if (group.header.valueOf(6) !== group.trailer.valueOf(2)) fail(file, 'GS06 is not GE02')
    if (Number(group.trailer.valueOf(1)) !== group.transactions.length) fail(file, 'GE01')
    for (const set of group.transactions) {
      if (Number(set.trailer.valueOf(1)) !== set.segments.length + 2) fail(file, 'SE01')
      if (set.header.valueOf(2) !== set.trailer.valueOf(2)) fail(file, 'ST02 is not SE02')
      let type
      let number
      for (const segment of set.segments) {
        if (segment.tag === 'INS') type = segment.valueOf(3)
        if (segment.tag === 'REF' && segment.valueOf(1) === '0F') number = segment.valueOf(2)
        if (segment.tag === 'NM1' && segment.valueOf(1) === 'IL') console.log(number, type, segment.valueOf(3))
      }
    }
  }
}
