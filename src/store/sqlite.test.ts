import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { guarded, immediately, openDatabase, openForReading, snapshot } from './sqlite.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-sqlite-'))
after(() => rmSync(scratch, { recursive: true }))
const fresh = (): string => join(mkdtempSync(join(scratch, 'd-')), 'test.db')
const one = 'CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT'
const two = 'CREATE TABLE two (id INTEGER PRIMARY KEY) STRICT'

test('a database is durable, strict and of the wanted page size', () => {
  const db = openDatabase(fresh(), { migrations: [one] })
  const pragma = (name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]
  assert.deepEqual(
    ['journal_mode', 'synchronous', 'page_size', 'foreign_keys', 'recursive_triggers', 'busy_timeout', 'user_version'].map(
      pragma,
    ),
    ['wal', 2, 8192, 1, 1, 30_000, 1],
  )
  db.close()
})

test('migrations run once, in order, and later ones on what is there', () => {
  const path = fresh()
  const first = openDatabase(path, { migrations: [one] })
  first.exec('INSERT INTO one VALUES (7)')
  first.close()
  const second = openDatabase(path, { migrations: [one, two] })
  assert.equal(second.prepare('SELECT count(*) AS n FROM one').get()?.['n'], 1)
  second.exec('INSERT INTO two VALUES (1)')
  second.close()
})

test('a migration that fails leaves the database as it was', () => {
  const path = fresh()
  openDatabase(path, { migrations: [one] }).close()
  assert.throws(() => openDatabase(path, { migrations: [one, `${two}; nonsense`] }), /syntax error/)
  const db = openDatabase(path, { migrations: [one, two] })
  db.exec('INSERT INTO two VALUES (1)')
  db.close()
})

test('a database of a newer version is refused, one not yet migrated cannot be read', () => {
  const path = fresh()
  openDatabase(path, { migrations: [one, two] }).close()
  assert.throws(() => openDatabase(path, { migrations: [one] }), { code: 'store.unreadable', message: /newer Runproof/ })
  assert.throws(() => openForReading(path, { migrations: [one] }), { code: 'store.unreadable' })
  assert.throws(() => openForReading(path, { migrations: [one, two, one] }), { code: 'store.unreadable' })
})

test('what was opened for reading cannot be written', () => {
  const path = fresh()
  openDatabase(path, { migrations: [one] }).close()
  const db = openForReading(path, { migrations: [one] })
  assert.throws(() => db.exec('INSERT INTO one VALUES (1)'), /readonly/)
  db.close()
})

test('what is no database, or cannot be opened, is refused', () => {
  const path = fresh()
  writeFileSync(path, 'x'.repeat(10_000))
  assert.throws(() => openDatabase(path, { migrations: [one] }), { code: 'store.unreadable' })
  assert.throws(() => openDatabase(join(path, 'deeper'), { migrations: [one] }), { code: 'store.unreadable' })
})

test('a transaction that throws leaves nothing', () => {
  const db = openDatabase(fresh(), { migrations: [one] })
  assert.equal(
    immediately(db, () => db.prepare('INSERT INTO one VALUES (1)').run().changes),
    1,
  )
  assert.throws(
    () =>
      immediately(db, () => {
        db.exec('INSERT INTO one VALUES (2)')
        throw new Error('no')
      }),
    /no/,
  )
  assert.equal(db.prepare('SELECT count(*) AS n FROM one').get()?.['n'], 1)
  db.close()
})

test('who waits too long for another writer is told so', () => {
  const path = fresh()
  const holder = openDatabase(path, { migrations: [one] })
  const waiting = openDatabase(path, { migrations: [one], busyMs: 50 })
  holder.exec('BEGIN IMMEDIATE')
  assert.throws(() => immediately(waiting, () => null), { code: 'store.busy' })
  holder.exec('ROLLBACK')
  assert.equal(
    immediately(waiting, () => 'free'),
    'free',
  )
  waiting.close()
  holder.close()
})

test('a snapshot does not move while others write', () => {
  const path = fresh()
  const [reader, writer] = [openDatabase(path, { migrations: [one] }), openDatabase(path, { migrations: [one] })]
  const count = (): unknown => reader.prepare('SELECT count(*) AS n FROM one').get()?.['n']
  const counts = snapshot(reader, () => {
    const before = count()
    writer.exec('INSERT INTO one VALUES (1)')
    return [before, snapshot(reader, count)]
  })
  assert.deepEqual(counts, [0, 0])
  assert.equal(count(), 1)
  assert.throws(() => snapshot(reader, () => reader.exec('nonsense')), /syntax error/)
  assert.equal(reader.isTransaction, false)
  reader.close()
  writer.close()
})

test('several processes may create one database at once', async () => {
  const path = fresh()
  const script = `
    import { openDatabase } from ${JSON.stringify(new URL('sqlite.ts', import.meta.url).href)}
    const db = openDatabase(${JSON.stringify(path)}, { migrations: [${JSON.stringify(one)}, ${JSON.stringify(two)}] })
    db.exec('INSERT INTO one DEFAULT VALUES')
    db.close()`
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  await Promise.all([run(), run(), run(), run()])
  const db = openDatabase(path, { migrations: [one, two] })
  assert.equal(db.prepare('SELECT count(*) AS n FROM one').get()?.['n'], 4)
  db.close()
})

test('a full disk is said with its place, and what was there before stays', () => {
  const path = fresh()
  const db = openDatabase(path, { migrations: ['CREATE TABLE text (text TEXT) STRICT'] })
  db.exec("INSERT INTO text VALUES ('kept')")
  db.exec('PRAGMA max_page_count = 4')
  const fill = (): void => immediately(db, () => void db.prepare('INSERT INTO text VALUES (?)').run('x'.repeat(100_000)))
  assert.throws(() => guarded(path, fill), { code: 'store.full', message: /make room/ })
  assert.deepEqual(
    db
      .prepare('SELECT text FROM text')
      .all()
      .map(({ text }) => text),
    ['kept'],
  )
  db.close()
})
