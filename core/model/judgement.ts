import * as z from 'zod/mini'
import { actions } from './act.ts'
import { severities } from './severity.ts'
import { InstantSchema, WindowSchema } from './window.ts'

/** What `judge` says. Schemas, because a verifier reads it back from a report that it does not trust yet. */
export const controlVerdicts = ['pass', 'fail', 'waived', 'review', 'inconclusive', 'not_applicable'] as const
export type ControlVerdict = (typeof controlVerdicts)[number]
export const windowVerdicts = ['pass', 'fail', 'review', 'inconclusive'] as const
export type WindowVerdict = (typeof windowVerdicts)[number]

const text = z.string().check(z.maxLength(8192))
const nullable = z.nullable(text)
const count = z.int().check(z.gte(0))
const fingerprintForm = /^rpf1:[0-9a-f]{64}$/
const Fingerprint = z.string().check(z.regex(fingerprintForm))
/** A hundred thousand of them are read in a third of the time when no schema looks at each. */
const Fingerprints = z.custom<string[]>(Array.isArray, 'must be a list of fingerprints').check((list) => {
  const at = list.value.findIndex((item) => typeof item !== 'string' || !fingerprintForm.test(item))
  if (at >= 0) list.issues.push({ code: 'custom', input: list.value[at], path: [at], message: 'must be a fingerprint' })
})

/** Why: the gate's rule, the numbers it compared, and the findings behind it. */
export const ReasonSchema = z.strictObject({
  code: text,
  message: text,
  rule: text,
  numbers: z.record(text, z.union([z.number(), text])),
  findings: Fingerprints,
})
export type Reason = Readonly<z.infer<typeof ReasonSchema>>

export const SampleSchema = z.strictObject({
  at: nullable,
  digest: text,
  node: nullable,
  pod: nullable,
  container: nullable,
  image: nullable,
  pid: z.nullable(z.number()),
  uid: z.nullable(z.number()),
  commandLine: z.nullable(z.string().check(z.maxLength(16_384))),
  ancestors: z.array(text),
  tags: z.array(text),
  redacted: count,
})

export const TargetSchema = z.union([
  z.strictObject({ type: z.enum(['binary', 'path']), path: text, partial: z.boolean() }),
  z.strictObject({
    type: z.literal('address'),
    address: nullable,
    name: nullable,
    port: z.nullable(z.int()),
    protocol: nullable,
    direction: z.enum(['out', 'in', 'listen']),
  }),
  z.strictObject({ type: z.enum(['capability', 'syscall', 'resource', 'state']), name: text }),
])

export const IdentitySchema = z.strictObject({
  application: text,
  environment: text,
  cluster: nullable,
  namespace: nullable,
  workload: nullable,
  action: z.nullable(z.enum(actions)),
  executable: nullable,
  target: z.nullable(TargetSchema),
})

/** A behaviour that a control speaks about, or (`control` null) a detection that none does. */
export const FindingSchema = z.strictObject({
  control: nullable,
  fingerprint: Fingerprint,
  identity: IdentitySchema,
  /** Declared workloads that it concerns: more than one where it could not be attributed. */
  workloads: z.array(text),
  attributed: z.boolean(),
  /** How it violates: a mapped detection, a deny list, or nothing on the allow list. */
  because: z.enum(['evidence', 'denied', 'not_allowed', 'unmapped']),
  severity: z.enum(severities),
  confidence: z.number().check(z.gte(0), z.lte(1)),
  /** False: it carries no believable time. */
  placed: z.boolean(),
  /** The control's own exception that covers it, in the words of its reason. */
  excepted: nullable,
  /** Ids of the waivers in force that cover it. */
  waivedBy: z.array(text),
  /** Ids of the decisions by which people confirmed that it is a violation; its confidence is then 1. */
  confirmedBy: z.exactOptional(z.array(text)),
  /** Ids of the waivers that would cover it if a second person had signed them. */
  awaitsSecondPerson: z.exactOptional(z.array(text)),
  recurrence: z.enum(['new', 'recurring', 'returned']),
  count,
  first: nullable,
  last: nullable,
  /** sensor → rules that saw it; a plain observation has no rule. */
  sensors: z.array(z.strictObject({ sensor: text, rules: z.array(text), count })),
  effects: z.strictObject({ prevented: count, terminated: count, observed: count, unknown: count }),
  samples: z.array(SampleSchema),
})
export type Finding = Readonly<z.infer<typeof FindingSchema>>

export const coverageStates = ['observed', 'degraded', 'silent', 'out_of_scope'] as const
export type CoverageState = (typeof coverageStates)[number]

/** Minutes in a row in one state, `[from, to)`. `why` is empty where the state is `observed`. */
export const RunSchema = z.strictObject({
  state: z.enum(coverageStates),
  from: InstantSchema,
  to: InstantSchema,
  why: z.array(text),
})
export type Run = Readonly<z.infer<typeof RunSchema>>

const Totals = z.strictObject({ population: count, observed: count, degraded: count, silent: count, outOfScope: count })
export type CoverageTotals = Readonly<z.infer<typeof Totals>>

