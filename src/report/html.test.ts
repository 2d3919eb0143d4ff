import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod/mini'
import { ReportSchema, type Report } from '../../core/model/report.ts'
import { exampleControl } from './fixtures/controls.ts'
import { exampleFinding } from './fixtures/findings.ts'
import { exampleReport } from './fixtures/report.ts'
import { hex } from './fixtures/scope.ts'
import { exampleInstance } from './fixtures/watching.ts'
import { reportHtml, type Seal } from './html.ts'

const seal: Seal = {
  reportDigest: hex('report'),
  ledger: { origin: 'log.payments.example', index: 43, size: 44 },
  signer: { name: 'Runproof CI', keyId: hex('ci') },
}
const example = exampleReport()
/** The page without the white space that a browser drops. */
function pageOf(report: Report, how: Seal = seal): string {
  return reportHtml(report, how).replaceAll(/\s+/g, ' ').replaceAll('> <', '><')
}
const page = pageOf(example)
const hostile =
  '"><script>alert(1)</script><img src=x onerror=alert(2)>\' ` javascript:alert(3) \u202Egnp.exe\u0000\u001B[2J\u200B\uFEFF\n'

/** Every text that a report may carry freely, replaced; enumerations, digests and times stay. */
function poisoned(value: unknown, text: string): unknown {
  const fixed = /^(?:[0-9a-f]{64}|rpf1:.*|https:.*|\d{4}-.*Z|application\/vnd.*|rpj1|runproof|[a-z_]{2,16})$/
  if (typeof value === 'string') return fixed.test(value) ? value : text
  if (Array.isArray(value)) return value.map((one: unknown) => poisoned(one, text))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, poisoned(one, text)]))
}

test('the example is a report, so that these tests speak about real ones', () => {
  const read = z.safeParse(ReportSchema, example)
  assert.ok(read.success, read.success ? '' : z.prettifyError(read.error))
  const { totals } = example.judgement.coverage
  assert.equal(totals.observed + totals.degraded + totals.silent + totals.outOfScope, totals.population)
  assert.deepEqual(
    ['pass', 'fail', 'waived', 'inconclusive'].map(
      (one) => example.judgement.controls.filter(({ verdict }) => verdict === one).length,
    ),
    [7, 1, 1, 1],
  )
})

test('the head says the verdict in a word, why in a sentence, and both scores', () => {
  assert.match(page, /<h2 id="verdict"[^>]*>.*<span>Fail<\/span>/)
  const sentence = page
    .slice(page.indexOf('class="why"'), page.indexOf('</p>', page.indexOf('class="why"')))
    .replaceAll(/<[^>]+>/g, '')
  assert.match(sentence, /1 of 10 controls failed: “Web services do not spawn shells”/)
  assert.match(sentence, /1 could not be judged because falco on node-b was silent for 40 minutes/)
  assert.match(sentence, /1 is waived: “No package manager runs in a container” \(until 2026-04-02\)/)
  assert.match(page, /As observed[\s\S]*7 of 10 controls passed[\s\S]*2 fail, 1 inconclusive/)
  assert.match(page, /After waivers[\s\S]*1 fail, 1 inconclusive, 1 waived/)
})

test('every control, reason, waiver, instance, tally entry and digest of the report is on the page', () => {
  const { judgement, gate, evidence, manifest, quarantine } = example
  const text = page.replaceAll(/<[^>]+>/g, '').replaceAll('&quot;', '"')
  for (const control of judgement.controls) {
    assert.ok(text.includes(control.id), control.id)
    for (const { message } of control.reasons) assert.ok(text.includes(message), message)
  }
  for (const { fingerprint } of judgement.findings) assert.ok(text.includes(fingerprint), fingerprint)
  for (const { id, compensatingControl } of judgement.waivers)
    assert.ok(text.includes(id) && text.includes(compensatingControl), id)
  for (const { sensor, node } of judgement.coverage.instances) assert.ok(text.includes(`${sensor} @ ${node}`))
  for (const reason of Object.keys(quarantine.reasons)) assert.ok(text.includes(reason), reason)
  const digests = [seal.reportDigest, seal.signer.keyId, manifest.digest, gate.digest, evidence.root, evidence.digest]
  for (const digest of [...digests, ...judgement.steps.map((step) => step.digest)]) assert.ok(text.includes(digest), digest)
  assert.ok(text.includes('runproof verify FILE --trust trust.json'))
  assert.ok(text.includes('log.payments.example entry 43 of 44'))
})

