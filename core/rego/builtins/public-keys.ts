import { parseJson } from '../../proof/json.ts'
import { fromBase64, hex } from '../../proof/bytes.ts'
import { RunproofError } from '../../model/errors.ts'
import { isArray, isObject, lookup, type Value } from '../value.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { BIT_STRING, childrenOf, type Element, elementsOf, integerIn, MalformedDer, OID, SEQUENCE } from './der.ts'
import { ED25519_BYTES, type EdwardsKey } from './edwards.ts'
import { curves, type EcKey, isOnCurve } from './elliptic.ts'
import { pemBlocks } from './pem.ts'
import { bitLength, type RsaKey, toBigInt } from './rsa.ts'

/** A key that only its owner and the reader know. */
export type SecretKey = { readonly kind: 'secret'; readonly bytes: Uint8Array }
export type PublicKey = RsaKey | EcKey | EdwardsKey | SecretKey
/** What a set of keys says about each: empty where it says nothing. */
export type NamedKey = { readonly alg: string; readonly kid: string; readonly key: PublicKey }

/** Keys from a PEM certificate or public key, or from a JWK or a set of them. @throws BuiltinError */
export function publicKeys(text: string): readonly NamedKey[] {
  return text.includes('-----BEGIN ') ? [{ alg: '', kid: '', key: pemKey(text) }] : jwkKeys(text)
}

function pemKey(text: string): PublicKey {
  const [block] = pemBlocks(text)
  if (block?.label !== 'CERTIFICATE' && block?.label !== 'PUBLIC KEY')
    throw new BuiltinError('failed to extract a Key from the PEM certificate')
  if (block.end < text.length) throw new BuiltinError('extra data after a PEM certificate block')
  try {
    return spkiKey(block.label === 'CERTIFICATE' ? certified(block.bytes) : childrenOf(block.bytes))
  } catch (cause) {
    throw cause instanceof MalformedDer ? new BuiltinError(`failed to parse PEM: ${cause.message}`, { cause }) : cause
  }
}

/** X.509 §4.1: the serial number to the subject, after an optional version, come before the key. */
function certified(der: Uint8Array): readonly Element[] {
  const [body, algorithm, signature, more] = childrenOf(der)
  if (!body || !algorithm || !signature || more || signature.tag !== BIT_STRING) throw new MalformedDer('not a certificate')
  const fields = elementsOf(body.content)
  const key = fields[fields[0]?.tag === 0xa0 ? 6 : 5]
  if (key?.tag !== SEQUENCE) throw new MalformedDer('a certificate without a key')
  return elementsOf(key.content)
}

/** The key of a SubjectPublicKeyInfo: its algorithm and its bits. @throws MalformedDer, BuiltinError, Unsupported */
export function spkiKey([algorithm, bits]: readonly Element[]): RsaKey | EcKey | EdwardsKey {
  if (algorithm?.tag !== SEQUENCE || bits?.tag !== BIT_STRING || bits.content[0] !== 0) throw new MalformedDer('not a public key')
  const named = elementsOf(algorithm.content)
  if (named[0]?.tag !== OID) throw new MalformedDer('an algorithm without a name')
  const [kind = '', parameters = ''] = named.map(({ content }) => hex(content))
  const material = bits.content.subarray(1)
  if (kind === OID_RSA) {
    const [modulus, exponent] = childrenOf(material)
    return checkedRsa(integerIn(modulus), integerIn(exponent))
  }
  if (kind === OID_ED25519) {
    if (material.length !== ED25519_BYTES) throw new MalformedDer('an Ed25519 key of another length')
    return { kind: 'ed', bytes: material }
  }
  if (kind === OID_EC && named[1]?.tag !== OID) throw new MalformedDer('a curve without a name')
  const name = kind === OID_EC ? curveNames.get(parameters) : undefined
  const curve = curves.get(name ?? '')
  if (!curve) throw new Unsupported('a public key that is neither RSA nor Ed25519 nor on P-256, P-384 or P-521')
  const half = (material.length - 1) / 2
  if (material[0] !== 4) throw new MalformedDer('a compressed point')
  return checkedEc({ kind: 'ec', curve, x: toBigInt(material.subarray(1, 1 + half)), y: toBigInt(material.subarray(1 + half)) })
}

export const OID_RSA = '2a864886f70d010101'
export const OID_EC = '2a8648ce3d0201'
export const OID_ED25519 = '2b6570'
export const curveNames = new Map([
  ['2a8648ce3d030107', 'P-256'],
  ['2b81040022', 'P-384'],
  ['2b81040023', 'P-521'],
])

