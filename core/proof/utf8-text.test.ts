import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { utf8 } from './bytes.ts'
import { Utf8Text } from './utf8-text.ts'

/** Short, beyond ASCII, and longer than what is decoded at once. */
const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('\u20ac', '\u{1f600}', 'caf\u00e9', '\ufeff', 'plain'),
  fc
    .tuple(fc.constantFrom('a', '\u20ac', '\u{1f600}'), fc.integer({ min: 20_000, max: 70_000 }))
    .map(([of, times]) => of.repeat(times)),
)
const pieces = fc.array(piece, { maxLength: 6 }).map((texts) => texts.map((text) => text.toWellFormed()))

test('property: bytes hold just the texts that they were made of, and end where these end', () => {
  fc.assert(
    fc.property(pieces, fc.boolean(), (texts, asks) => {
      const text = new Utf8Text(utf8(texts.join('')))
      let bytes = 0
      for (const each of texts) {
        assert.ok(text.takes(each))
        bytes += utf8(each).length
        if (asks) assert.equal(text.at(), bytes)
      }
      assert.equal(text.at(), bytes)
      assert.equal(text.takes('x'), false)
    }),
    { numRuns: 60 },
  )
})

test('property: what is not next is not taken, and nothing is taken by asking', () => {
  fc.assert(
    fc.property(pieces, piece, (texts, other) => {
      const whole = texts.join('')
      const text = new Utf8Text(utf8(whole))
      assert.equal(text.takes(other.toWellFormed()), whole.startsWith(other.toWellFormed()))
      assert.equal(new Utf8Text(utf8(whole)).takes(`${whole}x`), false)
    }),
    { numRuns: 60 },
  )
})

test('bytes that are not UTF-8 are no text, not even one with the mark that stands for them', () => {
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80]])
    assert.throws(() => new Utf8Text(Uint8Array.from(bytes)).takes('\ufffd'), { code: 'format.malformed' })
  // Nothing but the insides of characters.
  const insides = new Utf8Text(new Uint8Array(70_000).fill(0x80))
  assert.equal(insides.takes('\ufffd'), false)
})
