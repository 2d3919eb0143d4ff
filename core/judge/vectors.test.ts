// Runs every file of vectors/judge: what any implementation of the procedure must compute. vectors/judge/README.md names the fields.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Identity, Sighting } from '../model/behaviour.ts'
import type { Control, RequiredSensor } from '../model/manifest.ts'
import type { Revocation } from '../model/decision.ts'
import type { Severity } from '../model/severity.ts'
import type { Signer, Verified, Waiver } from '../model/waiver.ts'
import type { Watch } from '../model/watch.ts'
import { cover } from './cover.ts'
import { fingerprint, identityText } from './fingerprint.ts'
import { manifestOf, windowFrom } from './fixtures.ts'
import { killProof } from './kills.ts'
import { normalisePath } from './normalise.ts'
import { resolve } from './resolve.ts'
import { needsSecond, signedWaivers, stateOf, waiverState } from './waive.ts'

const reads =
  <Input>(run: (input: Input) => unknown) =>
  (input: unknown) =>
    run(input as Input)

type CoverageCase = {
  readonly window: { readonly start: string; readonly end: string }
  readonly sensor: Omit<RequiredSensor, 'name' | 'nodes'>
  readonly signals: readonly Watch[]
}
type WaiverCase = {
  readonly application: string
  readonly environment: string
  readonly control: Control
  readonly waiver: Waiver
  readonly subject: readonly string[]
  readonly signedBy: { readonly name: string; readonly keyId: string }
  readonly evaluatedAt: string
}

type PeopleCase = Omit<WaiverCase, 'signedBy'> & {
  readonly signers: readonly Signer[]
  readonly severity: Severity
  readonly twoPeopleFrom: Severity | null
  readonly window: string
  readonly revokedAt: string | null
}

/** The state of a waiver that these people signed, and whether it covers a finding of this severity. */
function people(given: PeopleCase): { readonly state: string; readonly covers: boolean } {
  const { application, environment, control, waiver, subject, signers, severity, twoPeopleFrom, window, revokedAt, evaluatedAt } =
    given
  const { scope, ...rest } = manifestOf({ controls: [control], ...(twoPeopleFrom && { review: { twoPeopleFrom } }) })
  const manifest = { ...rest, scope: { ...scope, application, environment } }
  const digest = 'd'.repeat(64)
  const waivers = signers.map((signedBy) => ({ value: waiver, subject, signedBy, digest }) as unknown as Verified<Waiver>)
  const value = { application, environment, revokedAt }
  const revocation = {
    value,
    subject: [digest],
    signedBy: { name: 'Eve', keyId: 'k0' },
    digest: 'e',
  } as unknown as Verified<Revocation>
  const [signed] = signedWaivers(waivers, revokedAt === null ? [] : [revocation], { evaluatedAt })
  assert.ok(signed)
  const state = waiverState(signed, manifest, { evaluatedAt, window })
  return { state, covers: state === 'active' && !needsSecond(signed, manifest)({ severity }) }
}

const areas: Readonly<Record<string, (input: unknown) => unknown>> = {
  fingerprint: reads<Identity>((identity) => ({ text: identityText(identity), fingerprint: fingerprint(identity) })),
  normalise: reads<{ path: string }>(({ path }) => ({ path: normalisePath(path) })),
  coverage: reads<CoverageCase>(({ window, sensor, signals }) => {
    const resolved = resolve(manifestOf({ sensors: [{ ...sensor, name: 'falco', nodes: ['n1'] }] }))
    const [instance] = cover(resolved, signals, windowFrom(window.start, window.end)).coverage.instances
    return { runs: instance?.runs }
  }),
  kill: reads<{ readonly sighting: Sighting; readonly ends: readonly Watch[] }>(({ sighting, ends }) => {
    const [proven] = killProof(ends)(new Map([['', sighting]])).values()
    return { effect: proven?.effect }
  }),
  people: reads<PeopleCase>(people),
  waiver: reads<WaiverCase>(({ application, environment, control, waiver, subject, signedBy, evaluatedAt }) => {
    const { scope, ...rest } = manifestOf({ controls: [control] })
    const verified = { value: waiver, subject, signedBy, digest: '' } as unknown as Verified<Waiver>
    return { state: stateOf(verified, { ...rest, scope: { ...scope, application, environment } }, evaluatedAt) }
  }),
}

type Vector = { readonly area: string; readonly why: string; readonly input: unknown; readonly expect: unknown }
const folder = new URL('../../vectors/judge/', import.meta.url)
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, vector: JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Vector }))

test('every area has vectors, and every vector is of an area', () => {
  assert.deepEqual([...new Set(vectors.map(({ vector }) => vector.area))].sort(), Object.keys(areas).sort())
})

for (const { name, vector } of vectors) {
  test(`vectors/judge/${name}: ${vector.why}`, () => {
    const run = areas[vector.area]
    assert.ok(run && name.startsWith(`${vector.area}-`))
    assert.deepEqual(run(vector.input), vector.expect)
  })
}
