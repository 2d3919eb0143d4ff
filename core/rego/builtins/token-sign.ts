import { base64, concatBytes, utf8 } from '../../proof/bytes.ts'
import { parseJson } from '../../proof/json.ts'
import { RunproofError } from '../../model/errors.ts'
import { MAX_DEPTH } from '../limits.ts'
import type { Run } from '../machine.ts'
import { isObject, lookup, type Value } from '../value.ts'
import { any, BuiltinError, type BuiltinFunction, string, Unsupported } from './builtin.ts'
import { type Hash, hmac } from './digests.ts'
import { ed25519PublicKey, signEd25519 } from './edwards.ts'
import { jsonText } from './json-text.ts'
import { ALGORITHMS, bytesIn, checkedRsa, jwksIn, numberIn, textOf } from './public-keys.ts'
import { signPkcs1 } from './rsa.ts'
import { hashes } from './token-algorithms.ts'

/** A token from a header, claims and a key, each as a value. */
export const encodeSign: BuiltinFunction = (operands, run) => {
  const [header, payload, key] = [0, 1, 2].map((position) => jsonText(any(operands, position)))
  return token(header ?? '', payload ?? '', key ?? '', run)
}

/** The same from three texts, which are signed as they are. */
export const encodeSignRaw: BuiltinFunction = (operands, run) =>
  token(string(operands, 0), string(operands, 1), string(operands, 2), run)

function token(header: string, payload: string, keys: string, run: Run): string {
  run.spend(header.length + payload.length + keys.length)
  const [jwk] = jwksIn(keys)
  if (jwk === undefined) throw new BuiltinError('no keys found in JWK set')
  const sign = signer(jwk)
  const { alg, typ } = announced(header)
  if ((typ === null || typ === 'JWT') && !isJson(payload)) throw new BuiltinError('type is JWT but payload is not JSON')
  const text = `${base64Url(utf8(header))}.${base64Url(utf8(payload))}`
  run.spend(SIGN_STEPS + text.length)
  return `${text}.${base64Url(sign(alg, utf8(text)))}`
}
const SIGN_STEPS = 1_000_000

function base64Url(bytes: Uint8Array): string {
  return base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** What the header says of itself. OPA reads it with a lax parser: what only such a one takes for JSON is refused. */
function announced(header: string): { readonly alg: string; readonly typ: string | null } {
  let value: Value
  try {
    value = parseJson(header, { maxDepth: MAX_DEPTH })
  } catch (cause) {
    if (!(cause instanceof RunproofError)) throw cause
    if (isLaxObject(header)) throw new Unsupported('a JWT header that is not strict JSON', { cause })
    throw new BuiltinError(`missing or invalid 'alg' header: ${cause.message}`, { cause })
  }
  const [alg, typ] = ['alg', 'typ'].map((name) => (isObject(value) ? lookup(value, name) : undefined))
  if (typeof alg !== 'string') throw new BuiltinError("missing or invalid 'alg' header")
  if (!ALGORITHMS.test(alg)) throw new BuiltinError(`unknown JWS algorithm: ${alg}`)
  return { alg, typ: typeof typ === 'string' ? typ : null }
}

/** Whether it would be a JSON object if any text, number and literal were right. */
function isLaxObject(text: string): boolean {
  const bare = text.replaceAll(/"(?:[^"\\]|\\.)*"/gs, '""').replaceAll(/(?:[-+0-9.]|[eE](?=[-+0-9]))+|nan|inf/gi, '0')
  return bare.trimStart().startsWith('{') && isJson(bare.replaceAll(/""(?=\s*:)/g, () => '""'))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

type Sign = (alg: string, message: Uint8Array) => Uint8Array

/** @throws BuiltinError for a key that OPA does not sign with, Unsupported for one that it signs with by chance. */
function signer(jwk: Value): Sign {
  const [kind, alg] = [textOf(jwk, 'kty'), textOf(jwk, 'alg', '')]
  if (alg !== '' && !ALGORITHMS.test(alg)) throw new Unsupported(`a JWK for the algorithm ${alg}`)
  if (kind === 'oct') return withSecret(bytesIn(jwk, 'k'))
  if (kind === 'RSA' && isPrivate(jwk)) return withRsa(jwk)
  if (kind === 'OKP' && isPrivate(jwk) && textOf(jwk, 'crv', '') === 'Ed25519') return withEd25519(jwk)
  throw new Unsupported('signing with a key that is neither oct nor private and RSA or Ed25519')
}

function isPrivate(jwk: Value): boolean {
  return lookup(jwk, 'd') !== undefined
}

function withSecret(secret: Uint8Array): Sign {
  return (alg, message) => hmac(hashFor('HS', alg), secret, message)
}

/** The parts must fit: Go refuses a key that contradicts itself, in more ways than are checked here. */
function withRsa(jwk: Value): Sign {
  const { modulus, exponent } = checkedRsa(numberIn(jwk, 'n'), numberIn(jwk, 'e'))
  const [d, p, q] = [numberIn(jwk, 'd'), numberIn(jwk, 'p'), numberIn(jwk, 'q')]
  const fits = p * q === modulus && [p, q].every((prime) => prime > 2n && (exponent * d) % (prime - 1n) === 1n)
  if (!fits || !isReduced(jwk, d, p, q)) throw new Unsupported('an RSA key whose parts do not fit')
  return (alg, message) => signPkcs1(modulus, d, hashFor('RS', alg), message)
}

/** What only makes signing faster may be missing. */
function isReduced(jwk: Value, d: bigint, p: bigint, q: bigint): boolean {
  const wanted: readonly (readonly [string, (given: bigint) => boolean])[] = [
    ['dp', (given) => given === d % (p - 1n)],
    ['dq', (given) => given === d % (q - 1n)],
    ['qi', (given) => given < p && (given * q) % p === 1n],
  ]
  return wanted.every(([name, isRight]) => textOf(jwk, name, '') === '' || isRight(numberIn(jwk, name)))
}

function withEd25519(jwk: Value): Sign {
  const [seed, given] = [bytesIn(jwk, 'd'), bytesIn(jwk, 'x')]
  if (seed.length !== 32) throw new BuiltinError('an Ed25519 key of another length')
  if (!ed25519PublicKey(seed).every((byte, i) => byte === given[i])) throw new BuiltinError('invalid x value given d value')
  return (alg, message) => {
    hashFor('Ed', alg)
    return signEd25519(seed, concatBytes(message))
  }
}

/** ES and PS signatures hold a random number: OPA itself gives another answer each time. */
function hashFor(family: string, alg: string): Hash {
  const hash = hashes.find(([size]) => alg.endsWith(size))?.[1] ?? hashes[2]?.[1]
  if (alg.startsWith('PS') && family === 'RS') throw new Unsupported('a PS signature, which holds a random number')
  // OPA takes a private Ed25519 key for a secret, too.
  if (family === 'Ed' && alg.startsWith('HS')) throw new Unsupported('an HS signature by an Ed25519 key')
  if (!alg.startsWith(family) || !hash) throw new BuiltinError(`the key does not sign with ${alg}`)
  return hash
}
