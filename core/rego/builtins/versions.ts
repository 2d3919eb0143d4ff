import { any, BuiltinError, type BuiltinFunction, string } from './builtin.ts'

/** Semantic Versioning 2.0.0 §11: -1, 0 or 1. */
export const compare: BuiltinFunction = (operands) => {
  const [a, b] = [version(operands, 0), version(operands, 1)]
  for (const i of [0, 1, 2]) {
    const difference = order(a.core[i] ?? 0n, b.core[i] ?? 0n)
    if (difference !== 0) return difference
  }
  return comparePreRelease(a.preRelease, b.preRelease)
}

export const isValid: BuiltinFunction = (operands) => {
  const text = any(operands, 0)
  return typeof text === 'string' && parse(text) !== null
}

type Version = { readonly core: readonly bigint[]; readonly preRelease: readonly string[] }

const NUMBER = '(0|[1-9]\\d{0,18})'
const PRE = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)'
const BUILD = '[0-9A-Za-z-]+'
const SEMVER = new RegExp(`^v?${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${PRE}(?:\\.${PRE})*))?(?:\\+${BUILD}(?:\\.${BUILD})*)?$`)

function version(operands: Parameters<BuiltinFunction>[0], position: number): Version {
  const text = string(operands, position)
  const parsed = parse(text)
  if (!parsed)
    throw new BuiltinError(`operand ${position + 1}: string ${JSON.stringify(text.slice(0, 60))} is not a valid SemVer`)
  return parsed
}

function parse(text: string): Version | null {
  const [whole, major = '', minor = '', patch = '', preRelease] = SEMVER.exec(text) ?? []
  return whole === undefined ? null : { core: [major, minor, patch].map(BigInt), preRelease: preRelease?.split('.') ?? [] }
}

/** A version with a pre-release comes before the one without. */
function comparePreRelease(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return order(b.length > 0 ? 1 : 0, a.length > 0 ? 1 : 0)
  for (const [i, part] of a.entries()) {
    const other = b[i]
    if (other === undefined) return 1
    const difference = comparePart(part, other)
    if (difference !== 0) return difference
  }
  return order(a.length, b.length)
}

function comparePart(a: string, b: string): number {
  const [x, y] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (x && y) return order(BigInt(a), BigInt(b))
  if (x !== y) return x ? -1 : 1
  return a === b ? 0 : a < b ? -1 : 1
}

function order<T extends number | bigint>(a: T, b: T): number {
  return a === b ? 0 : a < b ? -1 : 1
}
