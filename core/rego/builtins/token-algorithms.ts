import { hex, utf8 } from '../../proof/bytes.ts'
import { type Hash, hmac, SHA256, SHA384, SHA512 } from './digests.ts'
import { verifyEcdsa } from './elliptic.ts'
import { verifyEd25519 } from './edwards.ts'
import type { PublicKey } from './public-keys.ts'
import { byteLength, verifyPkcs1, verifyPss } from './rsa.ts'

/** Whether the signature is one of this key over the message. A key of another kind verifies nothing. */
export type Verify = (key: PublicKey, hash: Hash, message: Uint8Array, signature: Uint8Array) => boolean
/** RFC 7518 §3.1: `steps`: about as much as other steps take time. */
export type Algorithm = { readonly hash: Hash; readonly verify: Verify; readonly steps: number }

/** By the digits of the name. */
export const hashes: readonly (readonly [string, Hash])[] = [
  ['256', SHA256],
  ['384', SHA384],
  ['512', SHA512],
]

const [RSA_STEPS, CURVE_STEPS] = [100_000, 1_000_000]

const pkcs1: Verify = (key, hash, message, signature) => key.kind === 'rsa' && verifyPkcs1(key, hash, message, signature)
const pssOfAnySalt: Verify = (key, hash, message, signature) => key.kind === 'rsa' && verifyPss(key, hash, message, signature)
const ecdsa: Verify = (key, hash, message, signature) => key.kind === 'ec' && verifyEcdsa(key, hash, message, signature)
const eddsa: Verify = (key, _, message, signature) => key.kind === 'ed' && verifyEd25519(key, message, signature)

/** What `io.jwt.verify_…` takes: any length of salt, and a signature of any length. */
export const loose: ReadonlyMap<string, Algorithm> = algorithms(pssOfAnySalt, ecdsa)

/** What `io.jwt.decode_verify` takes, as RFC 7518 §3.4 and §3.5 say: a salt as long as the digest, halves as long as the coordinates. */
export const strict: ReadonlyMap<string, Algorithm> = algorithms(
  (key, hash, message, signature) => key.kind === 'rsa' && verifyPss(key, hash, message, signature, hash.size),
  (key, hash, message, signature) =>
    key.kind === 'ec' && signature.length === 2 * byteLength(key.curve.prime) && verifyEcdsa(key, hash, message, signature),
)

function algorithms(pss: Verify, es: Verify): ReadonlyMap<string, Algorithm> {
  const families: readonly (readonly [string, Verify, number])[] = [
    ['RS', pkcs1, RSA_STEPS],
    ['PS', pss, RSA_STEPS],
    ['ES', es, CURVE_STEPS],
    ['HS', keyed, 0],
  ]
  const listed = families.flatMap(([family, verify, steps]) =>
    hashes.map(([size, hash]): readonly [string, Algorithm] => [`${family}${size}`, { hash, verify, steps }]),
  )
  return new Map([...listed, ['EdDSA', { hash: SHA512, verify: eddsa, steps: CURVE_STEPS }]])
}

/** For a symmetric key. */
function keyed(key: PublicKey, hash: Hash, message: Uint8Array, signature: Uint8Array): boolean {
  return key.kind === 'secret' && hex(hmac(hash, key.bytes, message)) === hex(signature)
}

export function secretKey(text: string): PublicKey {
  return { kind: 'secret', bytes: utf8(text) }
}
