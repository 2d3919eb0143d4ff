import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minute } from '../../../core/judge/fixtures.ts'
import { merge } from '../../../core/judge/merge.ts'
import type { Watch } from '../../../core/model/watch.ts'
import { instantMs, instantOf } from '../../../core/model/time.ts'
import { openEvidence, readEvidence, type EvidenceReader, type EvidenceWriter } from './evidence.ts'
import { act, at, deltaOf, folded, nothing, placeAt, scope, scratchDatabases, windowFrom, type Item } from './fixtures/deltas.ts'

const fresh = scratchDatabases()
const window = windowFrom()
const HOUR = 3_600_000
const shell = (path = '/bin/sh', ms = 125_000): Item => ({
  act: act({ at: at(ms), target: { type: 'binary', path, partial: false } }),
  digest: `${path} ${ms}`,
})
const throttled = (ms: number, state: 'start' | 'stop' = 'start'): Item => ({
  watch: { kind: 'throttle', sensor: 'tetragon', node: 'n1', at: at(ms), state, scope: 'web' },
})
const beat = (ms: number): Item => ({ beat: { sensor: 'falco', node: 'n1' }, signal: 'health', at: at(ms), detections: 0 })

function opened(work: (writer: EvidenceWriter, reader: EvidenceReader) => void): void {
  const path = fresh()
  const writer = openEvidence(path)
  const reader = readEvidence(path)
  work(writer, reader)
  reader.close()
  writer.close()
}

test('a new database has no place, no windows, and an empty intake for any window', () => {
  opened((writer, reader) => {
    assert.deepEqual([writer.place(), reader.place(), reader.windows()], [null, null, []])
    const { intake, ...state } = reader.intakeOf(window)
    assert.deepEqual(intake, { behaviours: new Map(), watch: new Map(), tally: new Map() })
    assert.deepEqual(state, { revision: 0, lastReceivedMs: 0, forgotten: false })
  })
})

test('a delta that was folded already, or lies before, is refused and changes nothing', () => {
  opened((writer, reader) => {
    const delta = deltaOf([shell()], [window], placeAt(10, 2))
    writer.fold(delta)
    for (const place of [placeAt(10, 2), placeAt(9, 2), placeAt(99, 1)]) {
      assert.throws(() => writer.fold({ ...delta, place }), { code: 'store.out_of_step' })
    }
    assert.deepEqual(reader.intakeOf(window).intake.tally, new Map([['detection/falco', 1]]))
    assert.deepEqual([writer.place(), reader.place()], [placeAt(10, 2), placeAt(10, 2)])
    writer.fold({ ...delta, place: placeAt(0, 3) })
    assert.deepEqual(reader.intakeOf(window).intake.tally, new Map([['detection/falco', 2]]))
  })
})

test('a delta that fails half way leaves nothing, and the next one is folded as if it had never been', () => {
  opened((writer, reader) => {
    writer.fold(deltaOf([shell('/a')], [window], placeAt(1)))
    const good = deltaOf([shell('/b')], [window], placeAt(2))
    const [delta] = good.windows
    assert.ok(delta)
    const [behaviour] = delta.behaviours.values()
    assert.ok(behaviour)
    const misnamed = new Map([...delta.behaviours, ['x', { ...behaviour, fingerprint: 'rpf1:x' }]])
    const bad = { ...good, windows: [{ ...delta, behaviours: misnamed }] }
    assert.throws(() => writer.fold(bad), { code: 'format.malformed' })
    assert.deepEqual(reader.place(), placeAt(1))
    writer.fold(good)
    assert.deepEqual(reader.intakeOf(window).intake, folded([shell('/a'), shell('/b')], window))
  })
})

test('the revision rises with what changes the evidence, and with nothing else', () => {
  opened((writer, reader) => {
    let offset = 0
    const revision = (): number => reader.windows()[0]?.revision ?? 0
    const raisedBy = (items: readonly Item[], windows = [window]): boolean => {
      const before = revision()
      writer.fold(deltaOf(items, windows, placeAt(++offset)))
      return revision() > before
    }
    assert.ok(raisedBy([]), 'made known')
    assert.ok(raisedBy([shell()]), 'an act')
    assert.ok(raisedBy([shell()]), 'the same act again')
    assert.ok(!raisedBy([]), 'nothing')
    // What happened in it also counts in its tally; a sign of life alone is its neighbours', who may look at it near their edges.
    assert.ok(!raisedBy([beat(0)], []), 'a beat that is counted elsewhere')
    assert.ok(!raisedBy([throttled(-100 * HOUR)], []), 'a throttle long before')
  })
})

