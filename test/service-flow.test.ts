import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { auditMembers } from '../core/model/audit-file.ts'
import type { Report } from '../core/model/report.ts'
import { instantMs, within } from '../core/model/time.ts'
import { windowOf } from '../core/model/window.ts'
import { readTar } from '../core/proof/tar.ts'
import { verifyAudit } from '../verify/src/index.ts'
import { reportFile, serviceTrust } from '../src/service/handover.ts'
import { closeWindow } from '../src/service/close-window.ts'
import { createEventReader, type ReadEvent } from '../src/sensors/read/event-reader.ts'
import { connectors } from '../src/sensors/registry.ts'
import { readAuditFile } from '../src/lib/io/audit-file.ts'
import { run, sample, sampleWindow, scratch } from './sample.ts'
import { serviceParts } from './service-parts.ts'

// What happened in other windows belongs to those; assess counts it as outside of the one that it is asked for.
const falco = inWindow(readFileSync(join(sample, 'events', 'falco.ndjson')))
const tetragon = inWindow(readFileSync(join(sample, 'events', 'tetragon.ndjson')))
const window = windowOf({ application: 'payments', environment: 'production' }, '2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z')
const evening = instantMs('2026-03-02T23:00:00Z')

test('the same events through the service and through assess give the same sealed bytes and verdict', async () => {
  const cwd = scratch()
  // One data folder: digests of lines that held a secret are keyed by it.
  const parts = await serviceParts(() => evening, join(cwd, 'data'))
  try {
    await parts.publish(join(sample, 'assurance'))
    // In other portions and another order than assess reads them.
    for (const line of lines(tetragon).reverse()) await parts.receive('tetragon', line)
    await parts.receive('auto', falco)
    await parts.fold()
    const closed = await closeWindow(parts.closing, window, 1, 'close')
    const report = parts.closing.reports.report(closed.report)

    const files = { falco: join(cwd, 'falco.ndjson'), tetragon: join(cwd, 'tetragon.ndjson') }
    writeFileSync(files.falco, falco)
    writeFileSync(files.tetragon, tetragon)
    const given = ['--bundle', join(sample, 'assurance'), '--events', files.falco, '--events', files.tetragon]
    const { out } = await run(['assess', ...given, ...sampleWindow, '--json'], { cwd })
    const members = await readAuditFile((JSON.parse(out) as { readonly files: { readonly audit: string } }).files.audit)
    const assessed = JSON.parse(new TextDecoder().decode(members.get(auditMembers.report))) as Report
    const ours = new TextDecoder().decode(parts.closing.reports.evidence(closed.report)).split('\n')
    const theirs = gunzipSync(members.get(auditMembers.evidence) ?? new Uint8Array())
      .toString()
      .split('\n')
    // Line by line, so that a difference names itself.
    ours.forEach((line, index) => assert.equal(line.slice(0, 500), theirs[index]?.slice(0, 500)))
    assert.deepEqual(report.evidence, assessed.evidence)
    assert.equal(report.judgement.verdictBeforeWaivers, assessed.judgement.verdictBeforeWaivers)
    assert.deepEqual(report.judgement.coverage, assessed.judgement.coverage)
  } finally {
    await parts.close()
  }
})

test('late evidence leads to a superseding report that names the first, and both verify from their audit files alone', async () => {
  let now = evening
  const parts = await serviceParts(() => now)
  try {
    await parts.publish(join(sample, 'assurance'))
    await parts.receive('tetragon', tetragon)
    await parts.fold()
    now = instantMs('2026-03-03T00:15:00Z')
    const first = await closeWindow(parts.closing, window, 1, 'close')
    assert.deepEqual(await closeWindow(parts.closing, window, 1, 'close'), { report: first.report, isNew: false })

    // Five minutes after the window's time of grace.
    await parts.receive('falco', falco)
    await parts.fold()
    const sealed = parts.closing.state.sealedWindow(window.id)
    assert.ok(parts.reader.intakeOf(window).revision > (sealed?.sealedRevision ?? Infinity))
    const second = await closeWindow(parts.closing, window, 1, 'late_evidence')
    assert.equal(second.isNew, true)
    assert.deepEqual(await closeWindow(parts.closing, window, 1, 'late_evidence'), { report: second.report, isNew: false })

    const [before, after] = [first, second].map(({ report }) => parts.closing.reports.report(report))
    assert.equal(before?.judgement.tally['late/falco'], undefined)
    assert.ok((after?.judgement.tally['late/falco'] ?? 0) > 100)
    assert.deepEqual(after?.previous, { windowId: window.id, reportDigest: first.report, relation: 'supersedes' })
    assert.equal(after?.evaluatedAt, '2026-03-03T00:15:00Z')
    for (const { report } of [first, second]) {
      const verification = await verified(parts, report)
      assert.deepEqual(
        verification.checks.filter(({ ok }) => !ok),
        [],
      )
    }
  } finally {
    await parts.close()
  }
})

test('the next window follows the last one’s report and knows its findings', async () => {
  const parts = await serviceParts(() => evening)
  try {
    await parts.publish(join(sample, 'assurance'))
    await parts.receive('auto', falco)
    await parts.fold()
    const first = await closeWindow(parts.closing, window, 1, 'close')
    const next = windowOf(window, '2026-03-03T00:00:00Z', '2026-03-04T00:00:00Z')
    const second = await closeWindow(parts.closing, next, 1, 'close')
    const report = parts.closing.reports.report(second.report)
    assert.deepEqual(report.previous, { windowId: window.id, reportDigest: first.report, relation: 'follows' })
    // Nobody watched: that nothing was seen says nothing.
    assert.equal(report.judgement.verdict, 'inconclusive')
    assert.ok(report.judgement.gone.length > 0)
    assert.ok(report.judgement.gone.every(({ watched }) => !watched))
    assert.equal((await verified(parts, second.report)).ok, true)
  } finally {
    await parts.close()
  }
})

type Parts = Awaited<ReturnType<typeof serviceParts>>

async function verified({ closing }: Parts, digest: string) {
  const { ledger, state, reports, promiseOf, reportKey } = closing
  const { bytes } = await reportFile({ ledger, state, reports, pdfOf: () => Promise.reject(new Error('no')) }, digest, 'audit')
  const { name, pem } = await reportKey()
  const trust = serviceTrust({ ledger, state }, promiseOf, [{ name, key: pem }], '')
  const limits = { members: 100, memberBytes: 1e9, totalBytes: 1e9 }
  return verifyAudit(new Map(readTar(bytes, limits)), trust)
}

function inWindow(bytes: Uint8Array): Uint8Array {
  const kept: string[] = []
  const onEvent = ({ raw, reading }: ReadEvent): void => {
    const at = 'at' in reading ? reading.at : null
    if (at === null || within(at, '2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z')) kept.push(`${new TextDecoder().decode(raw)}\n`)
  }
  const reader = createEventReader({ sensor: 'auto', connectors, onEvent })
  reader.push(bytes)
  reader.end()
  return new TextEncoder().encode(kept.join(''))
}

function lines(bytes: Uint8Array): Uint8Array[] {
  const text = new TextDecoder().decode(bytes)
  const all = text.split(/(?<=\n)/)
  return Array.from({ length: Math.ceil(all.length / 97) }, (_, index) =>
    new TextEncoder().encode(all.slice(index * 97, index * 97 + 97).join('')),
  )
}
