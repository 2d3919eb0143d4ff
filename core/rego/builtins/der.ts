import { toBigInt } from './rsa.ts'

/** One element of DER (X.690): its tag byte, its content, and the whole of it. */
export type Element = { readonly tag: number; readonly content: Uint8Array; readonly whole: Uint8Array }

export const INTEGER = 0x02
export const BIT_STRING = 0x03
export const OCTET_STRING = 0x04
export const OID = 0x06
export const SEQUENCE = 0x30
export const SET = 0x31

/** What is no DER, or not the DER that is wanted. */
export class MalformedDer extends Error {
  override readonly name = 'MalformedDer'
}

/** All elements, one behind the other. Lengths must be as short as they can be. @throws MalformedDer */
export function elementsOf(der: Uint8Array): readonly Element[] {
  const elements: Element[] = []
  for (let at = 0; at < der.length;) {
    const element = elementAt(der, at)
    elements.push(element)
    at += element.whole.length
  }
  return elements
}

/** What is in the one element of this tag that the bytes are. @throws MalformedDer */
export function childrenOf(der: Uint8Array, tag = SEQUENCE): readonly Element[] {
  const [outer, ...more] = elementsOf(der)
  if (outer?.tag !== tag || more.length > 0) throw new MalformedDer(`not one element of tag ${tag}`)
  return elementsOf(outer.content)
}

function elementAt(der: Uint8Array, at: number): Element {
  const tag = der[at] ?? 0
  const first = der[at + 1] ?? 0x80
  const extra = first < 0x80 ? 0 : first - 0x80
  if ((tag & 0x1f) === 0x1f || first === 0x80 || extra > 3) throw new MalformedDer('a tag or length of a kind that is not used')
  const length = extra === 0 ? first : Number(toBigInt(der.subarray(at + 2, at + 2 + extra)))
  const start = at + 2 + extra
  if (start + length > der.length) throw new MalformedDer('an element that ends behind the data')
  if (extra > 0 && (length < 0x80 || length < 1 << (8 * (extra - 1)))) throw new MalformedDer('a length with needless bytes')
  return { tag, content: der.subarray(start, start + length), whole: der.subarray(at, start + length) }
}

/** A whole number in the one way that DER has for it. @throws MalformedDer */
export function integerIn(element: Element | undefined): bigint {
  const { tag, content = new Uint8Array() } = element ?? {}
  const [first = 0, second] = content
  if (tag !== INTEGER || content.length === 0) throw new MalformedDer('not an integer')
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw new MalformedDer('an integer with needless bytes')
  }
  return BigInt.asIntN(8 * content.length, toBigInt(content))
}

/** Dotted, as 1.2.840.113549.1.1.1. @throws MalformedDer */
export function oidText(content: Uint8Array): string {
  return oidParts(content).join('.')
}

/** @throws MalformedDer also for a part beyond 2^31, which Go does not read either. */
export function oidParts(content: Uint8Array): readonly number[] {
  const parts: number[] = []
  let [value, isInside] = [0, false]
  for (const byte of content) {
    if (!isInside && byte === 0x80) throw new MalformedDer('an object identifier with needless bytes')
    value = value * 128 + (byte & 0x7f)
    if (value >= 2 ** 31) throw new MalformedDer('an object identifier with a part beyond 2^31')
    isInside = byte >= 0x80
    if (isInside) continue
    if (parts.length > 0) parts.push(value)
    else parts.push(value < 80 ? Math.floor(value / 40) : 2, value < 80 ? value % 40 : value - 80)
    value = 0
  }
  if (parts.length === 0 || isInside) throw new MalformedDer('an object identifier that ends too early')
  return parts
}
