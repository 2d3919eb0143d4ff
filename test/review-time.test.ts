import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { judge } from '../core/judge/judge.ts'
import { open } from '../core/judge/seal.ts'
import { instantMs, instantOf } from '../core/model/time.ts'
import { verifyDecision } from '../core/proof/decisions.ts'
import { spkiFromPem } from '../core/proof/keys.ts'
import { auditMembers } from '../core/model/audit-file.ts'
import type { Report } from '../core/model/report.ts'
import { readAuditFile } from '../src/lib/io/audit-file.ts'
import { curl, decideAs, inWords, listAs, reviewWorld, revokeAs, waiversAs, windowNumber } from './review-world.ts'
import { run, sample, sampleArguments, sampleWindow, scratch } from './sample.ts'

test('G4: a second before a waiver ends and a second after, no job in between: the verdicts differ and both reproduce', async () => {
  const states: string[] = []
  const verdicts: string[] = []
  // The sample's waiver, as its bundle holds it.
  const listed = await run(['waiver', 'list', '--bundle', join(sample, 'assurance'), '--json'])
  const [waiver] = (JSON.parse(listed.out) as { readonly waivers: readonly { readonly waiver: { readonly expires: string } }[] })
    .waivers
  const end = instantMs(waiver?.waiver.expires ?? '')
  for (const at of [instantOf(end - 1000), instantOf(end + 1000)]) {
    const cwd = scratch()
    const assessed = await run(['assess', ...sampleArguments, ...sampleWindow, '--at', at, '--json'], { cwd })
    const { files } = JSON.parse(assessed.out) as { readonly files: { readonly audit: string; readonly trust: string } }
    const verified = await run(['verify', files.audit, '--trust', files.trust], { cwd })
    assert.equal(verified.code, 0, verified.out)
    const members = await readAuditFile(files.audit)
    const { judgement } = JSON.parse(new TextDecoder().decode(members.get(auditMembers.report))) as Report
    states.push(judgement.waivers.map(({ state }) => state).join())
    verdicts.push(judgement.controls.map(({ verdict }) => verdict).join())
  }
  assert.deepEqual(states, ['active', 'expired'])
  assert.notEqual(verdicts[0], verdicts[1])
})

test('G4: judgement, service and command line say the same of a waiver at every moment', async () => {
  const world = await reviewWorld()
  try {
    const folder = await world.publish()
    const ada = await world.person('Ada', 'approver', world.keys.ada)
    await world.receive(0, [curl])
    const { report } = await world.close(0)
    const id = (await listAs(ada))[0]?.id ?? 0
    const { digest } = await decideAs(ada, id, { verdict: 'waive', ...inWords, expires: '2h' })
    world.wait(3_600_000)
    await revokeAs(ada, digest)

    // The same signed statements in a bundle's folder.
    const { state, reports, promiseOf } = world.parts.closing
    const rows = state.decisionsOf(windowNumber(0))
    mkdirSync(join(folder, 'waivers'))
    rows.forEach(({ envelope }, index) => writeFileSync(join(folder, 'waivers', `${index}.dsse.json`), envelope))
    const inputs = open({ lines: [...reports.evidenceLines(report)] })
    const approvers = (promiseOf(1).manifest.approvers ?? []).map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
    const checks = await Promise.all(rows.map(({ envelope }) => verifyDecision(JSON.parse(envelope), approvers)))
    const decisions = checks.flatMap((check) => (check.ok ? [check.verified] : []))
    assert.equal(decisions.length, 2)

    const from = instantMs('2026-03-02T00:05:00Z') / 1000
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: from, max: from + 3 * 3600 }), async (second) => {
        const at = instantOf(second * 1000)
        const [judged] = judge({ ...inputs, decisions, evaluatedAt: at }).waivers
        const [served] = await waiversAs(ada, at)
        const { out } = await run(['waiver', 'list', '--bundle', folder, '--at', at, '--json'])
        const [written] = (JSON.parse(out) as { readonly waivers: readonly { readonly state: string }[] }).waivers
        assert.deepEqual([served?.state, written?.state], [judged?.state, judged?.state])
        seen.add(judged?.state ?? '')
      }),
      { numRuns: 60 },
    )
    assert.deepEqual([...seen].sort(), ['active', 'not_yet', 'revoked'])
  } finally {
    await world.end()
  }
})
