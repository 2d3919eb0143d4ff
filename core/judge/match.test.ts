import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act } from '../model/act.ts'
import type { Control, Manifest } from '../model/manifest.ts'
import type { Facts } from '../model/sealed.ts'
import { act, at, brief, inputsOf, manifestOf, noFacts, noShell } from './fixtures.ts'
import { match } from './match.ts'
import { resolve } from './resolve.ts'

function matched(acts: readonly Act[], manifest: Manifest = manifestOf(), facts: Facts = noFacts) {
  return match(resolve(manifest), inputsOf({ acts, manifest }).intake, facts)
}
const controls = (...some: readonly Partial<Control>[]): Manifest =>
  manifestOf({
    controls: some.map((control, index): Control => ({ id: `c${index}`, title: 'c', behaviour: 'exec', ...control })),
  })
const plain = (rest: Parameters<typeof act>[0] = {}) =>
  act({ class: 'observation', sensor: 'tetragon', rule: null, severity: null, ...rest })

test('an empty intake has no findings', () => assert.deepEqual(matched([]), []))

test('a plain act that the deny list names is a finding, with what is known of it', () => {
  const [finding, ...others] = matched([plain(), plain({ at: at(300_000), effect: 'prevented' })])
  assert.equal(others.length, 0)
  assert.ok(finding)
  const { identity, fingerprint, samples, ...rest } = finding
  assert.equal(identity.workload, 'api')
  assert.match(fingerprint, /^rpf1:[0-9a-f]{64}$/)
  assert.equal(samples.length, 2)
  assert.deepEqual(rest, {
    control: 'no-shell',
    workloads: ['shop/api'],
    attributed: true,
    because: 'denied',
    severity: 'high',
    confidence: 1,
    placed: true,
    excepted: null,
    waivedBy: [],
    recurrence: 'new',
    count: 2,
    first: at(125_000),
    last: at(300_000),
    sensors: [{ sensor: 'tetragon', rules: [], count: 2 }],
    effects: { prevented: 1, terminated: 0, observed: 1, unknown: 0 },
  })
})

test('a plain act that no control rejects is no finding', () => {
  assert.deepEqual(matched([plain({ target: { type: 'binary', path: '/bin/ls', partial: false } })]), [])
})

test('a mapped detection violates, also a control whose behaviour is another', () => {
  const [finding] = matched([act({ action: 'open', target: null })], controls({ evidence: { falco: ['Terminal*'] } }))
  assert.deepEqual(finding && brief(finding), {
    control: 'c0',
    because: 'evidence',
    severity: 'medium',
    confidence: 1,
    placed: true,
    attributed: true,
    workloads: ['shop/api'],
    count: 1,
  })
})

test('an observation is never mapped, whatever its rule is called', () => {
  assert.deepEqual(matched([act({ class: 'observation' })], controls({ evidence: { falco: ['Terminal*'] } })), [])
})

test('one act may violate several controls; findings come by control, then by fingerprint', () => {
  const found = matched(
    [plain(), plain({ target: { type: 'binary', path: '/bin/bash', partial: false } }), act()],
    manifestOf({
      controls: [
        { ...noShell, id: 'z' },
        { ...noShell, id: 'a' },
      ],
    }),
  )
  assert.deepEqual(
    found.map(({ control }) => control),
    ['a', 'a', 'z', 'z'],
  )
  assert.ok((found[0]?.fingerprint ?? '') < (found[1]?.fingerprint ?? ''))
})

test('a detection that no control speaks about is listed as unmapped', () => {
  const found = matched([act({ rule: 'Something else', action: 'open', target: null })])
  assert.deepEqual(found.map(brief), [
    {
      control: null,
      because: 'unmapped',
      severity: 'medium',
      confidence: 1,
      placed: true,
      attributed: true,
      workloads: ['shop/api'],
      count: 1,
    },
  ])
})

