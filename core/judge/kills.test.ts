import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act } from '../model/act.ts'
import type { Intake } from '../model/intake.ts'
import type { EventTime } from '../model/time.ts'
import type { Watch } from '../model/watch.ts'
import { act, at, beating, foldScopeOf, inputsOf, manifestOf, noFacts } from './fixtures.ts'
import { createFold } from './fold.ts'
import { intakeLimits, type IntakeLimits } from './limits.ts'
import { match } from './match.ts'
import { merge } from './merge.ts'
import { resolve } from './resolve.ts'
import { open, seal } from './seal.ts'

const [one, two] = ['1'.repeat(64), '2'.repeat(64)]
const request = (ms: number, toKill = one, rest: Parameters<typeof act>[0] = {}): Act =>
  act({ sensor: 'tetragon', at: at(ms), effect: 'unknown', actionTaken: 'KPROBE_ACTION_SIGKILL', toKill, ...rest })
const end = (ms: number, process = one, signal = 'SIGKILL', sensor = 'tetragon'): Watch => ({
  kind: 'end',
  sensor,
  node: 'n1',
  at: at(ms),
  process,
  signal,
})
const effectsIn = (intake: Intake) => match(resolve(manifestOf()), intake, noFacts)[0]?.effects
const effects = (acts: readonly Act[], ends: readonly Watch[]) =>
  effectsIn(inputsOf({ acts, watch: [...beating(), ...ends] }).intake)
const unknown = { prevented: 0, terminated: 0, observed: 0, unknown: 1 }
const terminated = { prevented: 0, terminated: 1, observed: 0, unknown: 0 }

test('a kill that was asked for is proven by the end of that process by SIGKILL', () =>
  assert.deepEqual(effects([request(125_000)], [end(125_100)]), terminated))

test('a request alone proves nothing', () => assert.deepEqual(effects([request(125_000)], []), unknown))

test('the end of another process, by another signal or told by another sensor proves nothing', () => {
  for (const other of [end(125_100, two), end(125_100, one, 'SIGTERM'), end(125_100, one, 'SIGKILL', 'other')])
    assert.deepEqual(effects([request(125_000)], [other]), unknown)
})

test('an end before the act, or more than ten seconds after it, was none of its doing', () => {
  assert.deepEqual(effects([request(125_000)], [end(124_999)]), unknown)
  assert.deepEqual(effects([request(125_000)], [end(125_000)]), terminated)
  assert.deepEqual(effects([request(125_000)], [end(135_000)]), terminated)
  assert.deepEqual(effects([request(125_000)], [end(135_001)]), unknown)
})

test('who lives on after a request was not killed by it: a policy in monitor mode asks again and again', () => {
  assert.deepEqual(effects([request(125_000), request(150_000)], [end(150_100)]), { ...unknown, unknown: 2 })
  assert.deepEqual(effects([request(125_000), request(190_000)], [end(190_100)]), { ...unknown, unknown: 1, terminated: 1 })
})

test('what the kernel refused needs no kill, and what is undated has none', () => {
  assert.deepEqual(effects([request(125_000, one, { effect: 'prevented' })], [end(125_100)]), {
    ...unknown,
    unknown: 0,
    prevented: 1,
  })
  assert.deepEqual(effects([request(0, one, { at: null })], [end(125_100)]), unknown)
})

test('a sealed kill is proven again from the evidence', () => {
  const sealed = seal(inputsOf({ acts: [request(125_000)], watch: [end(125_100)] }))
  assert.deepEqual(effectsIn(open(sealed).intake), terminated)
})

test('past the limit kills are not proven, nothing else is lost, and it is on record', () => {
  const limits: IntakeLimits = { ...intakeLimits, killsEach: 2 }
  const fold = createFold(foldScopeOf(), limits)
  const processes = ['a', 'b', 'c', 'd', 'e', 'f'].map((digit) => digit.repeat(64))
  for (const process of processes) {
    fold.act(request(125_000, process), () => process, 0)
    fold.watch(end(125_100, process))
  }
  const intake = fold.intake()
  assert.deepEqual(effectsIn(intake), { prevented: 0, terminated: 2, observed: 0, unknown: 4 })
  assert.equal(intake.tally.get('kill_unproven'), 1)
  assert.equal(intake.tally.get('overflow/behaviours'), undefined)
})

test('whatever the order and however it was split, the same kills are proven', () => {
  const process = fc.constantFrom(...['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64)))
  const ms = fc.integer({ min: 100, max: 260 }).map((hundreds) => hundreds * 1000)
  const item = fc.oneof(
    fc.tuple(ms, process).map(([ms, process]) => ({ act: request(ms, process) })),
    fc.tuple(ms, process).map(([ms, process]) => ({ watch: end(ms, process) })),
  )
  const folded = (items: readonly ({ act: Act } | { watch: Watch })[], limits: IntakeLimits): Intake => {
    const fold = createFold(foldScopeOf(), limits)
    for (const each of items) {
      if ('act' in each) fold.act(each.act, () => timeOf(each.act.at), 0)
      else fold.watch(each.watch)
    }
    return fold.intake()
  }
  fc.assert(
    fc.property(
      fc.array(item, { maxLength: 30 }).chain((items) =>
        fc.record({
          items: fc.constant(items),
          shuffled: fc.shuffledSubarray(items, { minLength: items.length }),
          cut: fc.nat(items.length),
          limits: fc.constantFrom(intakeLimits, { ...intakeLimits, killsEach: 2 }),
        }),
      ),
      ({ items, shuffled, cut, limits }) => {
        const whole = folded(items, limits)
        const parts = merge(folded(shuffled.slice(cut), limits), folded(shuffled.slice(0, cut), limits), limits)
        assert.deepEqual(effectsIn(parts), effectsIn(whole))
        assert.deepEqual([...seal({ ...inputsOf(), intake: parts }).lines], [...seal({ ...inputsOf(), intake: whole }).lines])
      },
    ),
  )
})

function timeOf(time: EventTime | null): string {
  return (time ?? '').replaceAll(/\D/g, '').padStart(64, '0')
}
