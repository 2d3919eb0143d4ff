import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, test } from 'node:test'
import { verifyCheckpoint } from '../../../core/proof/checkpoint.ts'
import { leafHash, merkleRoot } from '../../../core/proof/merkle.ts'
import { parseVkey } from '../../../core/proof/note.ts'
import { decodeEntries, parseTilePath, tileHashes, tilePath, tilesFor } from '../../../core/proof/tile.ts'
import { exportLedger } from './export.ts'
import { entryNamed, logKeyFor, numbered, scratchFolders } from './fixtures/ledgers.ts'
import { openLedger, type Ledger } from './ledger.ts'

const fresh = scratchFolders()
const open = (name = 'test', origin?: string): Ledger => {
  const named = origin === undefined ? {} : { origin }
  return openLedger({ path: join(fresh(), 'ledger.db'), logKey: logKeyFor(name), now: Date.now, ...named })
}

describe('an exported ledger', () => {
  test('is rebuilt by an outsider from its files and its vkey alone', async () => {
    const [ledger, dir] = [open(), join(fresh(), 'new')]
    ledger.append(numbered(0, 600))
    assert.equal(exportLedger(ledger, dir).head.size, 600)
    await checkTree(dir, 600)
    assert.deepEqual(files(dir), [
      'checkpoint',
      'log.vkey',
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/88',
      'tile/1/000.p/2',
      'tile/entries/000',
      'tile/entries/001',
      'tile/entries/002.p/88',
    ])
    ledger.close()
  })

  test('grows: full files stay, partial ones go when the full one is there', async () => {
    const [ledger, dir] = [open(), fresh()]
    ledger.append(numbered(0, 255))
    assert.equal(exportLedger(ledger, dir).written, 3)
    ledger.append(numbered(255, 2))
    exportLedger(ledger, dir)
    await checkTree(dir, 257)
    assert.ok(!existsSync(join(dir, 'tile/0/000.p')))
    assert.ok(!existsSync(join(dir, 'tile/entries/000.p')))
    const full = join(dir, 'tile/0/000')
    const before = statSync(full, { bigint: true })
    ledger.append(numbered(257, 1))
    exportLedger(ledger, dir)
    const after = statSync(full, { bigint: true })
    assert.deepEqual([after.ino, after.mtimeNs], [before.ino, before.mtimeNs])
    assert.ok(existsSync(join(dir, 'tile/0/001.p/1')), 'an older partial tile stays until the full one is there')
    assert.equal(exportLedger(ledger, dir).written, 0)
    await checkTree(dir, 258)
    ledger.close()
  })

  test('of nothing is a checkpoint of the empty tree', async () => {
    const [ledger, dir] = [open(), fresh()]
    exportLedger(ledger, dir)
    assert.deepEqual(files(dir), ['checkpoint', 'log.vkey'])
    await checkTree(dir, 0)
    ledger.close()
  })

  test('mends a file that is missing', async () => {
    const [ledger, dir] = [open(), fresh()]
    ledger.append(numbered(0, 300))
    exportLedger(ledger, dir)
    rmSync(join(dir, 'tile/entries/000'))
    assert.equal(exportLedger(ledger, dir).written, 1)
    await checkTree(dir, 300)
    ledger.close()
  })

  for (const path of [
    'tile/0/000',
    'tile/entries/000',
    'tile/1/000.p/1',
    'tile/0/001.p/44',
    'tile/entries/001.p/44',
    'log.vkey',
  ]) {
    test(`is not written over a changed ${path}`, () => {
      const [ledger, dir] = [open(), fresh()]
      ledger.append(numbered(0, 300))
      exportLedger(ledger, dir)
      const bytes = readFileSync(join(dir, path))
      bytes[20] = (bytes[20] ?? 0) ^ 1
      writeFileSync(join(dir, path), bytes)
      assert.throws(() => exportLedger(ledger, dir), { code: 'ledger.contradiction', message: /is there with other content/ })
      assert.deepEqual(readFileSync(join(dir, path)), bytes)
      ledger.close()
    })
  }

  test('is not written over another log or a longer or other history', () => {
    const dir = fresh()
    const longer = open('test', 'log.example')
    longer.append(numbered(0, 5))
    exportLedger(longer, dir)
    longer.close()
    const before = files(dir)
    for (const [name, count] of [
      ['other', 9],
      ['test', 3],
      ['test', 5],
      ['test', 9],
    ] as const) {
      const ledger = open(name, 'log.example')
      ledger.append(numbered(count === 3 ? 0 : 50, count))
      assert.throws(() => exportLedger(ledger, dir), { code: 'ledger.contradiction' }, `${name} ${count}`)
      ledger.close()
    }
    assert.deepEqual(files(dir), before)
  })

  test('is not made of a ledger whose entries are no longer what was signed', () => {
    const ledger = open()
    ledger.append(numbered(0, 3))
    ledger.transaction(({ db }) =>
      db.exec("DROP TRIGGER ledger_entry_no_update; UPDATE ledger_entry SET leaf = x'00' WHERE idx = 1"),
    )
    assert.throws(() => exportLedger(ledger, fresh()), { code: 'ledger.contradiction' })
    ledger.close()
  })
})

/** From the files alone: the checkpoint's signature, every entry, every hash of every tile, the root. */
async function checkTree(dir: string, size: number): Promise<void> {
  const { name, publicKey } = parseVkey(readFileSync(join(dir, 'log.vkey'), 'utf8').trim())
  const signed = await verifyCheckpoint(readFileSync(join(dir, 'checkpoint'), 'utf8'), { origin: name, publicKey })
  assert.equal(signed.size, BigInt(size))
  const hashes: Uint8Array[] = []
  for (let index = 0; index * 256 < size; index++) {
    const width = Math.min(256, size - index * 256)
    const bundle = new Uint8Array(readFileSync(join(dir, tilePath({ level: 'entries', index, width }))))
    hashes.push(...decodeEntries(bundle, width).map((entry) => leafHash(entry)))
  }
  assert.deepEqual(merkleRoot(hashes), signed.root)
  hashes.forEach((hash, i) => assert.deepEqual(hash, leafHash(entryNamed(`event-${i}`).body)))
  for (const tile of tilesFor(hashes)) {
    const data = new Uint8Array(readFileSync(join(dir, tilePath(tile))))
    assert.deepEqual(tileHashes(data, tile.width), tileHashes(tile.data, tile.width))
  }
  for (const path of files(dir)) if (path.startsWith('tile/')) parseTilePath(path)
}

function files(dir: string): readonly string[] {
  const all = readdirSync(dir, { recursive: true, withFileTypes: true })
  return all
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort()
}
