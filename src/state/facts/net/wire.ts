import type { Duplex } from 'node:stream'

export type Dial = {
  readonly family: 0 | 4 | 6
  readonly host: string
  readonly port: number
  readonly localAddress: string | null
  readonly timeoutMs: number
}

/**
 * How bytes get from a host to its network: this machine's own sockets, or a forwarding of an ssh session. Rejects with a `WireError`.
 * Who dials ends the stream.
 */
export type Wire = {
  readonly dial: (dial: Dial) => Promise<Duplex>
  readonly dialUnix: (path: string, timeoutMs: number) => Promise<Duplex>
  /** One datagram and the first that comes back; null: there is no UDP on this wire. */
  readonly datagram: ((host: string, port: number, message: Uint8Array, timeoutMs: number) => Promise<Uint8Array>) | null
  /** Addresses of a name as the host's own programs find them, within the time; none: it has none. */
  readonly lookup: (name: string, timeoutMs: number) => Promise<readonly string[]>
}

/** Why a wire did not carry, in Go's words where the system told; `errno` as the system names it. */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly errno: string

  constructor(errno: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.errno = errno
  }
}

/** No time was left. */
export function timedOut(message = 'i/o timeout'): WireError {
  return new WireError('ETIMEDOUT', message)
}

/** The promise, or a `WireError` when `timeoutMs` are over first. */
export async function within<T>(timeoutMs: number, promise: Promise<T>, message?: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut(message)), timeoutMs)
  })
  try {
    return await Promise.race([promise, over])
  } finally {
    clearTimeout(timer)
  }
}
