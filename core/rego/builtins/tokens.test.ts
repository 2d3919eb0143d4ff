import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import { Run } from '../machine.ts'
import type { Value } from '../value.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { builtins } from './registry.ts'

function verified(alg: string, token: string, key: string): Value | undefined {
  return builtins.get(`io.jwt.verify_${alg.toLowerCase()}`)?.apply([token, key], new Run(100_000_000))
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }
const pairs = new Map<string, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>([
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg): [string, typeof rsa] => [alg, rsa]),
  ...Object.entries(curves).map(([alg, namedCurve]): [string, typeof rsa] => [alg, generateKeyPairSync('ec', { namedCurve })]),
])

function signed(alg: string, header: object, privateKey: KeyObject): string {
  const text = [{ alg, ...header }, { sub: 'a' }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const isPss = alg.startsWith('PS')
  const options = isPss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 } : {}
  const signature = sign(`sha${alg.slice(2)}`, Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363', ...options })
  return `${text}.${signature.toString('base64url')}`
}

function pem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'spki' }).toString()
}

for (const [alg, { publicKey, privateKey }] of pairs) {
  test(`${alg}: what Node signs is verified with the key as PEM and as JWK, and nothing else is`, () => {
    const token = signed(alg, {}, privateKey)
    const jwk = JSON.stringify(publicKey.export({ format: 'jwk' }))
    assert.equal(verified(alg, token, pem(publicKey)), true)
    assert.equal(verified(alg, token, jwk), true)
    const [header = '', , signature = ''] = token.split('.')
    assert.equal(verified(alg, [header, Buffer.from('{"sub":"b"}').toString('base64url'), signature].join('.'), jwk), false)
    const another = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    assert.equal(verified(alg, token, pem(another)), false)
    assert.equal(verified(alg, `${token.split('.').slice(0, 2).join('.')}.AAAA`, jwk), false)
  })
}

test('of a set the key that the header names decides, and else a key for its algorithm', () => {
  const { publicKey, privateKey } = pairs.get('ES256') ?? assert.fail()
  const right = { ...publicKey.export({ format: 'jwk' }), kid: 'right' }
  const wrong = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), kid: 'wrong' }
  const keys = JSON.stringify({ keys: [wrong, right] })
  assert.equal(verified('ES256', signed('ES256', { kid: 'right' }, privateKey), keys), true)
  assert.equal(verified('ES256', signed('ES256', { kid: 'wrong' }, privateKey), keys), false)
  assert.equal(verified('ES256', signed('ES256', {}, privateKey), keys), true)
  assert.equal(verified('ES256', signed('ES256', {}, privateKey), JSON.stringify({ ...right, alg: 'ES384' })), false)
})

test('EdDSA: what Node signs is verified with the key as PEM and as JWK, and with another algorithm it is not', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const text = `${Buffer.from('{"alg":"EdDSA"}').toString('base64url')}.e30`
  const token = `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`
  for (const key of [pem(publicKey), JSON.stringify(publicKey.export({ format: 'jwk' }))]) {
    assert.equal(verified('EdDSA', token, key), true)
    assert.equal(verified('EdDSA', `${token.slice(0, -8)}AAAAAAAA`, key), false)
    assert.equal(verified('RS256', token, key), false)
  }
})

test('keys that are none are refused, and those that we do not know say so', () => {
  const token = signed('RS256', {}, rsa.privateKey)
  const junk = [
    '',
    '{}',
    '[]',
    '{"kty":"RSA"}',
    '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
    `${pem(rsa.publicKey)}x`,
  ]
  for (const key of junk) assert.throws(() => verified('RS256', token, key), BuiltinError, key)
  const small = generateKeyPairSync('rsa', { modulusLength: 512 }).publicKey
  const goldilocks = generateKeyPairSync('ed448').publicKey
  for (const key of [small, goldilocks]) assert.throws(() => verified('RS256', token, pem(key)), Unsupported)
  const offCurve = { ...pairs.get('ES256')?.publicKey.export({ format: 'jwk' }), x: 'AQ' }
  assert.throws(() => verified('ES256', token, JSON.stringify(offCurve)), BuiltinError)
})
