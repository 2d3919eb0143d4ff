import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act } from '../model/act.ts'
import type { Control, Manifest } from '../model/manifest.ts'
import { JudgementSchema, type Judgement } from '../model/judgement.ts'
import type { Facts, SealedInputs } from '../model/sealed.ts'
import type { Instant } from '../model/time.ts'
import type { Verified, Waiver } from '../model/waiver.ts'
import type { Watch } from '../model/watch.ts'
import { windowOf, type Window } from '../model/window.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import {
  act,
  at,
  beating,
  beats,
  inputsOf,
  manifestOf,
  minute,
  noFacts,
  noShell,
  verifiedWaiver,
  windowFrom,
} from './fixtures.ts'
import { judge } from './judge.ts'
import { open, seal } from './seal.ts'

const gate = JSON.parse(readFileSync(new URL('../../catalogue/gate/plan.json', import.meta.url), 'utf8')) as JsonValue
const plain = (rest: Parameters<typeof act>[0] = {}) =>
  act({ class: 'observation', sensor: 'tetragon', rule: null, severity: null, ...rest })
const harmless = plain({ target: { type: 'binary', path: '/app/api', partial: false } })

type Case = Partial<{
  acts: readonly Act[]
  watch: readonly Watch[]
  manifest: Manifest
  window: Window
  facts: Facts
  decisions: readonly Verified<Waiver>[]
  evaluatedAt: Instant
}>
const sealedOf = ({ decisions: _decisions, evaluatedAt: _evaluatedAt, ...rest }: Case): SealedInputs =>
  open(seal(inputsOf({ ...rest, gate })))
function judged({ decisions = [], evaluatedAt = '2026-03-02T00:10:00Z', ...rest }: Case = {}): Judgement {
  return judge({ ...sealedOf(rest), decisions, evaluatedAt })
}
const verdicts = ({ verdict, verdictBeforeWaivers, controls }: Judgement) => [
  verdict,
  verdictBeforeWaivers,
  ...controls.map((each) => each.verdict),
]
const codes = ({ controls }: Judgement) => controls.map(({ reasons }) => reasons.map(({ code }) => code))

test('watched throughout and nothing seen passes, and says so', () => {
  const judgement = judged({ acts: [harmless] })
  assert.deepEqual(verdicts(judgement), ['pass', 'pass', 'pass'])
  assert.deepEqual(judgement.controls[0]?.reasons, [
    {
      code: 'clean',
      message: 'No violation of this control in shop/api, and every required sensor watched.',
      rule: 'runproof.gate.pass',
      numbers: { violations: 0, minutes: 10 },
      findings: [],
    },
  ])
  assert.deepEqual(
    judgement.reasons.map(({ code, message }) => [code, message]),
    [['controls.pass', '1 of 1 control passes: no-shell.']],
  )
  assert.deepEqual(judgement.tally, { 'observation/tetragon': 1 })
})

test('G1: nothing seen and nobody watching is inconclusive, never pass', () => {
  const judgement = judged({ watch: [] })
  assert.deepEqual(verdicts(judgement), ['inconclusive', 'inconclusive', 'inconclusive'])
  assert.equal(
    judgement.controls[0]?.reasons[0]?.message,
    'falco watched shop/api for 0 of 10 minutes (0, at least 1 is required); blind: falco on n1 from 2026-03-02T00:00:00Z to 2026-03-02T00:10:00Z (10 min, no heartbeat signal)',
  )
})

test('G1: the same findings with one sensor silent for 90 minutes of a day are inconclusive, and the gap is named', () => {
  const window = windowFrom('2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z')
  const manifest = manifestOf({
    window: { every: '24h' },
    sensors: [{ name: 'falco', nodes: ['node-3'], interval: '5m', minCoverage: 0.99 }],
  })
  const every5 = Array.from({ length: 289 }, (_, index) => minute(index * 5))
  const whole = judged({ window, manifest, acts: [harmless], watch: beats(every5, 'falco', 'node-3') })
  const gap = judged({
    window,
    manifest,
    acts: [harmless],
    watch: beats(
      every5.filter((time) => time <= minute(130) || time >= minute(220)),
      'falco',
      'node-3',
    ),
  })
  assert.deepEqual([whole.verdict, gap.verdict], ['pass', 'inconclusive'])
  assert.deepEqual(gap.controls[0]?.reasons, [
    {
      code: 'coverage',
      message:
        'falco watched shop/api for 1350 of 1440 minutes (0.9375, at least 0.99 is required); blind: falco on node-3 from 2026-03-02T02:10:00Z to 2026-03-02T03:40:00Z (90 min, no heartbeat signal in time)',
      rule: 'runproof.gate.coverage',
      numbers: { insufficient: 1, silentMinutes: 90, windowMinutes: 1440 },
      findings: [],
    },
  ])
})

