import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { act, at, inputsOf, manifestOf } from '../../core/judge/fixtures.ts'
import { judge, judged } from '../../core/judge/judge.ts'
import { derivedParts } from '../../core/judge/report.ts'
import { open, seal } from '../../core/judge/seal.ts'
import { auditMembers } from '../../core/model/audit-file.ts'
import type { Report } from '../../core/model/report.ts'
import { utf8 } from '../../core/proof/bytes.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { readReport } from './members.ts'
import { completed, outlineOf } from './outline.ts'

const gate = JSON.parse(readFileSync(new URL('../../catalogue/gate/plan.json', import.meta.url), 'utf8')) as JsonValue
const shell = { type: 'binary', path: '/bin/sh', partial: false } as const
const acts = [
  act(),
  act({ target: { ...shell, path: '/bin/bash' } }),
  act({ at: at(9000), subject: { commandLine: 'sh "\u20ac"' } }),
]
const sealed = seal(inputsOf({ acts, gate, manifest: manifestOf() }))
const inputs = open(sealed)
const question = { ...inputs, decisions: [], evaluatedAt: '2026-03-02T00:10:00Z' }
const judgement = judge(question)
const hash = 'a'.repeat(64)
const derived = derivedParts(inputs.manifest, hash, sealed.sums(), judgement)
const report: Report = {
  ...derived,
  producer: { name: 'runproof', version: '1.0.0' },
  manifest: { ...derived.manifest, signedBy: null },
  decisions: [],
  refusedWaivers: [],
  previous: null,
  ledger: { origin: 'here', size: 1, root: hash },
}
const text = jcs(report)
const membersOf = (text: string) => new Map([[auditMembers.report, utf8(text)]])
/** The report as the quick way reads it; null where it leaves it to the slow one. */
const quickly = (text: string): Report | null => {
  const outline = outlineOf(membersOf(text))
  return outline && completed(outline, judged(question, outline.findings))
}
const slowly = (text: string): Report | null => {
  try {
    return readReport(membersOf(text)).report
  } catch {
    return null
  }
}

test('a report whose findings are those of the replay is read as the slow way reads it', () => {
  assert.ok(judgement.findings.length >= 2)
  assert.deepEqual(quickly(text), slowly(text))
  assert.deepEqual(quickly(text), report)
})

test('what is not in the findings may say something else: that is for the checks to name', () => {
  const other = jcs({ ...report, judgement: { ...report.judgement, verdict: 'pass' } })
  assert.equal(quickly(other)?.judgement.verdict, 'pass')
  assert.deepEqual(quickly(other), slowly(other))
})

const [first, ...rest] = judgement.findings
const withFindings = (findings: readonly unknown[]): string =>
  jcs({ ...report, judgement: { ...judgement, findings } } as JsonValue)
/** The list of findings as it lies there, and the report with another text in its place. */
const [from, to] = [text.indexOf('[{"attributed"'), text.indexOf(',"gone":[')]
const elsewhere = `"frameworks":{"findings":${text.slice(from, to)},"gone":["x"]}`
const moved = `${text.slice(0, from).replace('"frameworks":{}', elsewhere)}[]${text.slice(to)}`
const left: readonly (readonly [string, string])[] = [
  ['a finding less', withFindings(rest)],
  ['a finding more', withFindings([...judgement.findings, first])],
  ['a finding in another order', withFindings(judgement.findings.toReversed())],
  ['a finding that says something else', withFindings([{ ...first, count: 7 }, ...rest])],
  ['a finding that is spelled differently', text.replace('{"attributed":true', '{"attributed":true ')],
  ['no findings', withFindings([])],
  ['white space', `${text}\n`],
  ['a member that no report has', text.replace('"type":', '"tpye":1,"type":')],
  ['a member twice', text.replace('"type":"https', '"type":"x","type":"https')],
  ['a member called __proto__ where names are free', text.replace('"tally":{', '"tally":{"__proto__":1,')],
  ['another type', text.replace('"type":"https', '"type":"http')],
  ['findings that lie where names are free', moved],
  ['a mark of its own', text.replace('"frameworks":{}', '"frameworks":{"findings":[0]}')],
  ['no end', text.slice(0, -1)],
]
for (const [what, other] of left) {
  test(`not read the quick way: ${what}`, () => {
    assert.match(text, /"frameworks":\{\}/)
    assert.notEqual(other, text)
    assert.equal(quickly(other), null)
  })
}

test('no report at all, and one of nothing but what findings start with, are left alone', () => {
  assert.equal(outlineOf(new Map()), null)
  for (const bare of [
    '',
    '"findings":[{"attributed":',
    '],"gone":[',
    '"findings":[{"attributed":],"gone":[',
    '],"gone":["findings":[{"attributed":',
  ])
    assert.equal(quickly(bare), null)
})

test('whatever is changed in a report: what the quick way reads, the slow way reads alike', () => {
  const change = fc.constantFrom('0', '1', '"', ' ', '}', '{', '\\', ',', '[', ']', 'null', '"__proto__":0,', '')
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.nat(2), change, (place, length, inserted) => {
      const other = text.slice(0, place) + inserted + text.slice(place + length)
      const read = quickly(other)
      if (read !== null) assert.deepEqual(read, slowly(other))
    }),
    { numRuns: 600 },
  )
})

test('a report is not completed with findings that were not compared with its own', () => {
  const outline = outlineOf(membersOf(text))
  assert.ok(outline)
  assert.equal(completed(outline, judged(question, null)), null)
  assert.equal(completed(outline, judged(question, utf8('[]'))), null)
})

test('a list of fingerprints with anything else in it is no part of a report', () => {
  const [control] = judgement.controls
  assert.ok(control && control.findings.length > 0)
  for (const findings of [['rpf1:0'], [null], [...control.findings, 'x'], 'rpf1', { length: 0 }] as unknown[]) {
    const other = jcs({ ...report, judgement: { ...judgement, controls: [{ ...control, findings }] } } as JsonValue)
    assert.equal(quickly(other), null)
    assert.throws(
      () => readReport(membersOf(other)),
      /judgement\.controls\.0\.findings(?:\.\d)?: must be a (?:list of )?fingerprint/,
    )
  }
})
