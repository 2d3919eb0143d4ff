import { contentOf, writtenRecord, type WrittenRecord } from './records.ts'
import type { Position, SegmentLog } from './segments.ts'
import type { SegmentWriter } from './write-segments.ts'

type Waiting = WrittenRecord & {
  readonly resolve: (position: Position) => void
  readonly reject: (error: unknown) => void
}

type Options = { readonly writer: SegmentWriter; readonly cut: SegmentLog['cut']; readonly unlock: () => void }

/** What waits together shares a frame up to this; a larger record has one of its own. */
const GROUP_BYTES = 4 * 1024 * 1024

/** While one frame is written and flushed, records gather for the next: the slower the disk, the larger the groups. */
export function logOf({ writer, cut, unlock }: Options): SegmentLog {
  const waiting: Waiting[] = []
  let pending = 0
  let working: Promise<void> | null = null
  let closed = false

  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.splice(0, groupSize(waiting))
      const answer = await written(writer, group)
      for (const { bytes } of group) pending -= bytes
      group.forEach(answer)
    }
    working = null
  }

  return {
    cut,
    end: () => writer.end(),
    pending: () => pending,
    async append(record) {
      if (closed) throw new Error('append to a closed log')
      const one = writtenRecord(record)
      pending += one.bytes
      const { promise, resolve, reject } = Promise.withResolvers<Position>()
      waiting.push({ ...one, resolve, reject })
      // Not at once: what is appended in one go belongs together.
      working ??= Promise.resolve().then(work)
      return promise
    },
    async close() {
      if (closed) return
      closed = true
      await working
      writer.close()
      unlock()
    },
  }
}

function groupSize(waiting: readonly Waiting[]): number {
  let bytes = 0
  const first = waiting.findIndex((one) => {
    bytes += one.bytes
    return bytes > GROUP_BYTES
  })
  return first < 0 ? waiting.length : Math.max(first, 1)
}

/** Writes a group; what to tell each of it. */
async function written(writer: SegmentWriter, group: readonly Waiting[]): Promise<(one: Waiting) => void> {
  try {
    const position = await writer.write(await contentOf(group))
    return ({ resolve }) => resolve(position)
  } catch (error) {
    return ({ reject }) => reject(error)
  }
}
