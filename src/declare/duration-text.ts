/** Milliseconds in the largest unit that has no rest. */
export function durationText(ms: number): string {
  const [unit, length] = UNITS.find(([, length]) => ms > 0 && ms % length === 0) ?? (['s', 1000] as const)
  return `${ms / length}${unit}`
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const
