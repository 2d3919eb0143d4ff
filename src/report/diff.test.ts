import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ControlResult, Finding, Judgement, WaiverUse } from '../../core/model/judgement.ts'
import type { Report } from '../../core/model/report.ts'
import { diffReports, type ControlChange } from './diff.ts'
import { exampleControl } from './fixtures/controls.ts'
import { exampleFinding } from './fixtures/findings.ts'
import { exampleReport } from './fixtures/report.ts'
import { hex } from './fixtures/scope.ts'
import { diffText } from './text/diff.ts'

const [shell, apk] = ['ns-payments.shell-spawn.v1', 'ns-payments.package-manager.v2']
const example = exampleReport()

/** The example with one control and the findings as they are given. */
function reportOf(
  control: Partial<ControlResult> = {},
  findings: readonly Finding[] = [],
  more: Partial<Judgement> = {},
  rest: Partial<Report> = {},
): Report {
  return exampleReport({
    ...rest,
    judgement: { controls: [exampleControl({ id: shell, ...control })], findings: [...findings], ...more },
  })
}

function onlyChange(before: Report, after: Report): ControlChange {
  const { controls } = diffReports(before, after)
  assert.equal(controls.length, 1)
  const [change] = controls
  assert.ok(change)
  return change
}

const waiver: WaiverUse = {
  ...(example.judgement.waivers[0] as WaiverUse),
  control: shell,
  id: 'W-1',
  expires: '2026-03-02T12:00:00Z',
}

test('a report does not differ from itself', () => {
  const diff = diffReports(example, exampleReport())
  assert.deepEqual([diff.same, diff.terms, diff.controls, diff.unmapped], [true, [], [], []])
  assert.match(diffText(diff, 100).join('\n'), /nothing that a verdict rests on differs/)
})

test('reports of different scopes are not compared, and the refusal names both', () => {
  const other = exampleReport({ scope: { ...example.scope, application: 'orders' } })
  assert.throws(() => diffReports(example, other), { code: 'usage', message: /payments\/production and orders\/production/ })
  const stage = exampleReport({ scope: { ...example.scope, environment: 'stage' } })
  assert.throws(() => diffReports(example, stage), { code: 'usage' })
})

test('a finding that appeared is told with its severity, act and place', () => {
  const change = onlyChange(
    reportOf(),
    reportOf({ verdict: 'fail', verdictBeforeWaivers: 'fail' }, [exampleFinding({ control: shell })]),
  )
  assert.deepEqual([change.before, change.after, change.changed], ['pass', 'fail', true])
  assert.deepEqual(change.why, ['appeared: high exec /usr/bin/dash in payments-api (rpf1:c43a41aedefa)'])
})

test('a finding that is not seen any more is told as that, not as remedied', () => {
  const finding = exampleFinding({ control: shell })
  const change = onlyChange(reportOf({ verdict: 'fail', verdictBeforeWaivers: 'fail' }, [finding]), reportOf())
  assert.match(change.why[0] ?? '', /^not seen any more: high exec/)
})

for (const [what, state, says] of [
  ['expired', 'expired', /W-1 expired at 2026-03-02 12:00 UTC/],
  ['was made void by a change of the control', 'control_changed', /W-1 is void: the control has changed since it was signed/],
  ['is in force but narrower', 'active', /W-1 is in force but does not cover it any more/],
] as const) {
  test(`a waiver that ${what} is why its finding counts again`, () => {
    const before = reportOf(
      { verdict: 'waived', verdictBeforeWaivers: 'fail' },
      [exampleFinding({ control: shell, waivedBy: ['W-1'] })],
      { waivers: [waiver] },
    )
    const after = reportOf({ verdict: 'fail', verdictBeforeWaivers: 'fail' }, [exampleFinding({ control: shell })], {
      waivers: [{ ...waiver, state, findings: [] }],
    })
    const change = onlyChange(before, after)
    assert.match(change.why[0] ?? '', /^no longer waived/)
    assert.match(change.why[0] ?? '', says)
  })
}

test('a waiver that is not there any more, or was refused, is told apart', () => {
  const before = reportOf({}, [exampleFinding({ control: shell, waivedBy: ['W-1'] })], { waivers: [waiver] })
  const bare = reportOf({}, [exampleFinding({ control: shell })], { waivers: [] }, { refusedWaivers: [] })
  assert.match(
    onlyChange(before, bare).why[0] ?? '',
    /W-1 is not among the second report’s waivers; it would hold until 2026-03-02 12:00/,
  )
  const refused = { ...bare, refusedWaivers: [{ source: 'w.json', id: 'W-1', why: 'no approver signed it' }] }
  assert.match(onlyChange(before, refused).why[0] ?? '', /W-1 was refused: no approver signed it/)
})

test('a finding that was waived since is told with the waiver and its end', () => {
  const after = reportOf(
    { verdict: 'waived', verdictBeforeWaivers: 'fail' },
    [exampleFinding({ control: shell, waivedBy: ['W-1'] })],
    { waivers: [waiver] },
  )
  const before = reportOf({ verdict: 'fail', verdictBeforeWaivers: 'fail' }, [exampleFinding({ control: shell })])
  assert.match(onlyChange(before, after).why[0] ?? '', /^waived now, by W-1, until 2026-03-02 12:00 UTC: high exec/)
})

