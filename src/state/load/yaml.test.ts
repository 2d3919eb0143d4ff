import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { GoValue } from '../model/value.ts'
import { sprintf } from '../template/printf.ts'
import { GossfileError } from './failure.ts'
import { decodable } from './format.ts'

function decode(text: string, format: 'yaml' | 'json' = 'yaml'): GoValue {
  const { root, decoder } = decodable(text, format, 'f')
  const value = root === null ? null : decoder.any(root)
  decoder.finish()
  return value
}

function fault(text: string, format: 'yaml' | 'json' = 'yaml'): string {
  try {
    decode(text, format)
  } catch (error) {
    assert.ok(error instanceof GossfileError, String(error))
    return error.message
  }
  throw new Error(`${text} was accepted`)
}

type Row = { readonly text: string; readonly value?: string; readonly error?: string }
const recorded = JSON.parse(readFileSync(new URL('fixtures/go-yaml-3.0.1.json', import.meta.url), 'utf8')) as readonly Row[]

test('every recorded text gives the value or the error that go-yaml 3.0.1 gave', () => {
  const wrong = recorded.filter(({ text, value, error }) => {
    try {
      return sprintf('%#v', [decode(text)]) !== value
    } catch (thrown) {
      return (thrown as Error).message !== error
    }
  })
  assert.deepEqual(wrong, [])
  assert.ok(recorded.length > 600)
})

test('scalars are what go-yaml makes of them', () => {
  const kinds: readonly (readonly [string, GoValue])[] = [
    ['yes', 'yes'],
    ['true', true],
    ['0644', 420n],
    ['0o17', 15n],
    ['0b11', 3n],
    ['0x1F', 31n],
    ['1_000', 1000n],
    ['08', 8],
    ['1e3', 1000],
    ['.5', 0.5],
    ['.inf', Infinity],
    ['~', null],
    ['1:30', '1:30'],
    ['"0644"', '0644'],
    ['!!str 1', '1'],
    ['!!float 1', 1],
    ['18446744073709551615', 18_446_744_073_709_551_615n],
  ]
  for (const [text, value] of kinds) assert.deepEqual(decode(text), value, text)
  assert.deepEqual(decode('2001-02-03'), { kind: 'time', text: '2001-02-03', unixNanos: 981_158_400_000_000_000n })
  assert.equal(fault('!!int x'), 'yaml: cannot decode !!str `x` as a !!int')
})

test('anchors, merges and aliases; one that holds itself is refused', () => {
  assert.deepEqual(
    decode('a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3}'),
    new Map([
      [
        'a',
        new Map([
          ['k', 1n],
          ['l', 2n],
        ]),
      ],
      [
        'b',
        new Map([
          ['l', 3n],
          ['k', 1n],
        ]),
      ],
    ]),
  )
  assert.equal(fault('a: *nope'), "yaml: unknown anchor 'nope' referenced")
  assert.equal(fault('a: &a [*a]'), "yaml: anchor 'a' value contains itself")
  assert.match(fault('<<: 1'), /map merge requires map or sequence of maps as the value/)
})

test('aliases that unfold without end are refused', () => {
  const levels = Array.from(
    { length: 12 },
    (_, level) => `l${level + 1}: &l${level + 1} [${Array(10).fill(`*l${level}`).join(', ')}]`,
  )
  assert.equal(fault(`l0: &l0 [x]\n${levels.join('\n')}`), 'yaml: document contains excessive aliasing')
})

test('a key that is given twice is an error with both lines', () => {
  assert.equal(fault('a: 1\nb: 2\na: 3\n'), 'yaml: unmarshal errors:\n  line 3: mapping key "a" already defined at line 1')
})

test('only the first document is read, and it is told where the next one begins', () => {
  assert.equal(decodable('a: 1\n---\nb: [\n', 'yaml', 'f').nextRow, 3)
  assert.equal(decodable('a: 1\n', 'yaml', 'f').nextRow, null)
})

test('control characters and deep nesting are refused', () => {
  assert.equal(fault('a: \u0001'), 'yaml: control characters are not allowed')
  assert.match(fault('['.repeat(5000)), /exceeded max depth/)
})

test('JSON is read as encoding/json does: floats, the last of two keys, its errors', () => {
  assert.deepEqual(
    decode('{"a": 1, "b": [null, true, "\\u00e9"], "a": 2}', 'json'),
    new Map<string, GoValue>([
      ['b', [null, true, 'é']],
      ['a', 2],
    ]),
  )
  assert.equal(fault('{"file": {', 'json'), 'unexpected end of JSON input')
  assert.equal(fault('matching:', 'json'), "invalid character 'm' looking for beginning of value")
  assert.equal(fault('{"a" 1}', 'json'), "invalid character '1' after object key")
  assert.equal(fault('[1 2]', 'json'), "invalid character '2' after array element")
  assert.equal(fault('truf', 'json'), "invalid character 'f' in literal true (expecting 'e')")
  assert.equal(fault('12.', 'json'), "invalid character ' ' after decimal point in numeric literal")
})

test('whatever the text, the answer is a value or a GossfileError', () => {
  const piece = fc.constantFrom(
    'a',
    ':',
    ' ',
    '  ',
    '\n',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&x ',
    '*x',
    '!!str ',
    '|',
    '>',
    '"',
    "'",
    '#',
    '?',
    '<<',
    '\t',
    '---',
    '0644',
    'é',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.constantFrom('yaml', 'json'), (pieces, format) => {
      try {
        decode(pieces.join(''), format)
      } catch (error) {
        assert.ok(error instanceof GossfileError, String(error))
      }
    }),
    { numRuns: 1000 },
  )
})
