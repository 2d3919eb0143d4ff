import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { gunzip as ours } from './gunzip.node.ts'
import { gunzip as portable } from './gunzip.portable.ts'

type Gunzip = typeof ours

async function all(gunzip: Gunzip, packed: Uint8Array): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of gunzip(packed)) pieces.push(piece.slice())
  return Buffer.concat(pieces)
}

async function outcome(gunzip: Gunzip, packed: Uint8Array): Promise<string> {
  try {
    return (await all(gunzip, packed)).toString('base64')
  } catch {
    return 'refused'
  }
}

test('both give back what was packed, of any size', async () => {
  for (const size of [0, 1, 262_143, 262_144, 262_145, 3_000_000]) {
    const content = Buffer.alloc(size, 'evidence that repeats ')
    for (const gunzip of [ours, portable]) assert.ok((await all(gunzip, gzipSync(content))).equals(content), `${size}`)
  }
})

test('property: whatever is damaged or cut, both refuse, or both give the same', async () => {
  const packed = gzipSync(Buffer.from('a line of evidence\n'.repeat(50)))
  await fc.assert(
    fc.asyncProperty(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, by, isCut) => {
      const damaged = isCut ? packed.subarray(0, at) : Buffer.from(packed)
      if (!isCut) damaged[at] = ((damaged[at] ?? 0) + by) & 255
      assert.equal(await outcome(ours, damaged), await outcome(portable, damaged))
    }),
    { numRuns: 300 },
  )
})

test('who stops reading leaves nothing running', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  for (const gunzip of [ours, portable]) {
    let read = 0
    for await (const piece of gunzip(bomb)) {
      read += piece.length
      if (read > 1_000_000) break
    }
    assert.ok(read < 10_000_000)
  }
})
