import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FrameReader, total, type FrameFault, type Incoming } from './decode.ts'
import { beatPayload, eventPayload, frameOf } from './fixtures.ts'
import { event } from './layout.ts'

function reading(...chunks: readonly Buffer[]): {
  readonly taken: Incoming[]
  readonly faults: FrameFault[]
  readonly reader: FrameReader
} {
  const [taken, faults]: [Incoming[], FrameFault[]] = [[], []]
  const reader = new FrameReader(
    (incoming) => void taken.push(incoming),
    (fault) => void faults.push(fault),
  )
  for (const chunk of chunks) reader.push(chunk)
  return { taken, faults, reader }
}

const hello = frameOf('hello', 0, Buffer.from('{"protocol":1}'))
const stream = Buffer.concat([
  hello,
  frameOf('event', 1, eventPayload()),
  frameOf('heartbeat', 2, beatPayload(3, 11, 1)),
  frameOf('bye', 3, beatPayload(3, 11, 1)),
])

test('an event has what the kernel wrote', () => {
  const { taken, faults } = reading(hello, frameOf('event', 1, eventPayload({ path: '/srv/ä', name: 'shop' })))
  assert.deepEqual(faults, [])
  const read = taken[1]?.type === 'event' ? taken[1].event : null
  assert.deepEqual(
    read && { path: read.path, name: read.name, kind: read.kind, pid: read.pid, sequence: read.sequence, number: read.number },
    {
      path: '/srv/ä',
      name: 'shop',
      kind: 'file',
      pid: 4711,
      sequence: 7n,
      number: -1,
    },
  )
})

test('a heartbeat has what was dropped, also when nothing came after it', () => {
  const { taken } = reading(stream)
  const beats = taken.flatMap((each) => ('beat' in each ? [each.beat] : []))
  assert.deepEqual(
    beats.map((beat) => [total(beat, 'dropped'), beat.nextSequence, beat.sent]),
    [
      [3n, 11n, 1n],
      [3n, 11n, 1n],
    ],
  )
})

test('however the bytes are cut, the same frames come', () => {
  const whole = reading(stream).taken
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: stream.length - 1 }), { maxLength: 12 }), (cuts) => {
      const edges = [0, ...new Set(cuts.toSorted((a, b) => a - b)), stream.length]
      const { taken, faults, reader } = reading(...edges.slice(1).map((end, i) => stream.subarray(edges[i], end)))
      assert.deepEqual(taken, whole)
      assert.deepEqual(faults, [])
      assert.equal(reader.waiting, 0)
    }),
  )
})

test('whatever comes, reading ends, holds no more than one frame and accounts for it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat({ max: stream.length }), (noise, at) => {
      const bytes = Buffer.concat([stream.subarray(0, at), noise, stream.subarray(at)])
      const { reader } = reading(bytes)
      assert.ok(reader.waiting <= bytes.length)
    }),
  )
})

for (const [fault, bytes] of [
  ['magic', frameOf('event', 0, eventPayload(), { magic: 0x12345678 })],
  ['version', frameOf('event', 0, eventPayload(), { version: 2 })],
  ['tooLong', frameOf('event', 0, eventPayload(), { length: 0x7fffffff })],
] as const)
  test(`after a frame with a bad ${fault} nothing is believed any more`, () => {
    const { taken, faults, reader } = reading(bytes, stream)
    assert.deepEqual(taken, [])
    assert.deepEqual(faults, [fault])
    assert.equal(reader.faults[fault], 1)
  })

const cut = eventPayload().subarray(0, event.path - 1)
const longer = eventPayload()
longer.writeUInt16LE(200, event.pathLength)
const otherKind = eventPayload({ kind: 9 })
const otherFamily = eventPayload()
otherFamily.writeUInt8(5, event.family)

for (const [what, payload] of [
  ['is cut', cut],
  ['says another length of its path', longer],
  ['is of no kind', otherKind],
  ['has no known family of addresses', otherFamily],
] as const)
  test(`an event that ${what} is counted and left out; the next one comes`, () => {
    const { taken, faults } = reading(frameOf('event', 0, payload), frameOf('event', 1, eventPayload()))
    assert.deepEqual(faults, ['payload'])
    assert.equal(taken.length, 1)
  })

test('words that are no JSON, heartbeats of another length and frames of no known type are counted', () => {
  const { faults, taken } = reading(
    frameOf('hello', 0, Buffer.from('{')),
    frameOf('heartbeat', 1, Buffer.alloc(20)),
    frameOf(99, 2, Buffer.alloc(0)),
    frameOf('event', 3, eventPayload()),
  )
  assert.deepEqual(faults, ['payload', 'payload', 'type'])
  assert.equal(taken.length, 1)
})

test('a number that was left out between two frames is a gap', () => {
  const { faults, taken } = reading(hello, frameOf('event', 5, eventPayload()), frameOf('event', 6, eventPayload()))
  assert.deepEqual(faults, ['gap'])
  assert.equal(taken.length, 3)
})
