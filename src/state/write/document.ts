import type { GoMap, GoValue } from '../model/value.ts'
import { typeInfos, type Attribute, type TypeInfo } from '../load/attributes.ts'
import type { Include } from '../load/gossfile.ts'
import type { Resource } from '../model/resource.ts'
import { struct, type Struct, type Written } from './struct.ts'

/** What a gossfile holds, in goss's order: types, then the attributes of each resource with the empty ones that goss always writes. */
export function documentOf(
  resources: readonly Resource[],
  includes: readonly Include[],
  order: (a: string, b: string) => number,
): Struct {
  const members: (readonly [string, Written])[] = []
  for (const info of typeInfos) {
    const entries =
      info.type === 'gossfile'
        ? includes.map((include): readonly [string, Struct] => [include.key, includeOf(include)])
        : resources
            .filter(({ type }) => type === info.type)
            .map((one): readonly [string, Struct] => [one.key, resourceOf(one, info)])
    if (entries.length > 0) members.push([info.type, struct(entries.toSorted(([a], [b]) => order(a, b)))])
  }
  return struct(members)
}

/** One resource as goss writes it. */
export function resourceOf({ attributes, title, meta, skip }: Resource, info: TypeInfo): Struct {
  const all = new Map<string, GoValue>([...attributes, ['title', title], ['meta', meta], ['skip', skip]])
  return struct(info.attributes.flatMap((attribute) => memberOf(attribute, all)))
}

/** An include as goss writes it. */
export function includeOf({ key, file, title, meta, skip }: Include): Struct {
  const members: (readonly [string, Written])[] = []
  if (title !== '') members.push(['title', title])
  if (meta !== null && meta.size > 0) members.push(['meta', meta])
  if (skip) members.push(['skip', true])
  if (file !== key) members.push(['file', file])
  return struct(members)
}

function memberOf({ name, kind, zero }: Attribute, all: GoMap): readonly (readonly [string, Written])[] {
  const value = all.get(name) ?? null
  if (value !== null && !isZero(value, kind)) return [[name, value]]
  return zero ? [[name, zeroOf(kind)]] : []
}

function isZero(value: GoValue, kind: Attribute['kind']): boolean {
  if (kind === 'matcher' || kind === 'any' || kind === 'duration') return false
  if (value instanceof Map) return value.size === 0
  return value === '' || value === false || value === 0n || (Array.isArray(value) && value.length === 0)
}

function zeroOf(kind: Attribute['kind']): GoValue {
  if (kind === 'int') return 0n
  return kind === 'bool' ? false : null
}
