import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { instantMs } from '../core/model/time.ts'
import { windowOf } from '../core/model/window.ts'
import { leafHash, verifyInclusion } from '../core/proof/merkle.ts'
import { readTarHeader, tarPadding } from '../core/proof/tar.ts'
import { keysIn } from '../src/cli/backup/keys.ts'
import { openKeys } from '../src/keys/keys.ts'
import { closeWindow } from '../src/service/close-window.ts'
import { backUp } from '../src/store/backup/back-up.ts'
import type { BackupManifest } from '../src/store/backup/manifest.ts'
import { checkBackup, restore, type GivenKeys } from '../src/store/backup/restore.ts'
import { openLedger, readLedger } from '../src/store/ledger/ledger.ts'
import { comparePositions, listSegments, readSegments } from '../src/store/segments/segments.ts'
import { root, run, sample } from './sample.ts'
import { serviceParts } from './service-parts.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-backup-'))
const fresh = (): string => mkdtempSync(join(scratch, 'b-'))
const window = windowOf({ application: 'payments', environment: 'production' }, '2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z')
const evening = (): number => instantMs('2026-03-02T23:00:00Z')
/** When it goes on: no ledger is signed before it was. */
const morning = (): number => instantMs('2026-03-03T06:00:00Z')

/** A data folder with a published manifest, the sample's events and a judged window; nobody has it open. Its backups: a file and a folder. */
let data = ''
let tar = ''
let folder = ''
let report = ''

before(async () => {
  data = join(fresh(), 'data')
  const parts = await serviceParts(evening, data)
  await parts.publish(join(sample, 'assurance'))
  for (const sensor of ['falco', 'tetragon'])
    await parts.receive(sensor, readFileSync(join(sample, 'events', `${sensor}.ndjson`)))
  await parts.fold()
  report = (await closeWindow(parts.closing, window, 1, 'close')).report
  await parts.close()
  writeFileSync(join(data, 'runproof.yaml'), 'listen:\n  port: 9000\n')
  ;[tar, folder] = [join(fresh(), 'b.tar'), join(fresh(), 'b')]
  await backUp({ ...made(data), out: tar })
  await backUp({ ...made(data), out: folder })
})
after(() => rmSync(scratch, { recursive: true, force: true }))

