import { isGoList, isGoMap, type GoValue } from '../model/value.ts'
import { isInverted } from '../load/inverted.ts'
import { compileOrFail } from '../template/regex.ts'
import type { Finding } from './finding.ts'

/** Every matcher of goss 0.4.10; `xml` is of its unreleased branch. */
export const matcherNames = [
  'equal',
  'have-prefix',
  'have-suffix',
  'match-regexp',
  'contain-substring',
  'have-len',
  'have-patterns',
  'have-key',
  'contain-element',
  'contain-elements',
  'not',
  'consist-of',
  'and',
  'or',
  'gt',
  'ge',
  'lt',
  'le',
  'semver-constraint',
  'gjson',
] as const
const known: ReadonlySet<string> = new Set([...matcherNames, 'xml'])

/** What is wrong with a matcher, whatever it is held against. `isList`: what the host answers is a list. */
export function lintMatcher(matcher: GoValue, isList: boolean): readonly Finding[] {
  if (isGoList(matcher)) return matcher.flatMap((item) => (isGoMap(item) && !isInverted(item) ? lintMatcher(item, isList) : []))
  if (!isGoMap(matcher)) return []
  const unknown = [...matcher.keys()].filter((name) => !known.has(name))
  if (unknown.length > 0)
    return [{ code: 'matcher-unknown', text: `${unknown.join(', ')} is no matcher`, fix: didYouMean(unknown[0] ?? '') }]
  if (matcher.size > 1) {
    const names = [...matcher.keys()].join(', ')
    return [{ code: 'matcher-many', text: `${names} stand side by side`, fix: 'write them as a list below and: or or:' }]
  }
  return [...matcher].flatMap(([name, value]) => lintNamed(name, value, isList))
}

/** Why a regular expression cannot be used; null: it can. */
export function regexpFault(pattern: string): string | null {
  try {
    compileOrFail(pattern)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

function lintNamed(name: string, value: GoValue, isList: boolean): readonly Finding[] {
  switch (name) {
    case 'and':
    case 'or':
      return lintAll(name, value, isList)
    case 'not':
    case 'contain-element':
    case 'have-key':
      return lintMatcher(value, isList)
    case 'contain-elements':
    case 'consist-of':
      return isGoList(value) ? value.flatMap((item) => lintMatcher(item, false)) : []
    case 'equal':
      if (!isList || !isGoList(value)) return []
      return [{ code: 'equal-list', text: 'equal with a list never matches in goss', fix: 'use consist-of' }]
    case 'match-regexp':
      return lintRegexp(value)
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le':
      if (typeof value !== 'string') return []
      return [{ code: 'bound-as-text', text: `${name}: ${value} is a text`, fix: `write ${name}: ${value} without quotes` }]
    case 'semver-constraint':
      return lintRange(value)
    case 'gjson':
      return isGoMap(value) ? [...value.values()].flatMap((inner) => lintMatcher(inner, true)) : []
    case 'xml':
      return [
        { code: 'not-in-goss', text: 'xml is a matcher of goss’s unreleased branch', fix: 'goss 0.4.10 needs match-regexp here' },
      ]
    default:
      return []
  }
}

function lintAll(name: 'and' | 'or', value: GoValue, isList: boolean): readonly Finding[] {
  if (!isGoList(value)) return []
  if (value.length > 0) return value.flatMap((item) => lintMatcher(item, isList))
  const text = name === 'and' ? 'and: [] always passes' : 'or: [] always fails'
  return [{ code: 'empty-and', text, fix: 'name at least one matcher' }]
}

function lintRegexp(value: GoValue): readonly Finding[] {
  const fault = typeof value === 'string' ? regexpFault(value) : null
  return fault === null ? [] : [{ code: 'regexp-invalid', text: fault, fix: 'RE2 has no look-around and no back-references' }]
}

function lintRange(value: GoValue): readonly Finding[] {
  if (typeof value !== 'string' || !/[\^~]/.test(value)) return []
  return [{ code: 'semver-constraint', text: `${value} is no range of goss`, fix: 'write it out: ">=1.2.0 <2.0.0"' }]
}

const renamed: Readonly<Record<string, string>> = {
  'have-key-with-value': 'gjson',
  'contain-string': 'contain-substring',
  regexp: 'match-regexp',
  matches: 'match-regexp',
  eq: 'equal',
  ne: 'not',
  gte: 'ge',
  lte: 'le',
  contains: 'contain-element',
  length: 'have-len',
}

function didYouMean(name: string): string {
  const other =
    renamed[name] ?? matcherNames.find((matcher) => matcher.replaceAll('-', '') === name.replaceAll(/[-_]/g, '').toLowerCase())
  return other === undefined ? `use one of ${matcherNames.join(', ')}` : `perhaps ${other}`
}
