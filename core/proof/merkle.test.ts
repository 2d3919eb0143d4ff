import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { concatBytes, hex, utf8 } from './bytes.ts'
import { digestHex } from './fixtures.test.ts'
import {
  LEAF_PREFIX,
  MerkleTree,
  consistencyProof,
  inclusionProof,
  leafHash,
  merkleRoot,
  nodeHash,
  rootFromInclusion,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

const invalid = { code: 'proof.invalid' }
const leaves = (count: number) => Array.from({ length: count }, (_, i) => leafHash(utf8(`entry ${i}`)))

/** RFC 6962 §2.1 word by word, to hold the level-by-level version against. */
function rootByDefinition(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes
  if (hashes.length === 1 && first) return first
  const half = 2 ** Math.floor(Math.log2(hashes.length - 1))
  return nodeHash(rootByDefinition(hashes.slice(0, half)), rootByDefinition(hashes.slice(half)))
}

test('the empty tree, a leaf and a node are what RFC 6962 says', () => {
  assert.equal(hex(merkleRoot([])), digestHex(''))
  assert.equal(hex(leafHash(new Uint8Array())), digestHex(Uint8Array.of(0)))
  const [a, b] = [leafHash(utf8('a')), leafHash(utf8('b'))]
  assert.equal(hex(nodeHash(a, b)), digestHex(concatBytes(Uint8Array.of(1), a, b)))
  assert.notDeepEqual(leafHash(concatBytes(a, b)), nodeHash(a, b))
})

test('roots of every size to 70 follow the definition', () => {
  for (let size = 1; size <= 70; size++) assert.deepEqual(merkleRoot(leaves(size)), rootByDefinition(leaves(size)))
})

test('every leaf of every small tree is provable, and only at its index', () => {
  for (let size = 1; size <= 20; size++) {
    const hashes = leaves(size)
    const root = merkleRoot(hashes)
    hashes.forEach((hash, index) => {
      const inclusion = { index, size, leafHash: hash, proof: inclusionProof(hashes, index), root }
      verifyInclusion(inclusion)
      for (let other = 0; other < size; other++) {
        if (other !== index) assert.throws(() => verifyInclusion({ ...inclusion, index: other }), invalid)
      }
    })
  }
})

test('every small tree is consistent with every later one, and with no other', () => {
  for (let size2 = 1; size2 <= 20; size2++) {
    for (let size1 = 1; size1 <= size2; size1++) {
      const hashes = leaves(size2)
      const [root1, root2] = [merkleRoot(hashes.slice(0, size1)), merkleRoot(hashes)]
      const consistency = { size1, size2, root1, root2, proof: consistencyProof(hashes, size1) }
      verifyConsistency(consistency)
      assert.throws(() => verifyConsistency({ ...consistency, root1: leafHash(utf8('forged')) }), invalid)
      assert.throws(() => verifyConsistency({ ...consistency, root2: leafHash(utf8('forged')) }), invalid)
      assert.throws(() => verifyConsistency({ ...consistency, proof: [...consistency.proof, root1] }), invalid)
      if (size1 < size2) assert.throws(() => verifyConsistency({ ...consistency, proof: consistency.proof.slice(1) }), invalid)
    }
  }
})

test('a changed, missing or extra hash in any inclusion proof is refused', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 600 }), fc.nat(), fc.nat(), (size, at, which) => {
      const hashes = leaves(size)
      const index = at % size
      const proof = inclusionProof(hashes, index)
      const inclusion = { index, size, leafHash: hashes[index] ?? new Uint8Array(), proof, root: merkleRoot(hashes) }
      assert.deepEqual(rootFromInclusion(inclusion), inclusion.root)
      const flipped = proof.map((hash, i) => (i === which % proof.length ? hash.map((byte) => byte ^ 1) : hash))
      for (const bad of [flipped, proof.slice(1), proof.slice(0, -1), [...proof, inclusion.root], proof.toReversed()]) {
        if (proof.length === 1 && bad[0] === proof[0] && bad.length === 1) continue
        assert.throws(() => verifyInclusion({ ...inclusion, proof: bad }), invalid)
      }
    }),
    { numRuns: 40 },
  )
})

