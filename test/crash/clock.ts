/**
 * Loaded before a service under test, in its process and in each of its threads: its clock then runs faster than the machine's, so that
 * windows of a minute close every second. All processes with the same variable share one clock, which never goes back.
 */
export type Clock = {
  /** Milliseconds since 1970 of this machine, at which the clock shows `baseMs`. */
  readonly startedMs: number
  readonly baseMs: number
  readonly speed: number
}

export const CLOCK_VARIABLE = 'CRASH_CLOCK'

const machineNow = Date.now

/** What the clock shows. */
export function clockNow({ startedMs, baseMs, speed }: Clock): number {
  return Math.floor(baseMs + Math.max(0, machineNow() - startedMs) * speed)
}

const set = process.env[CLOCK_VARIABLE]
if (set !== undefined) {
  const clock = JSON.parse(set) as Clock
  Date.now = () => clockNow(clock)
}
