import type { LintCode } from './codes.ts'

/** Something found in a resource. `attribute`: where; absent: the whole resource. */
export type Finding = { readonly code: LintCode; readonly text: string; readonly fix: string; readonly attribute?: string }
