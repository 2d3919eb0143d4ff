import * as z from 'zod/mini'
import { actions, accesses } from './act.ts'
import { durationForm, durationMs } from './duration.ts'
import { severities } from './severity.ts'

/**
 * The manifest: what was promised. The schema fills no defaults in, because the digest is over what its author wrote;
 * `core/judge/resolve.ts` holds every default in one place.
 */
export const API_VERSION = 'runproof.dev/v1'

/** Sizes are chosen so that a manifest is a document a person can review; they also bound the work of judging. */
export const manifestLimits = { bytes: 1_048_576, controls: 500, workloads: 1000, patterns: 1000, nodes: 10_000 } as const

const labelForm = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const controlForm = /^[a-z0-9]([a-z0-9.-]{0,98}[a-z0-9])?$/
const policyForm = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,252}$/
const short = (max: number) => z.string().check(z.minLength(1), z.maxLength(max))
const label = short(63).check(z.regex(labelForm, 'must be lower-case letters, digits and dashes, like payments-api'))
const note = (about: string) => z.describe(about)

const Duration = z
  .string()
  .check(
    z.regex(durationForm, 'must be a duration like 30s, 5m, 24h or 7d'),
    z.describe('a whole number and a unit: 30s, 5m, 24h, 7d'),
  )
const between = (least: string, most: string) =>
  Duration.check(
    z.refine(
      (text) => !durationForm.test(text) || (durationMs(text) >= durationMs(least) && durationMs(text) <= durationMs(most)),
      `must be between ${least} and ${most}`,
    ),
  )
const wholeMinutes = z.refine<string>(
  (text) => !durationForm.test(text) || durationMs(text) % 60_000 === 0,
  'must be whole minutes: coverage is counted in minutes',
)
const Ratio = z.number().check(z.gte(0), z.lte(1))

/** Exact text, or a glob: `*` within one path segment, `**` across segments, `?` one character, `{a,b}` alternatives. */
const Pattern = short(4096)
const Patterns = z.array(Pattern).check(z.minLength(1), z.maxLength(manifestLimits.patterns))

const Destination = z
  .strictObject({
    cidr: z.optional(short(64).check(note('IP address or CIDR block, like 10.0.0.0/8 or 2001:db8::/32'))),
    dns: z.optional(short(255).check(note('host name or glob, like api.example.com or *.example.com'))),
    ports: z.optional(
      z
        .array(
          z.union([
            z.int().check(z.gte(0), z.lte(65535)),
            z.string().check(z.regex(/^\d{1,5}-\d{1,5}$/, 'must be a port or a range like 8000-8999')),
          ]),
        )
        .check(z.minLength(1), z.maxLength(100)),
    ),
    protocol: z.optional(z.enum(['tcp', 'udp'])),
    direction: z.optional(z.enum(['out', 'in', 'listen'])),
  })
  .check(
    z.refine(
      (d) => d.cidr !== undefined || d.dns !== undefined || d.ports !== undefined,
      'must name a cidr, a dns name or ports',
    ),
  )

/** What an act's target is compared with; a control uses the lists that fit its behaviour. */
const lists = {
  binaries: z.optional(Patterns.check(note('executables, for behaviour exec'))),
  paths: z.optional(Patterns.check(note('files, for behaviour open'))),
  access: z.optional(
    z
      .array(z.enum(accesses))
      .check(z.minLength(1), note('only these kinds of file access; a sensor that does not tell the kind always matches')),
  ),
  destinations: z.optional(
    z.array(Destination).check(z.minLength(1), z.maxLength(manifestLimits.patterns), note('for behaviour connect')),
  ),
  capabilities: z.optional(Patterns.check(note('for behaviour privilege_change'))),
  syscalls: z.optional(Patterns.check(note('for behaviour syscall or privilege_change'))),
  names: z.optional(Patterns.check(note('resource or state names, for those behaviours'))),
  by: z.optional(Patterns.check(note('only acts of these executables'))),
}
const Selection = z.strictObject(lists)
export type Selection = Readonly<z.infer<typeof Selection>>

