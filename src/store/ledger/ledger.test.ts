import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { utf8 } from '../../../core/proof/bytes.ts'
import { verifyCheckpoint } from '../../../core/proof/checkpoint.ts'
import { leafHash, verifyConsistency, verifyInclusion } from '../../../core/proof/merkle.ts'
import { parseVkey } from '../../../core/proof/note.ts'
import { entryNamed, logKeyFor, numbered, scratchFolders } from './fixtures/ledgers.ts'
import { defaultOrigin, openLedger, readLedger, type LedgerReader } from './ledger.ts'

const fresh = scratchFolders()
const logKey = logKeyFor('test')
const now = (): number => 1_800_000_000_000
const open = (folder = fresh()) => openLedger({ path: join(folder, 'ledger.db'), logKey, now })

describe('an appended entry', () => {
  test('of 307 is proven by core against the signed checkpoint', async () => {
    const ledger = open()
    ledger.append(numbered(0, 1))
    ledger.append(numbered(1, 255))
    ledger.append(numbered(256, 50))
    ledger.append(numbered(306, 1))
    assert.equal(ledger.head().size, 307)
    for (let index = 0; index < 307; index++) await checkProof(ledger, index, `event-${index}`)
    ledger.close()
  })

  test('is at the next index, and the head names it', () => {
    const ledger = open()
    assert.equal(ledger.head().size, 0)
    assert.deepEqual(
      ledger.append(numbered(0, 3)).map(({ index, repeated }) => [index, repeated]),
      [
        [0, false],
        [1, false],
        [2, false],
      ],
    )
    assert.deepEqual(ledger.entry(2), { ...entryNamed('event-2'), index: 2 })
    assert.deepEqual(
      ledger.entries(1, 10).map(({ index }) => index),
      [1, 2],
    )
    const { size, time, origin } = ledger.head()
    assert.deepEqual({ size, time, origin }, { size: 3, time: 1_800_000_000, origin: defaultOrigin(logKey.publicKey) })
    ledger.close()
  })

  test('that is repeated comes back at its first index, with the body that was logged', () => {
    const ledger = open()
    ledger.append(numbered(0, 3))
    const { checkpoint } = ledger.head()
    const again = { ...entryNamed('event-1'), body: utf8('signed anew') }
    assert.deepEqual(ledger.append([again]), [{ index: 1, body: entryNamed('event-1').body, repeated: true }])
    assert.equal(ledger.head().checkpoint, checkpoint)
    const mixed = ledger.append([entryNamed('new'), entryNamed('event-0'), entryNamed('new')])
    assert.deepEqual(
      mixed.map(({ index, repeated }) => [index, repeated]),
      [
        [3, false],
        [0, true],
        [3, true],
      ],
    )
    assert.equal(ledger.head().size, 4)
    ledger.verify()
    ledger.close()
  })

  test('may have 65,535 bytes and not one more', () => {
    const ledger = open()
    const large = { body: new Uint8Array(65_535), kind: 'test', eventId: 'large' }
    ledger.append([large])
    assert.throws(() => ledger.append([entryNamed('a'), { ...large, body: new Uint8Array(65_536), eventId: 'too large' }]), {
      code: 'ledger.entry_too_large',
    })
    assert.equal(ledger.head().size, 1)
    ledger.close()
  })

  test('has a body, a kind and an event id', () => {
    const ledger = open()
    for (const part of [{ body: new Uint8Array() }, { kind: '' }, { eventId: '' }]) {
      assert.throws(() => ledger.append([{ ...entryNamed('a'), ...part }]), { code: 'format.malformed' })
    }
    ledger.close()
  })
})

describe('proofs', () => {
  test('show that any earlier tree is a prefix', () => {
    const ledger = open()
    const roots = new Map<number, Uint8Array>()
    for (const count of [1, 2, 254, 40, 300]) {
      ledger.append(numbered(ledger.head().size, count))
      roots.set(ledger.head().size, ledger.head().root)
    }
    for (const [size1, root1] of roots) {
      for (const [size2, root2] of roots) {
        if (size1 > size2) assert.throws(() => ledger.consistency(size1, size2), { code: 'proof.invalid' })
        else verifyConsistency({ size1, size2, root1, root2, proof: ledger.consistency(size1, size2) })
      }
    }
    ledger.close()
  })

  test('of what is not there are refused', () => {
    const ledger = open()
    ledger.append(numbered(0, 2))
    for (const index of [2, -1, 0.5, Number.NaN]) assert.throws(() => ledger.prove(index), { code: 'proof.invalid' })
    assert.throws(() => ledger.entry(2), { code: 'proof.invalid' })
    for (const [a, b] of [
      [0, 2],
      [1, 3],
      [1.5, 2],
    ] as const) {
      assert.throws(() => ledger.consistency(a, b), { code: 'proof.invalid' })
    }
    ledger.close()
  })
})

