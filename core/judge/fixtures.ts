// What the tests of the judgement are made of: one small application, its acts and its signs of life. Nothing else imports this file.
import type { Act, Subject } from '../model/act.ts'
import type { BlindSpots } from '../model/blind-spots.ts'
import type { Finding } from '../model/judgement.ts'
import type { Control, Manifest } from '../model/manifest.ts'
import type { Facts, SealedInputs } from '../model/sealed.ts'
import { instantMs, minuteOf, type EventTime, type Instant } from '../model/time.ts'
import type { Signer, Verified, Waiver } from '../model/waiver.ts'
import type { Watch } from '../model/watch.ts'
import { windowOf, type Window } from '../model/window.ts'
import type { JsonValue } from '../proof/jcs.ts'
import { createFold, type FoldScope } from './fold.ts'
import { blocksOf } from './line-blocks.ts'
import { LineDigest, type Digests } from './line-digest.ts'
import { controlDigest, resolve } from './resolve.ts'

export const scope = { application: 'shop', environment: 'prod' } as const

/** Ten minutes from midnight unless told otherwise. */
export function windowFrom(start: Instant = '2026-03-02T00:00:00Z', end: Instant = '2026-03-02T00:10:00Z'): Window {
  return windowOf(scope, start, end)
}

/** The event time so many milliseconds after the window's start. */
export function at(ms: number, start: Instant = '2026-03-02T00:00:00Z'): EventTime {
  return `${new Date(instantMs(start) + ms).toISOString().slice(0, 23)}000000Z`
}

/** The event time so many minutes after the window's start. */
export function minute(count: number): EventTime {
  return at(count * 60_000)
}

export const noShell: Control = {
  id: 'no-shell',
  title: 'No shell is started',
  behaviour: 'exec',
  deny: { binaries: ['/bin/{sh,bash}'] },
}

export function manifestOf({ controls = [noShell], ...rest }: Partial<Manifest> = {}): Manifest {
  return {
    apiVersion: 'runproof.dev/v1',
    kind: 'AssuranceManifest',
    metadata: { name: 'shop', version: '1.0.0', owner: 'Shop Team' },
    scope: { ...scope, workloads: [{ name: 'api', namespace: 'shop' }] },
    sensors: [{ name: 'falco', nodes: ['n1'], interval: '1m' }],
    window: { every: '10m' },
    ...rest,
    controls,
  }
}

export function foldScopeOf(manifest: Manifest = manifestOf(), window: Window = windowFrom()): FoldScope {
  const { scope, workloads } = resolve(manifest)
  return { window, cluster: scope.cluster, workloads }
}

export const somebody: Subject = {
  cluster: null,
  node: 'n1',
  namespace: 'shop',
  workload: 'api',
  pod: 'api-7c9d-x2x4z',
  container: 'a1b2c3',
  image: 'shop/api',
  onHost: false,
  pid: 4711,
  uid: 1000,
  executable: '/app/api',
  executablePartial: false,
  commandLine: 'sh -c id',
  ancestors: ['/app/api'],
}

/** A shell that Falco's rule saw in the third minute. */
export function act({ subject, ...rest }: Partial<Omit<Act, 'subject'>> & { readonly subject?: Partial<Subject> } = {}): Act {
  return {
    class: 'detection',
    sensor: 'falco',
    rule: 'Terminal shell in container',
    at: at(125_000),
    action: 'exec',
    target: { type: 'binary', path: '/bin/sh', partial: false },
    access: null,
    severity: 'medium',
    confidence: 1,
    effect: 'observed',
    actionTaken: null,
    tags: [],
    ...rest,
    subject: { ...somebody, ...subject },
  }
}

/** Health lines of one instance at these moments. */
export function beats(times: readonly EventTime[], sensor = 'falco', node: string | null = 'n1'): Watch[] {
  return times.map((time) => ({
    kind: 'beat',
    sensor,
    node,
    signal: 'health',
    minute: minuteOf(time),
    first: time,
    last: time,
    count: 1,
    detections: 0,
  }))
}

/** A health line at the start of each minute from `from` up to and including `to`. */
export function beating(from = 0, to = 10, sensor = 'falco', node: string | null = 'n1'): Watch[] {
  return beats(
    Array.from({ length: to - from + 1 }, (_, index) => minute(from + index)),
    sensor,
    node,
  )
}

type Counters = Extract<Watch, { kind: 'counters' }>
export function counters(time: EventTime, figures: Partial<Counters> = {}): Counters {
  return {
    kind: 'counters',
    sensor: 'falco',
    node: 'n1',
    at: time,
    startedAt: '2026-03-01T00:00:00.000000000Z',
    reloadedAt: null,
    version: '0.42.0',
    received: 1000,
    dropped: 0,
    undelivered: 0,
    matched: null,
    policies: {},
    ...figures,
  }
}

const nothing = { exec: [], open: [], connect: [], privilege_change: [], syscall: [], resource: [], state: [] }
/** Sensors that see everything: their blind spots are the business of the tests that speak of them. */
export const described: BlindSpots = { falco: nothing, tetragon: nothing }

export const noFacts: Facts = { previous: null, history: new Map() }

/** Acts and signals folded into the sealed inputs of a window. */
export function inputsOf({
  acts = [],
  watch = beating(),
  manifest = manifestOf(),
  window = windowFrom(),
  facts = noFacts,
  gate = null,
  blindSpots = described,
}: {
  readonly acts?: readonly Act[]
  readonly watch?: readonly Watch[]
  readonly manifest?: Manifest
  readonly window?: Window
  readonly facts?: Facts
  readonly gate?: JsonValue
  readonly blindSpots?: BlindSpots
} = {}): SealedInputs {
  const fold = createFold(foldScopeOf(manifest, window))
  acts.forEach((each, index) => fold.act(each, () => `${index}`.padStart(64, '0'), 0))
  for (const signal of watch) fold.watch(signal)
  return { procedure: 'rpj1', window, manifest, gate, blindSpots, intake: fold.intake(), facts }
}

/** A waiver as `core/proof` would hand it over, once its signature was checked. */
export function verifiedWaiver(waiver: Partial<Waiver> = {}, signedBy: Signer = { name: 'Ada', keyId: 'k1' }, control = noShell) {
  const value: Waiver = {
    id: 'w-1',
    ...scope,
    control: control.id,
    scope: { workloads: ['api'] },
    reason: 'A debug image until Friday.',
    compensatingControl: 'Nobody can reach the pod.',
    requestedBy: 'Bob',
    notBefore: '2026-03-01T00:00:00Z',
    expires: '2026-03-10T00:00:00Z',
    ...waiver,
  }
  return { value, signedBy, digest: 'd'.repeat(64), subject: [controlDigest(control)] } as unknown as Verified<Waiver>
}

/** What a finding must show in a test, without what the test does not speak of. */
export function brief({ control, because, severity, confidence, placed, attributed, workloads, count }: Finding) {
  return { control, because, severity, confidence, placed, attributed, workloads, count }
}

/** The digests of these lines, each without its newline and without any within. */
export function digestsOf(lines: readonly string[]): Digests {
  const digest = new LineDigest()
  for (const block of blocksOf(lines)) digest.take(block)
  return digest.digests()
}