describe('a backup that is restored', () => {
  test('is the same data folder, from a file and from a folder, whole or in parts', async () => {
    const parts = join(fresh(), 'parts.tar')
    await backUp({ ...made(data), out: parts, partBytes: 10_000 })
    for (const from of [tar, folder, parts]) {
      const restored = await restoredFrom(from, { keys: given(join(data, 'keys')) })
      assert.deepEqual(
        filesOf(restored),
        filesOf(data).filter((name) => !/-wal$|-shm$|lock$/.test(name)),
      )
      for (const name of filesOf(data).filter((each) => /^(?:segments\/0|objects|keys|runproof)/.test(each)))
        assert.deepEqual(readFileSync(join(restored, name)), readFileSync(join(data, name)), name)
      assert.equal(statSync(restored).mode & 0o777, 0o700)
      for (const name of filesOf(join(restored, 'keys'))) assert.equal(statSync(join(restored, 'keys', name)).mode & 0o777, 0o600)
    }
  })

  test('goes on: late evidence supersedes the report, in the same ledger, whose proofs hold', async () => {
    const restored = await restoredFrom(tar, { keys: given(join(data, 'keys')) })
    const parts = await serviceParts(morning, restored)
    try {
      const again = await closeWindow(parts.closing, window, 1, 'late_evidence')
      assert.deepEqual(again, { report, isNew: false })
      const lines = readFileSync(join(sample, 'events', 'falco.ndjson'), 'utf8').split('\n')
      const shell = lines.find((line) => line.includes('A network service started a shell')) ?? ''
      await parts.receive('falco', Buffer.from(shell.replaceAll('/bin/bash', '/bin/late').replaceAll('bash', 'late')))
      await parts.publish(join(sample, 'assurance'))
      await parts.fold()
      const late = await closeWindow(parts.closing, window, 1, 'late_evidence')
      assert.ok(late.isNew)
      assert.equal(parts.closing.state.report(late.report)?.supersedes, report)
      everyProofHolds(restored)
    } finally {
      await parts.close()
    }
  })

  test(
    'has everything that another process acknowledged before it began, once, while that process goes on',
    { timeout: 120_000 },
    async () => {
      const busy = join(fresh(), 'data')
      cpSync(data, busy, { recursive: true })
      const worker = start('acknowledge-forever.ts', busy, 'w')
      for (const out of ['one.tar', 'two']) {
        const acknowledged = await worker.said(60)
        const target = join(fresh(), out)
        await backUp({ ...made(busy), out: target })
        const restored = await restoredFrom(target, { keys: given(join(busy, 'keys')) })
        const found = bodiesOf(await recordsOf(restored))
        const ledger = readLedger({ path: join(restored, 'ledger.db') })
        const events = new Set(ledger.entries(0, 1_000_000).map(({ eventId }) => eventId))
        ledger.close()
        for (const id of acknowledged) {
          assert.ok(events.has(id), `${id} is not in the ledger`)
          for (let j = 0; j < 8; j++) assert.equal(found.get(`{"id":"${id}.${j}"}\n`), 1, `${id}.${j}`)
        }
        everyProofHolds(restored)
        // It folds on from where evidence.db had come.
        const parts = await serviceParts(morning, restored)
        await parts.fold()
        const place = parts.reader.place()
        assert.ok(place)
        assert.equal(comparePositions(place, parts.segments.end()), 0)
        await parts.close()
      }
      await worker.kill()
    },
  )

  test('is whole while another process deletes segments as fast as it folds them', { timeout: 120_000 }, async () => {
    const busy = join(fresh(), 'data')
    mkdirSync(busy)
    const worker = start('prune-forever.ts', busy)
    await worker.said(3)
    for (let i = 0; i < 5; i++) {
      const out = join(fresh(), 'b.tar')
      await backUp({ ...made(busy), out })
      const { manifest } = await checkBackup({ from: out, scratch: out, keys: given(join(busy, 'keys')), headPath: null })
      assert.ok((manifest.segments?.first ?? 0) <= (manifest.evidence?.place?.segment ?? 0))
    }
    await worker.kill()
  })

  test('without its keys says which files must be put where, and with them in place is served', async () => {
    const target = join(fresh(), 'new')
    const { code, out } = await run(['restore', tar, '--data', target])
    assert.equal(code, 0)
    for (const name of ['report.pem', 'owner.pem', 'log.pem', 'redaction.key', 'segments.key'])
      if (existsSync(join(data, 'keys', name))) assert.match(out, new RegExp(`\\n  ${join(target, 'keys', name)}   id \\S+`))
    assert.ok(!existsSync(join(target, 'keys')))
    cpSync(join(data, 'keys'), join(target, 'keys'), { recursive: true })
    const parts = await serviceParts(morning, target)
    assert.deepEqual(await closeWindow(parts.closing, window, 1, 'close'), { report, isNew: false })
    await parts.close()
  })

  test('of a folder that only assess wrote has what there is', async () => {
    const cwd = fresh()
    const ours = join(cwd, 'data')
    const keys = await openKeys({ dataDir: ours })
    const ledger = openLedger({ path: join(ours, 'ledger.db'), logKey: await keys.log(), now: Date.now })
    ledger.append([{ body: Buffer.from('{}'), kind: 'test', eventId: 'one' }])
    ledger.close()
    assert.equal((await run(['backup', '--out', 'b.tar'], { cwd })).code, 0)
    const { code, out } = await run(['restore', 'b.tar', '--data', 'again', '--keys', 'data/keys', '--json'], { cwd })
    assert.equal(code, 0)
    const { checked, manifest } = JSON.parse(out) as { checked: object; manifest: BackupManifest }
    assert.deepEqual(checked, { entries: 1, reports: 0, records: null })
    assert.deepEqual([manifest.evidence, manifest.segments, manifest.objects], [null, null, 0])
    assert.equal(readLedger({ path: join(cwd, 'again', 'ledger.db') }).verify().size, 1)
  })
})

