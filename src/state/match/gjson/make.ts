import { quoteJson } from '../../output/go-json.ts'
import type { Json, Member } from './json.ts'

export function arrayOf(items: readonly Json[]): Json {
  return { kind: 'array', raw: `[${items.map(({ raw }) => raw).join(',')}]`, items }
}

export function objectOf(members: readonly Member[]): Json {
  return { kind: 'object', raw: `{${members.map(({ rawKey, value }) => `${rawKey}:${value.raw}`).join(',')}}`, members }
}

export function stringOf(text: string): Json {
  return { kind: 'string', raw: quoteJson(text, true), text }
}

export function numberOf(value: number): Json {
  return { kind: 'number', raw: String(value), value }
}

export const nullJson: Json = { kind: 'null', raw: 'null' }

/** The same value without blanks. */
export function compacted(json: Json): Json {
  if (json.kind === 'array') return arrayOf(json.items.map(compacted))
  if (json.kind !== 'object') return json
  return objectOf(json.members.map((member) => ({ ...member, value: compacted(member.value) })))
}
