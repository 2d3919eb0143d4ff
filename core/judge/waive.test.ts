import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Control, Manifest } from '../model/manifest.ts'
import { instantMs, instantOf, type Instant } from '../model/time.ts'
import type { Revocation } from '../model/decision.ts'
import type { Verified, Waiver } from '../model/waiver.ts'
import { act, inputsOf, manifestOf, noFacts, noShell, verifiedWaiver, windowFrom } from './fixtures.ts'
import { match } from './match.ts'
import { resolve } from './resolve.ts'
import { samePerson, stateOf, waive } from './waive.ts'

const during: Instant = '2026-03-02T00:10:00Z'
const binary = (path: string) => ({ type: 'binary', path, partial: false }) as const
function waived(waivers: readonly Verified<Waiver>[], acts = [act()], manifest: Manifest = manifestOf(), at: Instant = during) {
  const found = match(resolve(manifest), inputsOf({ acts, manifest }).intake, noFacts)
  return waive(manifest, found, { waivers, revocations: [] }, { evaluatedAt: at, window: windowFrom().id })
}
const waivedBy = (...args: Parameters<typeof waived>) => waived(...args).findings.map((finding) => finding.waivedBy)

test('G4: a waiver holds from notBefore to just before expires, to the second', () => {
  const waiver = verifiedWaiver({ notBefore: '2026-03-01T00:00:00Z', expires: '2026-03-02T00:00:00Z' })
  const states: readonly (readonly [Instant, string])[] = [
    ['2026-02-28T23:59:59Z', 'not_yet'],
    ['2026-03-01T00:00:00Z', 'active'],
    ['2026-03-01T00:00:01Z', 'active'],
    ['2026-03-01T23:59:59Z', 'active'],
    ['2026-03-02T00:00:00Z', 'expired'],
    ['2026-03-02T00:00:01Z', 'expired'],
  ]
  for (const [time, state] of states) {
    assert.equal(stateOf(waiver, manifestOf(), time), state, time)
    assert.deepEqual(waivedBy([waiver], [act()], manifestOf(), time), [state === 'active' ? ['w-1'] : []], time)
    assert.equal(waived([waiver], [act()], manifestOf(), time).waivers[0]?.state, state)
  }
})

test('G4: the state is a function of the waiver and the time alone: before, then active, then expired, and never back', () => {
  const second = fc.integer({ min: instantMs('2026-01-01T00:00:00Z') / 1000, max: instantMs('2026-12-31T00:00:00Z') / 1000 })
  fc.assert(
    fc.property(second, second, second, (from, to, now) => {
      const waiver = verifiedWaiver({ notBefore: instantOf(from * 1000), expires: instantOf(to * 1000) })
      const expected = now < from ? 'not_yet' : now < to ? 'active' : 'expired'
      assert.equal(stateOf(waiver, manifestOf(), instantOf(now * 1000)), expected)
    }),
  )
})

const refused: readonly (readonly [string, Partial<Waiver>, Parameters<typeof verifiedWaiver>[1], Control, string])[] = [
  ['another application', { application: 'other' }, undefined, noShell, 'other_scope'],
  ['another environment', { environment: 'test' }, undefined, noShell, 'other_scope'],
  ['a control that is not there', { control: 'no-curl' }, undefined, noShell, 'unknown_control'],
  ['a control named like a prototype', { control: '__proto__' }, undefined, noShell, 'unknown_control'],
  ['a control that has changed since', {}, undefined, { ...noShell, severity: 'low' }, 'control_changed'],
  ['a requester who signed', { requestedBy: 'Ada' }, { name: 'Ada', keyId: 'k1' }, noShell, 'self_approved'],
]
for (const [what, change, signer, control, state] of refused) {
  test(`a waiver of ${what} does not hold, also while it would be in force`, () => {
    const waiver = verifiedWaiver(change, signer, control)
    assert.equal(stateOf(waiver, manifestOf(), during), state)
    assert.deepEqual(waivedBy([waiver]), [[]])
    assert.deepEqual(
      waived([waiver]).waivers.map(({ findings }) => findings),
      [[]],
    )
  })
}

const covers: readonly (readonly [string, Waiver['scope'], boolean])[] = [
  ['the workload by name', { workloads: ['api'] }, true],
  ['the workload with its namespace', { workloads: ['shop/api'] }, true],
  ['a glob over names', { workloads: ['a*'] }, true],
  ['another workload', { workloads: ['web'] }, false],
  // `sh*` is no name of a workload; namespaces that begin so are not meant.
  ['a glob that begins like the namespace', { workloads: ['sh*'] }, false],
  ['the target', { targets: ['/bin/*'] }, true],
  ['another target', { targets: ['/usr/**'] }, false],
  ['both, when both fit', { workloads: ['api'], targets: ['/bin/sh'] }, true],
  ['both, when one does not', { workloads: ['api'], targets: ['/bin/bash'] }, false],
  ['an executable, which an exec has not', { executables: ['/app/api'] }, false],
  ['another fingerprint', { fingerprints: [`rpf1:${'0'.repeat(64)}`] }, false],
]
for (const [what, scope, covered] of covers) {
  test(`a waiver for ${what} ${covered ? 'covers' : 'does not cover'} the finding`, () => {
    assert.deepEqual(waivedBy([verifiedWaiver({ scope })]), [covered ? ['w-1'] : []])
  })
}

