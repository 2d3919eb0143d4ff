import { hex } from '../proof/bytes.ts'
import { LEAF_PREFIX, MerkleTree } from '../proof/merkle.ts'
import { createSha256 } from '../proof/sha256.ts'

/** Merkle root (RFC 6962) over the lines, and SHA-256 over all of them with their newlines; both hex. */
export type Digests = { readonly root: string; readonly digest: string }

const NEWLINE = 0x0a

/** The digests of lines that come piece by piece and need not be there at once. */
export class LineDigest {
  readonly #digest = createSha256()
  readonly #tree = new MerkleTree()
  /** Used again and again: memory of its own for every block would be collected all the time. */
  #leaves = new Uint8Array(0)
  #lines = 0

  /** How many lines there were. */
  get lines(): number {
    return this.#lines
  }

  /** Any number of lines, each with its newline. */
  take(lines: Uint8Array): void {
    this.#digest.update(lines)
    // Each newline gives way to the prefix of the leaf behind it: so every leaf lies there as it is hashed.
    if (this.#leaves.length <= lines.length) this.#leaves = new Uint8Array(2 * lines.length + 1)
    const leaves = this.#leaves.subarray(0, lines.length + 1)
    leaves[0] = LEAF_PREFIX
    leaves.set(lines, 1)
    let start = 0
    for (let end = leaves.indexOf(NEWLINE); end >= 0; end = leaves.indexOf(NEWLINE, end)) {
      this.#tree.add(leaves.subarray(start, end))
      leaves[end] = LEAF_PREFIX
      start = end
      this.#lines++
    }
  }

  /** The digests of all lines; nothing may be added after it. */
  digests(): Digests {
    return { root: hex(this.#tree.root()), digest: this.#digest.hex() }
  }
}
