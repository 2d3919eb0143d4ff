import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { ActParts, Part } from '../../../core/model/act.ts'
import { eventBytes } from '../../../bench/events/stream.ts'
import type { JsonObject, Reading } from '../connector.ts'
import { connectors } from '../registry.ts'
import { createEventReader, type ReadableConnector } from './event-reader.ts'
import { memoryOf } from './memory.ts'
import { hasTextEnding } from './text-ending.ts'

function readingsOf(lines: readonly string[], known: readonly ReadableConnector[] = connectors): readonly Reading[] {
  const readings: Reading[] = []
  const reader = createEventReader({ sensor: 'auto', connectors: known, onEvent: ({ reading }) => void readings.push(reading) })
  reader.push(Buffer.from(lines.map((line) => `${line}\n`).join('')))
  reader.end()
  return readings
}

/** Looks at one value or another, as `which` says; counts how often it had to. */
function looking(): { readonly connector: ReadableConnector; readonly looks: () => number } {
  let looks = 0
  const part = (event: JsonObject): string => {
    looks++
    const inner = event['inner'] as JsonObject
    if (event['which'] === 'ending') return `ending ${hasTextEnding(inner, '...')} ${hasTextEnding(event, '...', 'a')}`
    if (event['which'] === 'list') return `list ${JSON.stringify(event['list'])}`
    return `${JSON.stringify(event[event['which'] === 'a' ? 'a' : 'b'])} ${Object.keys(inner).join()}`
  }
  const read = (event: JsonObject): Reading => ({ class: 'ignored', sensor: 'looking', reason: memoryOf(event).part(part) })
  const recognises = (event: JsonObject): boolean => 'which' in event
  return { connector: { sensor: 'looking', recognises, read, facts: () => ({}) }, looks: () => looks }
}

const value = fc.constantFrom('"x"', '"y"', '"y..."', '""', '"\\"x"', '1', '12', '-1', 'true', 'null')
const line = fc
  .record({ which: fc.constantFrom('a', 'b', 'ending', 'list', 'b\\n'), a: value, b: value, c: value, time: fc.nat({ max: 99 }) })
  .map(
    ({ which, a, b, c, time }) =>
      `{"which":"${which}","a":${a},"b":${b},"inner":{"c":${c},"d":${a}},"list":[${b},{"e":${c}}],"time":${time}}`,
  )

test('a part is what it would be if it were made anew, whichever values it looks at', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 40 }), (some) => {
      const again = [...some, ...some, ...some]
      const alone = again.flatMap((one) => readingsOf([one], [looking().connector]))
      assert.deepEqual(readingsOf(again, [looking().connector]), alone)
    }),
    { numRuns: 300 },
  )
})

test('a part is not made again for lines that differ in what it does not look at, and is for others', () => {
  const { connector, looks } = looking()
  const of = (a: string, b: string, time: number): string =>
    `{"which":"a","a":"${a}","b":"${b}","inner":{"c":1},"list":[],"time":${time}}`
  const known = [of('x', 'p', 1), of('x', 'q', 2), of('x', 'r', 3)]
  readingsOf([...known, of('x', 's', 4), of('x', 't', 5), of('x', 'u', 6)], [connector])
  const before = looks()
  const { connector: other, looks: otherLooks } = looking()
  readingsOf([...known, of('y', 's', 4), of('z', 't', 5), of('xx', 'u', 6)], [other])
  assert.equal(before, 3, 'two lines teach the form, the third teaches the part')
  assert.equal(otherLooks(), 6)
})

test('a part that looks at the time in some lines is remembered for the others', () => {
  const { connector, looks } = looking()
  const timed: ReadableConnector = {
    ...connector,
    read(event) {
      const part = memoryOf(event).part(timedPart)
      return { class: 'ignored', sensor: 'looking', reason: part }
    },
  }
  let made = 0
  const timedPart = (event: JsonObject): string => {
    made++
    return event['which'] === 'host' ? `host at ${event['time'] as number}` : 'container'
  }
  const lines = Array.from({ length: 400 }, (_, time) => `{"which":"${time % 2 === 0 ? 'host' : 'pod'}","time":${time}}`)
  const reasons = readingsOf(lines, [timed]).map((reading) => 'reason' in reading && reading.reason)
  assert.deepEqual(
    reasons,
    lines.map((_, time) => (time % 2 === 0 ? `host at ${time}` : 'container')),
  )
  assert.equal(looks(), 0)
  assert.ok(made <= 205, `made ${made} times: for each line of a host, once for the others`)
})

test('a part that throws is made again, and others are remembered as before', () => {
  let thrown = 0
  const part = (event: JsonObject): string => {
    if (event['which'] === 'bad' && ++thrown < 3) throw new RangeError('not yet')
    return event['which'] as string
  }
  const connector: ReadableConnector = {
    ...looking().connector,
    read(event) {
      try {
        return { class: 'ignored', sensor: 'looking', reason: memoryOf(event).part(part) }
      } catch {
        return { class: 'malformed', sensor: 'looking', reason: 'thrown' }
      }
    },
  }
  const lines = ['a', 'a', 'a', 'bad', 'a', 'bad', 'bad', 'a'].map((which) => `{"which":"${which}","time":1}`)
  assert.deepEqual(
    readingsOf(lines, [connector]).map((reading) => 'reason' in reading && reading.reason),
    ['a', 'a', 'a', 'thrown', 'a', 'thrown', 'bad', 'a'],
  )
})

test('parts that come once, or are large, or are many, are read right all the same', () => {
  const { connector } = looking()
  const text = (index: number): string => `${index}`.padStart(index % 50 === 0 ? 9_000 : 5, 'v')
  const lines = Array.from({ length: 12_000 }, (_, index) => `{"which":"a","a":"${text(index)}","inner":{"c":1},"time":${index}}`)
  assert.deepEqual(
    readingsOf([...lines, ...lines.slice(0, 300)], [connector]).map((reading) => 'reason' in reading && reading.reason),
    [...lines.keys(), ...lines.slice(0, 300).keys()].map((index) => `"${text(index)}" c`),
  )
})

test('acts that share a part agree in all that the part stands for, and most share theirs', () => {
  const text = Buffer.concat([
    ...eventBytes({ lines: 3_000, sensors: ['falco', 'tetragon', 'kubearmor', 'tracee'], behaviours: 40 }),
  ])
  const said = new Map<Part, string>()
  let shared = 0
  for (const reading of readingsOf(text.toString().trimEnd().split('\n'))) {
    if (reading.class !== 'detection' && reading.class !== 'observation') continue
    const parts: ActParts | undefined = reading.parts
    if (parts === undefined || reading.act === null) continue
    const { subject, at, confidence, ...done } = reading.act
    assert.equal(at, reading.at)
    const { pid, commandLine, uid, executable, executablePartial, ancestors, ...place } = subject
    assert.equal(typeof pid, 'number')
    const says: readonly (readonly [Part, unknown])[] = [
      [parts.deed, { ...done, subject: { uid, executable, executablePartial, ancestors }, confidence }],
      [parts.place, place],
      [parts.words, commandLine],
    ]
    for (const [part, what] of says) {
      const known = said.get(part)
      if (known === undefined) said.set(part, JSON.stringify(what))
      else assert.equal(JSON.stringify(what), known)
      if (known !== undefined) shared++
    }
  }
  assert.ok(shared > 6_000, `${shared} of 9,000 parts were shared`)
})
