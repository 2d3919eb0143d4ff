import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { concatBytes, fromHex, utf8 } from './bytes.ts'
import {
  derToP1363,
  ed25519FromSpki,
  ed25519Spki,
  keyHint,
  p1363ToDer,
  pemFromSpki,
  spkiFromPem,
  verifyEcdsaP256,
  verifyEd25519,
} from './ecdsa.ts'
import { digestHex, makeSigner } from './fixtures.test.ts'

const data = utf8('what was signed')
const signer = makeSigner()
const der = new Uint8Array(sign('sha256', data, signer.privateKey))

test('an ECDSA signature of Node verifies; other data, key or signature does not', async () => {
  assert.equal(await verifyEcdsaP256(signer.spki, data, der), true)
  assert.equal(await verifyEcdsaP256(signer.spki, utf8('something else'), der), false)
  assert.equal(await verifyEcdsaP256(makeSigner().spki, data, der), false)
  assert.equal(await verifyEcdsaP256(signer.spki, data, new Uint8Array(sign('sha256', utf8('x'), signer.privateKey))), false)
})

test('malformed DER is false, not an exception', async () => {
  const raw = derToP1363(der)
  assert.ok(raw)
  for (const bad of [new Uint8Array(), raw, der.slice(0, -1), concatBytes(der, Uint8Array.of(0)), Uint8Array.of(0x30, 0)]) {
    assert.equal(await verifyEcdsaP256(signer.spki, data, bad), false)
  }
})

test('r = s = 0 never verifies', async () => {
  assert.equal(await verifyEcdsaP256(signer.spki, data, p1363ToDer(new Uint8Array(64))), false)
})

test('a key that is no P-256 key in its usual spelling is a mistake, not a false signature', async () => {
  const p384 = new Uint8Array(
    generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ type: 'spki', format: 'der' }),
  )
  const offCurve = signer.spki.with(80, (signer.spki[80] ?? 0) ^ 1)
  // The same key with its point compressed: as good a key, but with another digest and so another name.
  const y = signer.spki.at(-1) ?? 0
  const compressed = concatBytes(
    fromHex('3039301306072a8648ce3d020106082a8648ce3d030107032200'),
    Uint8Array.of(2 + (y & 1)),
    signer.spki.subarray(27, 59),
  )
  assert.deepEqual(
    new Uint8Array(
      createPublicKey({ key: Buffer.from(compressed), format: 'der', type: 'spki' }).export({ type: 'spki', format: 'der' }),
    ),
    compressed,
  )
  for (const key of [p384, compressed, offCurve, signer.spki.slice(0, -1), new Uint8Array()]) {
    await assert.rejects(verifyEcdsaP256(key, data, der), { code: 'key.malformed' })
  }
})

test('DER and r‖s convert into each other for all scalars', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.nat(32), fc.nat(32), (bytes, zerosR, zerosS) => {
      const raw = bytes
        .slice()
        .fill(0, 0, zerosR)
        .fill(0, 32, 32 + zerosS)
      assert.deepEqual(derToP1363(p1363ToDer(raw)), raw)
    }),
  )
  assert.throws(() => p1363ToDer(new Uint8Array(63)), { code: 'signature.invalid' })
})

test('DER in any other spelling is refused', () => {
  assert.deepEqual(
    derToP1363(fromHex('3006020101020102'))?.filter((byte) => byte !== 0),
    Uint8Array.of(1, 2),
  )
  const spellings = {
    'needless zero': '300702020001020102',
    negative: '3006020181020102',
    'empty integer': '30050200020102',
    'long form of a length': '308106020101020102',
    'wrong outer length': '3007020101020102',
    'third integer': '3009020101020102020103',
    'another tag': '3106020101020102',
    'not an integer': '3006030101020102',
    '33 bytes without a sign': `302602210${'1'.repeat(65)}020101`,
    'inner length beyond the end': '3006020101020202',
  }
  for (const [why, text] of Object.entries(spellings)) assert.equal(derToP1363(fromHex(text)), null, why)
})

test('an Ed25519 signature of Node verifies; other data, signature or key does not', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const key = ed25519FromSpki(spki)
  assert.deepEqual(ed25519Spki(key), spki)
  const signature = new Uint8Array(sign(null, data, privateKey))
  assert.equal(await verifyEd25519(key, data, signature), true)
  assert.equal(await verifyEd25519(key, utf8('x'), signature), false)
  assert.equal(await verifyEd25519(key, data, signature.slice(1)), false)
  assert.equal(
    await verifyEd25519(
      key.map((byte) => byte ^ 1),
      data,
      signature,
    ).catch(() => false),
    false,
  )
  await assert.rejects(verifyEd25519(spki, data, signature), { code: 'key.malformed' })
  assert.throws(() => ed25519FromSpki(signer.spki), { code: 'key.malformed' })
  assert.throws(() => ed25519Spki(new Uint8Array(31)), { code: 'key.malformed' })
})

test('PEM is written as openssl writes it and read back', () => {
  const pem = pemFromSpki(signer.spki)
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  assert.deepEqual(spkiFromPem(pem), signer.spki)
  assert.equal(
    pemFromSpki(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))),
    publicKey.export({ type: 'spki', format: 'pem' }),
  )
  const bad = [
    '',
    'hello',
    pem + '\n'.repeat(8192),
    pem.replace('PUBLIC', 'PRIVATE'),
    pem + pem,
    `# comment\n${pem}`,
    pem.replace(/.\n-----END/, '\n-----END'),
  ]
  for (const text of bad) assert.throws(() => spkiFromPem(text), { code: 'key.malformed' })
})

test('a key hint is base64 of the SHA-256 of the key', () => {
  assert.equal(keyHint(signer.spki), Buffer.from(digestHex(signer.spki), 'hex').toString('base64'))
})
