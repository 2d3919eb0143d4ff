import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { sha256 } from '../../../core/proof/sha256.ts'
import { signCheckpoint } from './checkpoint.ts'
import { logKeyFor, numbered, scratchFolders } from './fixtures/ledgers.ts'
import { defaultOrigin, openLedger, readLedger } from './ledger.ts'

const fresh = scratchFolders()
const logKey = logKeyFor('test')
const nowMs = 1_800_000_000_000
const options = (folder: string, ms = nowMs) => ({ path: join(folder, 'ledger.db'), logKey, now: () => ms })
const headFile = (folder: string) => join(folder, 'ledger.head')
const contradiction = (message: RegExp) => ({ code: 'ledger.contradiction', message })

describe('a changed database is refused', () => {
  for (const [what, sql, message] of [
    ['an entry of the last tile', "UPDATE ledger_entry SET leaf = x'00' WHERE idx = 299", /entry 299 does not hash/],
    ['the last entry removed', 'DELETE FROM ledger_entry WHERE idx = 299', /counts 300 entries, the database has 299/],
    ['an entry added', "INSERT INTO ledger_entry VALUES (300, x'00', 'test', 'x')", /counts 300 entries, the database has 301/],
    ['a hash of the last tile', flip('ledger_tile', 'data', 'level = 0 AND n = 1'), /entry \d+ does not hash/],
    ['a hash of a full tile', flip('ledger_tile', 'data', 'level = 0 AND n = 0'), /tile 0\/0 does not hash to what tile 1\/0/],
    ['a hash of an upper tile', flip('ledger_tile', 'data', 'level = 1'), /tile 0\/0 does not hash to what tile 1\/0/],
    ['a tile removed', 'DELETE FROM ledger_tile WHERE level = 1', /tile 1\/0 has 0 hashes/],
    ['the root', flip('ledger_head', 'root', 'id = 1'), /root/],
    ['the size', 'UPDATE ledger_head SET size = 299', /counts 300 entries, its head 299/],
    [
      'the checkpoint',
      "UPDATE ledger_head SET checkpoint = replace(checkpoint, char(10) || '300', char(10) || '301')",
      /signature/,
    ],
    ['the checkpoint gone', "UPDATE ledger_head SET checkpoint = ''", /is no checkpoint/],
    ['the head removed', 'DELETE FROM ledger_head', /no head/],
    ['the origin', "UPDATE ledger_meta SET origin = 'other.example'", /checkpoint of .* not of other\.example/],
    ['the key', flip('ledger_meta', 'public_key', 'id = 1'), /log key|not this log's|is no checkpoint/],
    ['another type in a column', 'PRAGMA writable_schema = ON; UPDATE ledger_head SET time = -5', /something else/],
  ] as const) {
    test(what, () => {
      const folder = ledgerOf(300)
      tamper(folder, sql)
      assert.throws(() => openLedger(options(folder)), contradiction(message))
      assert.throws(() => readLedger(options(folder)), { code: 'ledger.contradiction' })
    })
  }

  test('an old entry that start-up does not rehash is noticed by proof and by verify', () => {
    const folder = ledgerOf(300)
    tamper(folder, "UPDATE ledger_entry SET leaf = x'00' WHERE idx = 7")
    const ledger = openLedger(options(folder))
    assert.throws(() => ledger.prove(7), contradiction(/entry 7 does not lead to the signed root/))
    assert.throws(() => ledger.verify(), contradiction(/entry 7 does not hash/))
    assert.doesNotThrow(() => ledger.prove(8))
    ledger.close()
  })

  test('a surplus tile is noticed by verify', () => {
    const folder = ledgerOf(3)
    tamper(folder, 'INSERT INTO ledger_tile VALUES (0, 5, zeroblob(32))')
    const ledger = openLedger(options(folder))
    assert.throws(() => ledger.verify(), contradiction(/2 tiles are stored, a tree of 3 has 1/))
    ledger.close()
  })

  test('hashes that change while it is open are never signed over', () => {
    const folder = ledgerOf(3)
    const ledger = openLedger(options(folder))
    tamper(folder, flip('ledger_tile', 'data', 'level = 0'))
    assert.throws(() => ledger.append(numbered(3, 1)), contradiction(/changed since they were signed/))
    assert.equal(ledger.head().size, 3)
    ledger.close()
  })

  test('a file that is no database, or damaged, says so', () => {
    const folder = ledgerOf(300)
    const bytes = readFileSync(join(folder, 'ledger.db'))
    writeFileSync(join(folder, 'ledger.db'), bytes.fill(0x41, 0, 100))
    assert.throws(() => openLedger(options(folder)), { code: 'store.unreadable' })
    writeFileSync(join(folder, 'ledger.db'), bytes.fill(0x41))
    assert.throws(() => readLedger(options(folder)), { code: 'store.unreadable' })
  })
})

describe('an older copy that is put back', () => {
  test('is refused', () => {
    const [folder, older] = [ledgerOf(5), fresh()]
    copyFileSync(join(folder, 'ledger.db'), join(older, 'ledger.db'))
    append(folder, 5, 1)
    copyFileSync(join(older, 'ledger.db'), join(folder, 'ledger.db'))
    assert.throws(
      () => openLedger(options(folder)),
      contradiction(/vouches for 6 entries, the database has 5: it is an older copy/),
    )
    assert.throws(() => readLedger(options(folder)), { code: 'ledger.contradiction' })
  })

  test('is refused when it has grown again to the same size, or further', () => {
    for (const count of [1, 4]) {
      const [folder, other] = [ledgerOf(5), fresh()]
      copyFileSync(join(folder, 'ledger.db'), join(other, 'ledger.db'))
      copyFileSync(headFile(folder), headFile(other))
      append(folder, 5, 1)
      append(other, 100, count)
      copyFileSync(join(other, 'ledger.db'), join(folder, 'ledger.db'))
      assert.throws(() => openLedger(options(folder)), contradiction(/history was changed/))
    }
  })

  test('is refused when the database is gone altogether', () => {
    const folder = ledgerOf(5)
    rmSync(join(folder, 'ledger.db'))
    assert.throws(() => openLedger(options(folder)), contradiction(/vouches for 5 entries, the database has 0/))
  })

  test('with its whole folder is noticed when the head file lies elsewhere', () => {
    const [folder, elsewhere] = [fresh(), join(fresh(), 'deep')]
    mkdirSync(elsewhere)
    const headPath = join(elsewhere, 'head')
    const first = openLedger({ ...options(folder), headPath })
    first.append(numbered(0, 2))
    first.close()
    copyFileSync(join(folder, 'ledger.db'), join(folder, 'backup'))
    const second = openLedger({ ...options(folder), headPath })
    second.append(numbered(2, 1))
    second.close()
    assert.ok(!existsSync(headFile(folder)))
    copyFileSync(join(folder, 'backup'), join(folder, 'ledger.db'))
    assert.throws(() => openLedger({ ...options(folder), headPath }), contradiction(/older copy/))
  })
})

describe('the head file', () => {
  test('that is behind is brought forward', () => {
    const folder = ledgerOf(5)
    const behind = readFileSync(headFile(folder), 'utf8')
    append(folder, 5, 3)
    const newest = readFileSync(headFile(folder), 'utf8')
    writeFileSync(headFile(folder), behind)
    readLedger(options(folder)).close()
    assert.equal(readFileSync(headFile(folder), 'utf8'), behind)
    openLedger(options(folder)).close()
    assert.equal(readFileSync(headFile(folder), 'utf8'), newest)
  })

  test('that is missing, empty, or of another log is refused', () => {
    const folder = ledgerOf(5)
    const root = sha256('another history')
    const origin = defaultOrigin(logKey.publicKey)
    for (const [content, message] of [
      ['', /is no checkpoint/],
      [signCheckpoint(logKeyFor('other'), defaultOrigin(logKeyFor('other').publicKey), { size: 5, root }), /not of/],
      [signCheckpoint(logKeyFor('other'), origin, { size: 5, root }), /not this log's/],
      [signCheckpoint(logKey, origin, { size: 5, root }), /history was changed/],
      [signCheckpoint(logKey, origin, { size: 3, root }), /for 3 entries, .* history was changed/],
    ] as const) {
      writeFileSync(headFile(folder), content)
      assert.throws(() => openLedger(options(folder)), contradiction(message))
      assert.throws(() => readLedger(options(folder)), contradiction(message))
    }
    rmSync(headFile(folder))
    assert.throws(() => openLedger(options(folder)), contradiction(/is missing/))
    assert.throws(() => readLedger(options(folder)), contradiction(/is missing/))
  })

  test('that is lost is replaced by any checkpoint of this log that somebody kept', () => {
    const folder = ledgerOf(5)
    const kept = readFileSync(headFile(folder))
    append(folder, 5, 3)
    rmSync(headFile(folder))
    writeFileSync(headFile(folder), kept)
    const ledger = openLedger(options(folder))
    assert.equal(ledger.head().size, 8)
    ledger.close()
  })

  test('of a ledger without entries may be missing', () => {
    const folder = ledgerOf(0)
    rmSync(headFile(folder))
    openLedger(options(folder)).close()
    assert.ok(existsSync(headFile(folder)))
  })
})

describe('the clock', () => {
  test('that went back is refused at start-up and at each append', () => {
    const folder = ledgerOf(1)
    assert.throws(() => openLedger(options(folder, nowMs - 1000)), { code: 'ledger.clock_went_back' })
    openLedger(options(folder, nowMs + 999)).close()
    let ms = nowMs
    const ledger = openLedger({ ...options(folder), now: () => ms })
    ms -= 1
    assert.throws(() => ledger.append(numbered(1, 1)), { code: 'ledger.clock_went_back' })
    ms += 60_001
    ledger.append(numbered(1, 1))
    assert.equal(ledger.head().time, nowMs / 1000 + 60)
    ledger.close()
  })

  test('does not matter to who only reads', () => {
    const ledger = readLedger(options(ledgerOf(1)))
    assert.equal(ledger.head().size, 1)
    ledger.close()
  })
})

test('another log key or another origin is refused', () => {
  const folder = ledgerOf(1)
  assert.throws(() => openLedger({ ...options(folder), logKey: logKeyFor('other') }), contradiction(/belongs to the log key/))
  assert.throws(() => openLedger({ ...options(folder), origin: 'other.example' }), contradiction(/not other\.example/))
})

function ledgerOf(count: number): string {
  const folder = fresh()
  append(folder, 0, count)
  return folder
}

function append(folder: string, first: number, count: number): void {
  const ledger = openLedger(options(folder))
  ledger.append(numbered(first, count))
  ledger.close()
}

/** As somebody with the file and sqlite3 would: triggers do not stop them. */
function tamper(folder: string, sql: string): void {
  const db = new DatabaseSync(join(folder, 'ledger.db'))
  for (const { name } of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all()) {
    db.exec(`DROP TRIGGER ${String(name)}`)
  }
  db.exec(`PRAGMA ignore_check_constraints = ON; ${sql}`)
  db.close()
}

/** SQL that changes one byte in the middle of a blob. */
function flip(table: string, column: string, where: string): string {
  const [before, after] = [`substr(${column}, 1, 16)`, `substr(${column}, 18)`]
  const other = `CASE substr(${column}, 17, 1) WHEN x'00' THEN x'01' ELSE x'00' END`
  // || makes text of blobs; going by way of hex keeps the bytes.
  return `UPDATE ${table} SET ${column} = unhex(hex(${before}) || hex(${other}) || hex(${after})) WHERE ${where}`
}
