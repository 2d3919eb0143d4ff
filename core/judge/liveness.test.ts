import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { CoverageState } from '../model/judgement.ts'
import type { Watch } from '../model/watch.ts'
import { at, beating, beats, counters, minute, windowFrom } from './fixtures.ts'
import { blindMinutes } from './liveness.ts'
import type { ResolvedSensor } from './resolve.ts'

const falco: ResolvedSensor = {
  name: 'falco',
  nodes: ['n1'],
  liveness: 'heartbeat',
  intervalMs: 60_000,
  maxDropRate: 0,
  minCoverage: 1,
  policies: [],
}
const letters: Readonly<Record<CoverageState, string>> = { observed: 'o', degraded: 'd', silent: '.', out_of_scope: '-' }

/** One letter per minute: `o` observed, `d` degraded, `.` silent. */
function states(signals: readonly Watch[], sensor: Partial<ResolvedSensor> = {}): string {
  return blindMinutes({ ...falco, ...sensor }, signals, windowFrom())
    .minutes.states.map((state) => letters[state])
    .join('')
}
const why = (signals: readonly Watch[], minuteIndex: number, sensor: Partial<ResolvedSensor> = {}) =>
  blindMinutes({ ...falco, ...sensor }, signals, windowFrom()).minutes.why[minuteIndex]

test('a heartbeat at every minute edge observes every minute', () => assert.equal(states(beating()), 'oooooooooo'))

test('no signal at all is silence, and says which kind was missed', () => {
  assert.equal(states([]), '..........')
  assert.deepEqual(why([], 0), ['no heartbeat signal'])
  assert.deepEqual(why([], 0, { liveness: 'activity' }), ['no activity signal'])
  assert.deepEqual(why(beating(0, 3), 9), ['no heartbeat signal in time'])
})

test('a single signal observes nothing: alive is what lies between two', () =>
  assert.equal(states(beats([minute(3)])), '..........'))

test('signals exactly twice the interval apart still observe what lies between; a millisecond more does not', () => {
  const every = (ms: number) => beats([0, 1, 2, 3, 4, 5].map((index) => at(index * ms)))
  assert.equal(states(every(120_000)), 'oooooooooo')
  assert.equal(states(every(120_001)), '..........')
  assert.equal(states(beats([minute(0), minute(2), at(4 * 60_000 + 1), minute(6), minute(8), minute(10)])), 'oo...ooooo')
})

test('a minute that is observed in part is silent', () => {
  assert.equal(states(beats([at(1), minute(2), minute(4)])), '.ooo......')
  assert.equal(states(beats([minute(0), minute(2), at(239_999)])), 'ooo.......')
  assert.equal(states(beats([minute(0), minute(2), minute(4)])), 'oooo......')
})

test('signals before and after the window bridge its edges; the ends themselves do not belong to it', () => {
  assert.equal(states(beating(1, 9)), '.oooooooo.')
  assert.equal(states([...beats([minute(-1)]), ...beating(1, 9)]), 'ooooooooo.')
  assert.equal(states([...beating(1, 9), ...beats([minute(11)])]), '.ooooooooo')
  assert.equal(states(beats([minute(-1), minute(11)])), '..........')
})

test("heartbeat takes the sensor's own health lines alone, activity any line", () => {
  const lines = beating().map((beat): Watch => (beat.kind === 'beat' ? { ...beat, signal: 'activity' } : beat))
  assert.equal(states(lines), '..........')
  assert.equal(states(lines, { liveness: 'activity' }), 'oooooooooo')
  assert.equal(states(beating(), { liveness: 'activity' }), 'oooooooooo')
})

test('the last signal of a minute counts as well as its first', () => {
  const wide: Watch = {
    kind: 'beat',
    sensor: 'falco',
    node: 'n1',
    signal: 'health',
    minute: '2026-03-02T00:00',
    first: minute(0),
    last: at(59_000),
    count: 2,
    detections: 0,
  }
  assert.equal(states([wide, ...beats([at(179_000)])]), 'oo........')
  assert.equal(states([{ ...wide, last: minute(0) }, ...beats([at(179_000)])]), '..........')
})