test('one violation fails, and fail beats coverage', () => {
  assert.deepEqual(verdicts(judged({ acts: [plain()] })), ['fail', 'fail', 'fail'])
  const blind = judged({ acts: [plain()], watch: [] })
  assert.deepEqual(verdicts(blind), ['fail', 'fail', 'fail'])
  assert.deepEqual(codes(blind), [['violations.fail', 'coverage']])
})

test('a stage never softens a verdict', () => {
  for (const stage of ['observe', 'alert', 'enforce'] as const) {
    assert.equal(judged({ acts: [plain()], manifest: manifestOf({ controls: [{ ...noShell, stage }] }) }).verdict, 'fail')
  }
})

test('what is known too little of asks for a person', () => {
  for (const unsure of [
    plain({ target: null }),
    plain({ subject: { workload: null, pod: null } }),
    plain({ at: null }),
    plain({ confidence: 0.79 }),
  ]) {
    assert.deepEqual(verdicts(judged({ acts: [unsure] })), ['review', 'review', 'review'])
  }
})

test('an undated repetition does not soften a failure', () => {
  assert.equal(judged({ acts: [plain(), plain({ at: null })] }).verdict, 'fail')
})

test('no control that applies to anything is inconclusive', () => {
  const judgement = judged({ manifest: manifestOf({ controls: [{ ...noShell, appliesTo: { workloads: ['web'] } }] }) })
  assert.deepEqual(verdicts(judgement), ['inconclusive', 'inconclusive', 'not_applicable'])
  assert.deepEqual(
    judgement.reasons.map(({ code }) => code),
    ['nothing_judged'],
  )
})

test('a detection that no control speaks about asks for a person from high on', () => {
  const cloud = act({ rule: 'Other', action: null, target: null })
  assert.equal(judged({ acts: [{ ...cloud, severity: 'medium' }] }).verdict, 'pass')
  assert.equal(judged({ acts: [{ ...cloud, severity: 'high' }] }).verdict, 'review')
  assert.equal(judged({ acts: [{ ...cloud, severity: null }] }).verdict, 'review')
  const strict = manifestOf({ unmapped: { severity: 'medium', verdict: 'fail' } })
  assert.equal(judged({ manifest: strict, acts: [{ ...cloud, severity: 'medium' }] }).verdict, 'fail')
  const loose = manifestOf({ unmapped: { verdict: 'list' } })
  const listed = judged({ manifest: loose, acts: [{ ...cloud, severity: 'critical' }] })
  assert.deepEqual([listed.verdict, listed.findings.length], ['pass', 1])
})

test('G5: a waived control is waived and not passed, and both verdicts are told', () => {
  const judgement = judged({ acts: [plain()], decisions: [verifiedWaiver()] })
  assert.deepEqual(verdicts(judgement), ['pass', 'fail', 'waived'])
  assert.deepEqual(codes(judgement), [['violations.fail', 'waived']])
  assert.deepEqual(judgement.controls[0]?.waivedBy, ['w-1'])
  assert.deepEqual(judgement.controls[0]?.counts, { violations: 1, excepted: 0, waived: 1, occurrences: 1 })
  assert.deepEqual(
    judgement.findings.map(({ waivedBy }) => waivedBy),
    [['w-1']],
  )
  assert.deepEqual(
    judgement.reasons.map(({ code }) => code),
    ['controls.waived'],
  )
})

test('G5: a waiver says nothing about what nobody watched', () => {
  const judgement = judged({ acts: [plain()], watch: beating(0, 9), decisions: [verifiedWaiver()] })
  assert.deepEqual(verdicts(judgement), ['inconclusive', 'fail', 'inconclusive'])
})

test('G4: the verdict turns at the second of the expiry, with no job running, and each is reproduced', () => {
  const decisions = [verifiedWaiver({ expires: '2026-03-02T01:00:00Z' })]
  const verdictAt = (evaluatedAt: Instant) => {
    const [once, again] = [
      judged({ acts: [plain()], decisions, evaluatedAt }),
      judged({ acts: [plain()], decisions, evaluatedAt }),
    ]
    assert.equal(jcs(once as JsonValue), jcs(again as JsonValue))
    return [once.verdict, once.waivers[0]?.state]
  }
  assert.deepEqual(verdictAt('2026-03-02T00:59:59Z'), ['pass', 'active'])
  assert.deepEqual(verdictAt('2026-03-02T01:00:00Z'), ['fail', 'expired'])
  assert.deepEqual(verdictAt('2026-03-02T01:00:01Z'), ['fail', 'expired'])
})

