import { parseJson, type Json, type Member } from './json.ts'
import { arrayOf, compacted, nullJson, objectOf, stringOf } from './make.ts'
import { modifierNames, squash, type ModifierName } from './syntax.ts'

/** A path that is right and that we do not read; goss might. It is an error, never an answer. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported'
}

/** A modifier at the beginning of a path, its argument, and what follows; null: it is none. */
export function parseModifier(
  path: string,
): { readonly name: ModifierName; readonly argument: string; readonly rest: string } | null {
  const name = path.slice(1).split(/[:|.]/, 1)[0] ?? ''
  if (!isModifier(name)) return null
  const rest = path.slice(1 + name.length)
  if (!rest.startsWith(':')) return { name, argument: '', rest }
  const argument = argumentOf(rest.slice(1))
  return { name, argument, rest: rest.slice(1 + argument.length) }
}

function isModifier(name: string): name is ModifierName {
  return (modifierNames as readonly string[]).includes(name)
}

/** A JSON value, or everything up to the next pipe that no bracket or quote holds. */
function argumentOf(text: string): string {
  if (/^["[{]/.test(text)) return squash(text)
  let at = 0
  while (at < text.length && text[at] !== '|') at += /["[{(]/.test(text[at] ?? '') ? squash(text.slice(at)).length : 1
  return text.slice(0, at)
}

/** What the modifier makes of the value; null stands for no value. `dig`: asks a path of a value. */
export function modify(
  name: ModifierName,
  json: Json | null,
  argument: string,
  get: (json: Json, path: string) => Json | null,
): Json | null {
  switch (name) {
    case 'this':
    case 'valid':
    case 'pretty':
      return json
    case 'ugly':
      return json === null ? null : compacted(json)
    case 'reverse':
      return reverse(json)
    case 'flatten':
      return json?.kind === 'array' ? arrayOf(flatten(json.items, isSet(argument, 'deep'))) : json
    case 'join':
      return json?.kind === 'array' ? join(json.items, isSet(argument, 'preserve')) : json
    case 'keys':
      return arrayOf(json === null ? [] : keys(json))
    case 'values':
      return values(json)
    case 'tostr':
      return stringOf(json?.raw ?? '')
    case 'fromstr':
      return fromString(json)
    case 'group':
      return json?.kind === 'object' ? group(json.members) : null
    case 'dig':
      return arrayOf(json === null ? [] : dig(json, argument, get))
  }
}

function isSet(argument: string, option: string): boolean {
  const parsed = argument === '' ? null : parseJson(argument)
  if (argument !== '' && parsed === null) throw new Unsupported(`the argument ${argument} of a modifier is no JSON`)
  if (parsed?.kind !== 'object') return false
  const last = parsed.members.findLast(({ key }) => key === option)?.value
  if (last?.kind === 'number') return last.value !== 0
  return last?.kind === 'true' || (last?.kind === 'string' && /^(1|t|true)$/i.test(last.text))
}

function reverse(json: Json | null): Json | null {
  if (json?.kind === 'array') return arrayOf(json.items.toReversed())
  return json?.kind === 'object' ? objectOf(json.members.toReversed()) : json
}

function flatten(items: readonly Json[], isDeep: boolean): readonly Json[] {
  return items.flatMap((item) => {
    if (item.kind !== 'array') return [item]
    return isDeep ? flatten(item.items, true) : item.items
  })
}

function join(items: readonly Json[], keepsAll: boolean): Json {
  const members = items.flatMap((item) => (item.kind === 'object' ? item.members : []))
  if (keepsAll) return objectOf(members)
  const last = new Map<string, Member>()
  for (const member of members) last.set(member.key, { ...member, rawKey: last.get(member.key)?.rawKey ?? member.rawKey })
  return objectOf([...last.values()])
}

function keys(json: Json): readonly Json[] {
  if (json.kind === 'object') return json.members.map(({ key, rawKey }) => ({ kind: 'string', raw: rawKey, text: key }))
  return json.kind === 'array' ? json.items.map(() => nullJson) : [nullJson]
}

function values(json: Json | null): Json {
  if (json === null) return arrayOf([])
  if (json.kind === 'array') return json
  return arrayOf(json.kind === 'object' ? json.members.map(({ value }) => value) : [json])
}

function fromString(json: Json | null): Json | null {
  if (json === null || json.kind === 'null') return null
  const text = json.kind === 'string' ? json.text : json.raw
  const parsed = parseJson(text)
  // goss takes some kinds of broken text for a value and others for none.
  if (parsed === null && /^[^!-\u{10ffff}]*["{[\d+\-iInNtf]/u.test(text))
    throw new Unsupported('@fromstr of a text that is no JSON')
  return parsed
}

function group(members: readonly Member[]): Json {
  const rows: Member[][] = []
  for (const member of members) {
    if (member.value.kind !== 'array') continue
    for (const [at, value] of member.value.items.entries()) (rows[at] ??= []).push({ ...member, value })
  }
  return arrayOf(rows.map(objectOf))
}

function dig(json: Json, path: string, get: (json: Json, path: string) => Json | null): readonly Json[] {
  const here = get(json, path)
  const below = json.kind === 'array' ? json.items : json.kind === 'object' ? json.members.map(({ value }) => value) : []
  return [...(here === null ? [] : [here]), ...below.flatMap((item) => dig(item, path, get))]
}