/** Go refuses smaller keys; larger ones only cost time. */
const [LEAST_BITS, MOST_BITS] = [1024, 8192]

/** @throws BuiltinError, Unsupported for a key that is too short to be used or too long to be computed with. */
export function checkedRsa(modulus: bigint, exponent: bigint): RsaKey {
  const bits = bitLength(modulus < 0n ? 0n : modulus)
  if (bits < LEAST_BITS || bits > MOST_BITS) throw new Unsupported(`an RSA key of ${bits} bits`)
  if (exponent < 2n || exponent >= 1n << 31n || (exponent & 1n) === 0n) throw new BuiltinError('an RSA key with a bad exponent')
  return { kind: 'rsa', modulus, exponent }
}

function checkedEc(key: EcKey): EcKey {
  if (!isOnCurve(key)) throw new BuiltinError('the public key is no point of its curve')
  return key
}

function jwkKeys(text: string): readonly NamedKey[] {
  return jwksIn(text).flatMap((jwk): readonly NamedKey[] => {
    const [alg, kid] = [textOf(jwk, 'alg', ''), textOf(jwk, 'kid', '')]
    const key = jwkKey(jwk)
    if (alg === '' || ALGORITHMS.test(alg)) return [{ alg, kid, key }]
    // A key for encryption is passed over; a name that nobody knows is an error in OPA.
    if (!ENCRYPTION.test(alg)) throw new Unsupported(`a JWK for the algorithm ${alg}`)
    return []
  })
}

/** The keys of a set, or the one key. @throws BuiltinError */
export function jwksIn(text: string): readonly Value[] {
  const set = attempt(() => parseJson(text))
  const listed = isObject(set) ? lookup(set, 'keys') : undefined
  return isArray(listed) ? listed : [set]
}

/** RFC 7518 §3.1 and RFC 8037. */
export const ALGORITHMS = /^(?:[REPH]S(?:256|384|512)|EdDSA)$/
const ENCRYPTION = /^(?:RSA1_5|RSA-OAEP(?:-256|-384|-512)?|ECDH-ES(?:\+A(?:128|192|256)KW)?|A(?:128|192|256)(?:GCM)?KW|dir)$/

function jwkKey(jwk: Value): PublicKey {
  const kind = textOf(jwk, 'kty')
  if (lookup(jwk, 'd') !== undefined) throw new Unsupported('a JWK with a private key')
  if (kind === 'RSA') return checkedRsa(numberIn(jwk, 'n'), numberIn(jwk, 'e'))
  if (kind === 'oct') return { kind: 'secret', bytes: bytesIn(jwk, 'k') }
  const name = kind === 'EC' || kind === 'OKP' ? textOf(jwk, 'crv') : ''
  if (kind === 'OKP' && name === 'Ed25519') return edwardsKey(bytesIn(jwk, 'x'))
  const curve = kind === 'EC' ? curves.get(name) : undefined
  if (!curve) {
    if (!/^(?:EC|OKP|AKP)$/.test(kind)) throw new BuiltinError('failed to parse a JWK key (set): unknown kty')
    throw new Unsupported('a JWK that is neither RSA nor Ed25519 nor on P-256, P-384 or P-521')
  }
  return checkedEc({ kind: 'ec', curve, x: numberIn(jwk, 'x'), y: numberIn(jwk, 'y') })
}

function edwardsKey(bytes: Uint8Array): EdwardsKey {
  if (bytes.length !== ED25519_BYTES) throw new BuiltinError('failed to parse a JWK key (set): an Ed25519 key of another length')
  return { kind: 'ed', bytes }
}

/** The whole number of a member. @throws BuiltinError */
export function numberIn(jwk: Value, name: string): bigint {
  return toBigInt(bytesIn(jwk, name))
}

/** The bytes of a member. @throws BuiltinError where it is missing, empty or not base64. */
export function bytesIn(jwk: Value, name: string): Uint8Array {
  const text = textOf(jwk, name)
  const read = attempt(() => fromBase64(text.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat((4 - (text.length % 4)) % 4)))
  if (read.length === 0) throw new BuiltinError(`failed to parse a JWK key (set): an empty ${name}`)
  return read
}

/** @throws BuiltinError where it is missing, unless `otherwise` is given, or no text. */
export function textOf(jwk: Value, name: string, otherwise?: string): string {
  const value = isObject(jwk) ? (lookup(jwk, name) ?? otherwise) : undefined
  if (typeof value !== 'string') throw new BuiltinError('failed to parse a JWK key (set)')
  return value
}

function attempt<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw cause instanceof RunproofError
      ? new BuiltinError(`failed to parse a JWK key (set): ${cause.message}`, { cause })
      : cause
  }
}