test('blind minutes are drawn, have a text alternative, and are named with their reason', () => {
  assert.match(page, /role="img" aria-label="falco on node-b: observed 1,400, silent 40 minutes"/)
  assert.match(page, /<rect class="s-silent" x="42\.5%" width="2\.7778%"/)
  assert.match(page, /2026-03-02 10:12–10:52<\/td><td class="n">40<\/td><td>no sign of life/)
  assert.match(page, /44,192 \+ 288 \+ 160 \+ 0 = 44,640/)
})

test('totals that do not add up are called out, not smoothed over', () => {
  const { coverage } = example.judgement
  const broken = exampleReport({ judgement: { coverage: { ...coverage, totals: { ...coverage.totals, silent: 0 } } } })
  assert.match(pageOf(broken), /class="warn">\s*The parts add up to 44,480, not to the population of 44,640/)
  assert.doesNotMatch(page, /not to the population/)
})

test('a waiver shows who signed it, when it ends and how long it holds at the evaluation', () => {
  const waivers = page.slice(page.indexOf('id="waivers"'), page.indexOf('id="unmapped"')).replaceAll(/<[^>]+>/g, '')
  assert.match(waivers, /WVR-2026-014\s*in force\s*30 days left/)
  assert.match(waivers, /WVR-2025-090\s*expired\s*ended 21 days ago/)
  assert.match(waivers, /Ada Approver\s+key/)
  assert.match(waivers, /signed by a key that is not among the manifest’s approvers/)
})

