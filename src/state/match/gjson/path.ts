import type { GoValue } from '../../model/value.ts'
import { matchesGlob } from './glob.ts'
import { goValueOf, parseJson, type Json, type Member } from './json.ts'
import { arrayOf, numberOf, objectOf, stringOf } from './make.ts'
import { modify, parseModifier, Unsupported } from './modifiers.ts'
import { fulfils } from './query.ts'
import {
  nameOfLast,
  parseArrayPath,
  parseObjectPath,
  parseSelectors,
  splitPipe,
  squash,
  type ArrayStep,
  type Query,
  type Selector,
} from './syntax.ts'

/**
 * What a path finds in a JSON text, as goss's library finds it: keys with `*` and `?`, indexes, `#`, `#.key`, queries, pipes, modifiers,
 * multipaths, literals. Null: nothing. `error`: we do not read this path (and goss might).
 */
export function findPath(text: string, path: string): { readonly value: GoValue } | { readonly error: string } | null {
  const root = parseJson(text)
  if (root === null) return { error: 'Invalid json' }
  try {
    if (path.includes('@pretty') && path.includes('@tostr')) throw new Unsupported('@tostr behind @pretty')
    const found = get({ ...root, raw: text }, path)
    return found === null ? null : { value: goValueOf(found) }
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    return { error: `The path ${path} is not supported: ${error.message}` }
  }
}

/** A search under way: what was found, and what is asked of it. */
type Search = { value: Json | null; pipe: string | null }

/** What the path finds; null: nothing. */
function get(json: Json | null, path: string): Json | null {
  const special = path.length > 1 ? getSpecial(json, path) : null
  if (special !== null && 'found' in special) return special.found
  const plain = special?.path ?? path
  const search: Search = { value: null, pipe: null }
  if (plain.startsWith('..')) inArray(search, json === null ? [] : [json], plain.slice(2))
  else if (json?.kind === 'object') inObject(search, json.members, plain)
  else if (json?.kind === 'array') inArray(search, json.items, plain)
  return search.pipe === null ? search.value : get(search.value, search.pipe)
}

/** Modifiers, literals and multipaths. `path`: it was none of them, and this is left to be read. */
function getSpecial(json: Json | null, path: string): { readonly found: Json | null } | { readonly path: string } | null {
  const special = path.startsWith('@') ? modified(json, path) : path.startsWith('!') ? literal(path) : null
  if (special !== null) {
    const goesOn = special.rest.startsWith('|') || special.rest.startsWith('.')
    return { found: goesOn ? get(special.json, special.rest.slice(1)) : special.json }
  }
  if (!path.startsWith('[') && !path.startsWith('{')) return null
  const parsed = parseSelectors(path)
  if (parsed === null) return { path: '' }
  if (parsed.rest !== '' && !/^[|.]/.test(parsed.rest)) return { path: parsed.rest }
  const made = select(json, path.startsWith('{'), parsed.selectors)
  return { found: parsed.rest === '' ? made : get(made, parsed.rest.slice(1)) }
}

type Special = { readonly json: Json | null; readonly rest: string }

function modified(json: Json | null, path: string): Special | null {
  const parsed = parseModifier(path)
  return parsed === null ? null : { json: modify(parsed.name, json, parsed.argument, get), rest: parsed.rest }
}

/** `!"text"`, `!5`, `!{"a":1}`, `!true`. */
function literal(path: string): Special | null {
  const text = path.slice(1)
  if (/^[{["+\-\d]/.test(text)) {
    const value = /^[{["]/.test(text) ? squash(text) : text
    const json = parseJson(value)
    if (json === null) throw new Unsupported(`the literal ${value} is no JSON`)
    // What follows a text is passed over, as in goss's library.
    return { json, rest: json.kind === 'string' ? '' : text.slice(value.length) }
  }
  const name = text.split(/[|.]/, 1)[0] ?? ''
  if (/^(nan|inf)$/i.test(name)) throw new Unsupported(`the literal ${name} is no JSON`)
  if (!/^(true|false|null)$/i.test(name)) return null
  return { json: parseJson(name), rest: text.slice(name.length) }
}

function select(json: Json | null, isObject: boolean, selectors: readonly Selector[]): Json {
  const members: Member[] = []
  for (const { name, path } of selectors) {
    const value = get(json, path)
    if (value === null) continue
    const key = keyOf(name, path)
    members.push({ key: key.text, rawKey: key.raw, value })
  }
  return isObject ? objectOf(members) : arrayOf(members.map(({ value }) => value))
}

function keyOf(name: string, path: string): { readonly text: string; readonly raw: string } {
  const written = name.startsWith('"') ? parseJson(name) : null
  const key = written?.kind === 'string' ? written : stringOf(name === '' ? nameOfLast(path) : name)
  return { text: key.kind === 'string' ? key.text : '', raw: key.raw }
}

/** True: the search has ended here, whether or not it found something. */
function inObject(search: Search, members: readonly Member[], path: string): boolean {
  const step = parseObjectPath(path)
  if (step.pipe !== null) search.pipe = step.pipe
  for (const { key, value } of members) {
    if (step.isWild ? !matchesGlob(key, step.part) : key !== step.part) continue
    if (step.path === null) {
      search.value = value
      return true
    }
    if (below(search, value, step.path)) return true
  }
  return false
}

function below(search: Search, value: Json, path: string): boolean {
  if (value.kind === 'object') return inObject(search, value.members, path)
  return value.kind === 'array' && inArray(search, value.items, path)
}

function inArray(search: Search, items: readonly Json[], path: string): boolean {
  const step = parseArrayPath(path)
  if (step.pipe !== null) search.pipe = step.pipe
  if (step.query !== null) return byQuery(search, items, step, step.query)
  if (step.isHash) return step.part === '#' && byHash(search, items, step)
  const item = /^\d+$/.test(step.part) ? items[Number(step.part)] : undefined
  if (item === undefined) return false
  if (step.path !== null) return below(search, item, step.path)
  search.value = item
  return true
}

/** `#`: how many; `#.path`: what the path finds in each. */
function byHash(search: Search, items: readonly Json[], { each }: ArrayStep): boolean {
  if (each === null) {
    search.value = numberOf(items.length)
    return true
  }
  const split = splitPipe(each)
  if (split !== null) search.pipe = split.right
  search.value = arrayOf(items.map((item) => get(item, split?.left ?? each)).filter((found) => found !== null))
  return true
}

function byQuery(search: Search, items: readonly Json[], step: ArrayStep, query: Query): boolean {
  const all: Json[] = []
  const split = step.path === null ? null : splitPipe(step.path)
  const path = split?.left ?? step.path
  for (const item of items) {
    if (!fulfilsWithin(query, item)) continue
    if (split !== null) search.pipe = split.right
    const found = path === null ? item : get(item, path)
    if (!query.isAll) {
      search.value = found
      return true
    }
    if (found !== null) all.push(found)
  }
  if (query.isAll) search.value ??= arrayOf(all)
  return false
}

function fulfilsWithin(query: Query, item: Json): boolean {
  if (item.kind === 'object' || item.kind === 'array') return fulfils(query, get(item, query.path))
  return query.path === '' && fulfils(query, item)
}