test('a window says when it last received something that happened in it', () => {
  opened((writer, reader) => {
    writer.fold(deltaOf([shell()], [window], placeAt(5)))
    assert.equal(reader.intakeOf(window).lastReceivedMs, 1_000_005)
    writer.fold(deltaOf([beat(0)], [], placeAt(7)))
    assert.equal(reader.intakeOf(window).lastReceivedMs, 1_000_005)
    writer.fold(deltaOf([shell()], [window], placeAt(9)))
    assert.equal(reader.intakeOf(window).lastReceivedMs, 1_000_009)
  })
})

test('windows are listed by scope, end and receipt', () => {
  opened((writer, reader) => {
    const next = windowFrom('2026-03-02T00:10:00Z', '2026-03-02T00:20:00Z')
    writer.fold(deltaOf([shell()], [window], placeAt(1)))
    writer.fold(deltaOf([shell('/b', 700_000)], [next], placeAt(9)))
    const ids = (filter?: Parameters<EvidenceReader['windows']>[0]) => reader.windows(filter).map((each) => each.window)
    assert.deepEqual(ids(), [window, next])
    assert.deepEqual(ids({ scope, endsBy: window.end }), [window])
    assert.deepEqual(ids({ scope, endsAfter: window.end }), [next])
    assert.deepEqual(ids({ receivedFromMs: 1_000_005 }), [next])
    assert.deepEqual(ids({ scope: { ...scope, application: 'other' } }), [])
  })
})

test('the first outcome of a batch stays, and a chain never goes back', () => {
  opened((writer, reader) => {
    const batch = { key: 'b1', digest: 'd1', outcome: { accepted: 3, refused: [] }, receivedMs: 10 }
    const head = { sensor: 'falco', stream: 's', seq: 7, digest: 'h7', receivedMs: 10 }
    writer.fold({ ...nothing, place: placeAt(1), batches: [batch], streams: [head] })
    writer.fold({
      ...nothing,
      place: placeAt(2),
      batches: [{ ...batch, digest: 'other' }],
      streams: [{ ...head, seq: 6, digest: 'h6' }],
    })
    assert.deepEqual([reader.batchOf('b1'), reader.streamOf('falco', 's')], [batch, head])
    assert.deepEqual([reader.batchOf('b2'), reader.streamOf('falco', 't'), reader.streamOf('tetragon', 's')], [null, null, null])
    writer.fold({ ...nothing, place: placeAt(3), streams: [{ ...head, seq: 8, digest: 'h8' }] })
    assert.equal(reader.streamOf('falco', 's')?.seq, 8)
    writer.prune({ watchBeforeMs: 0, batchesBeforeMs: 11, streamsBeforeMs: 10 })
    assert.deepEqual([reader.batchOf('b1'), reader.streamOf('falco', 's')?.seq], [null, 8])
    writer.prune({ watchBeforeMs: 0, batchesBeforeMs: 11, streamsBeforeMs: 11 })
    assert.equal(reader.streamOf('falco', 's'), null)
  })
})

test('a window is forgotten in slices; what comes later stands alone, merges with what was sealed, and raises the revision', () => {
  opened((writer, reader) => {
    const early = ['/a', '/b', '/c', '/d', '/e'].map((path) => shell(path))
    const other = windowFrom('2026-03-02T00:10:00Z', '2026-03-02T00:20:00Z')
    writer.fold(deltaOf(early, [window], placeAt(1)))
    writer.fold(deltaOf([shell('/a', 700_000)], [other], placeAt(2)))
    const [sealed, untouched] = [reader.intakeOf(window), reader.intakeOf(other)]
    const more: boolean[] = []
    do more.push(writer.forget(window.id, 2))
    while (more.at(-1))
    assert.deepEqual(more, [true, true, false])
    assert.deepEqual(reader.intakeOf(window).intake, folded([], window))
    assert.deepEqual(reader.intakeOf(other), untouched)
    writer.fold(deltaOf([shell('/a', 200_000)], [window], placeAt(3)))
    const late = reader.intakeOf(window)
    assert.ok(late.forgotten && late.revision > sealed.revision)
    assert.deepEqual(merge(sealed.intake, late.intake), folded([...early, shell('/a', 200_000)], window))
    assert.equal(writer.forget('unknown', 10), false)
  })
})

