import type { Finding } from '../../core/model/judgement.ts'

/** What a state check says of itself: what its author expected, what was found, and what to do. */
export type CheckWords = {
  readonly title: string | null
  readonly expected: string | null
  readonly actual: string | null
  readonly remediation: string | null
}

/** The words of a state check, which travel as tags of its samples: those of the latest sample that has any. Null: none has. */
export function checkWords({ identity, samples }: Pick<Finding, 'identity' | 'samples'>): CheckWords | null {
  if (identity.action !== 'state') return null
  const tags = samples.findLast((sample) => sample.tags.some((tag) => named.some((name) => tag.startsWith(`${name}: `))))?.tags
  if (tags === undefined) return null
  const said = (name: string): string | null => tags.find((tag) => tag.startsWith(`${name}: `))?.slice(name.length + 2) ?? null
  return { title: said('title'), expected: said('expected'), actual: said('actual'), remediation: said('remediation') }
}

const named = ['title', 'expected', 'actual', 'remediation'] as const

/** `expected to equal 0640, found 0644`; null where the check says neither. */
export function contrast({ expected, actual }: CheckWords): string | null {
  const parts = [expected === null ? null : `expected ${expected}`, actual === null ? null : `found ${actual}`]
  const said = parts.filter((part) => part !== null).join(', ')
  return said === '' ? null : said
}
