import { isGoList, isGoMap, typedAs, type GoValue } from '../../model/value.ts'
import { CallError } from '../fault.ts'
import { fixed, isTrue, variadic, type TemplateFunction } from '../functions.ts'
import { compareBytes } from '../print.ts'
import { asCount, asText, kindOf, listOrPanic, toInt, toText, toTexts } from './cast.ts'

export const listFunctions: readonly (readonly [string, TemplateFunction])[] = [
  ['list', variadic('', 'any', (values) => [...values])],
  ['tuple', variadic('', 'any', (values) => [...values])],
  ...both(
    'first',
    fixed('any', ([list]) => listOrPanic(list, 'Cannot find first on type')[0] ?? null),
  ),
  ...both(
    'last',
    fixed('any', ([list]) => listOrPanic(list, 'Cannot find last on type').at(-1) ?? null),
  ),
  ...both(
    'rest',
    fixed('any', ([list]) => listOrPanic(list, 'Cannot find rest on type').slice(1)),
  ),
  ...both(
    'initial',
    fixed('any', ([list]) => listOrPanic(list, 'Cannot find initial on type').slice(0, -1)),
  ),
  ...both(
    'append',
    fixed('any any', ([list, value = null]) => [...listOrPanic(list, 'Cannot push on type'), value]),
  ),
  ...both(
    'push',
    fixed('any any', ([list, value = null]) => [...listOrPanic(list, 'Cannot push on type'), value]),
  ),
  ...both(
    'prepend',
    fixed('any any', ([list, value = null]) => [value, ...listOrPanic(list, 'Cannot prepend on type')]),
  ),
  ...both(
    'reverse',
    fixed('any', ([list]) => listOrPanic(list, 'Cannot find reverse on type').toReversed()),
  ),
  ...both(
    'compact',
    fixed('any', ([list]) => listOrPanic(list, 'Cannot compact on type').filter(isTrue)),
  ),
  ...both(
    'uniq',
    fixed('any', ([list]) => unique(listOrPanic(list, 'Cannot find uniq on type'))),
  ),
  ...both(
    'without',
    variadic('any', 'any', ([list, ...omitted]) => {
      const items = listOrPanic(list, 'Cannot find without on type')
      return items.filter((item) => !omitted.some((other) => deepEqual(other, item)))
    }),
  ),
  ...both(
    'has',
    fixed('any any', ([needle = null, list = null]) => has(needle, list)),
  ),
  ...both(
    'slice',
    variadic('any', 'any', ([list, ...bounds]) => slice(list, bounds)),
  ),
  ...both(
    'chunk',
    fixed('int any', ([size, list]) => chunks(asCount(size), listOrPanic(list, 'Cannot chunk type'))),
  ),
  ['concat', variadic('', 'any', (lists) => lists.flatMap((list) => [...concatenable(list)]))],
  ['join', fixed('string any', ([separator, list = null]) => toTexts(list).join(asText(separator)))],
  ['sortAlpha', fixed('any', ([list = null]) => sorted(list))],
  ['toStrings', fixed('any', ([list = null]) => typedAs([...toTexts(list)], '[]string'))],
  ['deepEqual', fixed('any any', ([a = null, b = null]) => deepEqual(a, b))],
]

/** Go's `reflect.DeepEqual`: 1 and 1.0 differ. */
export function deepEqual(a: GoValue, b: GoValue): boolean {
  if (isGoList(a) && isGoList(b)) return a.length === b.length && a.every((item, at) => deepEqual(item, b[at] ?? null))
  if (isGoMap(a) && isGoMap(b)) {
    return a.size === b.size && [...a].every(([key, item]) => b.has(key) && deepEqual(item, b.get(key) ?? null))
  }
  if (typeof a === 'object' && a !== null && 'kind' in a) {
    return typeof b === 'object' && b !== null && 'kind' in b && a.unixNanos === b.unixNanos
  }
  return a === b
}

/** sprig has most functions twice: what panics in one is an error in the other, which is the same to a template. */
function both(name: string, called: TemplateFunction): readonly (readonly [string, TemplateFunction])[] {
  return [
    [name, called],
    [`must${name[0]?.toUpperCase()}${name.slice(1)}`, called],
  ]
}

function unique(items: readonly GoValue[]): readonly GoValue[] {
  const kept: GoValue[] = []
  const simple = new Set<GoValue>()
  for (const item of items) {
    const isSimple = typeof item !== 'object' || item === null
    if (isSimple ? simple.has(item) : kept.some((other) => deepEqual(other, item))) continue
    if (isSimple) simple.add(item)
    kept.push(item)
  }
  return kept
}

function has(needle: GoValue, list: GoValue): boolean {
  if (list === null) return false
  return listOrPanic(list, 'Cannot find has on type').some((item) => deepEqual(needle, item))
}

function slice(list: GoValue | undefined, bounds: readonly GoValue[]): GoValue {
  const items = listOrPanic(list, 'list should be type of slice or array but')
  if (items.length === 0) return null
  const start = Number(toInt(bounds[0] ?? 0n))
  const end = bounds.length < 2 ? items.length : Number(toInt(bounds[1]))
  if (start < 0 || end > items.length || start > end) throw new CallError('reflect.Value.Slice: slice index out of bounds')
  return items.slice(start, end)
}

function chunks(size: number, items: readonly GoValue[]): GoValue {
  if (size <= 0) throw new CallError('runtime error: makeslice: len out of range')
  const parts: GoValue[] = []
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size))
  return typedAs(parts, '[][]interface {}')
}

function concatenable(list: GoValue): readonly GoValue[] {
  if (isGoList(list)) return list
  throw new CallError(`Cannot concat type ${kindOf(list)} as list`)
}

function sorted(list: GoValue): GoValue {
  const texts = isGoList(list) ? toTexts(list) : [toText(list)]
  return typedAs(texts.toSorted(compareBytes), '[]string')
}
