import * as z from 'zod/mini'
import { accesses, effects } from '../model/act.ts'
import { BlindSpotsSchema } from '../model/blind-spots.ts'
import { RunproofError } from '../model/errors.ts'
import { IdentitySchema, SampleSchema } from '../model/judgement.ts'
import { ManifestSchema } from '../model/manifest.ts'
import { PROCEDURE } from '../model/sealed.ts'
import { severities } from '../model/severity.ts'
import { eventTime } from '../model/time.ts'
import { WindowSchema } from '../model/window.ts'
import type { JsonValue } from '../proof/jcs.ts'
import { fingerprint as fingerprintOf } from './fingerprint.ts'
import { isFewRules } from './rule-counts.ts'

/** In UTF-16 units. The form of a line is written twice: here, and in `canonical-line.ts` for what comes by the hundred thousand. */
export const lineLimits = { text: 8192, commandLine: 16_384 } as const

const text = z.string().check(z.maxLength(lineLimits.text))
const nullable = z.nullable(text)
const count = z.int().check(z.gte(0))
const figure = z.nullable(z.number().check(z.gte(0)))
const Fingerprint = z.string().check(z.regex(/^rpf1:[0-9a-f]{64}$/))
const Digest = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const EventTime = z.string().check(z.refine((time) => eventTime(time) === time, 'must be a UTC time with nine digits'))
const Minute = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/))

const SightingSchema = z.strictObject({
  class: z.enum(['detection', 'observation']),
  sensor: text,
  rule: nullable,
  severity: z.nullable(z.enum(severities)),
  confidence: z.number().check(z.gte(0), z.lte(1)),
  effect: z.enum(effects),
  access: z.nullable(z.enum(accesses)),
  actionTaken: nullable,
  toKill: z.nullable(Digest),
  minute: z.nullable(Minute),
  count: z.int().check(z.gte(1)),
  first: z.nullable(EventTime),
  last: z.nullable(EventTime),
})

const Rules = z.exactOptional(
  z
    .record(text, z.int().check(z.gte(1)))
    .check(z.refine((rules) => isFewRules(Object.keys(rules).length), 'must name 1 to 256 rules')),
)

const instance = { sensor: text, node: nullable }
const WatchSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...instance,
    kind: z.literal('beat'),
    signal: z.enum(['health', 'activity']),
    minute: Minute,
    first: EventTime,
    last: EventTime,
    count,
    detections: count,
    rules: Rules,
  }),
  z.strictObject({
    ...instance,
    kind: z.literal('counters'),
    at: EventTime,
    startedAt: z.nullable(EventTime),
    reloadedAt: z.nullable(EventTime),
    version: nullable,
    received: figure,
    dropped: figure,
    undelivered: figure,
    matched: figure,
    rules: Rules,
    policies: z.record(text, text),
  }),
  z.strictObject({ ...instance, kind: z.literal('loss'), from: EventTime, to: EventTime, dropped: figure, received: figure }),
  z.strictObject({ ...instance, kind: z.literal('throttle'), at: EventTime, state: z.enum(['start', 'stop']), scope: nullable }),
  z.strictObject({ ...instance, kind: z.literal('fault'), at: EventTime, what: text, lasting: z.boolean() }),
  z.strictObject({ ...instance, kind: z.literal('end'), at: EventTime, process: Digest, signal: text }),
])

/** The lines of the evidence, in the order in which they are sealed. */
const LineSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sealed'),
    procedure: z.literal(PROCEDURE),
    window: WindowSchema,
    counts: z.strictObject({ history: count, watch: count, behaviours: count }),
  }),
  z.strictObject({ kind: z.literal('manifest'), manifest: ManifestSchema }),
  z.strictObject({ kind: z.literal('gate'), plan: z.unknown() }),
  z.strictObject({ kind: z.literal('blindSpots'), sensors: BlindSpotsSchema }),
  z.strictObject({ kind: z.literal('tally'), counts: z.record(text, count) }),
  z.strictObject({ kind: z.literal('facts'), previous: z.nullable(z.strictObject({ windowId: text, reportDigest: text })) }),
  z.strictObject({
    kind: z.literal('history'),
    fingerprint: Fingerprint,
    firstWindow: text,
    lastWindow: text,
    windows: count,
    controls: z.array(text),
    workloads: z.array(text),
  }),
  z.strictObject({ kind: z.literal('watch'), signal: WatchSchema }),
  z.strictObject({
    kind: z.literal('behaviour'),
    fingerprint: Fingerprint,
    identity: IdentitySchema,
    sightings: z.array(SightingSchema).check(z.minLength(1)),
    samples: z.array(SampleSchema),
  }),
])

type Parsed = z.infer<typeof LineSchema>
export type SealedLine = Exclude<Parsed, { kind: 'gate' }> | { readonly kind: 'gate'; readonly plan: JsonValue }

/**
 * One line of evidence. A behaviour must carry the fingerprint that its identity has: a renamed one would slip past its waiver or its
 * history.
 * @throws RunproofError `evidence.malformed`
 */
export function readLine(value: JsonValue): SealedLine {
  const parsed = LineSchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new RunproofError(
      'evidence.malformed',
      `not of its form at ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? ''}`,
    )
  }
  if (parsed.data.kind === 'behaviour' && fingerprintOf(parsed.data.identity) !== parsed.data.fingerprint) {
    throw new RunproofError('evidence.malformed', `the identity does not have the fingerprint ${parsed.data.fingerprint}`)
  }
  return parsed.data as SealedLine
}