describe('a backup', () => {
  test('holds no key, and no byte of one', () => {
    const bytes = readFileSync(tar)
    for (const name of filesOf(join(data, 'keys'))) {
      const text = readFileSync(join(data, 'keys', name), 'utf8')
      const secret = text.includes('BEGIN') ? text.split('\n').slice(1, -2).join('') : (text.trim().split(' ').at(-1) ?? '')
      assert.ok(secret.length >= 40)
      for (const form of [Buffer.from(secret.slice(0, 40)), Buffer.from(secret, 'base64')])
        assert.equal(bytes.indexOf(form), -1, `${name} is in it`)
    }
    assert.ok(!filesOf(folder).some((name) => /keys|lock|-wal|-shm|head/.test(name)))
  })

  test('can be checked with tar and sha256sum alone', () => {
    const dir = fresh()
    execFileSync('tar', ['xf', tar, '-C', dir])
    for (const where of [dir, folder]) {
      execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'manifest.json.sha256'], { cwd: where })
      execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'files.sha256'], { cwd: where })
      const { files } = JSON.parse(readFileSync(join(where, 'manifest.json'), 'utf8')) as BackupManifest
      assert.equal(
        createHash('sha256')
          .update(readFileSync(join(where, 'files.sha256')))
          .digest('hex'),
        files.sha256,
      )
    }
  })

  test('records the public keys and what tells a wrong secret, and says what it could not read', async () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as BackupManifest
    const keys = await openKeys({ dataDir: data })
    const { pem, keyId } = await keys.signer('report')
    assert.deepEqual(manifest.keys.reportSigners, [pem])
    assert.equal(manifest.keys.files.find(({ file }) => file === 'report.pem')?.id, keyId)
    assert.equal(manifest.ledger.checkpoint, readFileSync(join(data, 'ledger.head'), 'utf8'))

    const locked = join(fresh(), 'data')
    cpSync(data, locked, { recursive: true })
    chmodSync(join(locked, 'keys', 'segments.key'), 0o644)
    const { code, out, err } = await run(['backup', '--data', locked, '--out', join(fresh(), 'b.tar'), '--json'])
    assert.equal(code, 0)
    assert.match(err, /^note: a wrong key will not be noticed.*segments\.key/)
    const written = (JSON.parse(out) as { manifest: BackupManifest }).manifest
    assert.equal(written.keys.files.find(({ file }) => file === 'segments.key')?.id, null)
  })

  test('names what it leaves out', async () => {
    const ours = join(fresh(), 'data')
    cpSync(data, ours, { recursive: true })
    writeFileSync(join(ours, 'notes.txt'), 'mine')
    const { left } = await backUp({ ...made(ours), out: join(fresh(), 'b.tar') })
    assert.deepEqual(left, ['notes.txt'])
  })

  test('is not written over another, nor of a folder without a ledger', async () => {
    await assert.rejects(backUp({ ...made(data), out: tar }), { code: 'file.unwritable' })
    await assert.rejects(backUp({ ...made(data), out: folder }), { code: 'file.unwritable' })
    await assert.rejects(backUp({ ...made(fresh()), out: join(fresh(), 'b.tar') }), { code: 'ledger.missing' })
  })

  test('is not made of a folder that lacks an object or a segment which is still needed', async () => {
    const ours = join(fresh(), 'data')
    cpSync(data, ours, { recursive: true })
    const object = filesOf(join(ours, 'objects')).find((name) => name.includes(report)) ?? ''
    rmSync(join(ours, 'objects', object))
    const out = join(fresh(), 'b.tar')
    await assert.rejects(backUp({ ...made(ours), out }), {
      code: 'store.unreadable',
      message: new RegExp(`report ${report} is missing`),
    })
    cpSync(join(data, 'objects', object), join(ours, 'objects', object))
    rmSync(join(ours, 'segments', '0000000001.segment'))
    await assert.rejects(backUp({ ...made(ours), out }), { code: 'store.out_of_step', message: /segment 1 / })
    assert.deepEqual(readdirSync(dirname(out)), [])
  })

  test('is not made of a database that is damaged', async () => {
    for (const name of ['ledger.db', 'evidence.db']) {
      const ours = join(fresh(), 'data')
      cpSync(data, ours, { recursive: true })
      const path = join(ours, name)
      const db = new DatabaseSync(path)
      db.exec('PRAGMA journal_mode = DELETE')
      db.close()
      const bytes = readFileSync(path)
      writeFileSync(path, bytes.fill(0x55, 3 * 8192))
      const out = join(fresh(), 'b.tar')
      await assert.rejects(backUp({ ...made(ours), out }), { code: 'store.unreadable', message: new RegExp(path) })
      assert.deepEqual(readdirSync(dirname(out)), [])
    }
  })
})

