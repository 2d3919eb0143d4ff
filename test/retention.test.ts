import assert from 'node:assert/strict'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Manifest } from '../core/model/manifest.ts'
import { instantMs, instantOf } from '../core/model/time.ts'
import { windowOf } from '../core/model/window.ts'
import { closeWindow } from '../src/service/close-window.ts'
import { reportFile, type Handover } from '../src/service/handover.ts'
import { createHousekeeping } from '../src/service/housekeeping.ts'
import { keysIn } from '../src/cli/backup/keys.ts'
import { backUp } from '../src/store/backup/back-up.ts'
import { checkBackup } from '../src/store/backup/restore.ts'
import { accessLogRows } from '../src/store/state/access-log.ts'
import { sample, scratch } from './sample.ts'
import { serviceParts } from './service-parts.ts'

const DAY = 86_400_000
const scope = { application: 'payments', environment: 'production' }
const [first, second] = ['2026-03-02', '2026-03-03'].map((day) =>
  windowOf(scope, `${day}T00:00:00Z`, instantOf(instantMs(`${day}T00:00:00Z`) + DAY)),
) as [ReturnType<typeof windowOf>, ReturnType<typeof windowOf>]

type Parts = Awaited<ReturnType<typeof serviceParts>>

/** A service's parts with two judged windows, and a keeper of the house who sees the sample's manifest with another retention. */
async function aged(retention: Manifest['retention']) {
  let now = instantMs('2026-03-02T23:00:00Z')
  const parts = await serviceParts(() => now, join(scratch(), 'data'))
  await parts.publish(join(sample, 'assurance'))
  for (const sensor of ['falco', 'tetragon']) {
    await parts.receive(sensor, readFileSync(join(sample, 'events', `${sensor}.ndjson`)))
  }
  await parts.fold()
  const reports: string[] = []
  for (const window of [first, second]) {
    now = instantMs(window.end) + 3_600_000
    reports.push((await closeWindow(parts.closing, window, 1, 'close')).report)
  }
  const { ledger, state, objects, promiseOf } = parts.closing
  const pruned: number[] = []
  const keep = (options: { readonly failing?: boolean } = {}) =>
    createHousekeeping({
      ledger,
      state,
      objects: { ...objects, remove: (digest) => (options.failing === true ? refuse() : objects.remove(digest)) },
      accessLog: accessLogRows(ledger.db),
      manifestOf: (id) => ({ ...promiseOf(id).manifest, retention }),
      pruneRaw: (beforeMs) => pruned.push(beforeMs),
      now: () => now,
      rawRetentionMs: 30 * DAY,
      accessLogRetentionMs: 400 * DAY,
      latenessMs: 7 * DAY,
      onExpired: () => {},
      onFailed({ error }) {
        throw error
      },
    }).round()
  return { parts, reports, pruned, keep, at: (ms: number) => (now = ms), now: () => now }
}

function refuse(): never {
  throw new Error('the disk does not answer')
}

function unreadable(error: Error): never {
  throw error
}

/** As if everything had been decided and K clean windows had gone by. */
function closeCases({ closing }: Parts): void {
  for (const row of closing.state.openCases(scope)) closing.state.updateCase({ ...row, closedAt: second.end })
}

const handover = ({ closing }: Parts): Handover => ({ ...closing, pdfOf: async () => new Uint8Array() })

test('sealed evidence goes when its manifest says so, its report stays, and the ledger says that it went', async () => {
  const { parts, reports, keep, at } = await aged({ evidence: '30d' })
  try {
    closeCases(parts)
    const [digest] = parts.closing.state.evidenceOf(first.id)
    assert.ok(digest !== undefined && parts.closing.objects.has(digest))
    at(instantMs(first.end) + 29 * DAY)
    keep()
    assert.ok(parts.closing.objects.has(digest), 'not before its time')

    at(instantMs(first.end) + 31 * DAY)
    const before = parts.closing.ledger.head().size
    keep()
    assert.equal(parts.closing.objects.has(digest), false)
    assert.equal(parts.closing.ledger.head().size, before + 1)
    const said = JSON.parse(new TextDecoder().decode(parts.closing.ledger.entry(before).body)) as { readonly kind: string }
    assert.equal(said.kind, 'evidenceExpired')

    await assert.rejects(reportFile(handover(parts), reports[0] ?? '', 'audit'), { code: 'evidence.expired' })
    assert.ok((await reportFile(handover(parts), reports[0] ?? '', 'bundle')).bytes.length > 1000)
    // The next window follows the newest: whatever its age, it stays.
    at(instantMs(second.end) + 400 * DAY)
    keep()
    assert.ok((await reportFile(handover(parts), reports[1] ?? '', 'audit')).bytes.length > 1000)
  } finally {
    await parts.close()
  }
})

