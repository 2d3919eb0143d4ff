import type { Duplex } from 'node:stream'
import { WireError } from './wire.ts'

/** One message and its answer over a stream, each behind its length: RFC 1035, 4.2.2. The caller ends the stream. */
export function overTcp(stream: Duplex, query: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const ended = (): void => reject(new WireError('EPIPE', 'EOF'))
    stream.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const length = received.length < 2 ? Infinity : 2 + received.readUInt16BE(0)
      if (received.length >= length) resolve(received.subarray(2, length))
    })
    stream.once('error', (error) => reject(new WireError('EIO', error.message, { cause: error })))
    stream.once('end', ended)
    stream.once('close', ended)
    const head = Buffer.alloc(2)
    head.writeUInt16BE(query.length)
    stream.write(Buffer.concat([head, query]))
  })
}