test('a restart blinds from the last word of the old process to the first of the new one', () => {
  const restarted = counters(minute(5), { startedAt: at(280_000) })
  assert.equal(states([...beating(), counters(minute(3)), restarted]), 'ooo..ooooo')
  assert.deepEqual(why([...beating(), counters(minute(3)), restarted], 4), ['the sensor was restarted'])
  assert.equal(states([...beating(), counters(minute(3)), counters(minute(5))]), 'oooooooooo')
})

test('a start that no earlier snapshot knows of blinds from the last sign of life before it', () => {
  const started = counters(minute(5), { startedAt: at(230_000) })
  assert.equal(states([...beating(), started]), 'ooo.oooooo')
  assert.equal(states([...beating(4), started]), '....oooooo')
  assert.equal(blindMinutes(falco, [...beating(), started], windowFrom()).facts.restarts, 1)
  assert.equal(blindMinutes(falco, [...beating(4), started], windowFrom()).facts.restarts, 0)
})

test('a counter that goes back is a restart, even where the start is unknown', () => {
  const unknown = { startedAt: null }
  assert.equal(
    states([...beating(), counters(minute(3), unknown), counters(minute(5), { ...unknown, received: 999 })]),
    'ooo..ooooo',
  )
  assert.equal(
    states([...beating(), counters(minute(3), unknown), counters(minute(5), { ...unknown, received: 1001 })]),
    'oooooooooo',
  )
  assert.equal(states([...beating(), counters(minute(3), { dropped: 7 }), counters(minute(5), { dropped: 6 })]), '.....ooooo')
})

test('a lasting fault is over once the rules were loaded anew, without a restart', () => {
  const fault: Watch = { kind: 'fault', sensor: 'falco', node: 'n1', at: at(130_000), what: 'old policy', lasting: true }
  const reloaded = counters(minute(8), { reloadedAt: at(310_000) })
  assert.equal(states([...beating(), fault]), 'oo........')
  assert.equal(states([...beating(), fault, counters(minute(1)), reloaded]), 'oo....oooo')
  assert.equal(states([...beating(), fault, counters(minute(1)), counters(minute(8), { reloadedAt: at(100_000) })]), 'oo........')
})

test('a cumulative loss spreads over the whole interval between two snapshots', () => {
  const lossy = [...beating(), counters(minute(2)), counters(at(310_000), { dropped: 1, received: 2000 })]
  assert.equal(states(lossy), 'oo....oooo')
  assert.deepEqual(why(lossy, 2), ['1 events were dropped of 1000'])
})

test('loss up to the tolerance is degraded, above it silent, and of unknown size silent', () => {
  const lost = (dropped: number, received: number | null) => [
    ...beating(),
    counters(minute(2), { received: received === null ? null : 0 }),
    counters(minute(3), { dropped, received }),
  ]
  const tolerant = { maxDropRate: 0.1 }
  assert.equal(states(lost(10, 100), tolerant), 'oodooooooo')
  assert.equal(states(lost(11, 100), tolerant), 'oo.ooooooo')
  assert.equal(states(lost(1, null), tolerant), 'oo.ooooooo')
  assert.equal(states(lost(1, 0), { maxDropRate: 1 }), 'oo.ooooooo')
  assert.equal(states(lost(1, 1_000_000)), 'oo.ooooooo')
})

test('what was lost before the first snapshot may have been lost in the window', () => {
  assert.equal(states([...beating(), counters(minute(4), { dropped: 3 })]), '....oooooo')
  assert.equal(states([...beating(), counters(minute(4), { dropped: 3, startedAt: at(70_000) })]), 'o...oooooo')
  assert.equal(states([...beating(2), counters(minute(4), { dropped: 3, startedAt: at(110_000) })]), '....oooooo')
  assert.equal(states([...beating(), counters(minute(4), { dropped: 3, startedAt: null })]), '....oooooo')
})

test('what was lost before the window is not charged to it', () => {
  const early = [...beating(-2), counters(minute(-1), { dropped: 3 }), counters(minute(1), { dropped: 3 })]
  assert.equal(states(early), 'oooooooooo')
  const unknownStart = early.map((signal): Watch => (signal.kind === 'counters' ? { ...signal, startedAt: null } : signal))
  assert.equal(states(unknownStart), 'oooooooooo')
  assert.equal(blindMinutes(falco, early, windowFrom()).facts.dropped, 0)
})

