import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { memoryFiles } from '../load/files.ts'
import { decodable } from '../load/format.ts'
import { loadSuite } from '../load/load-suite.ts'
import type { Resource, ResourceType } from '../model/resource.ts'
import type { GoValue } from '../model/value.ts'
import { announcement, draftText, readDraft, withInclude, withResource } from './add.ts'
import { compareKeys } from './key-order.ts'
import { renderSuite } from './render.ts'
import { emitYaml } from './yaml-emitter.ts'

function decode(text: string): GoValue {
  const { root, decoder } = decodable(text, 'yaml', 'f')
  return root === null ? null : decoder.any(root)
}

function resourceOf(type: ResourceType, key: string, attributes: Readonly<Record<string, GoValue>>): Resource {
  const place = { file: 'g.yaml', row: null, column: null }
  return { type, key, attributes: new Map(Object.entries(attributes)), title: '', meta: null, skip: false, place }
}

const recorded = JSON.parse(readFileSync(new URL('fixtures/go-yaml-3.0.1-emit.json', import.meta.url), 'utf8')) as readonly {
  readonly json: string
  readonly yaml: string
}[]

test('values are written as go-yaml 3.0.1 wrote them', () => {
  const wrong = recorded.filter(({ json, yaml }) => emitYaml(decode(json)) !== yaml)
  assert.deepEqual(wrong, [])
  assert.ok(recorded.length > 200)
})

test('what is written is read back as it was', () => {
  const leaf = fc.oneof(
    fc.string({ unit: 'grapheme-ascii' }),
    fc.boolean(),
    fc.constant(null),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  )
  const { value } = fc.letrec<{ value: GoValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc
        .dictionary(fc.string({ unit: 'grapheme-ascii', maxLength: 5 }), tie('value'), { maxKeys: 3 })
        .map((object) => new Map(Object.entries(object))),
    ),
  }))
  fc.assert(
    fc.property(value, (written) => {
      const isText = typeof written === 'string' && /^\n|\n\n|\n +|^ /.test(written)
      fc.pre(!isText)
      assert.deepEqual(sorted(decode(emitYaml(written))), sorted(written))
    }),
  )
})

function sorted(value: GoValue): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  return value instanceof Map
    ? [...value].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)])
    : value
}

test('keys come in go-yaml’s order: numbers by size, letters behind signs', () => {
  const keys = ['a10', 'a2', 'b', 'A', '10', '9', 'a', '/b', '/a', 'a-1', 'a01', 'a1']
  assert.deepEqual(keys.toSorted(compareKeys), ['/a', '/b', '9', '10', 'A', 'a', 'a-1', 'a1', 'a01', 'a2', 'a10', 'b'])
  assert.equal(compareKeys('x', 'x'), 0)
})

test('render writes every type in goss’s order with the zero values that goss writes', () => {
  const files = memoryFiles({
    'g.yaml':
      'matching: {m: {content: 1, matches: 1}}\ncommand: {x: {exit-status: 0}}\nfile: {/b: {exists: true}, /a: {exists: true, contents: []}}\nservice: {s: {enabled: true}}',
  })
  const suite = loadSuite('g.yaml', { files, dialect: 'goss' })
  assert.equal(
    renderSuite(suite, 'yaml'),
    'file:\n    /a:\n        exists: true\n        contents: []\n    /b:\n        exists: true\n        contents: null\nservice:\n    s:\n        enabled: true\n        running: null\ncommand:\n    x:\n        exit-status: 0\n        stdout: null\n        stderr: null\n        timeout: 0\nmatching:\n    m:\n        content: 1\n        matches: 1\n',
  )
  assert.match(renderSuite(suite, 'json'), /^\{\n {4}"file": \{\n {8}"\/a": \{\n {12}"exists": true,\n {12}"contents": \[\]\n/)
  assert.equal(renderSuite({ resources: [] }, 'yaml'), '{}\n')
})

test('long and many-lined keys are written with a question mark', () => {
  const long = 'x'.repeat(129)
  assert.equal(emitYaml(new Map([[long, new Map([['a', 1n]])]])), `? ${long}\n:   a: 1\n`)
  assert.equal(emitYaml(new Map([['a\nb', true]])), '? |-\n    a\n    b\n: true\n')
})

test('add keeps title and meta of what it replaces, and the includes of the file', () => {
  const files = memoryFiles({ 'g.yaml': 'gossfile: {o.yaml: {}}\nuser: {root: {title: t, meta: {a: 1}, exists: false}}' })
  const { draft, added } = withResource(readDraft('g.yaml', 'goss', files), resourceOf('user', 'root', { exists: true, uid: 0n }))
  assert.equal(
    announcement(added, 'g.yaml', 'yaml'),
    "Adding User to 'g.yaml':\n\nroot:\n    title: t\n    meta:\n        a: 1\n    exists: true\n    uid: 0\n\n\n",
  )
  const text = draftText(withInclude(draft, 'p.yaml').draft)
  assert.equal(
    text,
    'user:\n    root:\n        title: t\n        meta:\n            a: 1\n        exists: true\n        uid: 0\ngossfile:\n    o.yaml: {}\n    p.yaml: {}\n',
  )
})

test('an empty gossfile is not written, and a file of another kind is refused', () => {
  assert.equal(draftText(readDraft('new.yaml', 'goss', memoryFiles({}))), null)
  assert.throws(() => readDraft('new.txt', 'goss', memoryFiles({})), { message: 'unknown file extension: .txt' })
  assert.throws(() => readDraft('g.yaml', 'goss', memoryFiles({ 'g.yaml': 'file: {{ .Vars.x }}' })))
})
