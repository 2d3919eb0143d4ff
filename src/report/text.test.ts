import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { exampleControl } from './fixtures/controls.ts'
import { exampleFinding } from './fixtures/findings.ts'
import { exampleReport } from './fixtures/report.ts'
import { hex } from './fixtures/scope.ts'
import { exampleInstance } from './fixtures/watching.ts'
import { widthOf, wrap } from './text/layout.ts'
import { reportText } from './text.ts'

const example = exampleReport()
const plain = reportText(example, { columns: 80, colour: false })
const flat = plain.replaceAll(/\s+/g, ' ')

test('the summary fits its columns, also with long names', () => {
  const long = exampleControl({ id: `ns-${'x'.repeat(97)}`, title: 'a title '.repeat(25), verdict: 'review' })
  const named = exampleReport({
    judgement: { controls: [...example.judgement.controls, long] },
    scope: { ...example.scope, application: '長'.repeat(70) },
  })
  for (const columns of [20, 60, 80, 100]) {
    for (const line of reportText(named, { columns, colour: false }).split('\n'))
      assert.ok(widthOf(line) <= Math.max(60, columns), line)
  }
})

test('it says the verdict, why, and both scores', () => {
  assert.match(plain, /^✗ FAIL$/m)
  assert.match(
    flat,
    /1 of 10 controls failed: “Web services do not spawn shells”; 1 could not be judged because falco on node-b was silent for 40 minutes/,
  )
  assert.match(flat, /as observed ✗ fail 7 of 10 controls passed, 2 fail, 1 inconclusive/)
  assert.match(flat, /after waivers ✗ fail 7 of 10 controls passed, 1 fail, 1 inconclusive, 1 waived/)
})

test('each verdict has its own mark', () => {
  for (const mark of [/^✗ fail +ns-/m, /^! inconclusive ns-/m, /^~ waived +ns-/m, /^✓ pass +ns-/m]) assert.match(plain, mark)
  const others = [exampleControl({ verdict: 'review' }), exampleControl({ verdict: 'not_applicable' })]
  const text = reportText(exampleReport({ judgement: { controls: others } }), { columns: 80, colour: false })
  assert.match(text, /^\? review +ns-/m)
  assert.match(text, /^– not applicable ns-/m)
})

test('coverage has a bar per instance and names every blind stretch', () => {
  assert.match(plain, /falco @ node-b +▇{10}▁▇{13} +97\.22 %/)
  assert.match(plain, /tetragon @ node-a +▇{14}▄▇{9} +98\.75 %/)
  assert.match(flat, /falco @ node-b silent 2026-03-02 10:12–10:52 UTC, 40 minutes: no sign of life/)
  assert.match(flat, /of 44,640 promised minutes: 44,192 observed, 288 degraded, 160 silent, 0 out of scope/)
})

test('waivers show expiry and signer, and refused ones why', () => {
  assert.match(
    flat,
    /WVR-2026-014 for ns-payments\.package-manager\.v2: in force, until 2026-04-02 00:00 UTC \(30 days left\), signed by Ada Approver/,
  )
  assert.match(flat, /WVR-2025-090 [^:]+: expired, until 2026-02-10/)
  assert.match(flat, /refused: WVR-2026-020 in waivers\/ptrace\.dsse\.json: signed by a key/)
})

test('text of the report cannot speak to the terminal', () => {
  const attack = '\u001B]0;owned\u0007\u001B[2J\u009B31m\r\n\u202Eevil'
  const finding = exampleFinding({
    identity: { ...exampleFinding().identity, target: { type: 'binary', path: attack, partial: false } },
    workloads: [attack],
  })
  const control = exampleControl({
    id: finding.control ?? '',
    title: attack,
    verdict: 'fail',
    reasons: [{ code: 'x', message: attack, rule: attack, numbers: {}, findings: [] }],
  })
  const coverage = { ...example.judgement.coverage, instances: [exampleInstance(attack, attack)] }
  const attacked = reportText(
    exampleReport({
      scope: { ...example.scope, application: attack },
      quarantine: { count: 1, reasons: { [attack]: 1 } },
      refusedWaivers: [{ source: attack, id: attack, why: attack }],
      judgement: { controls: [control], findings: [finding], coverage, tally: { [attack]: 1 } },
    }),
    { columns: 80, colour: false },
  )
  assert.doesNotMatch(attacked, /(?!\n)[\p{Cc}\p{Cf}]/u)
  assert.match(attacked, /<U\+001B>\[2J<U\+009B>31m<U\+000D><U\+000A><U\+202E>/)
})

test('colour adds escape codes and changes no word', () => {
  const coloured = reportText(example, { columns: 80, colour: true })
  assert.ok(coloured.includes('\u001B[31m✗ fail\u001B[0m'))
  assert.equal(coloured.replaceAll(/\p{Cc}\[\d+m/gu, ''), plain)
})

test('of 5,000 findings the worst three are shown and the rest is counted', () => {
  const findings = Array.from({ length: 5000 }, (_, index) =>
    exampleFinding({ fingerprint: `rpf1:${hex(`many ${index}`)}`, severity: index === 4999 ? 'critical' : 'low' }),
  )
  const text = reportText(exampleReport({ judgement: { findings } }), { columns: 80, colour: false })
  assert.match(text, /… and 4,997 more in report\.json/)
  assert.match(text, /- critical: exec/)
})

test('everything passed, and nothing was judged, each in its own words', () => {
  const options = { columns: 110, colour: false }
  const passed = reportText(
    exampleReport({ judgement: { verdict: 'pass', controls: [exampleControl(), exampleControl({ id: 'b' })], findings: [] } }),
    options,
  )
  assert.match(passed, /All 2 controls passed; required sensors fully observed 98\.99 %/)
  const empty = reportText(exampleReport({ judgement: { verdict: 'inconclusive', controls: [], findings: [] } }), options)
  assert.match(empty, /^! INCONCLUSIVE$/m)
  assert.match(empty, /Nothing was judged: the report has no control/)
})

test('wrapping keeps every character and no line is too wide', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '字') }), { maxLength: 30 }),
      fc.integer({ min: 4, max: 60 }),
      (words, width) => {
        const text = words.join(' ')
        const lines = wrap(text, width)
        assert.ok(lines.every((line) => widthOf(line) <= width))
        assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''))
      },
    ),
  )
})
