import { RegoObject, RegoSet, type Entry } from './collection.ts'
import { MAX_DEPTH, NestedTooDeep } from './limits.ts'
import { compareNumeric, type Numeric } from './number.ts'
import { isArray, kindOf, kinds, type Composite, type PlainObject, type Value } from './value.ts'

/** What counts the work of looking into nested values: one step for each. */
export type Meter = { readonly spend: (steps: number) => void }
const unmetered: Meter = { spend: () => undefined }

/** OPA's total order: null < boolean < number < string < array < object < set, then by content. */
export function compare(a: Value, b: Value, meter: Meter = unmetered): number {
  return compareAt(a, b, meter, 0)
}

/** The same as `compare(a, b) === 0`. */
export function equal(a: Value | undefined, b: Value | undefined, meter: Meter = unmetered): boolean {
  if (a === b) return true
  // Two scalars of one representation are equal only if identical; a bigint may equal a large double.
  if (a === undefined || b === undefined || typeof a === 'string' || typeof b === 'string') return false
  if (typeof a === 'boolean' || typeof b === 'boolean') return false
  return compareAt(a, b, meter, 0) === 0
}

/** By code point, which is the order of their UTF-8 bytes. JavaScript's own order differs for characters beyond U+FFFF. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for the highest code points, so they come after U+E000 to U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** The own members of any object, in OPA's order. */
export function entriesOf(object: PlainObject | RegoObject): readonly Entry[] {
  if (object instanceof RegoObject) return object.entries()
  return sortedKeys(object).map((key): Entry => [key, object[key] ?? null])
}

export function sortedKeys(object: PlainObject): readonly string[] {
  const keys = Object.keys(object)
  for (let i = 1; i < keys.length; i++) {
    if (compareStrings(keys[i - 1] ?? '', keys[i] ?? '') > 0) return keys.sort(compareStrings)
  }
  return keys
}

function compareAt(a: Value, b: Value, meter: Meter, depth: number): number {
  if (a === b) return 0
  // What a gate compares most.
  if (typeof a === 'number' && typeof b === 'number') return compareNumeric(a, b)
  const [kind, other] = [kindOf(a), kindOf(b)]
  if (kind !== other) return kinds.indexOf(kind) - kinds.indexOf(other)
  if (kind === 'null') return 0
  if (kind === 'boolean') return a === false ? -1 : 1
  if (kind === 'number') return compareNumeric(a as Numeric, b as Numeric)
  if (kind === 'string') return compareStrings(a as string, b as string)
  if (depth === MAX_DEPTH) throw new NestedTooDeep()
  meter.spend(1)
  return compareComposites(a as Composite, b as Composite, meter, depth + 1)
}

function compareComposites(a: Composite, b: Composite, meter: Meter, depth: number): number {
  if (isArray(a) && isArray(b)) return compareSequences(a, b, meter, depth)
  if (a instanceof RegoSet && b instanceof RegoSet) return compareSequences(a.values(), b.values(), meter, depth)
  return compareEntries(entriesOf(a as PlainObject | RegoObject), entriesOf(b as PlainObject | RegoObject), meter, depth)
}

function compareSequences(a: readonly Value[], b: readonly Value[], meter: Meter, depth: number): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = compareAt(a[i] ?? null, b[i] ?? null, meter, depth)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function compareEntries(a: readonly Entry[], b: readonly Entry[], meter: Meter, depth: number): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [left, right] = [a[i], b[i]]
    if (!left || !right) break
    const difference = compareAt(left[0], right[0], meter, depth) || compareAt(left[1], right[1], meter, depth)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