const Exception = z.strictObject({
  ...lists,
  workloads: z.optional(Patterns),
  rules: z.optional(Patterns.check(note('sensor rule names'))),
  reason: short(2000).check(note('why this is accepted for as long as the control says so; for a limited time use a waiver')),
})
export type Exception = Readonly<z.infer<typeof Exception>>

const Threshold = z.strictObject({
  count: z.optional(z.int().check(z.gte(1), z.lte(1_000_000), note('distinct violating behaviours, default 1'))),
  severity: z.optional(z.enum(severities).check(note('least severity that counts, default low'))),
  confidence: z.optional(Ratio.check(note('least confidence that counts; default 0.8 to fail, 0 for review'))),
})

export const ControlSchema = z.strictObject({
  id: short(100).check(
    z.regex(controlForm, 'must be lower-case letters, digits, dots and dashes, like ns-payments.exec-deny.v2'),
  ),
  title: short(200),
  statement: z.optional(short(2000).check(note('the promise in words'))),
  owner: z.optional(short(200)),
  appliesTo: z.optional(
    z.strictObject({
      workloads: z.optional(Patterns.check(note('declared workload names or globs; default all'))),
      namespaces: z.optional(Patterns),
      classes: z.optional(z.array(z.enum(['kubernetes', 'vm', 'serverless'])).check(z.minLength(1))),
    }),
  ),
  behaviour: z.enum(actions),
  allow: z.optional(Selection.check(note('a non-empty allow list denies the rest'))),
  deny: z.optional(Selection.check(note('deny beats allow'))),
  except: z.optional(z.array(Exception).check(z.maxLength(manifestLimits.patterns))),
  evidence: z.optional(
    z.record(label, Patterns).check(note('sensor → rule or policy name globs whose detections violate this control')),
  ),
  sensors: z.optional(
    z
      .array(label)
      .check(z.minLength(1), z.maxLength(20), note('sensors that must have watched; default those named in evidence, else all')),
  ),
  window: z.optional(
    Duration.check(note('how far this control looks back from the end of the window; default just the window that is judged')),
  ),
  thresholds: z.optional(z.strictObject({ fail: z.optional(Threshold), review: z.optional(Threshold) })),
  severity: z.optional(z.enum(severities).check(note('overrides every sensor’s severity for this control'))),
  frameworks: z.optional(z.record(short(60), z.array(short(60)).check(z.minLength(1), z.maxLength(100)))),
  stage: z.optional(
    z.enum(['observe', 'alert', 'enforce']).check(note('how far it is rolled out; never softens a verdict; default observe')),
  ),
  remediation: z.optional(short(4000)),
})
export type Control = Readonly<z.infer<typeof ControlSchema>>

const Workload = z.strictObject({
  name: label,
  namespace: z.optional(label.check(note('Kubernetes namespace; required for class kubernetes'))),
  class: z.optional(z.enum(['kubernetes', 'vm', 'serverless']).check(note('default kubernetes'))),
  nodes: z.optional(
    z
      .array(short(253))
      .check(z.minLength(1), z.maxLength(manifestLimits.nodes), note('where it may run; default every node of the sensors')),
  ),
  podSelector: z.optional(z.record(short(317), short(63))),
})
export type Workload = Readonly<z.infer<typeof Workload>>

const RequiredSensor = z.strictObject({
  name: label,
  nodes: z.optional(
    z
      .array(short(253))
      .check(
        z.minLength(1),
        z.maxLength(manifestLimits.nodes),
        note('instances that must be watching; without it a node that never reported is not missed'),
      ),
  ),
  liveness: z.optional(
    z
      .enum(['heartbeat', 'activity'])
      .check(note('heartbeat needs the sensor’s own health lines; activity accepts any line; default heartbeat')),
  ),
  // 30 s is the least: then two beats that are close enough can never hide a gap inside one minute bucket.
  interval: z.optional(
    between('30s', '1h').check(note('expected time between liveness signals; twice this is a gap; default 5m')),
  ),
  maxDropRate: z.optional(Ratio.check(note('tolerated share of lost events; default 0'))),
  minCoverage: z.optional(Ratio.check(note('least share of the window that must be watched; default 1'))),
  policies: z.optional(
    z
      .record(
        z.string().check(z.regex(policyForm, 'must be a file name like falco_rules.yaml')),
        z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256, 64 lower-case hex digits')),
      )
      .check(
        z.refine((policies) => Object.keys(policies).length <= 100, 'must not name more than 100 files'),
        note(
          'rule or policy file → its SHA-256: while the sensor does not show that it has loaded just this, it counts as silent',
        ),
      ),
  ),
})
export type RequiredSensor = Readonly<z.infer<typeof RequiredSensor>>

