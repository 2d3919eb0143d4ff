import { isNumeric, parseNumeric, toInteger } from '../number.ts'
import type { Value } from '../value.ts'
import { Unsupported } from './builtin.ts'

/** What a plain scalar stands for: the YAML 1.2 core schema with the spellings that OPA's library keeps from 1.1. */
export function resolved(text: string): Value {
  if (WORDS.has(text)) return WORDS.get(text) ?? null
  if (INFINITE.test(text)) throw new Unsupported('a YAML number that is not finite')
  if (/^\d{4}-/.test(text)) return text
  if (text.startsWith('.')) return /^\.\d+(?:[eE][-+]?\d+)?$/.test(text) ? (double(text) ?? text) : text
  return /^[-+\d]/.test(text) ? (numberOf(text.replaceAll('_', '')) ?? text) : text
}

/** A plain key as JSON has it. @throws Unsupported for null, which JSON cannot have, and for numbers with more than one spelling. */
export function keyText(text: string): string {
  const key = resolved(text)
  if (typeof key === 'string' || typeof key === 'boolean') return String(key)
  if (typeof key === 'number' && !Number.isInteger(key)) return singleText(key)
  const whole = isNumeric(key) ? toInteger(key) : null
  const isSmall = whole !== null && whole > -100_000n && whole < 100_000n
  const isIn64Bits = whole !== null && whole >= -SIGNED_64 && whole < UNSIGNED_64 && /^[-+]?[0-9_]+$/.test(text)
  if (whole === null || !(isSmall || isIn64Bits)) throw new Unsupported('a YAML key that is null or a number of an unusual form')
  return String(whole)
}

const WORDS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ...['true', 'True', 'TRUE'].map((word): [string, Value] => [word, true]),
  ...['false', 'False', 'FALSE'].map((word): [string, Value] => [word, false]),
  ...['', '~', 'null', 'Null', 'NULL'].map((word): [string, Value] => [word, null]),
])
const INFINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const SIGNED_64 = 2n ** 63n
const UNSIGNED_64 = 2n ** 64n

function numberOf(text: string): Value | undefined {
  if (/^-?0[bo][-+]/.test(text)) throw new Unsupported('a YAML number with a sign behind its prefix')
  const whole = integerOf(text)
  if (whole !== null && whole >= -SIGNED_64 && (whole < SIGNED_64 || (whole < UNSIGNED_64 && !text.startsWith('+')))) {
    return parseNumeric(String(whole)) ?? undefined
  }
  return /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text) ? double(text) : undefined
}

/** As Go reads a literal: `0x`, `0o`, `0b`, and `0` before an octal number. */
function integerOf(text: string): bigint | null {
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/s.exec(text) ?? []
  const isNumber = /^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9]\d*)$/.test(digits)
  if (!isNumber) return null
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase())
  return sign === '-' ? -magnitude : magnitude
}

/** Undefined: beyond the largest double, and therefore text. */
function double(text: string): Value | undefined {
  const value = Number(text)
  if (!Number.isFinite(value)) return undefined
  if (value === 0 && text.startsWith('-')) throw new Unsupported('a YAML number that is minus zero')
  return parseNumeric(String(value)) ?? undefined
}

/** OPA spells a key that is a fraction with the digits that a single has. */
function singleText(value: number): string {
  const single = Math.fround(value)
  const size = Math.abs(single)
  for (let digits = 1; digits <= 9; digits++) {
    const text = String(Number(single.toPrecision(digits)))
    if (Math.fround(Number(text)) === single && size >= 1e-4 && size < 1e5) return text
  }
  throw new Unsupported('a YAML key that is a very large or very small fraction')
}
