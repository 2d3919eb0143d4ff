/** Bounds of what one window keeps. Past them it is counted as overflow and the window cannot pass; nothing is cut silently. */
export const intakeLimits = {
  behaviours: 200_000,
  sightingsEach: 5_000,
  watch: 500_000,
  samples: 3,
} as const
export type IntakeLimits = { readonly [limit in 'behaviours' | 'sightingsEach' | 'watch']: number }

/** Liveness this far outside the window still helps to bridge its edges: twice the longest interval that a manifest may name. */
export const WATCH_MARGIN_MS = 2 * 3_600_000
