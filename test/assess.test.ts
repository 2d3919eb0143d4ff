import assert from 'node:assert/strict'
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync, gunzipSync, zstdCompressSync } from 'node:zlib'
import { auditMembers } from '../core/model/audit-file.ts'
import { verifyAudit } from '../verify/src/index.ts'
import { assessedSample, assessSample, run, sample, sampleArguments, sampleWindow, scratch } from './sample.ts'

type Expected = {
  readonly verdict: string
  readonly verdictBeforeWaivers: string
  readonly controls: Readonly<Record<string, { readonly verdict: string; readonly verdictBeforeWaivers: string }>>
  readonly blind: readonly { readonly sensor: string; readonly node: string; readonly from: string; readonly to: string }[]
}
const expected = JSON.parse(readFileSync(join(sample, 'EXPECTED.json'), 'utf8')) as Expected

type Outcome = Omit<Expected, 'controls' | 'blind'> & {
  readonly controls: readonly { readonly id: string; readonly verdict: string; readonly verdictBeforeWaivers: string }[]
  readonly blind: readonly {
    readonly sensor: string
    readonly node: string | null
    readonly silent: readonly { readonly from: string; readonly to: string }[]
  }[]
  readonly reportDigest: string
  readonly quarantine: { readonly count: number }
}
const outcomeOf = (out: string): Outcome => JSON.parse(out) as Outcome
const evidenceText = (members: ReadonlyMap<string, Uint8Array>): string =>
  gunzipSync(members.get(auditMembers.evidence) ?? new Uint8Array()).toString()

test('the sample ends as its README says: 7 pass, 1 fails, 1 is waived, 1 cannot be judged', async () => {
  const { ran } = await assessedSample()
  const outcome = outcomeOf(ran.out)
  assert.equal(outcome.verdict, expected.verdict)
  assert.equal(outcome.verdictBeforeWaivers, expected.verdictBeforeWaivers)
  const controls = Object.fromEntries(
    outcome.controls.map(({ id, verdict, verdictBeforeWaivers }) => [id, { verdict, verdictBeforeWaivers }]),
  )
  assert.deepEqual(controls, expected.controls)
  const blind = outcome.blind.flatMap(({ sensor, node, silent }) => silent.map(({ from, to }) => ({ sensor, node, from, to })))
  assert.deepEqual(blind, expected.blind)
  assert.equal(ran.code, 1)
})

test('an audit file is all that another machine needs: another folder, no keys, no ledger', async () => {
  const { auditPath, trustPath } = await assessedSample()
  const elsewhere = scratch()
  cpSync(auditPath, join(elsewhere, 'audit.runproof.tar'))
  cpSync(trustPath, join(elsewhere, 'trust.json'))
  const ran = await run(['verify', 'audit.runproof.tar', '--trust', 'trust.json'], { cwd: elsewhere })
  assert.equal(ran.code, 0, ran.out)
  assert.match(ran.out, /^VERIFIED: payments\/production .* is FAIL/m)
  assert.match(ran.out, /^ok +replay/m)
})

test('verify tells 0 verified, 1 not verified, 3 could not check and 64 usage apart', async () => {
  const { auditPath, trustPath } = await assessedSample()
  const elsewhere = scratch()
  const damaged = readFileSync(auditPath)
  const at = damaged.indexOf('"verdict":"fail"')
  damaged.write('pass', at + '"verdict":"'.length)
  writeFileSync(join(elsewhere, 'damaged.tar'), damaged)
  assert.equal((await run(['verify', 'damaged.tar', '--trust', trustPath], { cwd: elsewhere })).code, 1)
  assert.equal((await run(['verify', 'missing.tar', '--trust', trustPath], { cwd: elsewhere })).code, 3)
  assert.equal((await run(['verify', auditPath])).code, 64)
  const json = await run(['verify', auditPath, '--trust', trustPath, '--json'])
  assert.equal((JSON.parse(json.out) as { ok: boolean; verdict: string }).verdict, 'fail')
})

