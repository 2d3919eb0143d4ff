import { closeSync, constants, openSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import { errnoOf } from './go-errors.ts'
import type { Read } from './host.ts'

/** One end of a named pipe while one command writes to the other. */
export type PipeReader = {
  /** The command has ended: everything, once the last process that holds the pipe has let go. */
  readonly whole: () => Promise<Read>
  /** Reads from now on whenever there is something: a full pipe would stop the command. */
  readonly drain: () => void
  /** Nothing is wanted any more; what holds the pipe may go on writing to it, or not. */
  readonly giveUp: (keepReading: boolean) => void
}

const CHUNK = 64 * 1024
const buffer = Buffer.allocUnsafe(CHUNK)

export function readPipe(path: string, limit: number): PipeReader {
  // Without a writer of our own the pipe would be at its end before the command has opened it.
  let keeper: number | null = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const chunks: Buffer[] = []
  let size = 0
  let socket: Socket | null = null
  let closed: Promise<void> | null = null

  const keep = (chunk: Buffer): void => {
    if (size < limit) chunks.push(Buffer.from(chunk.subarray(0, limit - size)))
    size += chunk.length
  }
  const release = (): void => {
    if (keeper !== null) closeSync(keeper)
    keeper = null
  }
  const drain = (): Promise<void> => {
    if (closed !== null) return closed
    const made = new Socket({ fd: file, readable: true, writable: false })
    socket = made
    closed = new Promise((resolve) => {
      made.on('data', keep)
      made.once('error', () => made.destroy())
      made.once('close', () => resolve())
    })
    return closed
  }
  return {
    drain: () => void drain(),
    giveUp: (keepReading) => {
      release()
      if (!keepReading && socket === null) return closeSync(file)
      void drain()
      if (keepReading) socket?.unref()
      else socket?.destroy()
    },
    whole: async () => {
      release()
      // Almost every command has let go by now, and its output waits in the pipe: no stream is needed for that.
      if (socket === null && readAll(file, keep)) closeSync(file)
      else await drain()
      return { bytes: Buffer.concat(chunks), size, cut: size > limit }
    },
  }
}

/** False: somebody else holds the pipe and may yet write to it. */
function readAll(file: number, keep: (chunk: Buffer) => void): boolean {
  for (;;) {
    try {
      const got = readSync(file, buffer, 0, CHUNK, null)
      if (got === 0) return true
      keep(buffer.subarray(0, got))
    } catch (error) {
      if (errnoOf(error) === 'EAGAIN') return false
      throw error
    }
  }
}
