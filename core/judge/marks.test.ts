import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { eventMs } from '../model/time.ts'
import { minute } from './fixtures.ts'
import { throttleMarks, type Of } from './marks.ts'

const start = eventMs(minute(0))
const end = eventMs(minute(10))

type State = 'start' | 'stop'

function throttle(state: State, at: number, scope: string | null = 'a'): Of<'throttle'> {
  return { kind: 'throttle', sensor: 'tetragon', node: 'n1', at: minute(at), state, scope }
}

/** The blind stretches, in minutes of the window. */
function spans(signals: readonly Of<'throttle'>[]): readonly (readonly [from: number, to: number])[] {
  return throttleMarks(signals, start, end, () => null).map(({ from, to }) => [(from - start) / 60_000, (to - start) / 60_000])
}

/** `start 2, stop 4` → the two signals. */
function throttled(words: string): readonly Of<'throttle'>[] {
  return [...words.matchAll(/(start|stop) (\d)/g)].map(([, state, at]) =>
    throttle(state === 'stop' ? 'stop' : 'start', Number(at)),
  )
}

const sequences: readonly (readonly [what: string, signals: string, blind: readonly (readonly [number, number])[]])[] = [
  ['a start and its stop', 'start 2, stop 4', [[2, 4]]],
  ['two starts and two stops, one throttle within the other', 'start 1, start 2, stop 3, stop 5', [[1, 5]]],
  ['two starts and one stop: one of them still goes on', 'start 1, start 2, stop 3', [[1, 10]]],
  ['a stop without a start', 'stop 3', [[0, 3]]],
  [
    'a stop whose start was lost',
    'start 1, stop 2, stop 5',
    [
      [1, 2],
      [2, 5],
    ],
  ],
  [
    'one after the other',
    'start 1, stop 2, start 4, stop 5',
    [
      [1, 2],
      [4, 5],
    ],
  ],
  ['a start in the moment of a stop', 'start 1, stop 3, start 3, stop 6', [[1, 6]]],
  ['a start and no stop', 'start 7', [[7, 10]]],
  ['nothing', '', []],
]

for (const [what, signals, blind] of sequences) {
  test(`what is not seen while throttled: ${what}`, () => assert.deepEqual(spans(throttled(signals)), blind))
}

test("a stop of one scope ends nothing of another's", () => {
  assert.deepEqual(spans([throttle('start', 2, 'a'), throttle('start', 3, 'b'), throttle('stop', 4, 'a')]), [
    [2, 4],
    [3, 10],
  ])
  assert.deepEqual(spans([throttle('start', 2, 'a'), throttle('stop', 4, null)]), [
    [2, 10],
    [0, 4],
  ])
})

test('the order in which signals came does not matter, and none is changed', () => {
  const signals = [throttle('stop', 5), throttle('start', 1), throttle('stop', 3), throttle('start', 2)]
  const before = [...signals]
  assert.deepEqual(spans(signals), [[1, 5]])
  assert.deepEqual(signals, before)
})

test('every moment at which more was started than stopped is blind', () => {
  const signal = fc.record({ state: fc.constantFrom<State>('start', 'stop'), at: fc.integer({ min: 0, max: 9 }) })
  fc.assert(
    fc.property(fc.array(signal, { maxLength: 12 }), (signals) => {
      const blind = spans(signals.map(({ state, at }) => throttle(state, at)))
      for (let moment = 0.5; moment < 10; moment++) {
        const before = signals.filter(({ at }) => at < moment)
        const started = before.filter(({ state }) => state === 'start').length
        const isBlind = blind.some(([from, to]) => from < moment && moment < to)
        if (started > before.length - started) assert.ok(isBlind, `blind at ${moment}`)
      }
    }),
    { numRuns: 2000 },
  )
})