test('a waiver by fingerprint covers that behaviour and no other', () => {
  const acts = [act(), act({ target: binary('/bin/bash') })]
  const [print = ''] = inputsOf({ acts: [act()] }).intake.behaviours.keys()
  const { findings, waivers } = waived([verifiedWaiver({ scope: { fingerprints: [print] } })], acts)
  assert.deepEqual(
    findings.filter((finding) => finding.waivedBy.length > 0).map(({ fingerprint }) => fingerprint),
    [print],
  )
  assert.deepEqual(waivers[0]?.findings, [print])
})

test('what could have been another workload is not covered by a waiver for one of them', () => {
  const manifest = manifestOf({
    scope: {
      application: 'shop',
      environment: 'prod',
      workloads: [
        { name: 'api', namespace: 'shop' },
        { name: 'web', namespace: 'shop' },
      ],
    },
  })
  const lost = [act({ subject: { workload: null, pod: null } })]
  assert.deepEqual(waivedBy([verifiedWaiver()], lost, manifest), [[]])
  assert.deepEqual(waivedBy([verifiedWaiver({ scope: { workloads: ['{api,web}'] } })], lost, manifest), [['w-1']])
})

test('what the control excepts needs no waiver, and what no control speaks about cannot have one', () => {
  const control: Control = { ...noShell, except: [{ workloads: ['api'], reason: 'Meant.' }] }
  assert.deepEqual(waivedBy([verifiedWaiver({}, undefined, control)], [act()], manifestOf({ controls: [control] })), [[]])
  const unmapped = [act({ action: 'open', target: null, rule: 'Other' })]
  assert.deepEqual(waivedBy([verifiedWaiver()], unmapped), [[]])
})

test('G5: a waived finding stays a finding, with all that was seen', () => {
  const before = waived([]).findings
  const after = waived([verifiedWaiver()]).findings
  assert.deepEqual(
    after.map((finding) => ({ ...finding, waivedBy: [] })),
    before,
  )
})

test('waivers are listed by digest with all who signed them, whatever the order in which they came, and name a finding once', () => {
  const [a, b, c] = ['a', 'b', 'b'].map((digest, index) => ({
    ...verifiedWaiver({ id: `w-${digest}` }, { name: `Approver ${index}`, keyId: `k${index}` }),
    digest: digest.repeat(64),
  }))
  assert.ok(a && b && c)
  const expected = waived([a, b, c])
  assert.deepEqual(waived([c, b, a]), expected)
  assert.deepEqual(expected.findings[0]?.waivedBy, ['w-a', 'w-b'])
  assert.deepEqual(
    expected.waivers.map(({ id, signedBy, signers }) => [id, signedBy.keyId, signers?.map(({ keyId }) => keyId)]),
    [
      ['w-a', 'k0', undefined],
      ['w-b', 'k1', ['k1', 'k2']],
    ],
  )
})

test('the use of a waiver says who asked, who signed, why, and until when', () => {
  const { waivers } = waived([verifiedWaiver()])
  assert.deepEqual(
    waivers.map(({ findings: _findings, ...rest }) => rest),
    [
      {
        id: 'w-1',
        control: 'no-shell',
        digest: 'd'.repeat(64),
        state: 'active',
        reason: 'A debug image until Friday.',
        compensatingControl: 'Nobody can reach the pod.',
        requestedBy: 'Bob',
        signedBy: { name: 'Ada', keyId: 'k1' },
        notBefore: '2026-03-01T00:00:00Z',
        expires: '2026-03-10T00:00:00Z',
      },
    ],
  )
})

test('case and spaces do not make the requester another person', () => {
  assert.equal(samePerson('Jane Doe', 'jane  doe '), true)
  assert.equal(samePerson('Jane Doe', 'Jane Dee'), false)
})

const twoPeople = manifestOf({ review: { twoPeopleFrom: 'medium' } })
const signedBy = (...names: readonly string[]) => names.map((name, index) => verifiedWaiver({}, { name, keyId: `k${index}` }))

