import { accesses, actions, effects, type Target } from '../model/act.ts'
import type { Behaviour, Identity, Sample, Sighting } from '../model/behaviour.ts'
import type { Recurrence } from '../model/sealed.ts'
import { severities } from '../model/severity.ts'
import { eventTime, type EventTime, type Minute } from '../model/time.ts'
import type { RuleTallies, Watch } from '../model/watch.ts'
import { CanonicalReader, MAX_NAME as TEXT, OTHER_FORM, type LastNames } from '../proof/canonical.ts'
import { lineLimits } from './evidence.ts'
import { fingerprint as fingerprintOf } from './fingerprint.ts'
import { sightingKey } from './merge.ts'
import { OneSighting } from './one-sighting.ts'
import { ReadBehaviour } from './read-behaviour.ts'
import { isFewRules } from './rule-counts.ts'

/** What a line of one of the kinds that come by the hundred thousand says. */
export type ManyLine =
  | { readonly kind: 'behaviour'; readonly behaviour: Behaviour }
  | { readonly kind: 'watch'; readonly signal: Watch }
  | { readonly kind: 'history'; readonly fingerprint: string; readonly recurrence: Recurrence }

/**
 * Reads the line at which the reader stands when it is a behaviour, a beat or what was known of a fingerprint, canonical and of its form:
 * just what `readLine` would make of it, in a tenth of the time. Null for any other line, also for a good one of another kind; then the
 * reader stands where it stood. A test holds the two to each other.
 */
export function readManyLine(reader: LineReader): ManyLine | null {
  const { at } = reader
  try {
    const line = lineOf(reader)
    if (reader.at < reader.text.length && reader.text.charCodeAt(reader.at) !== NEWLINE) throw OTHER_FORM
    return line
  } catch (error) {
    if (error !== OTHER_FORM) throw error
    reader.at = at
    return null
  }
}

/** Stands in a text of many lines and remembers what they often repeat. */
export class LineReader extends CanonicalReader {
  readonly ancestors: LastNames = { written: '', names: [] }
  readonly tags: LastNames = { written: '', names: [] }
  /** So many lines are read that a behaviour which was seen in one way alone gets a smaller map of its sightings. */
  readonly isForMany: boolean
  /** Stands in samples that are read again. */
  #samples: LineReader | null = null

  constructor(isForMany = false) {
    super()
    this.isForMany = isForMany
  }

  /** The samples that this text says; it must have been read before. */
  readonly samplesOf = (written: string): readonly Sample[] => {
    this.#samples ??= new LineReader()
    this.#samples.turnTo(written)
    return this.#samples.list(sample)
  }
}

const NEWLINE = 0x0a
const { commandLine: COMMAND_LINE } = lineLimits
/** Written as they are in JSON, so that one look-up checks the word and finds it. */
const spelled = <T>(words: readonly T[]): ReadonlyMap<string, T> => new Map(words.map((word) => [JSON.stringify(word), word]))
const words = {
  action: spelled([...actions, null]),
  access: spelled([...accesses, null]),
  class: spelled(['detection', 'observation'] as const),
  effect: spelled(effects),
  severity: spelled([...severities, null]),
  place: spelled(['binary', 'path'] as const),
  direction: spelled(['out', 'in', 'listen'] as const),
  named: spelled(['capability', 'syscall', 'resource', 'state'] as const),
  signal: spelled(['health', 'activity'] as const),
}
const [PRINT_UNITS, TIME_UNITS] = [69, 30]
const minuteForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/
const digestForm = /^[0-9a-f]{64}$/
const fingerprintForm = /^rpf1:[0-9a-f]{64}$/

function lineOf(reader: LineReader): ManyLine {
  if (reader.takes('{"fingerprint":')) return { kind: 'behaviour', behaviour: behaviour(reader) }
  if (reader.takes('{"kind":"watch","signal":{"count":')) return { kind: 'watch', signal: beat(reader) }
  reader.expect('{"controls":')
  return history(reader)
}

function behaviour(reader: LineReader): Behaviour {
  const fingerprint = reader.units(PRINT_UNITS)
  reader.expect(',"identity":')
  const identityAt = reader.at
  reader.expect('{"action":')
  const identity = identityOf(reader)
  const identityText = reader.text.slice(identityAt, reader.at)
  // Whoever has the fingerprint of the identity also has its form.
  const named = fingerprintOf(identity)
  if (named !== fingerprint) throw OTHER_FORM
  reader.expect(',"kind":"behaviour","samples":')
  const samplesAt = reader.at
  if (!reader.skips(plainSamples, TEXT)) reader.list(sample)
  const samplesText = reader.text.slice(samplesAt, reader.at)
  reader.expect(',"sightings":')
  const sightings = sightingsOf(reader)
  reader.expect('}')
  // A text of its own is compared and looked up faster than a piece of a larger one.
  return new ReadBehaviour({ fingerprint: named, identity, sightings, identityText, samplesText }, reader.samplesOf)
}

