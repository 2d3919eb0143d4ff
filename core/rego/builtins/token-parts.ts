import type { JsonValue } from '../../proof/jcs.ts'
import { parseJson } from '../../proof/json.ts'
import { RunproofError } from '../../model/errors.ts'
import { fromUtf8 } from '../../proof/bytes.ts'
import { MAX_DEPTH } from '../limits.ts'
import { isArray, lookup, type Value } from '../value.ts'
import type { PlainObject } from '../value.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { base64UrlBytes } from './encoding.ts'

/** The three parts of a JSON Web Token as they stand in it, not yet decoded. */
export type Sections = { readonly header: string; readonly payload: string; readonly signature: string }

/** What decides how a token is verified. Empty: not said. */
export type Header = {
  readonly fields: PlainObject
  readonly alg: string
  readonly kid: string
  readonly cty: string
  /** False: no algorithm, or a critical parameter that nobody here knows (RFC 7515 §4.1.11). */
  readonly isValid: boolean
}

/** @throws BuiltinError unless there are three. */
export function sectionsOf(token: string): Sections {
  const parts = token.split('.')
  if (parts.length === 1) throw new BuiltinError('encoded JWT had no period separators')
  if (parts.length !== 3) throw new BuiltinError(`encoded JWT must have 3 sections, found ${parts.length}`)
  const [header = '', payload = '', signature = ''] = parts
  return { header, payload, signature }
}

/** The bytes that the signature is over. */
export function signed({ header, payload }: Sections): string {
  return `${header}.${payload}`
}

/** @throws BuiltinError for what is no header, also of a token that is encrypted. */
export function headerOf({ header }: Sections): Header {
  const fields = headerFields(header)
  const [alg, kid, cty] = [textIn(fields, 'alg'), textIn(fields, 'kid'), textIn(fields, 'cty')]
  textIn(fields, 'typ')
  const critical = criticalOf(lookup(fields, 'crit'))
  const isValid = alg !== '' && !Object.keys(fields).some((name) => critical.has(name) && !KNOWN.has(name))
  return { fields, alg, kid, cty, isValid }
}

/** The header without a look at what it says, other than that it is not of an encrypted token. */
export function headerFields(header: string): PlainObject {
  const fields = jsonObject(decodedText(header), 'header')
  if (lookup(fields, 'enc') !== undefined) throw new BuiltinError('JWT is a JWE object, which is not supported')
  return fields
}

/** The text of a section. In OPA it may hold any bytes. */
export function decodedText(section: string): string {
  const bytes = base64UrlBytes(section)
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw cause instanceof RunproofError ? new Unsupported('a JWT with bytes that are not UTF-8 text', { cause }) : cause
  }
}

/** @throws BuiltinError unless the text is one JSON object. */
export function jsonObject(text: string, what: string): PlainObject {
  let value: JsonValue
  try {
    value = parseJson(text, { maxDepth: MAX_DEPTH })
  } catch (cause) {
    throw cause instanceof RunproofError ? new BuiltinError(`JWT ${what}: ${cause.message}`, { cause }) : cause
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BuiltinError(`JWT ${what} is not an object`)
  return value as PlainObject
}

const KNOWN = new Set(['alg', 'kid', 'typ', 'cty', 'crit'])

function textIn(fields: PlainObject, name: string): string {
  const value = lookup(fields, name) ?? (Object.hasOwn(fields, name) ? null : '')
  if (typeof value !== 'string') throw new BuiltinError(`${name}: must be a string`)
  return value
}

/** A name that is no text ends the list, as in OPA. */
function criticalOf(listed: Value | undefined): ReadonlySet<string> {
  if (listed === undefined) return new Set()
  if (!isArray(listed)) throw new BuiltinError('crit: must be a list')
  const names = new Set<string>()
  for (const name of listed) {
    if (typeof name !== 'string') break
    names.add(name)
  }
  if (names.size === 0) throw new BuiltinError('crit: must be a nonempty list')
  return names
}
