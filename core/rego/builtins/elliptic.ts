import type { Hash } from './digests.ts'
import { bitLength, toBigInt } from './rsa.ts'

/** y² = x³ - 3x + b over a prime field; the base point generates `order` points. */
export type Curve = Readonly<Record<'prime' | 'b' | 'order' | 'x' | 'y', bigint>>
export type EcKey = { readonly kind: 'ec'; readonly curve: Curve; readonly x: bigint; readonly y: bigint }

/** FIPS 186-5 §6.4.2; r and s are the halves of the signature. */
export function verifyEcdsa({ curve, x, y }: EcKey, hash: Hash, message: Uint8Array, signature: Uint8Array): boolean {
  const half = Math.floor(signature.length / 2)
  const [r, s] = [toBigInt(signature.subarray(0, half)), toBigInt(signature.subarray(half))]
  if (r <= 0n || s <= 0n || r >= curve.order || s >= curve.order) return false
  const digest = hash.digest(message)
  const excess = Math.max(0, 8 * digest.length - bitLength(curve.order))
  const z = toBigInt(digest) >> BigInt(excess)
  const w = inverse(s, curve.order)
  const point = sum(
    curve,
    multiple(curve, { x: curve.x, y: curve.y }, (z * w) % curve.order),
    multiple(curve, { x, y }, (r * w) % curve.order),
  )
  return point !== null && point.x % curve.order === r
}

export function isOnCurve({ curve: { prime, b }, x, y }: EcKey): boolean {
  return x >= 0n && y >= 0n && x < prime && y < prime && modulo(y * y - (x * x * x - 3n * x + b), prime) === 0n
}

/** Null is the point at infinity. */
type Point = { readonly x: bigint; readonly y: bigint } | null

function multiple(curve: Curve, point: Point, times: bigint): Point {
  let [result, doubled]: [Point, Point] = [null, point]
  for (let rest = times; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = sum(curve, result, doubled)
    doubled = sum(curve, doubled, doubled)
  }
  return result
}

function sum({ prime }: Curve, a: Point, b: Point): Point {
  if (a === null || b === null) return a ?? b
  if (a.x === b.x && modulo(a.y + b.y, prime) === 0n) return null
  const slope =
    a.x === b.x ? (3n * a.x * a.x - 3n) * inverse(2n * a.y, prime) : (b.y - a.y) * inverse(modulo(b.x - a.x, prime), prime)
  const x = modulo(slope * slope - a.x - b.x, prime)
  return { x, y: modulo(slope * (a.x - x) - a.y, prime) }
}

export function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, u, v] = [modulo(value, modulus), modulus, 1n, 0n]
  while (a !== 0n) {
    const quotient = b / a
    ;[a, b, u, v] = [b - quotient * a, a, v - quotient * u, u]
  }
  return modulo(v, modulus)
}

export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

/** FIPS 186-4 D.1.2. */
export const curves: ReadonlyMap<string, Curve> = new Map([
  [
    'P-256',
    {
      prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
      b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
      order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
      x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    },
  ],
  [
    'P-384',
    {
      prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
      b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
      order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
      x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
    },
  ],
  [
    'P-521',
    {
      prime: 2n ** 521n - 1n,
      b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
      order:
        0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
      x: 0x00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
      y: 0x011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
    },
  ],
])
