const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** Go's `time.ParseDuration` in nanoseconds: `1h15m30.5s`; null where it is none. */
export function parseDuration(text: string): bigint | null {
  const [, sign = '', body = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (body === '0') return 0n
  if (body.length > 200 || !/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return null
  let total = 0n
  for (const [, number = '', unit = ''] of body.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const [whole = '', fraction = ''] = number.split('.')
    const scale = 10n ** BigInt(fraction.length)
    total += (BigInt(whole + fraction || '0') * (unitNanos[unit] ?? 0n)) / scale
  }
  return sign === '-' ? -total : total
}

/** Go's `Duration.String`: `1h15m30.5s`, `1.5ms`, `0s`. */
export function formatDuration(nanos: bigint): string {
  if (nanos === 0n) return '0s'
  const sign = nanos < 0n ? '-' : ''
  const size = nanos < 0n ? -nanos : nanos
  for (const unit of ['ns', 'µs', 'ms'] as const) {
    const scale = unitNanos[unit] ?? 1n
    if (size < scale * 1000n) return `${sign}${fractional(size, scale)}${unit}`
  }
  const hours = size / 3_600_000_000_000n
  const minutes = (size / 60_000_000_000n) % 60n
  const seconds = fractional(size % 60_000_000_000n, 1_000_000_000n)
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}s`
  return minutes > 0n ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`
}

function fractional(value: bigint, scale: bigint): string {
  const rest = (value % scale).toString().padStart(String(scale).length - 1, '0')
  const digits = scale === 1n ? '' : rest.replace(/0+$/, '')
  return `${value / scale}${digits === '' ? '' : `.${digits}`}`
}
