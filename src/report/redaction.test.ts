import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Report } from '../../core/model/report.ts'
import { exampleReport } from './fixtures/report.ts'
import { hex } from './fixtures/scope.ts'
import { reportHtml } from './html.ts'
import { reportPdf } from './pdf.ts'
import { fonts, pdfTexts } from './pdf/fixtures.ts'
import { redactionLines } from './redaction.ts'
import { reportText } from './text.ts'

const seal = { reportDigest: hex('report'), ledger: null, signer: { name: 'Runproof', keyId: hex('key') } }
const plain = { rules: 'redact/1', custom: 0, excepted: [], disabled: [], digest: null }
const own: Report['redaction'] = {
  ...plain,
  custom: 2,
  excepted: [{ rule: 'email', reason: 'no <b>person</b>' }],
  disabled: [{ rule: 'jwt', reason: 'made up\u202E' }],
  digest: hex('rules'),
}

function pages(report: Report): readonly string[] {
  const html = reportHtml(report, seal).replaceAll(/<[^>]*>/g, '')
  const pdf = pdfTexts(Buffer.from(reportPdf(report, seal, fonts))).join(' ')
  return [html, pdf, reportText(report, { columns: 100, colour: false })].map((text) => text.replaceAll(/\s+/g, ' '))
}

test('every page tells the rules in one line, and what they leave in', () => {
  for (const page of pages(exampleReport({ redaction: plain }))) {
    assert.match(page, /Secrets were taken out by the rules that ship with Runproof \(redact\/1\)\./)
    assert.doesNotMatch(page, /Left in by/)
  }
  for (const page of pages(exampleReport({ redaction: own }))) {
    assert.match(page, /\(redact\/1\) and 2 rules of the bundle \(redaction\.yaml, sha256/)
    assert.match(
      page,
      /Left in by the bundle’s own word: switched off: jwt \(“made up.{0,3}U\+202E.{0,3}”\); exceptions: email \(“no/,
    )
    assert.ok(!page.includes('\u202E'))
  }
})

test('a report that is older than this statement says nothing of it', () => {
  assert.equal(redactionLines(exampleReport()), null)
  for (const page of pages(exampleReport())) assert.doesNotMatch(page, /Secrets were taken out/)
})

test('sensor instances that are counted and not listed are told of, where there are any', () => {
  const { coverage } = exampleReport().judgement
  for (const [unlisted, words] of [
    [1, /1 more sensor instance reported without being required; it is counted and not listed\./],
    [1200, /1,200 more sensor instances reported without being required; they are counted and not listed\./],
  ] as const)
    for (const page of pages(exampleReport({ judgement: { coverage: { ...coverage, unlisted } } }))) assert.match(page, words)
  for (const page of pages(exampleReport())) assert.doesNotMatch(page, /without being required/)
})
