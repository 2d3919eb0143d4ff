import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { RunproofError } from '../../core/model/errors.ts'
import { findingsBody } from './findings-body.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const split = (text: string) => {
  const body = bytes(text)
  const { members, findings } = findingsBody(body)
  return {
    members: Object.fromEntries(members),
    findings: findings && new TextDecoder().decode(body.subarray(findings.from, findings.to)),
  }
}

test('findings are kept as they were sent, also integers that JSON.parse would round', () => {
  const { members, findings } = split('{"batch_id":"b1", "findings" : [ {"t":1727740800123456789} , "}]" ], "sensor":"falco"}')
  assert.deepEqual(members, { batch_id: '"b1"', sensor: '"falco"' })
  assert.equal(findings, '[ {"t":1727740800123456789} , "}]" ]')
})

test('an empty object has no findings', () => assert.deepEqual(split(' {} '), { members: {}, findings: null }))

test('a body that is no single object is refused with the reason', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /no JSON object/],
    ['[]', /no JSON object/],
    ['{"findings":[]', /too early/],
    ['{"findings":{}}', /no list/],
    ['{"findings":[],"findings":[]}', /twice/],
    ['{"a":1,"a":2}', /twice/],
    ['{"a":1} {}', /after its end/],
    ['{"a":"x}', /within a string/],
    ['{"a":}', /lacks a value/],
  ]
  for (const [text, why] of refused) {
    assert.throws(
      () => split(text),
      (error) => error instanceof RunproofError && error.code === 'request.invalid' && why.test(error.message),
      text,
    )
  }
})

test('every object that JSON writes is split where its members are', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 8 }),
      fc.array(fc.jsonValue()),
      fc.constantFrom(0, 2),
      (other, list, space) => {
        delete other['findings']
        const { members, findings } = split(JSON.stringify({ ...other, findings: list }, null, space))
        assert.deepEqual(JSON.parse(findings ?? 'null'), JSON.parse(JSON.stringify(list)))
        assert.deepEqual(
          byKey([...Object.entries(members)].map(([key, value]): [string, unknown] => [key, JSON.parse(value)])),
          byKey(Object.entries(JSON.parse(JSON.stringify(other)) as object)),
        )
      },
    ),
  )
})

/** By the key alone: not every value of JSON can be made a string to sort by. */
function byKey(entries: [string, unknown][]): [string, unknown][] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1))
}