test('an excepted behaviour counts for nothing and is still listed', () => {
  const judgement = judged({
    acts: [plain()],
    manifest: manifestOf({ controls: [{ ...noShell, except: [{ workloads: ['api'], reason: 'Meant.' }] }] }),
  })
  assert.deepEqual(verdicts(judgement), ['pass', 'pass', 'pass'])
  assert.deepEqual(judgement.controls[0]?.counts, { violations: 0, excepted: 1, waived: 0, occurrences: 0 })
  assert.deepEqual(
    judgement.findings.map(({ excepted }) => excepted),
    ['Meant.'],
  )
})

test('past the row limits a window is inconclusive', () => {
  const inputs = sealedOf({})
  const tally = new Map([['overflow/behaviours', 1]])
  const judgement = judge({ ...inputs, intake: { ...inputs.intake, tally }, decisions: [], evaluatedAt: '2026-03-02T00:10:00Z' })
  assert.deepEqual(verdicts(judgement), ['inconclusive', 'inconclusive', 'inconclusive'])
})

test('a control that looks back further than the window is inconclusive without the earlier evidence', () => {
  const judgement = judged({ manifest: manifestOf({ controls: [{ ...noShell, window: '20m' }] }) })
  assert.deepEqual([judgement.verdict, codes(judgement)], ['inconclusive', [['history']]])
})

test('G10: what the previous window found and this one did not is named as gone, not as repaired', () => {
  const [print = ''] = inputsOf({ acts: [plain()] }).intake.behaviours.keys()
  const other = `rpf1:${'0'.repeat(64)}`
  const known = { firstWindow: 'w1', lastWindow: 'w1', windows: 1, controls: ['no-shell'], workloads: ['shop/api'] }
  const facts: Facts = {
    previous: { windowId: 'w1', reportDigest: 'a'.repeat(64) },
    history: new Map([
      [print, known],
      [other, known],
    ]),
  }
  const judgement = judged({ acts: [plain()], facts })
  assert.deepEqual(
    [judgement.gone, judgement.findings.map(({ recurrence }) => recurrence)],
    [[{ fingerprint: other, watched: true }], ['recurring']],
  )
  assert.deepEqual(judged({ facts: { ...facts, previous: null } }).gone, [])
})

test('G10: nobody can say that a finding is gone where its sensors, its control or its workload were not there to see it', () => {
  const print = `rpf1:${'0'.repeat(64)}`
  const gone = (rest: Case = {}, known: { readonly controls?: string[]; readonly workloads?: string[] } = {}) =>
    judged({
      ...rest,
      facts: {
        previous: { windowId: 'w1', reportDigest: 'a'.repeat(64) },
        history: new Map([
          [print, { firstWindow: 'w1', lastWindow: 'w1', windows: 1, controls: ['no-shell'], workloads: ['shop/api'], ...known }],
        ]),
      },
    }).gone[0]?.watched
  assert.equal(gone(), true)
  assert.equal(gone({ watch: beating(0, 8) }), false)
  assert.equal(gone({}, { controls: ['another'] }), false)
  assert.equal(gone({}, { workloads: ['shop/web'] }), false)
  assert.equal(gone({}, { workloads: [] }), false)
  assert.equal(gone({}, { controls: [] }), true)
  assert.equal(gone({ watch: [] }, { controls: [] }), false)
})

test('a judgement has the form that a verifier reads, and names its steps', () => {
  const judgement = judged({ acts: [plain(), act({ rule: 'Other', action: null, target: null })], decisions: [verifiedWaiver()] })
  assert.deepEqual(JudgementSchema.parse(JSON.parse(jcs(judgement as JsonValue))), judgement)
  assert.deepEqual(
    judgement.steps.map(({ name }) => name),
    ['match', 'cover', 'waive', 'gate'],
  )
  for (const { digest } of judgement.steps) assert.match(digest, /^[0-9a-f]{64}$/)
})

