import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import * as node from './sha256.node.ts'
import * as portable from './sha256.portable.ts'
import * as chosen from './sha256.ts'

/** FIPS 180-4 examples and NIST's million. */
const known: readonly (readonly [string, string])[] = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
]

test('both implementations know the published digests', () => {
  for (const [text, digest] of known) {
    assert.equal(node.sha256Hex(text), digest)
    assert.equal(portable.sha256Hex(text), digest)
  }
})

test('both implementations agree on bytes and on any string', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary' }), (bytes, text) => {
      assert.deepEqual(portable.sha256(bytes), node.sha256(bytes))
      assert.equal(portable.sha256Hex(text), node.sha256Hex(text))
    }),
  )
})

test('they agree at every length around a block, and on a lone surrogate', () => {
  for (let length = 0; length <= 130; length++)
    assert.deepEqual(portable.sha256(new Uint8Array(length)), node.sha256(new Uint8Array(length)))
  assert.equal(portable.sha256Hex('\ud800'), node.sha256Hex('\ud800'))
})

test('one changed bit is another digest, and a view hashes only what it shows', () => {
  assert.notEqual(portable.sha256Hex(Uint8Array.of(1)), portable.sha256Hex(Uint8Array.of(0)))
  const view = Uint8Array.of(9, 97, 98, 99, 9).subarray(1, 4)
  for (const { sha256Hex } of [node, portable]) assert.equal(sha256Hex(view), known[1]?.[1])
})

test('Node gets its own implementation, and bytes rather than a Buffer', () => {
  assert.equal(chosen.sha256, node.sha256)
  assert.equal(Object.getPrototypeOf(chosen.sha256('')), Uint8Array.prototype)
})

test('what comes in pieces has the digest of the whole, however it is cut, and the same bytes wherever they are written', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 8 }), (pieces) => {
      const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]))
      for (const { createSha256, sha256, sha256Hex, sha256Into } of [node, portable]) {
        const hasher = createSha256()
        for (const piece of pieces) hasher.update(piece)
        assert.equal(hasher.hex(), sha256Hex(whole))
        const target = new Uint8Array(40).fill(7)
        sha256Into(whole, target, 4)
        assert.deepEqual(target, Uint8Array.from([7, 7, 7, 7, ...sha256(whole), 7, 7, 7, 7]))
      }
    }),
  )
})

test('texts in pieces are hashed as their UTF-8', () => {
  for (const { createSha256, sha256Hex } of [node, portable]) {
    const hasher = createSha256()
    for (const piece of ['a', '', '\u20ac', '\u{1f600}'.repeat(40)]) hasher.update(piece)
    assert.equal(hasher.hex(), sha256Hex(`a\u20ac${'\u{1f600}'.repeat(40)}`))
  }
})