test('pruning drops old liveness, and of lasting marks only what was ended or stands for nothing', () => {
  opened((writer, reader) => {
    const old = -1000 * HOUR
    const fault = (ms: number, node: string): Watch => ({
      kind: 'fault',
      sensor: 'falco',
      node,
      at: at(ms),
      what: 'old rules',
      lasting: true,
    })
    const restarted = (node: string): Watch => ({
      ...{
        kind: 'counters',
        sensor: 'falco',
        node,
        at: at(old + 5000),
        startedAt: at(old + 4000),
        reloadedAt: null,
        version: null,
      },
      ...{ received: 1, dropped: 0, undelivered: 0, matched: null, policies: {} },
    })
    const items: Item[] = [
      beat(old),
      throttled(old),
      throttled(old + 1000, 'stop'),
      throttled(old + 2000),
      throttled(old + 3000),
      throttled(old + 4000, 'stop'),
      { watch: fault(old, 'n1') },
      { watch: fault(old, 'n2') },
      { watch: fault(old + 1000, 'n2') },
      { watch: restarted('n1') },
      beat(0),
    ]
    writer.fold(deltaOf(items, [window], placeAt(1)))
    writer.prune({ watchBeforeMs: instantMs(window.start) - 900 * HOUR, batchesBeforeMs: 0, streamsBeforeMs: 0 })
    const kept = [...reader.intakeOf(window).intake.watch.values()]
    // The second throttle is still on for one of its two, and so is the newer fault of the node that was not restarted.
    assert.deepEqual(
      kept
        .map((each) => (each.kind === 'beat' ? each.first : each.kind === 'throttle' || each.kind === 'fault' ? each.at : ''))
        .sort(),
      [at(old + 1000), at(old + 2000), at(old + 3000), at(old + 4000), at(0)].sort(),
    )
    const longAgo = windowFrom(instantOf(instantMs(window.start) + old), instantOf(instantMs(window.start) + old + 600_000))
    assert.deepEqual(
      [...reader.intakeOf(longAgo).intake.watch.values()].filter(({ kind }) => kind === 'beat' || kind === 'counters'),
      [],
    )
  })
})

test('pruning takes windows that were forgotten long ago off the list, and no others', () => {
  opened((writer, reader) => {
    const later = windowFrom('2026-03-02T00:10:00Z', '2026-03-02T00:20:00Z')
    writer.fold(deltaOf([shell(), shell('/b', 700_000)], [window, later], placeAt(1)))
    writer.forget(window.id, 100)
    const before = (ms: number) => writer.prune({ watchBeforeMs: ms, batchesBeforeMs: 0, streamsBeforeMs: 0 })
    before(instantMs(window.end))
    assert.equal(reader.windows().length, 2)
    before(instantMs(later.end) + HOUR)
    assert.deepEqual(
      reader.windows().map((each) => each.window),
      [later],
    )
  })
})

test('evidence of one minute is not taken for that of another', () => {
  opened((writer, reader) => {
    const items = [shell('/a', 0), shell('/a', 59_999), shell('/a', 60_000)]
    writer.fold(deltaOf(items, [window], placeAt(1)))
    const [behaviour] = reader.intakeOf(window).intake.behaviours.values()
    const seen = [...(behaviour?.sightings.values() ?? [])].map(({ first, last, count }) => [first, last, count])
    assert.deepEqual(seen, [
      [minute(0), at(59_999), 2],
      [minute(1), minute(1), 1],
    ])
  })
})

test('a database that was never made cannot be read', () => {
  assert.throws(() => readEvidence(fresh()), { code: 'store.unreadable' })
})
