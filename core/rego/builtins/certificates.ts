import { base64, fromUtf8 } from '../../proof/bytes.ts'
import { RunproofError } from '../../model/errors.ts'
import type { Run } from '../machine.ts'
import { fromInteger } from '../number.ts'
import { RegoObject } from '../collection.ts'
import type { Value } from '../value.ts'
import { BuiltinError, type BuiltinFunction, string, Unsupported } from './builtin.ts'
import { extensionsOf, rawJson } from './certificate-extensions.ts'
import { nameOf, utf8Text } from './certificate-names.ts'
import { BIT_STRING, childrenOf, type Element, elementsOf, integerIn, MalformedDer, OID, oidText, SEQUENCE } from './der.ts'
import { base64Bytes } from './encoding.ts'
import { pemBlocks } from './pem.ts'
import { type PublicKey, spkiKey } from './public-keys.ts'

/**
 * The fields of each certificate of a chain, as Go has them; the text is PEM, or base64 of PEM or of DER. A certificate that Go
 * would refuse, or that has what is not read here, is refused as `Unsupported`: which of the two it is would not be certain.
 */
export const parse: BuiltinFunction = (operands, run) => {
  const text = string(operands, 0)
  run.spend(text.length)
  return sure(() => certificatesIn(text).map((element) => certificate(element, run)))
}

function sure<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw cause instanceof MalformedDer ? new Unsupported(`a certificate that is malformed: ${cause.message}`, { cause }) : cause
  }
}

function certificatesIn(text: string): readonly Element[] {
  if (text.startsWith('-----BEGIN')) return fromPem(text)
  const bytes = base64Bytes(text)
  const decoded = asText(bytes)
  return decoded?.startsWith('-----BEGIN') ? fromPem(decoded) : elementsOf(bytes)
}

function fromPem(text: string): readonly Element[] {
  return pemBlocks(text).flatMap(({ label, bytes }) => {
    if (label !== 'CERTIFICATE') throw new BuiltinError(`PEM block type is '${label}', expected CERTIFICATE`)
    return elementsOf(bytes)
  })
}

function asText(bytes: Uint8Array): string | null {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    if (cause instanceof RunproofError) return null
    throw cause
  }
}

function certificate({ tag, whole }: Element, run: Run): Value {
  run.spend(STEPS)
  const [body, algorithm, signature, ...more] = tag === SEQUENCE ? childrenOf(whole) : []
  if (body?.tag !== SEQUENCE || !algorithm || !signature || more.length > 0) throw new MalformedDer('not a certificate')
  const fields = [...elementsOf(body.content)]
  const version = fields[0]?.tag === 0xa0 ? Number(integerIn(one(fields.shift()))) + 1 : 1
  const [serial, inner, issuer, validity, subject, key, ...rest] = fields
  const extensions = rest.length === 0 ? null : extensionsIn(rest, version)
  if (!serial || !inner || !issuer || !validity || !subject || !key || version < 1 || version > 3)
    throw new MalformedDer('not a certificate')
  if (base64(inner.whole) !== base64(algorithm.whole)) throw new MalformedDer('two signature algorithms')
  const number = integerIn(serial)
  if (number < 0n) throw new MalformedDer('a negative serial number')
  const [from, to] = childrenOf(validity.whole).map(timeText)
  const members: Readonly<Record<string, Value>> = {
    ...NOTHING,
    ...extensions?.fields,
    Raw: base64(whole),
    RawTBSCertificate: base64(body.whole),
    RawSubjectPublicKeyInfo: base64(key.whole),
    RawSubject: base64(subject.whole),
    RawIssuer: base64(issuer.whole),
    Signature: base64(bitsOf(signature)),
    SignatureAlgorithm: signatureAlgorithm(algorithm),
    ...publicKey(key),
    Version: version,
    SerialNumber: fromInteger(number),
    Issuer: nameOf(issuer),
    Subject: nameOf(subject),
    NotBefore: from ?? '',
    NotAfter: to ?? '',
    Extensions: extensions && extensions.raw.length > 0 ? extensions.raw.map(rawJson) : null,
  }
  return RegoObject.of(Object.entries(members))
}
const STEPS = 2000

