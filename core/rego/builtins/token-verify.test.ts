import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import type { JsonValue } from '../../proof/jcs.ts'
import { Run } from '../machine.ts'
import type { Value } from '../value.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { encodeSign, encodeSignRaw } from './token-sign.ts'
import { decodeVerify } from './token-verify.ts'

const run = (): Run => new Run(100_000_000)
const judged = (token: string, constraints: JsonValue): Value | undefined => decodeVerify([token, constraints], run())
const UNVERIFIED = [false, {}, {}]

function token(header: object, claims: object): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${createHmac('sha256', 'secret').update(text).digest('base64url')}`
}

test('a token of the secret’s that meets all constraints is told with its header and claims', () => {
  const claims = { iss: 'me', aud: ['a', 'b'], nbf: 1000, exp: 2000 }
  const good = token({ alg: 'HS256' }, claims)
  const constraints = { secret: 'secret', iss: 'me', aud: 'b', alg: 'HS256', time: 1500e9 }
  assert.deepEqual(judged(good, constraints), [true, { alg: 'HS256' }, claims])
  for (const other of [{ iss: 'you' }, { aud: 'c' }, { alg: 'HS512' }, { time: 2000e9 }, { time: 999e9 }, { secret: 'other' }]) {
    assert.deepEqual(judged(good, { ...constraints, ...other }), UNVERIFIED, JSON.stringify(other))
  }
})

test('without a time a claim about time is refused, as there is no clock, and nothing else is', () => {
  assert.throws(() => judged(token({ alg: 'HS256' }, { exp: 3000 }), { secret: 'secret' }), Unsupported)
  assert.deepEqual(judged(token({ alg: 'HS256' }, { iss: 'x' }), { secret: 'secret' }), [true, { alg: 'HS256' }, { iss: 'x' }])
  assert.deepEqual(judged(token({ alg: 'HS256' }, { exp: 3000 }), { secret: 'wrong' }), UNVERIFIED)
})

test('no algorithm, none at all and a critical parameter that nobody knows are unverified', () => {
  for (const header of [{}, { alg: 'none' }, { alg: 'HS256', crit: ['b64'], b64: false }]) {
    assert.deepEqual(judged(token(header, {}), { secret: 'secret' }), UNVERIFIED)
  }
})

test('constraints that are none, and tokens that are none, are errors', () => {
  const good = token({ alg: 'HS256' }, {})
  for (const constraints of [
    {},
    { secret: 's', other: 1 },
    { secret: 5 },
    { secret: 's', time: -1 },
    { secret: 's', time: 'x' },
  ]) {
    assert.throws(() => judged(good, constraints), BuiltinError, JSON.stringify(constraints))
  }
  for (const bad of ['', 'a.b', 'a.b.c.d', 'eyJhbGciOiJIUzI1NiJ9.e30.!', 'W10.e30.'])
    assert.throws(() => judged(bad, { secret: 's' }), BuiltinError, bad)
})

test('a signature is only of the salt and length that the algorithm has', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const cert = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  const text = `${Buffer.from('{"alg":"PS256"}').toString('base64url')}.e30`
  const made = (saltLength: number): string =>
    `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, padding: 6, saltLength }).toString('base64url')}`
  assert.deepEqual(judged(made(32), { cert }), [true, { alg: 'PS256' }, {}])
  assert.deepEqual(judged(made(20), { cert }), UNVERIFIED)
})

test('what is signed here is verified here, and what would take a random number is refused', () => {
  const edwards = generateKeyPairSync('ed25519')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  for (const [alg, { publicKey, privateKey }] of [
    ['EdDSA', edwards],
    ['RS384', rsa],
  ] as const) {
    const jwk = privateKey.export({ format: 'jwk' }) as Value
    const made = encodeSign([{ alg }, { a: 1 }, jwk], run())
    const cert = JSON.stringify(publicKey.export({ format: 'jwk' }))
    assert.deepEqual(judged(typeof made === 'string' ? made : '', { cert }), [true, { alg }, { a: 1 }])
    assert.throws(() => encodeSign([{ alg: 'HS256' }, {}, jwk], run()), alg === 'EdDSA' ? Unsupported : BuiltinError)
  }
  assert.throws(() => encodeSign([{ alg: 'PS256' }, {}, rsa.privateKey.export({ format: 'jwk' }) as Value], run()), Unsupported)
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  assert.throws(() => encodeSign([{ alg: 'ES256' }, {}, curve as Value], run()), Unsupported)
})

test('a header without an algorithm and a payload that is no JSON are errors, a lax header is refused', () => {
  const key = '{"kty":"oct","k":"c2VjcmV0"}'
  for (const header of ['', 'e', '{}', '{"alg":5}', '{"alg":"none"}']) {
    assert.throws(() => encodeSignRaw([header, '{}', key], run()), BuiltinError, header)
  }
  assert.throws(() => encodeSignRaw(['{"alg":"HS256"}', 'no JSON', key], run()), BuiltinError)
  assert.throws(() => encodeSignRaw(['{"alg":"HS256","n":01}', '{}', key], run()), Unsupported)
})
