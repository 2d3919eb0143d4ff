import { typeName } from '../../state/output/run.ts'
import type { Result } from '../../state/model/result.ts'

/** What to do about what failed, and why something was skipped; empty where the gossfile and the run say nothing of it. */
export function advice(results: readonly Result[]): string {
  const lines = new Set<string>()
  for (const result of results) {
    const { resource, outcome, error } = result
    const subject = `${typeName(result)}: ${result.id}`
    if (outcome === 'skip' && error !== null) lines.add(`${subject}: skipped: ${error}`)
    const remediation = resource.attributes.get('remediation')
    if ((outcome !== 'fail' && outcome !== 'error') || typeof remediation !== 'string' || remediation === '') continue
    const severity = resource.attributes.get('severity')
    lines.add(`${subject}${typeof severity === 'string' && severity !== '' ? ` (${severity})` : ''}: ${remediation.trimEnd()}`)
  }
  return lines.size === 0 ? '' : `\nTo do:\n\n${[...lines].map((line) => `${line}\n`).join('')}`
}
