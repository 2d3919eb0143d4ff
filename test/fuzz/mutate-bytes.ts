import type { Random } from './random.ts'
import { bytesOf } from './target.ts'

const MAX_INPUT = 2 * 1024 * 1024

/** What readers tend to stumble over, as text. */
export const words: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'true',
  'NaN',
  '-0',
  '1e309',
  '1e-400',
  '9007199254740993',
  '18446744073709551616',
  '99999999999999999999999999',
  '0x10',
  '-1',
  '4294967296',
  '2147483648',
  '00',
  '01',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  "'",
  '\\ud800',
  '\\u0000',
  '\u0000',
  '\u202e',
  '\ufeff',
  '\u2028',
  '\u0085',
  '\u00a0',
  '\n',
  '\n\n',
  '\r\n',
  '\t',
  '  ',
  '- ',
  '&a',
  '*a',
  '<<: ',
  '!!js/function',
  '---',
  '...',
  '# ',
  '|',
  '>',
  '%',
  '../',
  '/',
  '//',
  '.',
  '..',
  '*',
  '**',
  '?',
  '{a,b}',
  '\\',
  '=',
  '==',
  '+',
  '-',
  '—',
  'eyJ',
  '{}',
  '[]',
  '""',
  '😀',
  'e\u0301',
  'İ',
  'ß',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:60Z',
  '0000-01-01T00:00:00Z',
  '-000001-01-01T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  '2026-03-02T00:00:00.123456789012345Z',
  '2026-03-02T00:00:00+23:59',
  '::ffff:1.2.3.4',
  '::',
  '10.0.0.0/8',
  '::/0',
  '1h',
  '0s',
  '-----BEGIN PRIVATE KEY-----',
]

/** One to eight small damages: bits, bytes, pieces, numbers, words, a piece of another input. */
export function mutateBytes(input: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let bytes = input
  for (let left = 1 + random.int(random.chance(0.2) ? 8 : 3); left > 0; left--)
    bytes = random.pick(damages)(bytes, random, others)
  return bytes.length > MAX_INPUT ? bytes.slice(0, MAX_INPUT) : bytes
}

/** `from` up to `to` replaced. */
export function replaced(bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length - (to - from) + by.length)
  result.set(bytes.subarray(0, from))
  result.set(by, from)
  result.set(bytes.subarray(to), from + by.length)
  return result
}

type Damage = (bytes: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array

const damages: readonly Damage[] = [
  (bytes, random) => changed(bytes, random, (byte) => byte ^ (1 << random.int(8))),
  (bytes, random) => changed(bytes, random, () => random.int(256)),
  (bytes, random) => changed(bytes, random, () => random.pick(edgeBytes)),
  (bytes, random) => {
    const [from, to] = piece(bytes, random)
    return replaced(bytes, from, to, new Uint8Array(0))
  },
  (bytes, random) => {
    const [from, to] = piece(bytes, random)
    const at = random.int(bytes.length + 1)
    return replaced(bytes, at, at, bytes.slice(from, to))
  },
  (bytes, random) => {
    const at = random.int(bytes.length + 1)
    return replaced(bytes, at, at, bytesOf(random.pick(words)))
  },
  (bytes, random) => {
    const [from, to] = piece(bytes, random)
    return replaced(bytes, from, to, bytesOf(random.pick(words)))
  },
  (bytes, random, others) => {
    const other = random.pick(others)
    const [from, to] = piece(other, random)
    const [start, end] = piece(bytes, random)
    return replaced(bytes, start, end, other.slice(from, to))
  },
  (bytes, random) => bytes.slice(0, random.int(bytes.length + 1)),
  (bytes, random) => {
    const number = NUMBER.exec(
      Buffer.from(bytes)
        .toString('latin1')
        .slice(random.int(bytes.length + 1)),
    )
    if (number === null) return bytes
    const at = bytes.length - number.input.length + number.index
    return replaced(bytes, at, at + number[0].length, bytesOf(random.pick(numbers)))
  },
  (bytes, random) => {
    const at = random.int(bytes.length + 1)
    const [from, to] = piece(bytes, random)
    const times = random.chance(0.05) ? 2000 : 1 + random.int(40)
    const one = bytes.slice(from, Math.min(to, from + 64))
    return replaced(
      bytes,
      at,
      at,
      Uint8Array.from({ length: one.length * times }, (_, i) => one[i % one.length] ?? 0),
    )
  },
]

const NUMBER = /\d+/
const edgeBytes = [0, 0x0a, 0x20, 0x22, 0x2f, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xff]
const numbers = [
  '0',
  '-1',
  '1',
  '255',
  '256',
  '65535',
  '65536',
  '2147483648',
  '4294967296',
  '9007199254740992',
  '1e400',
  '00000000001',
  '99999999999',
]

function changed(bytes: Uint8Array, random: Random, by: (byte: number) => number): Uint8Array {
  if (bytes.length === 0) return bytes
  const copy = bytes.slice()
  const at = random.int(copy.length)
  copy[at] = by(copy[at] ?? 0)
  return copy
}

/** Mostly short: a long one leaves nothing of the shape. */
function piece(bytes: Uint8Array, random: Random): readonly [number, number] {
  const from = random.int(bytes.length + 1)
  return [from, Math.min(bytes.length, from + 1 + random.int(random.chance(0.1) ? bytes.length + 1 : 16))]
}
