import { fromUtf8 } from '../../proof/bytes.ts'
import type { Value } from '../value.ts'
import { Unsupported } from './builtin.ts'
import { childrenOf, type Element, elementsOf, MalformedDer, OID, oidParts, SEQUENCE, SET } from './der.ts'

/** A distinguished name as Go has it: the usual attributes by name, and all of them in order. @throws MalformedDer, Unsupported */
export function nameOf(element: Element): Value {
  const attributes = childrenOf(element.whole).flatMap((set) => {
    if (set.tag !== SET) throw new MalformedDer('a name of other than sets')
    return elementsOf(set.content).map(attribute)
  })
  const all = (last: number): readonly string[] | null => {
    const values = attributes.filter(({ type }) => type.join('.') === `2.5.4.${last}`).map(({ value }) => value)
    return values.length > 0 ? values : null
  }
  return {
    Country: all(6),
    Organization: all(10),
    OrganizationalUnit: all(11),
    Locality: all(7),
    Province: all(8),
    StreetAddress: all(9),
    PostalCode: all(17),
    SerialNumber: all(5)?.at(-1) ?? '',
    CommonName: all(3)?.at(-1) ?? '',
    Names: attributes.length > 0 ? attributes.map(({ type, value }) => ({ Type: type, Value: value })) : null,
    ExtraNames: null,
  }
}

function attribute(element: Element): { readonly type: readonly number[]; readonly value: string } {
  if (element.tag !== SEQUENCE) throw new MalformedDer('an attribute that is no sequence')
  const [type, value, more] = elementsOf(element.content)
  if (type?.tag !== OID || !value || more) throw new MalformedDer('an attribute that is no type and value')
  return { type: oidParts(type.content), value: text(value) }
}

const [UTF8, NUMERIC, PRINTABLE, IA5] = [0x0c, 0x12, 0x13, 0x16]
const PATTERNS: ReadonlyMap<number, RegExp> = new Map([
  [NUMERIC, /^[0-9 ]*$/],
  // Go also takes an asterisk and an ampersand.
  [PRINTABLE, /^[A-Za-z0-9 '()+,\-./:=?*&]*$/],
  // oxlint-disable-next-line no-control-regex -- any ASCII
  [IA5, /^[\0-\x7f]*$/],
])

function text({ tag, content }: Element): string {
  if (tag !== UTF8 && !PATTERNS.has(tag)) throw new Unsupported('a certificate with a name in an old alphabet')
  const value = utf8Text(content)
  if (PATTERNS.get(tag)?.test(value) === false) throw new MalformedDer('a name with a character that its type has not')
  return value
}

/** @throws MalformedDer for what is not UTF-8 */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new MalformedDer('a text that is not UTF-8', { cause })
  }
}