describe('damage is refused with its place', () => {
  test('a byte that was changed anywhere in a file', async () => {
    const bytes = readFileSync(tar)
    const members = membersOf(bytes)
    const from = join(fresh(), 'b.tar')
    const target = join(fresh(), 'new')
    const flipped = fc.record({ at: fc.nat(bytes.length - 1), bit: fc.nat(7) })
    // One in each member and its header, besides the random ones.
    const examples = members.flatMap(
      ({ from, to }) =>
        [[{ at: from + 3, bit: 2 }], [{ at: Math.max(from + 512, to - 1), bit: 0 }]] as [{ at: number; bit: number }][],
    )
    await fc.assert(
      fc.asyncProperty(flipped, async ({ at, bit }) => {
        const copy = Buffer.from(bytes)
        copy[at] = (copy[at] ?? 0) ^ (1 << bit)
        writeFileSync(from, copy)
        const member = members.find((each) => at >= each.from && at < each.to)
        const error = await refusal(restore({ from, data: target, keys: null, headPath: null }))
        assert.equal(error.code, 'backup.invalid')
        const named =
          member === undefined ? ['the end of the archive', 'byte '] : [member.name, `byte ${member.from} of the archive`]
        assert.ok(
          named.some((name) => error.message.includes(name)),
          `${error.message} does not name ${named.join(' or ')}`,
        )
        assert.ok(!existsSync(target))
      }),
      { numRuns: 60 + examples.length, examples },
    )
    assert.deepEqual(readdirSync(dirname(target)), [])
  })

  test('a file that was cut, or has something behind its end', async () => {
    const bytes = readFileSync(tar)
    const from = join(fresh(), 'b.tar')
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        writeFileSync(from, bytes.subarray(0, length))
        const { code } = await refusal(restore({ from, data: join(scratch, 'never'), keys: null, headPath: null }))
        assert.equal(code, 'backup.invalid')
      }),
      { numRuns: 40, examples: [[0], [bytes.length - 1], [bytes.length - 512], [bytes.length - 1024]] },
    )
    writeFileSync(from, Buffer.concat([bytes, bytes.subarray(0, 512)]))
    const { message } = await refusal(restore({ from, data: join(scratch, 'never'), keys: null, headPath: null }))
    assert.match(message, /the end of the archive: there is something behind it/)
  })

  test('a file of a folder that is missing, cut or longer', async () => {
    for (const name of filesOf(folder)) {
      for (const change of [
        rmSync,
        (path: string) => truncateSync(path, statSync(path).size >> 1),
        (path: string) => writeFileSync(path, 'x', { flag: 'a' }),
      ]) {
        const from = copied(folder)
        chmodSync(join(from, name), 0o600)
        change(join(from, name))
        const { code, message } = await refusal(restore({ from, data: join(scratch, 'never'), keys: null, headPath: null }))
        assert.equal(code, 'backup.invalid')
        assert.ok(message.includes(name), `${message} does not name ${name}`)
        rmSync(from, { recursive: true })
      }
    }
  })

  test('what somebody left out and wrote new digests for', async () => {
    const objects = filesOf(folder).filter((name) => name.startsWith('objects/'))
    for (const name of objects) {
      const digest = basename(name, '.gz')
      if (!needed().has(digest)) continue
      const from = copied(folder)
      rmSync(join(from, name))
      reseal(from)
      assert.match((await invalid(from)).message, new RegExp(`${digest}: it is missing; it is (?:the |report|manifest)`))
    }
    const from = copied(folder)
    rmSync(join(from, 'evidence.db'))
    reseal(from)
    assert.match((await invalid(from)).message, /evidence\.db: it is missing/)
    const without = copied(folder)
    rmSync(join(without, 'segments'), { recursive: true })
    reseal(without)
    assert.match((await invalid(without)).message, /segments: none to none are there/)
  })

  test('what somebody changed in a database and wrote new digests for', async () => {
    const changes: readonly (readonly [string, string, RegExp])[] = [
      [
        'evidence.db',
        'UPDATE place SET at = at + 64',
        /evidence\.db: it was folded up to segment 1, byte \d+, which the segments do not reach/,
      ],
      ['evidence.db', 'UPDATE place SET at = at - 64', /evidence\.db: its place, segment 1, byte \d+, is not where a frame ends/],
      [
        'evidence.db',
        "UPDATE evidence_window SET forgotten = 1, name = name || 'x'",
        /evidence\.db: it let go of window .*x, which ledger\.db never saw sealed/,
      ],
      ['evidence.db', 'PRAGMA user_version = 99', /evidence\.db: .*newer Runproof \(version 99/],
      ['ledger.db', 'PRAGMA user_version = 99', /ledger\.db: .*newer Runproof \(version 99/],
      [
        'ledger.db',
        'DROP TRIGGER ledger_entry_no_update; UPDATE ledger_entry SET leaf = zeroblob(9) WHERE idx = 0',
        /ledger\.db: the ledger contradicts itself: entry 0 /,
      ],
      [
        'ledger.db',
        'DROP TRIGGER report_no_update; UPDATE report SET ledger_index = 0',
        /report [0-9a-f]{64}: the ledger has something else at 0/,
      ],
      [
        'ledger.db',
        'DROP TRIGGER report_no_delete; DELETE FROM assured; DELETE FROM report',
        /it has 0 reports, the manifest says 1/,
      ],
      [
        'ledger.db',
        'PRAGMA foreign_keys = OFF; DROP TRIGGER manifest_version_no_delete; DELETE FROM manifest_version',
        /a row of sealed_window names one of manifest_version/,
      ],
    ]
    for (const [name, sql, message] of changes) {
      const from = copied(folder)
      const db = new DatabaseSync(join(from, name))
      db.exec(sql)
      db.close()
      reseal(from)
      assert.match((await invalid(from)).message, message)
    }
  })

  test('a report that a key signed which the manifest does not name', async () => {
    const from = copied(folder)
    reseal(from, (manifest) => ({ ...manifest, keys: { ...manifest.keys, reportSigners: [] } }))
    assert.match((await invalid(from)).message, /signed with a key that the manifest does not name/)
  })

  test('a manifest of another tree, or of a later form', async () => {
    const other = copied(folder)
    reseal(other, (manifest) => ({ ...manifest, ledger: { ...manifest.ledger, root: '0'.repeat(64) } }))
    assert.match((await invalid(other)).message, /ledger\.db: .* the manifest says \d+ and 0{64}/)
    const later = copied(folder)
    reseal(later, (manifest) => ({ ...manifest, type: 'runproof.dev/backup/v2' }))
    assert.match((await invalid(later)).message, /manifest\.json: .*type/)
  })

  test('a name that would lead out of the folder', async () => {
    for (const name of ['../../evil', '/etc/passwd', 'keys/log.pem', 'ledger.db/../x', 'objects/ab/..']) {
      const from = copied(folder)
      const list = `${'0'.repeat(64)}  ${name}\n`
      writeFileSync(join(from, 'files.sha256'), list)
      reseal(from, (manifest) => manifest, false)
      assert.match((await invalid(from)).message, /files\.sha256: no backup of ours holds/)
    }
  })
})

