import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { utf8 } from '../../../core/proof/bytes.ts'
import { consistencyProof, inclusionProof, leafHash, merkleRoot } from '../../../core/proof/merkle.ts'
import { tilesFor } from '../../../core/proof/tile.ts'
import { consistencyOf, grownTiles, inclusionOf, rootOf, type ReadTile } from './tree.ts'

const leaves = Array.from({ length: 70_000 }, (_, i) => leafHash(utf8(`leaf ${i}`)))

test('a tree grown in any steps has the tiles and roots that all leaves at once give', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(steps, (sizes) => {
      const tree = store()
      let size = 0
      for (const count of sizes) {
        tree.grow(size, leaves.slice(size, size + count))
        size += count
        assert.deepEqual(rootOf(tree.read, size), merkleRoot(leaves.slice(0, size)))
      }
      const wanted = new Map(tilesFor(leaves.slice(0, size)).map(({ level, index, data }) => [`${level}/${index}`, data]))
      assert.deepEqual(tree.tiles, wanted)
    }),
    { numRuns: 30 },
  )
})

test('proofs are those of RFC 6962, also for a tree smaller than what is stored', () => {
  const tree = store()
  tree.grow(0, leaves.slice(0, 700))
  const asked = fc
    .integer({ min: 1, max: 700 })
    .chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1), fc.integer({ min: 1, max: size })))
  fc.assert(
    fc.property(asked, ([size, index, smaller]) => {
      assert.deepEqual(inclusionOf(tree.read, index, size), inclusionProof(leaves.slice(0, size), index))
      assert.deepEqual(consistencyOf(tree.read, smaller, size), consistencyProof(leaves.slice(0, size), smaller))
    }),
  )
})

test('the third level of tiles is reached and used', () => {
  const tree = store()
  tree.grow(0, leaves.slice(0, 65_000))
  tree.grow(65_000, leaves.slice(65_000))
  assert.ok(tree.tiles.has('2/0'))
  assert.deepEqual(rootOf(tree.read, leaves.length), merkleRoot(leaves))
  assert.deepEqual(inclusionOf(tree.read, 65_536, leaves.length), inclusionProof(leaves, 65_536))
  assert.deepEqual(consistencyOf(tree.read, 65_537, leaves.length), consistencyProof(leaves, 65_537))
})

test('the empty tree has a root and no tiles', () => {
  assert.deepEqual(rootOf(store().read, 0), merkleRoot([]))
  assert.deepEqual(grownTiles(store().read, 0, []), [])
})

test('a missing or surplus hash is a contradiction, never a wrong root', () => {
  const tree = store()
  tree.grow(0, leaves.slice(0, 300))
  assert.throws(() => rootOf(tree.read, 301), { code: 'ledger.contradiction' })
  assert.throws(() => grownTiles(tree.read, 299, leaves.slice(0, 1)), { code: 'ledger.contradiction' })
  assert.throws(() => grownTiles(tree.read, 301, leaves.slice(0, 1)), { code: 'ledger.contradiction' })
  tree.tiles.delete('0/0')
  assert.throws(() => inclusionOf(tree.read, 3, 300), { code: 'ledger.contradiction' })
})

function store() {
  const tiles = new Map<string, Uint8Array>()
  const read: ReadTile = (level, n) => tiles.get(`${level}/${n}`) ?? new Uint8Array()
  const grow = (size: number, added: readonly Uint8Array[]): void => {
    for (const { level, n, data } of grownTiles(read, size, added)) tiles.set(`${level}/${n}`, data)
  }
  return { tiles, read, grow }
}
