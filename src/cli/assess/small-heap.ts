import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Bytes of the nursery from which on it need not grow: half is filled while the other half waits. */
const ENOUGH = 32 * 1024 * 1024

/**
 * Passes portions on, of what is read or sealed, and keeps the engine's heap small meanwhile: by itself it lets the nursery grow to 128 MB as
 * soon as some young objects live on, and the rest to four times what is in use before it collects, the more so on a busy machine. What
 * an event or a line leaves behind is gone with the next, so that a quarter of that nursery is collected as fast, and twice what is in use
 * leaves enough to collect. Nothing but flags of the engine says so on the main thread: by how much either grows, read whenever it would.
 * They are the process's, and put back in the end, when other work may want more.
 */
export async function* inSmallHeap<T>(portions: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  let isHeld = false
  setFlagsFromString('--heap-growing-percent=100')
  try {
    for await (const portion of portions) {
      if (!isHeld && nurseryBytes() >= ENOUGH) {
        setFlagsFromString('--semi-space-growth-factor=1')
        isHeld = true
      }
      yield portion
    }
  } finally {
    // What the engine starts with.
    setFlagsFromString('--semi-space-growth-factor=2')
    setFlagsFromString('--heap-growing-percent=0')
  }
}

/** How many bytes the engine holds for young objects. */
export function nurseryBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0
}
