import type { Act, Subject } from '../../core/model/act.ts'
import { eventTime, type EventTime } from '../../core/model/time.ts'
import type { Watch } from '../../core/model/watch.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import type { JsonObject } from '../sensors/connector.ts'
import { builtIn } from '../sensors/redact.ts'
import { ruleOf, stateName } from '../sensors/report/identity.ts'
import { checkTags, severityOfWord } from '../sensors/report/words.ts'
import { valueText } from '../sensors/report/value.ts'
import { actRecord, watchRecord } from '../sensors/runproof/record.ts'
import { clip, clipAll, nobody } from '../sensors/subject.ts'
import type { Target } from './model/fact.ts'
import type { Suite } from './model/resource.ts'
import type { Result } from './model/result.ts'
import { isGoList, isGoMap, isGoTime, type GoMap, type GoValue } from './model/value.ts'

/** The sensor that state checks are, unless a run has a name of its own: what is due hourly and what is due daily are two sensors. */
export const STATE_SENSOR = 'state'

/** One run of one suite on one target. `results` have their secrets masked already. */
export type StateRun = {
  readonly sensor: string
  readonly target: Target
  /** Whose state it is beyond the host, where the user said so. */
  readonly subject: Partial<Subject>
  readonly startedAt: string
  readonly endedAt: string
  readonly results: readonly Result[]
  readonly sources: Suite['sources']
  readonly version: string
  readonly grading?: Grading
}

/** What a policy says of all of its checks. */
export type Grading = {
  /** Of checks whose author names none; null: the usual one. */
  readonly severity: Act['severity']
  readonly confidence: number
  /** What to do about checks whose author does not say. */
  readonly remediation: string | null
  readonly tags: readonly string[]
}

/** A run that could not be: the host was not reached, the gossfile could not be read. */
export type FailedRun = Pick<StateRun, 'sensor' | 'target'> & { readonly at: string; readonly why: string }

const NAMED_ERRORS = 5
const ERROR_WORDS = 160
/** What a snapshot may name; a suite of more files is named by its digest alone. */
const MOST_SOURCES = 200

/**
 * A run as canonical records (docs/formats/canonical-record.md), one line each. A check that fails is a detection, one that passes an
 * observation without an action; what was skipped is neither. Only a run that judged every check ends with the snapshot that is its sign of life; any other
 * ends with a fault that says what could not be judged and lasts until the next run.
 */
export function recordsOf(run: StateRun): readonly string[] {
  const acts = run.results.flatMap((result) => {
    const kind = result.outcome === 'fail' ? 'detection' : result.outcome === 'pass' ? 'observation' : null
    return kind === null ? [] : [actRecord(actOf(run, result, kind))]
  })
  const errors = run.results.filter(({ outcome }) => outcome === 'error')
  return [...acts, watchRecord(errors.length === 0 ? counters(run) : faultOf(run, errors))]
}

/** What a run that did not happen leaves behind: a fault, and no sign of life. */
export function failureRecord({ sensor, target, at, why }: FailedRun): string {
  return watchRecord({ ...instanceOf(sensor, target), kind: 'fault', at: timeOf(at), what: clean(why), lasting: true })
}

/** The digest of a whole suite: SHA-256 over the digests of its files, one a line, in the order in which they were read. */
export function suiteDigest(sources: Suite['sources']): string {
  return sha256Hex(sources.map(({ sha256 }) => `${sha256}\n`).join(''))
}

/** The name by which `evidence` speaks of a result. */
export function ruleOfResult({ resource, id, property }: Result): { readonly rule: string; readonly tags: readonly string[] } {
  return ruleOf(metaOf(resource.meta), resource.title === '' ? null : resource.title, stateName(resource.type, id, property))
}

/** What to do where the check fails, as its author wrote it; null: nothing. */
export function remediationOf({ resource }: Result): string | null {
  return textIn(resource.attributes, 'remediation') ?? textIn(resource.meta, 'remediation') ?? textIn(resource.meta, 'fix')
}

/** How bad a failure of the check is, in its author's words, else in its policy's; high where nobody says. */
export function severityOfResult({ resource }: Result, ofPolicy: Act['severity'] = null): NonNullable<Act['severity']> {
  return severityOfWord(textIn(resource.attributes, 'severity') ?? textIn(resource.meta, 'severity')) ?? ofPolicy ?? 'high'
}

/** A value of a gossfile or of a host on one line, as JSON where it is no text. */
export function wordsOf(value: GoValue | undefined): string | null {
  return value === undefined || value === null ? null : valueText(plain(value))
}

