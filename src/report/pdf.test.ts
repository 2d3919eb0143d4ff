import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { exampleControl } from './fixtures/controls.ts'
import { exampleFinding } from './fixtures/findings.ts'
import { exampleReport } from './fixtures/report.ts'
import { hex } from './fixtures/scope.ts'
import { exampleInstance } from './fixtures/watching.ts'
import type { Seal } from './html.ts'
import { reportPdf } from './pdf.ts'
import { fonts, pdfTexts } from './pdf/fixtures.ts'

const seal: Seal = {
  reportDigest: hex('report'),
  ledger: { origin: 'log.payments.example', index: 43, size: 44 },
  signer: { name: 'Runproof CI', keyId: hex('ci') },
}
const example = exampleReport()
const made = reportPdf(example, seal, fonts)
const texts = pdfTexts(made)
const whole = texts.join(' ').replaceAll(/\s+/g, ' ')
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('the same report is the same bytes', () => {
  assert.equal(sha(reportPdf(exampleReport(), seal, fonts)), sha(made))
})

test('another evaluation time or digest is another document', () => {
  assert.notEqual(sha(reportPdf(exampleReport({ evaluatedAt: '2026-03-04T00:00:00Z' }), seal, fonts)), sha(made))
  assert.notEqual(sha(reportPdf(example, { ...seal, reportDigest: hex('other') }, fonts)), sha(made))
})

test('every page carries the report’s digest and its own number', () => {
  const pages = (
    Buffer.from(made)
      .toString('latin1')
      .match(/\/Type \/Page\n/g) ?? []
  ).length
  assert.ok(pages > 2)
  assert.equal(texts.filter((text) => text === `report sha256 ${seal.reportDigest}`).length, pages)
  assert.deepEqual(
    texts.filter((text) => /^page \d+ of \d+$/.test(text)),
    Array.from({ length: pages }, (_, page) => `page ${page + 1} of ${pages}`),
  )
})

test('it says the verdict, why in a sentence, and both scores', () => {
  assert.ok(texts.includes('✗ Fail'))
  assert.match(
    whole,
    /1 of 10 controls failed: “Web services do not spawn shells”; 1 could not be judged because falco on node-b was silent/,
  )
  assert.match(whole, /As observed ✗ Fail 7 of 10 controls passed 2 fail, 1 inconclusive/)
  assert.match(whole, /After waivers ✗ Fail 7 of 10 controls passed 1 fail, 1 inconclusive, 1 waived/)
})

test('every control, reason, waiver, blind stretch and digest of the report is in it', () => {
  const { judgement, gate, evidence, manifest } = example
  const joined = whole.replaceAll(' ', '')
  const has = (text: string): void => assert.ok(joined.includes(text.replaceAll(/\s+/g, '')), text)
  for (const { id, title, reasons } of judgement.controls) {
    has(title)
    // In a narrow column an id is broken over lines, which leaves its letters in order.
    has(id)
    for (const { message } of reasons) has(message)
  }
  for (const { id, expires, signedBy } of judgement.waivers)
    for (const text of [id, expires.slice(0, 10), signedBy.name]) has(text)
  for (const { id, why } of example.refusedWaivers) for (const text of [id ?? '', why]) has(text)
  for (const text of [gate.digest, evidence.root, evidence.digest, manifest.digest, seal.reportDigest, seal.signer.keyId])
    has(text)
  for (const finding of judgement.findings) has(finding.fingerprint)
  assert.match(whole, /falco @ node-b silent 2026-03-02 10:12–10:52 40 no sign of life/)
  assert.match(whole, /the parts add up/)
})

test('it is tagged, in English, with bookmarks and a text for every drawing', () => {
  const text = Buffer.from(made).toString('latin1')
  assert.match(text, /\/MarkInfo \d+ 0 R|Marked true/)
  assert.match(text, /\/Lang \(en\)/)
  assert.match(text, /\/DisplayDocTitle true/)
  assert.equal((text.match(/\/S \/H2\n/g) ?? []).length, 7)
  const figures = text.match(/\/S \/Figure\n(?:.*\n)*?>>/g) ?? []
  assert.equal(figures.length, example.judgement.coverage.instances.length + 2)
  for (const figure of figures) assert.match(figure, /\/Alt \(/)
  assert.match(text, /\/Type \/Outlines|\/Outlines \d+ 0 R/)
})

test('nothing in it runs, opens or fetches anything', () => {
  const text = Buffer.from(made).toString('latin1')
  assert.doesNotMatch(text, /\/(?:JavaScript|JS|OpenAction|Launch|URI|EmbeddedFile|AcroForm)\b/)
})

test('a character that misleads, and one that the fonts cannot show, is written out; other letters are shown', () => {
  const title = 'Привет Ελλάς łódź \u202Egnp.exe 中 \u0007'
  const { judgement } = example
  const report = exampleReport({ judgement: { controls: [exampleControl({ title }), ...judgement.controls] } })
  const shown = pdfTexts(reportPdf(report, seal, fonts)).join(' ')
  assert.match(shown, /Привет/)
  assert.match(shown, /Ελλάς/)
  assert.match(shown, /łódź/)
  assert.match(shown, /⟨U\+202E⟩gnp\.exe/)
  assert.match(shown, /⟨U\+4E2D⟩/)
  assert.match(shown, /⟨U\+0007⟩/)
  assert.doesNotMatch(shown, /\u202E/)
})

test('a list that is too long is cut, and the cut is said', () => {
  const findings = Array.from({ length: 300 }, (_, index) => exampleFinding({ fingerprint: `rpf1:${hex(`many-${index}`)}` }))
  const shown = pdfTexts(reportPdf(exampleReport({ judgement: { findings } }), seal, fonts)).join(' ')
  assert.match(shown, /… and 260 more in report\.json/)
})

test('a text without a blank, longer than a page is wide, stays on the page', () => {
  const target = { type: 'binary', path: `/${'x'.repeat(4000)}`, partial: false } as const
  const finding = exampleFinding({ identity: { ...exampleFinding().identity, target } })
  const shown = pdfTexts(reportPdf(exampleReport({ judgement: { findings: [finding] } }), seal, fonts))
  assert.ok(shown.every((text) => text.length < 140))
})

test('a window of one minute, without instances, controls, events or waivers, is a document too', () => {
  const report = exampleReport({
    judgement: {
      controls: [],
      findings: [],
      waivers: [],
      tally: {},
      gone: [],
      coverage: { ...example.judgement.coverage, instances: [] },
    },
    refusedWaivers: [],
    previous: null,
  })
  const shown = pdfTexts(reportPdf(report, seal, fonts)).join(' ')
  assert.match(shown, /nobody was looking/)
  assert.match(shown, /The report has no control/)
})

test('many short gaps are drawn without making the document huge', () => {
  const gaps = Array.from({ length: 700 }, (_, index) => {
    const at = (minute: number): string =>
      new Date(Date.parse(example.window.start) + minute * 60_000).toISOString().replace('.000', '')
    return { state: 'silent' as const, from: at(2 * index), to: at(2 * index + 1), why: ['x'] }
  })
  const coverage = { ...example.judgement.coverage, instances: [exampleInstance('falco', 'node-a', gaps)] }
  assert.ok(reportPdf(exampleReport({ judgement: { coverage } }), seal, fonts).length < 400_000)
})
