import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { counters, inputsOf } from '../../../core/judge/fixtures.ts'
import { intakeLimits, WATCH_MARGIN_MS, type IntakeLimits } from '../../../core/judge/limits.ts'
import { seal } from '../../../core/judge/seal.ts'
import type { Intake } from '../../../core/model/intake.ts'
import type { Watch } from '../../../core/model/watch.ts'
import type { Window } from '../../../core/model/window.ts'
import { openDatabase } from '../sqlite.ts'
import { openEvidence, readEvidence } from './evidence.ts'
import { act, at, deltaOf, folded, placeAt, scope, scratchDatabases, windowFrom, type Item } from './fixtures/deltas.ts'
import { minuteNumber } from './moments.ts'

const fresh = scratchDatabases()
const tight: IntakeLimits = { behaviours: 3, sightingsEach: 2, killsEach: 1, watch: 3 }
const first = windowFrom()
const second = windowFrom('2026-03-02T00:10:00Z', '2026-03-02T00:20:00Z')
const windows = [first, second]

// Few values each, so that many of them meet.
const aTime = fc.option(
  fc.integer({ min: -1, max: 20 }).map((count) => at(count * 55_000)),
  { freq: 8 },
)
const processes = ['a', 'b', 'c'].map((digit) => digit.repeat(64))
const anAct = fc
  .record({
    at: aTime,
    path: fc.constantFrom('/a', '/b', '/c', '/d', '/e', '/f', '/g', '/h', '/proc/1/x'),
    sensor: fc.constantFrom('falco', 'tetragon', '\u{1f40b}', '\ufb01'),
    rule: fc.constantFrom(null, 'r1'),
    workload: fc.constantFrom('api', null, 'web'),
    toKill: fc.constantFrom(null, ...processes),
    confidence: fc.constantFrom(1, 0.1 + 0.2),
    digest: fc.constantFrom('d1', 'd2', 'd3', 'd4', 'd5'),
  })
  .map(({ at, path, sensor, rule, workload, toKill, confidence, digest }): Item => {
    const target = { type: 'binary', path, partial: false } as const
    const effect = toKill ? 'unknown' : 'observed'
    return {
      act: act({ at, target, sensor, rule, toKill, confidence, effect, subject: { workload, pod: null } }),
      digest: `${digest}-${path}-${sensor}-${rule}-${toKill}-${confidence}`,
    }
  })

// Around the edges of what concerns a window, to the nanosecond.
const margin = WATCH_MARGIN_MS
const edges = [-margin, margin + 600_000, margin + 1_200_000].flatMap((ms) => [ms - 60_000, ms - 1, ms, ms + 1, ms + 30_000])
const aMoment = fc.oneof(
  fc.integer({ min: -4, max: 14 }).map((count) => at(count * 45_000)),
  fc.constantFrom(...edges).map((ms) => at(ms)),
  fc.constantFrom(...edges).map((ms) => at(ms).replace('000000Z', '999999Z')),
)
const instance = { sensor: fc.constantFrom('falco', 'tetragon'), node: fc.constantFrom('n1', '', null) }
const aBeat = fc
  .record({
    ...instance,
    at: aMoment,
    signal: fc.constantFrom('health' as const, 'activity' as const),
    detections: fc.nat(2),
    rule: fc.constantFrom(null, 'a', 'b', 'constructor'),
  })
  .map(({ sensor, node, ...rest }): Item => ({ beat: { sensor, node }, ...rest }))
