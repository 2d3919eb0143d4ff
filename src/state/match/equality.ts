import { canonicalAddress } from '../../../core/patterns/address.ts'
import type { Dialect } from '../model/resource.ts'
import { goTypeOf, isGoList, isGoMap, isGoTime, type GoMap, type GoValue } from '../model/value.ts'

type Same = (a: GoValue, b: GoValue) => boolean

/**
 * Whether two values are equal. As goss: `reflect.DeepEqual`, so that `1` and `1.0` differ and a list of a system never equals a list of a
 * gossfile. In our dialect numbers compare by value, lists item by item, and IPv6 addresses whatever way they are written.
 */
export function areEqual(a: GoValue, b: GoValue, dialect: Dialect): boolean {
  return dialect === 'goss' ? isDeepEqual(a, b) : isSameByValue(a, b)
}

/** `reflect.DeepEqual`. */
export function isDeepEqual(a: GoValue, b: GoValue): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b && typeof a === typeof b
  if (isGoList(a) && isGoList(b) && goTypeOf(a) !== goTypeOf(b)) return false
  return isSameShape(a, b, isDeepEqual)
}

function isSameByValue(a: GoValue, b: GoValue): boolean {
  if (isNumeric(a) && isNumeric(b)) return isSameNumber(a, b)
  if (typeof a === 'string' && typeof b === 'string') return a === b || isSameAddress(a, b)
  return isSameShape(a, b, isSameByValue)
}

function isSameNumber(a: number | bigint, b: number | bigint): boolean {
  if (typeof a === 'bigint') return typeof b === 'bigint' ? a === b : isSameNumber(b, a)
  return typeof b === 'number' ? a === b : Number.isInteger(a) && BigInt(a) === b
}

function isNumeric(value: GoValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function isSameShape(a: GoValue, b: GoValue, isSame: Same): boolean {
  if (a === b) return true
  if (isGoList(a) || isGoList(b)) return isGoList(a) && isGoList(b) && isSameList(a, b, isSame)
  if (isGoMap(a) || isGoMap(b)) return isGoMap(a) && isGoMap(b) && isSameMap(a, b, isSame)
  return a !== null && b !== null && isGoTime(a) && isGoTime(b) && a.unixNanos === b.unixNanos
}

function isSameList(a: readonly GoValue[], b: readonly GoValue[], isSame: Same): boolean {
  return a.length === b.length && a.every((item, at) => isSame(item, b[at] ?? null))
}

function isSameMap(a: GoMap, b: GoMap, isSame: Same): boolean {
  return a.size === b.size && [...a].every(([key, item]) => b.has(key) && isSame(item, b.get(key) ?? null))
}

/** Two IPv6 addresses, perhaps with a prefix length, that are the same one: `FD00::2` and `fd00:0::2`. */
function isSameAddress(a: string, b: string): boolean {
  if (!a.includes(':') || !b.includes(':')) return false
  const [left = '', leftLength] = a.split('/')
  const [right = '', rightLength] = b.split('/')
  const address = canonicalAddress(left)
  return address !== null && leftLength === rightLength && address === canonicalAddress(right)
}
