/** The one scale, least first. Each sensor's own scale maps onto it by the table in that sensor's README. */
export const severities = ['info', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

/** 0 for info to 4 for critical. */
export function severityRank(severity: Severity): number {
  return severities.indexOf(severity)
}

/** The more severe of two; null (the sensor has no scale) loses against any word. */
export function worseSeverity(a: Severity | null, b: Severity | null): Severity | null {
  if (a === null) return b
  if (b === null) return a
  return severityRank(a) >= severityRank(b) ? a : b
}
