import { createRequire } from 'node:module'
import { late } from '../../lib/late.ts'
import type { Dialect } from '../model/resource.ts'
import { isGoList, isGoMap, type GoValue } from '../model/value.ts'
import { formatValue, noFlags } from '../template/print.ts'
import { consistOf, containElement, containElements, haveKey, haveLength } from './collections.ts'
import { typeAndQuote } from './describe.ts'
import { and, not, or } from './logic.ts'
import type { Matcher } from './matcher.ts'
import { beNumerically, type Comparator } from './numbers.ts'
import { beSemverConstraint, containSubstring, equal, havePatterns, havePrefix, haveSuffix, matchRegexp } from './strings.ts'
import { gjson, toList, toNumeric, toText, transformed } from './transforms.ts'
import type * as Xml from './xml/matcher.ts'

const load = createRequire(import.meta.url)
const xml = late(() => load('./xml/matcher.ts') as typeof Xml)

/** An expectation that is none, in goss's words. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem'
}

/**
 * The matcher that an expectation stands for: text, number, boolean and list by themselves, a map by its one key.
 * @throws SyntaxProblem where it stands for none
 */
export function build(expected: GoValue, dialect: Dialect): Matcher {
  if (typeof expected === 'string') return transformed(toText, equal(expected, dialect))
  if (isNumber(expected)) return transformed(toNumeric, beNumerically('eq', expected))
  if (typeof expected === 'boolean') return equal(expected, dialect)
  if (isGoList(expected)) return containElements(expected.map((item) => build(item, dialect)))
  if (expected === null) throw new SyntaxProblem('Syntax Error: Missing required attribute')
  if (!isGoMap(expected)) throw invalid('matcher', 'map', expected)
  const [key, ...others] = expected.keys()
  if (key === undefined) throw new SyntaxProblem('Syntax Error: Invalid matcher configuration. There is no matcher in it')
  if (others.length > 0) throw manyKeys([...expected.keys()])
  const maker = Object.hasOwn(makers, key) ? makers[key] : undefined
  if (maker === undefined || (key === 'xml' && dialect === 'goss'))
    throw new SyntaxProblem(`Syntax Error: Unknown matcher: ${key}`)
  return maker(expected.get(key) ?? null, dialect)
}

type Maker = (value: GoValue, dialect: Dialect) => Matcher

const makers: Readonly<Record<string, Maker>> = {
  equal,
  'have-prefix': (value) => transformed(toText, havePrefix(text('have-prefix', value))),
  'have-suffix': (value) => transformed(toText, haveSuffix(text('have-suffix', value))),
  'match-regexp': (value) => transformed(toText, matchRegexp(text('match-regexp', value))),
  'contain-substring': (value) => transformed(toText, containSubstring(text('contain-substring', value))),
  'have-len': (value) => haveLength(count(value)),
  'have-patterns': (value, dialect) => transformed(toText, havePatterns(list('have-patterns', value), dialect)),
  'have-key': (value, dialect) => haveKey(build(value, dialect)),
  'contain-element': (value, dialect) => transformed(toList, containElement(element(value, dialect))),
  'contain-elements': (value, dialect) => transformed(toList, containElements(all('contains-elements', value, dialect))),
  'consist-of': (value, dialect) => consistOf(all('consist-of', value, dialect)),
  not: (value, dialect) => not(build(value, dialect)),
  and: (value, dialect) => and(all('and', value, dialect)),
  or: (value, dialect) => or(all('or', value, dialect)),
  gt: (value) => comparing('gt', value),
  ge: (value) => comparing('ge', value),
  lt: (value) => comparing('lt', value),
  le: (value) => comparing('le', value),
  'semver-constraint': (value) => beSemverConstraint(text('semver-constraint', value)),
  gjson: everyPath,
  xml: (value) => {
    const matcher = xml().matchXml(value)
    if (typeof matcher === 'string') throw new SyntaxProblem(`Syntax Error: ${matcher}`)
    return transformed(toText, matcher)
  },
}

/** Go's int or float64; a larger integer is an uint64, which goss knows not. */
function isNumber(value: GoValue): value is number | bigint {
  return typeof value === 'number' || (typeof value === 'bigint' && value <= 0x7fffffffffffffffn)
}

function comparing(comparator: Comparator, bound: GoValue): Matcher {
  return transformed(toNumeric, beNumerically(comparator, bound))
}

function everyPath(value: GoValue, dialect: Dialect): Matcher {
  if (!isGoMap(value)) throw invalid('gjson', 'map', value)
  return and([...value].map(([path, expected]) => transformed(gjson(path), build(expected, dialect))))
}

function element(value: GoValue, dialect: Dialect): Matcher {
  if (!isGoMap(value) && typeof value !== 'string' && !isNumber(value))
    throw invalid('contain-element', 'matcher, string or numeric', value)
  return build(value, dialect)
}

function all(name: string, value: GoValue, dialect: Dialect): readonly Matcher[] {
  return list(name, value).map((item) => build(item, dialect))
}

function list(name: string, value: GoValue): readonly GoValue[] {
  if (isGoList(value)) return value
  throw invalid(name, 'array', value)
}

function text(name: string, value: GoValue): string {
  if (typeof value === 'string') return value
  throw invalid(name, 'string', value)
}

function count(value: GoValue): bigint {
  // What an int cannot hold is the least one, as on every x86.
  if (typeof value === 'number') return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : -(2n ** 63n)
  if (isNumber(value)) return value
  throw invalid('have-len', 'numeric', value)
}

function invalid(name: string, wanted: string, value: GoValue): SyntaxProblem {
  return new SyntaxProblem(
    `Syntax Error: Invalid '${name}' argument. Expected ${wanted} value, but received: ${typeAndQuote(value)}`,
  )
}

function manyKeys(keys: readonly string[]): SyntaxProblem {
  return new SyntaxProblem(
    `Syntax Error: Invalid matcher configuration. At a given nesting level, only one matcher is allowed. Found multiple matchers: ${formatValue(keys, 'q', noFlags)}`,
  )
}