test('G6: the first step that differs tells where two judgements part', () => {
  const stepsOf = (each: Case) => judged(each).steps.map(({ digest }) => digest)
  const base = stepsOf({ acts: [plain()] })
  const differs = (each: Case) => stepsOf(each).findIndex((digest, index) => digest !== base[index])
  assert.equal(differs({ acts: [plain(), plain({ at: at(1) })] }), 0)
  assert.equal(differs({ acts: [plain()], watch: beating(1) }), 1)
  assert.equal(differs({ acts: [plain()], decisions: [verifiedWaiver()] }), 2)
  assert.equal(differs({ acts: [plain()], manifest: manifestOf({ blind: 'fail' }) }), -1)
})

/** The same JSON with the members of every object in another order. */
function shuffled<T>(value: T, pick: (items: [string, unknown][]) => [string, unknown][]): T {
  if (Array.isArray(value)) return value.map((item: unknown) => shuffled(item, pick)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(pick(Object.entries(value)).map(([key, member]) => [key, shuffled(member, pick)])) as T
}

const richManifest = manifestOf({
  scope: {
    application: 'shop',
    environment: 'prod',
    workloads: [
      { name: 'api', namespace: 'shop', nodes: ['n1'] },
      { name: 'web', namespace: 'shop' },
    ],
  },
  sensors: [
    { name: 'tetragon', interval: '1m', liveness: 'activity' },
    { name: 'falco', nodes: ['n1'], interval: '1m', minCoverage: 0.5 },
  ],
  controls: [
    { ...noShell, evidence: { tetragon: ['p*'], falco: ['Terminal*'] }, frameworks: { soc2: ['CC6.8'], iso27001: ['A.8.16'] } },
    {
      id: 'no-metadata',
      title: 'x',
      behaviour: 'connect',
      deny: { destinations: [{ cidr: '169.254.169.254/32', ports: [80] }] },
      thresholds: { fail: { count: 2 } },
    },
  ],
})
const someActs = fc.array(
  fc
    .record({
      ms: fc.option(fc.integer({ min: 0, max: 599_999 }), { freq: 9 }),
      path: fc.constantFrom('/bin/sh', '/bin/bash', '/app/api'),
      sensor: fc.constantFrom('falco', 'tetragon'),
      rule: fc.constantFrom(null, 'Terminal x', 'p1', 'other'),
      severity: fc.constantFrom(null, 'info' as const, 'low' as const, 'critical' as const),
      workload: fc.constantFrom('api', 'web', null),
      confidence: fc.constantFrom(0.5, 0.8, 1),
      kind: fc.constantFrom('detection' as const, 'observation' as const),
      partial: fc.boolean(),
    })
    .map(({ ms, path, workload, kind, partial, ...rest }) =>
      act({
        ...rest,
        class: kind,
        at: ms === null ? null : at(ms),
        target: { type: 'binary', path, partial },
        subject: { workload, pod: null },
      }),
    ),
  { maxLength: 12 },
)
const someWatch = fc.subarray([...beating(), ...beating(0, 10, 'tetragon', 'n1'), ...beating(0, 10, 'tetragon', 'n2')])

test('G6: the same inputs give the same bytes, whatever the order of keys in the manifest and of rows in memory', () => {
  fc.assert(
    fc.property(someActs, someWatch, fc.nat(6), (acts, watch, turn) => {
      const rotate = <T>(items: readonly T[]): T[] => [
        ...items.slice(turn % (items.length || 1)),
        ...items.slice(0, turn % (items.length || 1)),
      ]
      const base = inputsOf({ acts, watch, manifest: richManifest, gate })
      const decisions = [verifiedWaiver({}, undefined, richManifest.controls[0])]
      const evaluatedAt = '2026-03-02T00:10:00Z'
      const expected = jcs(judge({ ...base, decisions, evaluatedAt }))
      const again: SealedInputs = {
        ...base,
        manifest: JSON.parse(JSON.stringify(shuffled(richManifest, rotate))) as Manifest,
        intake: {
          behaviours: new Map(
            rotate([...base.intake.behaviours]).map(([print, behaviour]) => [
              print,
              { ...behaviour, sightings: new Map(rotate([...behaviour.sightings])) },
            ]),
          ),
          watch: new Map(rotate([...base.intake.watch])),
          tally: new Map(rotate([...base.intake.tally])),
        },
      }
      assert.equal(jcs(judge({ ...again, decisions, evaluatedAt }) as JsonValue), expected)
      assert.equal(jcs(judge({ ...open(seal(again)), decisions, evaluatedAt }) as JsonValue), expected)
    }),
    { numRuns: 60 },
  )
})

const rank = ['pass', 'not_applicable', 'waived', 'inconclusive', 'review', 'fail']
test('seeing more never makes a verdict better', () => {
  fc.assert(
    fc.property(someActs, someActs, someWatch, (acts, more, watch) => {
      const before = judged({ acts, watch, manifest: richManifest })
      const after = judged({ acts: [...acts, ...more], watch, manifest: richManifest })
      assert.ok(rank.indexOf(after.verdict) >= rank.indexOf(before.verdict), `${before.verdict} → ${after.verdict}`)
      for (const [index, { verdict }] of after.controls.entries()) {
        assert.ok(rank.indexOf(verdict) >= rank.indexOf(before.controls[index]?.verdict ?? 'pass'))
      }
    }),
    { numRuns: 80 },
  )
})

test('G1: with a minute beyond tolerance in which nobody watched, no control that needs the sensor passes', () => {
  const lists: readonly Partial<Control>[] = [
    noShell,
    { evidence: { falco: ['x'] } },
    { allow: { binaries: ['/**'] } },
    { ...noShell, stage: 'enforce' },
    { ...noShell, thresholds: { fail: { count: 5 } } },
  ]
  const someControls = fc
    .array(fc.constantFrom(...lists), { minLength: 1, maxLength: 4 })
    .map((some) => some.map((each, index): Control => ({ title: 'x', behaviour: 'exec', ...each, id: `c${index}` })))
  const silence = fc.integer({ min: 0, max: 478_000 })
  fc.assert(
    fc.property(
      someControls,
      silence,
      fc.array(fc.integer({ min: -60_000, max: 660_000 }), { maxLength: 40 }),
      someActs,
      (controls, from, times, acts) => {
        const heard = [...times, ...Array.from({ length: 13 }, (_, index) => (index - 1) * 60_000)].filter(
          (time) => time <= from || time >= from + 121_000,
        )
        const judgement = judged({ acts, watch: beats(heard.map((time) => at(time))), manifest: manifestOf({ controls }) })
        assert.notEqual(judgement.verdict, 'pass')
        for (const { verdict } of judgement.controls) assert.ok(verdict !== 'pass' && verdict !== 'waived')
      },
    ),
    { numRuns: 100 },
  )
})

test('an empty window of one minute, one workload and one control is judged', () => {
  const window = windowOf({ application: 'shop', environment: 'prod' }, '2026-03-02T00:00:00Z', '2026-03-02T00:01:00Z')
  const manifest = manifestOf({ window: { every: '1m' } })
  assert.equal(judged({ window, manifest, watch: beating(0, 1) }).verdict, 'pass')
  assert.equal(judged({ window, manifest, watch: beating(0, 0) }).verdict, 'inconclusive')
  assert.deepEqual(judged({ window, manifest, watch: beating(0, 1), facts: noFacts }).findings, [])
})

test('ten thousand distinct violations are judged, not a reason to give up', () => {
  const acts = Array.from({ length: 10_000 }, (_, index) =>
    plain({ target: { type: 'binary', path: `/opt/x${index}`, partial: false } }),
  )
  const judgement = judged({
    acts,
    manifest: manifestOf({ controls: [{ id: 'c', title: 'c', behaviour: 'exec', allow: { binaries: ['/app/*'] } }] }),
  })
  assert.deepEqual([judgement.verdict, judgement.controls[0]?.counts.violations], ['fail', 10_000])
})

test('many controls, many workloads and long words of sensors still give reasons that fit', () => {
  const names = Array.from({ length: 200 }, (_, index) => `w${index}`)
  const controls = Array.from({ length: 200 }, (_, index): Control => ({ ...noShell, id: `${'a'.repeat(80)}.${index}` }))
  const what = 'w'.repeat(4000)
  const faults = [1, 3, 5, 7].map((minutes): Watch => ({
    kind: 'fault',
    sensor: 'falco',
    node: 'n1',
    at: minute(minutes),
    what: `${what}${minutes}`,
    lasting: false,
  }))
  const judgement = judged({
    watch: [...beating(), ...faults],
    manifest: manifestOf({
      controls,
      scope: { application: 'shop', environment: 'prod', workloads: names.map((name) => ({ name, namespace: 'shop' })) },
    }),
  })
  assert.equal(judgement.verdict, 'inconclusive')
  assert.match(judgement.reasons[0]?.message ?? '', /^200 of 200 controls could not be judged: .*, and 195 more\.$/)
  for (const reason of [...judgement.reasons, ...judgement.controls.flatMap(({ reasons }) => reasons)])
    assert.ok(reason.message.length < 8192)
})