describe('restore refuses', () => {
  test('keys of another data folder, and a folder that lacks one', async () => {
    const other = fresh()
    const keys = await openKeys({ dataDir: other })
    await Promise.all([keys.log(), keys.segments(), keys.redaction(), keys.signer('report'), keys.signer('owner')])
    for (const name of filesOf(join(data, 'keys'))) {
      const mixed = join(fresh(), 'keys')
      cpSync(join(data, 'keys'), mixed, { recursive: true })
      const target = join(fresh(), 'new')
      cpSync(join(other, 'keys', name), join(mixed, name), { force: true })
      await assert.rejects(restore({ from: tar, data: target, keys: given(mixed), headPath: null }), {
        code: 'key.unreadable',
        message: new RegExp(`${name}: it is another key`),
      })
      rmSync(join(mixed, name))
      await assert.rejects(restore({ from: tar, data: target, keys: given(mixed), headPath: null }), {
        code: 'key.unreadable',
        message: new RegExp(`${name}: it is missing`),
      })
      assert.ok(!existsSync(target))
    }
  })

  test('a log key that is not the ledger’s, also when nobody could read the keys at the time', async () => {
    const blind = join(fresh(), 'b.tar')
    await backUp({ ...made(data), keys: [], out: blind })
    const other = fresh()
    await (await openKeys({ dataDir: other })).log()
    const refused = restore({ from: blind, data: join(fresh(), 'new'), keys: given(join(other, 'keys')), headPath: null })
    await assert.rejects(refused, { code: 'key.unreadable', message: /log\.pem: it is another key/ })
    assert.ok(existsSync(join(await restoredFrom(blind, { keys: given(join(data, 'keys')) }), 'keys', 'log.pem')))
  })

  test('encrypted keys without their passphrase, and takes them with it', async () => {
    const cwd = fresh()
    writeFileSync(join(cwd, 'passphrase'), 'correct horse\n')
    const env = { RUNPROOF_KEY_PASSPHRASE_FILE: join(cwd, 'passphrase') }
    const keys = await openKeys({ dataDir: join(cwd, 'data'), passphrase: 'correct horse' })
    openLedger({ path: join(cwd, 'data', 'ledger.db'), logKey: await keys.log(), now: Date.now }).close()
    await keys.segments()
    const { out, err } = await run(['backup', '--out', 'blind', '--json'], { cwd })
    assert.match(err, /^note: .*log\.pem: it is encrypted.*\nnote: .*segments\.key: it is encrypted/)
    assert.ok((JSON.parse(out) as { manifest: BackupManifest }).manifest.keys.files.every(({ id }) => id === null))
    assert.equal((await run(['backup', '--out', 'b.tar'], { cwd, env })).err, '')
    const refused = await run(['restore', 'b.tar', '--data', 'new', '--keys', 'data/keys'], { cwd })
    assert.equal(refused.code, 3)
    assert.match(refused.err, /RUNPROOF_KEY_PASSPHRASE_FILE.*\[key\.unreadable\]/)
    assert.equal((await run(['restore', 'b.tar', '--data', 'new', '--keys', 'data/keys'], { cwd, env })).code, 0)
  })

  test('a folder with something in it, and takes an empty one', async () => {
    const full = fresh()
    writeFileSync(join(full, 'x'), 'x')
    await assert.rejects(restore({ from: tar, data: full, keys: null, headPath: null }), {
      code: 'file.unwritable',
      message: /is not empty/,
    })
    await assert.rejects(restore({ from: tar, data: join(full, 'x'), keys: null, headPath: null }), { code: 'file.unwritable' })
    assert.deepEqual(readdirSync(full), ['x'])
    const empty = fresh()
    await restore({ from: tar, data: empty, keys: null, headPath: null })
    assert.ok(existsSync(join(empty, 'ledger.db')))
  })

  test('a backup that is older than a checkpoint which its owner holds', async () => {
    const newer = join(fresh(), 'data')
    cpSync(data, newer, { recursive: true })
    const keys = await openKeys({ dataDir: newer })
    const head = join(newer, 'ledger.head')
    const same = await restoredFrom(tar, { headPath: head })
    assert.ok(existsSync(join(same, 'ledger.db')))
    const ledger = openLedger({ path: join(newer, 'ledger.db'), logKey: await keys.log(), now: Date.now })
    ledger.append([{ body: Buffer.from('{}'), kind: 'test', eventId: 'later' }])
    ledger.close()
    const target = join(fresh(), 'new')
    const { code, err } = await run(['restore', tar, '--data', target, '--head', head])
    assert.equal(code, 3)
    assert.match(err, /vouches for \d+ entries.*it is an older copy.*\[ledger\.contradiction\]/)
    assert.ok(!existsSync(target))
    assert.equal((await run(['restore', tar, '--data', target, '--head', join(newer, 'none')])).code, 3)
    const check = await run(['backup', '--check', tar, '--head', head, '--json'])
    assert.equal(check.code, 1)
    assert.equal((JSON.parse(check.out) as { code: string }).code, 'ledger.contradiction')
  })
})

