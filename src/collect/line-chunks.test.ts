import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { headed } from './head.ts'
import { lineChunks } from './line-chunks.ts'

// oxlint-disable-next-line typescript/require-await
async function* portions(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test('chunks are whole lines in order, nothing lost, even when their memory is taken away', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ maxLength: 20 }).map((line) => line.replaceAll(/[\n\ud800-\udfff]/g, ''))),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 30 }),
      async (lines, size, portion) => {
        const text = lines.join('\n')
        let read = ''
        let last = false
        for await (const { bytes, index, isLast } of lineChunks(portions(text, portion), { size })) {
          assert.ok(!last && index >= 0)
          last = isLast
          const part = new TextDecoder().decode(bytes)
          if (!isLast) assert.ok(part.endsWith('\n'))
          read += part
          structuredClone(bytes, { transfer: [bytes.buffer] })
        }
        assert.equal(read, text)
        assert.ok(last)
      },
    ),
  )
})

test('a spare buffer is filled again', async () => {
  const spares = [new ArrayBuffer(8)]
  const [spare] = spares
  const used: ArrayBuffer[] = []
  for await (const { bytes } of lineChunks(portions('a\nb\nc\nd\ne\n', 3), { size: 8, spare: () => spares.pop() }))
    used.push(bytes.buffer)
  assert.equal(used[0], spare)
})

test('reading ahead tells a short stream from a long one and keeps every byte of both', async () => {
  for (const [limit, isWhole] of [
    [4, false],
    [100, true],
  ] as const) {
    const read = await headed(portions('0123456789', 3), limit)
    assert.equal(read.isWhole, isWhole)
    const all = await Array.fromAsync(read.all)
    assert.equal(new TextDecoder().decode(Buffer.concat(all)), '0123456789')
  }
})
