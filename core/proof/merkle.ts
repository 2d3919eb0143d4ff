import { RunproofError } from '../model/errors.ts'
import { concatBytes, equalBytes } from './bytes.ts'
import { sha256, sha256Into } from './sha256.ts'

/** A SHA-256; anything else as a "hash" would let a proof hide what it does not prove. */
export const HASH_BYTES = 32

export type Inclusion = {
  readonly index: bigint | number
  readonly size: bigint | number
  readonly leafHash: Uint8Array
  readonly proof: readonly Uint8Array[]
}

export type Consistency = {
  readonly size1: bigint | number
  readonly size2: bigint | number
  readonly root1: Uint8Array
  readonly root2: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** RFC 6962 §2.1: SHA-256 of 0x00 and the entry. The prefix keeps a leaf from passing as a node. */
export function leafHash(data: Uint8Array): Uint8Array {
  return sha256(concatBytes(LEAF, data))
}

/** RFC 6962 §2.1: SHA-256 of 0x01 and both children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE, hashed(left), hashed(right)))
}

/** What comes before a leaf's data when it is hashed. */
export const LEAF_PREFIX = 0

/** The root of a tree (RFC 6962 §2.1) that is too long to be held: of each complete subtree only the hash is kept. */
export class MerkleTree {
  /**
   * By level a node as it is hashed: its left child is the complete subtree of 2^level leaves behind the larger ones, there where that bit
   * of the size is set, and its right child comes to it.
   */
  readonly #nodes: Uint8Array[] = []
  #size = 0

  /** The next leaf's data with `LEAF_PREFIX` before it: whoever has many of them in one place need not copy each. */
  add(prefixed: Uint8Array): void {
    let hashedNext = prefixed
    let level = 0
    // As a carry in addition: with each smaller subtree it makes one of twice the size.
    for (let rest = this.#size++; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const node = this.#node(level++)
      sha256Into(hashedNext, node, RIGHT)
      hashedNext = node
    }
    sha256Into(hashedNext, this.#node(level), LEFT)
  }

  /** The root over the leaves so far; that of the empty tree is SHA-256 of nothing. */
  root(): Uint8Array {
    let root: Uint8Array | null = null
    for (let level = 0, rest = this.#size; rest > 0; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue
      const peak = this.#node(level).slice(LEFT, RIGHT)
      root = root === null ? peak : nodeHash(peak, root)
    }
    return root ?? sha256(new Uint8Array())
  }

  #node(level: number): Uint8Array {
    return (this.#nodes[level] ??= Uint8Array.of(NODE_PREFIX, ...new Uint8Array(2 * HASH_BYTES)))
  }
}

/** RFC 6962 §2.1, over leaf hashes; the empty tree's root is SHA-256 of nothing. */
export function merkleRoot(leafHashes: readonly Uint8Array[]): Uint8Array {
  if (leafHashes.length === 0) return sha256(new Uint8Array())
  let level = leafHashes.map(hashed)
  while (level.length > 1) level = parents(level)
  return level[0] as Uint8Array
}

/** RFC 6962 §2.1.1, leaf's sibling first. @throws RunproofError `proof.invalid` when there is no such leaf. */
export function inclusionProof(leafHashes: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leafHashes.length)
    throw invalid(`no leaf ${index} in ${leafHashes.length}`)
  const proof: Uint8Array[] = []
  let level = leafHashes
  // A node without a sibling moves up unchanged, which gives the tree of the RFC level by level.
  for (let at = index; level.length > 1; at >>>= 1) {
    const sibling = level[at ^ 1]
    if (sibling) proof.push(sibling)
    level = parents(level)
  }
  return proof
}

/** RFC 6962 §2.1.2: that the tree of the first `size1` leaves is a prefix of this one. @throws RunproofError `proof.invalid` */
export function consistencyProof(leafHashes: readonly Uint8Array[], size1: number): readonly Uint8Array[] {
  if (!Number.isInteger(size1) || size1 < 1 || size1 > leafHashes.length)
    throw invalid(`no tree of ${size1} in ${leafHashes.length}`)
  return subproof(leafHashes, size1, true)
}

/** The root that the proof leads to (RFC 9162 §2.1.3.2). @throws RunproofError `proof.invalid` */
export function rootFromInclusion({ index, size, leafHash, proof }: Inclusion): Uint8Array {
  const count = uint64(size, 'size')
  let node = uint64(index, 'index')
  if (node >= count) throw invalid(`index ${node} is outside a tree of ${count}`)
  let last = count - 1n
  let root = hashed(leafHash)
  for (const hash of proof) {
    if (last === 0n) throw invalid('the inclusion proof is too long')
    if (isRight(node) || node === last) {
      root = nodeHash(hash, root)
      const up = isRight(node) ? 0n : levelsUp(node)
      node >>= up
      last >>= up
    } else root = nodeHash(root, hash)
    node >>= 1n
    last >>= 1n
  }
  if (last !== 0n) throw invalid('the inclusion proof is too short')
  return root
}

/** Holds when it returns. @throws RunproofError `proof.invalid` with the reason. */
export function verifyInclusion({ root, ...inclusion }: Inclusion & { readonly root: Uint8Array }): void {
  if (!equalBytes(rootFromInclusion(inclusion), hashed(root))) throw invalid('the inclusion proof leads to another root')
}

/**
 * RFC 9162 §2.1.4.2: nothing that the first tree held was changed or removed in the second. Holds when it returns.
 * A first tree of size 0 is an error: every tree grows out of the empty one, so it would prove nothing.
 * @throws RunproofError `proof.invalid` with the reason.
 */
export function verifyConsistency({ size1, size2, root1, root2, proof }: Consistency): void {
  const [first, second] = [uint64(size1, 'size1'), uint64(size2, 'size2')]
  if (first === 0n) throw invalid('consistency with an empty tree proves nothing')
  if (first > second) throw invalid(`a tree of ${second} cannot grow out of one of ${first}`)
  if (first === second) {
    if (proof.length > 0) throw invalid('trees of one size need no consistency proof')
    if (!equalBytes(hashed(root1), hashed(root2))) throw invalid('two roots for one size')
    return
  }
  const [old, grown] = rootsFromConsistency(first, second, hashed(root1), proof)
  if (!equalBytes(old, root1)) throw invalid('the consistency proof leads to another first root')
  if (!equalBytes(grown, hashed(root2))) throw invalid('the consistency proof leads to another second root')
}

function rootsFromConsistency(
  first: bigint,
  second: bigint,
  root1: Uint8Array,
  proof: readonly Uint8Array[],
): readonly [Uint8Array, Uint8Array] {
  // When the first tree is complete its root is itself a node of the second, so the proof leaves it out.
  const [seed, ...rest] = (first & (first - 1n)) === 0n ? [root1, ...proof] : proof
  if (!seed) throw invalid('the consistency proof is too short')
  const skip = trailingOnes(first - 1n)
  let node = (first - 1n) >> skip
  let last = (second - 1n) >> skip
  let [old, grown] = [hashed(seed), seed]
  for (const hash of rest) {
    if (last === 0n) throw invalid('the consistency proof is too long')
    if (isRight(node) || node === last) {
      old = nodeHash(hash, old)
      grown = nodeHash(hash, grown)
      const up = isRight(node) ? 0n : levelsUp(node)
      node >>= up
      last >>= up
    } else grown = nodeHash(grown, hash)
    node >>= 1n
    last >>= 1n
  }
  if (last !== 0n) throw invalid('the consistency proof is too short')
  return [old, grown]
}

/** RFC 6962 §2.1.2, SUBPROOF(m, D[n], b). */
function subproof(leaves: readonly Uint8Array[], size: number, known: boolean): readonly Uint8Array[] {
  if (size === leaves.length) return known ? [] : [merkleRoot(leaves)]
  const half = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)]
  if (size <= half) return [...subproof(left, size, known), merkleRoot(right)]
  return [...subproof(right, size - half, false), merkleRoot(left)]
}

