import type { Redaction } from '../../core/model/redaction.ts'
import { createRedactor, type Redactor } from './redaction/redactor.ts'

export type { Redactor } from './redaction/redactor.ts'

/** The rules that ship, and nothing else. */
export const builtIn: Redactor = createRedactor()

/**
 * The rules that ship and those of a bundle's `redaction.yaml`; null: it has none, and nobody pays for it.
 * @throws RunproofError `format.malformed` for a pattern that cannot be used; the reader of `redaction.yaml` has refused it before
 */
export async function redactorOf(redaction: Redaction | null): Promise<Redactor> {
  if (redaction === null) return builtIn
  const { customRules } = await import('./redaction/custom.ts')
  return createRedactor(customRules(redaction))
}