const aWatch = fc
  .oneof(
    fc
      .record({ ...instance, at: aMoment, dropped: fc.constantFrom(null, 0, 5), rules: fc.constantFrom(undefined, { a: 1 }) })
      .map(({ at, rules, ...rest }): Watch => ({ ...counters(at), ...rest, ...(rules && { rules }) })),
    fc
      .record({ ...instance, at: aMoment, state: fc.constantFrom('start' as const, 'stop' as const) })
      .map((rest): Watch => ({ kind: 'throttle', scope: null, ...rest })),
    fc.record({ ...instance, at: aMoment, lasting: fc.boolean() }).map((rest): Watch => ({ kind: 'fault', what: 'it', ...rest })),
    fc.record({ ...instance, from: aMoment, to: aMoment, days: fc.constantFrom(0, 3) }).map(({ days, from, ...rest }): Watch => ({
      ...{ kind: 'loss', dropped: 1, received: null, ...rest },
      from: days === 0 ? from : at(-days * 86_400_000),
    })),
    fc
      .record({ ...instance, at: aMoment, process: fc.constantFrom(...processes) })
      .map((rest): Watch => ({ kind: 'end', signal: 'SIGKILL', ...rest })),
  )
  .map((watch): Item => ({ watch }))
const someItems = fc.array(fc.oneof({ arbitrary: anAct, weight: 3 }, aWatch, aBeat), { maxLength: 150, size: 'max' })

const linesOf = (window: Window, intake: Intake) => seal({ ...inputsOf({ window }), intake }).lines

test('whatever the order and however it was split, a window loads as one fold gives it, also past the limits and reopened', () => {
  const plan = someItems.chain((items) =>
    fc.record({
      items: fc.constant(items),
      shuffled: fc.shuffledSubarray([...items.keys()], { minLength: items.length }),
      hands: fc.array(fc.nat(5), { minLength: items.length, maxLength: items.length }),
      reopened: fc.boolean(),
      limits: fc.constantFrom(tight, intakeLimits),
    }),
  )
  fc.assert(
    fc.property(plan, ({ items, shuffled, hands, reopened, limits }) => {
      const path = fresh()
      let writer = openEvidence(path, { limits })
      for (let hand = 0; hand <= 5; hand++) {
        const part = shuffled.flatMap((index) => (hands[index] === hand ? (items[index] ?? []) : []))
        writer.fold(deltaOf(part, windows, placeAt(hand), limits))
        if (!reopened) continue
        writer.close()
        writer = openEvidence(path, { limits })
      }
      const reader = readEvidence(path, { limits })
      for (const window of windows) {
        const { intake } = reader.intakeOf(window)
        const wanted = folded(items, window, limits)
        assert.deepEqual(linesOf(window, intake), linesOf(window, wanted))
      }
      reader.close()
      writer.close()
      rmSync(path)
    }),
    { numRuns: 120 },
  )
})

test('a beat of a database that knew no rules goes on, and what it had then may have been of any', () => {
  const path = fresh()
  const scripts = ['0001_intake.sql', '0002_findings.sql'].map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'))
  const before = openDatabase(path, { migrations: scripts })
  const moment = 2 * minuteNumber(at(0).slice(0, 16)) + 1
  before.exec(`INSERT INTO scope (id, application, environment) VALUES (1, '${scope.application}', '${scope.environment}')`)
  before.exec(`INSERT INTO beat VALUES (1, ${moment}, 'activity', 'falco', '=n1', 1000000000, 2000000000, 2, 2)`)
  before.close()
  const writer = openEvidence(path)
  const alert = (rule: string): Item => {
    return { beat: { sensor: 'falco', node: 'n1' }, signal: 'activity', at: at(3000), detections: 1, rule }
  }
  const [window] = windows
  assert.ok(window)
  writer.fold(deltaOf([alert('a'), { watch: counters(at(4000), { rules: { a: 9 } }) }], windows, placeAt(1)))
  writer.fold(deltaOf([alert('b'), alert('a')], windows, placeAt(2)))
  const reader = readEvidence(path)
  const beats = [...reader.intakeOf(window).intake.watch.values()].filter(({ kind }) => kind === 'beat')
  assert.deepEqual(
    beats.map((beat) => beat.kind === 'beat' && [beat.detections, beat.rules]),
    [[5, { a: 2, b: 1 }]],
  )
  reader.close()
  writer.close()
})

