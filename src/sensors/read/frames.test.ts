import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createFrames } from './frames.ts'
import { defaultLimits, type Limits } from './limits.ts'

type Piece = readonly [line: number, what: string, text: string]

function piecesOf(bytes: Uint8Array, sizes: readonly number[] = [], limits: Limits = defaultLimits): readonly Piece[] {
  const pieces: Piece[] = []
  const keep = (line: number, what: string, raw: Uint8Array): void =>
    void pieces.push([line, what, Buffer.from(raw).toString('latin1')])
  const frames = createFrames(
    {
      whole(raw, line) {
        try {
          JSON.parse(Buffer.from(raw).toString('latin1'))
        } catch {
          return false
        }
        keep(line, 'element', raw)
        return true
      },
      element: (raw, line) => keep(line, 'element', raw),
      text: (raw, line) => keep(line, 'text', raw),
      broken: (raw, line, reason) => keep(line, reason, raw),
    },
    limits,
  )
  let at = 0
  for (const size of sizes) {
    frames.push(bytes.slice(at, at + size))
    at += size
  }
  if (at < bytes.length) frames.push(bytes.slice(at))
  frames.end()
  return pieces
}

const read = (text: string, limits?: Limits): readonly Piece[] => piecesOf(Buffer.from(text, 'latin1'), [], limits)
const elements = (pieces: readonly Piece[]): readonly string[] =>
  pieces.filter(([, what]) => what === 'element').map(([, , text]) => text)

test('one object per line, with any line ends, blank lines and blanks', () => {
  assert.deepEqual(read('{"a":1}\r\n\n  {"b":2}  \n{"c":3}'), [
    [1, 'element', '{"a":1}'],
    [3, 'element', '{"b":2}'],
    [4, 'element', '{"c":3}'],
  ])
})

test('an empty file has no events', () => assert.deepEqual(read(''), []))
test('a byte order mark is skipped', () => assert.deepEqual(read('\xef\xbb\xbf{"a":1}\n'), [[1, 'element', '{"a":1}']]))
test('half a byte order mark is not', () => assert.deepEqual(read('\xef\xbb'), [[1, 'text', '\xef\xbb']]))

test('an array on one line, over lines, and printed for people', () => {
  assert.deepEqual(elements(read('[{"a":1},{"b":[{"c":2}]}]')), ['{"a":1}', '{"b":[{"c":2}]}'])
  assert.deepEqual(elements(read('[\n{"a":1},\n{"b":2}\n]\n')), ['{"a":1}', '{"b":2}'])
  assert.deepEqual(read('[\n  {\n    "a": "}"\n  },\n  {\n    "b": 2\n  }\n]\n'), [
    [2, 'element', '{\n    "a": "}"\n  }'],
    [5, 'element', '{\n    "b": 2\n  }'],
  ])
  assert.deepEqual(read('[]\n'), [])
})

test('objects printed over many lines and objects without anything between them', () => {
  assert.deepEqual(elements(read('{\n"a":1\n}\n{\n"b":2\n}')), ['{\n"a":1\n}', '{\n"b":2\n}'])
  assert.deepEqual(elements(read('{"a":1}{"b":"{"}{"c":3}')), ['{"a":1}', '{"b":"{"}', '{"c":3}'])
})

test('an array that does not end is truncated', () => {
  assert.deepEqual(read('[{"a":1},\n{"b":2},\n').at(-1), [3, 'truncated', ''])
  assert.deepEqual(read('[\n{"a":1},\n{"b":').at(-1), [3, 'truncated', '{"b":'])
})

test('a line of text in brackets is one piece and opens no array', () => {
  assert.deepEqual(read('[INFO] hello, world\n{"a":1}\n'), [
    [1, 'text', 'INFO] hello, world'],
    [2, 'element', '{"a":1}'],
  ])
})

for (const [how, cut] of [
  ['in a string', '{"a":"x'],
  ['after a comma', '{"a":1,'],
  ['after a colon', '{"a":'],
  ['after a value', '{"a":1'],
  ['in a list', '{"a":[1,'],
  ['in a list of objects', '{"a":[{"b":1},'],
] as const) {
  test(`a line that is cut ${how} costs nothing but itself`, () => {
    const pieces = read(`{"n":0}\n${cut}\n{"n":1}\n{"n":2}\n`)
    assert.deepEqual(elements(pieces), ['{"n":0}', '{"n":1}', '{"n":2}'])
    assert.deepEqual(
      pieces.map(([line]) => line),
      [1, 2, 3, 4],
    )
    assert.deepEqual(elements(read(`{"n":0}\n${cut}`)), ['{"n":0}'])
    assert.deepEqual(read(`{"n":0}\n${cut}`).at(-1), [2, 'truncated', cut])
  })
}

