import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { JsonValue } from '../../proof/jcs.ts'
import { Run } from '../machine.ts'
import { toJson } from '../to-json.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { readYaml } from './yaml-read.ts'
import { yamlText } from './yaml-write.ts'
import { isValid } from './yamls.ts'

const read = (text: string): JsonValue => toJson(readYaml(text))

test('blocks, flows, scalars over lines, anchors and merges become JSON', () => {
  const cases: readonly (readonly [string, JsonValue])[] = [
    ['', null],
    ['a: 1\nb:\n- x\n- y: [1, {k: v}]\n  z: ~\n', { a: 1, b: ['x', { y: [1, { k: 'v' }], z: null }] }],
    ['a: |\n  x\n   y\n\nb: >-\n  one\n  two\n\n  three\n', { a: 'x\n y\n', b: 'one two\nthree' }],
    ['a: one\n  two # not three\nb: "q\\t\\u00e9\n\n  r"', { a: 'one two', b: 'q\té\nr' }],
    ['x: &d {a: 1, b: 2}\ny:\n  <<: *d\n  b: 3', { x: { a: 1, b: 2 }, y: { a: 1, b: 3 } }],
    ['on: yes\n0x1F: 0o17\n08: 1_000\nd: 2023-01-01', { on: 'yes', '31': 15, '8': 1000, d: '2023-01-01' }],
    ['a: 1\na: 2\n---\nnot: read', { a: 2 }],
    ['{"json": [1, 2.5e3, null], "k":"v"}', { json: [1, 2500, null], k: 'v' }],
  ]
  for (const [text, value] of cases) assert.deepEqual(read(text), value, text)
})

test('what opa refuses is an error, and so is not valid', () => {
  const wrong = [
    '[1,2,3',
    '"open',
    'a: b: c',
    'a\nb: 1',
    'a: 1\nb',
    'a: - b',
    '*nobody',
    'a:\n  b: 1\n c: 2',
    '@x',
    'a: "\\q"',
    'a: \u0001',
    'a: 1\n---\nb: [',
  ]
  for (const text of wrong) {
    assert.throws(() => readYaml(text), BuiltinError, text)
    assert.equal(isValid([text], new Run(1000)), false)
  }
  assert.equal(isValid([5], new Run(1000)), false)
  assert.equal(isValid(['a: 1'], new Run(1000)), true)
})

test('what is not certain is refused loudly, also when only its validity is asked', () => {
  const refused = [
    '!!int "3"',
    '? a\n: b',
    'a:\tb',
    '%YAML 1.2\n---\na',
    '&k a: 1',
    'a: .inf',
    '[a: 1]',
    '--- a',
    'a: 1\n...',
    '~: 1',
    'a\r: 1',
  ]
  for (const text of refused) {
    assert.throws(() => readYaml(text), Unsupported, text)
    assert.throws(() => isValid([text], new Run(1000)), Unsupported, text)
  }
})

test('aliases that repeat aliases are refused before they fill the memory', () => {
  const lines = Array.from({ length: 20 }, (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}`}]`)
  assert.throws(() => readYaml(lines.join('\n').replaceAll(/\[(\*.*), (\*.*)\]/g, '\n- $1\n- $2')), Unsupported)
})

test('what is written is read back', () => {
  const text = yamlText({ b: [1, 'two', [true, null]], a: { x: 'a: b', y: 'line\nline\n', z: '12:30' }, c10: [], c2: {} })
  assert.equal(
    text,
    'a:\n  x: \'a: b\'\n  "y": |\n    line\n    line\n  z: "12:30"\nb:\n  - 1\n  - two\n  - - true\n    - null\nc2: {}\nc10: []\n',
  )
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      try {
        assert.deepEqual(
          JSON.stringify(read(yamlText(value as JsonValue))),
          JSON.stringify(toJson(readYaml(JSON.stringify(value)))),
        )
      } catch (cause) {
        if (!(cause instanceof Unsupported)) throw cause
      }
    }),
  )
})