describe('runproof backup --check', () => {
  test('says what holds, with and without keys, and leaves nothing behind', async () => {
    const { code, out } = await run(['backup', '--check', tar])
    assert.equal(code, 0)
    assert.match(out, /\nok: every digest, both databases, all \d+ ledger entries and 1 signed report\n.*takes the key/)
    const withKeys = await run(['backup', '--check', folder, '--keys', join(data, 'keys'), '--scratch', fresh()])
    assert.match(withKeys.out, /\n2 records of what was received opened with the key$/)
    assert.deepEqual(readdirSync(dirname(tar)), ['b.tar'])
    const json = await run(['backup', '--check', tar, '--json'])
    assert.deepEqual((JSON.parse(json.out) as { checked: object }).checked, { entries: 3, reports: 1, records: null })
  })

  test('fails with 1 for one that cannot be relied upon, and 3 where there is none', async () => {
    const from = copied(folder)
    writeFileSync(join(from, 'runproof.yaml'), 'x', { flag: 'a' })
    const { code, out } = await run(['backup', '--check', from])
    assert.equal(code, 1)
    assert.match(out, /^FAIL: the backup .* cannot be relied upon: runproof\.yaml: .*\[backup\.invalid\]$/)
    assert.equal((await run(['backup', '--check', join(scratch, 'none')])).code, 3)
  })

  test('wrong usage is 64', async () => {
    for (const argv of [
      ['backup'],
      ['backup', 'x', '--out', 'y'],
      ['backup', '--out', 'y', '--keys', 'k'],
      ['backup', '--check', tar, '--out', 'y'],
      ['backup', '--nothing'],
      ['restore', '--data', 'x'],
      ['restore', tar],
      ['restore', tar, 'y', '--data', 'x'],
      ['restore', tar, '--data', tar],
    ])
      assert.equal((await run(argv)).code, 64, argv.join(' '))
  })
})