test('an alert that the sensor could not hand over blinds like a loss that nothing tolerates', () => {
  const signals = [...beating(), counters(minute(2)), counters(minute(3), { undelivered: 2 })]
  assert.equal(states(signals, { maxDropRate: 1 }), 'oo.ooooooo')
  assert.deepEqual(why(signals, 2), ['2 alerts were not delivered'])
})

const loss = (from: string, to: string, dropped: number | null = 1, received: number | null = null): Watch => ({
  kind: 'loss',
  sensor: 'falco',
  node: 'n1',
  from,
  to,
  dropped,
  received,
})

test('a loss blinds every minute that it touches, inside the window only', () => {
  assert.equal(states([...beating(), loss(at(119_999), at(120_001))]), 'o..ooooooo')
  assert.equal(states([...beating(), loss(minute(2), minute(3))]), 'oo.ooooooo')
  assert.equal(states([...beating(), loss(minute(2), minute(2))]), 'oo.ooooooo')
  assert.equal(states([...beating(), loss(minute(-5), minute(0))]), 'oooooooooo')
  assert.equal(states([...beating(), loss(minute(-5), at(1))]), '.ooooooooo')
  assert.equal(states([...beating(), loss(at(599_999), minute(20))]), 'ooooooooo.')
  assert.equal(states([...beating(), loss(minute(10), minute(20))]), 'oooooooooo')
  assert.equal(states([...beating(), loss(minute(-60), minute(60))]), '..........')
})

test('a loss whose clock went back blinds the same minutes', () => {
  assert.equal(states([...beating(), loss(minute(4), minute(2))]), 'oo..oooooo')
})

test('a loss of unknown size is silent, one of nothing degraded, and a silent minute never becomes better', () => {
  assert.equal(states([...beating(), loss(minute(2), minute(3), null, 100)], { maxDropRate: 1 }), 'oo.ooooooo')
  assert.equal(states([...beating(), loss(minute(2), minute(3), 0, 100)]), 'oodooooooo')
  assert.equal(states([...beating(4), loss(minute(2), minute(5), 0, 100)]), '....dooooo')
})

const throttle = (state: 'start' | 'stop', time: string, scope: string | null = null): Watch => ({
  kind: 'throttle',
  sensor: 'falco',
  node: 'n1',
  at: time,
  state,
  scope,
})

test('throttling blinds from its start to its stop, to the end without a stop, from the beginning without a start', () => {
  assert.equal(states([...beating(), throttle('start', minute(2)), throttle('stop', at(250_000))]), 'oo...ooooo')
  assert.equal(states([...beating(), throttle('start', minute(7))]), 'ooooooo...')
  assert.equal(states([...beating(), throttle('stop', minute(3))]), '...ooooooo')
  assert.equal(states([...beating(), throttle('start', minute(-600))]), '..........')
  assert.equal(states([...beating(), throttle('start', minute(-600)), throttle('stop', minute(-590))]), 'oooooooooo')
  assert.equal(states([...beating(), throttle('start', minute(-600)), throttle('stop', minute(3))]), '...ooooooo')
})

test('the stop of one throttled source does not end that of another', () => {
  const signals = [throttle('start', minute(2), 'a'), throttle('start', minute(3), 'b'), throttle('stop', minute(4), 'a')]
  assert.equal(states([...beating(), ...signals]), 'oo........')
})

test('a fault blinds its minute; a lasting one all until the sensor starts anew', () => {
  const fault = (lasting: boolean, time: string): Watch => ({
    kind: 'fault',
    sensor: 'falco',
    node: 'n1',
    at: time,
    what: 'old policy',
    lasting,
  })
  assert.equal(states([...beating(), fault(false, minute(2))]), 'oo.ooooooo')
  assert.equal(states([...beating(), fault(true, minute(2))]), 'oo........')
  assert.equal(states([...beating(), fault(true, minute(-300))]), '..........')
  assert.equal(states([...beating(), fault(false, at(-1))]), 'oooooooooo')
  assert.equal(states([...beating(), fault(true, minute(10))]), 'oooooooooo')
  const cured = [counters(minute(3)), counters(minute(6), { startedAt: at(290_000) })]
  assert.equal(states([...beating(), ...cured, fault(true, minute(2))]), 'oo....oooo')
  assert.deepEqual(why([...beating(), fault(true, minute(2))], 2), ['old policy'])
})