test('a flood leaves no more on disk than twice the limits, and the same evidence', () => {
  const path = fresh()
  const limits: IntakeLimits = { behaviours: 20, sightingsEach: 10, killsEach: 5, watch: 20 }
  const writer = openEvidence(path, { limits })
  const items: Item[] = []
  for (let part = 0; part < 30; part++) {
    const some = Array.from({ length: 40 }, (_, each): Item[] => {
      const name = `${part}-${each}`
      const target = { type: 'binary', path: `/tmp/${name}`, partial: false } as const
      return [
        { act: act({ target }), digest: name },
        { act: act({ rule: `rule ${name}`, toKill: null }), digest: name },
        { act: act({ rule: null, effect: 'unknown', toKill: name.padStart(64, '0') }), digest: name },
        { watch: { kind: 'end', sensor: 'falco', node: 'n1', at: at(5000), process: name.padStart(64, '0'), signal: 'SIGKILL' } },
        { beat: { sensor: 'falco', node: name }, signal: 'health', at: at(5000), detections: 0 },
      ]
    }).flat()
    items.push(...some)
    writer.fold(deltaOf(some, [first], placeAt(part), limits))
  }
  const reader = readEvidence(path, { limits })
  assert.deepEqual(linesOf(first, reader.intakeOf(first).intake), linesOf(first, folded(items, first, limits)))
  const counts = rowsIn(path)
  assert.ok(counts.behaviour <= 2 * limits.behaviours, `${counts.behaviour} behaviours`)
  assert.ok(
    counts.sighting <= 3 * limits.behaviours + 2 * (limits.sightingsEach + limits.killsEach),
    `${counts.sighting} sightings`,
  )
  assert.ok(counts.reading <= 100, `${counts.reading} readings`)
  assert.ok(
    counts.beat + counts.watch_signal <= 2 * (2 * limits.watch + 1),
    `${counts.beat} beats, ${counts.watch_signal} signals`,
  )
  reader.close()
  writer.close()
})

test('a flood of signals of one moment alone is an overflow, and is kept by its smallest', () => {
  const items = Array.from({ length: 2 * tight.watch + 2 }, (_, each): Item => ({
    ...{ beat: { sensor: 'falco', node: `n${each}` }, signal: 'health' as const },
    ...{ at: at(5000), detections: 0 },
  }))
  const path = fresh()
  const writer = openEvidence(path, { limits: tight })
  for (const [index, item] of items.entries()) writer.fold(deltaOf([item], [first], placeAt(index), tight))
  const reader = readEvidence(path, { limits: tight })
  const { intake } = reader.intakeOf(first)
  assert.deepEqual(linesOf(first, intake), linesOf(first, folded(items, first, tight)))
  assert.equal(intake.tally.get('overflow/watch'), 1)
  assert.ok(rowsIn(path).beat <= 2 * tight.watch + 1)
  reader.close()
  writer.close()
})

test('kills that are asked for again and again stay bounded, and none is lost from the counts', () => {
  const limits: IntakeLimits = { behaviours: 20, sightingsEach: 10, killsEach: 5, watch: 20 }
  const items = Array.from({ length: 60 }, (_, each): Item => {
    const toKill = ((each * 37) % 60).toString().padStart(64, '0')
    return { act: act({ effect: 'unknown', toKill }), digest: `${each}` }
  })
  const path = fresh()
  const writer = openEvidence(path, { limits })
  for (let at = 0; at < items.length; at += 4) {
    writer.fold(deltaOf(items.slice(at, at + 4), [first], placeAt(at), limits))
    assert.ok(rowsIn(path).sighting <= 2 * limits.killsEach + 1)
  }
  const reader = readEvidence(path, { limits })
  const { intake } = reader.intakeOf(first)
  assert.deepEqual(linesOf(first, intake), linesOf(first, folded(items, first, limits)))
  assert.equal(intake.tally.get('kill_unproven'), 1)
  reader.close()
  writer.close()
})

function rowsIn(path: string) {
  const db = new DatabaseSync(path, { readOnly: true })
  const count = (table: string): number => Number(db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'])
  const tables = { behaviour: 0, sighting: 0, reading: 0, beat: 0, watch_signal: 0 }
  for (const table of Object.keys(tables) as (keyof typeof tables)[]) tables[table] = count(table)
  db.close()
  return tables
}
