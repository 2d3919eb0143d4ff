import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { hex, utf8 } from '../proof/bytes.ts'
import { leafHash, merkleRoot } from '../proof/merkle.ts'
import { sha256Hex } from '../proof/sha256.ts'
import { digestsOf } from './fixtures.ts'
import { LineDigest } from './line-digest.ts'

const lines = fc.array(fc.string({ unit: fc.constantFrom('a', '\u20ac', '\u{1f600}', '"', '\u0000') }), { maxLength: 70 })

test('root and digest are those of the lines, however they come', () => {
  fc.assert(
    fc.property(lines, fc.array(fc.nat(70)), (lines, cuts) => {
      const expected = {
        root: hex(merkleRoot(lines.map((line) => leafHash(utf8(line))))),
        digest: sha256Hex(lines.map((line) => `${line}\n`).join('')),
      }
      assert.deepEqual(digestsOf(lines), expected)
      const digest = new LineDigest()
      const edges = [0, ...cuts.filter((cut) => cut < lines.length).sort((a, b) => a - b), lines.length]
      edges.forEach((from, index) => {
        const part = lines.slice(from, edges[index + 1] ?? from)
        const bytes = utf8(part.map((line) => `${line}\n`).join(''))
        const before = hex(bytes)
        digest.take(bytes)
        assert.equal(hex(bytes), before, 'what was handed over was changed')
      })
      assert.equal(digest.lines, lines.length)
      assert.deepEqual(digest.digests(), expected)
    }),
  )
})

test('more lines than are handled at once have the same digests', () => {
  const many = Array.from({ length: 3000 }, (_, index) => `${index} ${'x'.repeat(index % 200)}`)
  assert.equal(digestsOf(many).root, hex(merkleRoot(many.map((line) => leafHash(utf8(line))))))
  assert.equal(digestsOf(many).digest, sha256Hex(many.map((line) => `${line}\n`).join('')))
})

test('another line is another root and another digest', () => {
  const [some, other] = [digestsOf(['a', 'b']), digestsOf(['a', 'c'])]
  assert.notEqual(some.root, other.root)
  assert.notEqual(some.digest, other.digest)
})
