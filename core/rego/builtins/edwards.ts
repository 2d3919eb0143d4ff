import { concatBytes } from '../../proof/bytes.ts'
import { modulo } from './elliptic.ts'
import { power, toBigInt, toBytes } from './rsa.ts'
import { sha512 } from './sha512.ts'

/** An Ed25519 public key: 32 bytes. */
export type EdwardsKey = { readonly kind: 'ed'; readonly bytes: Uint8Array }
export const ED25519_BYTES = 32

/**
 * RFC 8032 §5.1.7 without the cofactor, as Go verifies it: R is compared as bytes, s must be below the order, and a key may spell its
 * coordinate in a way that is not the shortest.
 */
export function verifyEd25519(key: EdwardsKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 2 * ED25519_BYTES) return false
  const point = decodePoint(key.bytes)
  const [r, s] = [signature.subarray(0, ED25519_BYTES), littleEndian(signature.subarray(ED25519_BYTES))]
  if (!point || s >= ORDER) return false
  const k = scalarOf(concatBytes(r, key.bytes, message))
  const expected = encodePoint(add(multiply(BASE, s), multiply(negated(point), k)))
  return expected.every((byte, i) => byte === r[i])
}

/** RFC 8032 §5.1.6. The same message and seed always make the same signature. */
export function signEd25519(seed: Uint8Array, message: Uint8Array): Uint8Array {
  const { secret, prefix } = expanded(seed)
  const nonce = scalarOf(concatBytes(prefix, message))
  const r = encodePoint(multiply(BASE, nonce))
  const k = scalarOf(concatBytes(r, encodePoint(multiply(BASE, secret)), message))
  return concatBytes(r, toBytes((nonce + k * secret) % ORDER, ED25519_BYTES).reverse())
}

/** The public key of a seed. */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  return encodePoint(multiply(BASE, expanded(seed).secret))
}

function expanded(seed: Uint8Array): { readonly secret: bigint; readonly prefix: Uint8Array } {
  const digest = sha512(seed, false)
  const secret = digest.slice(0, ED25519_BYTES)
  secret[0] = (secret[0] ?? 0) & 0xf8
  secret[31] = ((secret[31] ?? 0) & 0x7f) | 0x40
  return { secret: littleEndian(secret), prefix: digest.subarray(ED25519_BYTES) }
}

/** x = X/Z, y = Y/Z, xy = T/Z. */
type Point = { readonly x: bigint; readonly y: bigint; readonly z: bigint; readonly t: bigint }

const PRIME = 2n ** 255n - 19n
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const D = modulo(-121665n * power(121666n, PRIME - 2n, PRIME), PRIME)
const ROOT_OF_MINUS_ONE = power(2n, (PRIME - 1n) / 4n, PRIME)
const NEUTRAL: Point = { x: 0n, y: 1n, z: 1n, t: 0n }
const BASE = affine(
  15112221349535400772501151409588531511454012693041857206046113283949847762202n,
  46316835694926478169428394003475163141307993866256225615783033603165251855960n,
)

function affine(x: bigint, y: bigint): Point {
  return { x, y, z: 1n, t: (x * y) % PRIME }
}

function negated({ x, y, z, t }: Point): Point {
  return { x: modulo(-x, PRIME), y, z, t: modulo(-t, PRIME) }
}

/** RFC 8032 §5.1.4: complete, so that it also doubles. */
function add(p: Point, q: Point): Point {
  const a = ((p.y - p.x) * (q.y - q.x)) % PRIME
  const b = ((p.y + p.x) * (q.y + q.x)) % PRIME
  const c = (2n * D * p.t * q.t) % PRIME
  const d = (2n * p.z * q.z) % PRIME
  const [e, f, g, h] = [b - a, d - c, d + c, b + a]
  return { x: modulo(e * f, PRIME), y: modulo(g * h, PRIME), z: modulo(f * g, PRIME), t: modulo(e * h, PRIME) }
}

function multiply(point: Point, times: bigint): Point {
  let [result, doubled] = [NEUTRAL, point]
  for (let rest = times; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = add(result, doubled)
    doubled = add(doubled, doubled)
  }
  return result
}

function encodePoint({ x, y, z }: Point): Uint8Array {
  const inverse = power(z, PRIME - 2n, PRIME)
  const bytes = toBytes((y * inverse) % PRIME, ED25519_BYTES).reverse()
  bytes[31] = (bytes[31] ?? 0) | (Number(((x * inverse) % PRIME) & 1n) << 7)
  return bytes
}

/** Null where no point has this y. */
function decodePoint(bytes: Uint8Array): Point | null {
  const sign = BigInt((bytes[31] ?? 0) >> 7)
  const y = (littleEndian(bytes) & ((1n << 255n) - 1n)) % PRIME
  const square = (modulo(y * y - 1n, PRIME) * power(D * y * y + 1n, PRIME - 2n, PRIME)) % PRIME
  let x = power(square, (PRIME + 3n) / 8n, PRIME)
  if ((x * x) % PRIME !== square) x = (x * ROOT_OF_MINUS_ONE) % PRIME
  if ((x * x) % PRIME !== square) return null
  return affine((x & 1n) === sign ? x : modulo(-x, PRIME), y)
}

function scalarOf(bytes: Uint8Array): bigint {
  return littleEndian(sha512(bytes, false)) % ORDER
}

function littleEndian(bytes: Uint8Array): bigint {
  return toBigInt(bytes.slice().reverse())
}
