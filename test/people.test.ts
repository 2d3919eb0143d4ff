import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { auditMembers } from '../core/model/audit-file.ts'
import { readTar, writeTar } from '../core/proof/tar.ts'
import { auditLimits } from '../core/model/audit-file.ts'
import { assessedSample, assessSample, run, sampleArguments, scratch } from './sample.ts'

/** What a person does with a report in their hands: read it, compare it, ask it why. */

const outbound = 'payments.connect.outbound'

test('show says first whether the report was verified', async () => {
  const { auditPath, trustPath } = await assessedSample()
  const bare = await run(['show', auditPath])
  assert.equal(bare.code, 0)
  assert.match(bare.out, /^NOT VERIFIED: nobody’s signature was checked/)
  const checked = await run(['show', auditPath, '--trust', trustPath])
  assert.equal(checked.code, 0)
  assert.match(checked.out, /^VERIFIED: all \d checks/)
  for (const { out } of [bare, checked]) assert.match(out, /✗ FAIL[\s\S]*7 of 10 controls passed[\s\S]*COVERAGE[\s\S]*WAIVERS/)
})

test('show reads a folder as well as a file', async () => {
  const { folder } = await assessedSample()
  assert.equal((await run(['show', folder])).code, 0)
})

test('show writes the same page and document as assess', async () => {
  const { auditPath, trustPath, folder } = await assessedSample()
  const cwd = scratch()
  const ran = await run(['show', auditPath, '--trust', trustPath, '--html', 'r.html', '--pdf', 'r.pdf'], { cwd })
  assert.equal(ran.code, 0, ran.err)
  assert.match(ran.out, /written {2}r\.html[\s\S]*written {2}r\.pdf/)
  for (const name of ['html', 'pdf'])
    assert.ok(readFileSync(join(cwd, `r.${name}`)).equals(readFileSync(join(folder, `report.${name}`))), name)
})

test('the document lies beside the audit file, not in it', async () => {
  const { folder, members } = await assessedSample()
  assert.ok(readFileSync(join(folder, 'report.pdf')).subarray(0, 8).equals(Buffer.from('%PDF-1.7')))
  assert.ok(![...members.keys()].some((name) => name.endsWith('.pdf')))
})

test('show --json carries the report and whether it was verified', async () => {
  const { auditPath, trustPath } = await assessedSample()
  const bare = JSON.parse((await run(['show', auditPath, '--json'])).out) as Record<string, unknown>
  assert.equal(bare['verified'], null)
  const checked = JSON.parse((await run(['show', auditPath, '--trust', trustPath, '--json'])).out) as Record<string, unknown>
  assert.equal(checked['verified'], true)
  assert.deepEqual(checked['report'], bare['report'])
})

test('a report that does not verify is not shown, explained or compared', async () => {
  const { auditPath, trustPath } = await assessedSample()
  const cwd = scratch()
  const members = new Map(readTar(readFileSync(auditPath), auditLimits))
  const report = Buffer.from(members.get(auditMembers.report) ?? new Uint8Array()).toString()
  members.set(auditMembers.report, Buffer.from(report.replace('"verdict":"fail"', '"verdict":"pass"')))
  const forged = join(cwd, 'forged.tar')
  writeFileSync(forged, writeTar(members))
  for (const argv of [
    ['show', forged, '--html', 'x.html'],
    ['explain', forged, outbound],
    ['diff', auditPath, forged],
  ]) {
    const ran = await run([...argv, '--trust', trustPath], { cwd })
    assert.equal(ran.code, 1, argv[0])
    assert.match(ran.out, /NOT VERIFIED: \d of \d checks failed/)
    assert.match(ran.out, /FAIL statement/)
    assert.doesNotMatch(ran.out, /CONTROLS|1 MATCH|as observed/)
  }
  assert.ok(!existsSync(join(cwd, 'x.html')))
})

test('diff: a waiver that ended between two evaluations is named as the reason', async () => {
  const { auditPath } = await assessedSample()
  const later = await assessSample(['--at', '2026-04-02T00:00:00Z'])
  const ran = await run(['diff', auditPath, later.auditPath])
  assert.equal(ran.code, 1)
  assert.match(ran.out, /1 VERDICT CHANGED\n {2}payments\.connect\.outbound: ~ waived → ✗ fail/)
  assert.match(ran.out.replaceAll(/\s+/g, ' '), /no longer waived \(settlement-legacy-host expired at 2026-03-31 00:00 UTC\)/)
  const json = JSON.parse((await run(['diff', auditPath, later.auditPath, '--json'])).out) as { readonly same: boolean }
  assert.equal(json.same, false)
})

test('diff of a report with itself says that every verdict is the same', async () => {
  const { auditPath, trustPath } = await assessedSample()
  const ran = await run(['diff', auditPath, auditPath, '--trust', trustPath])
  assert.equal(ran.code, 0)
  assert.match(ran.out, /nothing that a verdict rests on differs/)
})