function actOf(run: StateRun, result: Result, kind: Act['class']): Act {
  const { matcher, resource, id, property } = result
  const { rule, tags } = ruleOfResult(result)
  // Ids, and rules where they have no title, hold addresses with passwords and whole command lines.
  const isFailed = kind === 'detection'
  const words = {
    title: resource.title,
    expected: isFailed ? [matcher.message, wordsOf(matcher.expected)].filter(Boolean).join(' ') : null,
    actual: isFailed ? wordsOf(matcher.actual) : null,
    remediation: isFailed ? (remediationOf(result) ?? run.grading?.remediation ?? null) : null,
  }
  return {
    class: kind,
    sensor: run.sensor,
    rule: clip(clean(rule)),
    at: timeOf(result.endedAt),
    // What holds is no act that a list could speak against, and no occurrence of the failure: it is a behaviour of its own.
    action: isFailed ? 'state' : null,
    target: { type: 'state', name: clip(clean(stateName(resource.type, id, property))) },
    access: null,
    subject: subjectOf(run),
    severity: severityOfResult(result, run.grading?.severity),
    confidence: run.grading?.confidence ?? 1,
    effect: 'observed',
    actionTaken: null,
    tags: clipAll([...checkTags(words), ...tags, ...(run.grading?.tags ?? [])].map(clean)),
  }
}

/** Hosts are instances of their own. Containers and pods come and go: none of them is missed by its name. */
function instanceOf(sensor: string, { id, transport }: Target): { readonly sensor: string; readonly node: string | null } {
  return { sensor, node: transport === 'local' || transport === 'ssh' ? id : null }
}

function subjectOf({ sensor, target, subject }: StateRun): Subject {
  const { node } = instanceOf(sensor, target)
  return { ...nobody, ...insideOf(target), ...subject, node }
}

/** `docker://shop`, `kubectl://shop/payments-0/app`. */
function insideOf({ transport, address }: Target): Partial<Subject> {
  const [first = '', second = '', third = ''] = address.slice(address.indexOf('://') + 3).split('/')
  const named = (text: string): string | null => (text === '' ? null : text)
  switch (transport) {
    case 'local':
    case 'ssh':
      return { onHost: true }
    case 'docker':
    case 'podman':
      return { onHost: false, container: named(first) }
    case 'kubectl':
      return { onHost: false, namespace: named(first), pod: named(second), container: named(third) }
  }
}

function counters(run: StateRun): Extract<Watch, { kind: 'counters' }> {
  return {
    ...instanceOf(run.sensor, run.target),
    kind: 'counters',
    at: timeOf(run.endedAt),
    // A run is no process that was restarted: it loads its checks anew.
    startedAt: null,
    reloadedAt: timeOf(run.startedAt),
    version: run.version,
    received: null,
    dropped: null,
    undelivered: null,
    matched: null,
    policies: policiesOf(run.sources),
  }
}

function policiesOf(sources: Suite['sources']): Readonly<Record<string, string>> {
  const named = sources.length > MOST_SOURCES ? [] : sources.map(({ path, sha256 }) => [path, sha256] as const)
  return sources.length === 0 ? {} : Object.fromEntries([...named, ['suite', suiteDigest(sources)]])
}

function faultOf(run: StateRun, errors: readonly Result[]): Extract<Watch, { kind: 'fault' }> {
  const named = errors.slice(0, NAMED_ERRORS).map((result) => {
    const { resource, id, property, error } = result
    return `${stateName(resource.type, id, property)} (${clip(error ?? 'no reason', ERROR_WORDS)})`
  })
  const left = errors.length - named.length
  const what = `${errors.length} of ${run.results.length} checks could not be judged: ${named.join('; ')}${left > 0 ? `; and ${left} more` : ''}`
  return { ...instanceOf(run.sensor, run.target), kind: 'fault', at: timeOf(run.endedAt), what: clean(what), lasting: true }
}

/** Values are masked before; what stands in names and errors is looked through by the rules that every sensor's words go through. */
export function clean(text: string): string {
  return clip(builtIn.text(text).text)
}

/** Times are of our own clock. */
function timeOf(text: string): EventTime {
  const time = eventTime(text)
  if (time === null) throw new RangeError(`not a time of a run: ${text}`)
  return time
}

function textIn(map: GoMap | null, key: string): string | null {
  const value = map?.get(key)
  return typeof value === 'string' && value.trim() !== '' ? value : null
}

function metaOf(meta: GoMap | null): JsonObject | null {
  return meta === null ? null : (plain(meta) as JsonObject)
}

type Plain = JsonObject[string]

function plain(value: GoValue): Plain {
  if (isGoMap(value)) return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]))
  if (isGoList(value)) return value.map((item) => plain(item)) as Plain
  if (value !== null && typeof value === 'object' && isGoTime(value)) return value.text
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}
