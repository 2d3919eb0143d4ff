import type { Nanoseconds } from './clock.ts'

/** A source of numbers that look random and are the same in every run. */
export type Random = {
  /** From `least` to `most`, both included. */
  readonly integer: (least: number, most: number) => number
  readonly hex: (digits: number) => string
  /** Up to `spreadMs` before or after. */
  readonly near: (at: Nanoseconds, spreadMs: number) => Nanoseconds
}

/** Mulberry32: 32 bits of state are plenty for a day of made-up events. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    integer,
    hex: (digits) => Array.from({ length: digits }, () => integer(0, 15).toString(16)).join(''),
    near: (at, spreadMs) => at + BigInt(integer(-spreadMs, spreadMs)) * 1_000_000n + BigInt(integer(0, 999_999)),
  }
}
