import type { Sealing } from '../../../core/judge/seal.ts'
import type { Sealed } from '../../../core/model/sealed.ts'
import { packEvidence, unpackEvidence } from '../../lib/io/packed-evidence.ts'
import { inSmallHeap } from './small-heap.ts'

/** Where a run keeps its evidence until it is written. */
export type KeptPacked = {
  readonly keep: (sealing: Sealing) => Promise<Sealed>
  /** What was kept, as the audit file holds it; nothing before. */
  readonly packed: () => Uint8Array
}

/** Evidence in memory, packed: a tenth of its size. */
export function keptPacked(): KeptPacked {
  let chunks: readonly Uint8Array[] = []
  return {
    async keep(sealing) {
      chunks = await packEvidence(inSmallHeap(sealing.blocks()))
      return { window: sealing.window, ...sealing.sums(), pieces: () => unpackEvidence(chunks) }
    },
    packed: () => Buffer.concat(chunks),
  }
}
