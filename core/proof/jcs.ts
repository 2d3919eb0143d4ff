import { RunproofError } from '../model/errors.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** No document of ours nests deeper than 20; a hundred keeps any reader's stack safe and catches cycles. */
export const MAX_JSON_DEPTH = 100

/**
 * RFC 8785: the one spelling of a JSON value that is hashed and signed. Members that are undefined are left out, as
 * JSON.stringify does.
 * @throws RunproofError `format.malformed` for what JSON cannot hold (NaN, Infinity, undefined in an array, a lone surrogate,
 * anything but plain objects and arrays); `format.too_large` beyond `MAX_JSON_DEPTH`.
 */
export function jcs(value: JsonValue): string {
  return written(value, 0)
}

function written(value: unknown, depth: number): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') return numeral(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value !== 'object') throw new RunproofError('format.malformed', `no JSON for ${typeof value}`)
  if (depth === MAX_JSON_DEPTH) throw new RunproofError('format.too_large', `JSON nested deeper than ${MAX_JSON_DEPTH}`)
  return Array.isArray(value) ? array(value, depth + 1) : object(value, depth + 1)
}

function array(items: readonly unknown[], depth: number): string {
  if (items.length >= LONG_LIST && areTexts(items)) {
    const native = JSON.stringify(items)
    // So a lone surrogate begins; whether it is one is seen where each text is looked at.
    if (!native.includes('\\ud')) return native
  }
  let text = '['
  // By index: a hole must be refused like any other undefined.
  for (let i = 0; i < items.length; i++) text += (i > 0 ? ',' : '') + written(items[i], depth)
  return `${text}]`
}

/** Texts that are written natively when there are as many in a list: there may be hundreds of thousands of fingerprints. */
const LONG_LIST = 64

function areTexts(items: readonly unknown[]): items is readonly string[] {
  for (let i = 0; i < items.length; i++) if (typeof items[i] !== 'string') return false
  return true
}

function object(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw new RunproofError('format.malformed', 'no JSON for a class instance')
  const members = value as Record<string, unknown>
  let text = ''
  for (const { key, head } of orderOf(Object.keys(members))) {
    const member = members[key]
    if (member !== undefined) text += `${text === '' ? '' : ','}${head}${written(member, depth)}`
  }
  return `{${text}}`
}

/** ECMAScript's own number format is the one of §3.2.2.3; -0 is written 0. */
function numeral(value: number): string {
  if (!Number.isFinite(value)) throw new RunproofError('format.malformed', `no JSON for ${value}`)
  return String(value)
}

/** Almost every text of ours is plain: no quote, no backslash, nothing beyond ASCII. */
const plain = /^[ !#-[\]-~]*$/

/** A string as canonical JSON. @throws RunproofError `format.malformed` for a lone surrogate */
export function quoted(text: string): string {
  if (plain.test(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new RunproofError('format.malformed', 'a lone surrogate has no UTF-8 form')
  return JSON.stringify(text)
}

/** A member's key, and how it is written with its colon. */
type Head = { readonly key: string; readonly head: string }
type Shape = { readonly keys: readonly string[]; readonly order: readonly Head[] }

// Documents repeat a handful of shapes thousands of times: remembering their order halves the time. Bounded, because keys come
// from outside.
const MAX_SHAPES = 1000
const MAX_SHAPE_LENGTH = 1000
/** Shapes that start with the same key are told apart one after the other. */
const MAX_ALIKE = 16
const shapes = new Map<string, Shape[]>()
let remembered = 0

function orderOf(keys: readonly string[]): readonly Head[] {
  const alike = shapes.get(keys[0] ?? '')
  if (alike) for (const shape of alike) if (isShape(shape, keys)) return shape.order
  // The default order of sort is by UTF-16 code unit, which is what §3.2.3 asks for.
  const order = keys.toSorted().map((key) => ({ key, head: `${quoted(key)}:` }))
  if (remembered < MAX_SHAPES) remember({ keys, order }, alike)
  return order
}

function isShape({ keys: known }: Shape, keys: readonly string[]): boolean {
  if (known.length !== keys.length) return false
  for (let i = 0; i < keys.length; i++) if (known[i] !== keys[i]) return false
  return true
}

function remember(shape: Shape, alike: Shape[] | undefined): void {
  if ((alike && alike.length >= MAX_ALIKE) || shape.keys.join('').length > MAX_SHAPE_LENGTH) return
  remembered++
  if (alike) alike.push(shape)
  else shapes.set(shape.keys[0] ?? '', [shape])
}
