import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { concatBytes, utf8 } from './bytes.ts'
import { leafHash, merkleRoot, nodeHash } from './merkle.ts'
import { decodeEntries, encodeEntries, MAX_ENTRY_BYTES, parseTilePath, tileHashes, tilePath, tilesFor, tilesOf } from './tile.ts'

const malformed = { code: 'format.malformed' }

test('a tile has one path, which names it again', () => {
  assert.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), 'tile/0/x001/x234/067')
  assert.equal(tilePath({ level: 'entries', index: 0, width: 112 }), 'tile/entries/000.p/112')
  assert.equal(tilePath({ level: 63, index: 1000, width: 1 }), 'tile/63/x001/000.p/1')
  const address = fc.record(
    {
      level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const)),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    },
    { noNullPrototype: true },
  )
  fc.assert(fc.property(address, (tile) => assert.deepEqual(parseTilePath(tilePath(tile)), tile)))
})

test('no other path names a tile', () => {
  const bad = [
    '',
    'tile/0/0',
    'tile/0/00',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/x000/000',
    'tile/0/001/000',
    'tile/0/x001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/07',
    'tile/0/000.p',
    '/tile/0/000',
    'tile/0/000/',
    'tile/0/../000',
    'tile/Entries/000',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/x001/x001/x001/x001/x001/x001/001',
  ]
  for (const path of bad) assert.throws(() => parseTilePath(path), malformed, path)
  const addresses = [
    { level: 64, index: 0, width: 256 },
    { level: 0, index: -1, width: 256 },
    { level: 0, index: 0.5, width: 256 },
    { level: 0, index: 0, width: 0 },
    { level: 0, index: 0, width: 257 },
  ]
  for (const address of addresses) assert.throws(() => tilePath(address), malformed)
})

test('entries are written and read back, empty and largest ones included', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 20 }), (entries) => {
      assert.deepEqual(decodeEntries(encodeEntries(entries), entries.length), entries)
    }),
  )
  const largest = new Uint8Array(MAX_ENTRY_BYTES).fill(5)
  assert.deepEqual(decodeEntries(encodeEntries([largest]), 1), [largest])
  assert.throws(() => encodeEntries([new Uint8Array(MAX_ENTRY_BYTES + 1)]), { code: 'ledger.entry_too_large' })
})

test('a bundle with another number of entries, or half of one, is refused', () => {
  const bundle = encodeEntries([utf8('one'), utf8('two')])
  for (const count of [0, 1, 3]) assert.throws(() => decodeEntries(bundle, count), malformed)
  assert.throws(() => decodeEntries(bundle.slice(0, -1), 2), malformed)
  assert.throws(() => decodeEntries(concatBytes(bundle, Uint8Array.of(0)), 2), malformed)
})

test('a tree of 70,000 has the tiles of the specification', () => {
  const tiles = tilesOf(70_000)
  const at = (level: number) => tiles.filter((tile) => tile.level === level)
  assert.equal(at(0).filter(({ width }) => width === 256).length, 273)
  assert.deepEqual(at(0).at(-1), { level: 0, index: 273, width: 112 })
  assert.deepEqual(at(1), [
    { level: 1, index: 0, width: 256 },
    { level: 1, index: 1, width: 17 },
  ])
  assert.deepEqual(at(2), [{ level: 2, index: 0, width: 1 }])
  assert.deepEqual(tilesOf(256), [
    { level: 0, index: 0, width: 256 },
    { level: 1, index: 0, width: 1 },
  ])
  assert.deepEqual(tilesOf(0), [])
})

test('what a grown tree adds, with what there was, is all it has', () => {
  fc.assert(
    fc.property(fc.nat(200_000), fc.nat(2000), (before, more) => {
      const all = tilesOf(before + more).map(tilePath)
      const had = new Set(tilesOf(before).map(tilePath))
      assert.deepEqual(
        tilesOf(before + more, before).map(tilePath),
        all.filter((path) => !had.has(path)),
      )
    }),
  )
  assert.throws(() => tilesOf(5, 6), malformed)
  assert.throws(() => tilesOf(-1), malformed)
})

test('the tiles of a tree hold its leaf hashes and the roots of full tiles, and lead to its root', () => {
  const hashes = Array.from({ length: 600 }, (_, i) => leafHash(utf8(`entry ${i}`)))
  const tiles = tilesFor(hashes)
  assert.deepEqual(tiles.map(tilePath), ['tile/0/000', 'tile/0/001', 'tile/0/002.p/88', 'tile/1/000.p/2'])
  const [first, second, third, top] = tiles.map(({ data, width }) => tileHashes(data, width))
  assert.deepEqual(
    [first, second, third].flatMap((part) => part ?? []),
    hashes,
  )
  assert.deepEqual(top, [merkleRoot(hashes.slice(0, 256)), merkleRoot(hashes.slice(256, 512))])
  assert.deepEqual(nodeHash(merkleRoot(top ?? []), merkleRoot(third ?? [])), merkleRoot(hashes))
  assert.deepEqual(tilesFor(hashes, 550).map(tilePath), ['tile/0/002.p/88'])
})

test('a tile of another length than its width is refused', () => {
  assert.throws(() => tileHashes(new Uint8Array(31), 1), malformed)
  assert.throws(() => tileHashes(new Uint8Array(64), 1), malformed)
  assert.throws(() => tileHashes(new Uint8Array(0), 0), malformed)
})
