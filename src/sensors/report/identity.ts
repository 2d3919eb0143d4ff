import type { JsonObject } from '../connector.ts'
import { listOf, textOf, type Field } from '../fields.ts'

/** Names of resource types as reports print them (`KernelParam`) in the words of a gossfile (`kernel-param`). */
const types: ReadonlyMap<string, string> = new Map([
  ['kernelparam', 'kernel-param'],
  ['kernelmodule', 'kernel-module'],
])

/** The target of a state check: `file /etc/passwd mode`. The same check by goss and by Runproof has one name. */
export function stateName(type: string, id: string, property: string): string {
  const word = type.toLowerCase()
  return `${types.get(word) ?? word} ${id} ${property}`
}

/** Members of `meta` in which authors put the number of the rule that a check is for, in this order. */
const ruleKeys = [
  'id',
  'control',
  'control_id',
  'rule',
  'rule_id',
  'CIS_ID',
  'STIG_ID',
  'Rule_ID',
  'Vul_ID',
  'Group_Title',
] as const

/**
 * The name by which a control's `evidence` speaks of a check: its id in `meta` (the first, where there are several; all of them are
 * tags), else its title, else the check's own name.
 */
export function ruleOf(
  meta: JsonObject | null,
  title: string | null,
  name: string,
): { readonly rule: string; readonly tags: readonly string[] } {
  const tags = ruleKeys.flatMap((key) => idsOf(meta?.[key]).map((id) => `${key}: ${id}`))
  const [first] = ruleKeys.flatMap((key) => idsOf(meta?.[key]))
  return { rule: first ?? title ?? name, tags }
}

function idsOf(field: Field): readonly string[] {
  const items = Array.isArray(field) ? listOf(field) : [field]
  return items
    .flatMap((item) => textOf(item) ?? (typeof item === 'number' || typeof item === 'bigint' ? String(item) : []))
    .slice(0, 8)
}