describe('kill -9', () => {
  test('of a backup leaves a whole one or none', { timeout: 120_000 }, async () => {
    const big = bigger()
    for (let i = 0; i < 4; i++) {
      const out = join(fresh(), i % 2 === 0 ? 'b.tar' : 'b')
      const wasKilled = await killed(['backup', '--data', big, '--out', out], dirname(out), i)
      if (existsSync(out)) await checkBackup({ from: out, scratch: out, keys: given(join(big, 'keys')), headPath: null })
      else assert.ok(wasKilled, 'it ended by itself and made nothing')
      // What is left is named as ours, and goes when it is a day old.
      assert.ok(readdirSync(dirname(out)).every((name) => name === basename(out) || name.endsWith('.runproof-tmp')))
    }
  })

  test('of a restore leaves a whole data folder or none', { timeout: 120_000 }, async () => {
    const big = bigger()
    const from = join(fresh(), 'big.tar')
    await backUp({ ...made(big), out: from })
    for (let i = 0; i < 4; i++) {
      const target = join(fresh(), 'new')
      const wasKilled = await killed(['restore', from, '--data', target, '--keys', join(big, 'keys')], dirname(target), i)
      if (!existsSync(target)) {
        assert.ok(wasKilled, 'it ended by itself and made nothing')
        continue
      }
      everyProofHolds(target)
      assert.deepEqual(
        filesOf(target),
        filesOf(big).filter((name) => !/-wal$|-shm$|lock$/.test(name)),
      )
    }
  })

  test('what a killed one left is taken away a day later, not before', async () => {
    const dir = fresh()
    const [old, young] = [join(dir, '.b.tar.0123456789ab.runproof-tmp'), join(dir, '.b.tar.ba9876543210.runproof-tmp')]
    for (const path of [old, young]) mkdirSync(path)
    execFileSync('touch', ['-d', '2 days ago', old])
    await backUp({ ...made(data), out: join(dir, 'b.tar') })
    assert.deepEqual(readdirSync(dir).sort(), [basename(young), 'b.tar'].sort())
  })
})

function made(from: string) {
  return { data: from, version: '0.0.0-test', now: evening, keys: keysIn(join(from, 'keys'), null, () => {}).files }
}

function given(keys: string): GivenKeys {
  return {
    folder: keys,
    ...keysIn(keys, null, (error) => {
      throw error
    }),
  }
}

async function restoredFrom(
  from: string,
  options: { readonly keys?: GivenKeys; readonly headPath?: string } = {},
): Promise<string> {
  const target = join(fresh(), 'new')
  await restore({ from, data: target, keys: options.keys ?? null, headPath: options.headPath ?? null })
  return target
}

async function refusal(work: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  const error: unknown = await work.then(
    () => assert.fail('it was accepted'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error && 'code' in error, String(error))
  return { code: String(error.code), message: error.message }
}

/** The refusal of a whole check, with the keys. */
async function invalid(from: string): Promise<{ readonly message: string }> {
  const error = await refusal(checkBackup({ from, scratch: from, keys: given(join(data, 'keys')), headPath: null }))
  assert.equal(error.code, 'backup.invalid', error.message)
  return error
}

function copied(from: string): string {
  const to = join(fresh(), 'b')
  cpSync(from, to, { recursive: true })
  for (const name of filesOf(to)) chmodSync(join(to, name), 0o600)
  return to
}

/** Digests as a forger would write them. */
function reseal(from: string, change: (manifest: BackupManifest) => object = (manifest) => manifest, list = true): void {
  const sha256 = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(from, name)))
      .digest('hex')
  const names = filesOf(from).filter((name) => !/^(?:files\.sha256|manifest\.json)/.test(name))
  if (list) writeFileSync(join(from, 'files.sha256'), names.map((name) => `${sha256(name)}  ${name}\n`).join(''))
  const manifest = JSON.parse(readFileSync(join(from, 'manifest.json'), 'utf8')) as BackupManifest
  const files = { ...manifest.files, sha256: sha256('files.sha256') }
  writeFileSync(join(from, 'manifest.json'), JSON.stringify(change({ ...manifest, files })))
  writeFileSync(join(from, 'manifest.json.sha256'), `${sha256('manifest.json')}  manifest.json\n`)
}