test('the same events in another order, split, doubled in files or packed give the same sealed bytes', async () => {
  const { members } = await assessedSample()
  const folder = scratch()
  const falco = readFileSync(join(sample, 'events', 'falco.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
  const tetragon = readFileSync(join(sample, 'events', 'tetragon.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
  const mixed = [...tetragon, ...falco].reverse()
  const half = Math.floor(mixed.length / 2)
  writeFileSync(join(folder, 'a.json.gz'), gzipSync(mixed.slice(0, half).join('\n')))
  writeFileSync(join(folder, 'b.json.zst'), zstdCompressSync(mixed.slice(half).join('\n')))
  const events = ['--events', join(folder, 'b.json.zst'), '--events', join(folder, 'a.json.gz')]
  const key = { RUNPROOF_HOME: join(folder, 'data') }
  const ran = await run(['assess', '--bundle', join(sample, 'assurance'), ...events, ...sampleWindow, '--json'], {
    cwd: folder,
    env: key,
  })
  assert.equal(ran.code, 1, ran.err)
  const again = await verifiedMembers(folder, ran.out)
  // The digest of a line that held a secret is keyed with the machine's own key, so those of two machines differ.
  const unkeyed = (text: string): string => text.replaceAll(/"digest":"[0-9a-f]{64}"/g, '"digest":""')
  assert.equal(unkeyed(evidenceText(again)), unkeyed(evidenceText(members)))
})

async function verifiedMembers(folder: string, out: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { files } = JSON.parse(out) as { files: { audit: string; trust: string } }
  assert.equal((await run(['verify', files.audit, '--trust', files.trust], { cwd: folder })).code, 0)
  const { readAuditFile } = await import('../src/lib/io/audit-file.ts')
  return readAuditFile(files.audit)
}

test('running again on the same machine judges and seals alike and logs the decision once', async () => {
  const cwd = scratch()
  const first = await assessSample([], cwd)
  const second = await assessSample([], cwd)
  assert.equal(evidenceText(second.members), evidenceText(first.members))
  const judgement = (members: ReadonlyMap<string, Uint8Array>): unknown =>
    (JSON.parse(new TextDecoder().decode(members.get(auditMembers.report))) as { judgement: unknown }).judgement
  assert.deepEqual(judgement(second.members), judgement(first.members))
  const decisions = (members: ReadonlyMap<string, Uint8Array>): unknown =>
    (JSON.parse(new TextDecoder().decode(members.get(auditMembers.report))) as { decisions: unknown }).decisions
  assert.deepEqual(decisions(second.members), decisions(first.members))
})

test('a report of the same window supersedes the previous one; after the waiver has expired the control fails', async () => {
  const cwd = scratch()
  const first = await assessSample([], cwd)
  const later = await assessSample(['--previous', first.auditPath, '--at', '2026-06-01T00:00:00Z', '--out', 'later'], cwd)
  const report = JSON.parse(new TextDecoder().decode(later.members.get(auditMembers.report))) as { previous: unknown }
  assert.deepEqual(report.previous, {
    windowId: '20260302T000000Z_20260303T000000Z_payments_production',
    reportDigest: outcomeOf(first.ran.out).reportDigest,
    relation: 'supersedes',
  })
  const waived = Object.entries(expected.controls).find(([, { verdict }]) => verdict === 'waived')?.[0]
  assert.equal(outcomeOf(later.ran.out).controls.find(({ id }) => id === waived)?.verdict, 'fail')
  assert.equal((await verifyAudit(later.members, later.trust)).ok, true)
})

test('a previous report that does not verify is refused with the claim that fails', async () => {
  const cwd = scratch()
  const first = await assessSample([], cwd)
  const stranger = await run(['assess', ...sampleArguments, ...sampleWindow, '--previous', first.auditPath], { cwd: scratch() })
  assert.equal(stranger.code, 3)
  assert.match(stranger.err, /signature: .*\[report\.previous_invalid\]/s)
})

test('a manifest that nobody signed, or that was changed after it was signed, is refused with the fix', async () => {
  const folder = scratch()
  cpSync(join(sample, 'assurance'), join(folder, 'bundle'), { recursive: true })
  const manifest = join(folder, 'bundle', 'manifest.yaml')
  const events = sampleArguments.slice(2)
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('owner: ', 'owner: Somebody of '))
  const changed = await run(['assess', '--bundle', 'bundle', ...events, ...sampleWindow], { cwd: folder })
  assert.equal(changed.code, 3)
  assert.match(changed.err, /changed after it was signed.*\[manifest\.signature_invalid\]/s)

  const unsigned = join(folder, 'unsigned')
  cpSync(manifest, join(unsigned, 'manifest.yaml'))
  const refused = await run(['assess', '--bundle', 'unsigned', ...events, ...sampleWindow], { cwd: folder })
  assert.equal(refused.code, 3)
  assert.match(refused.err, /nobody signed this manifest.*manifest sign/s)
  const accepted = await run(['assess', '--bundle', 'unsigned', ...events, ...sampleWindow, '--unsigned', '--json'], {
    cwd: folder,
  })
  assert.equal(accepted.code, 1)
  const { files } = JSON.parse(accepted.out) as { files: { audit: string; trust: string } }
  assert.match((await run(['verify', files.audit, '--trust', files.trust])).out, /nobody signed/)
})

test('events of several windows need --from and --to, and the list says which', async () => {
  const ran = await run(['assess', ...sampleArguments])
  assert.equal(ran.code, 3)
  assert.match(ran.err, /--from 2026-03-02T00:00:00Z --to 2026-03-03T00:00:00Z {3}\d+ acts/)
})

test('no events at all leave a window in which nobody watched: inconclusive, never a pass', async () => {
  const ran = await run(['assess', '--bundle', join(sample, 'assurance'), '--events', '-', ...sampleWindow, '--json'])
  assert.equal(ran.code, 2, ran.err)
  const outcome = outcomeOf(ran.out)
  assert.equal(outcome.verdict, 'inconclusive')
  assert.deepEqual(new Set(outcome.controls.map(({ verdict }) => verdict)), new Set(['inconclusive']))
})

test('what cannot be read is counted and listed with its place, and stops nothing', async () => {
  const { folder, ran } = await assessedSample()
  const listed = readFileSync(join(folder, 'quarantine.ndjson'), 'utf8').trimEnd().split('\n')
  assert.equal(listed.length, outcomeOf(ran.out).quarantine.count)
  assert.deepEqual(Object.keys(JSON.parse(listed[0] ?? '{}') as object), ['file', 'line', 'reason'])
})

test('the seeded secret of the sample reaches no output', async () => {
  const { members, folder } = await assessedSample()
  const outputs = [
    evidenceText(members),
    ...[...members.values()].map((bytes) => new TextDecoder().decode(bytes)),
    readFileSync(join(folder, 'quarantine.ndjson'), 'utf8'),
  ]
  assert.ok(readFileSync(join(sample, 'events', 'tetragon.ndjson'), 'utf8').includes('correct-horse'))
  for (const output of outputs) assert.equal(output.includes('correct-horse'), false)
})

test('private keys are readable by their owner alone', async () => {
  const cwd = scratch()
  await assessSample([], cwd)
  for (const name of ['report.pem', 'log.pem', 'owner.pem'])
    assert.equal(statSync(join(cwd, 'data', 'keys', name)).mode & 0o777, 0o600, name)
})

test('wrong usage says what is missing and exits with 64', async () => {
  for (const argv of [
    ['assess'],
    ['assess', '--bundle', 'x'],
    ['assess', '--bundle', 'x', '--events', 'y', '--from', '2026-03-02'],
    ['assess', '--nope'],
    ['nope'],
  ]) {
    const ran = await run(argv)
    assert.equal(ran.code, 64, argv.join(' '))
    assert.notEqual(ran.err, '')
  }
})

test('where the output cannot be written, the place and the fix are named, not a defect', async () => {
  const folder = scratch()
  writeFileSync(join(folder, 'in-the-way'), '')
  const ran = await run(['assess', ...sampleArguments, ...sampleWindow, '--out', 'in-the-way'], { cwd: folder })
  assert.equal(ran.code, 3)
  assert.match(ran.err, /in-the-way.*\[file\.unwritable\]/)
})
