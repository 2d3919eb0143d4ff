import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Facts } from './connector.ts'
import { createEventReader, type ReadEvent } from './read/event-reader.ts'
import { builtIn } from './redact.ts'
import { connectors } from './registry.ts'

const corpus = new URL('../../../shared/corpus/sensors/', import.meta.url)
const skipWithout = (folder: URL): string | false =>
  existsSync(folder) ? false : 'the corpus of real events is not beside this repository'

const classes = new Map([
  ['finding', 'detection'],
  ['telemetry', 'observation'],
  ['sensor_health', 'health'],
])

type Expected = { readonly src_file: string; readonly src_line: number; readonly cls: string } & Facts

// Reports have a corpus of their own; their connectors' tests read it.
for (const { sensor, facts } of connectors.filter(({ report, xml }) => report === undefined && xml === undefined)) {
  const folder = new URL(`${sensor}/`, corpus)
  const skip = skipWithout(folder)

  test(`every fact of the real ${sensor} events is read as somebody else read it`, { skip }, () => {
    const expected = linesOf(new URL('EXPECTED.jsonl', folder)).map((line) => JSON.parse(line) as Expected)
    assert.ok(expected.length > 0)
    for (const [file, ofFile] of Map.groupBy(expected, ({ src_file }) => src_file)) {
      const read = new Map(eventsOf(new URL(file, folder)).map((event) => [event.line, event]))
      for (const { src_file, src_line, cls, ...wanted } of ofFile) {
        const event = read.get(src_line)
        assert.ok(event?.event, `${src_file}:${src_line}`)
        assert.equal(event.reading.class, classes.get(cls), `${src_file}:${src_line}`)
        const told = facts(event.event)
        for (const [key, value] of Object.entries(wanted)) assert.deepEqual(told[key], value, `${src_file}:${src_line} ${key}`)
      }
    }
  })

  test(`nothing in the facts of the real ${sensor} events is taken for a secret`, { skip }, () => {
    for (const line of linesOf(new URL('EXPECTED.jsonl', folder))) {
      for (const value of Object.values(JSON.parse(line) as Facts)) {
        if (typeof value === 'string') assert.equal(builtIn.text(value).text, value)
      }
    }
  })
}

test('Falco written for people is read for what is certain in it, and is no sign of life', { skip: skipWithout(corpus) }, () => {
  const events = eventsOf(new URL('falco/text_alerts.log', corpus))
  assert.equal(events.length, linesOf(new URL('falco/text_alerts.log', corpus)).length)
  const dated = events.flatMap(({ reading }) => (reading.class === 'detection' ? (reading.act?.at ?? []) : []))
  assert.deepEqual(dated, ['2024-06-21T08:54:23.812791015Z'])
  for (const { reading } of events) {
    assert.ok(reading.sensor === 'falco' && (reading.class === 'health' || reading.class === 'detection'))
    assert.equal(reading.at, null)
    if (reading.class === 'detection') assert.deepEqual([reading.act?.subject.pod, reading.act?.confidence], [null, 0.6])
  }
})

test("the counters by rule of Falco's real snapshots add up to their total", { skip: skipWithout(corpus) }, () => {
  const signals = eventsOf(new URL('falco/internal.ndjson', corpus)).flatMap(({ reading }) =>
    reading.class === 'health' ? reading.watch : [],
  )
  const counted = signals.flatMap((signal) =>
    signal.kind === 'counters' && signal.rules ? [[signal.matched, signal.rules]] : [],
  )
  assert.deepEqual(counted, [
    [11, { Read_sensitive_file_untrusted: 11 }],
    [11, { Read_sensitive_file_untrusted: 11 }],
  ])
})

function linesOf(file: URL): readonly string[] {
  return readFileSync(file, 'utf8').trim().split('\n')
}

function eventsOf(file: URL): readonly ReadEvent[] {
  const events: ReadEvent[] = []
  const reader = createEventReader({ sensor: 'auto', connectors, onEvent: (event) => events.push(event) })
  reader.push(readFileSync(file))
  reader.end()
  return events
}
