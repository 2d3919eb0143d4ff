import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { manifestLimits } from '../../core/model/manifest.ts'
import { pathText, problemText, type Problem } from './problem.ts'
import { readManifest } from './read-manifest.ts'

type Vector = {
  readonly why: string
  readonly text: string
  readonly expect: { readonly ok: boolean; readonly problems?: readonly Omit<Problem, 'file'>[] }
}

const vectors = new URL('../../vectors/manifest/', import.meta.url)
const names = readdirSync(vectors)

function vector(name: string): Vector {
  return JSON.parse(readFileSync(new URL(`${name}.json`, vectors), 'utf8')) as Vector
}

for (const file of names) {
  const { why, text, expect } = JSON.parse(readFileSync(new URL(file, vectors), 'utf8')) as Vector
  test(`vector ${file.replace('.json', '')}, ${expect.ok ? 'accepted' : 'refused'}: ${why}`, () => {
    const read = readManifest(text, 'manifest.yaml')
    if (expect.ok) assert.ok('manifest' in read)
    else
      assert.deepEqual(
        'problems' in read && read.problems,
        expect.problems?.map((problem) => ({ file: 'manifest.yaml', ...problem })),
      )
  })
}

test('the same manifest in YAML and in JSON is the same manifest', () => {
  const read = readManifest(vector('accepted-minimal').text, 'manifest.yaml')
  assert.ok('manifest' in read)
  const again = readManifest(JSON.stringify(read.manifest), 'manifest.json')
  assert.ok('manifest' in again)
  assert.deepEqual(again.manifest, read.manifest)
})

test('an alias means what it repeats', () => {
  const read = readManifest(vector('accepted-alias').text, 'manifest.yaml')
  assert.ok('manifest' in read)
  assert.deepEqual(read.manifest.controls[1]?.deny, read.manifest.controls[0]?.deny)
})

test('a line break as Windows writes it changes no position', () => {
  const { text, expect } = vector('shape-label')
  const read = readManifest(text.replaceAll('\n', '\r\n'), 'manifest.yaml')
  assert.ok('problems' in read)
  assert.deepEqual(
    read.problems.map(({ line, column }) => [line, column]),
    expect.problems?.map(({ line, column }) => [line, column]),
  )
})

test('a manifest at the size limit is read, one byte more is refused', () => {
  const { text } = vector('accepted-minimal')
  const filled = `${text}#${'x'.repeat(manifestLimits.bytes - text.length - 1)}`
  assert.ok('manifest' in readManifest(filled, 'f'))
  const read = readManifest(`${filled}x`, 'f')
  assert.ok('problems' in read)
  assert.match(read.problems[0]?.message ?? '', /larger than 1048576 bytes/)
  assert.ok('problems' in readManifest(`${text}#${'€'.repeat(manifestLimits.bytes / 2)}`, 'f'), 'bytes count, not characters')
})

test('a hostile text costs little: it is refused within the limits', { timeout: 60_000 }, () => {
  const fill = (unit: string): string => unit.repeat(Math.floor(manifestLimits.bytes / 8 / unit.length))
  for (const text of [
    fill('['),
    fill('- '),
    fill('a:\n'),
    `x: &a [1]\ny: [${'*a,'.repeat(40_000)}]`,
    fill('"a": {'),
    fill('&a '),
  ]) {
    const read = readManifest(text, 'f')
    assert.ok('problems' in read && read.problems.length > 0 && read.problems.length <= 201)
  }
})

test('more problems than anybody reads are counted, not listed', () => {
  const read = readManifest(Array.from({ length: 300 }, (_, i) => `x${i}: 1`).join('\n'), 'f')
  assert.ok('problems' in read)
  assert.equal(read.problems.length, 201)
  assert.match(read.problems.at(-1)?.message ?? '', /^1\d\d more problems$/)
})

