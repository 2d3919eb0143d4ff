import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, beating, counters, manifestOf, minute, windowFrom } from './fixtures.ts'
import { blindMinutes } from './liveness.ts'
import { policyName, resolve } from './resolve.ts'

const [good, bad] = ['a'.repeat(64), 'b'.repeat(64)]
const [falco] = resolve(
  manifestOf({ sensors: [{ name: 'falco', nodes: ['n1'], interval: '1m', policies: { 'shop_rules.yaml': good } }] }),
).sensors
const snapshot = (minutes: number, digest: string | null, rest: Parameters<typeof counters>[1] = {}) =>
  counters(minute(minutes), { policies: digest === null ? {} : { shop_rules_yaml: digest }, ...rest })
const watching = (...snapshots: readonly ReturnType<typeof snapshot>[]) => {
  assert.ok(falco)
  const { states, why } = blindMinutes(falco, [...beating(), ...snapshots], windowFrom()).minutes
  return [states.map((state) => (state === 'observed' ? 'o' : '.')).join(''), [...new Set(why.flat())].join(', ')]
}
const every2 = [1, 3, 5, 7, 9]

test('G7: while the declared policy is shown to be loaded, minutes count', () =>
  assert.deepEqual(watching(...every2.map((minutes) => snapshot(minutes, good))), ['oooooooooo', '']))

test('G7: another policy, none shown, and no snapshot at all each blind the instance, with its reason', () => {
  const [other, unknown] = ['another policy is loaded', 'the loaded policy is not known']
  assert.deepEqual(watching(...every2.map((minutes) => snapshot(minutes, bad))), ['..........', other])
  assert.deepEqual(watching(...every2.map((minutes) => snapshot(minutes, null))), ['..........', unknown])
  assert.deepEqual(watching(), ['..........', unknown])
})

test('a snapshot says nothing of before its process loaded its rules, and the last one nothing of long after it', () => {
  const loaded = { startedAt: null, reloadedAt: minute(2) }
  assert.deepEqual(watching(snapshot(3, good, loaded), snapshot(5, good, loaded), snapshot(9, good, loaded))[0], '..oooooooo')
  assert.deepEqual(watching(snapshot(3, good, { startedAt: null }), snapshot(9, good, { startedAt: null }))[0], '...ooooooo')
  assert.deepEqual(watching(snapshot(1, good), snapshot(5, good))[0], 'ooooooo...')
})

test('a reload that swaps the policy counts from its moment; without the moment the whole stretch is in doubt', () => {
  const [before, after] = [{ reloadedAt: at(-9e6) }, { reloadedAt: minute(4) }]
  assert.deepEqual(watching(snapshot(1, good, before), snapshot(6, bad, after), snapshot(9, bad, after))[0], 'oooo......')
  assert.deepEqual(watching(snapshot(1, bad, before), snapshot(6, good, after), snapshot(9, good, after))[0], '....oooooo')
  assert.deepEqual(watching(snapshot(1, good), snapshot(6, bad), snapshot(9, bad))[0], 'o.........')
  assert.deepEqual(watching(snapshot(1, good, before), snapshot(6, good, after), snapshot(9, good, after))[0], 'oooooooooo')
})

test('a sensor without declared policies may have loaded what it likes', () => {
  const [free] = resolve(manifestOf()).sensors
  assert.ok(free)
  assert.deepEqual(new Set(blindMinutes(free, beating(), windowFrom()).minutes.states), new Set(['observed']))
})

test('all spellings of a rule file are one name, other files are others', () => {
  for (const name of [
    '/etc/falco/shop_rules.yaml',
    'shop_rules.yml',
    'shop_rules_yaml',
    'shop_rules',
    'shop-rules.yaml',
    'shop__rules',
  ])
    assert.equal(policyName(name), 'shop_rules')
  assert.equal(policyName('rules.d/shop_rules.local.yaml'), 'shop_rules_local')
})

test('two loaded files of one name must both be the declared one', () => {
  const both = { shop_rules: good, shop_rules_yaml: bad }
  assert.deepEqual(
    watching(...every2.map((minutes) => snapshot(minutes, good, { policies: both })))[1],
    'another policy is loaded',
  )
})