test('explain walks the procedure for one control and agrees with the report', async () => {
  const { auditPath, trustPath } = await assessedSample()
  const ran = await run(['explain', auditPath, outbound, '--trust', trustPath])
  assert.equal(ran.code, 0)
  const text = ran.out.replaceAll(/\s+/g, ' ')
  assert.match(text, /payments\.connect\.outbound: ~ waived, as observed fail/)
  assert.match(text, /1 MATCH.*not on the control’s allow list.*waived by settlement-legacy-host/)
  assert.match(text, /2 COVER.*tetragon watched 100 %/)
  assert.match(text, /3 WAIVE.*settlement-legacy-host: in force.*until 2026-03-31 00:00 UTC.*signed by Maren Okafor/)
  assert.match(text, /4 GATE.*runproof\.gate\.\w+ at gate\.rego:\d+\]/)
})

test('explain --coverage tells which lines of the gate had a part, also as JSON', async () => {
  const { auditPath } = await assessedSample()
  const said = await run(['explain', auditPath, outbound, '--coverage'])
  assert.match(said.out, /= “waived”, after waivers, comes from the gate’s rule after_waivers at gate\.rego:\d+/)
  assert.match(said.out, /5 LINES[^\n]*\n {2}- gate\.rego: \d+ of \d+ lines that hold rules were evaluated/)
  const { gate } = JSON.parse((await run(['explain', auditPath, outbound, '--coverage', '--json'])).out) as {
    readonly gate: {
      readonly givenBy: readonly { readonly rule: string }[]
      readonly lines: readonly { readonly never: number[] }[]
    }
  }
  assert.deepEqual(
    gate.givenBy.map(({ rule }) => rule),
    ['precedence', 'after_waivers'],
  )
  assert.ok((gate.lines[0]?.never.length ?? 0) > 0)
  assert.doesNotMatch((await run(['explain', auditPath, outbound])).out, /5 LINES/)
})

test('explain agrees with the report for every control of the sample', async () => {
  const { auditPath, ran: assessed } = await assessedSample()
  const { controls } = JSON.parse(assessed.out) as {
    readonly controls: readonly { readonly id: string; readonly verdict: string }[]
  }
  assert.equal(controls.length, 10)
  for (const { id, verdict } of controls) {
    const ran = await run(['explain', auditPath, id, '--json'])
    assert.equal(ran.code, 0, id)
    const said = JSON.parse(ran.out) as { readonly verdict: string; readonly agrees: boolean }
    assert.deepEqual([said.verdict, said.agrees], [verdict, true], id)
  }
})

test('what cannot be read or does not exist is refused with its reason', async () => {
  const { auditPath, folder } = await assessedSample()
  const cases: readonly (readonly [argv: readonly string[], code: number, says: RegExp])[] = [
    [['explain', auditPath, 'outbound'], 64, /did you mean payments\.connect\.outbound\?/],
    [['explain', auditPath], 64, /CONTROL is missing/],
    [['show'], 64, /REPORT is missing/],
    [['show', 'nowhere.tar'], 3, /file\.unreadable/],
    [['show', auditPath, '--trust', 'nowhere.json'], 3, /cannot read the trust root/],
    [['show', auditPath, '--pdf', join('no', 'such', 'folder.pdf')], 3, /cannot write/],
    [['diff', auditPath], 64, /B is missing/],
  ]
  for (const [argv, code, says] of cases) {
    const ran = await run(argv)
    assert.equal(ran.code, code, argv.join(' '))
    assert.match(ran.err, says)
  }
  const broken = scratch()
  cpSync(folder, broken, { recursive: true })
  writeFileSync(join(broken, auditMembers.report), '{}')
  const ran = await run(['show', broken])
  assert.equal(ran.code, 3)
  assert.match(ran.err, /holds no report/)
})

test('assess takes a window in words, and it is the same window', async () => {
  const { ran: edges } = await assessedSample()
  const windowOf = (out: string): unknown => (JSON.parse(out) as { readonly window: unknown }).window
  for (const words of ['2026-03-02', '2026-03-02T00:00..2026-03-03T00:00']) {
    const ran = await run(['assess', ...sampleArguments, '--window', words, '--json'])
    assert.equal(ran.code, 1, ran.err)
    assert.deepEqual(windowOf(ran.out), windowOf(edges.out))
  }
  // Nothing happened yesterday that these events know of, and nobody watched.
  const yesterday = await run(['assess', ...sampleArguments, '--window', '{yesterday}', '--json'])
  assert.ok([1, 2].includes(yesterday.code), yesterday.err)
  const twice = await run([
    'assess',
    ...sampleArguments,
    '--window',
    '~1',
    '--from',
    '2026-03-02T00:00:00Z',
    '--to',
    '2026-03-03T00:00:00Z',
  ])
  assert.equal(twice.code, 64)
  const none = await run(['assess', ...sampleArguments, '--window', 'monday'])
  assert.equal(none.code, 64)
  assert.match(none.err, /"monday" names no window; say \{yesterday\}/)
})
