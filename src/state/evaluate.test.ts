import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { evaluate } from './evaluate.ts'
import { resourceTypes } from './model/resource.ts'
import type { FileFact, Query } from './model/fact.ts'
import type { GoValue } from './model/value.ts'
import { bundleOf, judged, resource } from './resources/fixtures.ts'
import { queriesOf } from './resources/resources.ts'

const stat = { mode: '0644', type: 'file', uid: 0, gid: 0, size: 3, mtime: null } as const
const present: FileFact = {
  exists: { value: true },
  stat: { value: stat },
  owner: { value: 'root' },
  group: { value: 'root' },
  linkTarget: { error: 'readlink /x: invalid argument' },
  contents: { value: { text: 'a\n', size: 2, cut: false } },
}
const gone = { error: 'lstat /x: no such file or directory' }
const absent: FileFact = { exists: { value: false }, stat: gone, owner: gone, group: gone, linkTarget: gone, contents: gone }

const goss = { dialect: 'goss', packageManager: null } as const
const file = resource('file', '/x', { size: 3n, mode: '0644', contents: ['a'], exists: true, owner: 'root' })
const [fileQuery] = queriesOf(file, goss) as [Query]

test('properties come in goss’s order, whatever the order in the file', () => {
  assert.deepEqual(judged([file], [[fileQuery, { value: present }]]), [
    'exists: pass',
    'mode: pass',
    'owner: pass',
    'contents: pass',
    'size: pass',
  ])
})

test('a first property that fails, errs or is false skips what follows', () => {
  const rest = ['mode: skip', 'owner: skip', 'contents: skip', 'size: skip']
  assert.deepEqual(judged([file], [[fileQuery, { value: absent }]]), ['exists: fail', ...rest])
  assert.deepEqual(judged([file], [[fileQuery, { error: 'no shell' }]]), ['exists: error (no shell)', ...rest])
  const unwanted = resource('file', '/x', { exists: false, mode: '0644', contents: ['a'], size: 3n, owner: 'root' })
  assert.deepEqual(judged([unwanted], [[fileQuery, { value: absent }]]), ['exists: pass', ...rest])
})

test('a question that was never asked is an error, never an absence', () => {
  assert.deepEqual(judged([resource('file', '/x', { exists: false })], []), [
    'exists: error (the collector did not answer this question)',
  ])
})

test('a required attribute that is missing is an error in goss’s words', () => {
  assert.deepEqual(judged([resource('file', '/x', { mode: '0644', contents: ['a'] })], [[fileQuery, { value: present }]]), [
    'exists: error (Syntax Error: Missing required attribute)',
    'mode: skip',
    'contents: skip',
  ])
})

test('a command has no gate: its output is judged after a wrong exit status', () => {
  const command = resource('command', 'x', { 'exit-status': 0n, stdout: ['y'], stderr: [] })
  const fact = { exitStatus: 2, stdout: { text: 'y\n', size: 2, cut: false }, stderr: { text: '', size: 0, cut: false } }
  const [query] = queriesOf(command, goss) as [Query]
  assert.deepEqual(judged([command], [[query, { value: fact }]]), ['exit-status: fail', 'stdout: pass'])
})

test('an empty list asserts nothing, an empty text does', () => {
  const fact = { ...present, contents: { value: { text: '', size: 0, cut: false } } }
  const list = resource('file', '/x', { exists: true, contents: [] })
  const text = resource('file', '/x', { exists: true, contents: '' })
  const [ofList, ofText] = [queriesOf(list, goss)[0] as Query, queriesOf(text, goss)[0] as Query]
  assert.deepEqual(judged([list], [[ofList, { value: fact }]]), ['exists: pass'])
  assert.deepEqual(judged([text], [[ofText, { value: fact }]]), ['exists: pass', 'contents: pass'])
})

test('a skipped resource shows each of its properties, skipped, and asks nothing of a host', () => {
  const skipped = resource('file', '/x', { exists: true, mode: '0600' }, { skip: true })
  assert.deepEqual(judged([skipped], []), ['exists: skip', 'mode: skip'])
})

test('the id names the override where it says something else; a command’s never does', () => {
  const ids = evaluate(
    {
      resources: [
        resource('file', 'a', { path: '/x', exists: true }),
        resource('file', '/x', { path: '/x', exists: true }),
        resource('command', 'c', { exec: 'true', 'exit-status': 0n }),
        resource('user', 'u', { username: 'root', exists: true }),
      ],
    },
    bundleOf([]),
    'goss',
  ).map(({ id }) => id)
  assert.deepEqual(ids, ['a: /x', '/x', 'c', 'u: root'])
})

test('a service that asserts nothing has no result in goss’s dialect, and is an error in ours', () => {
  const service = resource('service', 'x', {})
  assert.deepEqual(judged([service], []), [])
  assert.deepEqual(judged([service], [], 'runproof'), [
    'asserts: error (nothing is asserted, so nothing is shown: give a property)',
  ])
})

test('what depends on something that did not pass is skipped with the reason; on something unknown, an error', () => {
  const matches = (key: string, content: GoValue, more: Record<string, GoValue>) =>
    resource('matching', key, { content, matches: 1n, ...more })
  const outcomes = judged(
    [
      matches('late', 1n, { 'depends-on': ['bad'] }),
      matches('bad', 2n, {}),
      matches('chain', 1n, { 'depends-on': ['matching:late'] }),
      matches('good', 1n, { 'depends-on': ['well'] }),
      matches('well', 1n, {}),
      matches('lost', 1n, { 'depends-on': ['nowhere'] }),
      matches('round', 1n, { 'depends-on': ['trip'] }),
      matches('trip', 1n, { 'depends-on': ['round'] }),
    ],
    [],
    'runproof',
  )
  assert.deepEqual(outcomes, [
    'matches: skip (depends on matching:bad, whose matches fails)',
    'matches: fail',
    'matches: skip (depends on matching:late, whose matches was skipped)',
    'matches: pass',
    'matches: pass',
    'matches: error (depends-on: nowhere is not in this suite)',
    'matches: skip (depends on matching:trip, whose matches could not be judged)',
    'matches: error (depends-on: matching:round depends on this one in turn)',
  ])
})

test('goss knows no dependencies: its dialect judges as if there were none', () => {
  const one = resource('matching', 'a', { content: 1n, matches: 1n, 'depends-on': ['nowhere'] })
  assert.deepEqual(judged([one], []), ['matches: pass'])
})

const scalar: fc.Arbitrary<GoValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.string(),
)
const value: fc.Arbitrary<GoValue> = fc.oneof(
  scalar,
  fc.array(scalar),
  fc.dictionary(fc.string(), scalar).map((entries) => new Map(Object.entries(entries))),
)
const attributes = fc.dictionary(
  fc.constantFrom(
    'exists',
    'path',
    'exec',
    'timeout',
    'contents',
    'status',
    'request-headers',
    'access',
    'address',
    'depends-on',
  ),
  value,
)

test('in our dialect nothing that a gossfile may hold makes judging throw, and an empty bundle never passes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...resourceTypes), fc.string(), attributes, (type, key, given) => {
      const results = evaluate({ resources: [resource(type, key, given)] }, bundleOf([]), 'runproof')
      assert.ok(results.length > 0)
      if (type !== 'matching') assert.ok(results.every(({ outcome }) => outcome === 'error' || outcome === 'skip'))
    }),
  )
})