test('of two rules on one behaviour only the one that no control names is unmapped', () => {
  const found = matched(
    [
      act({ action: 'open', target: null, rule: 'mapped' }),
      act({ action: 'open', target: null, rule: 'other' }),
      act({ action: 'open', target: null, rule: null }),
    ],
    controls({ evidence: { falco: ['mapped'] } }),
  )
  assert.deepEqual(
    found.map(({ control, sensors }) => [control, sensors]),
    [
      [null, [{ sensor: 'falco', rules: ['other'], count: 1 }]],
      ['c0', [{ sensor: 'falco', rules: ['mapped'], count: 1 }]],
    ],
  )
})

test('the same rule of another sensor is unmapped', () => {
  const found = matched(
    [act({ action: 'open', target: null }), act({ action: 'open', target: null, sensor: 'tetragon' })],
    controls({ evidence: { falco: ['Terminal*'] } }),
  )
  assert.deepEqual(
    found.map(({ control, sensors }) => [control, sensors[0]?.sensor]),
    [
      [null, 'tetragon'],
      ['c0', 'falco'],
    ],
  )
})

test("a detection that the control's own list rejects is spoken for", () => {
  assert.deepEqual(
    matched([act()]).map(({ control, because }) => [control, because]),
    [['no-shell', 'denied']],
  )
})

test('a control that does not apply to the workload does not speak about it', () => {
  const found = matched(
    [act()],
    manifestOf({
      scope: {
        application: 'shop',
        environment: 'prod',
        workloads: [
          { name: 'api', namespace: 'shop' },
          { name: 'web', namespace: 'shop' },
        ],
      },
      controls: [{ ...noShell, appliesTo: { workloads: ['web'] } }],
    }),
  )
  assert.deepEqual(
    found.map(({ control }) => control),
    [null],
  )
})

test('G12: what cannot be attributed concerns each workload that it could belong to, and asks for a person', () => {
  const manifest = manifestOf({
    scope: {
      application: 'shop',
      environment: 'prod',
      workloads: [
        { name: 'web', namespace: 'shop' },
        { name: 'api', namespace: 'shop' },
        { name: 'job', namespace: 'batch' },
      ],
    },
  })
  const lost = { workload: null, pod: null }
  assert.deepEqual(matched([plain({ subject: lost })], manifest).map(brief), [
    {
      control: 'no-shell',
      because: 'denied',
      severity: 'high',
      confidence: 0.7,
      placed: true,
      attributed: false,
      workloads: ['shop/api', 'shop/web'],
      count: 1,
    },
  ])
  assert.deepEqual(matched([plain({ subject: { ...lost, namespace: null } })], manifest)[0]?.workloads, [
    'batch/job',
    'shop/api',
    'shop/web',
  ])
  assert.deepEqual(matched([plain()], manifest)[0]?.workloads, ['shop/api'])
})

test('what may or may not be the denied thing asks for a person', () => {
  const denyShadow = controls({ behaviour: 'open', deny: { paths: ['/etc/shadow'], access: ['write'] } })
  const open = (path: string, access: Act['access'], partial = false) =>
    matched([plain({ action: 'open', access, target: { type: 'path', path, partial } })], denyShadow).map(
      ({ confidence }) => confidence,
    )
  assert.deepEqual(open('/etc/shadow', 'write'), [1])
  assert.deepEqual(open('/etc/shadow', null), [0.6])
  assert.deepEqual(open('shadow', 'write', true), [0.6])
  assert.deepEqual(open('/etc/shadow', 'read'), [])
  assert.deepEqual(
    matched([plain({ target: null })]).map(({ confidence }) => confidence),
    [0.6],
  )
  assert.deepEqual(
    matched([plain({ target: null, subject: { workload: null, pod: null } })]).map(({ confidence }) => confidence),
    [0.6],
  )
})