test('the facts of an instance are those of the window, not of its margin', () => {
  const { facts } = blindMinutes(
    falco,
    [
      ...beating(-3, 12),
      counters(minute(-3), { version: '0.40.0', dropped: 0 }),
      counters(minute(-1), { version: '0.41.0', startedAt: minute(-2), dropped: 5 }),
      counters(minute(2), { version: '0.41.0', startedAt: minute(-2), dropped: 7, policies: { 'a.yaml': 'x' } }),
      counters(minute(11), { version: '0.42.0', startedAt: at(605_000), dropped: 9 }),
    ],
    windowFrom(),
  )
  assert.deepEqual(facts, { version: '0.41.0', policies: { 'a.yaml': 'x' }, beats: 10, dropped: 11, restarts: 1 })
})

test('counters and reported losses may speak of the same events: the larger figure counts', () => {
  const signals = [
    counters(minute(1)),
    counters(minute(2), { dropped: 4 }),
    loss(minute(1), minute(2), 3),
    loss(minute(3), minute(4), 2),
  ]
  assert.equal(blindMinutes(falco, signals, windowFrom()).facts.dropped, 5)
  assert.equal(blindMinutes(falco, signals.slice(0, 3), windowFrom()).facts.dropped, 4)
})

test('very large counters are compared, not overflowed', () => {
  const signals = [
    ...beating(),
    counters(minute(2), { received: 9_007_199_254_740_000 }),
    counters(minute(3), { received: 9_007_199_254_740_991, dropped: 1 }),
  ]
  assert.equal(states(signals, { maxDropRate: 0.01 }), 'oodooooooo')
})

test('the order in which signals come does not matter', () => {
  const signals = [
    ...beating(),
    counters(minute(2)),
    counters(minute(4), { dropped: 1 }),
    counters(minute(4), { dropped: 2, version: 'x' }),
    throttle('start', minute(6)),
    throttle('stop', minute(7)),
    loss(minute(8), minute(9)),
  ]
  const expected = blindMinutes(falco, signals, windowFrom())
  const asSets = ({ minutes, facts }: typeof expected) => ({
    ...minutes,
    why: minutes.why.map((reasons) => reasons.toSorted()),
    facts,
  })
  fc.assert(
    fc.property(fc.shuffledSubarray(signals, { minLength: signals.length }), (shuffled) =>
      assert.deepEqual(asSets(blindMinutes(falco, shuffled, windowFrom())), asSets(expected)),
    ),
  )
})

test('whatever the signals, every minute has exactly one state, and a silent one its reason', () => {
  const moment = fc.integer({ min: -200_000, max: 800_000 }).map((ms) => at(ms))
  const signal = fc.oneof(
    moment.map((time) => beats([time])[0] as Watch),
    fc
      .tuple(moment, fc.nat(5), fc.constantFrom(null, minute(-60), minute(4)))
      .map(([time, dropped, startedAt]) => counters(time, { dropped, startedAt })),
    fc.tuple(moment, moment).map(([from, to]) => loss(from, to)),
    fc.tuple(fc.constantFrom('start' as const, 'stop' as const), moment).map(([state, time]) => throttle(state, time)),
  )
  fc.assert(
    fc.property(fc.array(signal, { maxLength: 30 }), fc.constantFrom(0, 0.5, 1), (signals, maxDropRate) => {
      const { minutes } = blindMinutes({ ...falco, maxDropRate }, signals, windowFrom())
      assert.equal(minutes.states.length, 10)
      for (const [index, state] of minutes.states.entries()) {
        assert.ok(state === 'observed' || state === 'degraded' || state === 'silent')
        if (state === 'silent') assert.ok((minutes.why[index]?.length ?? 0) > 0)
      }
    }),
  )
})

test('G2: a gap of more than twice the interval always leaves a silent minute when it holds a whole one', () => {
  const times = fc.array(fc.integer({ min: -120_000, max: 720_000 }), { maxLength: 60 })
  const gap = fc.integer({ min: 0, max: 8 })
  fc.assert(
    fc.property(times, gap, (ms, first) => {
      // Nobody speaks from 1 ms after the edge of minute `first` to 1 ms before two minutes later, and no further: one ms too long.
      const [from, to] = [first * 60_000, first * 60_000 + 120_001]
      const outside = ms.filter((time) => time <= from || time >= to)
      assert.ok(states(beats(outside.map((time) => at(time)))).slice(first, first + 2) === '..')
    }),
  )
})
