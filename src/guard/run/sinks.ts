import { closeSync, constants, fstatSync, openSync, statSync, write } from 'node:fs'
import type { Writable } from 'node:stream'
import { promisify } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { reasonOf } from '../probes/reason.ts'
import type { Sink } from './outlet.ts'

const writeTo = promisify(write)

/**
 * Lines at the end of a file, readable by its owner alone; a log that was rotated away is begun anew. What a full disk cut off goes on
 * where it was cut.
 */
export function fileSink(path: string): Sink {
  let file = opened(path)
  let left = new Uint8Array()
  const isSame = (): boolean => {
    const now = statSync(path, { throwIfNoEntry: false })
    return now !== undefined && now.ino === fstatSync(file).ino
  }
  const writeLeft = async (): Promise<void> => {
    while (left.length > 0) {
      const { bytesWritten } = await writeTo(file, left)
      left = left.subarray(bytesWritten)
    }
  }
  return {
    async write(bytes) {
      // After a failure the same bytes come again: what of them is there already is not written twice, nor into another file.
      const isRest = left.length > 0
      if (!isRest && !isSame()) {
        closeSync(file)
        file = opened(path)
      }
      if (!isRest) left = new Uint8Array(bytes)
      await writeLeft()
    },
    async end() {
      closeSync(file)
    },
  }
}

/** Lines to a stream that may be slow: a write is over when the stream has taken it. */
export function streamSink(stream: Writable): Sink {
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()))
      }),
    end: async () => {},
  }
}

/** Bytes for somebody who reads them as a stream; a write is over when the reader has come back for more. */
export function channel(): Sink & { readonly stream: () => AsyncIterable<Uint8Array> } {
  const waiting: { readonly bytes: Uint8Array; readonly taken: () => void }[] = []
  let [isOver, wake]: [boolean, () => void] = [false, () => {}]
  async function* read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = waiting.shift()
      if (next !== undefined) {
        yield next.bytes
        next.taken()
      } else if (isOver) return
      else await new Promise<void>((woken) => (wake = woken))
    }
  }
  return {
    stream: read,
    write: (bytes) =>
      new Promise((taken) => {
        waiting.push({ bytes, taken })
        wake()
      }),
    async end() {
      isOver = true
      wake()
    },
  }
}

function opened(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600)
  } catch (cause) {
    throw new RunproofError('file.unwritable', `records cannot be written to ${path}: ${reasonOf(cause)}`, { cause })
  }
}