const Due = between('1h', '365d')

const Approver = z.strictObject({
  name: short(200),
  key: short(1000).check(
    z.startsWith('-----BEGIN PUBLIC KEY-----', 'must be a P-256 public key in PEM form'),
    note('P-256 public key, PEM'),
  ),
  roles: z.optional(z.array(short(60)).check(z.maxLength(20))),
})

export const ManifestSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('AssuranceManifest'),
  metadata: z.strictObject({
    name: label,
    version: short(60).check(z.regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'must be a version like 1.4.0')),
    owner: short(200),
    description: z.optional(short(4000)),
    labels: z.optional(z.record(short(100), short(200))),
  }),
  scope: z.strictObject({
    application: label,
    environment: label,
    cluster: z.optional(short(253).check(note('name of the cluster, used where events do not carry one'))),
    workloads: z
      .array(Workload)
      .check(z.minLength(1), z.maxLength(manifestLimits.workloads), note('the population that coverage is counted over')),
  }),
  sensors: z.array(RequiredSensor).check(z.minLength(1), z.maxLength(50)),
  window: z.optional(
    z.strictObject({
      every: z.optional(between('1m', '31d').check(wholeMinutes, note('default 24h'))),
      offset: z.optional(Duration.check(wholeMinutes, note('shifts the window’s start from midnight UTC; default 0m'))),
      grace: z.optional(Duration.check(note('how long after its end a window waits for late events; default 10m'))),
    }),
  ),
  controls: z.array(ControlSchema).check(z.minLength(1), z.maxLength(manifestLimits.controls)),
  unmapped: z.optional(
    z
      .strictObject({
        severity: z.optional(z.enum(severities).check(note('from this severity on; default high'))),
        verdict: z.optional(z.enum(['review', 'fail', 'list']).check(note('default review'))),
      })
      .check(note('detections that no control speaks about')),
  ),
  blind: z.optional(
    z
      .enum(['inconclusive', 'fail'])
      .check(note('verdict of a control whose required sensors were blind beyond tolerance; default inconclusive')),
  ),
  review: z.optional(
    z
      .strictObject({
        twoPeopleFrom: z.optional(
          z
            .enum(severities)
            .check(
              note('from this severity on a waiver covers a finding only when two approvers signed it; default: one suffices'),
            ),
        ),
        cleanWindows: z.optional(
          z.int().check(z.gte(1), z.lte(100), note('watched windows without the finding that close its case; default 3')),
        ),
        due: z.optional(
          z
            .strictObject({
              critical: z.optional(Due),
              high: z.optional(Due),
              medium: z.optional(Due),
              low: z.optional(Due),
              info: z.optional(Due),
            })
            .check(note('time to decide a case, by severity; default critical 24h, high 3d, medium 7d, low 30d, info 90d')),
        ),
      })
      .check(note('how people decide')),
  ),
  approvers: z.optional(z.array(Approver).check(z.maxLength(100), note('people whose signed waivers count'))),
  routes: z.optional(
    z
      .array(z.strictObject({ to: short(200), on: z.optional(z.array(short(60)).check(z.maxLength(20))) }))
      .check(z.maxLength(100)),
  ),
  retention: z.optional(z.strictObject({ evidence: z.optional(Duration), raw: z.optional(Duration) })),
})

/** As its author wrote it: validated, no default filled in. Its digest is SHA-256 over its canonical JSON (RFC 8785). */
export type Manifest = Readonly<z.infer<typeof ManifestSchema>>
