import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { hmacSha256Hex } from './hmac.ts'

test('RFC 4231 case 2', () => {
  const digest = hmacSha256Hex(new TextEncoder().encode('Jefe'), new TextEncoder().encode('what do ya want for nothing?'))
  assert.equal(digest, '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
})

test('it agrees with another implementation for keys and data of any length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (key, data) => {
      assert.equal(hmacSha256Hex(key, data), createHmac('sha256', key).update(data).digest('hex'))
    }),
  )
})
