import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { at, beating, counters, foldScopeOf, manifestOf, minute, windowFrom } from './fixtures.ts'
import type { Watch } from '../model/watch.ts'
import { createFold } from './fold.ts'
import { blindMinutes } from './liveness.ts'
import { merge } from './merge.ts'
import { resolve } from './resolve.ts'
import { MOST_RULES, sealable } from './rule-counts.ts'

const [falco] = resolve(manifestOf()).sensors
const snapshot = (ms: number, matched: number | null, rest: Parameters<typeof counters>[1] = {}) =>
  counters(at(ms), { matched, ...rest })
/** Alerts that arrived at these moments, and what the sensor counted. */
function watching(alerts: readonly number[], ...snapshots: readonly ReturnType<typeof counters>[]) {
  assert.ok(falco)
  const fold = createFold(foldScopeOf())
  for (const ms of alerts) fold.beat({ sensor: 'falco', node: 'n1' }, 'activity', at(ms), 1)
  for (const signal of [...beating(), ...snapshots]) fold.watch(signal)
  const { states, why } = blindMinutes(falco, [...fold.intake().watch.values()], windowFrom()).minutes
  return [states.map((state) => (state === 'observed' ? 'o' : '.')).join(''), [...new Set(why.flat())].join(', ')]
}

test('alerts that the sensor counted and nobody received blind the stretch in which it counted them', () => {
  assert.deepEqual(watching([125_000], snapshot(60_000, 5), snapshot(300_000, 8), snapshot(540_000, 8)), [
    'o....ooooo',
    '2 of 3 alerts did not arrive',
  ])
})

test('as many as were counted, or more, are no loss; neither is a count that nobody gave', () => {
  assert.deepEqual(watching([125_000, 130_000], snapshot(60_000, 5), snapshot(300_000, 7))[0], 'oooooooooo')
  assert.deepEqual(watching([125_000, 130_000, 140_000], snapshot(60_000, 5), snapshot(300_000, 7))[0], 'oooooooooo')
  assert.deepEqual(watching([], snapshot(60_000, null), snapshot(300_000, 7))[0], 'oooooooooo')
})

test('an alert that was counted just after the snapshot that it precedes is not called lost', () => {
  assert.deepEqual(watching([299_000], snapshot(60_000, 5), snapshot(300_000, 5), snapshot(540_000, 6))[0], 'oooooooooo')
  assert.equal(watching([200_000], snapshot(60_000, 5), snapshot(300_000, 5), snapshot(540_000, 6))[0], 'ooooo....o')
})

test('a loss that hides behind the edges of every pair shows over the whole run', () => {
  const alerts = [62_000, 118_000, 178_000, 238_000]
  const counts = [0, 60, 120, 180, 240].map((seconds, index) => snapshot(seconds * 1000 + 30_000, index * 2))
  assert.equal(watching([...alerts, ...alerts], ...counts)[0], 'oooooooooo')
  assert.deepEqual(watching(alerts, ...counts), ['.....ooooo', '4 of 8 alerts did not arrive, 1 of 2 alerts did not arrive'])
})

test('after a restart, and where the counter went back, counting begins anew', () => {
  const restarted = { startedAt: minute(4) }
  assert.match(
    watching([250_000], snapshot(60_000, 500), snapshot(300_000, 2, restarted))[1] ?? '',
    /1 of 2 alerts did not arrive/,
  )
  assert.doesNotMatch(watching([250_000, 260_000], snapshot(60_000, 500), snapshot(300_000, 2, restarted))[1] ?? '', /alerts/)
  assert.equal(watching([250_000], snapshot(60_000, 500), snapshot(300_000, 1))[0], 'oooooooooo')
})

test('a process that started within the window owes all that it counted; an older one only what it counted since', () => {
  assert.equal(watching([], snapshot(300_000, 500))[0], 'oooooooooo')
  assert.match(watching([], snapshot(300_000, 5, { startedAt: minute(2) }))[1] ?? '', /5 of 5 alerts did not arrive/)
})

test('whatever arrived is never called lost, wherever the snapshots fall and however late they count', () => {
  const alert = fc.record({ ms: fc.nat(599_999), lag: fc.nat(10_000) })
  fc.assert(
    fc.property(fc.array(alert, { maxLength: 20 }), fc.uniqueArray(fc.nat(599_999), { maxLength: 8 }), (alerts, moments) => {
      const snapshots = moments
        .sort((a, b) => a - b)
        .map((moment) => snapshot(moment, alerts.filter(({ ms, lag }) => ms + lag <= moment).length, { startedAt: at(-1) }))
      const said = watching(
        alerts.map(({ ms }) => ms),
        ...snapshots,
      )[1]
      assert.doesNotMatch(said ?? '', /alerts/)
    }),
  )
})

