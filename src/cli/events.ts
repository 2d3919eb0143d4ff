import { isAbsolute, join } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../core/model/errors.ts'
import { openEvents } from '../collect/open.ts'
import type { JsonObject } from '../sensors/connector.ts'
import { createEventReader, type ReadEvent } from '../sensors/read/event-reader.ts'
import { redactorOf, type Redactor } from '../sensors/redact.ts'
import { connectors } from '../sensors/registry.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { table } from './table.ts'

const classes = ['detection', 'observation', 'health', 'ignored', 'malformed'] as const
type Class = (typeof classes)[number]

export const events: Command = {
  name: 'events',
  summary: 'show how sensor output is read: one JSON object per event, secrets redacted',
  help: `usage: runproof events FILE… [--sensor auto|NAME] [--class CLASS[,CLASS…]] [--redaction FILE] [--summary]

Reads sensor output (NDJSON, a JSON array, objects printed over many lines; plain, gzip or zstd) and prints for every event, in order:
  {"file", "line", "class", "sensor", "facts", "finding", "reason"}
  file, line   as given, and the event's first line
  class        ${classes.join(' | ')}
  facts        what the event says itself; null: it does not say
  finding      the same in the canonical schema, for detections and observations of an act
  reason       why an event was ignored or is malformed

options:
  --sensor NAME     read every event as that sensor's (default auto: known are ${connectors.map(({ sensor }) => sensor).join(', ')})
  --class LIST      print only these classes
  --redaction FILE  take out what a bundle's redaction.yaml names, too: shows what its rules find
  --summary         print a table of counts per file instead

FILE may be - for standard input. docs/formats/events.md describes the output.

examples:
  runproof events falco.ndjson
  runproof events --class malformed,ignored *.ndjson.gz
  runproof events falco.ndjson --redaction assurance/redaction.yaml | grep -F '[redacted:order-number]'
  runproof events --summary falco.ndjson tetragon.log
  kubectl logs -n kube-system ds/tetragon -c export-stdout | runproof events --sensor tetragon -

exit codes: 0 everything was read (whatever it says), 3 a file could not be read, 64 wrong usage`,

  async run(argv, io) {
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
    if (positionals.length === 0) {
      io.err(
        'usage: runproof events FILE… [--sensor auto|NAME] [--class CLASS[,CLASS…]] [--redaction FILE] [--summary]; see runproof events --help',
      )
      return EXIT.usage
    }
    const wanted = wantedClasses(values.class)
    const redactor = await redactorWith(values.redaction, io)
    const pipe = watchPipe()
    try {
      const counts: Counts = new Map()
      for (const file of positionals) {
        if (pipe.isClosed()) break
        const take = values.summary ? counter(file, wanted, counts) : printer(file, wanted, redactor, io)
        await readFile(file, values.sensor, take, pipe, io)
      }
      if (values.summary) for (const line of summaryOf(counts)) io.out(line)
      return EXIT.ok
    } finally {
      pipe.release()
    }
  },
}

const options = {
  sensor: { type: 'string', default: 'auto' },
  class: { type: 'string' },
  redaction: { type: 'string' },
  summary: { type: 'boolean', default: false },
} as const

/** What reads such a file is loaded where it is asked for: output flows sooner without it. */
async function redactorWith(file: string | undefined, io: Io): Promise<Redactor> {
  if (file === undefined) return redactorOf(null)
  const { readRules } = await import('./read-redaction.ts')
  return redactorOf((await readRules(file, io)).redaction)
}

function wantedClasses(list: string | undefined): ReadonlySet<Class> {
  if (list === undefined) return new Set(classes)
  return new Set(
    list.split(',').map((name) => {
      const known = classes.find((candidate) => candidate === name.trim())
      if (known === undefined)
        throw new RunproofError('usage', `there is no class ${JSON.stringify(name)}; known are ${classes.join(', ')}`)
      return known
    }),
  )
}

/** `event` for each event; `flush` after each portion that was read, so that output flows and its memory stays bounded. */
type Taker = { readonly event: (event: ReadEvent) => void; readonly flush: () => void }

async function readFile(file: string, sensor: string, take: Taker, pipe: Pipe, io: Io): Promise<void> {
  const reader = createEventReader({ sensor, connectors, onEvent: take.event })
  const path = file === '-' || isAbsolute(file) ? file : join(io.cwd, file)
  for await (const portion of openEvents(path, { stdin: io.stdin })) {
    reader.push(portion)
    take.flush()
    if (pipe.isClosed()) return
  }
  reader.end()
  take.flush()
}

function printer(file: string, wanted: ReadonlySet<Class>, redactor: Redactor, io: Io): Taker {
  let lines: string[] = []
  return {
    event(event) {
      if (wanted.has(event.reading.class)) lines.push(JSON.stringify(printed(file, event, redactor)))
    },
    flush() {
      if (lines.length > 0) io.out(lines.join('\n'))
      lines = []
    },
  }
}

function printed(file: string, { line, reading, event }: ReadEvent, redactor: Redactor): object {
  const { class: kind, sensor } = reading
  const head = { file, line, class: kind, sensor, facts: event === null ? {} : factsOf(event, sensor, redactor) }
  if (reading.class === 'ignored' || reading.class === 'malformed') return { ...head, reason: reading.reason }
  return reading.class === 'health' || reading.act === null ? head : { ...head, finding: redactor.act(reading.act).act }
}

function factsOf(event: JsonObject, sensor: string | null, redactor: Redactor): object {
  const connector = connectors.find((candidate) => candidate.sensor === sensor)
  const facts = Object.entries(connector?.facts(event) ?? {})
  return Object.fromEntries(facts.map(([key, value]) => [key, typeof value === 'string' ? redactor.text(value).text : value]))
}

/** File → class or class and reason → how many. */
type Counts = Map<string, Map<string, number>>

function counter(file: string, wanted: ReadonlySet<Class>, counts: Counts): Taker {
  const ofFile = counts.get(file) ?? new Map<string, number>()
  counts.set(file, ofFile)
  return {
    event({ reading }) {
      if (!wanted.has(reading.class)) return
      const reason = 'reason' in reading ? reading.reason : ''
      const key = [reading.class, reading.sensor ?? '-', reason].join('\t')
      ofFile.set(key, (ofFile.get(key) ?? 0) + 1)
    },
    flush: () => {},
  }
}

function summaryOf(counts: Counts): readonly string[] {
  const rows = [...counts].flatMap(([file, ofFile]) => {
    if (ofFile.size === 0) return [[file, '-', '-', '0', '']]
    return [...ofFile].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)).map(([key, count]) => rowOf(file, key, count))
  })
  return table(['file', 'class', 'sensor', 'events', 'reason'], rows)
}

function rank(key: string): number {
  return classes.findIndex((name) => key.startsWith(`${name}\t`))
}

function rowOf(file: string, key: string, count: number): readonly string[] {
  const [kind = '', sensor = '', reason = ''] = key.split('\t')
  return [file, kind, sensor, String(count), reason]
}

type Pipe = { readonly isClosed: () => boolean; readonly release: () => void }

/** `runproof events … | head`: the reader has seen enough, which is no error. */
function watchPipe(): Pipe {
  let closed = false
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error
    closed = true
  }
  process.stdout.on('error', onError)
  return {
    isClosed: () => closed,
    // A write that was under way may still fail after the command has ended.
    release: () => void (closed || process.stdout.off('error', onError)),
  }
}
