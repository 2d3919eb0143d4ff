import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { openEvents } from '../../../src/collect/open.ts'
import { mutateBytes } from '../mutate.ts'
import { attemptAsync, bytesOf, holds, type Target } from '../target.ts'

const lines = '{"a":1}\n'.repeat(300)
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7])

/** Event files as they come: plain, gzip, zstd, several behind each other, cut, damaged; in any portions. */
export const streamTarget: Target = {
  name: 'streams',
  quick: 160,
  prepare: () => ({
    seeds: [
      bytesOf(lines),
      gzipSync(lines),
      zstdCompressSync(lines),
      Buffer.concat([gzipSync(lines), gzipSync('x')]),
      Buffer.concat([skippable, zstdCompressSync(lines), zstdCompressSync('y'), skippable]),
      gzipSync(Buffer.alloc(3_000_000)),
      zstdCompressSync(Buffer.alloc(3_000_000)),
    ].map((bytes) => new Uint8Array(bytes)),
    mutate: mutateBytes,
    async check(input) {
      const whole = await attemptAsync(() => readIn(input, Math.max(1, input.length)))
      const size = 1 + (input.length % 61)
      const portions = await attemptAsync(() => readIn(input, size))
      holds(whole.refused === portions.refused, `in portions of ${size}: ${portions.refused}; as a whole: ${whole.refused}`)
      if (whole.refused !== null || portions.refused !== null) return whole.refused ?? ''
      holds(whole.value.equals(portions.value), `in portions of ${size} it unpacks to something else`)
      if (input[0] === 0x1f && input[1] === 0x8b)
        holds(whole.value.equals(gunzipSync(input)), 'node unpacks it to something else')
      return 'accepted'
    },
  }),
}

async function readIn(input: Uint8Array, size: number): Promise<Buffer> {
  // oxlint-disable-next-line typescript/require-await
  const stdin = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < input.length; at += size) yield input.slice(at, at + size)
  }
  return Buffer.concat(await Array.fromAsync(openEvents('-', { stdin })))
}