type Alert = { readonly ms: number; readonly rule: string | null }
const many = (rule: string | null, ms: number, count: number): Alert[] => Array.from({ length: count }, () => ({ ms, rule }))
/** A snapshot whose counts by rule add up to the total, unless told otherwise. */
const byRule = (ms: number, rules: Readonly<Record<string, number>>, rest: Parameters<typeof counters>[1] = {}) =>
  snapshot(
    ms,
    Object.values(rules).reduce((sum, count) => sum + count, 0),
    { rules, ...rest },
  )

/** As {@link watching}, of alerts whose rules are known, in as many parts as there are. */
function judging(parts: readonly (readonly Alert[])[], ...snapshots: readonly Watch[]) {
  assert.ok(falco)
  const intakes = parts.map((alerts, index) => {
    const fold = createFold(foldScopeOf())
    for (const { ms, rule } of alerts) fold.beat({ sensor: 'falco', node: 'n1' }, 'activity', at(ms), 1, rule)
    if (index === 0) for (const signal of [...beating(), ...snapshots]) fold.watch(signal)
    return fold.intake()
  })
  const intake = sealable(intakes.reduce((a, b) => merge(a, b)))
  const { states, why } = blindMinutes(falco, [...intake.watch.values()], windowFrom()).minutes
  return [states.map((state) => (state === 'observed' ? 'o' : '.')).join(''), [...new Set(why.flat())].join(', ')]
}

test('a lost alert of a quiet rule is seen behind the noise of another, and is named', () => {
  const [before, after] = [
    { noisy: 10, quiet: 1 },
    { noisy: 15, quiet: 3 },
  ]
  const noise = [...many('noisy', 40_000, 9), ...many('noisy', 125_000, 5)]
  const [first, last] = [byRule(60_000, before), byRule(300_000, after)]
  assert.deepEqual(judging([[...noise, ...many('quiet', 130_000, 1)]], first, last), [
    'o....ooooo',
    '1 of 2 alerts of “quiet” did not arrive',
  ])
  assert.equal(judging([[...noise, ...many('quiet', 130_000, 2)]], first, last)[0], 'oooooooooo')
  const totals = [snapshot(60_000, 11), snapshot(300_000, 18)]
  assert.equal(judging([noise], ...totals)[0], 'oooooooooo', 'without counters by rule the noise hides it')
})

test('what arrives twice of one rule hides no loss of another', () => {
  const snapshots = [byRule(60_000, { a: 1, b: 1 }), byRule(300_000, { a: 3, b: 2 })]
  assert.match(judging([many('a', 125_000, 4)], ...snapshots)[1] ?? '', /^1 of 1 alerts of “b” did not arrive$/)
})

test('what all rules together lost is said once, with the rules that are known to have lost', () => {
  const snapshots = [byRule(60_000, { a: 1, b: 1 }), byRule(300_000, { a: 4, b: 3 })]
  const said = (...alerts: readonly Alert[]) => judging([alerts], ...snapshots)[1]
  assert.equal(said(), '5 alerts did not arrive: 3 of 3 of “a”, 2 of 2 of “b”')
  assert.equal(said(...many('a', 125_000, 2)), '3 alerts did not arrive: 2 of 2 of “b”, 1 of 3 of “a”')
  assert.equal(said(...many(null, 125_000, 2)), '3 of 5 alerts did not arrive, among them 1 of 3 of “a”')
  assert.equal(said(...many(null, 125_000, 4)), '1 of 5 alerts did not arrive', 'any rule may have been theirs')
})

test('the first few rules are named and the others counted', () => {
  const rules = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((rule, index) => [rule, index + 1]))
  assert.equal(
    judging([[]], snapshot(60_000, 0), byRule(300_000, rules))[1],
    '15 alerts did not arrive: 5 of 5 of “e”, 4 of 4 of “d”, 3 of 3 of “c” and some of 2 more rules',
  )
})

test('a rule is compared only where it is known how often it matched', () => {
  const silent = (first: ReturnType<typeof counters>) => judging([many('b', 125_000, 3)], first, byRule(300_000, { a: 3, b: 3 }))
  assert.match(silent(byRule(60_000, { b: 3 }))[1] ?? '', /3 of 3 alerts of “a”/, 'nothing is missing from the sum')
  assert.equal(silent(byRule(60_000, { b: 3 }, { matched: 6 }))[0], 'oooooooooo', 'the three others may have been of it')
  assert.equal(silent(snapshot(60_000, 6))[0], 'oooooooooo', 'no rule is named')
  assert.equal(silent(byRule(60_000, { b: 3 }, { matched: null }))[0], 'oooooooooo', 'there is no sum')
})

test('rules that found no room are never called lost', () => {
  const rules = Array.from({ length: 2 * MOST_RULES }, (_, index) => `r${String(index).padStart(4, '0')}`)
  const counted = (count: number) => Object.fromEntries(rules.map((rule) => [rule, count]))
  const alerts = rules.map((rule) => ({ ms: 125_000, rule }))
  assert.equal(judging([alerts], byRule(60_000, counted(1)), byRule(300_000, counted(2)))[0], 'oooooooooo')
  assert.equal(judging([alerts], snapshot(60_000, 0), byRule(300_000, counted(1)))[0], 'oooooooooo')
})