/** What a certificate says nothing of. */
const NOTHING: Readonly<Record<string, Value>> = {
  ...Object.fromEntries(
    [
      'ExtraExtensions', 'UnhandledCriticalExtensions', 'ExtKeyUsage', 'UnknownExtKeyUsage', 'SubjectKeyId', 'AuthorityKeyId',
      'OCSPServer', 'IssuingCertificateURL', 'DNSNames', 'EmailAddresses', 'IPAddresses', 'URIs', 'URIStrings', 'PermittedDNSDomains',
      'ExcludedDNSDomains', 'PermittedIPRanges', 'ExcludedIPRanges', 'PermittedEmailAddresses', 'ExcludedEmailAddresses',
      'PermittedURIDomains', 'ExcludedURIDomains', 'CRLDistributionPoints', 'PolicyIdentifiers', 'Policies', 'PolicyMappings',
    ].map((name) => [name, null]), // prettier-ignore
  ),
  KeyUsage: 0,
  BasicConstraintsValid: false,
  IsCA: false,
  MaxPathLen: 0,
  MaxPathLenZero: false,
  PermittedDNSDomainsCritical: false,
  InhibitAnyPolicy: 0,
  InhibitAnyPolicyZero: false,
  InhibitPolicyMapping: 0,
  InhibitPolicyMappingZero: false,
  RequireExplicitPolicy: 0,
  RequireExplicitPolicyZero: false,
}

function one(element: Element | undefined): Element | undefined {
  const [inner, ...more] = element ? elementsOf(element.content) : []
  return more.length > 0 ? undefined : inner
}

function extensionsIn([element, ...more]: readonly Element[], version: number): ReturnType<typeof extensionsOf> {
  const list = element?.tag === 0xa3 ? one(element) : undefined
  if (list?.tag !== SEQUENCE || more.length > 0 || version !== 3) throw new Unsupported('a certificate with unusual fields')
  return extensionsOf(elementsOf(list.content))
}

/** RFC 5280 §4.1.2.5: two digits are a year from 1950 to 2049. */
function timeText({ tag, content }: Element): string {
  const text = utf8Text(content)
  const digits =
    tag === UTC_TIME ? (Number(text.slice(0, 2)) < 50 ? `20${text}` : `19${text}`) : tag === GENERALIZED_TIME ? text : ''
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits)
  if (!parts) throw new MalformedDer('a time of another form')
  const [, year, month, day, hour, minute, second] = parts
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const isReal = new Date(`${iso}.000Z`).getTime()
  if (Number.isNaN(isReal) || new Date(isReal).toISOString() !== `${iso}.000Z`) throw new MalformedDer('a time that is none')
  return `${iso}Z`
}
const [UTC_TIME, GENERALIZED_TIME] = [0x17, 0x18]

function bitsOf({ tag, content }: Element): Uint8Array {
  if (tag !== BIT_STRING || content[0] !== 0) throw new MalformedDer('a signature that is not whole bytes')
  return content.subarray(1)
}

const SIGNATURES: ReadonlyMap<string, number> = new Map([
  ['1.2.840.113549.1.1.4', 2],
  ['1.2.840.113549.1.1.5', 3],
  ['1.3.14.3.2.29', 3],
  ['1.2.840.113549.1.1.11', 4],
  ['1.2.840.113549.1.1.12', 5],
  ['1.2.840.113549.1.1.13', 6],
  ['1.2.840.10045.4.1', 9],
  ['1.2.840.10045.4.3.2', 10],
  ['1.2.840.10045.4.3.3', 11],
  ['1.2.840.10045.4.3.4', 12],
  ['1.3.101.112', 16],
])

/** Go's number of the algorithm. */
function signatureAlgorithm({ whole }: Element): number {
  const [id, parameters] = childrenOf(whole)
  if (id?.tag !== OID) throw new MalformedDer('an algorithm without a name')
  const name = oidText(id.content)
  const number = SIGNATURES.get(name)
  if (number === undefined || (number === 16 && parameters)) throw new Unsupported(`a certificate signed with ${name}`)
  return number
}

function publicKey({ whole }: Element): Readonly<Record<string, Value>> {
  const parts = childrenOf(whole)
  const key = spkiKey(parts)
  const [, parameters] = parts[0] ? childrenOf(parts[0].whole) : []
  if (key.kind === 'rsa' && parameters?.tag !== 0x05) throw new MalformedDer('an RSA key without the parameter null')
  if (key.kind === 'ed' && parameters) throw new MalformedDer('an Ed25519 key with a parameter')
  return { PublicKey: keyJson(key), PublicKeyAlgorithm: key.kind === 'rsa' ? 1 : key.kind === 'ec' ? 3 : 4 }
}

function keyJson(key: PublicKey): Value {
  if (key.kind === 'rsa') return numbers({ N: key.modulus, E: key.exponent })
  if (key.kind === 'ec')
    return RegoObject.of([
      ['Curve', {}],
      ['X', fromInteger(key.x)],
      ['Y', fromInteger(key.y)],
    ])
  return base64(key.bytes)
}

function numbers(members: Readonly<Record<string, bigint>>): Value {
  return RegoObject.of(Object.entries(members).map(([name, value]) => [name, fromInteger(value)]))
}
