import { fromBase64, hex } from '../../proof/bytes.ts'
import { parseJson } from '../../proof/json.ts'
import { RunproofError } from '../../model/errors.ts'
import { isArray, isObject, lookup, type Value } from '../value.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { curves, type EcKey, isOnCurve } from './elliptic.ts'
import { bitLength, type RsaKey, toBigInt } from './rsa.ts'

export type PublicKey = RsaKey | EcKey
/** What a set of keys says about each: empty where it says nothing. */
export type NamedKey = { readonly alg: string; readonly kid: string; readonly key: PublicKey }

/** Keys from a PEM certificate or public key, or from a JWK or a set of them. @throws BuiltinError */
export function publicKeys(text: string): readonly NamedKey[] {
  return text.includes('-----BEGIN ') ? [{ alg: '', kid: '', key: pemKey(text) }] : jwkKeys(text)
}

const PEM = /-----BEGIN ([A-Z ]+)-----\r?\n([A-Za-z0-9+/=\r\n]*)-----END \1-----[ \t]*\r?\n?/

function pemKey(text: string): PublicKey {
  const hit = PEM.exec(text)
  if (!hit) throw new BuiltinError('failed to extract a Key from the PEM certificate')
  if (hit.index + hit[0].length < text.length) throw new BuiltinError('extra data after a PEM certificate block')
  const [, label, body = ''] = hit
  if (label !== 'CERTIFICATE' && label !== 'PUBLIC KEY')
    throw new BuiltinError('failed to extract a Key from the PEM certificate')
  const der = bytes(body.replaceAll(/[\r\n]/g, ''))
  return spkiKey(label === 'CERTIFICATE' ? certified(der) : children(der))
}

type Element = { readonly tag: number; readonly content: Uint8Array }

/** X.509 §4.1: the serial number to the subject, after an optional version, come before the key. */
function certified(der: Uint8Array): readonly Element[] {
  const [body, algorithm, signature, more] = children(der)
  if (!body || !algorithm || !signature || more || signature.tag !== 0x03) throw malformed()
  const fields = elementsOf(body.content)
  const key = fields[fields[0]?.tag === 0xa0 ? 6 : 5]
  if (key?.tag !== 0x30) throw malformed()
  return elementsOf(key.content)
}

function spkiKey([algorithm, bits]: readonly Element[]): PublicKey {
  if (!algorithm || bits?.tag !== 0x03 || bits.content[0] !== 0) throw malformed()
  const [kind, parameters] = elementsOf(algorithm.content).map(({ content }) => hex(content))
  const material = bits.content.subarray(1)
  if (kind === OID_RSA) {
    const [modulus, exponent] = children(material)
    return checked({ kind: 'rsa', modulus: integerIn(modulus), exponent: integerIn(exponent) })
  }
  const curve = kind === OID_EC ? curves.get(curveNames.get(parameters ?? '') ?? '') : undefined
  if (!curve) throw new Unsupported('a public key that is neither RSA nor on P-256, P-384 or P-521')
  const half = (material.length - 1) / 2
  if (material[0] !== 4) throw malformed()
  return checked({ kind: 'ec', curve, x: toBigInt(material.subarray(1, 1 + half)), y: toBigInt(material.subarray(1 + half)) })
}

const OID_RSA = '2a864886f70d010101'
const OID_EC = '2a8648ce3d0201'
const curveNames = new Map([
  ['2a8648ce3d030107', 'P-256'],
  ['2b81040022', 'P-384'],
  ['2b81040023', 'P-521'],
])

function integerIn(element: Element | undefined): bigint {
  if (element?.tag !== 0x02 || element.content.length === 0 || (element.content[0] ?? 0) >= 0x80) throw malformed()
  return toBigInt(element.content)
}

/** Go refuses smaller keys; larger ones only cost time. */
const [LEAST_BITS, MOST_BITS] = [1024, 8192]

function checked(key: PublicKey): PublicKey {
  if (key.kind === 'ec') {
    if (!isOnCurve(key)) throw new BuiltinError('the public key is no point of its curve')
    return key
  }
  const bits = bitLength(key.modulus)
  if (bits < LEAST_BITS || bits > MOST_BITS) throw new Unsupported(`an RSA key of ${bits} bits`)
  if (key.exponent < 2n || key.exponent >= 1n << 31n || (key.exponent & 1n) === 0n)
    throw new BuiltinError('an RSA key with a bad exponent')
  return key
}

function children(der: Uint8Array): readonly Element[] {
  const [outer, ...more] = elementsOf(der)
  if (outer?.tag !== 0x30 || more.length > 0) throw malformed()
  return elementsOf(outer.content)
}

function elementsOf(der: Uint8Array): readonly Element[] {
  const elements: Element[] = []
  for (let at = 0; at < der.length;) {
    const first = der[at + 1] ?? 0
    const extra = first < 0x80 ? 0 : first - 0x80
    if (first === 0x80 || extra > 3 || at + 2 + extra > der.length) throw malformed()
    const length = extra === 0 ? first : Number(toBigInt(der.subarray(at + 2, at + 2 + extra)))
    const start = at + 2 + extra
    if (start + length > der.length) throw malformed()
    elements.push({ tag: der[at] ?? 0, content: der.subarray(start, start + length) })
    at = start + length
  }
  return elements
}

function malformed(): BuiltinError {
  return new BuiltinError('failed to parse a PEM certificate or public key')
}

function jwkKeys(text: string): readonly NamedKey[] {
  const set = attempt(() => parseJson(text))
  const listed = isObject(set) ? lookup(set, 'keys') : undefined
  return (isArray(listed) ? listed : [set]).flatMap((jwk): readonly NamedKey[] => {
    const [alg, kid] = [textOf(jwk, 'alg', ''), textOf(jwk, 'kid', '')]
    const key = jwkKey(jwk)
    return alg === '' || ALGORITHMS.test(alg) ? [{ alg, kid, key }] : []
  })
}

const ALGORITHMS = /^(?:[REP]S(?:256|384|512)|HS(?:256|384|512)|EdDSA)$/

function jwkKey(jwk: Value): PublicKey {
  const kind = textOf(jwk, 'kty')
  if (lookup(jwk, 'd') !== undefined) throw new Unsupported('a JWK with a private key')
  if (kind === 'RSA') return checked({ kind: 'rsa', modulus: numberIn(jwk, 'n'), exponent: numberIn(jwk, 'e') })
  const curve = kind === 'EC' ? curves.get(textOf(jwk, 'crv')) : undefined
  if (!curve) {
    if (!/^(?:EC|OKP|oct|AKP)$/.test(kind)) throw new BuiltinError('failed to parse a JWK key (set): unknown kty')
    throw new Unsupported('a JWK that is neither RSA nor on P-256, P-384 or P-521')
  }
  return checked({ kind: 'ec', curve, x: numberIn(jwk, 'x'), y: numberIn(jwk, 'y') })
}

function numberIn(jwk: Value, name: string): bigint {
  const text = textOf(jwk, name)
  return toBigInt(bytes(text.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat((4 - (text.length % 4)) % 4)))
}

function textOf(jwk: Value, name: string, otherwise?: string): string {
  const value = isObject(jwk) ? (lookup(jwk, name) ?? otherwise) : undefined
  if (typeof value !== 'string') throw new BuiltinError('failed to parse a JWK key (set)')
  return value
}

function bytes(text: string): Uint8Array {
  return attempt(() => fromBase64(text))
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
