import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { base64, concatBytes, equalBytes, fromBase64, fromHex, fromUtf8, hex, utf8 } from './bytes.ts'

const malformed = { code: 'format.malformed' }

test('bytes survive hex, base64 and both alphabets of it, spelled as Node spells them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const buffer = Buffer.from(bytes)
      assert.equal(hex(bytes), buffer.toString('hex'))
      assert.equal(base64(bytes), buffer.toString('base64'))
      assert.deepEqual(fromHex(hex(bytes)), bytes)
      assert.deepEqual(fromBase64(base64(bytes)), bytes)
      assert.deepEqual(fromBase64(base64(bytes), { urlSafe: true }), bytes)
      assert.deepEqual(fromBase64(buffer.toString('base64url'), { urlSafe: true }), bytes)
    }),
  )
})

test('base64 of more than one chunk has no padding inside', () => {
  const bytes = new Uint8Array(0x6000 * 2 + 1).fill(0xfb)
  assert.equal(base64(bytes), Buffer.from(bytes).toString('base64'))
  assert.deepEqual(fromBase64(base64(bytes)), bytes)
})

test('base64 that others read leniently is refused', () => {
  for (const text of ['A', 'AA', 'AAA', 'AA=', 'AAA==', '====', 'AA==AA==', 'AA ==', 'AAAA\n', 'AB==', 'AAB=', '-_==', 'é===']) {
    assert.throws(() => fromBase64(text), malformed, text)
  }
})

test('the url alphabet needs no padding, but never mixes with the other one', () => {
  assert.deepEqual(fromBase64('-_8', { urlSafe: true }), Uint8Array.of(0xfb, 0xff))
  assert.deepEqual(fromBase64('-_8=', { urlSafe: true }), Uint8Array.of(0xfb, 0xff))
  for (const text of ['-+8=', '+/8', 'A', '-_9']) assert.throws(() => fromBase64(text, { urlSafe: true }), malformed, text)
})

test('hex is lower case and whole bytes', () => {
  assert.deepEqual(fromHex('00ff'), Uint8Array.of(0, 255))
  for (const text of ['0', '0F', 'zz', ' 00']) assert.throws(() => fromHex(text), malformed, text)
})

test('UTF-8 is read back as written and a byte order mark stays', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(fromUtf8(utf8(text)), text)))
  assert.equal(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), '\ufeffA')
})

test('bytes that are not UTF-8 are refused', () => {
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]])
    assert.throws(() => fromUtf8(Uint8Array.from(bytes)), malformed)
})

test('equality looks at length and at every byte', () => {
  assert.ok(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)))
  assert.ok(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)))
  assert.ok(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0)))
  assert.deepEqual(concatBytes(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3)), Uint8Array.of(1, 2, 3))
})