test('after a broken object printed over many lines it goes on with the next one', () => {
  const pieces = read('[\n  {\n    "a": "cut\n    "b": {\n    }\n  },\n  {\n    "c": 3\n  }\n]\n')
  assert.deepEqual(pieces, [
    [2, 'invalid_json', '{\n    "a": "cut'],
    [7, 'element', '{\n    "c": 3\n  }'],
  ])
})

test('an event over the limit is counted once and its rest is not read as events', () => {
  const limits = { eventBytes: 20, depth: 8 }
  const long = `{"a":"${'x'.repeat(50)}","b":{"c":1}}`
  assert.deepEqual(read(`${long}\n{"n":1}\n`, limits), [
    [1, 'too_large', long.slice(0, 20)],
    [2, 'element', '{"n":1}'],
  ])
  assert.deepEqual(elements(read(`[${long},{"n":1}]`, limits)), ['{"n":1}'])
  assert.deepEqual(elements(read('{"a":"xxxxxxxxxxxx"}', limits)), ['{"a":"xxxxxxxxxxxx"}'])
  assert.deepEqual(read(`${'x'.repeat(50)}\n{"n":1}`, limits), [
    [1, 'too_large', ''],
    [2, 'element', '{"n":1}'],
  ])
})

test('an event that is too large and never ends does not swallow the lines after it', () => {
  const pieces = read(`{"a":["${'x'.repeat(40)}",\n{"n":1}\n{"n":2}\n`, { eventBytes: 20, depth: 8 })
  assert.deepEqual(elements(pieces), ['{"n":1}', '{"n":2}'])
})

test('nesting beyond the limit is refused without recursion', () => {
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
  const limits = { eventBytes: 1 << 20, depth: 8 }
  assert.deepEqual(elements(read(` ${deep(8)} ,{"n":1}`, limits)), [deep(8), '{"n":1}'])
  assert.deepEqual(read(`x\n{"n":1}{"n":${deep(8)}}{"n":2}`, limits), [
    [1, 'text', 'x'],
    [2, 'element', '{"n":1}'],
    [2, 'too_deep', `{"n":${deep(8)}}`],
    [2, 'element', '{"n":2}'],
  ])
})

test('a value that nests too deeply over many lines is given up at the line, not at the end', () => {
  assert.deepEqual(read('{"a":\n{"b":\n{"c":\n{"d":\n{"n":1}\n', { eventBytes: 1 << 20, depth: 3 })[0], [1, 'too_deep', '{"a":'])
})

test('an array whose last element is broken still ends', () => {
  assert.deepEqual(read('[\n  {\n    "a": "cut\n  }\n]\n'), [[2, 'invalid_json', '{\n    "a": "cut']])
})

test('a line with many objects is tried as one object once', () => {
  let tried = 0
  let found = 0
  const sink = { whole: () => (tried++, false), element: () => void found++, text: assert.fail, broken: assert.fail }
  const frames = createFrames(sink, defaultLimits)
  frames.push(Buffer.from(`[${'{"a":1},'.repeat(1000)}{"a":1}]\n{"a":1}{"a":1}\n`))
  frames.end()
  assert.equal(found, 1003)
  assert.ok(tried <= 2, `${tried} times`)
})

const scrap = fc.constantFrom(
  '{"a":1}',
  '{',
  '}',
  '[',
  ']',
  ',',
  '\n',
  '\r\n',
  ' ',
  '  ',
  '"',
  '\\',
  ':',
  '"x"',
  '{"a":',
  '{"a":"',
  'text',
  '\xef\xbb\xbf',
  '\xff',
  '{"k":[1,{"z":"}"}]}',
  '1',
  'null',
)

test('any division into chunks gives the same pieces', () => {
  fc.assert(
    fc.property(
      fc.array(scrap, { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 80 }),
      fc.boolean(),
      (scraps, sizes, tight) => {
        const bytes = Buffer.from(scraps.join(''), 'latin1')
        const limits = tight ? { eventBytes: 12, depth: 3 } : defaultLimits
        assert.deepEqual(piecesOf(bytes, sizes, limits), piecesOf(bytes, [], limits))
      },
    ),
    { numRuns: 2000 },
  )
})

test('a whole line amid anything that ends with a line break is found', () => {
  fc.assert(
    fc.property(fc.array(scrap, { maxLength: 20 }), (scraps) => {
      const pieces = read(`${scraps.join('')}\n{"found":"me"}\n{"and":"me"}\n`)
      assert.ok(elements(pieces).includes('{"and":"me"}'), JSON.stringify(pieces))
    }),
    { numRuns: 2000 },
  )
})
