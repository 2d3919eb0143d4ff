const SECOND = 1_000_000_000n
export const DAY = 86_400n * SECOND
/** Nanoseconds since 1970 fit into 64 bits, as in Go. */
export const [EARLIEST, LATEST] = [-(1n << 63n), (1n << 63n) - 1n]

export type Civil = Readonly<
  Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'nanosecond' | 'weekday' | 'yearDay', number>
>

/** Calendar and clock in UTC. A Date of whole days in UTC is plain arithmetic, without a clock or a zone. */
export function civil(at: bigint): Civil {
  const days = floorDiv(at, DAY)
  const rest = at - days * DAY
  const seconds = Number(rest / SECOND)
  const date = new Date(Number(days) * 86_400_000)
  const year = date.getUTCFullYear()
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    nanosecond: Number(rest % SECOND),
    weekday: date.getUTCDay(),
    yearDay: Number(days) - daysBefore(year, 1, 1) + 1,
  }
}

/** Days from 1970 to that day. */
export function daysBefore(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return Math.round(date.getTime() / 86_400_000)
}

export function daysIn(year: number, month: number): number {
  return daysBefore(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) - daysBefore(year, month, 1)
}

export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}
