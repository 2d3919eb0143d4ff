import { base64, hex } from '../../proof/bytes.ts'
import type { JsonValue } from '../../proof/jcs.ts'
import { utf8Text } from './certificate-names.ts'
import { Unsupported } from './builtin.ts'
import {
  BIT_STRING,
  childrenOf,
  type Element,
  elementsOf,
  INTEGER,
  integerIn,
  MalformedDer,
  OCTET_STRING,
  OID,
  oidParts,
  oidText,
  SEQUENCE,
} from './der.ts'
import { addressText } from './network-text.ts'
import { toBigInt } from './rsa.ts'

/** The extensions of a certificate, raw, and what Go reads out of them; null: Go's nil. */
export type Extensions = { readonly raw: readonly RawExtension[]; readonly fields: Readonly<Record<string, JsonValue>> }
type RawExtension = { readonly id: readonly number[]; readonly isCritical: boolean; readonly value: Uint8Array }

/** @throws MalformedDer, Unsupported for an extension whose meaning is not read here */
export function extensionsOf(elements: readonly Element[]): Extensions {
  const raw = elements.map(extension)
  const names = raw.map(({ id }) => id.join('.'))
  if (new Set(names).size < names.length) throw new MalformedDer('an extension twice')
  const fields: Record<string, JsonValue> = {}
  const unhandled: (readonly number[])[] = []
  for (const [i, { id, isCritical, value }] of raw.entries()) {
    const read = READERS.get(names[i] ?? '')
    if (UNREAD.test(names[i] ?? '')) throw new Unsupported(`a certificate with the extension ${names[i]}`)
    if (read) Object.assign(fields, read(value, isCritical))
    else if (isCritical) unhandled.push(id)
  }
  return { raw, fields: { ...fields, UnhandledCriticalExtensions: unhandled.length > 0 ? unhandled : null } }
}

/** Constraints on names and policies. */
const UNREAD = /^2\.5\.29\.(?:30|33|36|54)$/

export function rawJson({ id, isCritical, value }: RawExtension): JsonValue {
  return { Id: id, Critical: isCritical, Value: base64(value) }
}

function extension(element: Element): RawExtension {
  if (element.tag !== SEQUENCE) throw new MalformedDer('an extension that is no sequence')
  const [id, ...rest] = elementsOf(element.content)
  const [critical, value, more] = rest.length === 2 ? rest : [undefined, ...rest]
  if (id?.tag !== OID || value?.tag !== OCTET_STRING || more) throw new MalformedDer('an extension of another form')
  return { id: oidParts(id.content), isCritical: critical ? booleanOf(critical) : false, value: value.content }
}

function booleanOf({ tag, content }: Element): boolean {
  const byte = content[0]
  if (tag !== 1 || content.length !== 1 || (byte !== 0 && byte !== 0xff)) throw new MalformedDer('not a boolean')
  return byte === 0xff
}

type Reader = (value: Uint8Array, isCritical: boolean) => Readonly<Record<string, JsonValue>>

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['2.5.29.14', (value, isCritical) => ({ SubjectKeyId: base64(only(value, OCTET_STRING, isCritical).content) })],
  ['2.5.29.15', (value) => ({ KeyUsage: keyUsage(only(value, BIT_STRING, false)) })],
  ['2.5.29.17', alternativeNames],
  ['2.5.29.19', basicConstraints],
  ['2.5.29.31', distributionPoints],
  ['2.5.29.32', policies],
  ['2.5.29.35', authorityKey],
  ['2.5.29.37', extendedUsage],
  ['1.3.6.1.5.5.7.1.1', authorityAccess],
])

/** The one element that a value is; some may not be critical. */
function only(value: Uint8Array, tag: number, isWronglyCritical: boolean): Element {
  const [element, ...more] = elementsOf(value)
  if (element?.tag !== tag || more.length > 0 || isWronglyCritical) throw new MalformedDer('an extension of another form')
  return element
}

function keyUsage({ content }: Element): number {
  const [unused = 0, ...bytes] = content
  const isPadded = ((bytes.at(-1) ?? 0) & ((1 << unused) - 1)) !== 0
  if (unused > 7 || isPadded || content.length === 0 || (bytes.length === 0 && unused > 0))
    throw new MalformedDer('not a bit string')
  let usage = 0
  for (let i = 0; i < 9 && i < 8 * bytes.length - unused; i++) {
    if ((((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1) === 1) usage |= 1 << i
  }
  return usage
}

function basicConstraints(value: Uint8Array): Readonly<Record<string, JsonValue>> {
  const parts = [...childrenOf(value)]
  const first = parts[0]?.tag === 1 ? parts.shift() : undefined
  const length = parts.shift()
  if (parts.length > 0 || (length && length.tag !== INTEGER)) throw new MalformedDer('not basic constraints')
  const most = length ? integerIn(length) : -1n
  if (length && (most < 0n || most > 2n ** 31n)) throw new Unsupported('a certificate with a strange path length')
  const isCA = first ? booleanOf(first) : false
  return { BasicConstraintsValid: true, IsCA: isCA, MaxPathLen: Number(most), MaxPathLenZero: most === 0n }
}

const [EMAIL, DNS, URI, IP] = [0x81, 0x82, 0x86, 0x87]

function alternativeNames(value: Uint8Array, isCritical: boolean): Readonly<Record<string, JsonValue>> {
  const names = childrenOf(value)
  if (names.some(({ tag }) => (tag & 0xc0) !== 0x80)) throw new MalformedDer('an alternative name of another kind')
  const of = (wanted: number): readonly Element[] => names.filter(({ tag }) => tag === wanted)
  const known = [EMAIL, DNS, URI, IP].flatMap(of)
  if (known.length === 0 && isCritical) throw new Unsupported('a certificate whose critical names are of other kinds')
  const uris = of(URI).map(({ content }) => ascii(content))
  return {
    EmailAddresses: orNull(of(EMAIL).map(({ content }) => ascii(content))),
    DNSNames: orNull(of(DNS).map(({ content }) => ascii(content))),
    IPAddresses: orNull(of(IP).map(({ content }) => address(content))),
    URIs: orNull(uris.map(urlParts)),
    URIStrings: orNull(uris),
  }
}

function orNull<T>(values: readonly T[]): readonly T[] | null {
  return values.length > 0 ? values : null
}

function ascii(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte >= 0x80)) throw new MalformedDer('a name that is not ASCII')
  return utf8Text(bytes)
}

