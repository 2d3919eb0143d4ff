import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Watch } from '../model/watch.ts'
import { at, counters, foldScopeOf, inputsOf } from './fixtures.ts'
import { createFold } from './fold.ts'
import { merge } from './merge.ts'
import { countOf, joinRules, MOST_RULES, RuleCounts, sealable, sumOf } from './rule-counts.ts'
import { seal } from './seal.ts'

type Alert = { readonly rule: string | null; readonly ms: number; readonly node?: string }
const isAnyName = () => true

function folded(alerts: readonly Alert[], watch: readonly Watch[] = []) {
  const fold = createFold(foldScopeOf())
  for (const { rule, ms, node = 'n1' } of alerts) fold.beat({ sensor: 'falco', node }, 'activity', at(ms), 1, rule)
  for (const signal of watch) fold.watch(signal)
  return fold.intake()
}

const rulesIn = (intake: ReturnType<typeof folded>) =>
  [...intake.watch.values()].flatMap((signal) => (signal.kind === 'beat' ? [signal.rules] : []))
const named = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `rule-${String(from + index).padStart(4, '0')}`)

test('detections are counted by rule and minute; one whose rule is not known stands in the sum alone', () => {
  const alerts = [
    ...['a', 'b', 'a', null].map((rule) => ({ rule, ms: 1000 })),
    { rule: 'b', ms: 61_000 },
    { rule: 'a', ms: 2000 },
  ]
  assert.deepEqual(rulesIn(folded(alerts)), [{ a: 3, b: 1 }, { b: 1 }])
  assert.deepEqual(rulesIn(folded([{ rule: null, ms: 1000 }])), [undefined])
})

test('an intake does not change when its fold goes on', () => {
  const fold = createFold(foldScopeOf())
  const one = (): void => fold.beat({ sensor: 'falco', node: 'n1' }, 'activity', at(1000), 1, 'a')
  one()
  const before = fold.intake()
  one()
  assert.deepEqual([rulesIn(before), rulesIn(fold.intake())], [[{ a: 1 }], [{ a: 2 }]])
})

test('a name that every object knows is a name like any other; one that may not be kept is none', () => {
  assert.deepEqual(rulesIn(folded(['constructor', 'constructor', 'toString'].map((rule) => ({ rule, ms: 1 })))), [
    { constructor: 2, toString: 1 },
  ])
  assert.equal(countOf({ a: 1 }, 'constructor'), undefined)
  const refused = ['__proto__', '', 'x'.repeat(257), '\ud800'].map((rule) => ({ rule, ms: 1 }))
  assert.deepEqual(rulesIn(folded(refused)), [undefined])
  const counts = new RuleCounts()
  for (const rule of ['secret', 'a', 'secret', 'a']) counts.countUp(rule, (name) => name !== 'secret')
  assert.deepEqual(counts.tallies(), { a: 2 })
})

test('of too many rules those with the smallest names stay with all of their count, in any order and any division', () => {
  const rules = named(3 * MOST_RULES)
  const plan = fc.record({
    order: fc.shuffledSubarray([...rules, ...rules], { minLength: 2 * rules.length }),
    cuts: fc.array(fc.nat(2 * rules.length), { maxLength: 3 }),
  })
  fc.assert(
    fc.property(plan, ({ order, cuts }) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), order.length]
      const parts = edges.slice(1).map((end, index) => folded(order.slice(edges[index], end).map((rule) => ({ rule, ms: 1000 }))))
      const [kept] = rulesIn(parts.reduce((a, b) => merge(a, b)))
      assert.deepEqual(kept, Object.fromEntries(rules.slice(0, MOST_RULES).map((rule) => [rule, 2])))
    }),
    { numRuns: 30 },
  )
})

test('a flood of rules leaves the smallest names in no more memory than twice as many', () => {
  const counts = new RuleCounts()
  for (const rule of named(100_000).reverse()) counts.countUp(rule, isAnyName)
  assert.deepEqual(Object.keys(counts.tallies() ?? {}).sort(), named(MOST_RULES))
})

test('sums are by rule, and of nothing there is none', () => {
  assert.deepEqual(joinRules({ a: 1, b: 2 }, { b: 3, c: 4 }), { a: 1, b: 5, c: 4 })
  assert.equal(joinRules(undefined, undefined), undefined)
  assert.deepEqual([sumOf({ a: 1, b: 2 }), sumOf(undefined)], [3, 0])
})

test('evidence has detections by rule only of instances whose snapshots count by rule, wherever those were read', () => {
  const alerts = ['n1', 'n2'].map((node) => ({ rule: 'a', ms: 1000, node }))
  const counting = counters(at(2000), { matched: 1, rules: { a: 1 } })
  const together = sealable(folded(alerts, [counting]))
  assert.deepEqual(rulesIn(together), [{ a: 1 }, undefined])
  assert.deepEqual(sealable(merge(folded([], [counting]), folded(alerts))).watch, together.watch)
  const lines = (intake: ReturnType<typeof folded>) => [...seal({ ...inputsOf(), intake }).lines]
  const plain = folded(
    alerts.map((alert) => ({ ...alert, rule: null })),
    [counters(at(2000), { matched: 1 })],
  )
  assert.deepEqual(lines(sealable(folded(alerts, [counters(at(2000), { matched: 1 })]))), lines(plain))
})
