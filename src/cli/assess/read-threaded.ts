import type { Intake } from '../../../core/model/intake.ts'
import { lineChunks, type LineChunk } from '../../collect/line-chunks.ts'
import { Thread } from '../../collect/threads.ts'
import { mergeParts } from '../../../core/judge/merge.ts'
import type { Asked, ChunkRead, Sharing, ThreadData, Written } from './reader-thread-answers.ts'
import { inSmallHeap } from './small-heap.ts'
import { writtenBehaviours } from './written-behaviours.ts'

/** Large enough that handing it over costs nothing beside reading it, small enough that a few of them are little memory. */
const CHUNK = 1024 * 1024
/** One that is read and one that waits, so that no thread is idle. */
const AHEAD = 2
/** A small nursery for each: what an event leaves behind is gone with the next, and need not be collected all at once. */
const resourceLimits = { maxYoungGenerationSizeMb: 48 }

export type ThreadedRead = {
  readonly events: number
  readonly malformed: number
  /** In the order of the file, lines from 1. */
  readonly listed: readonly { readonly line: number; readonly reason: string }[]
  readonly intake: Intake
}

/** Threads that read events, each into a fold of its own. */
export class ReaderPool {
  private readonly threads: readonly Thread[]

  constructor(count: number, data: ThreadData) {
    const entry = new URL('reader-thread.ts', import.meta.url)
    this.threads = Array.from({ length: count }, () => new Thread(entry, data, resourceLimits))
  }

  /**
   * Reads a stream in which every event is a line of its own, as sensors write them. Null for any other: where a value goes on in the
   * next chunk, or an array is open, what follows can only be read by who read what came before. Nothing of it is kept then.
   */
  async read(source: AsyncIterable<Uint8Array>, sensor: string, onEvents: (count: number) => void): Promise<ThreadedRead | null> {
    const reads: ChunkRead[] = []
    const spare: ArrayBuffer[] = []
    const open = new Set<Promise<void>>()
    let isApart = true
    const take = async ({ bytes, index, isLast }: LineChunk): Promise<void> => {
      const read = await this.ask({ kind: 'lines', sensor, bytes, isLast })
      reads[index] = read
      spare.push(read.buffer)
      onEvents(read.events)
      isApart &&= read.isSettled
    }
    try {
      for await (const chunk of inSmallHeap(lineChunks(source, { size: CHUNK, spare: () => spare.pop() }))) {
        if (chunk.index > 0 && startsWithMark(chunk.bytes)) isApart = false
        if (!isApart) break
        const taken = take(chunk).finally(() => open.delete(taken))
        open.add(taken)
        if (this.idlest().asked >= AHEAD) await Promise.race(open)
      }
      await Promise.all(open)
    } catch (error) {
      // The others fail for the same reason or are no longer wanted.
      await Promise.allSettled(open)
      throw error
    }
    if (isApart) return { ...inOrder(reads), intake: await this.intake() }
    await Promise.all(this.threads.map((thread) => thread.ask({ kind: 'forget' } satisfies Asked)))
    return null
  }

  /** What the threads folded: each one part of the behaviours, so that all of them merge and write at once. */
  private async intake(): Promise<Intake> {
    const parts = this.threads.length
    const sharings = (await Promise.all(
      this.threads.map((thread, own) => thread.ask({ kind: 'share', own, parts } satisfies Asked)),
    )) as readonly Sharing[]
    const written = (await Promise.all(
      this.threads.map((thread, own) => {
        const given = sharings.filter((_, from) => from !== own).map(({ shared }) => shared[own] ?? '')
        return thread.ask({ kind: 'write', given } satisfies Asked)
      }),
    )) as readonly Written[]
    return mergeParts(written.map(({ blocks, ...rest }) => ({ ...rest, behaviours: writtenBehaviours(blocks) })))
  }

  async end(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.end()))
  }

  private idlest(): Thread {
    const [first, ...others] = this.threads
    if (!first) throw new RangeError('a pool has at least one thread')
    return others.reduce((idle, thread) => (thread.asked < idle.asked ? thread : idle), first)
  }

  private async ask(asked: Extract<Asked, { kind: 'lines' }>): Promise<ChunkRead> {
    return (await this.idlest().ask(asked, [asked.bytes.buffer])) as ChunkRead
  }
}

function inOrder(reads: readonly ChunkRead[]): Omit<ThreadedRead, 'intake'> {
  const listed: { line: number; reason: string }[] = []
  let [firstLine, events, malformed] = [1, 0, 0]
  for (const read of reads) {
    for (const { line, reason } of read.listed) listed.push({ line: firstLine + line, reason })
    firstLine += read.lines
    events += read.events
    malformed += read.malformed
  }
  return { events, malformed, listed }
}

/** Only the first bytes of a stream can be a byte order mark. */
function startsWithMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}
