/** How many failed attempts of one address are answered and noted one by one, and how fast that number comes back. */
export type FailureLimits = { readonly burst: number; readonly perMinute: number; readonly addresses: number }

export const defaultFailureLimits: FailureLimits = { burst: 20, perMinute: 20, addresses: 10_000 }

type Seen = { left: number; at: number; unnoted: number }

/**
 * Failed attempts, by address. It never stands in the way of credentials that hold: a sensor that shares its address with somebody who
 * guesses loses nothing, and secrets of 256 bits are not found by guessing. What it bounds is the access log and the memory.
 */
export class Failures {
  private readonly seen = new Map<string, Seen>()
  private readonly limits: FailureLimits
  private readonly now: () => number

  constructor(now: () => number, limits: FailureLimits = defaultFailureLimits) {
    this.now = now
    this.limits = limits
  }

  /** Null: too many, answer 429 and note nothing; else how many went unnoted before this one. */
  count(address: string): number | null {
    const key = networkOf(address)
    const { burst, perMinute } = this.limits
    const now = this.now()
    const known = this.seen.get(key) ?? { left: burst, at: now, unnoted: 0 }
    const left = Math.min(burst, known.left + (Math.max(0, now - known.at) / 60_000) * perMinute)
    const isMuch = left < 1
    this.remember(key, { left: isMuch ? left : left - 1, at: now, unnoted: isMuch ? known.unnoted + 1 : 0 })
    return isMuch ? null : known.unnoted
  }

  size(): number {
    return this.seen.size
  }

  /** A Map keeps the order of insertion: the first is the one that was quiet for longest. */
  private remember(key: string, seen: Seen): void {
    this.seen.delete(key)
    this.seen.set(key, seen)
    if (this.seen.size <= this.limits.addresses) return
    const [oldest] = this.seen.keys()
    if (oldest !== undefined) this.seen.delete(oldest)
  }
}

/** An IPv4 address, or the /64 of an IPv6 one: whoever has one address of it has them all. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail = ''] = address.split('::')
  const [left, right] = [head, tail].map((part) => (part === '' ? [] : part.split(':'))) as [string[], string[]]
  const groups = address.includes('::') ? [...left, ...zeros(8 - left.length - right.length), ...right] : left
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

function zeros(count: number): readonly string[] {
  return Array.from({ length: Math.max(0, count) }, () => '0')
}