function identityOf(reader: LineReader): Identity {
  const action = reader.oneOf(words.action)
  reader.expect(',"application":')
  const application = reader.name()
  reader.expect(',"cluster":')
  const cluster = reader.nameOrNull()
  reader.expect(',"environment":')
  const environment = reader.name()
  reader.expect(',"executable":')
  const executable = reader.nameOrNull()
  reader.expect(',"namespace":')
  const namespace = reader.nameOrNull()
  reader.expect(',"target":')
  const target = targetOf(reader)
  reader.expect(',"workload":')
  const workload = reader.nameOrNull()
  reader.expect('}')
  return { application, environment, cluster, namespace, workload, action, executable, target }
}

function targetOf(reader: LineReader): Target | null {
  if (reader.takes('null')) return null
  if (reader.takes('{"partial":')) {
    const partial = reader.boolean()
    reader.expect(',"path":')
    const path = reader.string(TEXT)
    reader.expect(',"type":')
    const type = reader.oneOf(words.place)
    reader.expect('}')
    return { type, path, partial }
  }
  if (reader.takes('{"address":')) return addressOf(reader)
  reader.expect('{"name":')
  const name = reader.name()
  reader.expect(',"type":')
  const type = reader.oneOf(words.named)
  reader.expect('}')
  return { type, name }
}

function addressOf(reader: LineReader): Target {
  const address = reader.nameOrNull()
  reader.expect(',"direction":')
  const direction = reader.oneOf(words.direction)
  reader.expect(',"name":')
  const name = reader.nameOrNull()
  reader.expect(',"port":')
  const port = reader.takes('null') ? null : reader.integer(Number.MIN_SAFE_INTEGER)
  reader.expect(',"protocol":')
  const protocol = reader.nameOrNull()
  reader.expect(',"type":"address"}')
  return { type: 'address', address, name, port, protocol, direction }
}

/** What `sample` reads, as most samples are: nothing but plain ASCII, with no escape but those of quotes and white space. */
const plainSamples = ((): RegExp => {
  const text = String.raw`"[ !#-[\]-~]*(?:\\["\\nrt][ !#-[\]-~]*)*"`
  const [orNull, list, number] = [`(?:null|${text})`, String.raw`\[(?:${text}(?:,${text})*)?\]`, '(?:0|[1-9][0-9]{0,14})']
  const sample =
    `{"ancestors":${list},"at":${orNull},"commandLine":${orNull},"container":${orNull},"digest":${text},"image":${orNull},` +
    `"node":${orNull},"pid":(?:null|${number}),"pod":${orNull},"redacted":${number},"tags":${list},"uid":(?:null|${number})}`
  const escaped = sample.replaceAll(/^\{|\}$/g, String.raw`\$&`)
  return new RegExp(String.raw`\[(?:${escaped}(?:,${escaped})*)?\]`, 'y')
})()

function sample(reader: LineReader): Sample {
  reader.expect('{"ancestors":')
  const ancestors = reader.names(reader.ancestors)
  reader.expect(',"at":')
  const at = reader.stringOrNull(TEXT)
  reader.expect(',"commandLine":')
  const commandLine = reader.stringOrNull(COMMAND_LINE)
  reader.expect(',"container":')
  const container = reader.stringOrNull(TEXT)
  reader.expect(',"digest":')
  const digest = reader.string(TEXT)
  reader.expect(',"image":')
  const image = reader.nameOrNull()
  reader.expect(',"node":')
  const node = reader.nameOrNull()
  reader.expect(',"pid":')
  const pid = reader.takes('null') ? null : reader.number()
  reader.expect(',"pod":')
  const pod = reader.stringOrNull(TEXT)
  reader.expect(',"redacted":')
  const redacted = reader.integer(0)
  reader.expect(',"tags":')
  const tags = reader.names(reader.tags)
  reader.expect(',"uid":')
  const uid = reader.takes('null') ? null : reader.number()
  reader.expect('}')
  return { at, digest, node, pod, container, image, pid, uid, commandLine, ancestors, tags, redacted }
}