test('the surest sighting counts, each for itself', () => {
  const both = controls({ deny: { binaries: ['/bin/sh'] }, evidence: { falco: ['Terminal*'] } })
  const name = { type: 'binary', path: 'sh', partial: true } as const
  const of = (...acts: readonly Act[]) =>
    matched(acts, both).map(({ because, confidence, count }) => [because, confidence, count])
  assert.deepEqual(of(act({ target: name, confidence: 0.5 }), plain({ target: name })), [['evidence', 0.6, 2]])
  assert.deepEqual(of(act({ target: name, confidence: 0.9 }), plain({ target: name })), [['evidence', 0.9, 2]])
  assert.deepEqual(of(plain({ confidence: 0.4 }), plain({ confidence: 0.9 })), [['denied', 0.9, 2]])
})

test("severity: the control's own, else the worst that was said, where saying nothing counts as high", () => {
  const severityOf = (control: Partial<Control>, ...acts: readonly Act[]) =>
    matched(acts, controls({ ...noShell, ...control }))[0]?.severity
  assert.equal(severityOf({ severity: 'low' }, act({ severity: 'critical' })), 'low')
  assert.equal(severityOf({}, act({ severity: 'info' }), act({ severity: 'low' })), 'low')
  assert.equal(severityOf({}, plain()), 'high')
  // More sensors never make a finding milder.
  assert.equal(severityOf({}, plain(), act({ severity: 'info' })), 'high')
  assert.equal(severityOf({}, plain(), act({ severity: 'critical' })), 'critical')
})

test('an undated sighting does not take the place of a dated one', () => {
  const [undated] = matched([plain({ at: null })])
  assert.deepEqual([undated?.placed, undated?.first, undated?.last], [false, null, null])
  const [both] = matched([plain({ at: null }), plain()])
  assert.deepEqual([both?.placed, both?.first, both?.last, both?.count], [true, at(125_000), at(125_000), 2])
})

test('an excepted behaviour stays listed with the reason, and its detections are not unmapped', () => {
  const found = matched(
    [act()],
    manifestOf({ controls: [{ ...noShell, except: [{ workloads: ['api'], reason: 'Debug image.' }] }] }),
  )
  assert.deepEqual(
    found.map(({ control, excepted }) => [control, excepted]),
    [['no-shell', 'Debug image.']],
  )
})

test('recurrence: new, recurring from the previous window, returned after an absence', () => {
  const [print = ''] = inputsOf({ acts: [act()] }).intake.behaviours.keys()
  const seen = (lastWindow: string, previous: string | null): Facts => ({
    previous: previous === null ? null : { windowId: previous, reportDigest: 'x' },
    history: new Map([[print, { firstWindow: 'w1', lastWindow, windows: 1, controls: [], workloads: [] }]]),
  })
  const recurrenceOf = (facts: Facts) => matched([act()], manifestOf(), facts)[0]?.recurrence
  assert.equal(recurrenceOf(noFacts), 'new')
  assert.equal(recurrenceOf(seen('w3', 'w3')), 'recurring')
  assert.equal(recurrenceOf(seen('w2', 'w3')), 'returned')
  assert.equal(recurrenceOf(seen('w2', null)), 'returned')
})

test('a policy without a severity that reports an allowed act is not listed as unmapped; a rule with a severity is', () => {
  const manifest = controls({ allow: { binaries: ['/usr/bin/node'] } })
  const node = { target: { type: 'binary', path: '/usr/bin/node', partial: false } } as const
  assert.deepEqual(matched([act({ ...node, sensor: 'tetragon', rule: 'report-exec', severity: null })], manifest), [])
  assert.deepEqual(
    matched([act({ ...node, sensor: 'falco', rule: 'Reverse shell', severity: 'low' })], manifest).map(({ because }) => because),
    ['unmapped'],
  )
  const elsewhere = controls({ allow: { binaries: ['/usr/bin/node'] }, appliesTo: { workloads: ['nobody'] } })
  assert.deepEqual(
    matched([act({ ...node, sensor: 'tetragon', rule: 'report-exec', severity: null })], elsewhere).map(({ because }) => because),
    ['unmapped'],
  )
})
