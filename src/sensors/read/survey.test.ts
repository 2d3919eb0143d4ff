import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { defaultLimits } from './limits.ts'
import { createParse } from './parse.ts'
import { isPlain, survey } from './survey.ts'

const noKeys: ReadonlySet<string> = new Set()
const looksPlain = (source: string): boolean => isPlain(survey(JSON.parse(source) as object, 64, noKeys), source.length)

/** The slow and obvious check: a parser that keeps every key as it was written. */
function isLossless(source: string): boolean {
  let lost = false
  const stack: (Set<string> | null)[] = []
  for (const [token] of source.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') stack.push(token === '{' ? new Set() : null)
    else if (token === '}' || token === ']') stack.pop()
    else if (token.endsWith(':')) {
      const key = JSON.parse(token.replace(/\s*:$/, '')) as string
      if (stack.at(-1)?.has(key)) lost = true
      stack.at(-1)?.add(key)
    }
    if (/\\ud[89a-f]/i.test(token) && !(JSON.parse(token.replace(/\s*:$/, '')) as string).isWellFormed()) lost = true
  }
  return !lost
}

/** JSON texts with everything that may make a text shorter or longer than its plain form. */
const number = fc.constantFrom(
  '0',
  '-0',
  '7',
  '1000',
  '1e3',
  '1E3',
  '20000',
  '2e4',
  '0.5',
  '5e-1',
  '0.001',
  '1e-3',
  '12.50',
  '1e21',
  '1e22',
  '17e17',
  '1772442003600904242',
  '9007199254740993',
  '4294967295',
  '1000000000000000000000',
  '-1000',
  '-1e3',
)
const text = fc.constantFrom('""', '"a"', '"a:b"', '"\\":"', '"\\u0061"', '"\\ud800"', '"\\ud83d\\ude00"', '"ü"', '"\\n"', '"{"')
const key = fc.constantFrom('""', '"a"', '"b"', '"\\u0061"', '"__proto__"', '"constructor"', '"1"', '"a:"', '"\\""')
const blank = fc.constantFrom('', '', '', ' ', '\t')
const { value: anyValue } = fc.letrec<{ value: string; object: string; list: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, number, text, fc.constantFrom('true', 'false', 'null'), tie('object'), tie('list')),
  object: fc
    .array(fc.tuple(key, blank, blank, tie('value')), { maxLength: 5 })
    .map((members) => `{${members.map(([name, before, after, value]) => `${name}${before}:${after}${value}`).join(',')}}`),
  list: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
}))

test('a text that is taken for plain has lost nothing, however it was written', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const source = `{"x":${value}}`
      if (looksPlain(source)) assert.ok(isLossless(source), source)
    }),
    { numRuns: 20_000 },
  )
})

test('the reader refuses exactly the texts that the slow check refuses', () => {
  const { text: read } = createParse(defaultLimits, [])
  fc.assert(
    fc.property(anyValue, (value) => {
      const source = `{"x":${value}}`
      const refused = read(source)
      assert.equal(typeof refused !== 'string', isLossless(source), source)
    }),
    { numRuns: 20_000 },
  )
})

test('what sensors write is recognised as plain, so that the slow check is for the others', () => {
  const event = {
    time: '2026-03-02T08:00:00Z',
    pid: 4711,
    uid: 1000,
    gid: 0,
    ok: true,
    none: null,
    list: [1, 'a', {}],
    auid: 4294967295,
  }
  assert.ok(looksPlain(JSON.stringify(event)))
  assert.ok(looksPlain('{"evt.time":1772442003600904242,"uid":1000,"rate":2044.3}'))
  for (const source of ['{"a":1, "b":2}', '{"a":"\\n"}', '{"a":1,"a":1}', '{"a":0.001}']) assert.ok(!looksPlain(source), source)
})

test('shorter forms of numbers do not make room for a second member', () => {
  // Each saves a byte against its digits; the second member takes five.
  const source = '{"x":[1e3,1e3,1e3,1e3,1e3],"":0,"":0}'
  assert.equal(source.length, JSON.stringify(JSON.parse(source)).length)
  assert.equal(createParse(defaultLimits, []).text(source), 'duplicate_key')
})

test('an exact integer is exact wherever it stands, and others stay numbers', () => {
  const { text: read } = createParse(defaultLimits, ['at'])
  const [big, bigger] = ['1772442003600904242', '1772442003600904243']
  assert.deepEqual(read(`{"at":${big},"other":${big}}`), { at: BigInt(big), other: Number(big) })
  assert.deepEqual(read(`{"in":[{"at" : ${big}}]}`), { in: [{ at: BigInt(big) }] })
  assert.deepEqual(read('{"at":5}'), { at: 5 })
  // Two of them, in an order that an object does not keep.
  assert.deepEqual(read(`{"b":{"at":${big}},"1":{"at":${bigger}}}`), { b: { at: BigInt(big) }, 1: { at: BigInt(bigger) } })
  // A string that shows the same text, and a key that ends like it.
  assert.deepEqual(read(`{"s":"{\\"at\\":${bigger}}","\\"at":1,"at":${big}}`), {
    s: `{"at":${bigger}}`,
    '"at': 1,
    at: BigInt(big),
  })
  assert.deepEqual(read('{"at":1e19}'), { at: 1e19 })
})