function address(bytes: Uint8Array): string {
  if (bytes.length !== 4 && bytes.length !== 16) throw new MalformedDer('an address of another length')
  const isMapped = bytes.length === 16 && hex(bytes).startsWith('00000000000000000000ffff')
  const short = isMapped ? bytes.subarray(12) : bytes
  return addressText(toBigInt(short), short.length === 4 ? 32 : 128)
}

/** Only of URLs that every parser reads alike. */
function urlParts(url: string): JsonValue {
  const parts =
    /^([a-z][a-z0-9+.-]*):\/\/([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)((?:\/[\w.~/-]*)?)(?:\?([\w.~=&-]+))?$/.exec(
      url,
    )
  if (!parts) throw new Unsupported('a certificate with a URI of an unusual form')
  const [, scheme = '', host = '', path = '', query = ''] = parts
  return {
    Scheme: scheme, Opaque: '', User: null, Host: host, Path: path, RawPath: '', OmitHost: false, ForceQuery: false, RawQuery: query,
    Fragment: '', RawFragment: '',
  } // prettier-ignore
}

function distributionPoints(value: Uint8Array): Readonly<Record<string, JsonValue>> {
  const found = childrenOf(value).flatMap((point) => {
    const [name, ...rest] = childrenOf(point.whole)
    if (!name || name.tag !== 0xa0 || rest.length > 0) throw new Unsupported('a certificate with an unusual distribution point')
    const [full, ...more] = elementsOf(name.content)
    if (full?.tag !== 0xa0 || more.length > 0) throw new Unsupported('a certificate with an unusual distribution point')
    const names = elementsOf(full.content)
    if (names.some(({ tag }) => tag !== URI)) throw new Unsupported('a certificate with a distribution point that is no URI')
    return names.map(({ content }) => utf8Text(content))
  })
  return { CRLDistributionPoints: orNull(found) }
}

function policies(value: Uint8Array): Readonly<Record<string, JsonValue>> {
  const found = childrenOf(value).map((policy) => {
    const [id] = childrenOf(policy.whole)
    if (id?.tag !== OID) throw new MalformedDer('a policy without a name')
    return oidParts(id.content)
  })
  const names = found.map((parts) => parts.join('.'))
  if (new Set(names).size < names.length) throw new MalformedDer('a policy twice')
  return { Policies: orNull(names), PolicyIdentifiers: found }
}

function authorityKey(value: Uint8Array, isCritical: boolean): Readonly<Record<string, JsonValue>> {
  if (isCritical) throw new MalformedDer('an authority key that is critical')
  const key = childrenOf(value).find(({ tag }) => tag === 0x80)
  return { AuthorityKeyId: key ? base64(key.content) : null }
}

const USAGES: ReadonlyMap<string, number> = new Map([
  ['2.5.29.37.0', 0],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((usage): [string, number] => [`1.3.6.1.5.5.7.3.${usage}`, usage]),
  ['1.3.6.1.4.1.311.10.3.3', 10],
  ['2.16.840.1.113730.4.1', 11],
  ['1.3.6.1.4.1.311.2.1.22', 12],
  ['1.3.6.1.4.1.311.61.1.1', 13],
])

function extendedUsage(value: Uint8Array): Readonly<Record<string, JsonValue>> {
  const ids = childrenOf(value).map(({ tag, content }) => {
    if (tag !== OID) throw new MalformedDer('a usage that is no object identifier')
    return content
  })
  const unknown = ids.filter((id) => !USAGES.has(oidText(id))).map(oidParts)
  const known = ids.flatMap((id) => USAGES.get(oidText(id)) ?? [])
  return { ExtKeyUsage: orNull(known), UnknownExtKeyUsage: orNull(unknown) }
}

function authorityAccess(value: Uint8Array, isCritical: boolean): Readonly<Record<string, JsonValue>> {
  if (isCritical) throw new MalformedDer('authority access that is critical')
  const found = childrenOf(value).map((access) => {
    const [method, place] = childrenOf(access.whole)
    if (method?.tag !== OID || !place) throw new MalformedDer('authority access of another form')
    return { method: oidText(method.content), uri: place.tag === URI ? utf8Text(place.content) : null }
  })
  const of = (last: number): readonly string[] | null =>
    orNull(found.flatMap(({ method, uri }) => (uri !== null && method === `1.3.6.1.5.5.7.48.${last}` ? [uri] : [])))
  return { OCSPServer: of(1), IssuingCertificateURL: of(2) }
}