/** The largest power of two smaller than n. */
function splitOf(n: number): number {
  let half = 1
  while (half * 2 < n) half *= 2
  return half
}

function parents(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = []
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = [level[i] as Uint8Array, level[i + 1]]
    above.push(right ? nodeHash(left, right) : left)
  }
  return above
}

const NODE_PREFIX = 1
/** Where a node has its children. */
const [LEFT, RIGHT] = [1, 1 + HASH_BYTES]
const LEAF = Uint8Array.of(LEAF_PREFIX)
const NODE = Uint8Array.of(NODE_PREFIX)

function isRight(node: bigint): boolean {
  return (node & 1n) === 1n
}

/** How far the last node of the tree climbs without a sibling. */
function levelsUp(node: bigint): bigint {
  let up = 0n
  for (let at = node; at !== 0n && !isRight(at); at >>= 1n) up++
  return up
}

function trailingOnes(node: bigint): bigint {
  let ones = 0n
  for (let at = node; isRight(at); at >>= 1n) ones++
  return ones
}

function hashed(hash: Uint8Array): Uint8Array {
  if (hash.length !== HASH_BYTES) throw invalid(`a hash has ${HASH_BYTES} bytes, this one ${hash.length}`)
  return hash
}

function uint64(value: bigint | number, name: string): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw invalid(`${name} is not an exact integer`)
  const exact = BigInt(value)
  if (exact < 0n || exact >= 1n << 64n) throw invalid(`${name} is outside uint64`)
  return exact
}

function invalid(why: string): RunproofError {
  return new RunproofError('proof.invalid', why)
}
