import { isGoList, isGoMap, isGoTime, type GoValue } from '../model/value.ts'
import { compareBytes } from '../template/print.ts'

/** How a value is written. `escapes`: `<`, `>` and `&` as escapes, as `json.Marshal` does; `indent`: one step of the pretty form. */
export type JsonStyle = { readonly escapes: boolean; readonly indent?: string }

/** A value that Go cannot write as JSON: an infinity or not a number. The message is Go's. */
export class UnsupportedValue extends Error {
  override readonly name = 'UnsupportedValue'
}

/** Text in quotes as Go's `encoding/json` writes it. */
export function quoteJson(text: string, escapes: boolean): string {
  const pattern = escapes ? /[^ !#-%'-;=?-[\]-\u2027\u202a-\u{10ffff}]/gu : /[^ !#-[\]-\u2027\u202a-\u{10ffff}]/gu
  return `"${text.toWellFormed().replace(pattern, escaped)}"`
}

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function escaped(character: string): string {
  return short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/**
 * The value as Go's `encoding/json` writes it, keys sorted by their bytes.
 * @throws UnsupportedValue
 */
export function goJson(value: GoValue, style: JsonStyle, depth = 0): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return goJsonNumber(value)
  if (typeof value === 'string') return quoteJson(value, style.escapes)
  if (isGoTime(value)) return quoteJson(rfc3339(value.unixNanos), style.escapes)
  if (isGoList(value))
    return bracketed(
      '[',
      ']',
      value.map((item) => goJson(item, style, depth + 1)),
      style,
      depth,
    )
  if (!isGoMap(value)) return 'null'
  const colon = style.indent === undefined ? ':' : ': '
  const members = [...value]
    .toSorted(([a], [b]) => compareBytes(a, b))
    .map(([key, item]) => quoteJson(key, style.escapes) + colon + goJson(item, style, depth + 1))
  return bracketed('{', '}', members, style, depth)
}

/**
 * A float64 as Go's `encoding/json` writes it.
 * @throws UnsupportedValue
 */
export function goJsonNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  throw new UnsupportedValue(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
}

/** Instants in UTC with as many decimals as they need. */
export function rfc3339(unixNanos: bigint): string {
  const seconds = unixNanos / 1_000_000_000n - (unixNanos % 1_000_000_000n < 0n ? 1n : 0n)
  const nanos = String(unixNanos - seconds * 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '')
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  return `${whole}${nanos === '' ? '' : `.${nanos}`}Z`
}

export function bracketed(open: string, close: string, items: readonly string[], style: JsonStyle, depth: number): string {
  if (items.length === 0) return open + close
  if (style.indent === undefined) return open + items.join(',') + close
  const inner = `\n${style.indent.repeat(depth + 1)}`
  return `${open}${inner}${items.join(`,${inner}`)}\n${style.indent.repeat(depth)}${close}`
}