/** One sensor on one node over the whole window. */
export const InstanceCoverageSchema = z.strictObject({
  sensor: text,
  node: nullable,
  required: z.boolean(),
  version: nullable,
  policies: z.record(text, text),
  beats: count,
  dropped: count,
  restarts: count,
  runs: z.array(RunSchema),
})
export type InstanceCoverage = Readonly<z.infer<typeof InstanceCoverageSchema>>

/** What one required sensor saw of one workload, in minutes, for one control. */
export const WatchedSchema = z.strictObject({
  workload: text,
  sensor: text,
  observed: count,
  degraded: count,
  silent: count,
  outOfScope: count,
  ratio: z.number(),
  minCoverage: z.number(),
  sufficient: z.boolean(),
})
export type Watched = Readonly<z.infer<typeof WatchedSchema>>

export const CoverageSchema = z.strictObject({
  minutes: count,
  /** Over every control × workload × required sensor × minute; the parts add up to the population, or there is no report. */
  totals: Totals,
  instances: z.array(InstanceCoverageSchema),
  /** Instances that reported without being required, beyond those that are listed. */
  unlisted: count,
})
export type Coverage = Readonly<z.infer<typeof CoverageSchema>>

export const ControlResultSchema = z.strictObject({
  id: text,
  title: text,
  behaviour: z.enum(actions),
  stage: z.enum(['observe', 'alert', 'enforce']),
  verdict: z.enum(controlVerdicts),
  verdictBeforeWaivers: z.enum(controlVerdicts),
  reasons: z.array(ReasonSchema),
  workloads: z.array(text),
  thresholds: z.strictObject({
    fail: z.strictObject({ count, severity: z.enum(severities), confidence: z.number() }),
    review: z.strictObject({ count, severity: z.enum(severities), confidence: z.number() }),
  }),
  counts: z.strictObject({ violations: count, excepted: count, waived: count, occurrences: count }),
  findings: Fingerprints,
  waivedBy: z.array(text),
  frameworks: z.record(text, z.array(text)),
  watched: z.array(WatchedSchema),
})
export type ControlResult = Readonly<z.infer<typeof ControlResultSchema>>

const SignerSchema = z.strictObject({ name: text, keyId: text })

/** `needs_second_person`: it is in force, and findings in its scope are not covered because one person alone signed it. */
export const waiverStates = [
  'active',
  'not_yet',
  'expired',
  'revoked',
  'control_changed',
  'other_scope',
  'other_window',
  'unknown_control',
  'self_approved',
  'needs_second_person',
] as const
export type WaiverState = (typeof waiverStates)[number]

export const WaiverUseSchema = z.strictObject({
  id: text,
  control: text,
  digest: text,
  state: z.enum(waiverStates),
  reason: text,
  compensatingControl: text,
  requestedBy: text,
  signedBy: SignerSchema,
  /** Everybody who signed it, by key; there when more than one did. */
  signers: z.exactOptional(z.array(SignerSchema)),
  /** The one window that it is for. */
  window: z.exactOptional(text),
  revoked: z.exactOptional(z.strictObject({ by: SignerSchema, at: InstantSchema, reason: text })),
  notBefore: InstantSchema,
  expires: InstantSchema,
  findings: Fingerprints,
})
export type WaiverUse = Readonly<z.infer<typeof WaiverUseSchema>>

export const confirmationStates = [
  'counted',
  'not_yet',
  'control_changed',
  'other_scope',
  'other_window',
  'unknown_control',
  'self_approved',
] as const

/** A person's word that findings of this window are violations, and whether it counts. */
export const ConfirmationUseSchema = z.strictObject({
  id: text,
  control: text,
  digest: text,
  state: z.enum(confirmationStates),
  reason: text,
  requestedBy: nullable,
  signedBy: SignerSchema,
  decidedAt: InstantSchema,
  findings: Fingerprints,
})
export type ConfirmationUse = Readonly<z.infer<typeof ConfirmationUseSchema>>

/**
 * A behaviour that the previous window found and this one did not. `watched`: whoever had to watch its workloads for its controls did,
 * well enough for these to pass. Where it is false, that nothing was seen says nothing.
 */
export const GoneSchema = z.strictObject({ fingerprint: Fingerprint, watched: z.boolean() })
export type Gone = Readonly<z.infer<typeof GoneSchema>>

/** The steps of the procedure in their order, each with the digest of its canonical output. */
export const stepNames = ['match', 'cover', 'waive', 'gate'] as const
export const StepSchema = z.strictObject({ name: z.enum(stepNames), digest: text })

export const JudgementSchema = z.strictObject({
  procedure: z.literal('rpj1'),
  window: WindowSchema,
  evaluatedAt: InstantSchema,
  verdict: z.enum(windowVerdicts),
  verdictBeforeWaivers: z.enum(windowVerdicts),
  reasons: z.array(ReasonSchema),
  controls: z.array(ControlResultSchema),
  findings: z.array(FindingSchema),
  /** What the previous window found and this one did not. Absence is not remediation: see {@link GoneSchema}. */
  gone: z.array(GoneSchema),
  waivers: z.array(WaiverUseSchema),
  /** There when people confirmed anything for this window. */
  confirmations: z.exactOptional(z.array(ConfirmationUseSchema)),
  coverage: CoverageSchema,
  tally: z.record(text, count),
  steps: z.array(StepSchema),
})
export type Judgement = Readonly<z.infer<typeof JudgementSchema>>