test('a rule whose count went back, or whose process is another one, owes what it counts since; a reload is no loss', () => {
  const alerts = many('a', 250_000, 1)
  const reset = (rules: Readonly<Record<string, number>>, rest = {}) =>
    judging([alerts], byRule(60_000, { a: 9, b: 5 }), byRule(300_000, rules, rest))[1]
  assert.doesNotMatch(reset({ a: 1 }) ?? '', /alerts/)
  assert.match(reset({ a: 1, b: 2 }) ?? '', /2 of 2 alerts of “b”/)
  assert.match(reset({ a: 1, b: 2 }, { startedAt: minute(4) }) ?? '', /2 of 2 alerts of “b”/)
  assert.match(reset({ a: 10, b: 6 }) ?? '', /1 of 1 alerts of “b”/)
})

test('a loss of a rule that hides behind the edges of every pair shows over the whole run', () => {
  const alerts = [62_000, 118_000, 178_000, 238_000].flatMap((ms) => many('a', ms, 1))
  const noise = [62_000, 118_000, 178_000, 238_000].flatMap((ms) => many('b', ms, 30))
  const counts = [0, 60, 120, 180, 240].map((s, index) => byRule(s * 1000 + 30_000, { a: index * 2, b: index * 10 }))
  assert.equal(judging([[...alerts, ...alerts, ...noise]], ...counts)[0], 'oooooooooo')
  assert.deepEqual(judging([[...alerts, ...noise]], ...counts), [
    '.....ooooo',
    '4 of 8 alerts of “a” did not arrive, 1 of 2 alerts of “a” did not arrive',
  ])
})

test('what parts and rules have shown is not said again of the whole run', () => {
  const counts = [
    byRule(90_000, { a: 0 }, { matched: 0, rules: {} }),
    byRule(210_000, { a: 1, b: 1 }),
    byRule(330_000, { a: 2, b: 2 }),
  ]
  assert.equal(
    judging([[...many('a', 150_000, 1), ...many('b', 150_000, 1)]], ...counts)[1],
    '2 alerts did not arrive: 1 of 1 of “a”, 1 of 1 of “b”',
  )
})

test('what a rule has shown of a part of the run is not said again of all rules and the whole run', () => {
  const alerts = [62_000, 118_000, 178_000, 238_000].flatMap((ms) => many('a', ms, 1))
  const counts = [0, 60, 120, 180, 240].map((s, index) => byRule(s * 1000 + 30_000, { a: 5 + index * 2 }))
  assert.equal(
    judging([alerts], snapshot(5000, 5), ...counts)[1],
    '4 of 8 alerts of “a” did not arrive, 1 of 2 alerts of “a” did not arrive',
  )
})

test('whatever arrived is never called lost of any rule, however late it is counted, wherever counting began anew and what is named', () => {
  const rule = fc.constantFrom('a', 'b', 'c', null)
  const alert = fc.record({
    ms: fc.nat(599_999),
    lag: fc.nat(10_000),
    rule,
    hand: fc.nat(2),
    copies: fc.integer({ min: 1, max: 3 }),
  })
  const moment = fc.record({ ms: fc.nat(599_999), unnamed: fc.subarray(['a', 'b', 'c']), isTold: fc.boolean() })
  const plan = fc.record({
    alerts: fc.array(alert, { maxLength: 20 }),
    moments: fc.uniqueArray(moment, { maxLength: 8, selector: ({ ms }) => ms }),
    reset: fc.option(fc.record({ ms: fc.nat(599_999), isRestart: fc.boolean() }), { nil: null }),
    reversed: fc.boolean(),
  })
  fc.assert(
    fc.property(plan, ({ alerts, moments, reset, reversed }) => {
      const snapshots = moments.map(({ ms, unnamed, isTold }) => {
        const since = reset !== null && reset.ms <= ms ? reset : null
        const counted = alerts.filter(({ ms: acted, lag }) => acted + lag <= ms && (since === null || acted + lag > since.ms))
        const rules: Record<string, number> = {}
        // What the events do not name, the sensor may know as any rule.
        for (const { rule } of counted) if (!unnamed.includes(rule ?? 'c')) rules[rule ?? 'c'] = (rules[rule ?? 'c'] ?? 0) + 1
        const named = Object.keys(rules).length === 0 ? {} : { rules }
        const startedAt = since?.isRestart === true ? at(since.ms) : at(-1)
        return snapshot(ms, isTold ? counted.length : null, { startedAt, ...named })
      })
      const parts = [0, 1, 2].map((hand) =>
        alerts.flatMap((each) => (each.hand === hand ? many(each.rule, each.ms, each.copies) : [])),
      )
      const said = judging(reversed ? parts.map((part) => part.toReversed()).reverse() : parts, ...snapshots)[1]
      assert.doesNotMatch(said ?? '', /alerts/)
    }),
    { numRuns: 1000 },
  )
})
