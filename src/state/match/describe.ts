import { goTypeOf, isGoMap, isGoTime, type GoMap, type GoValue } from '../model/value.ts'
import { formatValue, noFlags, printV } from '../template/print.ts'
import { quoted } from '../template/quote.ts'
import { byteLength } from './text.ts'

const indent = '    '
const longest = 4000
const longForm = 20
const deepest = 10
const tooLong = `...

Gomega truncated this representation as it exceeds 'format.MaxLength'.
Consider having the object provide a custom 'GomegaStringer' representation
or adjust the parameters in Gomega's 'format' package.

Learn more here: https://onsi.github.io/gomega/#adjusting-output
`

/** The value with its type, as goss's errors end: `    <int>: 5`. */
export function describe(value: GoValue): string {
  return `${indent}<${typeWithSize(value)}>: ${format(value, 1, true)}`
}

/** The type as Go names it; an integer that only `uint64` holds is one. */
export function typeName(value: GoValue): string {
  return typeof value === 'bigint' && value > 0x7fffffffffffffffn ? 'uint64' : goTypeOf(value)
}

/** `%T: %q` of Go. */
export function typeAndQuote(value: GoValue): string {
  return `${typeName(value)}: ${formatValue(value, 'q', noFlags)}`
}

const capacities = new WeakMap<object, number>()

/** Says that Go has built this list by appending, which its capacity shows in error texts. */
export function appended<T extends readonly GoValue[]>(list: T): T {
  capacities.set(list, grown(list.length))
  return list
}

/** What Go's `append` reserves when items come one by one: it doubles to 512, then grows by a quarter. */
function grown(length: number): number {
  let capacity = length === 0 ? 0 : 1
  while (capacity < length) capacity += capacity < 512 ? capacity : Math.floor((capacity + 768) / 4)
  return capacity
}

function typeWithSize(value: GoValue): string {
  if (value === null) return 'nil'
  if (Array.isArray(value)) return `${goTypeOf(value)} | len:${value.length}, cap:${capacities.get(value) ?? value.length}`
  return isGoMap(value) ? `${goTypeOf(value)} | len:${value.size}` : typeName(value)
}

function format(value: GoValue, depth: number, isTop: boolean): string {
  if (depth > deepest) return '...'
  if (value === null) return 'nil'
  if (typeof value === 'string') return truncated(isTop ? indented(value) : quoted(value))
  if (Array.isArray(value)) return truncated(formatList(value, depth))
  if (isGoMap(value)) return truncated(formatMap(value, depth))
  return isGoTime(value) ? formatValue(value, 'v', { ...noFlags, sharpV: true }) : printV(value)
}

function indented(text: string): string {
  return text.replaceAll('\n', `\n${indent}`)
}

function formatList(list: readonly GoValue[], depth: number): string {
  const isNarrow = goTypeOf(list) === '[]string'
  const items = list.map((item) => (isNarrow ? format(item, depth + 1, false) : formatAny(item, depth + 1)))
  return `[${joined(items, depth)}]`
}

/** goss prints entries from any one on; ours is the first that was written. */
function formatMap(map: GoMap, depth: number): string {
  return `{${joined(
    [...map].map(([key, item]) => `${format(key, depth + 1, false)}: ${formatAny(item, depth + 1)}`),
    depth,
  )}}`
}

/** What Go holds as `interface {}` names its type, but for times, which speak for themselves. */
function formatAny(value: GoValue, depth: number): string {
  if (depth > deepest) return '...'
  if (value === null || isGoTime(value)) return format(value, depth, false)
  return `<${typeWithSize(value)}>${format(value, depth, false)}`
}

function joined(items: readonly string[], depth: number): string {
  if (!items.some((item) => byteLength(item) > longForm)) return items.join(', ')
  const before = indent.repeat(depth)
  return `\n${before}${indent}${items.join(`,\n${before}${indent}`)},\n${before}`
}

function truncated(text: string): string {
  if (byteLength(text) <= longest) return text
  let bytes = 0
  let end = 0
  for (const character of text) {
    if (bytes >= longest) break
    bytes += byteLength(character)
    end += character.length
  }
  return text.slice(0, end) + tooLong
}
