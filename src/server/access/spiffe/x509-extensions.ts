import { RunproofError } from '../../../../core/model/errors.ts'

/** The extensions of a certificate that an SVID is judged by. Read from the DER: OpenSSL's text form of names can be made ambiguous. */
export type SvidExtensions = {
  /** Every URI among the subject's alternative names. */
  readonly uris: readonly string[]
  /** basicConstraints says cA, whatever the key usage says. Node's `ca` is false when the two contradict each other. */
  readonly isAuthority: boolean
  /** Null: no such extension. */
  readonly keyUsage: { readonly digitalSignature: boolean; readonly keyCertSign: boolean; readonly crlSign: boolean } | null
}

/** @throws RunproofError `format.malformed` unless this is one X.509 certificate, DER */
export function svidExtensions(der: Uint8Array): SvidExtensions {
  const certificate = only(children(der, { start: 0, end: der.length }))
  const [tbs] = children(der, certificate)
  // RFC 5280 §4.1: extensions are the member with the explicit tag 3.
  const wrapper = children(der, tbs ?? malformed()).find(({ tag }) => tag === 0xa3)
  const extensions = wrapper === undefined ? [] : children(der, only(children(der, wrapper)))
  let found: SvidExtensions = { uris: [], isAuthority: false, keyUsage: null }
  const seen = new Set<string>()
  for (const extension of extensions) {
    const parts = children(der, extension)
    const [oid, content] = [parts[0] ?? malformed(), parts.at(-1) ?? malformed()]
    const name = Buffer.from(der.subarray(oid.start, oid.end)).toString('hex')
    // RFC 5280 §4.2: each at most once; the second would be the one that somebody else reads.
    if (seen.has(name)) malformed()
    seen.add(name)
    if (name === SUBJECT_ALT_NAME) found = { ...found, uris: urisOf(der, content) }
    if (name === BASIC_CONSTRAINTS) found = { ...found, isAuthority: isAuthorityIn(der, content) }
    if (name === KEY_USAGE) found = { ...found, keyUsage: usageOf(der, content) }
  }
  return found
}

type Span = { readonly start: number; readonly end: number }
type Element = Span & { readonly tag: number }

/** 2.5.29.17, 2.5.29.19 and 2.5.29.15. */
const SUBJECT_ALT_NAME = '551d11'
const BASIC_CONSTRAINTS = '551d13'
const KEY_USAGE = '551d0f'
const BOOLEAN = 0x01
const URI_NAME = 0x86
const BIT_STRING = 0x03

function urisOf(der: Uint8Array, content: Span): readonly string[] {
  return children(der, only(children(der, content)))
    .filter(({ tag }) => tag === URI_NAME)
    .map(({ start, end }) => Buffer.from(der.subarray(start, end)).toString('latin1'))
}

/** Any other value than false is true (X.690 §8.2.2). */
function isAuthorityIn(der: Uint8Array, content: Span): boolean {
  const [first] = children(der, only(children(der, content)))
  return first !== undefined && first.tag === BOOLEAN && der[first.start] !== 0
}

function usageOf(der: Uint8Array, content: Span): SvidExtensions['keyUsage'] {
  const { tag, start } = only(children(der, content))
  if (tag !== BIT_STRING) malformed()
  // The first byte counts unused bits; the most significant bit of the next is number 0.
  const bits = der[start + 1] ?? 0
  return { digitalSignature: (bits & 0x80) !== 0, keyCertSign: (bits & 0x04) !== 0, crlSign: (bits & 0x02) !== 0 }
}

function children(der: Uint8Array, { start, end }: Span): readonly Element[] {
  const found: Element[] = []
  for (let at = start; at < end;) {
    const element = elementAt(der, at, end)
    found.push(element)
    at = element.end
  }
  return found
}

function elementAt(der: Uint8Array, at: number, limit: number): Element {
  const tag = der[at] ?? malformed()
  const first = der[at + 1] ?? malformed()
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if ((tag & 0x1f) === 0x1f || first === 0x80 || lengthBytes > 3) malformed()
  let length = first < 0x80 ? first : 0
  for (let i = 0; i < lengthBytes; i++) length = length * 256 + (der[at + 2 + i] ?? malformed())
  const start = at + 2 + lengthBytes
  if (start + length > limit) malformed()
  return { tag, start, end: start + length }
}

function only(elements: readonly Element[]): Element {
  const [element, ...others] = elements
  return element === undefined || others.length > 0 ? malformed() : element
}

function malformed(): never {
  throw new RunproofError('format.malformed', 'not an X.509 certificate')
}
