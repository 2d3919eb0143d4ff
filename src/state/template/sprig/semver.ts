import { typedAs, type GoMap, type GoValue } from '../../model/value.ts'
import { CallError } from '../fault.ts'
import { fixed, type TemplateFunction } from '../functions.ts'
import { quoted } from '../quote.ts'
import { asText } from './cast.ts'

export const semverFunctions: readonly (readonly [string, TemplateFunction])[] = [
  ['semver', fixed('string', ([version]) => fieldsOf(parseVersion(asText(version))))],
  ['semverCompare', fixed('string string', ([constraint, version]) => satisfies(asText(constraint), asText(version)))],
]

type Version = {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly pre: string
  readonly metadata: string
  readonly original: string
}

/** One comparison. `dirty`: parts are left open (`1.x`, `1`), of which `minor` and `patch` say which. */
type Constraint = {
  readonly operator: string
  readonly version: Version
  readonly dirty: boolean
  readonly minorDirty: boolean
  readonly patchDirty: boolean
}

const operators = '=|!=|>=|=>|<=|=<|>|<|~>|~|\\^|'
const part = String.raw`v?([0-9xX*|]+)(\.[0-9xX*|]+)?(\.[0-9xX*|]+)?(-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?`
const one = new RegExp(`^\\s*(${operators})\\s*(${part})\\s*$`)
const each = new RegExp(`(?:${operators})\\s*${part}`, 'g')
const range = new RegExp(`\\s*(${part})\\s+-\\s+(${part})\\s*`, 'g')

/** sprig's `semverCompare`: comparisons with `,` or space are and-ed, groups with `||` or-ed; `^`, `~`, `x` and `1 - 2` as in npm. */
function satisfies(text: string, version: string): boolean {
  if (text.length > 512) throw new CallError('constraint string is too long (max 512 bytes)')
  const rewritten = text.replaceAll(range, (...groups: readonly string[]) => `>= ${groups[1]}, <= ${groups[9]} `)
  const groups = rewritten.split('||')
  if (groups.length > 32) throw new CallError('too many constraint groups (max 32)')
  const parsed = groups.map(parseGroup)
  const wanted = parseVersion(version)
  return parsed.some((group) => {
    const includesPre = group.some((constraint) => constraint.version.pre !== '')
    return group.every((constraint) => holds(constraint, wanted, includesPre))
  })
}

function parseGroup(text: string): readonly Constraint[] {
  const found = [...text.matchAll(each)].map(([match]) => match)
  const isCovered = text.replaceAll(each, ' ').replaceAll(/[\s,]/g, '') === ''
  if (found.length === 0 || !isCovered || /^\s*,|,\s*$|,\s*,/.test(text))
    throw new CallError(`improper constraint: ${quoted(text)}`)
  return found.map(parseConstraint)
}

function parseConstraint(text: string): Constraint {
  const match = one.exec(text)
  if (match === null) throw new CallError(`improper constraint: ${quoted(text)}`)
  const [, operator = '', , major = '', minor = '', patch = '', pre = ''] = match
  const isOpen = (value: string) => ['', 'x', 'X', '*'].includes(value.replace(/^\./, ''))
  const base = { operator, dirty: true, minorDirty: false, patchDirty: false }
  if (isOpen(major)) return { ...base, version: parseVersion(`0.0.0${pre}`) }
  if (isOpen(minor)) return { ...base, minorDirty: true, version: parseVersion(`${major}.0.0${pre}`) }
  if (isOpen(patch)) return { ...base, patchDirty: true, version: parseVersion(`${major}${minor}.0${pre}`) }
  return { ...base, dirty: false, version: parseVersion(`${major}${minor}${patch}${pre}`) }
}

function holds(constraint: Constraint, version: Version, includesPre: boolean): boolean {
  if (version.pre !== '' && !includesPre) return false
  const { operator, version: bound, dirty, minorDirty, patchDirty } = constraint
  const order = compare(version, bound)
  switch (operator) {
    case '!=':
      return isNot(constraint, version, order)
    case '>':
      if (!dirty) return order > 0
      if (version.major !== bound.major) return version.major > bound.major
      return minorDirty ? false : patchDirty ? version.minor > bound.minor : order > 0
    case '<':
      return order < 0
    case '>=':
    case '=>':
      return order >= 0
    case '<=':
    case '=<':
      if (!dirty) return order <= 0
      if (version.major !== bound.major) return version.major < bound.major
      return minorDirty || version.minor <= bound.minor
    case '^':
      return isCompatible(constraint, version, order)
    case '~':
    case '~>':
      return isNear(constraint, version, order)
    default:
      return dirty ? isNear(constraint, version, order) : order === 0
  }
}

function isNot({ version: bound, dirty, minorDirty, patchDirty }: Constraint, version: Version, order: number): boolean {
  if (!dirty) return order !== 0
  if (bound.major !== version.major) return true
  if (minorDirty) return false
  if (bound.minor !== version.minor) return true
  if (!patchDirty) return bound.patch !== version.patch || order !== 0
  return version.pre !== '' || bound.pre !== '' ? comparePre(version.pre, bound.pre) !== 0 : false
}

function isNear({ version: bound, minorDirty, patchDirty }: Constraint, version: Version, order: number): boolean {
  if (order < 0) return false
  if (bound.major === 0n && bound.minor === 0n && bound.patch === 0n && !minorDirty && !patchDirty) return true
  return version.major === bound.major && (minorDirty || version.minor === bound.minor)
}

function isCompatible({ version: bound, minorDirty, patchDirty }: Constraint, version: Version, order: number): boolean {
  if (order < 0) return false
  if (bound.major > 0n || minorDirty) return version.major === bound.major
  if (version.major > 0n) return false
  if (bound.minor > 0n || patchDirty) return version.minor === bound.minor
  return version.minor === 0n && version.patch === bound.patch
}

const loose =
  /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/

function parseVersion(text: string): Version {
  if (text.length > 256) throw new CallError('version string is too long (max 256 bytes)')
  const match = loose.exec(text)
  if (match === null) throw new CallError('invalid semantic version')
  const [, major = '0', minor = '0', patch = '0', pre = '', metadata = ''] = match
  return { major: BigInt(major), minor: BigInt(minor), patch: BigInt(patch), pre, metadata, original: text }
}

/** The fields that a template can ask a version for. */
function fieldsOf({ major, minor, patch, pre, metadata, original }: Version): GoMap {
  const fields: [string, GoValue][] = [
    ['Major', major],
    ['Minor', minor],
    ['Patch', patch],
    ['Prerelease', pre],
    ['Metadata', metadata],
    ['Original', original],
    ['String', `${major}.${minor}.${patch}${pre === '' ? '' : `-${pre}`}${metadata === '' ? '' : `+${metadata}`}`],
  ]
  return typedAs(new Map(fields), '*semver.Version')
}

/** Build metadata does not count. */
function compare(a: Version, b: Version): number {
  for (const name of ['major', 'minor', 'patch'] as const) if (a[name] !== b[name]) return a[name] < b[name] ? -1 : 1
  return comparePre(a.pre, b.pre)
}

function comparePre(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return 1
  if (b === '') return -1
  const [left, right] = [a.split('.'), b.split('.')]
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const order = compareIdentifier(left[at], right[at])
    if (order !== 0) return order
  }
  return 0
}

function compareIdentifier(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumberA && isNumberB) return BigInt(a) < BigInt(b) ? -1 : 1
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1
  return a < b ? -1 : 1
}
