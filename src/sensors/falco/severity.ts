import type { Severity } from '../../../core/model/severity.ts'

const severities: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ['emergency', 'critical'],
  ['alert', 'critical'],
  ['critical', 'critical'],
  ['error', 'high'],
  ['warning', 'medium'],
  ['notice', 'low'],
  ['informational', 'info'],
  ['info', 'info'],
  ['debug', 'info'],
])

/** Falco's priority on our scale; one that we have never heard of, or none, is high. */
export function severityOf(priority: string | null): Severity {
  return severities.get((priority ?? '').toLowerCase()) ?? 'high'
}
