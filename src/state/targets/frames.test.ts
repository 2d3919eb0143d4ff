import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Frame, frameReader } from './frames.ts'

const NONCE = '0123456789abcdef0123456789abcdef'
const marked = (bytes: Uint8Array, word: string): Buffer => Buffer.concat([bytes, Buffer.from(`\n${NONCE} ${word}\n`)])

function framesOf(stream: Buffer, sizes: readonly number[], limit = 1000): readonly Frame[] {
  const frames: Frame[] = []
  const reader = frameReader(
    NONCE,
    () => limit,
    (frame) => frames.push(frame),
  )
  let at = 0
  for (const size of [...sizes, stream.length]) {
    reader.push(stream.subarray(at, at + size))
    at += size
    if (at >= stream.length) break
  }
  return frames
}

/** Bytes that come close to a marker. */
const section = fc.array(
  fc.constantFrom(...[`\n${NONCE}`, '\n', NONCE.slice(0, 7), ' ', 'x', '\0', `\n${NONCE.slice(0, 31)} 0\n`]),
  { maxLength: 8 },
)

test('sections come out as they went in, wherever the stream is cut into chunks', () => {
  fc.assert(
    fc.property(
      fc.array(section, { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 80 }),
      (parts, sizes) => {
        const sections = parts.map((pieces) => Buffer.from(pieces.join('')))
        const safe = sections.every((bytes) => !bytes.includes(`\n${NONCE} `))
        fc.pre(safe)
        const frames = framesOf(Buffer.concat(sections.map((bytes, index) => marked(bytes, String(index)))), sizes)
        assert.deepEqual(
          frames.map(({ bytes }) => bytes.toString('latin1')),
          sections.map((bytes) => bytes.toString('latin1')),
        )
        assert.deepEqual(
          frames.map(({ word }) => word),
          sections.map((_, index) => String(index)),
        )
      },
    ),
  )
})

test('beyond the limit bytes are counted and not kept', () => {
  const stream = Buffer.concat([marked(Buffer.alloc(5000, 'x'), 'a'), marked(Buffer.from('y'), 'b')])
  const frames = framesOf(
    stream,
    Array.from({ length: 1000 }, () => 7),
    10,
  )
  assert.deepEqual(
    frames.map(({ bytes, size }) => [bytes.toString(), size]),
    [
      ['xxxxxxxxxx', 5000],
      ['y', 1],
    ],
  )
})

test('what never got a marker is left for the reason', () => {
  const reader = frameReader(
    NONCE,
    () => 100,
    () => assert.fail('no frame'),
  )
  reader.push(Buffer.from('Permission denied (publickey).\n'))
  assert.equal(reader.unfinished().toString(), 'Permission denied (publickey).\n')
})