describe('a transaction', () => {
  test('commits the state change and its entry together', () => {
    const ledger = open()
    ledger.transaction(({ db, append }) => {
      db.exec('CREATE TABLE choice (id INTEGER PRIMARY KEY, ledger_index INTEGER NOT NULL) STRICT')
      append([entryNamed('table')])
    })
    ledger.append([entryNamed('decision')], (db, [position]) => {
      db.prepare('INSERT INTO choice (ledger_index) VALUES (?)').run(position?.index ?? null)
    })
    assert.deepEqual(
      ledger.transaction(({ db }) => ({ ...db.prepare('SELECT * FROM choice').get() })),
      { id: 1, ledger_index: 1 },
    )
    ledger.verify()
    ledger.close()
  })

  test('that fails leaves nothing, and the next one is as if it had not been', () => {
    const folder = fresh()
    const ledger = open(folder)
    ledger.append(numbered(0, 300))
    const [before, published] = [ledger.head(), readFileSync(join(folder, 'ledger.head'), 'utf8')]
    const failing = () =>
      ledger.append(numbered(300, 300), (db) => {
        db.exec('CREATE TABLE half (id INTEGER PRIMARY KEY)')
        throw new Error('changed my mind')
      })
    assert.throws(failing, /changed my mind/)
    assert.deepEqual(ledger.head(), before)
    assert.equal(readFileSync(join(folder, 'ledger.head'), 'utf8'), published)
    assert.throws(() => ledger.transaction(({ db }) => db.exec('SELECT * FROM half')), /no such table/)
    assert.deepEqual(
      ledger.append(numbered(300, 1)).map(({ index }) => index),
      [300],
    )
    ledger.verify()
    ledger.close()
  })

  test('may append several times and is signed once', async () => {
    const ledger = open()
    const indexes = ledger.transaction(({ append }) =>
      [...append(numbered(0, 2)), ...append(numbered(1, 2))].map(({ index }) => index),
    )
    assert.deepEqual(indexes, [0, 1, 1, 2])
    await checkProof(ledger, 2, 'event-2')
    ledger.close()
  })

  test('cannot wait', () => {
    const ledger = open()
    assert.throws(() => ledger.transaction(async ({ append }) => append(numbered(0, 1))), /must be synchronous/)
    assert.equal(ledger.head().size, 0)
    ledger.close()
  })
})

describe('rows', () => {
  test('are evidence: added, never changed', () => {
    const ledger = open()
    ledger.append(numbered(0, 2))
    for (const sql of [
      "UPDATE ledger_entry SET leaf = x'00' WHERE idx = 0",
      'DELETE FROM ledger_entry WHERE idx = 1',
      "INSERT OR REPLACE INTO ledger_entry VALUES (1, x'00', 'test', 'other')",
      "INSERT INTO ledger_entry VALUES (3, x'00', 'test', 'gap')",
      'UPDATE ledger_tile SET data = zeroblob(64)',
      'UPDATE ledger_tile SET data = zeroblob(96)',
      'DELETE FROM ledger_tile',
      'INSERT OR REPLACE INTO ledger_tile VALUES (0, 0, zeroblob(32))',
      'UPDATE ledger_head SET size = 1',
      'UPDATE ledger_head SET size = 9, time = 0',
      'DELETE FROM ledger_head',
      "INSERT OR REPLACE INTO ledger_head VALUES (1, 9, zeroblob(32), '', 0)",
      "UPDATE ledger_meta SET origin = 'x'",
      'DELETE FROM ledger_meta',
    ]) {
      assert.throws(() => ledger.transaction(({ db }) => db.exec(sql)), /append-only|only grows|no gaps/, sql)
    }
    ledger.verify()
    ledger.close()
  })
})

describe('a log', () => {
  test('is named after its key, or as it was told', () => {
    const ledger = open()
    assert.match(ledger.origin, /^[0-9a-f]{16}\.runproof\.invalid$/)
    assert.deepEqual(parseVkey(ledger.vkey), { name: ledger.origin, publicKey: logKey.publicKey })
    ledger.close()
    const named = openLedger({ path: join(fresh(), 'ledger.db'), logKey, now, origin: '2026a.audit.example.com' })
    assert.equal(named.origin, '2026a.audit.example.com')
    named.close()
  })

  for (const origin of ['https://example.com', 'example.com/log', 'example.com:80', 'Example.com', '', 'a b', 'a..b', '-a']) {
    test(`is never named ${JSON.stringify(origin)}`, () => {
      assert.throws(() => openLedger({ path: join(fresh(), 'ledger.db'), logKey, now, origin }), { code: 'usage' })
    })
  }

  test('can be read without its private key, while somebody writes', async () => {
    const folder = fresh()
    assert.throws(() => readLedger({ path: join(folder, 'ledger.db') }), { code: 'ledger.missing' })
    const writer = open(folder)
    const empty = readLedger({ path: join(folder, 'ledger.db') })
    writer.append(numbered(0, 5))
    assert.equal(empty.head().size, 5)
    await checkProof(empty, 4, 'event-4')
    assert.equal(empty.verify().size, 5)
    assert.equal(empty.vkey, writer.vkey)
    empty.close()
    writer.close()
    const later = readLedger({ path: join(folder, 'ledger.db') })
    assert.equal(later.head().size, 5)
    later.close()
  })
})

/** As an outsider would: the entry, its proof and a checkpoint that the log's key signed. */
async function checkProof(ledger: LedgerReader, index: number, eventId: string): Promise<void> {
  const { size, root, hashes, checkpoint, body } = ledger.prove(index)
  const signed = await verifyCheckpoint(checkpoint, { origin: ledger.origin, publicKey: logKey.publicKey })
  assert.deepEqual([signed.size, signed.root], [BigInt(size), root])
  assert.deepEqual(body, entryNamed(eventId).body)
  verifyInclusion({ index, size, root, leafHash: leafHash(body), proof: hashes })
}
