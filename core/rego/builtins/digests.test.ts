import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Hash, hmac, MD5, SHA1, SHA256, SHA384, SHA512 } from './digests.ts'

const hashes: readonly (readonly [string, Hash])[] = [
  ['md5', MD5],
  ['sha1', SHA1],
  ['sha256', SHA256],
  ['sha384', SHA384],
  ['sha512', SHA512],
]

for (const [name, hash] of hashes) {
  test(`${name} and its HMAC are Node's, for messages and keys of any length`, () => {
    const bytes = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(bytes, bytes, (key, message) => {
        assert.deepEqual(Buffer.from(hash.digest(message)), createHash(name).update(message).digest())
        assert.deepEqual(Buffer.from(hmac(hash, key, message)), createHmac(name, key).update(message).digest())
      }),
      { numRuns: 60 },
    )
  })
}

test('another message has another digest', () => {
  for (const [, { digest }] of hashes) assert.notDeepEqual(digest(Uint8Array.of(1)), digest(Uint8Array.of(2)))
})
