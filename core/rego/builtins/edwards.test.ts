import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ed25519PublicKey, type EdwardsKey, signEd25519, verifyEd25519 } from './edwards.ts'

const bytes = (text: string | undefined): Uint8Array => new Uint8Array(Buffer.from(text ?? '', 'base64url'))

test('signatures are Node’s, and what Node signs is verified, and nothing else is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(63), (message, at) => {
      const { privateKey } = generateKeyPairSync('ed25519')
      const jwk = privateKey.export({ format: 'jwk' })
      const key: EdwardsKey = { kind: 'ed', bytes: bytes(jwk.x) }
      const signature = new Uint8Array(sign(null, message, createPrivateKey({ key: jwk, format: 'jwk' })))
      assert.deepEqual(ed25519PublicKey(bytes(jwk.d)), key.bytes)
      assert.deepEqual(signEd25519(bytes(jwk.d), message), signature)
      assert.equal(verifyEd25519(key, message, signature), true)
      const wrong = signature.with(at, (signature[at] ?? 0) ^ 1)
      assert.equal(verifyEd25519(key, message, wrong), false)
      assert.equal(verifyEd25519(key, Uint8Array.of(...message, 0), signature), false)
    }),
    { numRuns: 10 },
  )
})

test('a signature of another length and a key that is no point verify nothing', () => {
  const key: EdwardsKey = { kind: 'ed', bytes: new Uint8Array(32).fill(2) }
  assert.equal(verifyEd25519(key, new Uint8Array(), new Uint8Array(63)), false)
  assert.equal(verifyEd25519(key, new Uint8Array(), new Uint8Array(64)), false)
})