test('what an open case rests on stays, and so does everything of a manifest that names no end', async () => {
  for (const [retention, closed] of [
    [{ evidence: '30d' }, false],
    [undefined, true],
  ] as const) {
    const { parts, reports, keep, at } = await aged(retention)
    try {
      if (closed) closeCases(parts)
      at(instantMs(first.end) + 1000 * DAY)
      keep()
      assert.ok((await reportFile(handover(parts), reports[0] ?? '', 'audit')).bytes.length > 1000)
    } finally {
      await parts.close()
    }
  }
})

test('a crash between the entry in the ledger and the file is made good in the next round', async () => {
  const { parts, keep, at } = await aged({ evidence: '30d' })
  try {
    closeCases(parts)
    const [digest = ''] = parts.closing.state.evidenceOf(first.id)
    at(instantMs(first.end) + 31 * DAY)
    assert.throws(() => keep({ failing: true }), /does not answer/)
    assert.ok(parts.closing.objects.has(digest) && parts.closing.state.isExpired(first.id))
    const before = parts.closing.ledger.head().size
    keep()
    assert.equal(parts.closing.objects.has(digest), false)
    assert.equal(parts.closing.ledger.head().size, before, 'it is said once')
  } finally {
    await parts.close()
  }
})

test('a backup of a service whose evidence expired is whole', async () => {
  const { parts, keep, at, now } = await aged({ evidence: '30d' })
  closeCases(parts)
  at(instantMs(first.end) + 31 * DAY)
  keep()
  await parts.close()
  const keys = keysIn(join(parts.data, 'keys'), null, () => {}).files
  const out = join(scratch(), 'copy.tar')
  await backUp({ data: parts.data, out, version: '0.0.0-test', now, keys })
  const given = { folder: join(parts.data, 'keys'), ...keysIn(join(parts.data, 'keys'), null, unreadable) }
  const { checked } = await checkBackup({ from: out, scratch: out, keys: given, headPath: null })
  assert.equal(checked.reports, 2)
})

test('raw evidence is kept as long as the settings say, and longer where a manifest asks for it', async () => {
  for (const [raw, days] of [
    ['90d', 90],
    ['7d', 30],
  ] as const) {
    const { parts, pruned, keep, at, now } = await aged({ raw })
    try {
      at(instantMs(first.end) + 100 * DAY)
      keep()
      assert.deepEqual(pruned, [now() - days * DAY])
    } finally {
      await parts.close()
    }
  }
})

test('the access log forgets what is older than it is to be kept, and nothing else can be taken out of it', async () => {
  const { parts, keep, at } = await aged(undefined)
  try {
    const rows = accessLogRows(parts.closing.ledger.db)
    const noted = (when: string) =>
      rows.insertAccess({ at: when, who: 'person:1', action: 'get-report', what: '', outcome: 'done', address: '' })
    noted('2026-03-02T00:00:00Z')
    noted('2027-03-02T00:00:00Z')
    at(instantMs('2027-05-02T00:00:00Z'))
    keep()
    const left = rows.accesses({ who: null, before: null, limit: 10 })
    assert.deepEqual(
      left.map((row) => row.at),
      ['2027-03-02T00:00:00Z'],
    )
    assert.throws(() => parts.closing.ledger.db.exec('DELETE FROM access_log'), /append-only/)
    assert.throws(() => parts.closing.ledger.db.exec(`UPDATE access_kept SET kept_from = ''`), /does not come back/)
  } finally {
    await parts.close()
  }
})