/** At least one, in the order of their keys. */
function sightingsOf(reader: LineReader): Behaviour['sightings'] {
  reader.expect('[')
  const first = sighting(reader)
  const isOnly = reader.takes(']')
  if (isOnly && reader.isForMany) return new OneSighting(first)
  let before = sightingKey(first)
  const sightings = new Map([[before, first]])
  if (isOnly) return sightings
  reader.expect(',')
  do {
    const each = sighting(reader)
    const key = sightingKey(each)
    if (key <= before) throw OTHER_FORM
    sightings.set(key, each)
    before = key
  } while (reader.takes(','))
  reader.expect(']')
  return sightings
}

function sighting(reader: LineReader): Sighting {
  reader.expect('{"access":')
  const access = reader.oneOf(words.access)
  reader.expect(',"actionTaken":')
  const actionTaken = reader.nameOrNull()
  reader.expect(',"class":')
  const kind = reader.oneOf(words.class)
  reader.expect(',"confidence":')
  const confidence = reader.number()
  if (confidence < 0 || confidence > 1) throw OTHER_FORM
  reader.expect(',"count":')
  const count = reader.integer(1)
  reader.expect(',"effect":')
  const effect = reader.oneOf(words.effect)
  reader.expect(',"first":')
  const first = time(reader, null)
  reader.expect(',"last":')
  const last = time(reader, first)
  reader.expect(',"minute":')
  const minute = reader.takes('null') ? null : minuteOf(reader)
  reader.expect(',"rule":')
  const rule = reader.nameOrNull()
  reader.expect(',"sensor":')
  const sensor = reader.name()
  reader.expect(',"severity":')
  const severity = reader.oneOf(words.severity)
  reader.expect(',"toKill":')
  const toKill = reader.takes('null') ? null : ofForm(reader, digestForm)
  reader.expect('}')
  return { class: kind, sensor, rule, severity, confidence, effect, access, actionTaken, toKill, minute, count, first, last }
}

/** `known` was read already: most behaviours are seen once in a minute, and so have one time twice. */
function time(reader: LineReader, known: EventTime | null): EventTime | null {
  if (reader.takes('null')) return null
  const read = reader.units(TIME_UNITS)
  if (read === known) return known
  if (eventTime(read) !== read) throw OTHER_FORM
  return read
}

function ofForm(reader: LineReader, form: RegExp): string {
  const read = reader.string(TEXT)
  if (!form.test(read)) throw OTHER_FORM
  return read
}

function minuteOf(reader: LineReader): Minute {
  const read = reader.name()
  if (!minuteForm.test(read)) throw OTHER_FORM
  return read
}

function name(reader: LineReader): string {
  return reader.name()
}

function beat(reader: LineReader): Watch {
  const count = reader.integer(0)
  reader.expect(',"detections":')
  const detections = reader.integer(0)
  reader.expect(',"first":')
  const first = time(reader, null)
  reader.expect(',"kind":"beat","last":')
  const last = time(reader, first)
  if (first === null || last === null) throw OTHER_FORM
  reader.expect(',"minute":')
  const minute = minuteOf(reader)
  reader.expect(',"node":')
  const node = reader.nameOrNull()
  const rules = reader.takes(',"rules":{') ? rulesOf(reader) : null
  reader.expect(',"sensor":')
  const sensor = reader.name()
  reader.expect(',"signal":')
  const signal = reader.oneOf(words.signal)
  reader.expect('}}')
  const read = { sensor, node, kind: 'beat', signal, minute, first, last, count, detections } as const
  return rules === null ? read : { ...read, rules }
}

/** At least one, in the order of their names. */
function rulesOf(reader: LineReader): RuleTallies {
  const rules: [string, number][] = []
  let before: string | null = null
  do {
    const rule = reader.name()
    if ((before !== null && rule <= before) || rule === '__proto__') throw OTHER_FORM
    before = rule
    reader.expect(':')
    rules.push([rule, reader.integer(1)])
  } while (reader.takes(','))
  reader.expect('}')
  if (!isFewRules(rules.length)) throw OTHER_FORM
  return Object.fromEntries(rules)
}

function history(reader: LineReader): ManyLine {
  const controls = reader.list(name)
  reader.expect(',"fingerprint":')
  const fingerprint = ofForm(reader, fingerprintForm)
  reader.expect(',"firstWindow":')
  const firstWindow = reader.string(TEXT)
  reader.expect(',"kind":"history","lastWindow":')
  const lastWindow = reader.string(TEXT)
  reader.expect(',"windows":')
  const windows = reader.integer(0)
  reader.expect(',"workloads":')
  const workloads = reader.list(name)
  reader.expect('}')
  return { kind: 'history', fingerprint, recurrence: { firstWindow, lastWindow, windows, controls, workloads } }
}