test('names from Object.prototype are fields like any other unknown one', () => {
  for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
    const read = readManifest(`${vector('accepted-minimal').text}${name}: 1\n`, 'f')
    assert.ok('problems' in read)
    assert.match(read.problems[0]?.message ?? '', new RegExp(`no field \`${name}\``))
  }
})

test('a slip in one part hides no problem of another', () => {
  const text = vector('accepted-minimal').text.replace('title: No shell is started', 'title: 5').replace('[/bin/sh]', '["{"]')
  const read = readManifest(text, 'f')
  assert.ok('problems' in read)
  assert.deepEqual(
    read.problems.map(({ path }) => path),
    ['controls[0].title', 'controls[0].deny.binaries[0]'],
  )
})

test('a malformed part makes no sound part look wrong', () => {
  const base = vector('accepted-minimal').text
  const slips = [
    base.replace('  - name: falco', '  - name: falco\n    interval: 5'),
    base.replace('      namespace: payments', '      namespace: [payments]'),
    base
      .replace('    deny:', '    appliesTo: {workloads: [worker]}\n    deny:')
      .replace('      namespace: payments', '      namespace: 5'),
    base.replace('[/bin/sh]', '[5]'),
    base.replace('every: 24h', 'every: soon\n  offset: 30h'),
  ]
  for (const text of slips) {
    const read = readManifest(text, 'f')
    assert.equal(
      'problems' in read && read.problems.length,
      1,
      'problems' in read ? read.problems.map(problemText).join('\n') : text,
    )
  }
})

test('whatever is read, it ends in a manifest or in problems within the text', () => {
  const lines = vector('accepted-every-field').text.split('\n')
  const edit = fc.record({
    at: fc.nat(lines.length - 1),
    text: fc.oneof(fc.string(), fc.constantFrom('- a', '  b: 1', '\tx', '{', '*a', 'a: &a 1')),
  })
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const text = edits.reduce((all, { at, text }) => all.with(at, text), lines).join('\n')
      const read = readManifest(text, 'f')
      if (!('problems' in read)) return
      assert.ok(read.problems.length > 0)
      for (const { line, column, message, fix } of read.problems) {
        assert.ok(line >= 1 && line <= text.split('\n').length + 1 && column >= 1 && message !== '' && fix !== '')
      }
    }),
    { numRuns: 300 },
  )
})

test('a problem is a line that editors make a link of, without control characters', () => {
  const problem = {
    file: 'm.yaml',
    line: 4,
    column: 9,
    path: 'metadata.name',
    value: '"x"',
    message: 'bad \u001b[31m',
    fix: 'write y',
  }
  assert.equal(problemText(problem), 'm.yaml:4:9: metadata.name: bad \\x1b[31m (is "x")\n  fix: write y')
  assert.equal(pathText(['controls', 2, 'evidence', 'a b', 'constructor']), 'controls[2].evidence["a b"].constructor')
})

test('what stands where a list belongs is told as such, and nothing behind it breaks', () => {
  for (const wrong of ['{deny: {binaries: {x: [y]}}}', '{evidence: {"0 ": {f: [d]}}}', '{deny: {destinations: {x: [y]}}}']) {
    const read = readManifest(`controls: [{id: c, title: t, behaviour: exec, ${wrong.slice(1, -1)}}]`, 'm.yaml')
    assert.ok('problems' in read && read.problems.some(({ path }) => path.startsWith('controls[0].')), wrong)
  }
})

test('an invisible control character is refused as an escape too, and maps on one line nest only so deep', () => {
  for (const [text, why] of [
    ['kind: "a\\u202eb"', 'an invisible control character (U+202E)'],
    ['"a\\u0000b": 1', 'a key with an invisible control character'],
    [': m'.repeat(20_000), 'not YAML: nested too deep'],
  ] as const) {
    const read = readManifest(text, 'm.yaml')
    assert.ok('problems' in read && read.problems.some(({ message }) => message === why), why)
  }
})
