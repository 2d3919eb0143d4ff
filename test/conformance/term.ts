import { RegoObject, RegoSet, type Entry } from '../../core/rego/collection.ts'
import { parseNumeric } from '../../core/rego/number.ts'
import type { Value } from '../../core/rego/value.ts'

/** A ground Rego term: JSON, and sets, trailing commas and keys of any kind. @throws Error for anything else. */
export function parseTerm(text: string): Value {
  const reader: Reader = { tokens: text.match(TOKEN) ?? [], at: 0 }
  const value = term(reader)
  if (reader.at < reader.tokens.length) throw new Error(`text after the term: ${reader.tokens[reader.at]}`)
  return value
}

const TOKEN = /"(?:[^"\\]|\\.)*"|set\(|-?[\d.]+(?:[eE][+-]?\d+)?|\w+|[^\s]/g
type Reader = { readonly tokens: readonly string[]; at: number }

function term(reader: Reader): Value {
  const token = reader.tokens[reader.at++] ?? ''
  if (token === '[') return items(reader, ']', term)
  if (token === '{') return braces(reader)
  if (token === 'set(') return RegoSet.of(items(reader, ')', term))
  if (token.startsWith('"')) return String(JSON.parse(token))
  if (token === 'true' || token === 'false') return token === 'true'
  if (token === 'null') return null
  const number = parseNumeric(token)
  if (number === null) throw new Error(`no term: ${token}`)
  return number
}

function braces(reader: Reader): Value {
  const members = items(reader, '}', (inner): Value | Entry => {
    const key = term(inner)
    return taken(inner, ':') ? ({ 0: key, 1: term(inner), pair: true } as unknown as Entry) : key
  })
  const isPair = (member: Value | Entry): member is Entry => typeof member === 'object' && member !== null && 'pair' in member
  if (members.length > 0 && !members.some(isPair)) return RegoSet.of(members as readonly Value[])
  return RegoObject.of(members.filter(isPair).map((member): Entry => [member[0], member[1]]))
}

function items<T>(reader: Reader, end: string, item: (reader: Reader) => T): T[] {
  const all: T[] = []
  while (!taken(reader, end)) {
    all.push(item(reader))
    if (!taken(reader, ',') && reader.tokens[reader.at] !== end) throw new Error(`"," or "${end}" was expected`)
  }
  return all
}

function taken(reader: Reader, token: string): boolean {
  if (reader.tokens[reader.at] !== token) return false
  reader.at++
  return true
}
