/** Bounds of what one window keeps. Past them it is counted as overflow and the window cannot pass; nothing is cut silently. */
export const intakeLimits = {
  behaviours: 200_000,
  sightingsEach: 5_000,
  watch: 500_000,
  samples: 3,
  /** Sightings of a behaviour that name a process to be killed; of more, the kill is not proven. */
  killsEach: 500,
} as const
export type IntakeLimits = { readonly [limit in 'behaviours' | 'sightingsEach' | 'killsEach' | 'watch']: number }

/** Liveness this far outside the window still helps to bridge its edges: twice the longest interval that a manifest may name. */
export const WATCH_MARGIN_MS = 2 * 3_600_000

/** An act dated this much later than the window's end is of a much later window, or of a clock that runs ahead. */
export const SKEW_MS = 24 * 3_600_000

/** Bounds of what coverage speaks of. */
export const coverLimits = {
  /** Instances of a sensor without declared nodes that are required because they reported; more is an overflow. */
  reported: 10_000,
  /** Instances that reported without being required and are listed; the number of the others is. */
  notRequired: 200,
} as const