test('less watched is told with the numbers, and with the blind minutes of the sensors that lack', () => {
  const [control] = example.judgement.controls
  assert.ok(control)
  const whole = control.watched.map((one) => ({ ...one, ratio: 1, silent: 0, observed: 1440, sufficient: true }))
  const before = reportOf({ watched: whole })
  const after = reportOf({ watched: control.watched, verdict: 'inconclusive', verdictBeforeWaivers: 'inconclusive' })
  const { why } = onlyChange(before, after)
  assert.match(why[0] ?? '', /falco watched 97\.22 % of payments-\w+ instead of 100 %; 99 % is required: not enough/)
  assert.ok(why.some((line) => line.startsWith('blind: falco on node-b silent 2026-03-02 10:12–10:52 UTC, 40 minutes')))
  assert.ok(!why.some((line) => line.includes('tetragon on')))
})

test('another weight, exception, threshold and reach are told', () => {
  const thresholds = { count: 3, severity: 'high', confidence: 0.9 } as const
  const before = reportOf({}, [exampleFinding({ control: shell })])
  const control = exampleControl()
  const after = reportOf(
    {
      thresholds: { fail: thresholds, review: control.thresholds.review },
      workloads: [...control.workloads.slice(1), 'payments-new'],
    },
    [exampleFinding({ control: shell, severity: 'low', confidence: 0.6, excepted: 'a probe' })],
  )
  assert.deepEqual(onlyChange(before, after).why, [
    'an exception of the control now (“a probe”): low exec /usr/bin/dash in payments-api (rpf1:c43a41aedefa)',
    'weighs otherwise: low exec /usr/bin/dash in payments-api (rpf1:c43a41aedefa): severity low instead of high, confidence 0.6 instead of 0.95',
    'the threshold to fail is 3 of severity high with confidence 0.9 instead of 1 of severity low with confidence 0.8',
    'applies to payments-new as well',
    'does not apply to payments-api any more',
  ])
})

test('controls that one report does not have are changes, and so is a verdict that nothing explains', () => {
  const before = reportOf()
  const after = exampleReport({
    judgement: { controls: [exampleControl({ id: apk, verdict: 'fail', verdictBeforeWaivers: 'fail' })], findings: [] },
  })
  const { controls, same } = diffReports(before, after)
  assert.equal(same, false)
  assert.deepEqual(
    controls.map(({ control, before, after }) => [control, before, after]),
    [
      [apk, null, 'fail'],
      [shell, 'pass', null],
    ],
  )
  assert.match(
    onlyChange(before, reportOf({ verdict: 'review', verdictBeforeWaivers: 'review' })).why[0] ?? '',
    /runproof explain of both/,
  )
})

test('changed verdicts come first, the worst of them on top', () => {
  const verdicts = ['pass', 'waived', 'fail', 'inconclusive', 'review'] as const
  const of = (pick: (verdict: (typeof verdicts)[number]) => Partial<ControlResult>): Report =>
    exampleReport({
      judgement: { findings: [], controls: verdicts.map((verdict) => exampleControl({ id: `c.${verdict}`, ...pick(verdict) })) },
    })
  const diff = diffReports(
    of(() => ({ verdict: 'not_applicable', verdictBeforeWaivers: 'not_applicable' })),
    of((verdict) => ({ verdict, verdictBeforeWaivers: verdict })),
  )
  assert.deepEqual(
    diff.controls.map(({ after }) => after),
    ['fail', 'review', 'inconclusive', 'waived', 'pass'],
  )
})

test('another manifest, gate, signer, cluster or time of evaluation is among the terms', () => {
  const after = exampleReport({
    manifest: { ...example.manifest, version: '1.5.0', digest: hex('m2'), signedBy: null },
    gate: { ...example.gate, digest: hex('g2') },
    scope: { ...example.scope, cluster: null },
    evaluatedAt: '2026-04-01T00:00:00Z',
  })
  const { terms, same } = diffReports(example, after)
  assert.equal(same, true)
  assert.equal(terms.length, 5)
  assert.match(
    terms.join('\n'),
    /evaluated at 2026-04-01 00:00 instead[\s\S]*1\.4\.0 and payments-production 1\.5\.0[\s\S]*signed by nobody instead of Dana Owner[\s\S]*another gate decided[\s\S]*cluster is not named/,
  )
})

test('many findings are counted, not all listed', () => {
  const findings = Array.from({ length: 50 }, (_, index) =>
    exampleFinding({ control: shell, fingerprint: `rpf1:${hex(String(index))}` }),
  )
  const { why } = onlyChange(reportOf(), reportOf({}, findings))
  assert.equal(why.length, 11)
  assert.equal(why.at(-1), '… and 40 more appeared')
})

test('text of a report cannot move a terminal’s cursor', () => {
  const evil = exampleFinding({ control: shell, workloads: ['\u001B[2J\u202Eevil'] })
  const text = diffText(diffReports(reportOf(), reportOf({}, [evil])), 80).join('\n')
  assert.match(text, /<U\+001B>\[2J<U\+202E>evil/)
  for (const character of ['\u001B', '\u202E']) assert.ok(!text.includes(character))
})