test('a rewritten prefix never proves consistent', () => {
  const honest = leaves(13)
  const forged = honest.with(3, leafHash(utf8('rewritten')))
  const proof = consistencyProof(forged, 7)
  const both = { size1: 7, size2: 13, proof }
  assert.throws(
    () => verifyConsistency({ ...both, root1: merkleRoot(honest.slice(0, 7)), root2: merkleRoot(forged) }),
    /another first root/,
  )
  assert.throws(
    () => verifyConsistency({ ...both, root1: merkleRoot(forged.slice(0, 7)), root2: merkleRoot(honest) }),
    /another second root/,
  )
})

test('indexes and sizes are uint64', () => {
  const hash = leafHash(utf8('x'))
  const size = 1n << 63n
  const proof = Array.from({ length: 63 }, () => hash)
  assert.equal(rootFromInclusion({ index: size - 1n, size, leafHash: hash, proof }).length, 32)
  assert.throws(() => rootFromInclusion({ index: size, size, leafHash: hash, proof }), /outside a tree/)
  assert.throws(() => rootFromInclusion({ index: 0, size: 1n << 64n, leafHash: hash, proof }), /outside uint64/)
  assert.throws(() => rootFromInclusion({ index: -1, size, leafHash: hash, proof }), /outside uint64/)
  assert.throws(() => rootFromInclusion({ index: 2 ** 53, size, leafHash: hash, proof }), /not an exact integer/)
  assert.throws(() => rootFromInclusion({ index: 0, size: 0, leafHash: hash, proof: [] }), /outside a tree of 0/)
})

test('hashes of another length are refused everywhere', () => {
  const [short, hash] = [new Uint8Array(31), leafHash(utf8('x'))]
  assert.throws(() => merkleRoot([short]), invalid)
  assert.throws(() => nodeHash(hash, short), invalid)
  assert.throws(() => verifyInclusion({ index: 0, size: 1, leafHash: short, proof: [], root: short }), invalid)
  assert.throws(() => verifyInclusion({ index: 0, size: 2, leafHash: hash, proof: [short], root: hash }), invalid)
  assert.throws(() => verifyConsistency({ size1: 1, size2: 1, root1: short, root2: short, proof: [] }), invalid)
})

test('a first tree of size 0, a shrunken tree and a proof between equal sizes are errors', () => {
  const root = merkleRoot(leaves(3))
  const equal = { size1: 3, size2: 3, root1: root, root2: root, proof: [] }
  verifyConsistency(equal)
  assert.throws(() => verifyConsistency({ ...equal, size1: 0 }), /proves nothing/)
  assert.throws(() => verifyConsistency({ ...equal, size1: 4 }), /cannot grow/)
  assert.throws(() => verifyConsistency({ ...equal, proof: [root] }), /need no consistency proof/)
  assert.throws(() => verifyConsistency({ ...equal, root2: leafHash(utf8('other')) }), /two roots/)
  for (const size1 of [0, 4, 1.5]) assert.throws(() => consistencyProof(leaves(3), size1), invalid)
  for (const index of [-1, 3, 0.5]) assert.throws(() => inclusionProof(leaves(3), index), invalid)
})

test('a tree that is not held has the root of one that is, after every leaf', () => {
  const tree = new MerkleTree()
  assert.deepEqual(tree.root(), merkleRoot([]))
  for (let count = 1; count <= 70; count++) {
    tree.add(concatBytes(Uint8Array.of(LEAF_PREFIX), utf8(`entry ${count - 1}`)))
    assert.deepEqual(tree.root(), merkleRoot(leaves(count)))
  }
  tree.add(utf8('entry without its prefix'))
  assert.notDeepEqual(tree.root(), merkleRoot([...leaves(70), leafHash(utf8('entry without its prefix'))]))
})