test('the page fetches nothing and runs nothing', () => {
  assert.ok(
    page.includes(`http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`),
  )
  assert.doesNotMatch(page, /<script|<link|<iframe|<img|<object|<form|@import|\ssrc=|\son[a-z]+=/i)
  assert.doesNotMatch(page, /url\((?!#p-)/)
  for (const [, href = ''] of page.matchAll(/href="([^"]*)"/g)) assert.match(href, /^#[a-z0-9-]+$/)
})

test('ids are unique and every link and label leads to one', () => {
  const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
  assert.equal(new Set(ids).size, ids.length)
  for (const [, id] of page.matchAll(/(?:href="#|aria-labelledby="|aria-controls=")([^"]*)"/g)) assert.ok(ids.includes(id), id)
})

test('headings come in order and every table has a caption and scoped heads', () => {
  let before = 0
  for (const [, level] of page.matchAll(/<h(\d)/g)) {
    assert.ok(Number(level) <= before + 1, `h${level} after h${before}`)
    before = Number(level)
  }
  assert.equal(page.split('<table').length, page.split('<caption>').length)
  assert.doesNotMatch(page, /<th(?! scope)[ >]/)
})

test('hostile text anywhere in the report stays text', () => {
  const report = poisoned(example, hostile) as Report
  const attacked = pageOf(report, {
    ...seal,
    reportDigest: '"}</style><script>alert(4)</script>',
    signer: { name: hostile, keyId: hostile },
    ledger: { origin: hostile, index: 1, size: 2 },
  })
  assert.doesNotMatch(attacked, /<script|<img|<\/style><script/i)
  assert.equal(attacked.split('</style>').length, 2)
  assert.doesNotMatch(attacked, /[\p{Cc}\p{Cf}]/u)
  assert.match(
    attacked,
    /<span class="ctl">U\+202E<\/span>gnp\.exe<span class="ctl">U\+0000<\/span><span class="ctl">U\+001B<\/span>\[2J/,
  )
  for (const [tag] of attacked.matchAll(/<[a-z][^>]*>/g))
    assert.doesNotMatch(tag.replaceAll(/"[^"]*"/g, '""'), /\son[a-z]+=|script|'/i)
  for (const [, href = ''] of attacked.matchAll(/href="([^"]*)"/g)) assert.match(href, /^#[a-z0-9-]+$/)
})

test('keys of records are text too, also those that objects have by birth', () => {
  const tally = JSON.parse('{"__proto__":1,"constructor/<b>":2}') as Record<string, number>
  const attacked = pageOf(exampleReport({ judgement: { tally } }))
  assert.match(attacked, /<th scope="row">constructor<\/th><td>&lt;b&gt;<\/td>/)
  assert.match(attacked, /__proto__|proto/)
})

test('a very long command line is cut with a line that says how much is left', () => {
  const [sample] = exampleFinding().samples
  assert.ok(sample)
  const long = exampleFinding({ samples: [{ ...sample, commandLine: 'a'.repeat(16_384) }] })
  assert.match(
    pageOf(exampleReport({ judgement: { findings: [long] } })),
    /a{1000}<span class="cut"> … 15,384 more characters in report\.json/,
  )
})

test('of 5,000 findings 200 are shown, the worst first, and the rest is counted', () => {
  const findings = Array.from({ length: 5000 }, (_, index) =>
    exampleFinding({ fingerprint: `rpf1:${hex(`many ${index}`)}`, severity: index === 4999 ? 'critical' : 'low', samples: [] }),
  )
  const many = pageOf(exampleReport({ judgement: { findings } }))
  assert.equal(many.split('<li class="finding">').length - 1, 200)
  assert.match(many, /… and 4,800 more in report\.json/)
  assert.match(many, /<ol class="findings"><li class="finding">[\s\S]{0,600}critical/)
  assert.ok(many.length < 1_000_000)
})

test('a day without a finding in which everything was watched says so plainly', () => {
  const instances = [exampleInstance('tetragon', 'node-a')]
  const coverage = {
    unlisted: 0,
    minutes: 1440,
    totals: { population: 1440, observed: 1440, degraded: 0, silent: 0, outOfScope: 0 },
    instances,
  }
  const calm = {
    verdict: 'pass',
    verdictBeforeWaivers: 'pass',
    reasons: [],
    controls: [exampleControl()],
    findings: [],
    gone: [],
    waivers: [],
  } as const
  const passed = pageOf(
    exampleReport({
      refusedWaivers: [],
      decisions: [],
      judgement: { ...calm, reasons: [], controls: [...calm.controls], findings: [], gone: [], waivers: [], coverage },
    }),
    seal,
  )
  assert.match(passed, /All 1 control passed; every required sensor watched 24 hours without a gap\./)
  assert.match(passed, /No sensor instance was silent or degraded in any minute/)
  assert.match(passed, /Every detection of the window is mapped by a control/)
})

test('nothing seen by nobody never reads like a pass', () => {
  const controls = example.judgement.controls.map((control) => ({
    ...control,
    verdict: 'inconclusive' as const,
    verdictBeforeWaivers: 'inconclusive' as const,
    findings: [],
    watched: control.watched.map((one) => ({ ...one, observed: 0, degraded: 0, silent: 1440, ratio: 0, sufficient: false })),
  }))
  const silent = { state: 'silent' as const, from: example.window.start, to: example.window.end, why: ['never heard of'] }
  const coverage = { ...example.judgement.coverage, instances: [exampleInstance('falco', 'node-a', [silent])] }
  const judgement = { verdict: 'inconclusive', verdictBeforeWaivers: 'inconclusive', controls, findings: [], coverage } as const
  const dark = pageOf(exampleReport({ judgement: { ...judgement, controls, findings: [] } }))
  assert.match(dark, /10 of 10 controls could not be judged because falco on node-a was silent for the whole window/)
  assert.match(dark, /0 of 10 controls passed/)
  assert.doesNotMatch(dark, /<span class="badge v-pass"/)
})

test('an instance that was not required is marked, and a long strip keeps its one silent minute', () => {
  const gaps = Array.from({ length: 700 }, (_, index) => {
    const at = (minute: number) =>
      new Date(Date.parse(example.window.start) + minute * 60_000).toISOString().replace('.000Z', 'Z')
    return {
      state: index === 350 ? ('silent' as const) : ('degraded' as const),
      from: at(index * 2),
      to: at(index * 2 + 1),
      why: ['x'],
    }
  })
  const coverage = { ...example.judgement.coverage, instances: [exampleInstance('kubearmor', null, gaps, { required: false })] }
  const drawn = pageOf(exampleReport({ judgement: { coverage } }))
  assert.match(drawn, /kubearmor <span class="tag">not required/)
  assert.match(drawn, /<rect class="s-silent" x="48\.5/)
  assert.match(drawn, /… and 500 more in report\.json/)
})

test('"blocked" is never claimed; a prevented act says prevented', () => {
  assert.doesNotMatch(page, /blocked/i)
  assert.match(page, /prevented 3×/)
  assert.match(page, /observed 1×, unknown 1×/)
})

test('a sample and a report outside any ledger say what they are', () => {
  const marked = pageOf(example, { ...seal, ledger: null, sample: true })
  assert.match(marked, /It says nothing about a real system/)
  assert.match(marked, /not logged/)
  assert.doesNotMatch(page, /It says nothing about a real system|not logged/)
})

test('the same report gives the same bytes, whatever the order of keys', () => {
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turned)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, one]) => [key, turned(one)]),
    )
  }
  assert.equal(pageOf(turned(example) as Report), page)
})

test('closed details hide their content on a screen only, so that paper has all of it', () => {
  assert.match(page, /@media screen\{\.more:not\(\[open\]\)\+\.more-content/)
  assert.match(
    page,
    /<details class="more" id="[^"]+"(?: open)?\s*><summary[^>]*>[\s\S]*?<\/summary\s*>\s*<\/details\s*>\s*<div class="more-content"/,
  )
})
