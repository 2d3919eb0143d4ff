import { createRequire } from 'node:module'
import { late } from '../../lib/late.ts'
import { typedAs, isGoList, goTypeOf, type GoValue } from '../model/value.ts'
import { printV } from '../template/print.ts'
import { quoted } from '../template/quote.ts'
import { describe } from './describe.ts'
import { isDeepEqual } from './equality.ts'
import type * as Path from './gjson/path.ts'
import { cannot, type Matcher, type Match } from './matcher.ts'
import type { MatcherResult } from '../model/result.ts'
import { parseFloat64 } from './numeric.ts'

const load = createRequire(import.meta.url)
const gjsonPath = late(() => load('./gjson/path.ts') as typeof Path)

/** What is done to a value before it is judged. `name` as Go prints it in errors, `shown` as goss lists it in `transform-chain`. */
export type Transform = {
  readonly name: string
  readonly shown: GoValue
  readonly apply: (value: GoValue) => { readonly value: GoValue; readonly error: string | null }
}

/** Go's `%v`; a list is its items, one per line. */
export const toText: Transform = {
  name: 'matchers.ToString{}',
  shown: new Map([['to-string', new Map()]]),
  apply: (value) => ({ value: isGoList(value) ? value.map(printV).join('\n') : printV(value), error: null }),
}

/** Numbers as they are, text as `strconv.ParseFloat` reads it without the blanks around. */
export const toNumeric: Transform = {
  name: 'matchers.ToNumeric{}',
  shown: new Map([['to-numeric', new Map()]]),
  apply(value) {
    if (typeof value === 'number' || (typeof value === 'bigint' && value <= 0x7fffffffffffffffn)) return { value, error: null }
    if (typeof value === 'string') return parseFloat64(value)
    if (isGoList(value) && goTypeOf(value) === '[]string') return parseFloat64(value.map(printV).join('\n'))
    return { value: 0n, error: `Expected numeric, Got:${describe(value)}` }
  },
}

/** Text as its lines. */
export const toList: Transform = {
  name: 'matchers.ToArray{}',
  shown: new Map([['to-array', new Map()]]),
  apply: (value) => ({ value: typeof value === 'string' ? typedAs(value.split('\n'), '[]string') : value, error: null }),
}

/** JSON text as what the path finds in it. */
export function gjson(path: string): Transform {
  return {
    name: `matchers.Gjson{Path:${quoted(path)}}`,
    shown: new Map([['gjson', new Map([['Path', path]])]]),
    apply(value) {
      if (typeof value !== 'string') return { value: null, error: `Expected string, Got:${describe(value)}` }
      const found = gjsonPath().findPath(value, path)
      if (found === null) return { value: null, error: `Path not found: ${path}` }
      return 'error' in found ? { value: null, error: found.error } : { value: found.value, error: null }
    },
  }
}

/** The matcher over what the transform makes of the value. Explanations tell the whole chain of transforms that changed it. */
export function transformed(transform: Transform, matcher: Matcher): Matcher {
  let value: GoValue = null
  let isChanged = false
  const chain: NonNullable<Matcher['chain']> = () => {
    const below = matcher.chain?.() ?? { transforms: [], value, matcher }
    return isChanged ? { ...below, transforms: [transform.shown, ...below.transforms] } : below
  }
  const explain = (actual: GoValue, isNegated: boolean): MatcherResult => {
    const below = chain()
    const { transformChain: _, ...result } = isNegated ? below.matcher.negation(below.value) : below.matcher.failure(below.value)
    return {
      ...result,
      ...(below.transforms.length > 0 && { transformChain: below.transforms }),
      untransformedValue: actual,
    }
  }
  return {
    match(actual): Match {
      const made = transform.apply(actual)
      value = made.value
      if (!isDeepEqual(actual, value) && actual !== value) isChanged = true
      return made.error === null ? matcher.match(value) : cannot(`${transform.name}: ${made.error}`)
    },
    failure: (actual) => explain(actual, false),
    negation: (actual) => explain(actual, true),
    shown: matcher.shown,
    chain,
  }
}
