import { RunproofError } from '../../core/model/errors.ts'

/** Bytes that may be held at once: whoever comes when they are used up waits, in the order of asking. */
class Lane {
  private free: number
  private readonly waiting: { readonly bytes: number; readonly go: () => void }[] = []
  private readonly total: number

  constructor(total: number) {
    this.total = total
    this.free = total
  }

  take(bytes: number): Promise<void> {
    const asked = Math.min(bytes, this.total)
    if (this.waiting.length === 0 && asked <= this.free) {
      this.free -= asked
      return Promise.resolve()
    }
    return new Promise((go) => this.waiting.push({ bytes: asked, go }))
  }

  give(bytes: number): void {
    this.free += Math.min(bytes, this.total)
    for (let next = this.waiting[0]; next !== undefined && next.bytes <= this.free; next = this.waiting[0]) {
      this.waiting.shift()
      this.free -= next.bytes
      next.go()
    }
  }

  held(): number {
    return this.total - this.free
  }
}

/**
 * How many bytes of bodies may be in memory at once, over all requests. Two lanes, so that nobody who holds a part waits for somebody
 * else who holds a part: a small body takes its place in the first and needs no more; one that turns out to be large takes all that it
 * may ever need in the second, at once.
 */
export class Budget {
  readonly small: Lane
  readonly large: Lane

  constructor(total: number) {
    this.small = new Lane(Math.floor(total / 2))
    this.large = new Lane(Math.floor(total / 2))
  }

  held(): number {
    return this.small.held() + this.large.held()
  }
}

/** A body, as far as it was taken. */
export type Body = { readonly bytes: Uint8Array; readonly isWhole: boolean }

/**
 * Reads a body of at most `most` bytes. What is longer is cut there and the rest let go, with `isWhole` false: who refuses it, or keeps
 * its beginning, is for the caller to say. `done` is called with the whole body while its bytes count against the budget.
 */
export async function withBody<T>(
  stream: AsyncIterable<Uint8Array>,
  { declared, most, budget }: { readonly declared: number | null; readonly most: number; readonly budget: Budget },
  done: (body: Body) => Promise<T>,
): Promise<T> {
  const isSmall = declared === null || declared <= SMALL
  const [smallBytes, largeBytes] = isSmall ? [Math.min(declared ?? SMALL, most), most] : [0, Math.min(declared, most)]
  let large = 0
  const enlarge = async (): Promise<void> => {
    await budget.large.take(largeBytes)
    large = largeBytes
  }
  await budget.small.take(smallBytes)
  try {
    if (!isSmall) await enlarge()
    const chunks: Uint8Array[] = []
    let [length, isWhole] = [0, true]
    for await (const chunk of arriving(stream)) {
      if (!isWhole) continue
      const room = most - length
      const kept = chunk.length > room ? chunk.subarray(0, room) : chunk
      if (chunk.length > room) isWhole = false
      length += kept.length
      if (large === 0 && length > smallBytes) await enlarge()
      chunks.push(kept)
    }
    const [only] = chunks
    return await done({ bytes: chunks.length === 1 && only ? only : Buffer.concat(chunks, length), isWhole })
  } finally {
    budget.small.give(smallBytes)
    if (large > 0) budget.large.give(large)
  }
}

const SMALL = 256 * 1024

/** A sender that dies in the middle of its body is no defect of ours. @throws RunproofError `request.invalid` */
async function* arriving(stream: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* stream
  } catch (cause) {
    throw new RunproofError('request.invalid', 'the body ended before it was whole', { cause })
  }
}

/** @throws RunproofError `request.too_large` */
export function whole({ bytes, isWhole }: Body, most: number): Uint8Array {
  if (!isWhole) throw new RunproofError('request.too_large', `the body has more than ${most} bytes; send smaller batches`)
  return bytes
}