test('high risk takes two people: one alone leaves the finding uncovered, and the report says what is missing', () => {
  const alone = waived(signedBy('Ada'), [act()], twoPeople)
  assert.deepEqual(
    alone.findings.map((finding) => [finding.waivedBy, finding.awaitsSecondPerson]),
    [[[], ['w-1']]],
  )
  assert.deepEqual([alone.waivers[0]?.state, alone.waivers[0]?.findings], ['needs_second_person', []])
  const both = waived(signedBy('Ada', 'Grace'), [act()], twoPeople)
  assert.deepEqual(
    both.findings.map((finding) => [finding.waivedBy, finding.awaitsSecondPerson]),
    [[['w-1'], undefined]],
  )
  assert.deepEqual(
    both.waivers.map(({ state, signers }) => [state, signers?.map(({ name }) => name)]),
    [['active', ['Ada', 'Grace']]],
  )
})

for (const [what, waivers] of [
  ['one name with two keys', signedBy('Ada', ' ADA ')],
  ['the requester as one of them', signedBy('Ada', 'Bob')],
  ['the requester spelled otherwise', signedBy('Ada', 'bob ')],
  ['the same key twice', [...signedBy('Ada'), ...signedBy('Ada')]],
  [
    'two people who signed different statements',
    [
      verifiedWaiver({}, { name: 'Ada', keyId: 'k0' }),
      { ...verifiedWaiver({}, { name: 'Grace', keyId: 'k1' }), digest: 'e'.repeat(64) },
    ],
  ],
] as const) {
  test(`${what} are not two people`, () => {
    assert.deepEqual(waivedBy(waivers, [act()], twoPeople), [[]])
  })
}

test('what is less severe is waived by one person, and the same waiver leaves the severe uncovered', () => {
  const acts = [act({ severity: 'low' }), act({ target: binary('/bin/bash') })]
  const { findings, waivers } = waived(signedBy('Ada'), acts, twoPeople)
  assert.deepEqual(findings.map(({ severity, waivedBy }) => `${severity} ${waivedBy.join()}`).sort(), ['low w-1', 'medium '])
  assert.deepEqual([waivers[0]?.state, waivers[0]?.findings.length], ['needs_second_person', 1])
})

test('a second signature of the requester neither helps nor harms what another person signed', () => {
  assert.deepEqual(waivedBy(signedBy('Ada', 'Bob')), [['w-1']])
  assert.equal(waived(signedBy('Bob', 'bob')).waivers[0]?.state, 'self_approved')
})

test('property: one person, whatever the names and keys, never waives what takes two', () => {
  const name = fc.constantFrom('Ada', 'ada', ' Ada', 'ADA ', '\uFF21da')
  const waiver = fc.record({
    name,
    keyId: fc.constantFrom('k0', 'k1', 'k2'),
    digest: fc.constantFrom('d', 'e'),
    requestedBy: fc.constantFrom('Bob', 'Ada'),
  })
  fc.assert(
    fc.property(fc.array(waiver, { maxLength: 6 }), (given) => {
      const waivers = given.map(({ name, keyId, digest, requestedBy }) => ({
        ...verifiedWaiver({ requestedBy }, { name, keyId }),
        digest: digest.repeat(64),
      }))
      assert.deepEqual(waivedBy(waivers, [act()], twoPeople), [[]])
    }),
  )
})

test('a waiver for one window holds in no other', () => {
  const here = verifiedWaiver({ window: windowFrom().id })
  assert.deepEqual(waivedBy([here]), [['w-1']])
  assert.equal(waived([here]).waivers[0]?.window, windowFrom().id)
  const elsewhere = verifiedWaiver({ window: windowFrom('2026-03-02T00:10:00Z', '2026-03-02T00:20:00Z').id })
  assert.deepEqual(waivedBy([elsewhere]), [[]])
  assert.equal(waived([elsewhere]).waivers[0]?.state, 'other_window')
})

test('what was taken back does not hold from that second on, and says who did it', () => {
  const waiver = verifiedWaiver()
  const found = match(resolve(manifestOf()), inputsOf({ acts: [act()] }).intake, noFacts)
  const at = (evaluatedAt: Instant, change: Partial<Revocation> = {}, digest = waiver.digest) => {
    const value = {
      id: 'r-1',
      application: 'shop',
      environment: 'prod',
      waiver: 'w-1',
      reason: 'No.',
      revokedAt: during,
      ...change,
    }
    const revocation = { value, digest: 'f'.repeat(64), subject: [digest], signedBy: { name: 'Grace', keyId: 'k9' } }
    const revocations = [revocation as unknown as Verified<Revocation>]
    return waive(manifestOf(), found, { waivers: [waiver], revocations }, { evaluatedAt, window: null }).waivers[0]
  }
  assert.equal(at('2026-03-02T00:09:59Z')?.state, 'active')
  assert.deepEqual([at(during)?.state, at(during)?.revoked?.by.name], ['revoked', 'Grace'])
  assert.deepEqual(at(during)?.findings, [])
  // The digest counts, not the name; and nobody takes back what another application accepted.
  assert.equal(at(during, {}, 'a'.repeat(64))?.state, 'active')
  assert.equal(at(during, { application: 'other' })?.state, 'active')
})
