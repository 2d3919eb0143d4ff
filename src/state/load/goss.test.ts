import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { renderSuite } from '../write/render.ts'
import { GossfileError } from './failure.ts'
import { loadSuite } from './load-suite.ts'

const hasGoss = spawnSync('goss', ['--version']).status === 0
const skip = hasGoss ? false : 'there is no goss on the path to compare with'

const scalar = fc.constantFrom(
  'true',
  '0',
  '1.5',
  'yes',
  '0644',
  '"0644"',
  '~',
  '2001-02-03',
  'text',
  "'it''s'",
  '"a\\nb"',
  '1e3',
  '[]',
  '{}',
  '[a, 1]',
  '{gt: 5}',
  '{and: [a, {not: b}]}',
  '[1, [2]]',
  '|\n        block\n        text',
  '{{ .Vars.n }}',
  '{{ .Vars.s | quote }}',
  '*anchor',
  '!!str 5',
)
const attribute = fc.constantFrom(
  'exists',
  'mode',
  'size',
  'contents',
  'title',
  'meta',
  'skip',
  'path',
  'timeout',
  'exit-status',
  'stdout',
  'url',
  'status',
  'request-headers',
  'value',
  'bogus',
  '-',
)
const type = fc.constantFrom('file', 'command', 'http', 'user', 'kernel-param', 'mount', 'matching', 'nonsense')
const key = fc.constantFrom('/a', 'b', '10', '2', '"quoted key"', 'a b', 'x'.repeat(130), 'yes')
const resource = fc.array(fc.tuple(attribute, scalar), { maxLength: 4 })
const section = fc.tuple(type, fc.array(fc.tuple(key, resource), { minLength: 1, maxLength: 2 }))

/** A gossfile that is often right and sometimes wrong. */
const gossfile = fc
  .array(section, { minLength: 1, maxLength: 2 })
  .map((sections) =>
    [
      'x-base: &anchor {a: 1}',
      ...sections.map(
        ([name, resources]) =>
          `${name}:\n${resources.map(([id, rows]) => `  ${id}:\n${rows.map(([one, value]) => `    ${one}: ${value}\n`).join('')}`).join('')}`,
      ),
    ].join('\n'),
  )

test('goss itself renders random gossfiles alike, or refuses them in the same words', { skip }, () => {
  compare('g.yaml', gossfile)
})

function compare(name: string, texts: fc.Arbitrary<string>): void {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-gossfile-'))
  const file = join(folder, name)
  const args = ['--vars-inline', '{n: 3, s: "q\\""}', '-g', file, 'render']
  try {
    fc.assert(
      fc.property(texts, (text) => {
        writeFileSync(file, text)
        const { status, stdout, stderr } = spawnSync('goss', args, { encoding: 'utf8', env: { PATH: process.env['PATH'] } })
        const ours = rendered(file)
        if (status === 0) assert.equal(ours, stdout, text)
        else assert.ok(stderr.trimEnd().endsWith(ours) || isOneOfMany(stderr, ours), `${text}\n${stderr}\n${ours}`)
      }),
      { numRuns: 60 },
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function rendered(file: string): string {
  try {
    const suite = loadSuite(file, { dialect: 'goss', varsInline: '{n: 3, s: "q\\""}' })
    return renderSuite(suite, suite.format)
  } catch (error) {
    assert.ok(error instanceof GossfileError, String(error))
    return error.message
  }
}

/** Of several bad resources goss names one by chance: Go ranges over maps in no order. */
function isOneOfMany(theirs: string, ours: string): boolean {
  const kind = /(invalid Attribute for|Could not parse resource)/
  return kind.exec(theirs)?.[1] !== undefined && kind.exec(theirs)?.[1] === kind.exec(ours)?.[1]
}

const json = fc.constantFrom(
  'true',
  '0',
  '1.5',
  '"x"',
  'null',
  '[]',
  '{}',
  '["a", 1]',
  '{"gt": 5}',
  '1e21',
  '"<&>"',
  '1e-7',
  '"5s"',
  '[1, [{"a": null}]]',
)
const jsonType = fc.constantFrom('file', 'command', 'http', 'user', 'matching', 'File', 'nonsense', 'gossfile')
const jsonResource = fc.oneof(
  fc.constantFrom('null', '3', '{}'),
  fc
    .array(fc.tuple(attribute, json), { maxLength: 3 })
    .map((rows) => `{${rows.map(([name, value]) => `"${name}": ${value}`).join(', ')}}`),
)
const jsonSection = fc.tuple(jsonType, fc.array(jsonResource, { maxLength: 2 }))
const jsonGossfile = fc
  .array(jsonSection, { minLength: 1, maxLength: 2 })
  .map(
    (sections) =>
      `{${sections.map(([name, resources]) => `"${name}": {${resources.map((one, at) => `"k${at}": ${one}`).join(', ')}}`).join(', ')}}`,
  )

test('goss itself renders random JSON gossfiles alike, or refuses them in the same words', { skip }, () => {
  compare('g.json', jsonGossfile)
})