/** Digests that the sample's database names. */
function needed(): ReadonlySet<string> {
  const db = new DatabaseSync(join(folder, 'ledger.db'), { readOnly: true })
  const rows = [
    ...db.prepare('SELECT digest, evidence, receipt FROM report').all(),
    ...db.prepare('SELECT promise FROM manifest_version').all(),
  ]
  db.close()
  return new Set(rows.flatMap((row) => Object.values(row).map(String)))
}

function filesOf(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort()
}

/** Where each member of an archive lies, its header and its padding included. */
function membersOf(bytes: Buffer): readonly { readonly name: string; readonly from: number; readonly to: number }[] {
  const members: { name: string; from: number; to: number }[] = []
  for (let at = 0; bytes[at] !== 0;) {
    const { name, size } = readTarHeader(bytes.subarray(at, at + 512))
    const to = at + 512 + size + tarPadding(size)
    members.push({ name, from: at, to })
    at = to
  }
  return members
}

function everyProofHolds(dir: string): void {
  const ledger = readLedger({ path: join(dir, 'ledger.db') })
  ledger.verify()
  for (let index = 0; index < ledger.head().size; index++) {
    const { size, root, hashes, body } = ledger.prove(index)
    verifyInclusion({ index, size, root, leafHash: leafHash(body), proof: hashes })
  }
  ledger.close()
}

async function recordsOf(dir: string): Promise<readonly string[]> {
  const key = await (await openKeys({ dataDir: dir })).segments()
  const segments = join(dir, 'segments')
  const from = { segment: listSegments(segments)[0]?.segment ?? 1, offset: 0 }
  return [...readSegments({ folder: segments, key, from })].flatMap(({ records }) =>
    records.map(({ body }) => Buffer.from(body).toString()),
  )
}

function bodiesOf(records: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const body of records) counts.set(body, (counts.get(body) ?? 0) + 1)
  return counts
}

type Worker = { readonly said: (lines: number) => Promise<readonly string[]>; readonly kill: () => Promise<void> }

/** A fixture in a process of its own; `said` waits for more lines and gives all that were said so far. */
function start(name: string, ...argv: readonly string[]): Worker {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', name), ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  after(() => child.kill('SIGKILL'))
  const text: string[] = []
  child.stdout.on('data', (chunk) => text.push(String(chunk)))
  const lines = (): readonly string[] => text.join('').split('\n').slice(0, -1)
  return {
    async said(more) {
      const wanted = lines().length + more
      while (lines().length < wanted) {
        assert.equal(child.exitCode, null, `${name} ended`)
        await once(child.stdout, 'data')
      }
      return lines()
    },
    async kill() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** As the sample's folder, with enough received that copying it takes a moment. */
let bigFolder: string | null = null
function bigger(): string {
  if (bigFolder !== null) return bigFolder
  bigFolder = join(fresh(), 'data')
  cpSync(data, bigFolder, { recursive: true })
  for (let i = 0; i < 250; i++) {
    const content = createHash('sha256').update(String(i)).digest().toString('hex').repeat(1000)
    const digest = createHash('sha256').update(content).digest('hex')
    mkdirSync(join(bigFolder, 'objects', digest.slice(0, 2)), { recursive: true })
    writeFileSync(join(bigFolder, 'objects', digest.slice(0, 2), digest), content, { mode: 0o400 })
  }
  return bigFolder
}

/** Kills a command some time after it began to write into `dir`, each round at another moment; true when it had not ended before. */
async function killed(argv: readonly string[], dir: string, round: number): Promise<boolean> {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'src', 'main.ts'), ...argv], { stdio: 'ignore' })
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>
  while (child.exitCode === null && !readdirSync(dir).some((name) => name.endsWith('.runproof-tmp'))) await soon(1)
  await soon(round * 40)
  child.kill('SIGKILL')
  const [, signal] = await ended
  return signal === 'SIGKILL'
}

function soon(ms: number): Promise<void> {
  return new Promise((next) => setTimeout(next, ms))
}
